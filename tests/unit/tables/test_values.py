"""Run coordinates find one value, or say why there is none; anything else is refused."""

import pytest

from latentdim.outcomes.groups import groups
from latentdim.outcomes.outcomes import outcomes
from latentdim.tables.footnotes import Footnotes
from latentdim.tables.model import Absence
from latentdim.tables.values import Coordinates, Digits, QueryRefused, Values

GRID = [
    {"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [4, 8], "seeds": 2},
    {"datasets": ["digits"], "methods": {"vae": None}, "dims": [4], "metrics": ["active", "mig"]},
]
BOTH = [{"name": "frechet_distance", "axes": axes} for axes in ("all", "active")]


@pytest.fixture
def values(fabricated, run_at) -> Values:
    plan = fabricated.plan(grid=GRID, metrics=[*BOTH, "active"])
    for run in plan.runs:
        fabricated.finish(plan, run, {"frechet_distance": fabricated.value(1.0 + run.seed, floor=0.5), "active": 4})
    return Values(plan, tuple(groups(outcomes(plan))))


def test_coordinates_find_their_runs(values) -> None:
    at = Coordinates("synthetic_8", "vae", 4, "frechet_distance", "active")
    cell = values.cell(at, Digits(1), Footnotes(()))
    assert (cell.text, cell.ours.n, cell.detail) == ("1.0, 2.0", 2, "seed 0: 1; seed 1: 2; floor 0.5")
    assert (cell.facts["axes"], cell.facts["mean"], cell.facts["true_dim"]) == ("active", 1.5, 8)


def test_a_metric_that_is_not_asked_for_and_one_that_the_data_cannot_have_differ(values) -> None:
    assert values.group(Coordinates("digits", "vae", 4, "frechet_distance")) is Absence.NOT_ASKED
    assert values.group(Coordinates("digits", "vae", 4, "frechet_distance", "active")) is Absence.NOT_ASKED
    assert values.group(Coordinates("digits", "vae", 4, "mig")) is Absence.NOT_DEFINED
    assert values.group(Coordinates("synthetic_8", "vae", 4, "mig")) is Absence.NOT_ASKED


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        (Coordinates("digits", "vae", 8, "active"), "the grid has no run of 'vae' on 'digits' at L = 8"),
        (Coordinates("digits", "vae", 4, "frechet"), "the study asks for 'frechet' nowhere"),
        (
            Coordinates("synthetic_8", "vae", 4, "frechet_distance", "jacobian"),
            "the study asks for 'frechet_distance' on jacobian axes nowhere",
        ),
        (Coordinates("digits", "wae", 4, "active"), "the grid has no run of 'wae' on 'digits' at L = 4"),
        (
            Coordinates("synthetic_8", "vae", 4, "frechet_distance"),
            "'vae' on 'synthetic_8' at L = 4 has 'frechet_distance' on several choices of axes (all, active); name one "
            "of them",
        ),
    ],
)
def test_coordinates_of_nothing_or_of_two_values_are_refused(values, at, sentence) -> None:
    with pytest.raises(QueryRefused) as refused:
        values.group(at)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("numbers", "decimals", "whole"),
    [
        ([8.0, 9.0, 12.0], 1, True),
        ([1.41, 1.9, 15.8], 2, False),
        ([0.0123, 0.02], 4, False),
        ([123.4, 250.1], 0, False),
        ([], 1, True),
        ([0.0], 1, True),
    ],
)
def test_digits_fit_the_size_of_the_values(numbers, decimals, whole) -> None:
    assert Digits.fitting(numbers) == Digits(decimals, whole)
