"""The intrinsic dimension: right on data of known dimension, and sure of itself no further than it may be."""

import numpy as np
import pytest

pytest.importorskip("skdim", reason="scikit-dimension comes with the extra [recommend]")

from latentdim.intrinsic.estimate import intrinsic_dimension
from latentdim.system.problems import InputError
from latentdim.system.seeds import stream

DRAWS = stream("tests", "intrinsic")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("latentdim.intrinsic.estimate.DRAWS", 2)
    monkeypatch.setattr("latentdim.intrinsic.estimate.ESTIMATORS", {})


def rotated(values, columns):
    """Values in more columns, in no direction of their own."""
    axes, _ = np.linalg.qr(stream("tests", "axes").standard_normal((columns, columns)))
    return (values @ axes[: values.shape[1]]).astype(np.float32)


def swiss_roll(n):
    angle, height = 1.5 * np.pi * (1 + 2 * DRAWS.uniform(size=n)), 21 * DRAWS.uniform(size=n)
    return np.stack([angle * np.cos(angle), height, angle * np.sin(angle)], axis=1)


@pytest.mark.parametrize(
    ("dim", "values"),
    [
        (2, swiss_roll(1500)),
        (6, DRAWS.laplace(size=(1200, 6))),
        (15, DRAWS.triangular(-1, 0, 1, size=(1200, 15))),
        (30, DRAWS.logistic(size=(1200, 30))),
    ],
)
def test_the_dimension_of_kinds_that_it_was_not_calibrated_with(dim, values):
    told = intrinsic_dimension(rotated(values, 40), seed=0)
    assert abs(told.dim / dim - 1) < 0.12
    assert told.interval[0] < dim < told.interval[1]


def test_noise_on_many_values_is_taken_away():
    values = rotated(DRAWS.standard_normal((1500, 4)), 60)
    noisy = values + 0.1 * DRAWS.standard_normal(values.shape).astype(np.float32)
    told = intrinsic_dimension(noisy, seed=0)
    assert told.dim == pytest.approx(4, rel=0.12)
    assert not told.only_noise
    assert told.noise == pytest.approx(0.1 / np.sqrt(np.square(noisy - noisy.mean(axis=0)).mean()), rel=0.1)
    assert any("56 of 60 principal axes" in note for note in told.notes)


def test_nothing_but_noise_is_told_as_that():
    told = intrinsic_dimension(DRAWS.standard_normal((1500, 50)).astype(np.float32), seed=0)
    assert told.only_noise
    assert told.dim == pytest.approx(50, rel=0.12)
    assert "each of the 50 dimensions is needed" in told.notes[0]


def test_copies_of_rows_change_nothing_and_are_counted():
    values = rotated(DRAWS.standard_normal((900, 5)), 20)
    with_copies = np.concatenate([values, values[:300], values[:50]])
    alone, told = intrinsic_dimension(values, seed=0), intrinsic_dimension(with_copies, seed=0)
    assert (told.duplicates, told.n_used, told.n_rows) == (350, 900, 1250)
    assert told.dim == alone.dim
    assert any("350 of the 1,250 rows are copies" in note for note in told.notes)


def test_units_do_not_matter():
    values = rotated(DRAWS.standard_normal((600, 5)), 8)
    dims = [intrinsic_dimension(values * np.float32(2.0**power), seed=0).dim for power in (-40, 0, 20)]
    assert dims == pytest.approx([dims[0]] * 3, rel=1e-6)


def test_the_same_seed_tells_the_same():
    values = rotated(DRAWS.standard_normal((2600, 3)), 5)
    first, second, other = (intrinsic_dimension(values, seed=seed) for seed in (0, 0, 1))
    assert first == second
    assert first.dim != other.dim
    assert first.n_used == 2500


def test_ties_of_whole_numbers_are_counted():
    told = intrinsic_dimension(np.rint(3 * DRAWS.standard_normal((1000, 5))).astype(np.float32), seed=0)
    assert told.n_tied > 0.05 * told.n_used
    assert any("two nearest neighbours at one distance" in note for note in told.notes)


def test_rows_that_are_all_as_far_from_each_other_have_no_estimate():
    told = intrinsic_dimension(np.eye(200, dtype=np.float32), seed=0)
    assert np.isnan([told.dim, *told.interval]).all()
    assert told.n_tied == 200
    assert told.notes[0].startswith("There is no estimate: the distances, or directions,")


def test_no_interval_passes_the_number_of_columns():
    told = intrinsic_dimension(DRAWS.uniform(size=(400, 2)).astype(np.float32), seed=0)
    assert told.interval[0] < told.dim <= told.interval[1] == 2


def test_too_few_distinct_rows_have_no_estimate():
    values = DRAWS.standard_normal((60, 128)).astype(np.float32)
    told = intrinsic_dimension(np.concatenate([values, values]), seed=0)
    assert np.isnan([told.dim, *told.interval]).all()
    assert told.estimators == {}
    assert told.notes[0] == "There is no estimate: 60 distinct rows are too few, 100 are needed."


def test_data_without_variance_have_no_estimate():
    told = intrinsic_dimension(np.ones((500, 3), dtype=np.float32), seed=0)
    assert np.isnan(told.dim)
    assert (told.duplicates, told.n_used) == (499, 1)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (np.ones(5), r"should be rows of values, and have 1 axes: \(5,\)"),
        (np.array([[0.0, 1.0], [2.0, np.nan]]), r"row 1 \(counted from 0\) holds NaN or infinity"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(data, sentence):
    with pytest.raises(InputError, match=sentence):
        intrinsic_dimension(data.astype(np.float32), seed=0)


def test_without_the_library_its_extra_is_named(monkeypatch):
    monkeypatch.setattr("latentdim.intrinsic.estimate.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"latentdim\[recommend\]"):
        intrinsic_dimension(np.ones((5, 2), dtype=np.float32), seed=0)
