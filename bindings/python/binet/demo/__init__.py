"""The study in small: two models trained here on real digits, evaluated from image files, and reported.

Everything after the training goes through the same door as a user's models: `binet.report.evaluate_to` and
`binet.report.build`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from .. import report
from .._extras import require
from ..transforms import Transform

SEED = 0


def run(
    directory: str | os.PathLike[str] = "demo", *, say: Callable[[str], object] = print, progress: bool = False
) -> Path:
    """Train two small models, evaluate them on PNG files and write the report page.

    Takes less than a minute on two cores. The same machine gives the same predictions each time.

    Args:
        directory: where everything is written: images/, models/, a folder per model, report/.
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
    data.write_images(digits.test_pixels, digits.test_labels, directory / "images")
    say(f"images    {len(digits.test_labels)} test digits as PNG files in {directory / 'images'}")

    transform = Transform(resize=data.SIDE, crop=data.SIDE, mean=(data.MEAN,) * 3, std=(data.STD,) * 3)
    pixels = data.normalise(digits.train_pixels)
    (directory / "models").mkdir(exist_ok=True)
    runs = []
    for recipe in models.RECIPES:
        path, start = directory / "models" / f"{recipe.name.lower()}.pt", time.perf_counter()
        with tqdm(total=recipe.n_epochs, unit="epoch", desc=recipe.name, disable=not progress, leave=False) as bar:
            model = models.train(recipe, pixels, digits.train_labels, seed=SEED, epoch_done=bar.update)
        models.save_torchscript(model, path)
        seconds = time.perf_counter() - start
        say(f"train     {recipe.name}, {recipe.n_epochs} epochs of {len(pixels)} digits in {seconds:.0f} s: {path}")
        made = report.evaluate_to(
            directory / recipe.name,
            path,
            directory / "images",
            report.Settings(transform=transform, batch_size=64),
            name=recipe.name,
            progress=progress,
        )
        say(f"evaluate  {made.headline()}: {made.path}")
        runs.append(made)
    page = report.build(runs, directory / "report")
    say(f"report    {page.resolve()}")
    return page
