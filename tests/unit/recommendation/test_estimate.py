"""The estimate beside the trainings: how much of the data it reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from latentdim.intrinsic.estimate import IntrinsicEstimate
from latentdim.recommendation import estimate


@pytest.mark.parametrize(("shape", "read"), [((3000, 4), 2500), ((1500, 3, 19, 19), 1250), ((200, 4), 200)])
def test_no_more_rows_are_read_than_an_estimate_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], read: int
) -> None:
    given: list[tuple[int, ...]] = []

    def estimated(rows: np.ndarray, *, seed: int) -> IntrinsicEstimate:
        given.append(rows.shape)
        return IntrinsicEstimate(float("nan"), (0.0, 0.0), {}, 0, 0, 0, 0, 0.0, only_noise=False, notes=())

    monkeypatch.setattr(estimate, "find_spec", lambda name: name)
    monkeypatch.setattr(estimate, "intrinsic_dimension", estimated)
    np.save(tmp_path / "train.npy", np.zeros(shape, np.uint8))
    estimate.estimated(tmp_path)
    assert given == [(read, int(np.prod(shape[1:])))]
