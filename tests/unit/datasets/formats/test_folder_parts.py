"""Sub-folders named for parts: they are the split, or the folder is refused."""

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
        ("X_train", "X_test"), ("cats_train", "cats_test"), ("imagesTr", "imagesTs"), ("train_cats", "test_cats"),
        ("trainA", "testA"), ("Xtrain", "Xtest"), ("faces-Training", "Faces-Validation"), ("x_tr", "x_te"),
        ("in/x_train/a", "in/x_test/b"), ("set_train_images", "set_val_images"),
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


def test_several_pairs_are_one_split(shelf, album):
    for folder in ("trainA", "trainB", "testA", "testB"):
        album(f"in/{folder}", 5, seed=folder)
    described = shelf.prepare("image_folder", path="in")
    assert (described["n_train"], described["n_test"]) == (10, 10)
    assert described["note"].endswith("training part: 'trainA' and 'trainB'; test part: 'testA' and 'testB'")


@pytest.mark.parametrize(
    ("folders", "options", "note"),
    [
        (("cats", "dogs"), {}, "test part: 1 of 10 files, drawn at random"),
        (("cats", "dogs"), {"split": "random", "test_fraction": 0.3}, "test part: 3 of 10 files, drawn at random"),
        (
            ("train", "test"),
            {"split": "random"},
            "test part: 1 of 10 files, drawn at random; sub-folders named for parts are pooled",
        ),
        (
            ("train/a", "train/b"),
            {},
            "test part: 1 of 10 files, drawn at random: all lie in 'train', and no folder is named for test",
        ),
        (
            ("test", "test/deep"),
            {},
            "test part: 1 of 10 files, drawn at random: all lie in 'test', and no folder is named for training",
        ),
    ],
)
def test_a_part_drawn_at_random_is_told_with_its_count(shelf, album, folders, options, note):
    for folder in folders:
        album(f"in/{folder}", 5, seed=folder)
    assert shelf.prepare("image_folder", path="in", **options)["note"] == f"10 pictures: 10 RGB. {note}"


@pytest.mark.parametrize(
    "folders",
    [
        ("train",), ("test", "test/deep"), ("cats", "dogs"), ("training_day", "tested"), ("greatest", "strain"),
        ("cats_train", "dogs"), ("contest", "restrain"),
    ],
)  # fmt: skip
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
        (
            ("cats_train", "dogs_test"),
            "'cats_train' and 'dogs_test' seem to be named for parts, but don't differ by these alone; call them "
            "'train' and 'test', or give split: random to pool them all",
        ),
        (
            ("a/imagesTr", "a/labelsTs"),
            "'a/imagesTr' and 'a/labelsTs' seem to be named for parts, but don't differ by these alone",
        ),
        (
            ("cats_train", "cats_test", "dogs_train"),
            "has the sub-folders 'cats_test' and 'cats_train', but also 5 images outside of them ('dogs_train/00.png'…",
        ),
        (("train", "cats_test"), "has the sub-folder 'train', but also 5 images outside of it ('cats_test/00.png'…"),
    ],
)
def test_names_that_make_no_split_are_refused(shelf, album, folders, sentence):
    for folder in folders:
        album(f"in/{folder}", 5)
    (problem,) = shelf.inspect("image_folder", path="in").problems
    assert problem.startswith(f"path = 'in': {sentence}")
    assert shelf.inspect("image_folder", path="in", split="random").problems == ()
