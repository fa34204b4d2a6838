"""The controls rank on every metric where theory says; a metric that ranks them otherwise is told."""

from __future__ import annotations

import re

import pytest

from latentdim import registry
from latentdim.conformance import rankings
from latentdim.conformance.checks import CONTROLS, Ranking
from latentdim.conformance.rankings import problems_of, ranking_of
from latentdim.conformance.rankings import rankings as stated
from latentdim.study.file import read_study
from latentdim.study.naming import study_path


@pytest.mark.parametrize("name", registry.metrics().names())
def test_the_controls_rank_where_theory_says(name: str) -> None:
    assert problems_of(name) == []


def test_there_is_one_ranking_for_every_metric_and_each_gives_a_reason() -> None:
    names = [name for ranking in stated() for name in ranking.metrics]
    assert sorted(names) == registry.metrics().names()
    assert all(ranking.why for ranking in stated())
    ranked = [name for ranking in stated() for chain in ranking.rising for group in chain for name in group]
    assert set(ranked) <= set(CONTROLS)


def test_the_controls_study_tells_the_same_orders() -> None:
    text = (study_path("controls").parent / "README.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| `")]
    told = {name: row[1] for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    for name, expected in told.items():
        chains = [" < ".join(" = ".join(group) for group in chain) for chain in ranking_of(name).rising]
        assert [chain for chain in chains if chain not in expected] == []
        assert ("constant refused" in expected) is ("constant" in ranking_of(name).refused)
    study = read_study(study_path("controls"))
    measured = {metric.name for entry in study.grid for metric in entry.metrics or study.metrics}
    assert measured == set(told)


VALUES = {"pca": 1.0, "oracle": 2.0, "noise": 1.0, "constant": None}
CHAIN = Ranking(metrics=("mig",), why="", rising=((("pca", "noise"), ("oracle",)),), refused=("constant",))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, []),
        ({"oracle": 1.0}, ["pca (1.0) is not below oracle (1.0)"]),
        ({"oracle": 0.5}, ["pca (1.0) is not below oracle (0.5)"]),
        ({"noise": 1.5}, ["pca, noise are not equal: [1.0, 1.5]"]),
        ({"constant": 0.0}, ["constant: 0.0, not refused"]),
        ({"noise": None}, ["noise: refused"]),
        ({"oracle": float("nan")}, ["pca (1.0) is not below oracle (nan)"]),
    ],
)
def test_any_other_order_is_told(changed, told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rankings, "rankings", lambda: (CHAIN,))
    monkeypatch.setattr(rankings, "values_of", lambda name: VALUES | changed)
    assert problems_of("mig") == told


def test_a_value_that_theory_gives_is_held_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rankings, "rankings", lambda: (Ranking(metrics=("active",), why="", exact={"pca": 4}),))
    monkeypatch.setattr(rankings, "values_of", lambda name: dict.fromkeys(CONTROLS, 5.0))
    assert problems_of("active") == ["pca: 5.0 instead of 4"]


def test_what_is_expected_is_said_in_one_line() -> None:
    assert CHAIN.expected == "pca = noise < oracle; constant refused"
    assert ranking_of("active").expected == "pca 5; noise 5; oracle 3; constant 0"
    assert ranking_of("peak_memory").expected == "theory doesn't say"
