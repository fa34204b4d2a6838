"""Nearest neighbours by blocks and by whole matrices: what is timed must find the same."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))  # where `python -m benchmarks` is started from

from benchmarks import neighbours


def test_both_ways_to_nearest_neighbours_find_the_same_before_they_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    line = neighbours.comparison(rounds=1, tiny=True)
    assert min(*line.values, *line.baseline) > 0
    monkeypatch.setattr(neighbours, "plain", lambda generated, reference: (0.5, 0.0))
    with pytest.raises(RuntimeError, match="differ"):
        neighbours.comparison(rounds=1, tiny=True)
