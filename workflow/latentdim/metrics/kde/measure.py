"""Log-likelihood of generated vectors under a Gaussian-kernel density of real ones (MaskAAE, supplement 10.2).

log p(y) = log Σ_i exp(−|y − x_i|² / (2h²)) − log n − (d/2) log(2πh²), summed over every real vector: trees that leave
far ones out are wrong by tens of nats where a density is wanted most, in the tails. A density may exceed 1, so its
logarithm may be positive.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from latentdim.metrics.context import Measured, MetricContext, MetricRefused
from latentdim.metrics.distances import blocks, centred
from latentdim.metrics.features.sets import first_real, outside_split
from latentdim.metrics.features.store import arithmetic, kept
from latentdim.metrics.kde import KdeFields

NEGLIGIBLE = -80.0  # as a term's logarithm: far below rounding, and smaller exponentials take ten times as long
MARGIN = 2.0  # standard errors by which a value above the held-out vectors' own is no accident


@dataclass(frozen=True)
class LineSearch:
    """A bandwidth and how it was found.

    Attributes:
        bandwidth: the one of those tried that makes the held-out vectors likeliest, in units of the vectors.
        log_likelihoods: mean log-density of the held-out vectors at each bandwidth tried, in nats.
        at_edge: the best is the first or the last tried, so that a better one may lie outside.
    """

    bandwidth: float
    log_likelihoods: tuple[float, ...]
    at_edge: bool


def kde_log_densities(
    points: Tensor | NDArray, *, reference: Tensor | NDArray, bandwidths: Sequence[float]
) -> NDArray[np.float64]:
    """Log-densities of points under Gaussian kernels on every reference vector, right to about 1e-6 nats.

    Args:
        points: ``(N, d)``.
        reference: vectors that the kernels stand on, ``(n, d)``.
        bandwidths: standard deviations of the kernel, H of them.

    Returns:
        ``(H, N)`` in nats.

    Raises:
        ValueError: if the shapes don't fit, a value isn't finite, or a bandwidth isn't above 0.
    """
    if not all(0 < bandwidth < math.inf for bandwidth in bandwidths):
        raise ValueError(f"bandwidths {list(bandwidths)} are not all finite and above 0")
    at, kernels = centred(points=points, reference=reference)
    squares = at.square().sum(dim=1)
    found = torch.empty(len(bandwidths), len(at), dtype=torch.float64, device=at.device)
    for rows, block in blocks(at, kernels, kernels.square().sum(dim=1)):
        nearest = block.amin(dim=1, keepdim=True)
        # What is left when the nearest kernel is taken out needs no more digits: terms that matter are near 0.
        farther = block.sub_(nearest).to(torch.float32)
        terms, distances = torch.empty_like(farther), (nearest[:, 0] + squares[rows]).clamp_min(0.0)
        for place, bandwidth in enumerate(bandwidths):
            scale = -0.5 / bandwidth**2
            sums = torch.mul(farther, scale, out=terms).clamp_min_(NEGLIGIBLE).exp_().sum(dim=1)
            found[place, rows] = sums.to(torch.float64).log() + scale * distances
    widths = torch.tensor(bandwidths, dtype=torch.float64, device=at.device)[:, None]
    found -= math.log(len(kernels)) + kernels.shape[1] * (widths.log() + 0.5 * math.log(2 * math.pi))
    return found.cpu().numpy()


def kde_bandwidth(
    reference: Tensor | NDArray, *, held_out: Tensor | NDArray, bandwidths: Sequence[float]
) -> LineSearch:
    """The bandwidth at which held-out vectors are likeliest.

    Args:
        reference: vectors that the kernels stand on, ``(n, d)``.
        held_out: others of the same law, ``(N, d)``. A vector that is in both sets draws the bandwidth to 0.
        bandwidths: to try, in rising order.

    Raises:
        ValueError: as :func:`kde_log_densities`, or if there are fewer than three bandwidths.
    """
    if len(bandwidths) < 3:
        raise ValueError(f"{len(bandwidths)} bandwidths are too few to tell a best one from the edges")
    means = kde_log_densities(held_out, reference=reference, bandwidths=bandwidths).mean(axis=1)
    return _best(bandwidths, means.tolist())


def measure(context: MetricContext) -> Measured:
    """Mean log-density of generated vectors; its spread is the standard error of the mean over them.

    Kernels stand on the first n_fit examples of the split for distances between sets; the bandwidth is chosen on as
    many as n_held_out from outside it: training examples, or test examples where the split holds training ones.
    ``detail.held_out`` is the held-out vectors' own mean log-density, which is what a perfect generator would get;
    a value above it is no better but has a warning: a generator that gives likely vectors only exceeds it.
    """
    settings = context.fields(KdeFields).kde
    fit = first_real(context, settings.n_fit).values
    held_out = outside_split(context).values[: settings.n_held_out]
    generated = context.generated()
    if not bool(torch.isfinite(generated).all()):
        raise MetricRefused("the model's samples are not finite")
    if len(fit) < 2 or not len(held_out) or bool((fit == fit[0]).all()):
        raise MetricRefused("a density needs real vectors that differ, and others to choose its bandwidth on")
    tried = np.geomspace(settings.bandwidth_min, settings.bandwidth_max, settings.steps).tolist()
    search = _searched(context, fit, held_out, tried)
    densities = kde_log_densities(generated, reference=fit, bandwidths=[search.bandwidth])[0]
    spread = float(densities.std(ddof=1)) / len(densities) ** 0.5
    detail: dict[str, Any] = {
        "bandwidth": search.bandwidth, "at_edge": search.at_edge, "held_out": max(search.log_likelihoods),
        "n_fit": len(fit), "n_held_out": len(held_out),
    }  # fmt: skip
    if search.at_edge:
        side = "smallest" if search.bandwidth == tried[0] else "largest"
        detail["warning"] = (
            f"the best bandwidth, {search.bandwidth:.4g}, is the {side} one tried, so a better one may lie beyond it "
            "(kde.bandwidth_min, kde.bandwidth_max)"
        )
    value = float(densities.mean())
    if value > detail["held_out"] + MARGIN * spread:
        narrow = (
            "the generated vectors are likelier than held-out real ones: no better, but nearer to the data's middle"
        )
        detail["warning"] = "; ".join(filter(None, (detail.get("warning"), narrow)))
    return Measured(value, len(densities), spread, detail)


def _searched(context: MetricContext, fit: Tensor, held_out: Tensor, tried: list[float]) -> LineSearch:
    """The line search: no matter of the model, so all runs on a dataset share it."""

    def search() -> dict[str, Tensor]:
        found = kde_bandwidth(fit, held_out=held_out, bandwidths=tried)
        return {"log_likelihoods": torch.tensor(found.log_likelihoods, dtype=torch.float64)}

    sets = {"fit": _content(fit), "held_out": _content(held_out)}
    identity = {"version": 1, "bandwidths": tried, **sets, **arithmetic(fit)}
    return _best(tried, kept(context, "kde-line-search", identity, search)["log_likelihoods"].tolist())


def _best(tried: Sequence[float], means: list[float]) -> LineSearch:
    best = means.index(max(means))
    return LineSearch(float(tried[best]), tuple(means), best in {0, len(tried) - 1})


def _content(values: Tensor) -> str:
    return hashlib.sha256(values.detach().cpu().contiguous().numpy()).hexdigest()
