"""Every command and snippet of the README runs as it stands there.

Fenced blocks in `sh`, `python` and `c` are run in a folder with what they name: logits.npy, labels.npy, model.pt,
images/ and features. Commands of CMake and pip run in a copy of the sources, with a HOME or a virtual environment of
their own. `make` is not run here (this is a part of it): its targets have to exist.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import NamedTuple

import binet
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
SOURCES = ("CMakeLists.txt", "CMakePresets.json", "pyproject.toml", "README.md", "LICENSE")
SOURCE_FOLDERS = ("include", "lib", "cmake", "bindings")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
INLINE = re.compile(r"`((?:make|binet) [^`]+)`")


class Block(NamedTuple):
    language: str
    text: str
    line: int


def blocks() -> list[Block]:
    """The fenced blocks, with the line that each begins at."""
    text = README.read_text()
    return [Block(match[1], match[2], text[: match.start()].count("\n") + 1) for match in FENCE.finditer(text)]


def of(language: str) -> list[Block]:
    return [block for block in blocks() if block.language == language]


def commands(block: Block) -> list[str]:
    """The commands of a shell block, one a line, without comments."""
    lines = (re.sub(r"(^|\s+)#.*", "", line) for line in block.text.splitlines())
    return [line for line in lines if line]


def run(command: list[str], folder: Path, **environment: str) -> str:
    """Run a command with this Python's environment active; its output is in the failure."""
    variables = {**os.environ, "MPLBACKEND": "Agg", "VIRTUAL_ENV": sys.prefix, **environment}
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def user_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the README names.

    12 samples of 7 classes, 4 images of 2, a model of 2 classes, features of 120 samples of 4 classes.
    """
    torch = pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("readme")
    random = np.random.default_rng(0)
    np.save(folder / "logits.npy", random.normal(size=(12, 7)).astype(np.float32))
    np.save(folder / "labels.npy", random.integers(0, 7, 12))
    targets = np.arange(120) % 4
    np.save(folder / "targets.npy", targets)
    np.save(folder / "features.npy", random.normal(size=(120, 8)).astype(np.float16) + targets[:, None] % 3)
    np.save(folder / "other.npy", random.normal(size=(120, 5)))
    for name in ("first/a.png", "first/b.png", "second/a.png", "second/b.png"):
        (folder / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (40, 50, 3), dtype=np.uint8)).save(folder / "images" / name)
    model = torch.nn.Sequential(torch.nn.AvgPool2d(224), torch.nn.Flatten(), torch.nn.Linear(3, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(model.eval(), torch.zeros(2, 3, 224, 224)).save(str(folder / "model.pt"))
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The HOME that the README's own commands have installed libbinet into, from a copy of the sources."""
    home = tmp_path_factory.mktemp("home")
    for name in SOURCES:
        shutil.copy(ROOT / name, home / name)
    for name in SOURCE_FOLDERS:
        shutil.copytree(ROOT / name, home / name, ignore=shutil.ignore_patterns("__pycache__"))
    build = [command for block in of("sh") for command in commands(block) if command.startswith("cmake ")]
    assert any("--install" in command for command in build), "the README no longer says how to install"
    for command in build:
        run(["sh", "-c", command], home, HOME=str(home))
    return home


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("block", of("sh"), ids=lambda block: f"line-{block.line}")
def test_commands_run(block: Block, user_folder: Path, home: Path, tmp_path: Path) -> None:
    for command in commands(block):
        if command.startswith("make "):
            assert set(command.split()[1:]) <= make_targets()
        elif command.startswith("pip "):
            run([sys.executable, "-m", "venv", str(tmp_path / "venv")], home)
            run(["sh", "-c", f". {tmp_path}/venv/bin/activate && {command} && cd / && python -c 'import binet'"], home)
        elif not command.startswith("cmake "):  # those of CMake have made the fixture
            run(["sh", "-c", command], user_folder)


def test_python_snippets_run(user_folder: Path) -> None:
    code = "\n".join(block.text for block in of("python"))
    assert "import binet" in code
    run([sys.executable, "-c", code], user_folder)


@pytest.mark.parametrize("block", of("c"), ids=lambda block: f"line-{block.line}")
def test_c_snippets_run(block: Block, home: Path, tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text(block.text)
    libraries = next(home.glob(".local/lib*/**/pkgconfig")).parent
    build = "cc -std=c11 -Wall -Wextra -Werror main.c $(pkg-config --cflags --libs binet)"
    run(["sh", "-c", build], tmp_path, PKG_CONFIG_PATH=str(libraries / "pkgconfig"))
    run(["./a.out"], tmp_path, LD_LIBRARY_PATH=str(libraries))


def test_commands_in_the_text_are_there(user_folder: Path) -> None:
    for command in INLINE.findall(README.read_text()):
        words = shlex.split(command)
        if words[0] == "make":
            assert set(words[1:]) <= make_targets(), command
        else:
            run(words, user_folder)


def test_links_lead_to_files() -> None:
    missing = [link for link in LINK.findall(README.read_text()) if not (ROOT / link).exists()]
    assert not missing


def test_each_metric_stands_once_under_the_name_of_its_call() -> None:
    table = README.read_text().partition("| metric |")[2].partition("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table]
    assert len({row[0] for row in rows}) == len(rows) > 30
    for _, call, *_ in rows:
        names = re.findall(r"`(\w+)", call)
        assert names, call
        assert all(hasattr(binet, name) for name in names), call


def test_blocks_are_of_a_language_that_is_run() -> None:
    assert {block.language for block in blocks()} <= {"sh", "python", "c"}
    assert README.read_text().count("```") == 2 * len(blocks()), "a block without a language"
