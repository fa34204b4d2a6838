"""What is known of a dataset now, which decides what becomes of its runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from latentdim.datasets.formats.local_copies import without_data_folder
from latentdim.datasets.prepared import description, is_refused_as_absent, refusal_of
from latentdim.datasets.spec import DatasetSpec
from latentdim.plan.compatibility import unreachable
from latentdim.plan.plan import Plan
from latentdim.plan.run import Run


@dataclass(frozen=True)
class Source:
    """What is known of a dataset now: why it can't be had, and what is prepared.

    Attributes:
        prepared: the description of what is prepared.
        changed: that was made from the source as it was earlier.
    """

    absent: str = ""
    refused: str = ""
    prepared: dict[str, Any] | None = None
    changed: bool = False

    @classmethod
    def of(cls, spec: DatasetSpec, plan: Plan) -> Source:
        """Read the dataset's state."""
        prepared = description(spec.folder(plan.results))
        absent = " ".join(map(without_data_folder, plan.absent.get(spec.name, ())))
        changed = prepared is not None and not absent and prepared.get("fingerprint") != spec.info.fingerprint
        refused = refusal_of(spec, plan.results) or ""
        if refused and is_refused_as_absent(spec, plan.results):
            absent, refused = absent or refused, ""
        return cls(absent, refused, prepared, changed)

    def refused_to(self, run: Run) -> str:
        """Why a run can't have the data: they were refused, or its decoder can't reach them; empty where it can."""
        known = self.prepared is not None and "range" in self.prepared and not self.changed
        return self.refused or (unreachable(run.cell, self.prepared or {}) if known else "")
