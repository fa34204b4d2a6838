"""Rows for estimators: the same distances in fewer columns, and halves that vary as other data would."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from latentdim.intrinsic.rows import distinct_rows, halves, isometric
from latentdim.system.seeds import stream


def test_distances_are_kept_in_fewer_columns():
    points = stream("tests", "isometric").standard_normal((30, 200))
    points -= points.mean(axis=0)
    fewer = isometric(points)
    assert fewer.shape == (30, 29)
    np.testing.assert_allclose(pdist(fewer), pdist(points), rtol=1e-9)


def test_zero_has_one_sign():
    rows = distinct_rows(np.array([[0.0, 1.0], [-0.0, 1.0]], dtype=np.float32), most=9, draws=stream("tests"))
    assert rows.duplicates == 1


def test_a_mean_of_halves_varies_as_that_of_other_data_would():
    draws = stream("tests", "halves")
    values = draws.exponential(size=(400, 1))
    means = [half.mean() for half in halves(values, count=4000, draws=draws)]
    assert np.std(means) == pytest.approx(values.std() / 20, rel=0.05)
