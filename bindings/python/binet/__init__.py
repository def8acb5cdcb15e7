"""libbinet: how vision models differ beyond accuracy.

predictions = binet.Predictions.from_logits(logits, labels)
binet.accuracy(predictions, k=5)
binet.calibration(predictions).plot()
"""

from . import transforms
from ._library import VERSION
from ._rows import Prediction, Skipped
from .accuracy import Accuracy, accuracy
from .bias import (
    CueConflict,
    ErrorConsistency,
    ShapeBias,
    ShapeBiasCategories,
    ShapeBiasCategory,
    cue_conflict_from_file_names,
    error_consistency,
    shape_bias,
)
from .builder import PredictionsBuilder
from .calibration import Calibration, CalibrationBin, CalibrationBins, calibration
from .classwise import (
    ClasswiseCalibration,
    ClasswiseCalibrationBuilder,
    ClasswiseClass,
    ClasswiseClasses,
    classwise_calibration,
    quba_calibration_error,
)
from .errors import Error, Status
from .evaluate import evaluate, evaluate_sweep
from .groups import SIXTEEN_CLASSES, ClassGroups
from .image import ImageLimits, ImageList, read_image
from .model_ranking import ModelScores, RankCorrelations
from .model_table import ModelTable
from .predictions import Predictions
from .threads import get_num_threads, set_num_threads

__version__ = ".".join(str(part) for part in VERSION)

__all__ = [
    "SIXTEEN_CLASSES",
    "Accuracy",
    "Calibration",
    "CalibrationBin",
    "CalibrationBins",
    "ClassGroups",
    "ClasswiseCalibration",
    "ClasswiseCalibrationBuilder",
    "ClasswiseClass",
    "ClasswiseClasses",
    "CueConflict",
    "Error",
    "ErrorConsistency",
    "ImageLimits",
    "ImageList",
    "ModelScores",
    "ModelTable",
    "Prediction",
    "Predictions",
    "PredictionsBuilder",
    "RankCorrelations",
    "ShapeBias",
    "ShapeBiasCategories",
    "ShapeBiasCategory",
    "Skipped",
    "Status",
    "accuracy",
    "calibration",
    "classwise_calibration",
    "cue_conflict_from_file_names",
    "error_consistency",
    "evaluate",
    "evaluate_sweep",
    "get_num_threads",
    "quba_calibration_error",
    "read_image",
    "set_num_threads",
    "shape_bias",
    "transforms",
]
