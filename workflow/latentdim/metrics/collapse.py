"""Collapse: a model that reconstructs or generates next to nothing, whatever its count of active dimensions says.

A cumulative rule counts at least one axis of any model and may count all axes of a collapsed one, so collapse is judged
by what comes out of the decoder.
"""

from __future__ import annotations

import math

from torch import Tensor

from latentdim.metrics.context import BATCH, MetricContext
from latentdim.metrics.reconstruction.measure import reconstruction_errors, variance_per_value

LEAST_SHARE = 0.01  # of the data's variance


def collapse_reason(context: MetricContext, active: int) -> str | None:
    """Why a trained model counts as collapsed, or None.

    It does if the method counts no dimension, if reconstructions explain less than 1 % of the variance of the
    reference examples (held-out ones, unless the protocol's split is the training set), or if the variance of generated
    examples is below 1 % of theirs. Of training examples that are all equal no model is sound, whatever it gives.

    Args:
        active: the method's own count.
    """
    if _all_equal(context.data.train.values):
        return f"all {len(context.data.train):,} training examples are equal, so nothing can be learned from them"
    errors = reconstruction_errors(context, context.reference())
    generated = variance_per_value(context.generated().split(BATCH))
    if not (math.isfinite(errors.mse) and math.isfinite(generated)):
        return "the model's reconstructions or samples are not finite"
    reasons = [] if active else ["the method counts no active dimension"]
    if errors.explained is not None and errors.explained < LEAST_SHARE:
        reasons.append(
            f"reconstructions explain {errors.explained:.2%} of the variance of {len(errors.per_example)} held-out "
            f"examples (error {errors.mse:.3g}, variance {errors.variance:.3g}; at least {LEAST_SHARE:.0%} is needed)"
        )
    if generated < LEAST_SHARE * errors.variance:
        reasons.append(
            f"the variance of samples, {generated:.3g}, is {generated / errors.variance:.2%} of the data's "
            f"{errors.variance:.3g} (at least {LEAST_SHARE:.0%} is needed)"
        )
    return "; ".join(reasons) or None


def _all_equal(values: Tensor) -> bool:
    """Whether every example is the first one again; ends at the first batch that has another."""
    return all(bool((batch == values[:1]).all()) for batch in values.split(BATCH))
