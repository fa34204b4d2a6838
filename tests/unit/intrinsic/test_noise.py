"""Axes that stand out of noise."""

import numpy as np
import pytest

from latentdim.intrinsic.noise import denoised
from latentdim.system.seeds import stream

DRAWS = stream("tests", "noise")


def test_axes_that_hold_only_noise_are_left_out():
    values = np.pad(DRAWS.standard_normal((1000, 3)), ((0, 0), (0, 47))) + 0.2 * DRAWS.standard_normal((1000, 50))
    clean = denoised(values)
    assert clean.points.shape == (1000, 3)
    assert clean.noise == pytest.approx(0.2, rel=0.1)


@pytest.mark.parametrize("columns", [4, 60])
def test_nothing_is_left_out_where_nothing_stands_out(columns):
    clean = denoised(DRAWS.standard_normal((1000, columns)))
    assert clean.only_noise
    assert clean.points.shape == (1000, columns)


def test_falling_variances_are_not_taken_for_noise():
    values = DRAWS.standard_normal((1000, 40)) * np.geomspace(1, 0.1, 40)
    clean = denoised(values)
    assert (clean.points.shape, clean.noise, clean.only_noise) == ((1000, 40), 0.0, False)


def test_more_columns_than_half_the_rows_are_left_alone():
    values = DRAWS.standard_normal((50, 40))
    np.testing.assert_allclose(denoised(values).points, values - values.mean(axis=0))


def test_a_manifold_alike_in_all_directions_is_no_noise():
    """Products of two normal vectors span all axes alike, and 11 dimensions."""
    left, right = DRAWS.standard_normal((1500, 6, 1)), DRAWS.standard_normal((1500, 1, 6))
    values = (left @ right).reshape(1500, 36)
    clean = denoised(values + 0.01 * DRAWS.standard_normal(values.shape))
    assert (clean.points.shape, clean.noise, clean.only_noise) == ((1500, 36), 0.0, False)
