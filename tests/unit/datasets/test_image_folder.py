"""A user's own folder of images."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentdim.datasets import image_folder


def test_images_come_as_bytes_channels_first_each_once(shelf, album):
    pictures = album("in")
    info, arrays = shelf.inspect("image_folder", path="in"), shelf.arrays("image_folder", path="in")
    assert (info.shape, info.n_train) == ((3, 4, 6), 18)
    assert (arrays["train"].shape, arrays["test"].shape) == ((18, 3, 4, 6), (2, 3, 4, 6))
    found = {row.tobytes() for part in arrays.values() for row in part}
    assert found == {values.transpose(2, 0, 1).tobytes() for values in pictures.values()}


def test_upright_stays_upright(shelf):
    Path("in").mkdir()
    for name, value in (("a.png", 200), ("b.png", 100)):
        values = np.zeros((4, 6), np.uint8)
        values[0, 5] = value  # top right
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
        values[:, 4 + i : 12 + i] = 100 + i  # the central square
        Image.fromarray(values).save(f"in/{i}.png")
    arrays = shelf.arrays("image_folder", path="in", size=4, channels=1)
    assert arrays["train"].shape == (2, 1, 4, 4)
    every = np.concatenate([arrays["train"], arrays["test"]]).reshape(3, -1)
    assert {frozenset(row) for row in every.tolist()} == {
        frozenset({100 + i}) for i in range(3)
    }  # nothing from outside of it


def test_shrinking_averages(shelf):
    Path("in").mkdir()
    board = np.indices((64, 64)).sum(axis=0) % 2 * 255
    for i in range(2):
        Image.fromarray(np.roll(board, i, axis=0).astype(np.uint8)).save(f"in/{i}.png")
    image = shelf.arrays("image_folder", path="in", size=8, channels=1)["train"][0]
    assert np.abs(image.astype(int) - 127.5).max() < 8


def test_size_leaves_images_of_that_size_untouched(shelf, album):
    pictures = album("in", 4, width=5, height=5)
    arrays = shelf.arrays("image_folder", path="in", size=5)
    assert {row.tobytes() for part in arrays.values() for row in part} == {
        v.transpose(2, 0, 1).tobytes() for v in pictures.values()
    }


def test_any_change_of_the_folder_changes_the_fingerprint(shelf, picture, album):
    def now():
        return shelf.inspect("image_folder", path="in").fingerprint

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


def test_what_is_left_out_or_changed_is_counted(shelf, picture, album):
    album("in", 3)
    picture("in/a.png", mode="L", width=1, height=1)
    picture("in/b.png", mode="RGBA", width=9, height=9)
    picture("in/c.gif", mode="L", width=9, height=9)
    Path("in/notes.txt").write_text("no image")
    Path("in/.hidden.png").write_text("no image")
    described = shelf.prepare("image_folder", path="in", size=4, background="white")
    assert described["pictures"] == {
        "RGB": 4, "grey": 1, "of a palette": 1, "with transparency, laid on white": 1, "cropped to a square": 3,
        "made smaller": 2, "enlarged from 1×1": 1,
    }  # fmt: skip
    note = (
        "6 pictures (5 .png, 1 .gif): 4 RGB; 1 grey; 1 of a palette; 1 with transparency, laid on white; "
        "3 cropped to a square; 2 made smaller; 1 enlarged from 1×1. test part: 1 of 6 files, drawn at random. "
        "left out: other files, 1 '.txt' and 1 hidden"
    )
    assert described["note"] == note
    assert shelf.check("image_folder", path="in", size=4, background="white").notes == (note,)


def test_every_page_is_a_picture_where_asked_and_pages_of_a_file_stay_together(shelf, pages):
    contents = {f"{index}.tif": pages(f"in/{index}.tif", 5) for index in range(10)}
    info, arrays = shelf.inspect("image_folder", path="in", pages="all"), None
    arrays = shelf.arrays("image_folder", path="in", pages="all", channels=1)
    assert (info.n_train, len(arrays["train"]), len(arrays["test"])) == (45, 45, 5)
    every = {row.tobytes() for part in arrays.values() for row in part}
    assert every == {page.tobytes() for its in contents.values() for page in its}
    held_out = {row.tobytes() for row in arrays["test"]}
    assert held_out in [{page.tobytes() for page in its} for its in contents.values()]
    first = shelf.arrays("image_folder", path="in", pages="first", channels=1)
    assert {row.tobytes() for part in first.values() for row in part} == {its[0].tobytes() for its in contents.values()}


def test_the_background_shows_through(shelf):
    Path("in").mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGBA", (4, 4), (10, 20, 30, 0)).save(f"in/{name}")
    for background, values in (("black", (0, 0, 0)), ("white", (255, 255, 255)), ("#102030", (16, 32, 48))):
        Image.new("RGBA", (4, 4), (200, 20, 30, 255)).save("in/c.png")
        images = shelf.arrays("image_folder", path="in", background=background)
        colours = {tuple(row[:, 0, 0]) for part in images.values() for row in part}
        assert colours == {values, (200, 20, 30)}


def test_planning_reads_one_header_however_many_images_there_are(shelf, album, monkeypatch):
    album("in", 12)
    opened = []
    read = image_folder.pages_of
    monkeypatch.setattr(image_folder, "pages_of", lambda path: opened.append(path) or read(path))
    shelf.inspect("image_folder", path="in")
    assert opened == [Path("in/00.png")]
    shelf.inspect("image_folder", path="in", size=4)
    assert len(opened) == 1
