"""The shipped correction is that of its families."""

import numpy as np
import pytest

pytest.importorskip("skdim", reason="scikit-dimension comes with the extra [recommend]")

from latentdim.intrinsic import calibration
from latentdim.intrinsic.families import BENT, FLAT, noisy
from latentdim.intrinsic.signature import Signature, directions
from latentdim.system.seeds import stream


@pytest.mark.parametrize("family", FLAT + BENT)
@pytest.mark.parametrize("dim", [1, 7])
def test_a_family_has_as_many_tangents_as_it_says(family, dim):
    points = family(stream("tests", family.__name__), 4000, dim)
    assert len(points) == 4000
    centre = points[np.argmin(np.square(points - points.mean(axis=0)).sum(axis=1))]
    near = points[np.argsort(np.square(points - centre).sum(axis=1))[: 5 * dim + 5]]
    variances = np.linalg.svd(near - near.mean(axis=0), compute_uv=False) ** 2
    assert variances[:dim].sum() > (0.97 if dim == 1 else 0.8) * variances.sum()


def test_noise_is_in_units_of_the_points():
    points = 5 * stream("tests", "units").standard_normal((4000, 3))
    noise = noisy(stream("tests", "a"), points, columns=12, noise=0.1) - noisy(
        stream("tests", "a"), points, columns=12, noise=0.0
    )
    assert noise.std() == pytest.approx(0.1 * 5 * (3 / 12) ** 0.5, rel=0.03)


def test_a_fit_to_a_few_of_its_sets_is_near_the_shipped_one(monkeypatch):
    monkeypatch.setattr(calibration, "SETS", 35)
    few, shipped = calibration.fitted(list(calibration.calibration_sets())), calibration.Calibration.read()
    for distances, rows in ((3.0, 300), (9.0, 1000), (20.0, 2000)):
        one = Signature(distances, distances, rows)
        assert few.by_distances(one) == pytest.approx(shipped.by_distances(one), rel=0.2)


def test_distances_are_corrected_upwards_and_more_where_rows_are_few():
    shipped = calibration.Calibration.read()
    corrected = [shipped.by_distances(Signature(15.0, 15.0, rows)) for rows in (2500, 500, 100)]
    assert 15 < corrected[0] < corrected[1] < corrected[2]


def test_directions_on_a_flat_piece_are_its_dimension():
    assert directions(stream("tests", "flat").standard_normal((3000, 12))) == pytest.approx(12, rel=0.05)
