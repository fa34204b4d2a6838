"""The kept part of a factor space: which levels, which examples, and what a mistake is answered with."""

from collections import Counter

import numpy as np
import pytest
from pydantic import ValidationError

from latentdim.datasets.dsprites_rendered import DspritesKept, render
from latentdim.datasets.factor_spaces.kept import kept_space
from latentdim.registry.declarations import resolve

FEW = {"levels": {"scale": 2, "orientation": 4, "position_x": 2, "position_y": 1}}


def rows_of(arrays):
    """Each example's factors, both parts together."""
    return [tuple(row) for part in ("train", "test") for row in arrays[f"{part}_factors"]]


def test_kept_levels_are_the_middles_of_equal_shares():
    kept = DspritesKept(shape=1, scale=3, orientation=8, position_x=32, position_y=5)
    shape, scale, orientation, x, y = (levels.tolist() for levels in kept.levels())
    assert (shape, scale, x) == ([1], [1, 3, 5], list(range(32)))
    assert orientation == [2, 7, 12, 17, 22, 27, 32, 37]
    assert y == [3, 9, 16, 22, 28]


def test_prepared_is_every_combination_once_with_its_image_and_class(shelf):
    arrays = shelf.arrays("dsprites_rendered", **FEW)
    assert Counter(rows_of(arrays)) == Counter(
        (a, b, c, d) for a in range(3) for b in (0, 1) for c in range(4) for d in (0, 1)
    )
    assert (len(arrays["train"]), len(arrays["test"])) == (43, 5)
    for part in ("train", "test"):
        factors, labels = arrays[f"{part}_factors"], arrays[f"{part}_labels"]
        assert (factors.dtype, labels.dtype) == (np.float32, np.int64)
        np.testing.assert_array_equal(labels, factors[:, 0])
        shape, scale, orientation, x = factors.astype(int).T
        whole = [shape, np.array([1, 4])[scale], np.array([5, 15, 25, 35])[orientation], np.array([8, 24])[x]]
        levels = np.stack([*whole, np.full(len(factors), 16)], axis=1)
        np.testing.assert_array_equal(arrays[part], render(levels))


def test_the_factor_space_renders_what_was_prepared(shelf):
    arrays, spec = shelf.arrays("dsprites_rendered", n=30, **FEW), shelf.spec("dsprites_rendered", n=30, **FEW)
    space = resolve(spec.kind.factor_space)(spec.options, spec.folder(shelf.results))
    assert (space.names, space.sizes) == (("shape", "scale", "orientation", "position_x"), (3, 2, 4, 2))
    np.testing.assert_array_equal(space.images(arrays["train_factors"].astype(np.int64)), arrays["train"])


def test_fewer_examples_are_distinct_random_and_the_first_of_more(shelf):
    few, more = (
        shelf.arrays("dsprites_rendered", n=n, test_fraction=fraction) for n, fraction in ((200, 0.1), (400, 0.05))
    )
    assert (len(few["train"]), len(few["test"]), len(more["train"])) == (180, 20, 380)
    assert len(set(rows_of(more))) == 400
    np.testing.assert_array_equal(more["train"][:180], few["train"])
    means = few["train_factors"].mean(axis=0) / ((np.array([3, 6, 40, 32, 32]) - 1) / 2)
    np.testing.assert_allclose(means, 1, atol=0.25)  # 4 standard errors of a mean over 180


@pytest.mark.parametrize("change", [{"seed": 1}, {"n": 31}, {"levels": {"scale": 3}}, {"test_fraction": 0.5}])
def test_every_option_changes_the_data(shelf, change):
    base = {"n": 30} | FEW
    assert (
        shelf.prepare("dsprites_rendered", **base)["digest"]
        != shelf.prepare("dsprites_rendered", **base | change)["digest"]
    )


def test_batches_do_not_matter(shelf, monkeypatch):
    whole = shelf.arrays("dsprites_rendered", **FEW)["train"]
    monkeypatch.setattr("latentdim.datasets.factor_spaces.kept.BATCH", 7)
    other = type(shelf)(shelf.results / "other")
    np.testing.assert_array_equal(other.arrays("dsprites_rendered", **FEW)["train"], whole)


def test_levels_that_are_all_there_are_is_the_same_as_not_naming_them(shelf):
    assert shelf.spec("dsprites_rendered", levels={"scale": 6}).key == shelf.spec("dsprites_rendered").key


def test_a_single_shape_is_no_class(shelf):
    options = {"levels": {"shape": 1, "scale": 2, "orientation": 4, "position_x": 1, "position_y": 1}}
    assert shelf.inspect("dsprites_rendered", **options).n_classes is None
    assert "train_labels" not in shelf.arrays("dsprites_rendered", **options)


def test_levels_outside_the_kept_factor_space_have_no_image():
    space = kept_space(DspritesKept(scale=2), render)
    with pytest.raises(IndexError):
        space.images(np.array([[0, 2, 0, 0, 0]]))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"levels": {"position_z": 4}}, "Extra inputs are not permitted"),
        ({"levels": {"position_x": 33}}, "less than or equal to 32"),
        ({"levels": {"shape": 0}}, "greater than or equal to 1"),
        ({"levels": dict.fromkeys(DspritesKept().counts(), 1)}, "should keep two levels of a factor at least"),
        ({"n": 737_281}, "should be at most 737,280, the images of the kept factor space"),
        ({"n": 49} | FEW, "should be at most 48, the images of the kept factor space"),
        ({"n": 1}, "greater than or equal to 2"),
        ({"test_fraction": 1.0}, "less than 1"),
    ],
)
def test_options_that_do_not_fit_are_refused(shelf, options, sentence):
    with pytest.raises(ValidationError, match=sentence):
        shelf.spec("dsprites_rendered", **options)


@pytest.mark.parametrize(
    ("name", "levels", "dims"),
    [
        ("dsprites_rendered", {"orientation": 40}, (1, 2)),  # a circle
        ("dsprites_rendered", {"position_x": 32, "position_y": 32}, (2, 2)),
        ("dsprites_rendered", {"shape": 3}, (0, 1)),  # three points
        ("dsprites_rendered", {"shape": 3, "position_x": 32}, (1, 1)),  # three intervals, end to end
        ("dsprites_rendered", {"orientation": 40, "scale": 6}, (2, 2)),  # a ring
        ("dsprites_rendered", {"orientation": 40, "scale": 2}, (1, 2)),  # two circles, side by side
        ("shapes3d_rendered", {"floor_hue": 10, "wall_hue": 10}, (2, 3)),  # a torus
        ("shapes3d_rendered", {"floor_hue": 10, "wall_hue": 10, "orientation": 15}, (3, 3)),  # a thick torus
    ],
)
def test_dimensions_of_chosen_factors(shelf, name, levels, dims):
    declared = shelf.spec(name).options.levels
    spec = shelf.spec(name, levels=dict.fromkeys(declared.counts(), 1) | levels)
    assert (spec.intrinsic_dim, spec.true_dim) == dims


def test_dimensions_of_the_whole_factor_spaces(shelf):
    specs = [shelf.spec(name) for name in ("dsprites_rendered", "shapes3d_rendered")]
    assert [(spec.intrinsic_dim, spec.true_dim) for spec in specs] == [(4, 4), (5, 5)]
