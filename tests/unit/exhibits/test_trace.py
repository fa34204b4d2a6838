"""The trace of one run's history."""

import re

import pytest

from latentdim.exhibits import trace
from latentdim.exhibits.context import Context, ExhibitRefused
from latentdim.exhibits.declared.numbers import TraceOptions
from latentdim.outcomes.outcomes import outcomes
from latentdim.study.file import ExhibitEntry, validated

PANELS = [
    {"prefix": "mask_", "style": "heatmap", "title": "mask"},
    {"columns": ["active"], "right": ["wasserstein"], "mark_true_dim": True, "title": "active dimensions"},
]


@pytest.fixture
def context(fabricated, run_at):
    """A function that gives a trace's context; its run has 3 rows of history unless told otherwise."""
    grid = [
        {
            "datasets": ["synthetic_8"],
            "methods": {"maskaae": None},
            "dims": [16],
            "protocol": {"training": {"steps": 300}},
        }
    ]
    plan = fabricated.plan(grid=grid)
    run = run_at(plan, "maskaae", 16)

    def make(history=True, **options):
        if history:
            fabricated.finish(plan, run, {"frechet_distance": 1.0, "active": 9})
            columns = {
                "step": [100, 200, 300],
                "mask_10": [0.9, 0.5, 0.1],
                "mask_9": [0.2, 0.6, 1.0],
                "mask_loss": [7, 8, 9],
            }
            columns["mask_binarity"] = [9e3, 9e3, 9e3]  # a loss term, no part of the mask
            columns |= {"active": [2, None, 1], "wasserstein": [3.0, 1.0, 0.25], "zeros": [1.0, 0.0, 0.5]}
            fabricated.history(plan, run, columns)
        given = {"dataset": "synthetic_8", "label": "maskaae", "dim": 16, "panels": PANELS} | options
        chosen, found = validated(TraceOptions, given, title="options"), outcomes(plan)
        entry = ExhibitEntry(kind="trace", name="mask")
        return Context(plan, entry, chosen, found, fabricated.reports)

    return make


def test_the_trace_shows_its_columns_and_their_last_values(context) -> None:
    made = context()
    drawn = trace.draw(made)
    assert "over its 300 steps" in drawn.caption
    assert "mask_9 1, mask_10 0.1, active 1, wasserstein 0.25" in drawn.alt  # numbered columns in their numbers' order
    words = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", made.path(".svg").read_text()))
    for text in ("active dimensions", "wasserstein (right)", "true dimension 8", "training step"):
        assert text in words


def test_a_run_without_history_is_refused_with_its_state(context) -> None:
    with pytest.raises(ExhibitRefused, match="has no history; it is missing: not started"):
        trace.draw(context(history=False))


def test_a_run_that_the_grid_lacks_is_refused(context) -> None:
    with pytest.raises(ExhibitRefused, match="L = 16, seed 7"):
        trace.draw(context(seed=7))


def test_columns_that_the_history_lacks_are_told_in_their_panel(context) -> None:
    made = context(panels=[{"columns": ["nothing"]}, {"columns": ["active"]}])
    trace.draw(made)
    assert "has no column nothing" in made.path(".svg").read_text()


def test_a_logarithmic_panel_with_values_that_are_not_positive_is_linear_and_says_so(context) -> None:
    columns = [{"columns": ["wasserstein"], "log": True}, {"columns": ["zeros"], "log": True, "title": "zeros"}]
    made = context(panels=columns)
    (note,) = trace.draw(made).notes
    assert note.startswith("zeros has values that aren't above zero")
