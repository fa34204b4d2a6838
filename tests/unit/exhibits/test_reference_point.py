"""What measures give of known laws, against closed forms; and the figure, with a run's silhouettes beside it."""

import math
import re

import pytest

from latentdim.exhibits import reference_point
from latentdim.exhibits import reference_values as reference
from latentdim.exhibits.context import Context
from latentdim.exhibits.declared.reference_points import ReferencePointOptions
from latentdim.outcomes.outcomes import outcomes
from latentdim.study.file import ExhibitEntry, validated
from latentdim.system.problems import InputError


def by_place(values, series):
    return {value.place: value.value for value in values if value.series == series}


def test_nac_of_independent_axes_falls_with_the_root_of_the_codes(monkeypatch) -> None:
    monkeypatch.setattr(reference, "NAC_CODES", (1000, 4000))
    found = by_place(reference.covariances(), "L = 64")
    assert found == pytest.approx({n: math.sqrt(2 / (math.pi * n)) for n in (1000, 4000)}, rel=0.12)


def test_a_samples_distance_from_another_one_is_that_of_its_moments_noise(monkeypatch) -> None:
    """2 d / n of the means and (d² + d) / (2 n) of the covariances."""
    monkeypatch.setattr(reference, "FRECHET_DIMS", (64,))
    monkeypatch.setattr(reference, "FRECHET_SIZES", (1000, 4000))
    found = by_place(reference.distances(), "d = 64")
    assert found == pytest.approx({n: 2 * 64 / n + (64**2 + 64) / (2 * n) for n in (1000, 4000)}, rel=0.1)


def test_binning_alone_costs_a_perfect_code_some_of_its_gap(monkeypatch) -> None:
    """The page of the metric has .896 for 20 bins and as many images."""
    monkeypatch.setattr(reference, "MIG_BINS", (20, 40))
    values = list(reference.gaps())
    five = by_place(values, "over the five factors that vary")
    assert five[20] == pytest.approx(0.896, abs=0.001)
    assert 0.01 < 1.0 - five[40] < 0.02
    six = by_place(values, "with colour, which doesn't vary, as 0")
    assert six == pytest.approx({bins: 5 / 6 * gap for bins, gap in five.items()})


def test_deviations_over_a_few_seeds_are_the_tables_constants() -> None:
    """c₄ of 3 and 5, and with the population formula."""
    values = list(reference.deviations())
    sample, population = (by_place(values, f"{of}") for of in ("sample formula, by n − 1", "population formula, by n"))
    assert (sample[3], sample[5]) == pytest.approx((0.8862, 0.9400), abs=1e-4)
    assert (population[3], population[5]) == pytest.approx((0.7236, 0.8407), abs=1e-4)


def test_the_lowest_of_two_and_of_three_normal_values_are_known() -> None:
    found = by_place(reference.checkpoints(), "the lowest of k")
    assert found[2] == pytest.approx(-1 / math.sqrt(math.pi))
    assert (found[1], found[5]) == pytest.approx((0.0, -1.16296), abs=1e-4)


def test_the_silhouette_of_nothing_rises_as_the_dimension_falls(monkeypatch) -> None:
    monkeypatch.setattr(reference, "SILHOUETTE_DIMS", (2, 32))
    monkeypatch.setattr(reference, "SILHOUETTE_POINTS", 200)
    found = by_place(reference.silhouettes(), "standard normal points")
    assert 0.25 < found[2] < 0.45
    assert 0.0 < found[32] < 0.06


@pytest.fixture
def context(fabricated, monkeypatch):
    """A function that gives the exhibit's context; the one run has a history of four epochs unless told otherwise."""
    monkeypatch.setattr(reference, "SILHOUETTE_DIMS", (2, 4))
    monkeypatch.setattr(reference, "SILHOUETTE_POINTS", 60)
    plan = fabricated.plan(grid=[{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [8]}])
    columns = {"epoch": [1.0, 2.0, 3.0, 4.0], "present_dim": [8.0, 8.0, 6.0, 6.0]}
    columns |= {"stop_silhouette": [0.1, 0.3, 0.4, 0.6], "stop_silhouette_null": [0.1, 0.1, 0.2, 0.2]}

    def make(*, history=True, **options):
        if history:
            fabricated.finish(plan, plan.runs[0], {})
            fabricated.history(plan, plan.runs[0], columns)
        chosen = validated(ReferencePointOptions, options, title="options")
        entry = ExhibitEntry(kind="reference_point", name="known")
        return Context(plan, entry, chosen, outcomes(plan), fabricated.reports)

    return make


RUN = {"dataset": "synthetic_8", "label": "vae", "dim": 8}


@pytest.mark.parametrize("of", ["deviation", "checkpoint"])
def test_the_figure_says_that_no_model_is_behind_it(context, of) -> None:
    made = context(of=of, history=False)
    drawn = reference_point.draw(made)
    assert drawn.caption.endswith("No trained model is behind it.")
    assert drawn.cells == ()
    words = re.findall(r"<text[^>]*>([^<]*)</text>", made.path(".svg").read_text(encoding="utf-8"))
    assert reference.FIGURES[of].axes[0] in words


def test_what_a_run_recorded_stands_beside_it_by_its_present_dimension(context) -> None:
    made = context(of="silhouette", run=RUN)
    drawn = reference_point.draw(made)
    assert "the run's codes: 0.5 at 6, 0.2 at 8." in drawn.alt
    assert "normal points like them: 0.2 at 6, 0.1 at 8." in drawn.alt
    assert [cell.label for cell in drawn.cells] == ["vae"]


def test_that_a_run_has_recorded_nothing_yet_is_noted(context) -> None:
    drawn = reference_point.draw(context(of="silhouette", run=RUN, history=False))
    assert drawn.notes == ("vae on synthetic_8 has recorded no silhouette yet.",)


def test_the_run_beside_it_has_to_be_in_the_grid(fabricated) -> None:
    options = {"of": "silhouette", "run": RUN | {"label": "ald_vae"}}
    with pytest.raises(InputError, match=r"run\.label = 'ald_vae': not a row label"):
        fabricated.plan(
            grid=[{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [8]}],
            exhibits=[{"kind": "reference_point", "name": "known", "options": options}],
        )
