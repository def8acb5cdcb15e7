"""Sections of the page beside accuracy, calibration and agreement: one module a property.

A section is a module with `collect(evidence)`, which gives a `Section`, or None where there is no evidence for it. A
new one is a file here, a template of the same name, and an entry in `SECTIONS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import invariance, mistakes, robustness, shape, similarity, synthetic, transfer
from .section import Section

if TYPE_CHECKING:
    from ..evidence import Evidence

SECTIONS = (mistakes, shape, robustness, synthetic, invariance, transfer, similarity)


def collect(evidence: Evidence) -> tuple[Section, ...]:
    """The sections that there is evidence for, in the order of the page."""
    found = (module.collect(evidence) for module in SECTIONS)
    return tuple(section for section in found if section is not None)
