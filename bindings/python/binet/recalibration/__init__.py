"""Recalibration: maps fitted on held-out samples that make confidence agree with accuracy.

scaling = binet.TemperatureScaling().fit(logits, labels)
binet.calibration(binet.Predictions.from_logits(scaling.transform(other_logits), other_labels))
scaling.save("temperature.json")

Fit on samples that are used for nothing else: a map that is judged on the samples that it was fitted on looks better
than it is.
"""

from ._maps import load
from .confidence import (
    HistogramBinning,
    HistogramFit,
    IsotonicCalibration,
    IsotonicFit,
    fit_histogram_binning,
    fit_isotonic,
)
from .temperature import TemperatureFit, TemperatureScaling, fit_temperature
from .vector_scaling import VectorFit, VectorScaling, fit_vector_scaling

__all__ = [
    "HistogramBinning",
    "HistogramFit",
    "IsotonicCalibration",
    "IsotonicFit",
    "TemperatureFit",
    "TemperatureScaling",
    "VectorFit",
    "VectorScaling",
    "fit_histogram_binning",
    "fit_isotonic",
    "fit_temperature",
    "fit_vector_scaling",
    "load",
]
