"""CIFAR-10: found, verified before anything is unpickled, and read narrowly."""

import errno
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from latentdim.datasets import cifar10
from latentdim.datasets.formats.checksums import Checksum
from latentdim.datasets.formats.pickled_batches import read_batch
from latentdim.datasets.prepared import Writer
from latentdim.system.problems import DataRefused

ARCHIVE, FOLDER = "cifar-10-python.tar.gz", "cifar-10-batches-py"


class Trap:
    """Unpickling it makes the folder 'trapped'."""

    def __reduce__(self):
        return os.mkdir, ("trapped",)


def refusal_of(shelf, **options):
    with pytest.raises(DataRefused) as refusal:
        shelf.prepare("cifar10", **options)
    assert shelf.leftovers() == []
    assert not Path("trapped").exists()
    return str(refusal.value)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("layout", [".", "cifar10"])
def test_archive_and_folder_give_the_files_arrays(shelf, small_cifar, packed, layout):
    small_cifar.write(Path("data", layout), packed=packed)
    arrays = shelf.in_source_order("cifar10")
    batches = [small_cifar.values[f"data_batch_{number}"] for number in range(1, 6)]
    np.testing.assert_array_equal(arrays["train"], np.concatenate([images for images, _ in batches]))
    assert arrays["train_labels"].tolist() == [label for _, labels in batches for label in labels]
    images, labels = small_cifar.values["test_batch"]
    np.testing.assert_array_equal(arrays["test"], images)
    assert (arrays["test_labels"].tolist(), arrays["test_labels"].dtype) == (labels, np.int64)


def test_the_batches_folder_itself_may_be_named(shelf, small_cifar):
    small_cifar.write("here")
    assert shelf.arrays("cifar10", path=f"here/{FOLDER}")["train"].shape == (20, 3, 32, 32)


def test_a_missing_batch_is_a_problem_naming_it_and_the_archive(shelf, small_cifar):
    here = small_cifar.write("here")
    (here / FOLDER / "data_batch_3").rename(here / FOLDER / "data_batch_3.bin")
    (problem,) = shelf.inspect("cifar10", path="here").problems
    assert problem == (
        f"path = 'here': CIFAR-10 isn't whole there; missing, or all of them as '{ARCHIVE}' "
        f"({cifar10.ARCHIVE_CHECKSUM}): '{FOLDER}/data_batch_3' ({cifar10.BATCHES['data_batch_3']}); "
        "the nearest there: 'data_batch_3.bin'"
    )


def test_a_booby_trapped_batch_is_refused_by_its_checksum_and_not_run(shelf, small_cifar, pickled, tarred):
    here = small_cifar.write("here")
    (here / FOLDER / "data_batch_2").write_bytes(pickled(Trap()))
    text = refusal_of(shelf, path="here")
    assert text.startswith(f"'here/{FOLDER}/data_batch_2': expected content with md5 ")
    trapped = small_cifar.plain | {f"{FOLDER}/data_batch_2": pickled(Trap())}
    (here / ARCHIVE).write_bytes(tarred(trapped))
    assert refusal_of(shelf, path="here").startswith(f"'here/{ARCHIVE}': expected content with md5 ")


@pytest.mark.parametrize("packed", [False, True])
def test_a_trap_with_the_right_checksum_is_not_run_either(shelf, small_cifar, pickled, tarred, monkeypatch, packed):
    files = small_cifar.plain | {f"{FOLDER}/data_batch_2": pickled(Trap())}
    for name, content in (files if not packed else {ARCHIVE: tarred(files)}).items():
        path = Path("here", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    monkeypatch.setattr(Checksum, "_compare", lambda self, size, digest, title: None)
    place = f"'here/{ARCHIVE}', '{FOLDER}/data_batch_2'" if packed else f"'here/{FOLDER}/data_batch_2'"
    expected = f"{place}: isn't opened as a batch of images (it refers to {os.mkdir.__module__}.mkdir)"
    assert refusal_of(shelf, path="here") == expected


def test_a_member_of_the_archive_is_verified_itself(shelf, small_cifar, tarred, monkeypatch):
    files = dict(small_cifar.plain)
    first, second = (f"{FOLDER}/data_batch_{number}" for number in (1, 2))
    files[first], files[second] = files[second], files[first]
    content = tarred(files)
    Path("here").mkdir()
    Path("here", ARCHIVE).write_bytes(content)
    monkeypatch.setattr(cifar10, "ARCHIVE_CHECKSUM", Checksum("md5", hashlib.md5(content).hexdigest()))
    assert refusal_of(shelf, path="here").startswith(f"'here/{ARCHIVE}', '{first}': expected content with md5 ")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"data": np.zeros((2, 3072), np.uint8)}, "holds no 'labels' of 0 … 9, one for each of its 2 rows"),
        ({"data": np.zeros((2, 3072), np.uint8), "labels": [1, 10]}, "holds no 'labels'"),
        ({"data": np.zeros((2, 3072), np.uint8), "labels": [1, 2, 3]}, "holds no 'labels'"),
        ({"data": np.zeros((2, 3072), np.uint8), "labels": 5}, "holds no 'labels'"),
        ({"data": np.zeros((2, 3071), np.uint8), "labels": [1, 2]}, "holds no bytes 'data' of 3,072 a row"),
        ({"data": np.zeros((2, 3072)), "labels": [1, 2]}, "holds no bytes 'data' of 3,072 a row"),
        ({"labels": [1, 2]}, "holds no bytes 'data' of 3,072 a row"),
        ([1, 2], "holds no bytes 'data' of 3,072 a row"),
        (np.float64, "isn't opened as a batch of images (it refers to numpy.float64)"),
    ],
)
def test_other_contents_are_refused(pickled, value, reason):
    with pytest.raises(DataRefused) as refusal:
        read_batch(pickled(value), "'x'")
    assert str(refusal.value).startswith(f"'x': {reason}")


def test_too_few_images_in_a_batch_are_refused(shelf, small_cifar, monkeypatch):
    small_cifar.write("here")
    monkeypatch.setattr(cifar10, "PER_BATCH", 5)
    assert refusal_of(shelf, path="here") == f"'here/{FOLDER}/data_batch_1': expected 5 images, found 4"


def test_an_archive_without_a_batch_is_refused(shelf, small_cifar, tarred, monkeypatch):
    files = dict(small_cifar.plain)
    del files[f"{FOLDER}/data_batch_4"]
    Path("here").mkdir()
    content = tarred(files)
    Path("here", ARCHIVE).write_bytes(content)
    monkeypatch.setattr(cifar10, "ARCHIVE_CHECKSUM", Checksum("md5", hashlib.md5(content).hexdigest()))
    assert refusal_of(shelf, path="here") == f"'here/{ARCHIVE}': holds no '{FOLDER}/data_batch_4'"


@pytest.mark.parametrize("packed", [False, True])
def test_a_full_disk_is_told_as_such(shelf, small_cifar, monkeypatch, packed):
    def full(self, name, values):
        raise OSError(errno.ENOSPC, "No space left on device")

    small_cifar.write("here", packed=packed)
    monkeypatch.setattr(Writer, "save", full)
    assert refusal_of(shelf, path="here").startswith("no room left in ")


def test_a_download_keeps_the_archive_alone(shelf, small_cifar, torchvision_class):
    def download(root, *, train, download):
        small_cifar.write(root, packed=True)
        small_cifar.write(root)

    torchvision_class("CIFAR10", download)
    assert shelf.arrays("cifar10")["train"].shape == (20, 3, 32, 32)
    assert [path.name for path in Path("data").rglob("*")] == [ARCHIVE]


def test_a_download_of_something_else_is_refused_and_removed(shelf, small_cifar, torchvision_class):
    torchvision_class("CIFAR10", lambda root, *, train, download: Path(root, "page.html").write_text("busy"))
    text = refusal_of(shelf)
    assert text.startswith("CIFAR-10 couldn't be downloaded (the download isn't whole); put 'cifar-10-batches-py/")
    assert text.endswith("or name its folder by path or LATENTDIM_DATA")
    assert list(Path("data").rglob("*")) == []


def test_the_published_table_is_complete():
    assert list(cifar10.BATCHES) == [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    assert {len(checksum.digest) for checksum in cifar10.BATCHES.values()} == {32}
    info = cifar10.inspect(cifar10.Cifar10Options())
    assert (info.n_train, info.shape, info.n_classes) == (50_000, (3, 32, 32), 10)
