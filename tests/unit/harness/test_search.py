"""A search in its job: it asks for runs until it is over, goes on where it was, and shares its runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from latentdim.cli.main import main
from latentdim.harness.run import Job
from latentdim.outcomes.outcomes import outcomes
from latentdim.outcomes.searches import SearchOutcome, search_outcomes
from latentdim.plan.expand import plan_study
from latentdim.searches.replay import replayed
from latentdim.searches.ternary import ternary_search
from latentdim.training import Interrupted

SEARCH = {"search": "ternary", "smallest": 1, "largest": 8, "metric": "mse_per_pixel"}


def states(bench) -> dict[str, Any]:
    bench.capsys.readouterr()
    assert main(["status", str(bench.file), "--results", str(bench.results), "--json"]) == 0
    found: dict[str, Any] = json.loads(bench.capsys.readouterr().out)
    return found


def searched(bench) -> SearchOutcome:
    plan = plan_study(str(bench.file), results=bench.results)
    (outcome,) = search_outcomes(plan, outcomes(plan))
    return outcome


def trained(bench) -> dict[int, float]:
    """When each size that has a record was trained, in the order of the trainings."""
    records = [json.loads(path.read_text()) for path in bench.results.glob("runs/points/*/L*/*/seed0/record.json")]
    return {record["run"]["dim"]: record["timing"]["started"] for record in sorted(records, key=_started)}


def _started(record: dict[str, Any]) -> float:
    started: float = record["timing"]["started"]
    return started


def test_a_search_trains_what_it_asks_for_and_nothing_else(bench) -> None:
    assert bench.run({"pca": {}}, dims=SEARCH) == 0
    outcome = searched(bench)
    values = {one.run.dim: one.measurements[0].value or 0.0 for one in outcome.asked}
    assert outcome.progress == replayed(ternary_search(1, 8), values)
    assert outcome.progress.settled == min(values, key=values.__getitem__) == 8  # more of PCA's axes err less
    assert list(trained(bench)) == list(outcome.progress.asked)
    assert outcome.trainings == len(values) < 8
    told = states(bench)
    assert (told["total"], told["done"], told["counts"]) == (len(values), len(values), {"ok": len(values)})
    assert told["searches"][0]["not_asked_for"] == [dim for dim in range(1, 9) if dim not in values]
    assert f"settles on L = 8, {len(values)} trainings in" in told["searches"][0]["sentence"]


def test_an_interrupted_search_goes_on_where_it_was(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    one, turns = Job.one, iter([True, True])

    def interrupted(job: Job, run: Any) -> bool:
        if not next(turns, False):
            raise Interrupted("asked to stop")
        return one(job, run)

    with monkeypatch.context() as patch:
        patch.setattr(Job, "one", interrupted)
        assert bench.run({"pca": {}}, dims=SEARCH) == 130
    first = trained(bench)
    assert len(first) == 2
    told = states(bench)
    assert (told["total"], told["done"], told["searches"][0]["settled"]) == (3, 2, None)  # the third one is missing
    assert bench.run({"pca": {}}, dims=SEARCH) == 0
    assert list(trained(bench).items())[:2] == list(first.items())  # they weren't trained again
    assert searched(bench).progress.settled == 8


def test_a_search_takes_runs_that_others_made(bench) -> None:
    assert bench.run({"pca": {}}, dims=(6, 7, 8)) == 0
    before = trained(bench)
    assert bench.run({"pca": {}}, dims=SEARCH) == 0
    assert before.items() <= trained(bench).items()
    after = trained(bench)
    assert bench.run({"pca": {}}, dims={"search": "grid", "sizes": [6, 7], "metric": "mse_per_pixel"}) == 0
    assert trained(bench) == after


def test_a_bug_stops_a_search_and_a_divergence_does_not(bench, planted_source: Callable[[str], None]) -> None:
    source = """
from latentdim.training import Diverged, train
from latentdim.nets import Autoencoder, reconstruction

def fit(task, config):
    if task.dim == 2:
        raise {error}
    model = Autoencoder.build(task.protocol, dim=task.dim, shape=task.shape, generator=task.initialisation)
    return train(model, lambda x: {{"loss": reconstruction(model, model.encode(x), x, task.protocol)}}, task)
"""
    grid = {"search": "grid", "sizes": [1, 2, 3], "metric": "mse_per_pixel"}
    planted_source(source.format(error="ZeroDivisionError('a bug')"))
    assert bench.run({"planted": {}}, dims=grid) == 1
    assert (searched(bench).progress.next, list(trained(bench))) == (2, [1, 2])
    planted_source(source.format(error="Diverged('the loss is nan')"))
    assert bench.run({"planted": {}}, dims=grid) == 0
    assert searched(bench).progress.settled in {1, 3}
    assert [outcome.status for outcome in searched(bench).asked][1] == "diverged"


def test_a_search_whose_metric_is_better_when_it_is_higher(bench) -> None:
    grid = {"search": "grid", "sizes": [1, 2, 3], "metric": "improved_recall"}
    assert bench.run({"pca": {}}, dims=grid, metrics=["improved_recall"]) == 0
    outcome = searched(bench)
    values = {one.run.dim: one.measurements[0].value or 0.0 for one in outcome.asked}
    assert outcome.progress.settled == max(values, key=lambda dim: (values[dim], -dim))
