"""Active dimensions: by the method's own rule, and by the decoder's Jacobian for any model (ARD-VAE, eq. 19–20)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from latentdim.metrics.context import Measured, MetricContext, MetricRefused
from latentdim.metrics.relevance import Reduction, active_by_relevance, both_weights
from latentdim.nets.draws import Draws
from latentdim.nets.latent import LatentModel
from latentdim.study.axes import Axes
from latentdim.study.evaluation import Evaluation
from latentdim.training.data import Data

LARGEST_SHARE = 5  # at most one in so many training examples is used for the codes' variance


@dataclass(frozen=True)
class Relevance:
    """What the Jacobian rule rests on.

    Attributes:
        weights: by reduction, ``(L,)`` float64: squared gain of the decoder along each axis, summed over the output.
        variances: of the codes, ``(L,)`` float64.
        n: codes behind the variances.
        n_jacobian: codes at which the Jacobian was taken.
    """

    weights: dict[Reduction, Tensor]
    variances: Tensor
    n: int
    n_jacobian: int

    def scores(self, reduction: Reduction) -> Tensor:
        """Weight × variance of each axis (ARD-VAE, eq. 20), ``(L,)``."""
        return self.weights[reduction] * self.variances


def own_count(context: MetricContext) -> Measured:
    """How many dimensions the method itself counts, with the numbers that its rule cuts, where it cuts any.

    It rests on no examples of ours, so n is 0.
    """
    axes, scores = context.model.active(), context.model.active_scores()
    detail = {"axes": _positions(axes), "dim": context.model.dim}
    return Measured(float(axes.sum()), n=0, detail=detail | ({} if scores is None else {"scores": scores.tolist()}))


def jacobian_count(context: MetricContext) -> Measured:
    """How many dimensions the Jacobian rule counts; the other reduction's count stands in the detail."""
    evaluation, relevance = context.evaluation, relevance_of(context)
    axes = {reduction: _rule(relevance, reduction, evaluation) for reduction in relevance.weights}
    chosen = evaluation.jacobian_reduction
    detail = {
        "axes": _positions(axes[chosen]),
        "dim": context.model.dim,
        "scores": relevance.scores(chosen).tolist(),
        "weights": relevance.weights[chosen].tolist(),
        "variances": relevance.variances.tolist(),
        "counts": {reduction: int(counted.sum()) for reduction, counted in axes.items()},
        "n_jacobian": relevance.n_jacobian,
    }
    return Measured(float(axes[chosen].sum()), n=relevance.n, detail=detail)


def jacobian_axes(context: MetricContext) -> Tensor:
    """Which axes the Jacobian rule counts, bool ``(L,)``."""
    return _rule(relevance_of(context), context.evaluation.jacobian_reduction, context.evaluation)


def chosen_axes(
    model: LatentModel,
    data: Data,
    evaluation: Evaluation,
    axes_name: Axes,
    draws: Callable[[str], Draws],
    *,
    shared: dict[str, Tensor] | None = None,
) -> Tensor | None:
    """The axes that a protocol's word stands for, bool ``(L,)``; None is all of them.

    Args:
        shared: of the run's other metrics, so that the relevance is worked out once.
    """
    if axes_name == "all":
        return None
    if axes_name == "active":
        return model.active()
    return jacobian_axes(MetricContext(model, data, evaluation, None, draws, {} if shared is None else shared))


def relevance_of(context: MetricContext) -> Relevance:
    """The decoder's gains and the codes' variances, from training examples.

    The variance is that of codes drawn from the posterior where there is one (the means alone would leave the
    posterior's own variance out), as the objective's prior takes it: about the codes' mean, or where it is estimated
    about a fixed zero, the mean of z² (ARD-VAE, supplement, algorithm 2); both with denominator n. n is n_relevance,
    but at most a fifth of the training set; the Jacobian is taken at the first n_jacobian of these.

    Raises:
        MetricRefused: if codes or gains aren't finite.
    """
    evaluation, shared = context.evaluation, context.shared
    train = context.data.train
    n = min(evaluation.n_relevance, max(2, len(train) // LARGEST_SHARE), len(train))
    n_jacobian = min(evaluation.n_jacobian, n)
    if "relevance" not in shared:
        drawn = context.codes(train.part(0, n), sample="relevance")
        at = drawn[:n_jacobian] if evaluation.jacobian_at == "sample" else context.codes(train.part(0, n_jacobian))
        weights = both_weights(context.model.decode, at)
        variances = context.model.objective_prior.code_variance(drawn)
        shared["relevance"] = torch.stack([weights["mean_of_squares"], weights["square_of_mean"], variances])
    found = shared["relevance"]
    if not bool(torch.isfinite(found).all()):
        raise MetricRefused("the codes, or the decoder's gains, are not finite")
    return Relevance({"mean_of_squares": found[0], "square_of_mean": found[1]}, found[2], n, n_jacobian)


def _rule(relevance: Relevance, reduction: Reduction, evaluation: Evaluation) -> Tensor:
    scores = relevance.scores(reduction)
    return active_by_relevance(scores, share=evaluation.relevance_share, strict=evaluation.relevance_strict)


def _positions(axes: Tensor) -> list[int]:
    positions: list[int] = axes.nonzero().flatten().tolist()
    return positions
