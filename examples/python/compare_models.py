"""Compare models by their predictions on the same images: accuracy, calibration, and where they differ.

    python compare_models.py LABELS.csv MODEL_A.csv MODEL_B.csv [-o diagrams.png]

LABELS.csv has the columns file_name,label. Each other file has file_name,predicted_class,predicted_probability, as
`binet evaluate` and `Predictions.to_csv` write them, and as ImageNet-X publishes them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import binet


def compare(labels: Path, files: list[Path]) -> dict[str, binet.Predictions]:
    """Print a line a model, and how two models disagree; return what was read."""
    models = {file.stem: binet.Predictions.from_csv(file, labels=labels) for file in files}
    print(f"{'model':<20} {'top-1':>7} {'95 % interval':>18} {'ECE':>7} {'confidence':>11}")
    for name, predictions in models.items():
        top1 = binet.accuracy(predictions)
        calibration = binet.calibration(predictions)
        interval = f"{top1.low:.4f} .. {top1.high:.4f}"
        print(f"{name:<20} {top1.value:7.4f} {interval:>18} {calibration.ece:7.4f} {calibration.confidence:11.4f}")

    names = list(models)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            a, b = models[first], models[second]
            if a.file_names != b.file_names:
                print(f"{first} and {second} are not about the same images in the same order")
                continue
            right_a, right_b = a.predicted_class == a.label, b.predicted_class == b.label
            print(
                f"{first} alone is right on {int((right_a & ~right_b).sum()):,} images, "
                f"{second} alone on {int((right_b & ~right_a).sum()):,}"
            )
    return models


def draw(models: dict[str, binet.Predictions], path: Path) -> None:
    """Reliability diagrams side by side."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(models), figsize=(5 * len(models), 5.6), squeeze=False)
    for ax, (name, predictions) in zip(axes[0], models.items(), strict=True):
        binet.calibration(predictions).plot(ax).set_title(name)
    figure.savefig(path, dpi=120, bbox_inches="tight")
    print(f"diagrams: {path}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare models by their predictions on the same images.")
    parser.add_argument("labels", type=Path, help="CSV with file_name,label")
    parser.add_argument("files", type=Path, nargs="+", help="CSV of predictions, one a model")
    parser.add_argument("-o", "--output", type=Path, help="picture of the reliability diagrams")
    arguments = parser.parse_args()
    try:
        models = compare(arguments.labels, arguments.files)
    except binet.Error as error:
        print(f"compare_models: {error}", file=sys.stderr)
        return 1
    if arguments.output is not None:
        draw(models, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
