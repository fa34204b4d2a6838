"""dSprites drawn again: the geometry measured on the original, its factor space, the same bytes on any machine."""

import hashlib
import itertools

import numpy as np
import pytest
from matplotlib.path import Path as Outline

from latentdim.datasets.dsprites_rendered import SCALES, DspritesKept, DspritesOptions, factor_space, render, windows
from latentdim.system.seeds import stream

SIZES = (3, 6, 40, 32, 32)
SQUARE, ELLIPSE, HEART = range(3)
ALL = DspritesKept()


def images(*levels):
    """Images ``(N, 64, 64)`` of 0 and 1, of every combination of the given levels."""
    chosen = np.array(list(itertools.product(*(np.atleast_1d(each) for each in levels))))
    return render(chosen)[:, 0] // 255


def outline(shape):
    """A polygon of 4,000 corners along the shape's outline at scale 1; x right, y up."""
    t = np.linspace(0, 2 * np.pi, 4001)
    if shape == SQUARE:
        return Outline(9.598 * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]))
    if shape == ELLIPSE:
        return Outline(np.column_stack([12.7657 * np.cos(t), 7.2132 * np.sin(t)]))
    y = 0.6622 * (13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) + 1.437
    return Outline(np.column_stack([9.594 * np.sin(t) ** 3, y]))


@pytest.mark.parametrize("shape", [SQUARE, ELLIPSE, HEART])
def test_a_pixel_is_on_where_its_centre_lies_inside_the_outline(shape):
    row, column = np.mgrid[:64, :64] + 0.5
    for levels in stream("test", "outline", shape).integers(0, SIZES, (12, 5)):
        _, scale, orientation, x, y = levels
        angle = 2 * np.pi * orientation / 39
        right, up = column - (16 + 32 * x / 31), (16 + 32 * y / 31) - row
        back = np.stack([np.cos(angle) * right + np.sin(angle) * up, np.cos(angle) * up - np.sin(angle) * right], -1)
        inside = outline(shape).contains_points(back.reshape(-1, 2) / SCALES[scale]).reshape(64, 64)
        np.testing.assert_array_equal(images(shape, *levels[1:])[0], inside)


def md5_of(*stacks):
    return hashlib.md5(np.packbits(np.concatenate(stacks)).tobytes()).hexdigest()


# Digests of frames of the original's published animation (dsprites.gif, 64 × 64), one bit a pixel.
@pytest.mark.parametrize(
    ("shape", "scales", "digest"),
    [
        (SQUARE, [0, 1, 2, 3, 4, 5], "adc7d682873f08653e31232bc7c3dc6a"),
        (ELLIPSE, [0, 1, 2, 3, 4, 5], "fd2543d3527f23233fcadba82aafa360"),
        (HEART, [0, 1, 2, 3, 5], "d5e0d078ff8f0db67b3df328f624a540"),
    ],
)
def test_scales_and_orientations_are_the_originals_bit_by_bit(shape, scales, digest):
    assert md5_of(images(shape, scales, 0, 0, 0), images(shape, 5, range(40), 0, 0)) == digest


def test_positions_are_the_originals_bit_by_bit():
    down, right = images(HEART, 5, 0, 0, range(32)), images(HEART, 5, 0, range(32), 31)
    assert md5_of(down, right) == "4c6bc2c6f92a672bb5c6426040f7e077"


@pytest.mark.parametrize(
    ("shape", "areas"),
    [
        (SQUARE, [100, 144, 196, 256, 324, 400]),
        (ELLIPSE, [76, 104, 144, 184, 228, 288]),
        (HEART, [58, 84, 108, 140, 180, 222]),  # the original's fifth is 182
    ],
)
def test_areas_are_those_of_the_original(shape, areas):
    assert images(shape, range(6), 0, 0, 0).sum(axis=(1, 2), dtype=int).tolist() == areas


@pytest.mark.parametrize(
    ("shape", "columns", "rows"),
    [(SQUARE, (6, 25), (6, 25)), (ELLIPSE, (3, 28), (9, 22)), (HEART, (6, 25), (7, 23))],
)
def test_extents_are_those_of_the_original(shape, columns, rows):
    (image,) = images(shape, 5, 0, 0, 0)
    for axis, expected in ((0, columns), (1, rows)):
        assert tuple(np.flatnonzero(image.any(axis=axis))[[0, -1]]) == expected


def test_a_heart_at_orientation_0_has_its_lobes_up():
    (image,) = images(HEART, 5, 0, 0, 0)
    assert image[7, 15:17].sum() == 0  # the notch
    assert image[7].sum() > 2
    assert image[23].sum() <= 2  # the tip
    np.testing.assert_array_equal(image[:, 6:26], image[:, 6:26][:, ::-1])


def test_sprites_turn_counter_clockwise():
    upright, turned = images(HEART, 5, [0, 10], 0, 0)  # 10 of 39 steps: 92 degrees
    corner = np.rot90(upright[:32, :32])  # numpy turns counter-clockwise too
    assert np.count_nonzero(corner != turned[:32, :32]) < 0.15 * upright.sum()
    assert np.count_nonzero(np.rot90(corner, 2) != turned[:32, :32]) > 0.3 * upright.sum()


def test_one_position_level_is_32_of_31_pixels_rightwards_and_downwards():
    near, far, below = images(SQUARE, 0, 0, [0, 31], [0, 31])[[0, 2, 1]]
    np.testing.assert_array_equal(np.roll(near, 32, axis=1), far)
    np.testing.assert_array_equal(np.roll(near, 32, axis=0), below)
    columns = [np.flatnonzero(image.any(axis=0)).mean() for image in images(SQUARE, 0, 0, range(32), 0)]
    assert np.abs(columns - (15.5 + 32 * np.arange(32) / 31)).max() <= 0.5


@pytest.mark.parametrize(("shape", "distinct"), [(SQUARE, 38), (ELLIPSE, 39), (HEART, 39)])
def test_the_first_and_the_last_orientation_are_one_image(shape, distinct):
    turned = images(shape, 5, range(40), 0, 0)
    np.testing.assert_array_equal(turned[0], turned[39])
    assert len({image.tobytes() for image in turned}) == distinct


def test_no_sprite_touches_the_border():
    ends = images(range(3), 5, range(39), [0, 31], [0, 31]).any(axis=0)
    assert (np.flatnonzero(ends.any(axis=0))[[0, -1]] == (3, 60)).all()
    assert (np.flatnonzero(ends.any(axis=1))[[0, -1]] == (3, 60)).all()


@pytest.mark.parametrize("shape", [SQUARE, ELLIPSE, HEART])
def test_no_pixel_is_so_near_an_edge_that_rounding_decides(shape):
    places = np.array(list(itertools.product(range(31), repeat=2)))  # positions 0 and 31 differ by whole pixels
    for scale, orientation in itertools.product(range(6), range(0, 39, 6)):
        levels = np.column_stack([np.tile((shape, scale, orientation), (len(places), 1)), places])
        assert np.abs(windows(levels)[2]).min() > 1e-8  # rounding is about 1e-14


def test_images_hold_two_bytes_and_do_not_depend_on_their_company():
    levels = stream("test", "company").integers(0, SIZES, (400, 5))
    together = render(levels)
    assert (together.shape, together.dtype) == ((400, 1, 64, 64), np.uint8)
    assert np.unique(together).tolist() == [0, 255]
    np.testing.assert_array_equal(np.concatenate([render(one[None]) for one in levels]), together)
    assert render(levels[:0]).shape == (0, 1, 64, 64)


def test_the_flat_index_is_the_originals(tmp_path):
    whole = factor_space(DspritesOptions(), tmp_path)
    assert whole.names == ("shape", "scale", "orientation", "position_x", "position_y")
    assert whole.strides.tolist() == [245_760, 40_960, 1024, 32, 1]
    assert len(whole) == 737_280


def test_the_bytes_are_pinned(shelf):
    digest = shelf.prepare("dsprites_rendered", n=500)["digest"]
    assert digest == "9988182d2283f1f51090ca056e47c9b01322de0dede394707d0c49c8fcec11e7"


def test_the_bare_name_stands_for_the_whole_factor_space(shelf):
    info = shelf.inspect("dsprites_rendered")
    assert (info.shape, info.n_train, info.n_factors, info.n_classes) == ((1, 64, 64), 663_552, 5, 3)
    assert info.prepared_mb == pytest.approx(737.28 * (4096 + 28) / 1000, rel=1e-6)
