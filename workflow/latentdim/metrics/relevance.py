"""Relevance: how much of the decoder's output each latent axis moves, and how many axes carry almost all of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.func import jvp, vmap

Decode = Callable[[Tensor], Tensor]
Reduction = Literal["mean_of_squares", "square_of_mean"]

EXAMPLES = 16  # in one pass of the decoder: small blocks stay in the processor's cache
DIRECTIONS = 32  # carried through it side by side, at most
OUTPUTS = 2**22  # values that one pass may put out, which bounds the memory where examples are large

# Cumulative shares closer to the threshold than this count as lying on it: the scores come from float32 networks, and
# shares such as (5 + 3 + 1.9) / 10 aren't exact in binary either.
EDGE = 1e-6


def relevance_weights(decode: Decode, z: Tensor, *, reduction: Reduction = "mean_of_squares") -> Tensor:
    """Weight of every latent axis: its column of the decoder's Jacobian, squared and summed over the output.

    ``mean_of_squares``: w_l = Σ_d mean_i J_i[d, l]²  (ARD-VAE, eq. 19).
    ``square_of_mean``: w_l = Σ_d (mean_i |J_i[d, l]|)²  (its released code): never larger than the first, and equal
    to it where the decoder is linear.

    Args:
        decode: maps codes ``(B, L)`` to examples ``(B, *shape)``, each from its own code alone: a model's ``decode`` in
            evaluation mode (in training mode batch normalisation would mix the examples).
        z: the codes at which the Jacobian is taken, ``(N, L)``.
        reduction: how the examples are averaged.

    Returns:
        Weights, ``(L,)`` float64, in squared units of the decoder's output per squared latent unit.

    Raises:
        ValueError: if ``z`` isn't a matrix with at least one row, or the reduction is unknown.
    """
    weights = both_weights(decode, z)
    if reduction not in weights:
        raise ValueError(f"reduction is '{reduction}'; known: {', '.join(weights)}")
    return weights[reduction]


@torch.no_grad()
def both_weights(decode: Decode, z: Tensor) -> dict[Reduction, Tensor]:
    """The weights under either reduction, from one exact Jacobian in forward mode; see :func:`relevance_weights`.

    Forward mode costs about L + 1 decoder passes, where reverse mode costs one for every output value. The directions
    go through a batched decoder side by side, so what the decoder computes at the codes themselves is shared among
    them; a few blocks of DIRECTIONS × EXAMPLES tangents are held at a time.
    """
    if z.dim() != 2 or not len(z):
        raise ValueError(f"codes have shape {tuple(z.shape)}; a matrix (N, L) with N ≥ 1 is needed")
    z = z.detach()
    fitting = OUTPUTS // (EXAMPLES * decode(z[:1]).numel())
    mean_of_squares, square_of_mean = [], []
    for directions in torch.eye(z.shape[1], dtype=z.dtype, device=z.device).split(max(1, min(DIRECTIONS, fitting))):
        squares = absolute = torch.zeros((), dtype=torch.float64, device=z.device)
        for block in z.split(EXAMPLES):
            columns = _columns(decode, block, directions).to(torch.float64)
            squares = squares + columns.square().sum(dim=(1, 2))
            absolute = absolute + columns.abs().sum(dim=1)
        mean_of_squares.append(squares / len(z))
        square_of_mean.append((absolute / len(z)).square().sum(dim=1))
    return {"mean_of_squares": torch.cat(mean_of_squares), "square_of_mean": torch.cat(square_of_mean)}


def _columns(decode: Decode, z: Tensor, directions: Tensor) -> Tensor:
    """J_i · e for each direction e and code i, ``(directions, B, D)``."""

    def along(direction: Tensor) -> Tensor:
        tangent: Tensor = jvp(decode, (z,), (direction.expand_as(z),))[1]
        return tangent

    with warnings.catch_warnings():  # the first forward-mode call makes torch warn of its own internals
        warnings.filterwarnings("ignore", message=".*torch.jit.script", category=FutureWarning)
        moved: Tensor = vmap(along)(directions)
    return moved.flatten(start_dim=2)


def active_by_relevance(scores: Tensor, *, share: float = 0.99, strict: bool = True) -> Tensor:
    """The fewest axes whose scores together exceed a share of the sum, largest first (ARD-VAE, section 3.4).

    The released code stops at the first cumulative share strictly above 99 %; with ``strict`` off, reaching it is
    enough. Among equal scores at the cut the first axes are taken. Unless every score is zero at least one axis
    counts, and where no axis does anything to speak of nearly all may: collapse needs a rule of its own.

    Args:
        scores: relevance of each axis, ``(L,)``, finite and not negative.
        share: between 0 and 1.

    Returns:
        Which axes are active, bool ``(L,)``.

    Raises:
        ValueError: if a score is negative or not finite.
    """
    device = scores.device
    scores = scores.detach().to("cpu", torch.float64)  # cumulative sums on a GPU have no fixed order
    if not bool(torch.isfinite(scores).all()) or bool((scores < 0).any()):
        raise ValueError("relevance scores must be finite and not negative")
    ordered, order = scores.sort(descending=True, stable=True)
    shares = ordered.cumsum(0) / ordered.sum()
    short = shares <= share + EDGE if strict else shares < share - EDGE
    count = min(int(short.sum()) + 1, int((ordered > 0).sum()))
    active = torch.zeros(len(scores), dtype=torch.bool)
    active[order[:count]] = True
    return active.to(device)
