"""The base of everything a user may write."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Base of everything a user may write: frozen, unknown keys refused, no silent conversion of text to numbers."""

    # defer_build: only the models that a study uses are built, which planning is paid for in every cluster job.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)
