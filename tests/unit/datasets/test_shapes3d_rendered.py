"""3D Shapes drawn again: its measured room, camera and solids, its factors and hues, the same bytes anywhere."""

import colorsys

import numpy as np
import pytest

from latentdim.datasets.factor_spaces import ray_casting
from latentdim.datasets.shapes3d_rendered import (
    FLOOR,
    OBJECT,
    SKY,
    WALL,
    Shapes3dOptions,
    camera,
    colour,
    factor_space,
    render,
    view,
)
from latentdim.system.seeds import stream

SIZES = (10, 10, 10, 8, 4, 15)
CUBE, CYLINDER, SPHERE, CAPSULE = range(4)
SHADED = 0.5 * 255


def materials(scale, shape, orientation):
    return view(scale, shape, orientation).material.reshape(64, 64)


def lights(scale, shape, orientation):
    return view(scale, shape, orientation).light.reshape(64, 64)


def box(mask):
    """First and last column, first and last row."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return columns[0], columns[-1], rows[0], rows[-1]


def image(*levels):
    """One image ``(64, 64, 3)``."""
    return render(np.array([levels]))[0].transpose(1, 2, 0).astype(int)


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(0, 43), (1, 47), (2, 50), (3, 54), (4, 58), (5, 61), (9, 0), (10, 4), (11, 8), (12, 12), (13, 15), (14, 19)],
)
def test_room_corners_are_where_the_original_has_them(orientation, corner):
    row = lights(0, CUBE, orientation)[25]
    (change,) = np.flatnonzero(np.diff(row))
    assert abs(change - corner) <= 1


@pytest.mark.parametrize("orientation", [6, 7, 8])
def test_no_corner_shows_in_the_middle_orientations(orientation):
    assert np.unique(lights(0, CUBE, orientation)[25]).size == 1


@pytest.mark.parametrize(
    ("orientation", "rows"), [(0, [15, 17, 19, 19, 16]), (7, [17, 17, 17, 17, 17]), (14, [16, 19, 18, 17, 15])]
)
def test_walls_begin_in_the_originals_rows(orientation, rows):
    found = (materials(0, CUBE, orientation)[:, [0, 16, 32, 48, 63]] == WALL).argmax(axis=0)
    assert np.abs(found - rows).max() <= 1


@pytest.mark.parametrize(("orientation", "first", "last"), [(7, 41, 41), (0, 39, 42), (14, 39, 42)])
def test_the_floor_begins_in_the_originals_rows(orientation, first, last):
    found = (materials(0, CUBE, orientation)[:, [0, 8, 16, 48, 56, 63]] == FLOOR).argmax(axis=0)
    assert ((found >= first) & (found <= last)).all()


# Columns and rows, both ends included.
@pytest.mark.parametrize(
    ("shape", "orientation", "expected"),
    [
        (CUBE, 7, (24, 39, 38, 54)),
        (CUBE, 0, (23, 41, 37, 55)),
        (CYLINDER, 7, (24, 39, 37, 54)),
        (SPHERE, 7, (23, 39, 35, 52)),
        (CAPSULE, 7, (25, 38, 26, 52)),
    ],
)
def test_the_smallest_objects_fill_the_originals_boxes(shape, orientation, expected):
    found = box(materials(0, shape, orientation) == OBJECT)
    assert np.abs(np.subtract(found, expected)).max() <= 1


def test_capsules_grow_as_the_originals():
    boxes = np.array([box(materials(scale, CAPSULE, 14) == OBJECT) for scale in range(8)])
    assert np.abs(boxes[:, 2] - [26, 23, 21, 18, 15, 13, 10, 7]).max() <= 1
    assert (boxes[:, 3] == 52).all()
    widths = boxes[:, 1] - boxes[:, 0] + 1
    assert np.abs(widths - [14, 14, 16, 17, 18, 20, 22, 22]).max() <= 1


def test_the_largest_capsules_shadow_lies_where_the_originals_does():
    shadow = (materials(7, CAPSULE, 14) == FLOOR) & (lights(7, CAPSULE, 14) < SHADED)
    assert np.abs(np.subtract(box(shadow), (22, 54, 51, 60))).max() <= 3


@pytest.mark.parametrize("shape", range(4))
def test_shadows_are_darker_floor_to_the_right(shape):
    for orientation in range(15):
        shadow = (materials(2, shape, orientation) == FLOOR) & (lights(2, shape, orientation) < SHADED)
        body = materials(2, shape, orientation) == OBJECT
        assert 5 < shadow.sum() < 0.4 * body.sum()
        assert box(shadow)[1] > box(body)[1]
        assert np.unique(lights(2, shape, orientation)[shadow]).tolist() == [pytest.approx(0.33 * 255)]


def inside(shape, size, points):
    """Whether points ``(3, N)`` lie in a solid, from the definitions of the solids."""
    x, y, z = points
    around = np.hypot(x, z)
    if shape == CUBE:
        return (np.maximum(np.abs(x), np.abs(z)) <= 1.415 * size) & (y >= 0) & (y <= 2.83 * size)
    if shape == CYLINDER:
        return (around <= 1.56 * size) & (y >= 0) & (y <= 2.95 * size)
    if shape == SPHERE:
        return np.sqrt(x**2 + (y - 1.72 * size) ** 2 + z**2) <= 1.72 * size
    nearest = np.clip(y, 1.32 * size, (5.28 - 1.32) * size)
    return np.hypot(around, y - nearest) <= 1.32 * size


@pytest.mark.parametrize("shape", range(4))
def test_rays_meet_solids_where_small_steps_along_them_do(shape):
    solid = (ray_casting.cube, ray_casting.cylinder, ray_casting.sphere, ray_casting.capsule)[shape]
    eye, rays, _ = camera(3)
    rays = rays[:, stream("test", "rays").choice(64 * 64, 600, replace=False)]
    distance, normal = solid(eye, rays, 1.1)
    steps = np.arange(7.0, 14.0, 0.01)
    walked = inside(shape, 1.1, (eye[:, :, None] + rays[:, :, None] * steps).reshape(3, -1)).reshape(600, -1)
    met = np.isfinite(distance)
    assert 20 < met.sum() < 400
    assert np.count_nonzero(met != walked.any(axis=1)) <= 2  # a grazed edge may fall between two steps
    both = met & walked.any(axis=1)
    first = steps[walked.argmax(axis=1)]
    assert (first[both] - distance[both] > -1e-9).all()
    assert np.quantile(first[both] - distance[both], 0.95) <= 0.01
    points = (eye + np.where(met, distance, 0.0) * rays)[:, met]
    np.testing.assert_allclose(np.linalg.norm(normal[:, met], axis=0), 1, atol=1e-12)
    assert inside(shape, 1.1, points - 1e-6 * normal[:, met]).all()
    assert not inside(shape, 1.1, points + 1e-6 * normal[:, met]).any()


def test_a_ray_that_starts_beyond_a_solid_misses_it():
    start, ray = np.array([[0.0], [1.0], [-9.0]]), np.array([[0.01], [0.02], [-1.0]])
    for solid in (ray_casting.cube, ray_casting.cylinder, ray_casting.sphere, ray_casting.capsule):
        assert np.isinf(solid(start, ray, 1.0).distance).all()
        assert np.isfinite(solid(start, -ray, 1.0).distance).all()


def test_the_objects_foot_is_in_column_32_and_row_52_and_a_half():
    for orientation in range(15):
        eye, rays, forwards = camera(orientation)
        depth = -(eye * forwards).sum()
        assert depth == pytest.approx(10, abs=1e-8)
        assert 32 + 67.5 * eye[1, 0] / depth == pytest.approx(52.5, abs=0.1)
        towards = rays.reshape(3, 64, 64)[:, 52, 31:33].mean(axis=1)  # the middle of the image's width
        ground = eye[:, 0] - towards * eye[1, 0] / towards[1]
        assert np.hypot(ground[0], ground[2]) < 0.02


def test_hues_are_full_colours_of_hsv():
    hues = np.arange(10) / 10
    np.testing.assert_allclose(colour(hues), [colorsys.hsv_to_rgb(hue, 1, 1) for hue in hues], atol=1e-12)


def test_each_hue_paints_its_own_part():
    plain = image(0, 5, 3, 4, SPHERE, 14)
    seen = materials(4, SPHERE, 14)
    assert np.unique(plain[seen == SKY], axis=0).tolist() == [[153, 226, 249]]
    for factor, material in enumerate((FLOOR, WALL, OBJECT)):
        levels = [0, 5, 3, 4, SPHERE, 14]
        levels[factor] = 7
        changed = (image(*levels) != plain).any(axis=2)
        np.testing.assert_array_equal(changed, seen == material)
    floor = plain[(seen == FLOOR) & (lights(4, SPHERE, 14) > SHADED)]
    assert np.unique(floor, axis=0).tolist() == [[255, 0, 0]]
    dark = plain[(seen == FLOOR) & (lights(4, SPHERE, 14) < SHADED)]
    assert np.unique(dark, axis=0).tolist() == [[84, 0, 0]]


def test_objects_are_shaded_from_their_middle_to_their_outline_and_brightest_on_top():
    picture, seen = image(0, 5, 3, 7, CAPSULE, 14), materials(7, CAPSULE, 14) == OBJECT
    row = np.flatnonzero(seen[35])
    green = picture[35, :, 1]
    assert 0.9 * 255 < green[32] < 0.97 * 255
    assert 0.6 * 255 < green[row[0]] < 0.8 * 255
    assert 0.5 * 255 < green[row[-1]] < 0.8 * 255
    assert picture[9, 31, 1] == 255
    assert picture[9, 31, 2] > 10  # a little white on top
    assert picture[35, 31, 2] == 0


def test_images_are_distinct_and_do_not_depend_on_their_company():
    levels = np.stack([stream("test", "company", k).integers(0, size, 300) for k, size in enumerate(SIZES)], axis=1)
    together = render(levels)
    assert (together.shape, together.dtype) == ((300, 3, 64, 64), np.uint8)
    np.testing.assert_array_equal(np.concatenate([render(one[None]) for one in levels]), together)
    assert len({each.tobytes() for each in together}) == len(np.unique(levels, axis=0))
    assert render(levels[:0]).shape == (0, 3, 64, 64)


def test_every_form_is_another_picture():
    forms = np.array([(0, 5, 3, *form) for form in np.ndindex(8, 4, 15)])
    assert len({each.tobytes() for each in render(forms)}) == 480


def test_the_flat_index_is_the_originals(tmp_path):
    whole = factor_space(Shapes3dOptions(), tmp_path)
    assert whole.names == ("floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation")
    assert whole.strides.tolist() == [48_000, 4800, 480, 60, 15, 1]
    assert len(whole) == 480_000


def test_prepared_images_are_the_grids(shelf, tmp_path):
    options = {"levels": {"floor_hue": 2, "wall_hue": 1, "orientation": 3}, "n": 60}
    arrays = shelf.arrays("shapes3d_rendered", **options)
    kept = factor_space(Shapes3dOptions.model_validate(options), tmp_path)
    assert kept.names == ("floor_hue", "object_hue", "scale", "shape", "orientation")
    np.testing.assert_array_equal(kept.images(arrays["train_factors"].astype(np.int64)), arrays["train"])
    np.testing.assert_array_equal(arrays["train_labels"], arrays["train_factors"][:, 3])


def test_the_bytes_are_pinned(shelf):
    digest = shelf.prepare("shapes3d_rendered", n=300)["digest"]
    assert digest == "ea5692ae226f144bc2466f621ebaeb087d510a391420bd7cd9499182e3ca6d29"
