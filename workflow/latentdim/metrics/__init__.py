"""Metrics: pure functions of (model, data, random stream), and the plain functions on arrays behind them.

The names below are imported when they are first asked for, so that the declarations beside them stay free of torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from latentdim.metrics.context import Measured, Measuring, MetricRefused
    from latentdim.metrics.covariance import normalised_absolute_covariance
    from latentdim.metrics.factor_vae import factor_vae_score
    from latentdim.metrics.frechet import frechet_distance, frechet_from_moments
    from latentdim.metrics.mig import mutual_information_gap
    from latentdim.metrics.reconstruction import mse_per_pixel
    from latentdim.metrics.relevance import active_by_relevance, relevance_weights

__all__ = [
    "Measured",
    "Measuring",
    "MetricRefused",
    "active_by_relevance",
    "factor_vae_score",
    "frechet_distance",
    "frechet_from_moments",
    "mse_per_pixel",
    "mutual_information_gap",
    "normalised_absolute_covariance",
    "relevance_weights",
]

HOMES = {
    "Measured": "context",
    "Measuring": "context",
    "MetricRefused": "context",
    "active_by_relevance": "relevance",
    "factor_vae_score": "factor_vae",
    "frechet_distance": "frechet",
    "frechet_from_moments": "frechet",
    "mse_per_pixel": "reconstruction",
    "mutual_information_gap": "mig",
    "normalised_absolute_covariance": "covariance",
    "relevance_weights": "relevance",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)
