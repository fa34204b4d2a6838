"""Metrics: pure functions of (model, data, random stream), and the plain functions on arrays behind them.

The names below are imported when they are first asked for, so that the declarations beside them stay free of torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from latentdim.metrics.context import Measured, MetricContext, MetricRefused, MetricUnavailable
    from latentdim.metrics.elbo.measure import negative_elbo
    from latentdim.metrics.factor_vae.measure import factor_vae_score
    from latentdim.metrics.features.inception import inception_features
    from latentdim.metrics.frechet.measure import frechet_distance, frechet_from_moments
    from latentdim.metrics.jackknife import frechet_spread
    from latentdim.metrics.kde.measure import kde_bandwidth, kde_log_densities
    from latentdim.metrics.mig.measure import mutual_information_gap
    from latentdim.metrics.nac.measure import normalised_absolute_covariance
    from latentdim.metrics.neighbours.measure import improved_precision_recall
    from latentdim.metrics.prd.measure import max_f, prd_curve, prd_of_features
    from latentdim.metrics.reconstruction.measure import mse_per_pixel
    from latentdim.metrics.relevance import active_by_relevance, relevance_weights
    from latentdim.metrics.silhouette.measure import kmeans_labels, silhouette_score

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
    "factor_vae_score": "factor_vae.measure",
    "frechet_distance": "frechet.measure",
    "frechet_from_moments": "frechet.measure",
    "frechet_spread": "jackknife",
    "improved_precision_recall": "neighbours.measure",
    "inception_features": "features.inception",
    "kde_bandwidth": "kde.measure",
    "kde_log_densities": "kde.measure",
    "kmeans_labels": "silhouette.measure",
    "max_f": "prd.measure",
    "mse_per_pixel": "reconstruction.measure",
    "mutual_information_gap": "mig.measure",
    "negative_elbo": "elbo.measure",
    "normalised_absolute_covariance": "nac.measure",
    "prd_curve": "prd.measure",
    "prd_of_features": "prd.measure",
    "relevance_weights": "relevance",
    "silhouette_score": "silhouette.measure",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)
