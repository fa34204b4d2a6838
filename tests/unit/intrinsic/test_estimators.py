"""The library's estimators, as they are asked."""

import numpy as np
import pytest

pytest.importorskip("skdim", reason="scikit-dimension comes with the extra [recommend]")

from latentdim.intrinsic.estimate import intrinsic_dimension
from latentdim.intrinsic.estimators import ESTIMATORS, quietly
from latentdim.system.seeds import stream


@pytest.mark.parametrize("name", sorted(set(ESTIMATORS) - {"danco"}))
def test_each_knows_a_plane(name):
    points = stream("tests", "plane").uniform(size=(800, 2)) @ np.array([[1.0, 2.0, 0.5], [0.0, 1.0, -1.0]])
    assert quietly(ESTIMATORS[name], points) == pytest.approx(2, abs=0.25)


def test_danco_takes_more_columns_and_rows_than_its_table_has():
    points = stream("tests", "wide").standard_normal((5100, 4)) @ np.eye(4, 120)
    assert quietly(ESTIMATORS["danco"], points) == pytest.approx(4, abs=0.5)


def test_a_refusal_stands_in_the_place_of_a_value(monkeypatch):
    def refuses(points):
        raise ValueError("too odd")

    monkeypatch.setattr("latentdim.intrinsic.estimate.ESTIMATORS", {"odd": refuses})
    told = intrinsic_dimension(stream("tests", "odd").standard_normal((200, 3)).astype(np.float32), seed=0)
    odd = told.estimators["odd"]
    assert (odd.value, odd.interval, odd.refusal) == (None, None, "too odd")
    assert np.isfinite(told.dim)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_what_is_no_dimension_is_no_value(monkeypatch, value):
    monkeypatch.setattr("latentdim.intrinsic.estimate.ESTIMATORS", {"odd": lambda points: value})
    odd = intrinsic_dimension(stream("tests", "odd").standard_normal((200, 3)).astype(np.float32), seed=0).estimators[
        "odd"
    ]
    assert (odd.value, odd.interval) == (None, None)
    assert "no positive finite number" in odd.refusal


def test_all_know_a_line_that_noise_was_taken_from():
    draws = stream("tests", "line")
    line = np.outer(draws.standard_normal(400), np.ones(20)) + 0.01 * draws.standard_normal((400, 20))
    told = intrinsic_dimension(line.astype(np.float32), seed=0)
    assert [one.value for one in told.estimators.values()] == pytest.approx([1.0] * len(told.estimators), abs=0.2)
