"""libbinet: how vision models differ beyond accuracy.

predictions = binet.Predictions.from_logits(logits, labels)
binet.accuracy(predictions, k=5)
binet.calibration(predictions).plot()
"""

from . import transforms
from ._library import VERSION
from .accuracy import Accuracy, accuracy
from .calibration import Calibration, CalibrationBin, CalibrationBins, calibration
from .errors import Error, Status
from .evaluate import evaluate
from .image import ImageLimits, ImageList, read_image
from .predictions import Prediction, Predictions, PredictionsBuilder, Skipped
from .threads import get_num_threads, set_num_threads

__version__ = ".".join(str(part) for part in VERSION)

__all__ = [
    "Accuracy",
    "Calibration",
    "CalibrationBin",
    "CalibrationBins",
    "Error",
    "ImageLimits",
    "ImageList",
    "Prediction",
    "Predictions",
    "PredictionsBuilder",
    "Skipped",
    "Status",
    "accuracy",
    "calibration",
    "evaluate",
    "get_num_threads",
    "read_image",
    "set_num_threads",
    "transforms",
]
