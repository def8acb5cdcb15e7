"""The wheel: what is in it, and that it works beside nothing but NumPy and cffi."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import cffi
import numpy as np
import pytest

PROGRAM = """
import sys
import numpy as np, binet

logits = np.random.default_rng(0).normal(size=(500, 10))
predictions = binet.Predictions.from_logits(logits, logits.argmax(1))
print(binet.__version__, binet.accuracy(predictions).value, binet.calibration(predictions).n)
picture = binet.transforms.IMAGENET(np.zeros((300, 400, 3), np.uint8))
print(picture.shape, binet.__file__)
for module in ("matplotlib", "pandas", "torch", "tqdm", "jinja2"):
    assert module not in sys.modules, module
try:
    import tqdm
except ImportError:
    print("alone")
"""


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("scikit_build_core", reason="no scikit-build-core to build a wheel with")
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(root)], check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_one_wheel_for_every_python(wheel: Path) -> None:
    assert wheel.name.startswith("libbinet-")
    assert "-py3-none-linux_" in wheel.name


def test_it_holds_two_libraries_and_no_links(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    assert sorted(name for name in names if ".so" in name) == ["binet/libbinet.so", "binet/libscipy_openblas.so"]
    assert all((entry.external_attr >> 28) != 0o12 for entry in entries)
    for needed in (
        "_ffi.py",
        "py.typed",
        "__init__.py",
        "protocols/imagenet_wnids.json",
        "protocols/sixteen_classes.json",
        "protocols/subsets.json",
        "report/templates/page.html.j2",
        "report/templates/page.css",
        "report/templates/scatter.js",
    ):
        assert f"binet/{needed}" in names
    assert {name.split("/")[0] for name in names} == {"binet", wheel.name.split("-py3")[0] + ".dist-info"}


def test_a_source_distribution_holds_what_builds_it(root: Path, tmp_path: Path) -> None:
    """What git has of these folders, and nothing of the tests."""
    pytest.importorskip("scikit_build_core", reason="no scikit-build-core to pack with")
    program = f"import scikit_build_core.build as build; build.build_sdist({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True, stdout=subprocess.DEVNULL)
    (packed,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(packed) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    folders = ("include", "lib", "cmake", "bindings")
    needed = {str(path.relative_to(root)) for folder in folders for path in (root / folder).rglob("*.*")}
    needed = {name for name in needed if "__pycache__" not in name and not name.endswith("_ffi.py")}
    assert len(needed) > 80
    assert needed | {"CMakeLists.txt", "pyproject.toml", "README.md", "LICENSE", "PKG-INFO"} <= names
    assert {name.partition("/")[0] for name in names if "/" in name} == set(folders)


def test_it_works_beside_numpy_and_cffi_alone(wheel: Path, tmp_path: Path) -> None:
    """As in an environment of its own: a folder with the wheel, NumPy and cffi, and no site-packages."""
    packages = tmp_path / "packages"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(packages), str(wheel)]
    subprocess.run(install, check=True)
    beside = Path(np.__file__).parents[1], Path(cffi.__file__).parents[1]
    backend = importlib.util.find_spec("_cffi_backend")
    assert backend is not None
    assert backend.origin is not None
    wanted = [beside[0] / "numpy", beside[0] / "numpy.libs", beside[1] / "cffi", Path(backend.origin)]
    for path in wanted:
        if path.exists():
            (packages / path.name).symlink_to(path)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(packages)}
    done = subprocess.run(
        [sys.executable, "-S", "-c", PROGRAM], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    first, second, third = done.stdout.splitlines()
    assert first.split()[1:] == ["1.0", "500"]
    assert str(packages / "binet") in second
    assert third == "alone"
