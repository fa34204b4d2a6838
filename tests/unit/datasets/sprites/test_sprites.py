"""SPRITES: frames composed as published, in the published split. Tried on made sheets."""

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from latentdim.datasets.formats import sprite_sheets
from latentdim.datasets.sprites import SpritesOptions, inspect
from latentdim.registry.declarations import resolve
from latentdim.system.seeds import stream

FEW = {"levels": {"body": 2, "bottomwear": 1, "topwear": 2, "hair": 2, "frame": 3}}
ROWS, COLUMNS = {"front": (10, 2, 14), "left": (9, 1, 13), "right": (11, 3, 15)}, (8, 1, 2, 3, 4, 5, 6, 7)


def by_pillow(folder, character, row, column):
    """One frame ``(64, 64, 3)``, layer by layer with Pillow's own blending."""
    frame = Image.new("RGBA", (64, 64), (0, 0, 0, 255))
    for layer, number in zip(("body", "bottomwear", "topwear", "hair", "shoes"), (*character, 1), strict=True):
        sheet = Image.open(folder / layer / f"{number}.png").convert("RGBA")
        cell = sheet.crop((64 * column, 64 * row, 64 * column + 64, 64 * row + 64))
        frame = Image.alpha_composite(frame, cell)
    return np.asarray(frame.convert("RGB"))


def test_frames_are_pillows_layers_to_the_bit(made):
    wardrobe = sprite_sheets.Wardrobe.opened(SpritesOptions(path=str(made)))
    draws = stream("test", "frames")
    for action, direction in np.ndindex(3, 3):
        character, frame = draws.integers(0, 6, 4), draws.integers(0, 8)
        row = ROWS[("front", "left", "right")[direction]][action]
        columns = (COLUMNS, (0, 1, 2, 3, 4, 5, 4, 6), (0, 1, 2, 3, 4, 5, 4, 0))[action]
        (found,) = wardrobe.frames(np.array([[*character, action, direction, frame]]))
        np.testing.assert_array_equal(found.transpose(1, 2, 0), by_pillow(made, character, row, columns[frame]))


def test_blending_rounds_as_pillow_for_every_colour_and_opacity():
    colour, opacity = (each.reshape(256, 256) for each in np.divmod(np.arange(65_536), 256))
    for below in (0, 77, 255):
        base = Image.new("RGBA", (256, 256), (below, below, below, 255))
        top = Image.fromarray(np.dstack([colour, colour, colour, opacity]).astype(np.uint8))
        wanted = np.asarray(Image.alpha_composite(base, top))[..., 0]
        layer = sprite_sheets.Layer(
            (colour * opacity).astype(np.uint16)[None, None], (255 - opacity).astype(np.uint16)[None, None]
        )
        canvas = np.full((1, 256, 256), below, dtype=np.uint16)
        layer.over(canvas, np.array([0]), np.array([0]))
        np.testing.assert_array_equal(canvas[0], wanted)


def test_characters_stay_in_their_part_of_the_published_split(shelf, made):
    arrays = shelf.arrays("sprites", path="sheets", **FEW)
    order = np.random.RandomState(423).permutation(1296).tolist()
    assert order[:10] == [1116, 1135, 17, 469, 1293, 491, 869, 961, 91, 793]  # as the published scripts draw it
    assert (order[999:1005], order[-1]) == ([1043, 884, 1285, 252, 297, 947], 1262)
    kept = ([1, 4], [3], [1, 4], [1, 4])
    for part in ("train", "test"):
        factors = arrays[f"{part}_factors"].astype(int)
        assert arrays[f"{part}_factors"].dtype == np.float32
        places = zip(*(factors[:, column] for column in range(3)), strict=True)
        for body, top, hair in places:
            index = 216 * kept[0][body] + 36 * 3 + 6 * kept[2][top] + kept[3][hair]
            assert (order.index(index) < 1000) == (part == "train")
    together = np.concatenate([arrays["train_factors"], arrays["test_factors"]])
    assert len(np.unique(together, axis=0)) == len(together) == 2 * 2 * 2 * 9 * 3
    assert len(arrays["train"]) == shelf.inspect("sprites", path="sheets", **FEW).n_train


def test_examples_fit_their_factors_and_classes(shelf, made):
    arrays = shelf.arrays("sprites", path="sheets", **FEW)
    for place in range(0, len(arrays["train"]), 17):
        body, top, hair, action, direction, frame = arrays["train_factors"][place].astype(int)
        row = ROWS[("front", "left", "right")[direction]][action]
        columns = (COLUMNS, (0, 1, 2, 3, 4, 5, 4, 6), (0, 1, 2, 3, 4, 5, 4, 0))[action]
        character = ([1, 4][body], 3, [1, 4][top], [1, 4][hair])
        wanted = by_pillow(made, character, row, columns[[1, 4, 6][frame]])
        np.testing.assert_array_equal(arrays["train"][place].transpose(1, 2, 0), wanted)
        assert arrays["train_labels"][place] == 3 * action + direction


def test_the_factor_space_has_every_frame_from_the_prepared_arrays_alone(shelf, made):
    arrays, spec = shelf.arrays("sprites", path="sheets", **FEW), shelf.spec("sprites", path="sheets", **FEW)
    for sheet in made.rglob("*.png"):
        sheet.unlink()
    space = resolve(spec.kind.factor_space)(spec.options, spec.folder(shelf.results))
    assert space.names == ("body", "topwear", "hair", "action", "direction", "frame")
    for part in ("train", "test"):
        np.testing.assert_array_equal(space.images(arrays[f"{part}_factors"].astype(np.int64)), arrays[part])


def test_a_clip_is_its_frames_one_after_the_other(shelf, made):
    frames = shelf.arrays("sprites", path="sheets", **FEW)
    clips = shelf.arrays("sprites", path="sheets", form="clips", **FEW)
    assert clips["train"].shape[1:] == (9, 64, 64)
    assert len(clips["train"]) == len(frames["train"]) // 3
    for clip, factors in zip(clips["test"], clips["test_factors"], strict=True):
        rows = (frames["test_factors"][:, :-1] == factors).all(axis=1)
        order = np.argsort(frames["test_factors"][rows, -1])
        np.testing.assert_array_equal(clip, np.concatenate(frames["test"][rows][order]))
    whole = inspect(SpritesOptions(path="sheets", form="clips"))
    assert (whole.shape, whole.n_train, whole.n_factors) == ((24, 64, 64), 9000, 6)


def test_all_of_it_is_as_large_as_published(made):
    seen = inspect(SpritesOptions(path="sheets"))
    assert (seen.shape, seen.n_train, seen.n_factors, seen.n_classes) == ((3, 64, 64), 72_000, 7, 9)
    assert seen.prepared_mb == pytest.approx((9000 + 2664) * 8 * (3 * 4096 + 28 + 8) / 1e6)


def test_a_single_motion_is_no_class(shelf, made):
    options = {"levels": {**FEW["levels"], "action": 1, "direction": 1}}
    assert shelf.inspect("sprites", path="sheets", **options).n_classes is None
    assert "train_labels" not in shelf.arrays("sprites", path="sheets", **options)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"levels": {"body": 1, "bottomwear": 1, "topwear": 1, "hair": 1}}, "characters of both parts"),
        ({"levels": {"hair": 7}}, "less than or equal to 6"),
        ({"levels": {"shoes": 1}}, "Extra inputs"),
        ({"form": "clip"}, "'frames' or 'clips'"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, sentence):
    with pytest.raises(ValidationError, match=sentence):
        SpritesOptions.model_validate(options)


def test_where_the_sheets_lie_is_no_part_of_the_identity(shelf, made):
    assert shelf.spec("sprites", path="sheets").key == shelf.spec("sprites").key
