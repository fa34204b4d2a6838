"""Exhibits' options are checked while planning, with the names that the grid really has."""

import re

import pytest

from latentdim.system.problems import InputError

GRID = [{"datasets": ["synthetic_8"], "methods": {"wae_mmd": None}, "dims": [4, 8], "seeds": 2}]
SIDE = {"metric": "frechet_distance", "curves": [{"label": "wae_mmd"}]}
CURVE = {"datasets": ["synthetic_8"], "left": SIDE}
TRACE = {"dataset": "synthetic_8", "label": "wae_mmd", "dim": 8, "panels": [{"columns": ["loss"]}]}


def problems_of(fabricated, kind: str, options: object, name: str = "it") -> list[str]:
    with pytest.raises(InputError) as refused:
        fabricated.plan(grid=GRID, exhibits=[{"kind": kind, "name": name, "options": options}])
    return [problem.removeprefix("line 1: ") for problem in refused.value.problems]  # the file is one line of JSON


@pytest.mark.parametrize(
    ("kind", "options"),
    [("curve", CURVE), ("results", {}), ("trace", TRACE), ("samples", {"dims": [8]}), ("reconstructions", {"seed": 1})],
)
def test_a_sound_exhibit_is_accepted(fabricated, kind, options) -> None:
    plan = fabricated.plan(grid=GRID, exhibits=[{"kind": kind, "name": "it", "options": options}])
    assert len(plan.exhibits) == 1


@pytest.mark.parametrize(
    ("kind", "options", "sentence"),
    [
        (
            "curve",
            CURVE | {"left": SIDE | {"curves": [{"label": "wae_mdm"}]}},
            "exhibits.0.options.left.curves.0.label = 'wae_mdm': not a row label of this study's grid; "
            "did you mean 'wae_mmd'? (known: wae_mmd)",
        ),
        (
            "curve",
            CURVE | {"right": SIDE | {"metric": "activ"}},
            "exhibits.0.options.right.metric = 'activ': not a metric of this study's grid; "
            "did you mean 'active'? (known: active, frechet_distance)",
        ),
        (
            "trace",
            TRACE | {"dim": 5},
            "exhibits.0.options.dim = 5: no run of the grid has this latent dimension (it has 4, 8)",
        ),
        (
            "results",
            {"datasets": ["synthetic_9"]},
            "exhibits.0.options.datasets.0 = 'synthetic_9': not a dataset of this study's grid; "
            "did you mean 'synthetic_8'? (known: synthetic_8)",
        ),
        ("samples", {"seed": 2}, "exhibits.0.options.seed = 2: no run of the grid has this seed (it has 0, 1)"),
    ],
)
def test_a_name_that_the_grid_lacks_is_refused_with_the_nearest(fabricated, kind, options, sentence) -> None:
    assert problems_of(fabricated, kind, options) == [sentence]


def test_an_unknown_key_is_refused(fabricated) -> None:
    assert (
        "unknown key; did you mean 'datasets'?" in problems_of(fabricated, "results", {"dataset": ["synthetic_8"]})[0]
    )


def test_a_panel_needs_exactly_one_kind_of_columns(fabricated) -> None:
    (problem,) = problems_of(fabricated, "trace", TRACE | {"panels": [{"columns": ["a"], "prefix": "b"}]})
    assert "give exactly one of 'columns' and 'prefix'" in problem


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"metrics": ["active", "active"]}, "'metrics' has one metric twice on the same axes"),
        (
            {"metrics": ["active"], "decimals": {"frechet_distance": 2}},
            "'decimals' has 'frechet_distance', which 'metrics' has no column for",
        ),
    ],
)
def test_a_results_table_has_each_column_once_and_digits_of_its_own_columns(fabricated, options, sentence) -> None:
    assert problems_of(fabricated, "results", options) == [f"exhibits.0.options: {sentence}"]


@pytest.mark.parametrize("name", ["index", "long", "summary"])
def test_the_reports_own_file_names_are_refused(fabricated, name) -> None:
    assert "choose another name" in problems_of(fabricated, "results", {}, name=name)[0]


APART = [
    {"datasets": ["synthetic_8"], "methods": {"wae_mmd": None, "ard_vae": None}, "dims": [4, 8], "seeds": 2},
    {"datasets": ["synthetic_5"], "methods": {"vae": None}, "dims": [2]},
]
TWICE = [{"name": "frechet_distance", "axes": axes} for axes in ("all", "active")]


@pytest.mark.parametrize(
    ("kind", "options", "sentences"),
    [
        (
            "results",
            {"datasets": ["synthetic_5"], "labels": ["wae_mmd"]},
            [
                "datasets.0: no run of the grid has dataset 'synthetic_5' and label 'wae_mmd' together",
                "labels.0: no run of the grid has dataset 'synthetic_5' and label 'wae_mmd' together",
            ],
        ),
        (
            "results",
            {"metrics": [{"name": "frechet_distance", "axes": "jacobian"}]},
            ["metrics.0.name: no run of the grid has axes 'jacobian' and metric 'frechet_distance' together"],
        ),
        (
            "trace",
            TRACE | {"label": "vae"},
            [": no run of the grid has dataset 'synthetic_8', label 'vae', L = 8 and seed 0 together"],
        ),
        (
            "samples",
            {"labels": ["vae"], "seed": 1},
            [
                "labels.0: no run of the grid has label 'vae' and seed 1 together",
                "seed: no run of the grid has label 'vae' and seed 1 together",
            ],
        ),
        (
            "curve",
            CURVE | {"datasets": ["synthetic_8", "synthetic_5"]},
            [
                "left.curves.0.label: 'wae_mmd' on 'synthetic_8' has its metric on several choices of axes "
                "(all, active); name one in 'axes'",
                "datasets.1: no run of the grid has dataset 'synthetic_5' and label 'wae_mmd' together",
            ],
        ),
    ],
)
def test_what_an_exhibit_names_must_be_found_together_and_once(fabricated, kind, options, sentences) -> None:
    with pytest.raises(InputError) as refused:
        fabricated.plan(grid=APART, metrics=TWICE, exhibits=[{"kind": kind, "name": "it", "options": options}])
    told = [problem.removeprefix("line 1: exhibits.0.options").removeprefix(".") for problem in refused.value.problems]
    assert told == sentences


SWEPT = [
    {"datasets": ["synthetic_8"], "methods": {"vae": {"beta": {"sweep": [1.0, 2.0]}}}, "dims": [4, 8], "seeds": 2},
    {"datasets": ["synthetic_8"], "methods": {"wae_mmd": None}, "dims": [8]},
]
OVER_BETA = {"datasets": ["synthetic_8"], "over": "beta", "left": {"metric": "active", "curves": [{"label": "vae"}]}}
TWO_PLACES = (
    "'vae beta=1' on 'synthetic_8' at L = 4 and 'vae beta=1' on 'synthetic_8' at L = 8 would stand in one place; "
    "choose between them, or give another axis"
)


@pytest.mark.parametrize(
    ("kind", "options", "problem"),
    [
        ("curve", OVER_BETA, f"left.curves.0.label: {TWO_PLACES}"),
        ("curve", OVER_BETA | {"dim": 8}, ""),
        ("heat_map", {"metric": "active", "columns": "beta"}, f"metric: {TWO_PLACES}"),
        ("heat_map", {"metric": "active", "columns": "beta", "dims": [8]}, ""),
        ("heat_map", {"metric": "active"}, ""),
        ("heat_map", {"metric": "active", "rows": "bate"}, "rows = 'bate': not a setting, with numbers for values, of"),
        ("heat_map", {"metric": "active", "rows": "dim"}, "'rows', 'columns' and 'panels' must be three different"),
        ("heat_map", {"metric": "active", "less_true_dim": True, "log": True}, "leave 'log' out"),
    ],
)
def test_two_different_runs_never_stand_in_one_place(fabricated, kind, options, problem) -> None:
    exhibits = [{"kind": kind, "name": "it", "options": options}]
    if not problem:
        assert len(fabricated.plan(grid=SWEPT, exhibits=exhibits).exhibits) == 1
        return
    with pytest.raises(InputError, match=re.escape(problem)):
        fabricated.plan(grid=SWEPT, exhibits=exhibits)
