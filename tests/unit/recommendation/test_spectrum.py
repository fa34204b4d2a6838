"""PCA's spectrum, and how much of the data it is read from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from latentdim.recommendation import spectrum as module
from latentdim.recommendation.spectrum import components_for, spectrum, training_rows


@pytest.mark.parametrize("shape", [(300, 5), (5, 300)])
def test_shares_of_the_variance_are_those_of_the_singular_values(shape: tuple[int, int]) -> None:
    rows = np.random.default_rng(0).normal(size=shape).astype(np.float32) + np.float32(3.0)
    squares = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False) ** 2
    assert spectrum(rows) == pytest.approx(squares / squares.sum(), abs=1e-6)
    assert components_for(np.array([0.5, 0.4, 0.06, 0.04]), 0.95) == 3


def test_large_examples_are_read_up_to_a_number_of_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.full((300, 3, 2, 2), 51, np.uint8)
    np.save(tmp_path / "train.npy", images)
    assert training_rows(tmp_path).shape == (300, 12)
    monkeypatch.setattr(module, "MOST_VALUES", 12 * 150)
    rows = training_rows(tmp_path)
    assert rows.shape == (150, 12)
    assert rows == pytest.approx(0.2)
    assert len(training_rows(tmp_path, 40)) == 40
    monkeypatch.setattr(module, "MOST_VALUES", 12)
    assert len(training_rows(tmp_path)) == 100
