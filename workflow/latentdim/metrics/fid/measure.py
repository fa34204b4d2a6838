"""Fréchet distances between sets of examples in spaces of features: Inception's (FID), a classifier's, components.

The distance is that of Heusel et al. (2017), eq. 6, from float64 moments. Two sets from one law are not 0 apart, and
the farther the fewer they are, so values of different counts, layers or weights must not be compared; all three stand
in every value's detail.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from torch import Tensor

from latentdim.metrics.context import Measured, MetricContext, MetricRefused
from latentdim.metrics.features.extractor import Extractor
from latentdim.metrics.features.floor import distance_floor
from latentdim.metrics.features.sets import (
    extractor_of,
    generated_features,
    reconstructed_features,
    reference_features,
    reference_identity,
    reference_split,
    told,
)
from latentdim.metrics.features.store import kept
from latentdim.metrics.frechet.measure import frechet_distance
from latentdim.metrics.gaussian import Gaussian
from latentdim.metrics.jackknife import frechet_spread
from latentdim.study.evaluation import Features

Name = Features | Literal["pixels_pca"]


def measure(context: MetricContext) -> Measured:
    """FID of generated images; its spread is over repeated draws of as many of them against the same reference.

    The floor is the FID of real images that are as many, from outside the reference.
    """
    return _generated(context, "inception")


def measure_reconstructions(context: MetricContext) -> Measured:
    """FID of reconstructions of the reference images; its spread is over draws of images with their reconstructions."""
    return _reconstructed(context, "inception")


def measure_classifier(context: MetricContext) -> Measured:
    """Fréchet distance of generated images in the features of the dataset's classifier; not comparable with a FID."""
    return _generated(context, "classifier")


def measure_classifier_reconstructions(context: MetricContext) -> Measured:
    """Fréchet distance of reconstructions of the reference images in the features of the dataset's classifier."""
    return _reconstructed(context, "classifier")


def measure_pixels_pca(context: MetricContext) -> Measured:
    """Fréchet distance of generated examples along the principal components of the training examples; no FID."""
    return _generated(context, "pixels_pca")


def measure_pixels_pca_reconstructions(context: MetricContext) -> Measured:
    """Fréchet distance of reconstructions of the reference examples along the same components."""
    return _reconstructed(context, "pixels_pca")


def _generated(context: MetricContext, name: Name) -> Measured:
    extractor = extractor_of(context, name)
    _enough(context, extractor, context.evaluation.n_generated)
    reference = reference_features(context, extractor)
    measured = _distance(context, extractor, generated_features(context, extractor), reference)
    return replace(measured, floor=distance_floor(context, extractor, reference, distance=frechet_distance))


def _reconstructed(context: MetricContext, name: Name) -> Measured:
    extractor = extractor_of(context, name)
    _enough(context, extractor, context.evaluation.n_reference)
    reference = reference_features(context, extractor)
    return _distance(context, extractor, reconstructed_features(context, extractor), reference, paired=True)


def _enough(context: MetricContext, extractor: Extractor, n: int) -> None:
    """Told by what is asked for, before an hour is spent on features.

    Raises:
        MetricRefused: if a set has no more examples than features.
    """
    fewest = min(n, len(reference_split(context)))
    if fewest <= extractor.dim and not context.evaluation.distribution.allow_few:
        raise MetricRefused(
            f"{fewest} images don't determine the covariance of {extractor.dim} features: more than {extractor.dim} "
            "are needed (evaluation.distribution.allow_few = true takes them all the same)"
        )


def _distance(
    context: MetricContext, extractor: Extractor, made: Tensor, reference: Tensor, *, paired: bool = False
) -> Measured:
    kind = "reconstructed" if paired else "generated"
    detail = told(context, extractor, made, reference, kind=kind)
    fewest = min(len(made), len(reference))
    if max(len(made), len(reference)) < extractor.dim:
        return Measured(frechet_distance(made, reference), fewest, detail=detail)
    gaussian = _reference_gaussian(context, extractor, reference)
    value = gaussian.distance(Gaussian.of(made))
    pairs = reference if paired else None
    spread = frechet_spread(made, gaussian, pairs=pairs) if fewest > extractor.dim else None
    return Measured(value, fewest, spread, detail)


def _reference_gaussian(context: MetricContext, extractor: Extractor, reference: Tensor) -> Gaussian:
    """Moments of the real images' features, kept beside them."""

    def make() -> dict[str, Tensor]:
        found = Gaussian.of(reference)
        return {"mean": found.mean, "covariance": found.covariance}

    name = f"{extractor.name}-{extractor.dim}-moments"
    moments = kept(context, name, reference_identity(context, extractor), make)
    return Gaussian(moments["mean"], moments["covariance"])
