"""Sub-folders named for parts: they are the split, or the folder is refused."""

from pathlib import Path

import pytest


@pytest.fixture
def parts(shelf, album):
    """Fills folders, and returns those that each part's pictures come from."""

    def filled(*folders, **options):
        contents = {
            values.transpose(2, 0, 1).tobytes(): folder
            for folder in folders
            for values in album(f"in/{folder}", 5, seed=folder).values()
        }
        arrays = shelf.arrays("image_folder", path="in", **options)
        return {part: sorted({contents[row.tobytes()] for row in arrays[part]}) for part in ("train", "test")}

    return filled


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train", "test"), ("Train", "Test"), ("TRAINING", "Testing"), ("train", "val"), ("Train", "Validation"),
        ("train2017", "val2017"), ("train_set", "test_set"), ("train-images", "valid"), ("train/cats", "test/cats"),
        ("set/train", "set/test/dogs"), ("cats/train", "cats/test"),
    ],
)  # fmt: skip
def test_the_usual_names_are_the_split(parts, train, test):
    assert parts(train, test) == {"train": [train], "test": [test]}


def test_a_validation_folder_beside_a_test_folder_is_left_out_and_counted(shelf, parts):
    assert parts("train", "val", "test") == {"train": ["train"], "test": ["test"]}
    assert shelf.prepare("image_folder", path="in")["note"] == (
        "10 pictures: 10 RGB. training part: 'train'; test part: 'test'; left out: 5 pictures in 'val' "
        "(n_validation cuts from the training part)"
    )


def test_the_split_can_be_given_up(parts):
    assert parts("train", "test", split="random", test_fraction=0.5)["train"] == ["test", "train"]


@pytest.mark.parametrize("folders", [("train",), ("test", "test/deep"), ("cats", "dogs"), ("training_day", "tested")])
def test_without_a_split_a_share_is_held_out_at_random(parts, folders):
    assert parts(*folders, test_fraction=0.5)["train"] == sorted(folders)


@pytest.mark.parametrize(
    ("folders", "sentence"),
    [
        (
            ("train", "test", ""),
            "has the sub-folders 'test' and 'train', but also 5 images outside of them ('00.png'…); move them, or give "
            "split: random to pool them all",
        ),
        (("Train", "cats"), "has the sub-folder 'Train', but also 5 images outside of it ('cats/00.png'…); move them"),
        (
            ("test", "val"),
            "has the sub-folders 'test' and 'val', but none that is named for training ('train'); rename one, or give",
        ),
    ],
)
def test_names_that_make_no_split_are_refused(shelf, album, folders, sentence):
    for folder in folders:
        album(f"in/{folder}", 5)
    (problem,) = shelf.inspect("image_folder", path="in").problems
    assert problem.startswith(f"path = 'in': {sentence}")
    assert shelf.inspect("image_folder", path="in", split="random").problems == ()


def test_endings_count_in_any_case(shelf, picture):
    for name in ("a.PNG", "b.Jpg", "c.jfif", "d.TIF", "e.GIF", "f.ppm", "g.JPEG", "h.bmp", "i.webp", "j.pgm"):
        picture(f"in/{name}", mode="L", **({"format": "JPEG"} if name == "c.jfif" else {}))
    described = shelf.prepare("image_folder", path="in", channels=1)
    assert described["n_train"] + described["n_test"] == 10


def test_what_no_ending_tells_is_counted(shelf, album):
    album("in", 3)
    for name in ("a.heic", "b.heic", "c.txt", "d", "e.1", "f.2", "g.3"):
        Path("in", name).write_text("")
    note = shelf.check("image_folder", path="in").notes[0]
    assert note == "3 pictures: 3 RGB. left out: other files, 2 '.heic', 1 '.1', 1 '.2', 1 '.3', 1 '.txt' and 1 more"
