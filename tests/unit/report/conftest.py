"""Shared by the report's tests: a study with every kind of exhibit, filled as each test needs it."""

from collections.abc import Callable

import pytest

from latentdim.plan.plan import Plan

SIDE = {"metric": "frechet_distance", "log": True, "curves": [{"label": "wae_mmd"}]}
EXHIBITS = [
    {"kind": "curve", "name": "u_curve", "title": "The U", "options": {"datasets": ["synthetic_8"], "left": SIDE}},
    {"kind": "results", "name": "results", "title": "All <numbers>"},
    {"kind": "samples", "name": "scatter", "options": {"dims": [8], "labels": ["wae_mmd"]}},
]
GRID = [
    {"datasets": ["synthetic_8"], "methods": {"wae_mmd": None}, "dims": [4, 8, 16], "seeds": 2},
    {"datasets": ["synthetic_8"], "methods": {"ard_vae": None}, "dims": [8, 16]},
]


@pytest.fixture
def study(fabricated) -> Callable[..., Plan]:
    """A function that plans the study and fills all of its runs, apart from those that a test wants to fill itself."""

    def make(*, leave: tuple[str, ...] = (), **changes) -> Plan:
        plan = fabricated.plan(grid=GRID, exhibits=EXHIBITS, question="Is it <U>-shaped & why?", **changes)
        for run in plan.runs:
            if run.title not in leave:
                distance = 1.0 + abs(run.dim - 8) + 0.5 * run.seed
                fabricated.finish(plan, run, {"frechet_distance": distance, "active": min(run.dim, 9)})
                fabricated.examples(plan, run, (128,))
        return plan

    return make
