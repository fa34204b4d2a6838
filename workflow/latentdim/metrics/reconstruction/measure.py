"""Reconstruction error per value, and the share of the data's variance that reconstructions explain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from numpy.typing import NDArray
from torch import Tensor

from latentdim.metrics.context import Measured, MetricContext, MetricRefused
from latentdim.training.data import Split


def mse_per_pixel(x: Tensor | NDArray, reconstruction: Tensor | NDArray) -> float:
    """Mean of the squared difference over examples, channels and pixels (ARD-VAE, supplement, Table 10), in float64.

    Args:
        x: examples, ``(N, *shape)``.
        reconstruction: same shape and units.

    Returns:
        The error in squared units of the examples: images in [−1, 1] have 4 times the error of the same in [0, 1].

    Raises:
        ValueError: if the shapes differ (broadcasting would hide it) or there are no values.
    """
    real, made = torch.as_tensor(x), torch.as_tensor(reconstruction)
    if real.shape != made.shape or not real.numel():
        raise ValueError(f"x is {tuple(real.shape)} but its reconstruction is {tuple(made.shape)}")
    return float((made.to(torch.float64) - real.to(torch.float64)).square().mean())


@dataclass(frozen=True)
class Errors:
    """How well a split is reconstructed, in the data's own units.

    Attributes:
        per_example: mean squared error of each example over its values, ``(N,)`` float64.
        variance: of the examples about their mean, averaged over the values.
    """

    per_example: Tensor
    variance: float

    @property
    def mse(self) -> float:
        """Mean over examples and values."""
        return float(self.per_example.mean())

    @property
    def explained(self) -> float | None:
        """1 − error / variance; negative where the mean example would be closer. None for data without variance."""
        return 1.0 - self.mse / self.variance if self.variance > 0 else None


@torch.no_grad()
def reconstruction_errors(context: MetricContext, split: Split) -> Errors:
    """Reconstruct a split from its posterior means on the chosen axes, and compare.

    Errors are kept example by example: averaging the batches' means would weigh a short last batch too much.
    """
    to_data = context.data.scaling.to_data
    errors = []
    for batch in context.batches(split):
        difference = to_data(context.reconstructed(batch)) - to_data(batch)
        errors.append(difference.to(torch.float64).square().flatten(start_dim=1).mean(dim=1))
    return Errors(torch.cat(errors), variance_per_value(to_data(batch) for batch in context.batches(split)))


def variance_per_value(batches: Iterable[Tensor]) -> float:
    """Variance of examples about their mean example (denominator N), averaged over the values, in float64."""
    origin: Tensor | None = None
    count, total, squares = 0, torch.zeros(()), torch.zeros(())
    for batch in batches:
        examples = batch.flatten(start_dim=1).to(torch.float64)
        origin = examples[0] if origin is None else origin  # near the data: squares of a large mean would cancel
        centred = examples - origin
        count, total, squares = count + len(examples), total + centred.sum(dim=0), squares + centred.square().sum(dim=0)
    variance = squares / count - (total / count).square()
    return float(variance.clamp_min(0.0).mean())


def measure(context: MetricContext) -> Measured:
    """Error of reconstructions of the reference split, in the data's own units: [0, 1] for images.

    Its spread is the standard error of the mean over examples.
    """
    errors = reconstruction_errors(context, context.reference())
    if not bool(torch.isfinite(errors.per_example).all()):
        raise MetricRefused("the model's reconstructions are not finite")
    n = len(errors.per_example)
    spread = float(errors.per_example.std()) / n**0.5 if n > 1 else None
    return Measured(errors.mse, n, spread, {"data_variance": errors.variance, "explained": errors.explained})


def measure_unexplained(context: MetricContext) -> Measured:
    """Share of the reference examples' variance that reconstructions leave: error over variance, 1 for their mean.

    Unlike the error itself it reads the same for every dataset.
    """
    measured = measure(context)
    variance = float(measured.detail["data_variance"])
    if variance <= 0:
        raise MetricRefused("the reference examples have no variance to explain")
    spread = None if measured.spread is None else measured.spread / variance
    return Measured(measured.value / variance, measured.n, spread, {"data_variance": variance})
