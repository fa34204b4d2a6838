"""Points on manifolds: on them, spread over them, and of the two dimensions that they are said to have."""

import numpy as np
import pytest
from pydantic import ValidationError

from latentdim.datasets.manifold import SHAPES, ManifoldOptions, natural
from latentdim.system.seeds import stream

N = 4000
GRID = 2e-6  # coordinates are rounded to 2⁻²⁰
SMALL = {"n_train": 400, "n_test": 60, "outputs": 12}


def points_of(name, dim=None, curvature=1.0):
    return natural(name, dim, curvature, draws=stream("tests", name), n=N)


def off_sphere(x):
    return np.square(x).sum(axis=1) - 1


def off_torus(x):
    return np.square(x[:, :3]) + np.square(x[:, 3:]) - 1


def off_helix(x):
    angle = np.arctan2(x[:, 1], x[:, 0])
    return np.stack([np.hypot(x[:, 0], x[:, 1]) - 2 - np.cos(6 * angle), x[:, 2] - np.sin(6 * angle)])


def off_moebius(x):
    """Seen from the circle in the strip's middle, a point lies in the direction of half its angle."""
    angle = np.arctan2(x[:, 1], x[:, 0])
    outwards, upwards = np.hypot(x[:, 0], x[:, 1]) - 1, x[:, 2]
    return outwards * np.sin(angle / 2) - upwards * np.cos(angle / 2)


def off_swiss_roll(x):
    """The radius is the angle, up to full turns."""
    turns = (np.hypot(x[:, 0], x[:, 2]) - np.arctan2(x[:, 2], x[:, 0])) / (2 * np.pi)
    return turns - np.rint(turns)


def off_s_curve(x):
    """Two circles of radius 1, one above the other."""
    return np.hypot(x[:, 0], np.abs(x[:, 2]) - 1) - 1


@pytest.mark.parametrize(
    ("name", "dim", "off"),
    [
        ("sphere", 3, off_sphere),
        ("torus", 3, off_torus),
        ("helix", None, off_helix),
        ("moebius", None, off_moebius),
        ("swiss_roll", None, off_swiss_roll),
        ("s_curve", None, off_s_curve),
        ("paraboloid", 4, lambda x: x[:, 4] - np.square(x[:, :4]).sum(axis=1)),
        ("cubic", 4, lambda x: x[:, 4] - (x[:, :4] ** 3).sum(axis=1)),
    ],
)
def test_points_lie_on_their_manifold(name, dim, off):
    assert np.abs(off(points_of(name, dim))).max() < 20 * GRID


def test_curvature_is_the_height():
    flat, high = points_of("paraboloid", 2, curvature=0.0), points_of("paraboloid", 2, curvature=3.0)
    assert np.ptp(flat[:, 2]) == 0
    np.testing.assert_allclose(high[:, 2], 3 * np.square(flat[:, :2]).sum(axis=1), atol=20 * GRID)


def uniform(values, low, high):
    """The largest distance of the distribution from the uniform one, in units in which 1.63 is passed once in 100."""
    ordered = (np.sort(values) - low) / (high - low)
    return np.abs(ordered - (np.arange(N) + 0.5) / N).max() * N**0.5


def length(x):
    """Along the Swiss roll's spiral, from its centre."""
    angle = np.hypot(x[:, 0], x[:, 2])
    return 0.5 * (angle * np.sqrt(1 + angle**2) + np.log(angle + np.sqrt(1 + angle**2)))


def test_points_are_spread_evenly_where_that_is_promised():
    ball, roll = points_of("paraboloid", 3)[:, :3], points_of("swiss_roll")
    ends = length(np.array([[1.5 * np.pi, 0, 0], [4.5 * np.pi, 0, 0]]))
    s_curve = points_of("s_curve")
    evenness = {
        "a sphere's shadow on a line (Archimedes)": uniform(points_of("sphere", 2)[:, 0], -1, 1),
        "a torus's angles": uniform(np.arctan2(*points_of("torus", 2)[:, [2, 0]].T), -np.pi, np.pi),
        "volume within a radius": uniform(np.linalg.norm(ball, axis=1) ** 3, 0, 1),
        "length along the roll": uniform(length(roll), *ends),
        "height of the roll": uniform(roll[:, 1], 0, 21),
        "height of the S": uniform(s_curve[:, 1], 0, 2),
        "a cube's coordinate": uniform(points_of("affine", 3)[:, 1], -1, 1),
    }
    assert max(evenness.values()) < 2, evenness


@pytest.mark.parametrize(
    ("name", "dim", "intrinsic", "latent"),
    [
        ("sphere", 1, 1, 2),
        ("sphere", 2, 2, 3),
        ("torus", 1, 1, 2),
        ("torus", 2, 2, 3),
        ("helix", None, 1, 2),
        ("moebius", None, 2, 3),
        ("swiss_roll", None, 2, 2),
        ("s_curve", None, 2, 2),
        ("affine", 7, 7, 7),
        ("paraboloid", 3, 3, 3),
        ("cubic", 3, 3, 3),
    ],
)
def test_both_dimensions(shelf, name, dim, intrinsic, latent):
    spec = shelf.spec("manifold", shape=name, dim=dim)
    assert (spec.intrinsic_dim, spec.true_dim) == (intrinsic, latent)


def test_every_shape_can_be_named():
    assert set(SHAPES) == set(ManifoldOptions.model_json_schema()["properties"]["shape"]["enum"])


@pytest.mark.parametrize("network", [False, True])
def test_what_is_prepared_has_unit_variance_and_all_its_outputs(shelf, network):
    arrays = shelf.arrays("manifold", shape="torus", dim=2, network=network, **SMALL)
    assert (arrays["train"].shape, arrays["test"].shape) == ((400, 12), (60, 12))
    assert np.var(arrays["train"], axis=0).mean() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(arrays["train"].mean(axis=0), 0, atol=1e-5)
    assert (arrays["train"].std(axis=0) > 0.05).all()


def test_a_rotation_keeps_distances_up_to_one_scale(shelf):
    arrays = shelf.arrays("manifold", shape="sphere", dim=2, **SMALL)["train"].astype(float)
    centre, *_ = np.linalg.lstsq(2 * arrays, np.square(arrays).sum(axis=1))
    radii = np.linalg.norm(arrays - centre, axis=1)
    np.testing.assert_allclose(radii, radii.mean(), rtol=1e-4)
    assert np.linalg.matrix_rank(arrays, tol=1e-3) == 3


def test_noise_comes_on_top_of_the_same_points(shelf):
    clean = shelf.arrays("manifold", shape="s_curve", **SMALL)["train"]
    noisy = type(shelf)(shelf.results / "noisy").arrays("manifold", shape="s_curve", noise=0.3, **SMALL)["train"]
    assert (noisy - clean).std() == pytest.approx(0.3, rel=0.05)


def test_the_bytes_are_pinned(shelf):
    digest = shelf.prepare("manifold", shape="moebius", noise=0.1, **SMALL)["digest"]
    assert digest == "b9893eabafaa652d9555d1ac6fad695a11e50f16d34b38bc9d531759a3319406"


@pytest.mark.parametrize("change", [{"dim": 3}, {"seed": 1}, {"curvature": 2.0}, {"network": True}, {"noise": 0.1}])
def test_every_option_changes_the_data(shelf, change):
    base = {"shape": "cubic", "dim": 2, **SMALL}
    assert shelf.prepare("manifold", **base)["digest"] != shelf.prepare("manifold", **base | change)["digest"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"shape": "sphere"}, "this key is required of 'sphere'"),
        ({"shape": "helix", "dim": 2}, "'helix' has 1; leave the key out"),
        ({"shape": "s_curve", "curvature": 2.0}, "'s_curve' has its own; leave the key out"),
        ({"shape": "torus", "dim": 3, "outputs": 5}, "should be at least 6, the values that this manifold lies in"),
        ({"shape": "klein"}, "Input should be 'sphere'"),
    ],
)
def test_what_a_shape_cannot_have_is_refused(options, sentence):
    with pytest.raises(ValidationError, match=sentence):
        ManifoldOptions(**options)
