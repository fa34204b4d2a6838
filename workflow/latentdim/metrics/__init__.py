"""Metrics: pure functions of (model, data, random stream), and the plain functions on arrays behind them.

The names below are imported when they are first asked for, so that the declarations beside them stay free of torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from latentdim.metrics.context import Measured, Measuring, MetricRefused, MetricUnavailable
    from latentdim.metrics.covariance import normalised_absolute_covariance
    from latentdim.metrics.elbo import negative_elbo
    from latentdim.metrics.factor_vae import factor_vae_score
    from latentdim.metrics.features.inception import inception_features
    from latentdim.metrics.frechet import frechet_distance, frechet_from_moments
    from latentdim.metrics.jackknife import frechet_spread
    from latentdim.metrics.mig import mutual_information_gap
    from latentdim.metrics.reconstruction import mse_per_pixel
    from latentdim.metrics.relevance import active_by_relevance, relevance_weights

__all__ = [
    "Measured",
    "Measuring",
    "MetricRefused",
    "MetricUnavailable",
    "active_by_relevance",
    "factor_vae_score",
    "frechet_distance",
    "frechet_from_moments",
    "frechet_spread",
    "inception_features",
    "mse_per_pixel",
    "mutual_information_gap",
    "negative_elbo",
    "normalised_absolute_covariance",
    "relevance_weights",
]

HOMES = {
    "Measured": "context",
    "Measuring": "context",
    "MetricRefused": "context",
    "MetricUnavailable": "context",
    "active_by_relevance": "relevance",
    "factor_vae_score": "factor_vae",
    "frechet_distance": "frechet",
    "frechet_from_moments": "frechet",
    "frechet_spread": "jackknife",
    "inception_features": "features.inception",
    "mse_per_pixel": "reconstruction",
    "mutual_information_gap": "mig",
    "negative_elbo": "elbo",
    "normalised_absolute_covariance": "covariance",
    "relevance_weights": "relevance",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)
