"""Slots, their models and rule baselines, and the nightly scoring.

Importing the package is cheap: scikit-learn, MLflow and pandas are loaded by the functions that
need them.
"""

from models_ml.clusters.job import TrainingReport, train_clusters
from models_ml.registry import champion_digest
from models_ml.scoring import ScoringReport, score_slots
from models_ml.slots import slots
from models_ml.tables import create_prediction_tables

__all__ = [
    "ScoringReport",
    "TrainingReport",
    "champion_digest",
    "create_prediction_tables",
    "score_slots",
    "slots",
    "train_clusters",
]
