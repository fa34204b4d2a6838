"""Choices of axes, and the fields of the evaluation half that each depends on."""

from __future__ import annotations

from typing import Literal

Axes = Literal["all", "active", "jacobian"]
# What every metric on a choice of axes depends on, beside the checkpoint that all are taken of.
AXES_FIELDS = frozenset({"split", "n_relevance", "inactive"})
# What the Jacobian rule's choice of axes depends on.
JACOBIAN_FIELDS = frozenset(
    {"n_relevance", "n_jacobian", "jacobian_at", "jacobian_reduction", "relevance_share", "relevance_strict"}
)
