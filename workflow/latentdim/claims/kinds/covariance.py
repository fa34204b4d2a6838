"""The kind of check about masked axes in the covariance of codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field, PositiveFloat

from latentdim.claims import words
from latentdim.claims.evidence import Evidence
from latentdim.claims.grid import Asked
from latentdim.claims.kinds.histories import Answer, OfRuns
from latentdim.outcomes.outcomes import Outcome
from latentdim.records.folder import RunFolder

NAMES = ("covariance", "active_own")


class MaskedCovariance(OfRuns):
    """In the covariance of encoded examples, which runs store for the exhibit ``covariance``, the largest absolute
    entry of rows and columns of axes that the method calls inactive is at most ``share`` of the largest of all. A run
    without inactive axes is undecided. By every run.
    """

    kind: ClassVar[str] = "masked_covariance"

    share: PositiveFloat = Field(0.01, description="of the largest absolute entry")

    def asked(self) -> Iterator[Asked]:
        """All cells; that something is stored is the exhibit's to ask for."""
        return self.cells()

    @property
    def claimed(self) -> str:
        """The share."""
        return f"masked entries at most {words.number(self.share)} of the largest"

    @property
    def shown(self) -> tuple[str, ...]:
        """Nothing of a history."""
        return ()

    def answer(self, evidence: Evidence, outcome: Outcome) -> Answer:
        """The largest entry of a masked axis."""
        arrays = _stored(evidence, outcome)
        if arrays is None:
            return Answer(None, "no covariance is stored", there=False)
        entries, active = abs(arrays["covariance"]), arrays["active_own"].astype(bool)
        if active.all():
            return Answer(None, "no axis is masked")
        masked = float(max(entries[~active].max(), entries[:, ~active].max()))
        largest = float(entries.max())
        says = f"{(~active).sum()} of {len(active)} axes masked, their largest entry {words.number(masked)}, of all "
        return Answer(masked <= self.share * largest, says + words.number(largest))


def _stored(evidence: Evidence, outcome: Outcome) -> dict[str, Any] | None:
    """The arrays by name; None where one lacks."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    files = [one.file for one in outcome.run.stored if set(NAMES) & set(one.declaration.tensors)]
    arrays: dict[str, Any] = {}
    try:
        for path in map(RunFolder(evidence.plan.folder(outcome.run)).stored, files):
            arrays |= load_file(path) if path.exists() else {}
    except (SafetensorError, OSError):
        return None
    return arrays if set(NAMES) <= set(arrays) else None
