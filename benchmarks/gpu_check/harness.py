"""What the check asks of the harness: a study's jobs, and what became of its runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from latentdim.outcomes.outcomes import Outcome, outcomes
from latentdim.outcomes.wording import worded
from latentdim.plan.expand import plan_study
from latentdim.records.folder import RunFolder
from latentdim.system.files import read_json


def packs_of(study: Path) -> list[str]:
    """A study's jobs."""
    return list(plan_study(str(study)).packs)


def outcomes_of(study: Path, results: Path) -> list[dict[str, Any]]:
    """What became of a study's runs: status, how far they came, seconds, and each metric by its name."""
    plan = plan_study(str(study), results=results)
    return [_described(outcome, RunFolder(plan.folder(outcome.run))) for outcome in outcomes(plan)]


def _described(outcome: Outcome, folder: RunFolder) -> dict[str, Any]:
    progress = read_json(folder.progress) or {}
    return {
        "seed": outcome.run.seed, "status": str(outcome.status), "reason": worded(outcome.reason),
        "epochs_begun": progress.get("epoch"),
        "train_seconds": outcome.record.timing.train_seconds if outcome.record else None,
        **{measurement.requested.metric.name: measurement.value for measurement in outcome.measurements},
    }  # fmt: skip
