"""NAC, the normalised absolute covariance between latent dimensions (MaskAAE, supplement 10.4)."""

from __future__ import annotations

import torch
from numpy.typing import NDArray
from torch import Tensor

from latentdim.metrics.context import Floor, Measured, MetricContext, MetricRefused
from latentdim.nets.draws import Draws

SHUFFLES = 10
FEWEST = 3  # axes: of two, the covariance between them is the smallest entry, which the scale puts at 0
ROUNDING = 1e-7  # of float32, in which codes are computed: smaller relative differences are none


def normalised_absolute_covariance(codes: Tensor | NDArray, axes: Tensor | NDArray | None = None) -> float:
    """Mean absolute covariance between different axes, on a scale where the whole matrix spans [0, 1].

    S = |Σ_i (z_i − z̄)(z_i − z̄)ᵀ|, entry by entry, is mapped so that its smallest entry is 0 and its largest 1; the
    off-diagonal entries of the chosen axes are averaged. As the paper writes it the scale comes from all axes, and
    only then are masked ones left out; whether that is meant is not stated. Two axes alone therefore mostly give 0, and
    one axis of large variance shrinks the value.

    Args:
        codes: ``(N, L)``.
        axes: bool ``(L,)``; None is all.

    Returns:
        A number in [0, 1]. Independent axes of equal variance give about √(2 / (π N)), not 0.

    Raises:
        ValueError: with fewer than two codes or chosen axes, codes that aren't finite or constant, or axes all equal.
    """
    exact = torch.as_tensor(codes).detach().to(torch.float64)
    if exact.dim() != 2 or len(exact) < 2 or not bool(torch.isfinite(exact).all()):
        raise ValueError(f"codes have shape {tuple(exact.shape)}; a finite matrix (N, L) with N ≥ 2 is needed")
    chosen = torch.ones(exact.shape[1], dtype=torch.bool) if axes is None else torch.as_tensor(axes).to(torch.bool)
    count = int(chosen.sum())
    if chosen.shape != exact.shape[1:] or count < 2:
        raise ValueError(f"{count} axes are chosen; a covariance between axes needs at least 2")
    centred = exact - exact.mean(dim=0)
    scatter = (centred.T @ centred).abs()
    lowest, highest = float(scatter.min()), float(scatter.max())
    if highest <= len(exact) * (ROUNDING * float(exact.abs().max())) ** 2:
        raise ValueError("the codes are constant")
    if highest - lowest <= ROUNDING * highest:
        raise ValueError("all axes carry the same code, so the covariances span no range")
    chosen = chosen.to(exact.device)
    scaled = (scatter[chosen][:, chosen] - lowest) / (highest - lowest)
    return float((scaled.sum() - scaled.trace()) / (count * (count - 1)))


def measure(context: MetricContext) -> Measured:
    """NAC of encoded training examples, the first n_covariance of them, at their posterior means.

    The paper says only "encoded latent vectors". Training examples are the most numerous; with few codes the sampling
    noise hides the value: the floor is the mean over ten shuffles of the same codes, each axis in an order of its own,
    which leaves every axis as it is and no covariance but noise.

    There is no spread over draws of codes: absolute values and the matrix's largest entry aren't smooth, so the
    jackknife overstates it up to twofold, and disjoint tenths, nearer to the floor, miss it by as much either way.

    Raises:
        MetricRefused: for models of two axes, where it is 0 by construction, and where the codes have no covariance.
    """
    train = context.data.train
    if context.model.dim < FEWEST:
        raise MetricRefused(
            f"of {context.model.dim} axes it is 0 whatever the codes: its scale puts the smallest covariance at 0, so "
            f"it needs a model of {FEWEST} axes"
        )
    codes = context.codes(train.part(0, min(len(train), context.evaluation.n_covariance)))
    try:
        value = normalised_absolute_covariance(codes, context.axes)
    except ValueError as refusal:
        raise MetricRefused(str(refusal)) from refusal
    axes = codes.shape[1] if context.axes is None else int(context.axes.sum())
    draws = context.draws("nac")
    shuffled = [normalised_absolute_covariance(_shuffled(codes, draws), context.axes) for _ in range(SHUFFLES)]
    floor = Floor.over(shuffled, "the same codes with each axis in an order of its own")
    return Measured(value, n=len(codes), detail={"n_axes": axes}, floor=floor)


def _shuffled(codes: Tensor, draws: Draws) -> Tensor:
    """The codes with each axis in a random order of its own, ``(N, L)``."""
    return codes.gather(0, draws.uniform(tuple(codes.shape)).argsort(dim=0))
