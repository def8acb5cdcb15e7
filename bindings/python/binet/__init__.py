"""libbinet: how vision models differ beyond accuracy.

predictions = binet.Predictions.from_logits(logits, labels)
binet.accuracy(predictions, k=5)
binet.calibration(predictions).plot()
"""

from . import transforms
from ._library import VERSION
from ._rows import Prediction, Skipped
from .accuracy import Accuracy, accuracy
from .answers import Answers, read_answers, same_trials
from .bias import (
    CueConflict,
    ShapeBias,
    ShapeBiasCategories,
    ShapeBiasCategory,
    cue_conflict_from_file_names,
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
from .consistency import ErrorConsistency, ErrorConsistencyMatrix, error_consistency, error_consistency_matrix
from .copy_model import (
    CopyModel,
    ErrorConsistencyTrials,
    copy_model,
    error_consistency_difference_trials,
    error_consistency_trials,
)
from .errors import Error, Status
from .evaluate import evaluate, evaluate_sweep
from .groups import SIXTEEN_CLASSES, ClassGroups
from .image import ImageLimits, ImageList, read_image
from .model_ranking import ModelScores, RankCorrelations
from .model_table import ModelTable
from .predictions import Predictions
from .recalibration import TemperatureFit, TemperatureScaling, fit_temperature
from .selection import BlindPairs, DifficultyOrder, Placement, PlacementError, blind_pairs, sort_by_difficulty
from .threads import get_num_threads, set_num_threads

__version__ = ".".join(str(part) for part in VERSION)

__all__ = [
    "SIXTEEN_CLASSES",
    "Accuracy",
    "Answers",
    "BlindPairs",
    "Calibration",
    "CalibrationBin",
    "CalibrationBins",
    "ClassGroups",
    "ClasswiseCalibration",
    "ClasswiseCalibrationBuilder",
    "ClasswiseClass",
    "ClasswiseClasses",
    "CopyModel",
    "CueConflict",
    "DifficultyOrder",
    "Error",
    "ErrorConsistency",
    "ErrorConsistencyMatrix",
    "ErrorConsistencyTrials",
    "ImageLimits",
    "ImageList",
    "ModelScores",
    "ModelTable",
    "Placement",
    "PlacementError",
    "Prediction",
    "Predictions",
    "PredictionsBuilder",
    "RankCorrelations",
    "ShapeBias",
    "ShapeBiasCategories",
    "ShapeBiasCategory",
    "Skipped",
    "Status",
    "TemperatureFit",
    "TemperatureScaling",
    "accuracy",
    "blind_pairs",
    "calibration",
    "classwise_calibration",
    "copy_model",
    "cue_conflict_from_file_names",
    "error_consistency",
    "error_consistency_difference_trials",
    "error_consistency_matrix",
    "error_consistency_trials",
    "evaluate",
    "evaluate_sweep",
    "fit_temperature",
    "get_num_threads",
    "quba_calibration_error",
    "read_answers",
    "read_image",
    "same_trials",
    "set_num_threads",
    "shape_bias",
    "sort_by_difficulty",
    "transforms",
]
