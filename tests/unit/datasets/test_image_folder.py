"""A user's own folder of images."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentdim.datasets.pictures import pixels_of, size_of


def test_images_come_as_bytes_channels_first_each_once(shelf, album):
    pictures = album("in")
    look, arrays = shelf.look("image_folder", path="in"), shelf.arrays("image_folder", path="in")
    assert (look.shape, look.n_train) == ((3, 4, 6), 18)
    assert (arrays["train"].shape, arrays["test"].shape) == ((18, 3, 4, 6), (2, 3, 4, 6))
    found = {row.tobytes() for part in arrays.values() for row in part}
    assert found == {values.transpose(2, 0, 1).tobytes() for values in pictures.values()}


def test_upright_stays_upright(shelf):
    Path("in").mkdir()
    for name in ("a.png", "b.png"):
        values = np.zeros((4, 6), np.uint8)
        values[0, 5] = 200  # top right
        Image.fromarray(values).save(Path("in") / name)
    image = shelf.arrays("image_folder", path="in", channels=1)["train"][0, 0]
    assert np.argwhere(image).tolist() == [[0, 5]]


def test_sub_folders_count_and_hidden_files_do_not(shelf, picture, album):
    album("in", 5)
    picture("in/deep/er/x.JPG", quality=95)
    picture("in/deep/y.bmp")
    picture("in/.hidden.png", width=9)
    picture("in/.cache/z.png", width=9)
    (Path("in") / "notes.txt").write_text("no image")
    described = shelf.prepare("image_folder", path="in")
    assert described["n_train"] + described["n_test"] == 7


def test_train_and_test_folders_are_the_parts(shelf, picture, album):
    train = album("in/train", 6)
    test = album("in/test/cats", 3, seed="test")
    arrays = shelf.arrays("image_folder", path="in", test_fraction=0.5)
    for part, pictures in (("train", train), ("test", test)):
        assert {row.tobytes() for row in arrays[part]} == {v.transpose(2, 0, 1).tobytes() for v in pictures.values()}
    picture("in/stray.png")
    (problem,) = shelf.look("image_folder", path="in").problems
    assert problem == (
        "path = 'in': has the sub-folders 'train' and 'test', but also 1 images outside of them ('stray.png'…)"
    )


def test_one_of_the_two_folders_alone_is_an_ordinary_sub_folder(shelf, album):
    album("in/train", 10)
    assert shelf.look("image_folder", path="in").n_train == 9


def test_the_split_depends_on_names_alone(shelf, album):
    album("one")
    album("two")
    for name in sorted(Path("two").iterdir(), reverse=True):
        os.utime(name, (1, 1))
    assert shelf.prepare("image_folder", path="one")["digest"] == shelf.prepare("image_folder", path="two")["digest"]


def test_the_order_is_not_the_names_order(shelf, album):
    pictures = album("in")
    train = shelf.arrays("image_folder", path="in")["train"]
    by_name = [v.transpose(2, 0, 1).tobytes() for v in pictures.values()]
    positions = [by_name.index(row.tobytes()) for row in train]
    assert positions != sorted(positions)


def test_size_crops_the_central_square_and_resizes(shelf):
    Path("in").mkdir()
    for i in range(3):
        values = np.zeros((8, 16 + 2 * i), np.uint8)
        values[:, 4 + i : 12 + i] = 100  # the central square
        Image.fromarray(values).save(f"in/{i}.png")
    arrays = shelf.arrays("image_folder", path="in", size=4, channels=1)
    assert arrays["train"].shape == (2, 1, 4, 4)
    assert (arrays["train"] == 100).all()  # nothing from outside of it
    assert (arrays["test"] == 100).all()


def test_shrinking_averages(shelf):
    Path("in").mkdir()
    board = np.indices((64, 64)).sum(axis=0) % 2 * 255
    for i in range(2):
        Image.fromarray(board.astype(np.uint8)).save(f"in/{i}.png")
    image = shelf.arrays("image_folder", path="in", size=8, channels=1)["train"][0]
    assert np.abs(image.astype(int) - 127.5).max() < 8


def test_size_leaves_images_of_that_size_untouched(shelf, album):
    pictures = album("in", 4, width=5, height=5)
    arrays = shelf.arrays("image_folder", path="in", size=5)
    assert {row.tobytes() for part in arrays.values() for row in part} == {
        v.transpose(2, 0, 1).tobytes() for v in pictures.values()
    }


def test_grey_and_colour_convert_both_ways(tmp_path, picture):
    grey = picture(tmp_path / "grey.png", mode="L")
    np.testing.assert_array_equal(pixels_of(tmp_path / "grey.png", channels=3, crop_to=None), np.stack([grey] * 3))
    colour = picture(tmp_path / "colour.png").astype(float)
    weighted = colour @ [0.299, 0.587, 0.114]
    found = pixels_of(tmp_path / "colour.png", channels=1, crop_to=None)
    assert np.abs(found[0] - weighted).max() <= 1


def test_transparent_pixels_lie_over_black(tmp_path, picture):
    values = picture(tmp_path / "x.png", mode="RGBA").astype(float)
    expected = values[..., :3] * values[..., 3:] / 255
    found = pixels_of(tmp_path / "x.png", channels=3, crop_to=None).transpose(1, 2, 0)
    assert np.abs(found - expected).max() <= 1


def test_the_cameras_orientation_is_applied(tmp_path, picture):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned clockwise by a quarter
    values = picture(tmp_path / "x.png", mode="L", exif=exif)
    assert size_of(tmp_path / "x.png") == (6, 4)
    np.testing.assert_array_equal(pixels_of(tmp_path / "x.png", channels=1, crop_to=None)[0], np.rot90(values, -1))


def test_any_change_of_the_folder_changes_the_fingerprint(shelf, picture, album):
    def now():
        return shelf.look("image_folder", path="in").fingerprint

    album("in", 4)
    seen = [now()]
    assert now() == seen[0]
    for change in (
        lambda: picture("in/new.png"),
        lambda: Path("in/new.png").rename("in/newer.png"),
        lambda: os.utime("in/newer.png", (1, 1)),
        lambda: picture("in/00.png", seed="other"),
        lambda: Path("in/newer.png").unlink(),
    ):
        change()
        seen.append(now())
    assert len(set(seen)) == len(seen)


def test_a_changed_folder_is_prepared_again_and_an_unchanged_one_is_not(shelf, monkeypatch, picture, album):
    album("in", 4)
    first = shelf.prepare("image_folder", path="in")
    with monkeypatch.context() as patch:
        patch.setattr("latentdim.datasets.image_folder.prepare", lambda *_: pytest.fail("prepared again"))
        assert shelf.prepare("image_folder", path="in") == first
    picture("in/00.png", seed="other")
    assert shelf.prepare("image_folder", path="in")["digest"] != first["digest"]


def test_links_are_followed_and_loops_end(shelf, tmp_path, monkeypatch, album):
    monkeypatch.setenv("HOME", str(tmp_path))
    album("real", 3)
    Path("in").mkdir()
    Path("in/all").symlink_to(tmp_path / "real")
    Path("in/loop").symlink_to(tmp_path / "in")
    Path("in/one.png").symlink_to(tmp_path / "real/00.png")
    described = shelf.prepare("image_folder", path="~/in")
    assert described["n_train"] + described["n_test"] == 4
    Path("in/broken.png").symlink_to(tmp_path / "nowhere.png")
    (problem,) = shelf.look("image_folder", path="in").problems
    assert problem == "path = 'in': 'in/broken.png': No such file or directory"
