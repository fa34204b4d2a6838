"""The FactorVAE metric (Kim & Mnih, 2018), with disentanglement_lib's votes and counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from latentdim.metrics.context import Floor, Measured, MetricContext, MetricRefused
from latentdim.metrics.factor_codes import chosen_positions, factor_codes, factor_space_of, random_levels, varying_axes
from latentdim.metrics.factor_vae import FactorVae, FactorVaeFields
from latentdim.nets.draws import Draws

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Encode = Callable[["NDArray[np.int64]"], "NDArray[np.floating]"]

VALUES = 2**25  # codes held at a time: 128 MB, and as much again for the distinct images among them


@dataclass(frozen=True)
class Votes:
    """Drawn and encoded votes, before any axis is left out.

    Attributes:
        local: variance of each axis among the images of one vote, ``(V, L)`` float64, denominator N − 1.
        factors: the factor that was held fixed, ``(V,)``.
        variance: of each axis over random images, ``(L,)`` float64, denominator N − 1; 0 for a constant axis.
    """

    local: NDArray[np.float64]
    factors: NDArray[np.int64]
    variance: NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """Accuracy of the majority vote, and what it rests on.

    Attributes:
        value: accuracy on the evaluation votes, 0 where no axis is kept.
        on_training: the same on the votes that the classifier was made from.
        kept: positions of the axes that could win a vote.
        factors: what each of them stands for: the factor of most of its training votes.
    """

    value: float
    on_training: float
    kept: NDArray[np.int64]
    factors: NDArray[np.int64]


def factor_vae_score(
    encode: Encode, sizes: Sequence[int], *, seed: int = 0, settings: FactorVae | None = None
) -> float:
    """How often the axis that varies least tells which factor was held fixed.

    One vote: a factor is drawn, and images that share its level while their other factors are random; the axis with
    the smallest variance among them, in units of its variance over all images, wins. Every axis stands for the factor
    of most of its training votes; the score is the share of evaluation votes that this gets right. Duplicated factors
    aren't punished; codes that tell nothing score 1 / F. Factors of a single level are never drawn: nothing could tell
    that they are held fixed.

    Axes whose standard deviation is below a threshold can't win: 0.05 times the largest one's here, absolute in the
    library, where codes on a small scale score 0 however good they are (``relative`` off). Constant axes never can.
    Where none is left the score is 0.

    Args:
        encode: levels ``(N, F)``, int64, to codes ``(N, L)``, finite; both are numpy arrays.
        sizes: levels of each factor.
        seed: of the factors and levels drawn.
        settings: counts and thresholds; disentanglement_lib's counts by default.

    Returns:
        A number in [0, 1].

    Raises:
        ValueError: if fewer than two factors vary: a vote would have one outcome.
    """
    chosen, draws = settings or FactorVae(), Draws.named("factor_vae", seed)
    return score_votes(draw_votes(encode, sizes, draws=draws, settings=chosen), settings=chosen).value


def draw_votes(encode: Encode, sizes: Sequence[int], *, draws: Draws, settings: FactorVae) -> Votes:
    """Draw the images for the axes' variances and all votes, training votes first, and encode them.

    Raises:
        ValueError: if fewer than two factors vary.
    """
    vary = np.flatnonzero(np.asarray(sizes) > 1)
    if len(vary) < 2:
        raise ValueError(f"{len(vary)} of the factors vary, so there is nothing to tell apart: two are needed")
    codes = np.asarray(encode(random_levels(sizes, settings.n_variance, draws=draws)))
    varying = varying_axes(codes.min(axis=0), codes.max(axis=0))
    variance = np.where(varying, codes.var(axis=0, ddof=1, dtype=np.float64), 0.0)
    count = settings.n_train + settings.n_evaluation
    factors = vary[random_levels((len(vary),), count, draws=draws)[:, 0]]
    levels = random_levels(sizes, count * settings.batch, draws=draws).reshape(count, settings.batch, -1)
    for factor in range(len(sizes)):
        own = factors == factor
        levels[own, :, factor] = levels[own, :1, factor]
    local = np.empty((count, len(variance)))
    block = max(1, VALUES // (settings.batch * len(variance)))
    for start in range(0, count, block):
        held = levels[start : start + block]
        encoded = np.asarray(encode(held.reshape(-1, len(sizes)))).reshape(*held.shape[:2], -1)
        local[start : start + block] = [one.var(axis=0, ddof=1, dtype=np.float64) for one in encoded]
    return Votes(local, factors, variance)


def score_votes(votes: Votes, *, settings: FactorVae, axes: ArrayLike | None = None) -> Score:
    """Score drawn votes on some axes (their positions; all by default); see :func:`factor_vae_score`."""
    positions = np.arange(len(votes.variance)) if axes is None else np.asarray(axes)
    spreads = np.sqrt(votes.variance[positions])
    least = settings.threshold * (spreads.max(initial=0.0) if settings.relative else 1.0)
    kept = positions[(spreads > 0) & (spreads >= least)]
    if not len(kept):
        return Score(0.0, 0.0, kept, kept)
    winners = (votes.local[:, kept] / votes.variance[kept]).argmin(axis=1)
    table = np.zeros((len(kept), int(votes.factors.max()) + 1), dtype=np.int64)
    np.add.at(table, (winners[: settings.n_train], votes.factors[: settings.n_train]), 1)
    stands_for = table.argmax(axis=1)
    right = stands_for[winners] == votes.factors
    return Score(float(right[settings.n_train :].mean()), float(right[: settings.n_train].mean()), kept, stands_for)


def measure(context: MetricContext) -> Measured:
    """The FactorVAE metric on posterior means of images of the factor space; n counts evaluation votes.

    Its spread is the standard error of that many votes, the classifier given. The floor is guessing.

    Raises:
        MetricRefused: if the codes are constant on the chosen axes, no axis is chosen, or fewer than two factors vary.
    """
    settings, positions, space = (
        context.fields(FactorVaeFields).factor_vae,
        chosen_positions(context),
        factor_space_of(context),
    )
    try:
        votes = _votes(context, space.sizes)
    except ValueError as refusal:
        raise MetricRefused(str(refusal)) from refusal
    if not votes.variance[positions].any():
        raise MetricRefused("constant codes: no axis varies, so none can tell which factor is fixed")
    score = score_votes(votes, settings=settings, axes=positions)
    detail = {
        "kept": score.kept.tolist(),
        "factors": [space.names[factor] for factor in score.factors],
        "on_training": score.on_training,
        "standard_deviations": np.sqrt(votes.variance[positions]).tolist(),
        "axes": positions.tolist(),
    }
    chance = 1.0 / sum(size > 1 for size in space.sizes)
    floor = Floor(chance, "guessing", _standard_error(chance, settings.n_evaluation))
    return Measured(
        score.value, settings.n_evaluation, _standard_error(score.value, settings.n_evaluation), detail, floor
    )


def _standard_error(share: float, n: int) -> float:
    return (share * (1.0 - share) / n) ** 0.5


def _votes(context: MetricContext, sizes: Sequence[int]) -> Votes:
    """The run's votes, encoded once for every choice of axes."""
    if "factor_vae/local" not in context.shared:
        drawn = draw_votes(
            lambda levels: factor_codes(context, levels),
            sizes,
            draws=context.draws("factor_vae"),
            settings=context.fields(FactorVaeFields).factor_vae,
        )
        for name in ("local", "factors", "variance"):
            context.shared[f"factor_vae/{name}"] = torch.from_numpy(getattr(drawn, name))
    return Votes(*(context.shared[f"factor_vae/{name}"].numpy() for name in ("local", "factors", "variance")))
