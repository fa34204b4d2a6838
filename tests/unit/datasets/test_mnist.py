"""MNIST: found, read and refused. Small files of the same format stand in for the real ones, except at the end."""

import gzip
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from latentdim.datasets import mnist
from latentdim.datasets.formats import local_copies
from latentdim.datasets.formats.local_copies import DownloadFailed
from latentdim.system.problems import DataRefused

TRAIN, TRAIN_LABELS, TEST = "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"
START = "expected magic 2051 and sizes 20 × 28 × 28 at its start"


def images_in(content, n):
    return np.frombuffer(content[16:], np.uint8).reshape(n, 1, 28, 28)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("layout", ["MNIST/raw", "raw", "."])
def test_plain_and_gzipped_files_give_the_same_arrays_from_every_layout(shelf, small_mnist, tmp_path, packed, layout):
    small_mnist.write(tmp_path / "here" / layout, packed=packed)
    arrays = shelf.in_source_order("mnist", path=str(tmp_path / "here"))
    np.testing.assert_array_equal(arrays["train"], images_in(small_mnist.contents[TRAIN], 20))
    np.testing.assert_array_equal(arrays["test"], images_in(small_mnist.contents[TEST], 10))
    assert arrays["train_labels"].tolist() == list(small_mnist.contents[TRAIN_LABELS][8:])
    assert arrays["train_labels"].dtype == np.int64


def test_size_32_pads_two_zeros_on_each_side(shelf, small_mnist):
    small_mnist.write(Path("data/MNIST/raw"))
    small, large = shelf.arrays("mnist"), shelf.arrays("mnist", size=32)
    assert large["train"].shape == (20, 1, 32, 32)
    np.testing.assert_array_equal(large["train"][:, :, 2:-2, 2:-2], small["train"])
    assert large["train"].sum(dtype=int) == small["train"].sum(dtype=int)
    np.testing.assert_array_equal(large["test_labels"], small["test_labels"])


def test_where_it_lies_is_no_part_of_its_identity(shelf, small_mnist):
    keys = {shelf.spec("mnist", **options).key for options in ({}, {"path": "x"}, {"download": False}, {"size": 28})}
    assert len(keys) == 1
    assert shelf.spec("mnist", size=32).key not in keys


def test_home_and_links_are_followed(shelf, small_mnist, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    store = small_mnist.write(tmp_path / "store", packed=True)
    linked = tmp_path / "linked"
    linked.mkdir()
    for file in store.iterdir():
        (linked / file.name).symlink_to(file)
    (tmp_path / "whole").symlink_to(linked)
    assert shelf.arrays("mnist", path="~/whole")["train"].shape == (20, 1, 28, 28)


def test_contents_decide_what_is_gzipped_not_names(shelf, small_mnist, tmp_path):
    small_mnist.write(tmp_path / "here")
    content = small_mnist.contents[TRAIN]
    (tmp_path / "here" / TRAIN).write_bytes(gzip.compress(content))
    (tmp_path / "here" / TEST).rename(tmp_path / "here" / f"{TEST}.gz")
    np.testing.assert_array_equal(shelf.in_source_order("mnist", path="here")["train"], images_in(content, 20))


def test_path_comes_before_the_variable_and_the_variable_before_data(small_mnist, tmp_path, monkeypatch):
    def where(**options):
        return mnist.find(mnist.MnistOptions(**options))["train"].relative_to(tmp_path).parts[0]

    for name in ("named", "variable", "data"):
        small_mnist.write(tmp_path / name / "MNIST/raw")
    monkeypatch.setattr(local_copies, "DOWNLOADS", tmp_path / "data")
    monkeypatch.setenv("LATENTDIM_DATA", str(tmp_path / "variable"))
    assert (where(path=str(tmp_path / "named")), where()) == ("named", "variable")
    (tmp_path / "variable/MNIST/raw" / TEST).unlink()
    assert where() == "data"


def test_a_named_folder_that_lacks_files_is_a_problem_naming_each(shelf, small_mnist, tmp_path):
    raw = small_mnist.write(tmp_path / "here/MNIST/raw")
    (raw / TRAIN).rename(raw / "train-images.idx3-ubyte")
    (raw / TRAIN_LABELS).unlink()
    (problem,) = shelf.inspect("mnist", path="here").problems
    assert problem.startswith("path = 'here': MNIST isn't whole there, nor in its 'MNIST/raw'; missing, plain or with")
    assert f"'{TRAIN}' (15,696 bytes, md5 " in problem
    assert f"'{TRAIN_LABELS}' (28 bytes, md5 " in problem
    assert TEST not in problem
    assert problem.endswith("; the nearest there: 'train-images.idx3-ubyte'")
    with pytest.raises(DataRefused, match="MNIST isn't whole there"):
        shelf.prepare("mnist", path="here")


def test_a_missing_folder_is_a_problem_naming_the_nearest(shelf, small_mnist, tmp_path):
    small_mnist.write(tmp_path / "images")
    (problem,) = shelf.inspect("mnist", path=str(tmp_path / "imagse")).problems
    assert problem.endswith(f"there is no such folder; did you mean '{tmp_path}/images'?")
    (problem,) = shelf.inspect("mnist", path="images/" + TRAIN).problems
    assert problem == f"path = 'images/{TRAIN}': is a file, not a folder"


def test_without_download_and_files_there_is_a_problem_saying_what_to_put_where(shelf, monkeypatch):
    Path("elsewhere").mkdir()
    monkeypatch.setenv("LATENTDIM_DATA", "elsewhere")
    (problem,) = shelf.inspect("mnist", download=False).problems
    assert problem.startswith(
        "download = False, and MNIST isn't in 'elsewhere' or 'data' (LATENTDIM_DATA may name its folder): put "
        "'train-images-idx3-ubyte' (47,040,016 bytes, md5 6bbc9ace898e44ae57da46a324031adb), "
        "'train-labels-idx1-ubyte' ("
    )
    assert problem.endswith("), plain or with '.gz', into 'data/MNIST/raw'")


def test_offline_it_is_missing_where_it_would_be_downloaded(shelf, monkeypatch):
    assert shelf.inspect("mnist").problems == ()
    assert "will be downloaded" in shelf.inspect("mnist").download
    monkeypatch.setenv("LATENTDIM_OFFLINE", "1")
    (problem,) = shelf.inspect("mnist").problems
    assert problem.startswith(
        "LATENTDIM_OFFLINE is set, and MNIST isn't in 'data' (LATENTDIM_DATA may name its folder)"
    )
    assert shelf.inspect("mnist").download == ""


def test_what_will_be_downloaded_is_told_beforehand(shelf, monkeypatch, small_mnist):
    there = shelf.inspect("mnist")
    assert there.problems == ()
    assert there.download == "MNIST isn't in 'data' and will be downloaded into 'data/MNIST/raw'"
    small_mnist.write(Path("data", "MNIST", "raw"))
    assert shelf.inspect("mnist").download == ""
    assert shelf.inspect("mnist", download=False).download == ""


def test_a_data_folder_that_is_named_but_not_there_is_a_problem(shelf, monkeypatch):
    monkeypatch.setenv("LATENTDIM_DATA", "nowhere")
    (problem,) = shelf.inspect("mnist").problems
    assert problem.startswith("LATENTDIM_DATA = 'nowhere': there is no such folder")


def pretend_torchvision(monkeypatch, download):
    monkeypatch.setitem(sys.modules, "torchvision", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "torchvision.datasets", SimpleNamespace(MNIST=download))


def test_a_download_ends_in_the_data_folder(shelf, small_mnist, monkeypatch):
    def download(root, *, train, download):
        return SimpleNamespace(raw_folder=str(small_mnist.write(Path(root) / "MNIST/raw")))

    pretend_torchvision(monkeypatch, download)
    assert shelf.arrays("mnist")["train"].shape == (20, 1, 28, 28)
    assert sorted(path.name for path in Path("data").rglob("*")) == sorted(["MNIST", "raw", *small_mnist.contents])


@pytest.mark.parametrize(
    "error", [RuntimeError("Error downloading:\nno mirror"), OSError(101, "Network is unreachable")]
)
def test_a_failed_download_is_refused_in_one_sentence(shelf, small_mnist, monkeypatch, error):
    def download(root, *, train, download):
        (Path(root) / "half").write_bytes(b"half")
        raise error

    pretend_torchvision(monkeypatch, download)
    with pytest.raises(DownloadFailed) as refusal:
        shelf.prepare("mnist")
    text = str(refusal.value)
    assert text.startswith("MNIST couldn't be downloaded (")
    assert "into 'data/MNIST/raw', or name its folder by path or LATENTDIM_DATA" in text
    assert "\n" not in text
    assert [path for path in Path("data").rglob("*") if path.is_file()] == []
    assert shelf.leftovers() == []


def damage(raw, how):
    packed = raw / f"{TRAIN}.gz"
    match how:
        case "cut":
            packed.write_bytes(packed.read_bytes()[:-500])
        case "broken":
            content = bytearray(packed.read_bytes())
            content[200:260] = bytes(60)
            packed.write_bytes(content)
        case "changed":
            content = bytearray(gzip.decompress(packed.read_bytes()))
            content[5000] ^= 1
            packed.write_bytes(gzip.compress(content))
        case "short":
            packed.write_bytes(gzip.compress(gzip.decompress(packed.read_bytes())[:-7]))
        case "long":
            packed.write_bytes(gzip.compress(gzip.decompress(packed.read_bytes()) + b"7"))
        case "empty":
            packed.write_bytes(b"")
        case "a picture":
            packed.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
        case "swapped parts" | "swapped kinds":
            other = raw / f"{TEST if how == 'swapped parts' else TRAIN_LABELS}.gz"
            mine, theirs = packed.read_bytes(), other.read_bytes()
            packed.write_bytes(theirs)
            other.write_bytes(mine)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("cut", "not a whole gzip file (it is cut off)"),
        ("broken", "not a whole gzip file ("),
        ("changed", "expected content with md5 {md5} (uncompressed), found "),
        ("short", "expected 15,696 bytes (uncompressed), found 15,689"),
        ("long", "expected 15,696 bytes (uncompressed), found more"),
        ("empty", f"{START}, found nothing"),
        ("a picture", f"{START}, found no idx header (bytes 89 50 4e 47)"),
        ("swapped parts", f"{START}, found magic 2051 and sizes 10 × 28 × 28"),
        ("swapped kinds", f"{START}, found magic 2049 and sizes 20"),
    ],
)
def test_damaged_files_are_refused_by_name(shelf, small_mnist, tmp_path, how, sentence):
    damage(small_mnist.write(tmp_path / "here", packed=True), how)
    assert shelf.inspect("mnist", path="here").problems == ()
    with pytest.raises(DataRefused) as refusal:
        shelf.prepare("mnist", path="here")
    text = str(refusal.value)
    assert text.startswith(f"'here/{TRAIN}.gz': " + sentence.format(md5=mnist.FILES["train"].md5))
    assert "\n" not in text
    assert shelf.leftovers() == []


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_an_unreadable_file_is_refused(shelf, small_mnist, tmp_path):
    small_mnist.write(tmp_path / "here")
    (tmp_path / "here" / TRAIN).chmod(0)
    with pytest.raises(DataRefused, match="can't be read"):
        shelf.prepare("mnist", path="here")


@pytest.mark.parametrize("packed", [False, True])
def test_thirty_damaged_copies_are_refused_or_hold_the_same(shelf, small_mnist, tmp_path, mutations, packed):
    raw = small_mnist.write(tmp_path / "here", packed=packed)
    whole = shelf.arrays("mnist", path="here")["train"]
    file = raw / (f"{TRAIN}.gz" if packed else TRAIN)
    refusals = []
    for number, content in enumerate(mutations(file.read_bytes(), 30)):
        file.write_bytes(content)
        other = type(shelf)(shelf.results / str(number))
        try:
            np.testing.assert_array_equal(other.arrays("mnist", path="here")["train"], whole)
        except DataRefused as refusal:
            refusals.append(str(refusal))
    assert len(refusals) >= 20
    assert all(text.startswith(f"'{file.relative_to(tmp_path)}': ") for text in refusals)


@pytest.mark.usefixtures("real_data")
@pytest.mark.parametrize(("size", "digest"), [(28, "194e58989b8e3aee"), (32, "894a04d9a13ba854")])
def test_the_real_mnist_passes(shelf, size, digest):
    described = shelf.prepare("mnist", size=size, download=False)
    assert described["digest"].startswith(digest)
    assert (described["n_train"], described["n_test"], described["shape"]) == (60_000, 10_000, [1, size, size])
    labels = shelf.arrays("mnist", size=size, download=False)["train_labels"]
    assert np.bincount(labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
