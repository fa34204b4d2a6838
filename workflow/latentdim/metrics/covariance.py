"""NAC, the normalised absolute covariance between latent dimensions (MaskAAE, supplement 10.4)."""

from __future__ import annotations

import math

import torch
from numpy.typing import NDArray
from torch import Tensor

from latentdim.metrics.context import Measured, Measuring, MetricRefused

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


def measure(context: Measuring) -> Measured:
    """NAC of encoded training examples, the first n_covariance of them, at their posterior means.

    The paper says only "encoded latent vectors". Training examples are the most numerous; with few codes the sampling
    noise, told as ``detail.floor`` for independent axes of equal variance, hides the value.

    There is no spread over draws of codes: absolute values and the matrix's largest entry aren't smooth, so the
    jackknife overstates it up to twofold, and disjoint tenths, nearer to the floor, miss it by as much either way.
    """
    train = context.data.train
    codes = context.codes(train.part(0, min(len(train), context.evaluation.n_covariance)))
    try:
        value = normalised_absolute_covariance(codes, context.axes)
    except ValueError as refusal:
        raise MetricRefused(str(refusal)) from refusal
    axes = codes.shape[1] if context.axes is None else int(context.axes.sum())
    return Measured(value, n=len(codes), detail={"floor": math.sqrt(2.0 / (math.pi * len(codes))), "n_axes": axes})
