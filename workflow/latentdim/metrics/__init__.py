"""Metrics: pure functions of (model, data, random stream), and the plain functions on arrays behind them.

The names below are imported when they are first asked for, so that the declarations beside them stay free of torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from latentdim.metrics.context import Measured, MetricContext, MetricRefused, MetricUnavailable
    from latentdim.metrics.covariance import normalised_absolute_covariance
    from latentdim.metrics.density import kde_bandwidth, kde_log_densities
    from latentdim.metrics.elbo import negative_elbo
    from latentdim.metrics.factor_vae import factor_vae_score
    from latentdim.metrics.features.inception import inception_features
    from latentdim.metrics.frechet import frechet_distance, frechet_from_moments
    from latentdim.metrics.jackknife import frechet_spread
    from latentdim.metrics.mig import mutual_information_gap
    from latentdim.metrics.neighbours import improved_precision_recall
    from latentdim.metrics.prd import max_f, prd_curve, prd_of_features
    from latentdim.metrics.reconstruction import mse_per_pixel
    from latentdim.metrics.relevance import active_by_relevance, relevance_weights
    from latentdim.metrics.silhouette import kmeans_labels, silhouette_score

__all__ = [
    "Measured",
    "MetricContext",
    "MetricRefused",
    "MetricUnavailable",
    "active_by_relevance",
    "factor_vae_score",
    "frechet_distance",
    "frechet_from_moments",
    "frechet_spread",
    "improved_precision_recall",
    "inception_features",
    "kde_bandwidth",
    "kde_log_densities",
    "kmeans_labels",
    "max_f",
    "mse_per_pixel",
    "mutual_information_gap",
    "negative_elbo",
    "normalised_absolute_covariance",
    "prd_curve",
    "prd_of_features",
    "relevance_weights",
    "silhouette_score",
]

HOMES = {
    "Measured": "context",
    "MetricContext": "context",
    "MetricRefused": "context",
    "MetricUnavailable": "context",
    "active_by_relevance": "relevance",
    "factor_vae_score": "factor_vae",
    "frechet_distance": "frechet",
    "frechet_from_moments": "frechet",
    "frechet_spread": "jackknife",
    "improved_precision_recall": "neighbours",
    "inception_features": "features.inception",
    "kde_bandwidth": "density",
    "kde_log_densities": "density",
    "kmeans_labels": "silhouette",
    "max_f": "prd",
    "mse_per_pixel": "reconstruction",
    "mutual_information_gap": "mig",
    "negative_elbo": "elbo",
    "normalised_absolute_covariance": "covariance",
    "prd_curve": "prd",
    "prd_of_features": "prd",
    "relevance_weights": "relevance",
    "silhouette_score": "silhouette",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)
