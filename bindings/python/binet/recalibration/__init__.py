"""Recalibration: maps fitted on held-out samples that make confidence agree with accuracy.

scaling = binet.TemperatureScaling().fit(logits, labels)
binet.calibration(binet.Predictions.from_logits(scaling.transform(other_logits), other_labels))
scaling.save("temperature.json")

Fit on samples that are used for nothing else: a map that is judged on the samples that it was fitted on looks better
than it is.
"""

from ._maps import load
from .temperature import TemperatureFit, TemperatureScaling, fit_temperature

__all__ = ["TemperatureFit", "TemperatureScaling", "fit_temperature", "load"]
