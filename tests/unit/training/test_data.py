"""Prepared arrays as a training gets them: which examples are held out, and how their values are scaled."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from latentdim.study.protocol import Training
from latentdim.training.data import Data, load_data

N_TRAIN, N_TEST = 10, 4


def loaded(
    folder: Path, train: NDArray[np.generic], test: NDArray[np.generic] | None = None, **training: int | str
) -> Data:
    """The data of these arrays under a training protocol."""
    for name, values in {"train": train, "test": train[:1] if test is None else test}.items():
        np.save(folder / f"{name}.npy", values)
    return load_data(folder, Training.model_validate({"steps": 1} | training), device=torch.device("cpu"))


def numbered(folder: Path, **training: int) -> Data:
    """Training examples that hold their own position, test examples from 100 on; classes and factors say the same."""
    train, test = np.arange(N_TRAIN), 100 + np.arange(N_TEST)
    for name, positions in {"train": train, "test": test}.items():
        np.save(folder / f"{name}_labels.npy", positions)
        np.save(folder / f"{name}_factors.npy", np.stack([positions, -positions], axis=1).astype(np.float32))
    columns = (np.repeat(positions[:, None], 3, axis=1).astype(np.float32) for positions in (train, test))
    return loaded(folder, *columns, **training)


@pytest.mark.parametrize(
    ("training", "trained_on", "held_out"),
    [
        ({}, range(10), []),
        ({"n_validation": 3}, range(7), [7, 8, 9]),
        ({"n_train": 6}, range(6), []),
        ({"n_train": 6, "n_validation": 2}, range(4), [4, 5]),
        ({"n_train": 60, "n_validation": 1}, range(9), [9]),
    ],
)
def test_the_last_examples_are_held_out_and_never_trained_on(
    tmp_path: Path, training: dict[str, int], trained_on: list[int], held_out: list[int]
) -> None:
    data = numbered(tmp_path, **training)
    positions = {"train": [*trained_on], "validation": held_out, "test": [100, 101, 102, 103]}
    for name, expected in positions.items():
        split = data.split(name)
        assert split.labels is not None
        assert split.factors is not None
        assert split.values[:, 0].int().tolist() == split.labels.tolist() == expected
        assert split.factors.tolist() == [[position, -position] for position in expected]
        assert len(split) == len(expected)


def moments_by_hand(values: list[float]) -> tuple[float, float]:
    mean = sum(values) / len(values)
    return mean, (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5


@pytest.mark.parametrize("kind", ["vectors", "images"])
def test_standardised_values_have_mean_0_and_standard_deviation_1(tmp_path: Path, kind: str) -> None:
    """By those trained on alone: examples that are held out don't move the scale."""
    if kind == "vectors":
        values = np.array([[3.0, 5.0], [7.0, -1.0], [20.0, 2.0], [900.0, 900.0]], np.float32)
        in_own_units = [3.0, 5.0, 7.0, -1.0, 20.0, 2.0]
    else:
        values = np.array([[[[0, 10]]], [[[30, 50]]], [[[90, 255]]], [[[255, 255]]]], np.uint8)
        in_own_units = [value / 255 for value in (0, 10, 30, 50, 90, 255)]
    data = loaded(tmp_path, values, n_validation=1, scaling="standardised")
    mean, deviation = moments_by_hand(in_own_units)
    expected = [(value - mean) / deviation for value in in_own_units]
    x = data.batch(data.train, 0, 3)
    assert x.flatten().tolist() == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert moments_by_hand(x.flatten().tolist()) == pytest.approx((0.0, 1.0), abs=1e-6)
    assert data.scaling.to_data(x).flatten().tolist() == pytest.approx(in_own_units, rel=1e-5, abs=1e-6)


def test_moments_are_taken_over_every_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("latentdim.training.data.STATISTICS_CHUNK", 3)
    values = np.arange(8, dtype=np.float32)[:, None]
    scaling = loaded(tmp_path, values, scaling="standardised").scaling
    assert (scaling.factor, scaling.offset) == pytest.approx((1 / 5.25**0.5, -3.5 / 5.25**0.5))  # of 0 … 7


@pytest.mark.parametrize(("scaling", "expected"), [("unit", [0.0, 0.2, 1.0]), ("symmetric", [-1.0, -0.6, 1.0])])
def test_bytes_become_numbers_in_the_range_that_the_scaling_names(
    tmp_path: Path, scaling: str, expected: list[float]
) -> None:
    data = loaded(tmp_path, np.array([[[[0, 51, 255]]]], np.uint8), scaling=scaling)
    x = data.batch(data.train, 0, 1)
    assert x.dtype == torch.float32
    assert x.flatten().tolist() == pytest.approx(expected, abs=1e-6)
    assert data.scaling.to_data(x).flatten().tolist() == pytest.approx([0.0, 0.2, 1.0], abs=1e-6)


def test_vectors_keep_their_values_unless_they_are_standardised(tmp_path: Path) -> None:
    data = loaded(tmp_path, np.array([[-3.0, 7.5]], np.float32), scaling="unit")
    assert data.batch(data.train, 0, 1).tolist() == [[-3.0, 7.5]]
    assert data.shape == (2,)
