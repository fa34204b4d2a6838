"""The heat map: each value in its place, and a word where there is none."""

import csv
import re

import pytest

from latentdim.exhibits import heat_map
from latentdim.exhibits.context import Context
from latentdim.exhibits.declared.numbers import HeatMapOptions
from latentdim.outcomes.outcomes import outcomes
from latentdim.study.file import ExhibitEntry

GRID = [
    {"datasets": ["synthetic_8", "digits"], "methods": {"vae": None, "ard_vae": None}, "dims": [4, 8], "seeds": 2},
    {"datasets": ["synthetic_8"], "methods": {"vae": {"beta": {"sweep": [2, 4]}}}, "dims": [16], "label": "swept"},
]


@pytest.fixture
def drawn(fabricated, run_at):
    """A function that draws the map of a study whose counts are dimension plus seed, with a failure and a collapse."""
    plan = fabricated.plan(grid=GRID, metrics=["active"])
    for run in plan.runs:
        fabricated.finish(plan, run, {"active": run.dim + run.seed})
    fabricated.finish(plan, run_at(plan, "vae", 4, 1), {"active": 0}, status="collapsed", reason="because")
    for seed in (0, 1):
        failed = run_at(plan, "ard_vae", 8, seed)
        fabricated.finish(plan, failed, {}, status="failed", reason="RuntimeError")

    def draw(**options):
        chosen = HeatMapOptions(metric="active", **options)
        entry = ExhibitEntry(kind="heat_map", name="map", title="Map")
        context = Context(plan, entry, chosen, outcomes(plan), fabricated.reports / "demo")
        told = heat_map.draw(context)
        words = re.findall(r"<text[^>]*>([^<]*)</text>", context.path(".svg").read_text())
        with context.path(".csv").open() as handle:
            return told, words, list(csv.DictReader(handle))

    return draw


def test_every_cell_has_its_value_or_a_word(drawn) -> None:
    told, words, rows = drawn(labels=("vae", "ard_vae"))
    assert {"synthetic_8", "digits", "VAE", "ARD-VAE", "4", "8*"} <= set(words)
    for word in ("2°", "8.5", "4.5", "failed"):
        assert word in words
    at = {(row["panel"], row["row"], row["column"]): row for row in rows}
    assert (at["synthetic_8", "vae", "4"]["value"], at["synthetic_8", "vae", "4"]["n"]) == ("2.0", "2")
    assert (at["synthetic_8", "ard_vae", "8"]["value"], at["synthetic_8", "ard_vae", "8"]["status"]) == ("", "failed")
    assert len(rows) == 8
    assert "synthetic_8, ard_vae, L = 8: failed" in told.alt
    assert "each value is the mean over 2 seeds. °: not every run behind it is ok. A star: the true" in told.caption
    assert any(note.startswith("collapsed: because") for note in told.notes)


def test_counts_less_the_true_dimension_have_their_sign_and_need_one(drawn) -> None:
    told, words, _ = drawn(labels=("vae",), less_true_dim=True)
    assert {"−6°", "+0.5"} <= set(words)
    assert "digits" not in words
    assert "Left out, since nobody knows their true dimension: digits." in told.notes
    assert told.caption.startswith("ACTIVE less the true dimension over label and the initial latent dimension L")


def test_settings_of_a_sweep_can_stand_on_either_axis(drawn) -> None:
    _, words, rows = drawn(rows="stem", columns="beta", dims=(16,))
    assert [(row["row"], row["column"], row["value"]) for row in rows] == [
        ("swept", "2.0", "16.0"), ("swept", "4.0", "16.0"),
    ]  # fmt: skip
    assert {"2", "4", "beta", "swept"} <= set(words)


def test_what_is_not_in_the_grid_has_a_dash(drawn) -> None:
    _, words, rows = drawn(datasets=("synthetic_8",))
    assert "–" in words
    assert len(rows) == 6


def test_values_of_trainings_that_had_not_converged_are_marked(drawn, fabricated, run_at) -> None:
    plan = fabricated.plan(grid=GRID, metrics=["active"])
    fabricated.finish(plan, run_at(plan, "vae", 8, 1), {"active": 9}, late_improvement=0.02)
    told, words, _ = drawn(labels=("vae", "ard_vae"))
    assert "8.5†" in words
    assert sum(word.endswith("†") for word in words) == 1
    assert "†: not converged, the reconstruction of a run behind it still fell by more than 1%" in told.caption
