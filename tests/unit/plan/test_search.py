"""Searches in a plan: one job each, shown with its worst case; and what is refused before anything is trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from latentdim.cli.main import main

TERNARY = {"search": "ternary", "smallest": 2, "largest": 40, "metric": "frechet_distance"}
ENTRY: dict[str, Any] = {"datasets": ["synthetic_8"], "methods": {"wae_mmd": None}, "dims": TERNARY}


def test_each_seed_has_a_search_and_each_search_a_job(fabricated) -> None:
    plan = fabricated.plan(grid=[ENTRY | {"seeds": 2}, ENTRY | {"dims": [8, 16]}])
    assert [(search.seed, len(search.candidates)) for search in plan.searches] == [(0, 39), (1, 39)]
    searching = [pack for pack in plan.packs.values() if pack.search]
    assert [pack.search for pack in searching] == list(plan.searches)
    assert all(run in plan.runs for pack in searching for run in pack.runs)
    assert len({run.path for run in plan.runs}) == len(plan.runs) == 78  # 8 and 16 are candidates, too
    assert [run.dim for run in plan.listed] == [8, 16]


def test_searches_over_the_same_runs_are_different_jobs(fabricated) -> None:
    dims = [TERNARY, TERNARY | {"search": "linear"}, TERNARY | {"search": "ternary_as_printed"}]
    plan = fabricated.plan(grid=[ENTRY | {"dims": one} for one in dims])
    assert len(plan.packs) == 3
    ternary, linear, printed = plan.packs.values()
    assert ternary.runs == linear.runs == printed.runs
    assert linear.minutes == pytest.approx(sum(run.cell.minutes(run.dim) for run in linear.runs))
    assert max(ternary.minutes, printed.minutes) < linear.minutes


def test_the_plan_shows_the_worst_case(fabricated, capsys: pytest.CaptureFixture[str]) -> None:
    plan = fabricated.plan(grid=[ENTRY])
    assert main(["plan", str(plan.path), "--results", str(plan.results)]) == 0
    shown = capsys.readouterr().out
    assert "at most 10 runs in 1 job" in shown
    assert "wae_mmd ternary search of L = 2 … 40 by frechet_distance, seed 0, at most 10 of 39 sizes" in shown


def test_a_linear_search_may_have_steps(fabricated) -> None:
    dims = {"search": "linear", "smallest": 2, "largest": 9, "step": 3, "metric": "frechet_distance"}
    assert [run.dim for run in fabricated.plan(grid=[ENTRY | {"dims": dims}]).runs] == [2, 5, 8]


MEASURED = TERNARY | {"metric": "mse_per_pixel"}
MISTAKES = {
    "no size": (TERNARY | {"smallest": 41}, "dims: smallest = 41 is above largest = 40, so there is no size to try"),
    "an empty grid": ({"search": "grid", "sizes": [], "metric": "mse_per_pixel"}, "search 'grid' needs 'sizes', and"),
    "a size twice": ({"search": "grid", "sizes": [4, 4], "metric": "mse_per_pixel"}, "sizes = [4, 4]: one is given"),
    "a range for a grid": (TERNARY | {"search": "grid", "sizes": [4]}, "'grid' has 'sizes', no 'smallest' and"),
    "no range": ({"search": "linear", "metric": "mse_per_pixel"}, "search 'linear' needs 'smallest' and 'largest'"),
    "sizes beside a range": (TERNARY | {"sizes": [4]}, "'sizes' belong to search 'grid', not to 'ternary'"),
    "a step": (TERNARY | {"step": 2}, "'step' belongs to search 'linear', not to 'ternary'"),
    "an unknown search": (MEASURED | {"search": "binary"}, "dims.search = 'binary': should be 'linear', 'grid', 'tern"),
    "an unknown key": (MEASURED | {"smalest": 2}, "grid.0.dims.smalest: unknown key; did you mean 'smallest'?"),
    "no metric": ({"search": "linear", "smallest": 2, "largest": 4}, "grid.0.dims.metric: this key is required"),
    "a metric that isn't measured": (
        TERNARY | {"metric": "mse_per_pixl"},
        "dims.metric = 'mse_per_pixl': not a metric that this entry measures; did you mean 'mse_per_pixel'?",
    ),
    "a metric that isn't defined": (
        TERNARY | {"metric": "frechet_distance"},
        "grid.0.dims.metric = 'frechet_distance': needs vectors, which 'digits' isn't",
    ),
    "a metric without a best": (
        TERNARY | {"metric": "active"},
        "grid.0.dims.metric = 'active': neither a higher nor a lower 'active' is better, so none is best",
    ),
    "a metric of the machine": (
        TERNARY | {"metric": "train_seconds"},
        "grid.0.dims.metric = 'train_seconds': 'train_seconds' tells of the machine, not of the weights",
    ),
    "a size that the data refuse": (
        TERNARY | {"metric": "mse_per_pixel", "largest": 65},
        "grid.0.dims = 65: 'vae' takes at most the 64 input values of 'digits'",
    ),
}


@pytest.mark.parametrize(("dims", "told"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_refused_in_a_sentence(refused: Callable[..., str], dims: dict[str, Any], told: str) -> None:
    entry = {"datasets": ["digits"], "methods": {"vae": {}}, "dims": dims}
    metrics = ["mse_per_pixel", "frechet_distance", "active", "train_seconds"]
    message = refused({"grid": [entry], "metrics": metrics})
    assert message.startswith("…/study.yaml has 1 problem:\n"), message
    assert told in message


def test_the_same_search_twice_is_refused(refused: Callable[..., str]) -> None:
    dims = {"search": "grid", "sizes": [2, 4], "metric": "mse_per_pixel"}
    entry = {"datasets": ["digits"], "methods": {"vae": {}}, "dims": dims}
    message = refused({"grid": [entry, entry]})
    assert "grid.1.dims: digits vae grid search of L = 2, 4 by mse_per_pixel, seed 0, is asked for twice" in message


def test_a_run_that_an_entry_lists_stands_under_that_entrys_label(fabricated) -> None:
    entry = {"datasets": ["synthetic_8"], "methods": {"wae_mmd": {}}}
    search = {"search": "grid", "sizes": [4, 6], "metric": "frechet_distance"}
    plan = fabricated.plan(grid=[entry | {"dims": [4]}, entry | {"label": "searched", "dims": search}])
    assert [(run.dim, run.cell.label) for run in plan.runs] == [(4, "wae_mmd"), (6, "searched")]
