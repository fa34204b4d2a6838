"""The trace of one run's history."""

import re

import pytest

from latentdim.exhibits import trace
from latentdim.exhibits.context import Context, ExhibitRefused
from latentdim.exhibits.declared.traces import TraceOptions
from latentdim.exhibits.trace_panels import stop_of
from latentdim.outcomes.outcomes import outcomes
from latentdim.study.file import ExhibitEntry, validated
from latentdim.system.problems import InputError

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


def test_runs_that_all_lack_a_history_are_refused_with_one_reason(several) -> None:
    told = r"synthetic_8 vae L=4 seed 0 has no history; it is missing: not started \(nor have 2 other runs\)$"
    with pytest.raises(ExhibitRefused, match=told):
        trace.draw(several(dim=4, others=[{"legend": "again"}, {"legend": "once more"}]))


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


@pytest.fixture
def several(fabricated, run_at):
    """A function that gives the context of a trace of runs of 16, 8 and 4 dimensions; the last has no history."""
    grid = [{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [4, 8, 16]}]
    plan = fabricated.plan(grid=grid)
    for dim, stop in ((16, 30.0), (8, 0.0)):
        run = run_at(plan, "vae", dim)
        fabricated.finish(plan, run, {})
        columns = {
            "step": [10.0, 20.0, 30.0, 40.0],
            "epoch": [10.0, 20.0, 30.0, 40.0],
            "loss": [4.0, 3.0, 2.0, dim / 4],
        }
        fabricated.history(plan, run, columns | {"size": [16.0, 12.0, 9.0, 9.0], "stopped": [0.0, 0.0, stop, stop]})

    def make(**options):
        given = {"dataset": "synthetic_8", "label": "vae", "dim": 16, "panels": [{"columns": ["loss"]}]} | options
        chosen = validated(TraceOptions, given, title="options")
        entry = ExhibitEntry(kind="trace", name="traces")
        return Context(plan, entry, chosen, outcomes(plan), fabricated.reports)

    return make


def texts(context) -> list[str]:
    """Words in the figure."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", context.path(".svg").read_text(encoding="utf-8"))


def test_several_runs_stand_in_the_same_panels(several) -> None:
    made = several(others=[{"dim": 8, "legend": "a smaller one"}, {"dim": 4}])
    drawn = trace.draw(made)
    assert "VAE, L = 16; a smaller one." in drawn.caption
    assert drawn.notes == ("synthetic_8 vae L=4 seed 0 has no history; it is missing: not started.",)
    assert {"VAE, L = 16", "a smaller one"} <= set(texts(made))
    rows = made.path(".csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "label,dim,seed,step,loss"
    assert [row.split(",")[1] for row in rows[1:]] == ["16"] * 4 + ["8"] * 4


def test_an_upper_axis_tells_the_size_at_the_lower_axis_ticks(several) -> None:
    made = several(over="epoch", upper="size", upper_title="size left")
    drawn = trace.draw(made)
    assert "size left on the upper axis" in drawn.caption
    words = texts(made)
    assert {"size left", "epoch"} <= set(words)
    assert {"16", "12", "9"} <= set(words)


@pytest.mark.parametrize(
    ("dim", "noted"), [(16, ()), (8, ("This run wasn't stopped in its 40 steps: stopped tells no epoch.",))]
)
def test_a_stop_is_a_line_and_its_absence_a_note(several, dim, noted) -> None:
    made = several(dim=dim, over="epoch", stop="stopped")
    assert trace.draw(made).notes == noted
    assert ("stop" in texts(made)) is not bool(noted)


def test_a_stop_in_epochs_finds_its_step(several) -> None:
    made = several(stop="stopped")
    run = trace._traced(made, made.options)[0][0]
    assert stop_of(made.options, run) == 30.0


def test_other_runs_are_not_drawn_over_a_heat_map() -> None:
    given = {
        "dataset": "synthetic_8",
        "label": "vae",
        "dim": 16,
        "others": [{"dim": 8}],
        "panels": [{"prefix": "mask_"}],
    }
    with pytest.raises(InputError, match="'others' can't be drawn over a heat map"):
        validated(TraceOptions, given, title="options")


def test_every_run_of_a_trace_has_to_be_in_the_grid(fabricated) -> None:
    options = {
        "dataset": "synthetic_8",
        "label": "vae",
        "dim": 16,
        "panels": [{"columns": ["loss"]}],
        "others": [{"dim": 9}],
    }
    with pytest.raises(InputError, match=r"others\.0\.dim = 9: no run of the grid has this latent dimension"):
        fabricated.plan(
            grid=[{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [16]}],
            exhibits=[{"kind": "trace", "name": "traces", "options": options}],
        )
