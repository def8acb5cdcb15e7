"""libbinet: how vision models differ beyond accuracy.

predictions = binet.Predictions.from_logits(logits, labels)
binet.accuracy(predictions, k=5)
binet.calibration(predictions).plot()
"""

from . import transforms
from ._library import VERSION
from ._rows import Prediction, Skipped
from .accuracy import Accuracy, accuracy
from .accuracy_line import AccuracyLine, LineModel, LineModels, accuracy_line
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
from .cka_matrix import CKAMatrix, CKAMatrixResult
from .class_report import (
    ClassGap,
    ClassGapClass,
    ClassGapClasses,
    ClassReport,
    ClassReportClass,
    ClassReportClasses,
    Confusion,
    class_gap,
    class_report,
)
from .classwise import (
    ClasswiseCalibration,
    ClasswiseCalibrationBuilder,
    ClasswiseClass,
    ClasswiseClasses,
    classwise_calibration,
    quba_calibration_error,
)
from .comparison import ComparedMetric, Comparison, Comparisons, compare, compare_all
from .conditions import Conditions, conditions
from .consistency import ErrorConsistency, ErrorConsistencyMatrix, error_consistency, error_consistency_matrix
from .consistency_mean import (
    ErrorConsistencyDifference,
    ErrorConsistencyMean,
    error_consistency_difference,
    error_consistency_mean,
    observer_pairs,
)
from .copy_model import (
    CopyModel,
    ErrorConsistencyTrials,
    copy_model,
    error_consistency_difference_trials,
    error_consistency_trials,
)
from .corruption import (
    CORRUPTIONS,
    CorruptionRobustness,
    CorruptionRow,
    Corruptions,
    Severities,
    SeverityRow,
    baseline_errors,
    corruption_robustness,
)
from .ensemble import ClassChoice, choose_per_class, ensemble
from .errors import Error, Status
from .evaluate import evaluate, evaluate_sweep
from .factors import METACLASSES, FactorTable, read_metaclasses
from .feature_files import LabelledFeatures, read_features
from .groups import SIXTEEN_CLASSES, ClassGroups
from .image import ImageLimits, ImageList, read_image
from .invariance import Estimate, Invariance, InvarianceSetting, invariance
from .linear_probe import Certificate, LinearProbe, NotConvergedWarning
from .matching import Match, match
from .mistakes import ErrorRatio, ErrorRatioFactor, ErrorRatioFactors, error_ratio, metaclass_correct
from .model_ranking import ModelScores, RankCorrelations
from .model_table import ModelTable
from .multilabel import MultilabelAccuracy, imagenet_val_file_names, multilabel_accuracy
from .neighbors import Neighbors, neighbors
from .neighbors_probe import NeighborsAccuracies, NeighborsProbe
from .object_focus import MappedAccuracy, ObjectFocus, mapped_accuracy, object_focus
from .predictions import Predictions
from .presets import IMAGENET_WNIDS, PRESETS, Preset
from .probe_path import ProbePath, ProbeStep
from .probe_tasks import ProbedTask, ProbedTasks, TaskAccuracies, probe_tasks
from .proper_scores import ProperScores, proper_scores
from .recalibration import (
    HistogramBinning,
    HistogramFit,
    IsotonicCalibration,
    IsotonicFit,
    TemperatureFit,
    TemperatureScaling,
    VectorFit,
    VectorScaling,
    fit_histogram_binning,
    fit_isotonic,
    fit_temperature,
    fit_vector_scaling,
)
from .ridge_probe import RidgePath, RidgePenalty, RidgeProbe
from .risk_coverage import RiskCoverage, risk_coverage
from .robustness import (
    STUDY_SETS,
    RelativeAccuracy,
    ShiftedSet,
    ShiftedSets,
    StudyRobustness,
    relative_accuracy,
    study_robustness,
)
from .selection import BlindPairs, DifficultyOrder, Placement, PlacementError, blind_pairs, sort_by_difficulty
from .significance import Equivalence, McNemar, holm, mcnemar, tost, wilson_interval
from .similarity import CKA, cka
from .smooth_ece import SmoothECE, smooth_ece
from .statistics import BootstrapEstimate, bootstrap
from .subspace import PWCCA, SVCCA, Procrustes, procrustes, pwcca, svcca
from .synthetic import PUG_IMAGENET_FACTORS, SyntheticAccuracy, SyntheticFactor, SyntheticFactors, synthetic_accuracy
from .threads import get_num_threads, set_num_threads
from .transfer import LEEP, NCE, LogME, LogMEClass, LogMEClasses, leep, logme, nce
from .vtab import VTAB, VTAB_GROUPS, VTABMeans, VTABTask, vtab_means, vtab_task

__version__ = ".".join(str(part) for part in VERSION)

__all__ = [
    "CKA",
    "CORRUPTIONS",
    "IMAGENET_WNIDS",
    "LEEP",
    "METACLASSES",
    "NCE",
    "PRESETS",
    "PUG_IMAGENET_FACTORS",
    "PWCCA",
    "SIXTEEN_CLASSES",
    "STUDY_SETS",
    "SVCCA",
    "VTAB",
    "VTAB_GROUPS",
    "Accuracy",
    "AccuracyLine",
    "Answers",
    "BlindPairs",
    "BootstrapEstimate",
    "CKAMatrix",
    "CKAMatrixResult",
    "Calibration",
    "CalibrationBin",
    "CalibrationBins",
    "Certificate",
    "ClassChoice",
    "ClassGap",
    "ClassGapClass",
    "ClassGapClasses",
    "ClassGroups",
    "ClassReport",
    "ClassReportClass",
    "ClassReportClasses",
    "ClasswiseCalibration",
    "ClasswiseCalibrationBuilder",
    "ClasswiseClass",
    "ClasswiseClasses",
    "ComparedMetric",
    "Comparison",
    "Comparisons",
    "Conditions",
    "Confusion",
    "CopyModel",
    "CorruptionRobustness",
    "CorruptionRow",
    "Corruptions",
    "CueConflict",
    "DifficultyOrder",
    "Equivalence",
    "Error",
    "ErrorConsistency",
    "ErrorConsistencyDifference",
    "ErrorConsistencyMatrix",
    "ErrorConsistencyMean",
    "ErrorConsistencyTrials",
    "ErrorRatio",
    "ErrorRatioFactor",
    "ErrorRatioFactors",
    "Estimate",
    "FactorTable",
    "HistogramBinning",
    "HistogramFit",
    "ImageLimits",
    "ImageList",
    "Invariance",
    "InvarianceSetting",
    "IsotonicCalibration",
    "IsotonicFit",
    "LabelledFeatures",
    "LineModel",
    "LineModels",
    "LinearProbe",
    "LogME",
    "LogMEClass",
    "LogMEClasses",
    "MappedAccuracy",
    "Match",
    "McNemar",
    "ModelScores",
    "ModelTable",
    "MultilabelAccuracy",
    "Neighbors",
    "NeighborsAccuracies",
    "NeighborsProbe",
    "NotConvergedWarning",
    "ObjectFocus",
    "Placement",
    "PlacementError",
    "Prediction",
    "Predictions",
    "PredictionsBuilder",
    "Preset",
    "ProbePath",
    "ProbeStep",
    "ProbedTask",
    "ProbedTasks",
    "Procrustes",
    "ProperScores",
    "RankCorrelations",
    "RelativeAccuracy",
    "RidgePath",
    "RidgePenalty",
    "RidgeProbe",
    "RiskCoverage",
    "Severities",
    "SeverityRow",
    "ShapeBias",
    "ShapeBiasCategories",
    "ShapeBiasCategory",
    "ShiftedSet",
    "ShiftedSets",
    "Skipped",
    "SmoothECE",
    "Status",
    "StudyRobustness",
    "SyntheticAccuracy",
    "SyntheticFactor",
    "SyntheticFactors",
    "TaskAccuracies",
    "TemperatureFit",
    "TemperatureScaling",
    "VTABMeans",
    "VTABTask",
    "VectorFit",
    "VectorScaling",
    "accuracy",
    "accuracy_line",
    "baseline_errors",
    "blind_pairs",
    "bootstrap",
    "calibration",
    "choose_per_class",
    "cka",
    "class_gap",
    "class_report",
    "classwise_calibration",
    "compare",
    "compare_all",
    "conditions",
    "copy_model",
    "corruption_robustness",
    "cue_conflict_from_file_names",
    "ensemble",
    "error_consistency",
    "error_consistency_difference",
    "error_consistency_difference_trials",
    "error_consistency_matrix",
    "error_consistency_mean",
    "error_consistency_trials",
    "error_ratio",
    "evaluate",
    "evaluate_sweep",
    "fit_histogram_binning",
    "fit_isotonic",
    "fit_temperature",
    "fit_vector_scaling",
    "get_num_threads",
    "holm",
    "imagenet_val_file_names",
    "invariance",
    "leep",
    "logme",
    "mapped_accuracy",
    "match",
    "mcnemar",
    "metaclass_correct",
    "multilabel_accuracy",
    "nce",
    "neighbors",
    "object_focus",
    "observer_pairs",
    "probe_tasks",
    "procrustes",
    "proper_scores",
    "pwcca",
    "quba_calibration_error",
    "read_answers",
    "read_features",
    "read_image",
    "read_metaclasses",
    "relative_accuracy",
    "risk_coverage",
    "same_trials",
    "set_num_threads",
    "shape_bias",
    "smooth_ece",
    "sort_by_difficulty",
    "study_robustness",
    "svcca",
    "synthetic_accuracy",
    "tost",
    "transforms",
    "vtab_means",
    "vtab_task",
    "wilson_interval",
]
