"""Metrics that can't be had now: those that lack Inception's weights, and timings that another run disturbed."""

from __future__ import annotations

import pytest

from latentdim.jobs.ending import Ending
from latentdim.outcomes import outcomes as module
from latentdim.outcomes.completeness import completeness
from latentdim.outcomes.outcomes import outcomes
from latentdim.outcomes.searches import search_outcomes
from latentdim.outcomes.status import as_text, states
from latentdim.records.status import Kind, Status

LACK = "Inception's weights couldn't be downloaded (no network); put them there"
ABSENT = {"status": "absent", "value": None, "reason": LACK}


@pytest.fixture
def at_hand(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the weights are here, to be changed; they aren't at first."""
    here = [False]
    monkeypatch.setattr(module, "is_at_hand", lambda: here[0])
    return here


def test_it_is_missing_until_the_weights_are_here(fabricated, at_hand: list[bool]) -> None:
    grid = [{"datasets": ["digits"], "methods": {"pca": {}}, "dims": [2]}]
    plan = fabricated.plan(grid=grid, metrics=["fid", "mse_per_pixel"])
    fabricated.finish(plan, plan.runs[0], {"fid": ABSENT, "mse_per_pixel": 0.1})
    (outcome,) = outcomes(plan)
    fid, error = outcome.measurements
    assert (outcome.status, outcome.done, error.value) == (Status.OK, True, 0.1)
    assert fid.reason is not None
    assert (fid.status, fid.reason.kind, fid.reason.detail) == (Status.MISSING, Kind.WEIGHTS_ABSENT, LACK)
    assert completeness([outcome]).reasons[0].text == f"missing: FID, {LACK}"
    assert f"1 metric missing: {LACK}" in as_text(states(plan))
    assert not Ending.of([plan], reports=fabricated.reports).failed
    at_hand[0] = True
    (outcome,) = outcomes(plan)
    assert not outcome.done
    assert [requested.metric.name for requested in outcome.unmeasured] == ["fid"]


def test_a_search_by_it_waits_and_takes_it_for_no_value(fabricated, at_hand: list[bool]) -> None:
    searched = {"search": "linear", "smallest": 2, "largest": 4, "metric": "fid"}
    plan = fabricated.plan(grid=[{"datasets": ["digits"], "methods": {"pca": {}}, "dims": searched}], metrics=["fid"])
    fabricated.finish(plan, plan.searches[0].at(2), {"fid": ABSENT})
    (search,) = search_outcomes(plan, outcomes(plan))
    assert (search.progress.settled, search.progress.next) == (None, 2)


def test_a_timing_that_another_run_disturbed_is_missing_and_taken_again(fabricated) -> None:
    shared = "2 runs shared the device, so it tells of their number too"
    grid = [{"datasets": ["digits"], "methods": {"pca": {}}, "dims": [2]}]
    plan = fabricated.plan(grid=grid, metrics=["mse_per_pixel"])
    fabricated.finish(plan, plan.runs[0], {"mse_per_pixel": {"status": "postponed", "value": None, "reason": shared}})
    (outcome,) = outcomes(plan)
    (timing,) = outcome.measurements
    assert timing.reason is not None
    assert (timing.status, timing.reason.kind, timing.reason.detail) == (Status.MISSING, Kind.POSTPONED, shared)
    assert not Ending.of([plan], reports=fabricated.reports).failed
    assert [requested.metric.name for requested in outcome.unmeasured] == ["mse_per_pixel"]
