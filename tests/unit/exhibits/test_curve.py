"""The curve: its means, its marks for what is missing, and that equal numbers give equal files."""

import csv
import re

import pytest

from latentdim.exhibits import curve
from latentdim.exhibits.context import Context, ExhibitRefused
from latentdim.exhibits.declared.numbers import CurveOptions
from latentdim.outcomes.outcomes import outcomes
from latentdim.study.file import ExhibitEntry, validated

GRID = [
    {"datasets": ["synthetic_8"], "methods": {"wae_mmd": None}, "dims": [4, 8, 16], "seeds": 2},
    {"datasets": ["synthetic_8"], "methods": {"ard_vae": None}, "dims": [8, 16], "seeds": 2},
]
OPTIONS = {
    "datasets": ["synthetic_8"],
    "left": {"metric": "frechet_distance", "log": True, "curves": [{"label": "wae_mmd", "legend": "WAE-MMD here"}]},
    "right": {"metric": "active", "curves": [{"label": "ard_vae"}]},
}


@pytest.fixture
def drawn(fabricated, run_at):
    """A function that draws the curve over a study with a collapse, a divergence, a stale and a missing run."""
    plan = fabricated.plan(grid=GRID)

    def fill() -> None:
        for run in plan.runs:
            distance = 1.0 + abs(run.dim - 8) + 0.5 * run.seed
            fabricated.finish(plan, run, {"frechet_distance": distance, "active": min(run.dim, 8)})

    def draw(**options):
        found, folder = outcomes(plan), fabricated.reports / "demo"
        entry = ExhibitEntry(kind="curve", name="u_curve", title="The U")
        chosen = validated(CurveOptions, OPTIONS | options, title="options")
        context = Context(plan, entry, chosen, found, folder)
        return curve.draw(context), context

    draw.plan, draw.fill, draw.change = plan, fill, lambda run, values: fabricated.finish(plan, run, values)
    return draw


def svg_of(context) -> str:
    return context.path(".svg").read_text(encoding="utf-8")


def words_of(context) -> str:
    """The figure's text, without its metadata."""
    shown = re.sub(r"<metadata>.*?</metadata>", "", svg_of(context), flags=re.DOTALL)
    return " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", shown))


def test_the_figure_says_what_it_shows(drawn) -> None:
    drawn.fill()
    told, context = drawn()
    words = words_of(context)
    for text in ("WAE-MMD here: Fréchet distance", "ARD-VAE: ACTIVE (right)", "true dimension 8", "synthetic_8"):
        assert text in words
    assert "initial latent dimension L" in words
    assert context.path(".png").read_bytes().startswith(b"\x89PNG")
    assert "WAE-MMD here on synthetic_8, Fréchet distance: 5.25 at L = 4, 1.25 at L = 8, 9.25 at L = 16." in told.alt
    assert told.notes == ()
    assert "no value" not in words


def test_missing_and_marked_runs_are_all_told(drawn, fabricated, run_at) -> None:
    drawn.fill()
    plan = drawn.plan
    where = {status: run_at(plan, "wae_mmd", dim, 1) for status, dim in (("collapsed", 4), ("stale", 8))}
    fabricated.finish(
        plan, where["collapsed"], {"frechet_distance": 30.0, "active": 0}, status="collapsed", reason="flat"
    )
    fabricated.finish(plan, where["stale"], {"frechet_distance": 2.0, "active": 8}, source={"fingerprint": "0" * 12})
    fabricated.finish(plan, run_at(plan, "wae_mmd", 16, 1), {}, status="diverged", reason="the loss is NaN")
    told, context = drawn()
    notes = " ".join(told.notes)
    for sentence in (
        "collapsed: flat (synthetic_8 wae_mmd L = 4, seed 1).",
        "diverged: the loss is NaN (synthetic_8 wae_mmd L = 16, seed 1).",
        "stale: the method's code has changed since, at the same declared version (synthetic_8 wae_mmd L = 8, seed 1).",
    ):
        assert sentence in told.notes
    assert "A cross on the axis" in notes
    for text in ("no value", "collapsed run", "stale value"):
        assert text in words_of(context)
    # the stale value is left out of the mean, the collapsed one is in it
    assert "17.5 at L = 4" in told.alt
    assert "1 at L = 8" in told.alt


def test_equal_numbers_give_equal_files(drawn) -> None:
    drawn.fill()
    _, context = drawn()
    first = [context.path(ending).read_bytes() for ending in (".svg", ".png")]
    drawn()
    assert [context.path(ending).read_bytes() for ending in (".svg", ".png")] == first
    assert "<dc:date>" not in svg_of(context)


def test_the_numbers_drawn_stand_beside_the_figure_and_each_mean_tells_its_seeds(drawn) -> None:
    drawn.fill()
    _, context = drawn()
    with context.path(".csv").open() as handle:
        rows = [row for row in csv.DictReader(handle) if row["side"] == "left" and row["dim"] == "8"]
    assert [(row["label"], row["seed"], row["status"]) for row in rows if row["value"]] == [
        (row["label"], row["seed"], "ok") for row in rows
    ]
    first = rows[0]
    told = re.findall(r"<title>([^<]*)</title>", svg_of(context))
    seeds = f"seed {first['seed']}: {float(first['value']):.4g}"
    assert any("at L = 8: " in one and seeds in one for one in told)


def test_the_figure_carries_its_protocol_inside(drawn) -> None:
    drawn.fill()
    _, context = drawn()
    assert "batch_size 50" in svg_of(context)
    assert b"batch_size 50" in context.path(".png").read_bytes()


def test_a_study_without_any_value_still_has_its_figure(drawn) -> None:
    told, context = drawn()
    assert "no value at L = 4" in told.alt
    assert any(note.startswith("missing: not started") for note in told.notes)
    assert "no value" in words_of(context)


def test_a_single_seed_is_not_called_a_mean(fabricated) -> None:
    plan = fabricated.plan(grid=[GRID[0] | {"seeds": 1}])
    options = validated(CurveOptions, {k: v for k, v in OPTIONS.items() if k != "right"}, title="options")
    context = Context(plan, ExhibitEntry(kind="curve", name="c"), options, outcomes(plan), fabricated.reports)
    assert "Each point is one run." in curve.draw(context).caption


def test_a_common_floor_is_drawn_and_explained_and_several_are_not(drawn, fabricated) -> None:
    drawn.fill()
    for steps, is_drawn in ((0.0, True), (0.1, False)):
        for run in drawn.plan.runs:
            value = fabricated.value(2.0, spread=0.1, floor=0.2 + steps * run.dim)
            drawn.change(run, {"frechet_distance": value, "active": 8})
        told, context = drawn()
        assert ("floor" in words_of(context).split()) is is_drawn
        assert any("two halves of the real data" in note for note in told.notes) is is_drawn


def test_labels_that_are_not_in_the_table_are_refused(drawn) -> None:
    drawn.fill()
    with pytest.raises(ExhibitRefused, match="synthetic_8"):
        drawn(left={"metric": "frechet_distance", "curves": [{"label": "nobody"}]}, right=None)


@pytest.mark.parametrize("lowest", [0.0, -3.0])
def test_values_that_a_logarithmic_axis_cannot_show_make_it_linear_with_a_note(drawn, lowest: float) -> None:
    drawn.fill()
    drawn.change(drawn.plan.runs[0], {"frechet_distance": lowest})
    described, context = drawn()
    assert any(
        "Fréchet distance has values that aren't above zero, so its axis is linear" in n for n in described.notes
    )
    assert "logarithmic" not in described.caption
    assert any(text.replace("−", "-").startswith(("0", "-")) for text in words_of(context).split())


def test_dollar_signs_are_shown_as_written(drawn) -> None:
    drawn.fill()
    _, context = drawn(
        left={"metric": "frechet_distance", "curves": [{"label": "wae_mmd", "legend": r"$\lamda$ & $5"}]}
    )
    assert r"$\lamda$ &amp; $5" in words_of(context)


SWEEP = [
    {
        "datasets": ["synthetic_8"], "methods": {"vae": {"beta": {"sweep": [4.0, 0.25, 1.0]}}, "pca": {}},
        "dims": [8, 16], "seeds": 2,
    }
]  # fmt: skip
OVER_BETA = {
    "datasets": ["synthetic_8"], "over": "beta", "dim": 16,
    "left": {"metric": "active", "curves": [{"label": "vae"}]},
}  # fmt: skip


@pytest.fixture
def over_beta(fabricated):
    """A function that draws a curve over a swept setting; the counts are 1/β, and one more for the second seed."""
    plan = fabricated.plan(grid=SWEEP)
    for run in plan.runs:
        count = 1.0 / getattr(run.cell.config, "beta", 1.0) + run.seed + 100 * (run.dim == 8)
        fabricated.finish(plan, run, {"active": count})

    def draw(**options):
        found = outcomes(plan)
        entry = ExhibitEntry(kind="curve", name="over", title="Over")
        chosen = validated(CurveOptions, OVER_BETA | options, title="options")
        context = Context(plan, entry, chosen, found, fabricated.reports / "demo")
        return curve.draw(context), context

    return draw


@pytest.mark.parametrize("log", [True, False])
def test_a_setting_stands_on_the_axis_with_its_values_in_order(over_beta, log: bool) -> None:
    told, context = over_beta(over_log=log)
    assert told.alt == "VAE on synthetic_8, ACTIVE: 4.5 at beta = 0.25, 1.5 at beta = 1, 0.75 at beta = 4."
    assert "over beta on synthetic_8" in told.caption
    assert [cell.label for cell in told.cells] == ["vae beta=4", "vae beta=0.25", "vae beta=1"]
    words = words_of(context)
    assert "0.25 1 4 beta" in words
    assert "true dimension" not in words


def test_a_curve_over_a_setting_names_what_the_grid_has(refused) -> None:
    entry = {"datasets": ["digits"], "methods": {"vae": {"beta": {"sweep": [1.0, 2.0]}}}, "dims": [2]}
    side = {"metric": "mse_per_pixel", "curves": [{"label": "vae beta=1"}]}
    options = {"datasets": ["digits"], "over": "bate", "left": side, "dim": 3}
    told = refused({"grid": [entry], "exhibits": [{"kind": "curve", "name": "c", "options": options}]})
    assert "exhibits.0.options.over = 'bate': not a setting, with numbers for values, of this study's grid" in told
    assert "exhibits.0.options.dim = 3: no run of the grid has this latent dimension (it has 2)" in told
    label = "exhibits.0.options.left.curves.0.label = 'vae beta=1': not a row label without its sweep's values of"
    assert label in told


def test_options_of_a_curve_over_a_setting_are_refused_over_the_dimension(refused) -> None:
    side = {"metric": "mse_per_pixel", "curves": [{"label": "vae"}]}
    options = {"datasets": ["digits"], "left": side, "over_log": True}
    told = refused({"exhibits": [{"kind": "curve", "name": "c", "options": options}]})
    assert "'dim' and 'over_log' belong to a curve over a setting; name it in 'over'" in told
