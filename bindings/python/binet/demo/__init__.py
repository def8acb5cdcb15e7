"""The study in small: two models trained here on real digits, evaluated from image files, and reported.

Everything after the training goes through the same door as a user's models: `binet.report.evaluate_to` and
`binet.report.build`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .. import report
from .._extras import require
from ..report import Run
from ..transforms import Sweep, Transform, sweep

if TYPE_CHECKING:
    from .data import Digits

SEED = 0

SWEEPS: dict[Sweep, tuple[float, ...]] = {"scale": (1, 1.25, 1.5, 2), "shift": (0, 1, 2, 3)}
"""Settings that suit 8 x 8 pixels; the first leaves the pictures as they are."""

N_COMPARED = 200
"""Test digits that the layers are compared on."""


def run(
    directory: str | os.PathLike[str] = "demo", *, say: Callable[[str], object] = print, progress: bool = False
) -> Path:
    """Train two small models, evaluate them on PNG files and write the report page.

    The test digits as they are, larger and moved; with another digit's pixels inside their shape; and corrupted. What
    the models learned serves another task: which way up is the digit? Their layers are compared. Takes about a minute
    on two cores. The same machine gives the same predictions each time.

    Args:
        directory: where everything is written: folders of images, models/, a folder per model, report/.
        say: called with a line at the end of each step.
        progress: draw bars.

    Returns:
        The path of the report page.

    Raises:
        ImportError: a package of the extra `demo` is not installed; the message says what to install.
    """
    require("demo", "torch", "sklearn", "jinja2", "matplotlib", "PIL")
    from tqdm.auto import tqdm

    from . import data, models

    directory = Path(directory)
    digits = data.load(SEED)
    sets = _write_sets(digits, directory)
    say(f"images    {len(digits.test_labels)} test digits as PNG files in {directory / 'images'}")
    say(f"images    cue-conflict and corrupted digits beside them, and what is unusual about each in {sets.factors}")
    say(f"images    digits to tell which way up they are in {directory / 'turned'}")

    pixels = data.normalise(digits.train_pixels)
    (directory / "models").mkdir(exist_ok=True)
    folders = []
    for recipe in models.RECIPES:
        path, start = directory / "models" / f"{recipe.name.lower()}.pt", time.perf_counter()
        with tqdm(total=recipe.n_epochs, unit="epoch", desc=recipe.name, disable=not progress, leave=False) as bar:
            model = models.train(recipe, pixels, digits.train_labels, seed=SEED, epoch_done=bar.update)
        models.save_torchscript(models.LogitsAndFeatures(model), path)
        seconds = time.perf_counter() - start
        say(f"train     {recipe.name}, {recipe.n_epochs} epochs of {len(pixels)} digits in {seconds:.0f} s: {path}")
        folders.append(directory / recipe.name)
        made = _evaluate(folders[-1], path, sets, progress)
        compared = data.normalise(digits.test_pixels[:N_COMPARED])
        models.save_layers(model, recipe.layers, compared, folders[-1] / "layers.npz")
        say(f"evaluate  {made.headline()}: {made.path}")
    page = report.build(folders, directory / "report", factors=sets.factors)
    say(f"report    {page.resolve()}")
    return page


@dataclass(frozen=True)
class _Sets:
    """Where the images are."""

    clean: Path
    cue_conflict: Path
    categories: Path
    corrupted: dict[tuple[str, int], Path]
    turned: dict[str, Path]
    factors: Path


def _write_sets(digits: Digits, directory: Path) -> _Sets:
    from . import data, variants

    clean, cue_conflict = directory / "images", directory / "cue-conflict"
    data.write_images(digits.test_pixels, digits.test_labels, clean)
    return _Sets(
        clean,
        cue_conflict,
        variants.write_cue_conflict(digits, cue_conflict, SEED),
        variants.write_corrupted(digits, directory / "corrupted", SEED),
        variants.write_turned(digits, directory / "turned"),
        variants.write_factors(digits, directory / "factors.csv"),
    )


def _evaluate(folder: Path, model: Path, sets: _Sets, progress: bool) -> Run:
    """A model on every set, in its folder and in folders below it; gives the clean run."""
    from ..image import ImageList
    from ..report.sweeps import sweep_to
    from . import data

    transform = Transform(resize=data.SIDE, crop=data.SIDE, mean=(data.MEAN,) * 3, std=(data.STD,) * 3)
    settings = report.Settings(transform=transform, batch_size=64)
    made = report.evaluate_to(folder, model, sets.clean, settings, name=folder.name, progress=progress)
    groups = replace(settings, groups=sets.categories, aggregate="sum")
    report.evaluate_to(folder / "cue-conflict", model, sets.cue_conflict, groups, name=folder.name, progress=progress)
    for (corruption, severity), images in sets.corrupted.items():
        out = folder / "corrupted" / corruption / str(severity)
        report.evaluate_to(out, model, images, settings, name=folder.name, progress=progress)
    for part, images in sets.turned.items():
        out = folder / "transfer" / "turned" / part
        report.evaluate_to(out, model, images, replace(settings, features=True), name=folder.name, progress=progress)
    listed = ImageList(sets.clean)
    for kind, values in SWEEPS.items():
        swept = sweep(kind, values, transform)
        sweep_to(folder, model, sets.clean, listed, kind, swept, values[0], batch_size=64, progress=progress)
    return made
