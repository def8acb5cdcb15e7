"""Predictions that several tests make."""

from __future__ import annotations

from typing import Any

import binet
import numpy as np


def from_confidences(confidence: Any, correct: Any) -> binet.Predictions:
    """Two classes, of which class 0 is predicted with the confidence, >= 1/2."""
    confidence = np.asarray(confidence, dtype=np.float64)
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    return binet.Predictions.from_probabilities(probabilities, 1 - np.asarray(correct, dtype=np.int64))
