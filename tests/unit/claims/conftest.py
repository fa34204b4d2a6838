"""Claims about runs whose values are known: a table of them by label, latent dimension and seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from latentdim.claims.ends import Row
from latentdim.claims.evidence import Evidence
from latentdim.claims.kinds import KINDS
from latentdim.outcomes.outcomes import outcomes
from latentdim.plan.plan import Plan
from latentdim.study.file import validated

Table = Mapping[str, Mapping[int, Sequence[float | None]]]  # label → latent dimension → a value each seed
METHODS = {"vae": "vae", "wae": "wae_mmd", "ae": "ae", "ard": "ard_vae"}
COMMON = {"datasets": ["synthetic_8"], "labels": ["vae"]}


def rows_of(plan: Plan, check: Mapping[str, Any]) -> list[Row]:
    """The rows of a check as it stands in claims.yaml."""
    own = {key: value for key, value in check.items() if key != "kind"}
    made = validated(KINDS[check["kind"]], own, title="claims.yaml")
    return list(made.rows(Evidence(plan, outcomes(plan))))


@pytest.fixture
def rows() -> Callable[[Plan, Mapping[str, Any]], list[Row]]:
    """A function that gives the rows of a check over a plan's runs."""
    return rows_of


@pytest.fixture
def planned(fabricated) -> Callable[..., Plan]:
    """A function that plans a study of these labels, dimensions and seeds, and finishes runs that have a value."""

    def make(table: Table, *, metric: str = "frechet_distance", metrics: Sequence[Any] = (), **changes: Any) -> Plan:
        grid = [
            {"datasets": ["synthetic_8"], "methods": {METHODS[label]: None}, "label": label, "dims": [dim],
             "seeds": len(seeds)}
            for label, sizes in table.items() for dim, seeds in sizes.items()
        ]  # fmt: skip
        plan: Plan = fabricated.plan(grid=grid, metrics=list(metrics) or [metric])
        for run in plan.runs:
            value = table[run.cell.label][run.dim][run.seed]
            if value is not None:
                fabricated.finish(plan, run, {metric: value}, **changes)
        return plan

    return make


@pytest.fixture
def ends(planned) -> Callable[..., list[str]]:
    """A function that gives the ends of a check's rows over a table of values."""

    def judge(kind: str, table: Table, *, metric: str = "frechet_distance", **keys: Any) -> list[str]:
        common = {} if "label" in keys else COMMON
        rows = rows_of(planned(table, metric=metric), {"kind": kind, "metric": metric} | common | keys)
        return [str(row.end) for row in rows]

    return judge


@pytest.fixture
def traced(fabricated) -> Callable[..., Plan]:
    """A function that plans ``vae`` at L = 8 (and 16), a seed for each of its histories, given by column."""

    def make(*histories: Mapping[str, list[float | None]], status: str = "ok", label: str = "vae") -> Plan:
        grid = [{"datasets": ["synthetic_8"], "methods": {METHODS[label]: None}, "label": label, "dims": [8],
                 "seeds": len(histories)}]  # fmt: skip
        plan: Plan = fabricated.plan(grid=grid)
        for run, columns in zip(plan.runs, histories, strict=True):
            fabricated.finish(plan, run, {}, status=status)
            length = len(next(iter(columns.values())))
            fabricated.history(plan, run, {"epoch": [float(at + 1) for at in range(length)]} | dict(columns))
        return plan

    return make
