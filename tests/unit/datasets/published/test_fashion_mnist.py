"""FashionMNIST: gzipped files by their digest, plain ones by what can be told of them."""

import gzip
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from latentdim.datasets import fashion_mnist, mnist
from latentdim.system.problems import DataRefused

TRAIN, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def refusal_of(shelf, **options):
    with pytest.raises(DataRefused) as refusal:
        shelf.prepare("fashion_mnist", **options)
    assert shelf.leftovers() == []
    return str(refusal.value)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("layout", ["FashionMNIST/raw", "raw", "."])
def test_plain_and_gzipped_files_give_the_same_arrays(shelf, small_fashion, packed, layout):
    small_fashion.write(Path("here", layout), packed=packed)
    arrays = shelf.in_source_order("fashion_mnist", path="here")
    images = np.frombuffer(small_fashion.plain[TRAIN][16:], np.uint8).reshape(20, 1, 28, 28)
    np.testing.assert_array_equal(arrays["train"], images)
    assert arrays["train_labels"].tolist() == list(small_fashion.plain[TRAIN_LABELS][8:])
    assert arrays["test"].shape == (10, 1, 28, 28)


def test_size_32_pads_two_zeros_on_each_side(shelf, small_fashion):
    small_fashion.write("data/FashionMNIST/raw")
    small, large = shelf.arrays("fashion_mnist"), shelf.arrays("fashion_mnist", size=32)
    np.testing.assert_array_equal(large["train"][:, :, 2:-2, 2:-2], small["train"])
    assert large["train"].sum(dtype=int) == small["train"].sum(dtype=int)


@pytest.mark.parametrize(("packed", "noted"), [(False, True), (True, False)])
def test_unverified_pixels_are_noted_in_the_description(shelf, small_fashion, packed, noted):
    small_fashion.write("here", packed=packed)
    assert ("note" in shelf.prepare("fashion_mnist", path="here")) is noted


def test_a_replaced_plain_file_is_prepared_again_and_the_published_ones_never(shelf, small_fashion):
    packed, here = small_fashion.write("packed", packed=True), small_fashion.write("here")
    before, first = shelf.inspect("fashion_mnist", path="here").fingerprint, shelf.prepare("fashion_mnist", path="here")
    content = bytearray(small_fashion.plain[TRAIN])
    content[100] ^= 1
    Path("here", TRAIN).write_bytes(content)
    assert shelf.inspect("fashion_mnist", path=str(here)).fingerprint != before
    assert shelf.prepare("fashion_mnist", path="here")["digest"] != first["digest"]
    verified = shelf.inspect("fashion_mnist", path=str(packed)).fingerprint
    assert verified == shelf.inspect("fashion_mnist").fingerprint  # not there yet: it is downloaded gzipped
    Path("packed", f"{TRAIN}.gz").write_bytes(small_fashion.plain[TRAIN])  # as browsers unpack, the name unchanged
    assert shelf.inspect("fashion_mnist", path=str(packed)).fingerprint != verified


def test_the_file_that_can_be_verified_is_preferred(shelf, small_fashion):
    small_fashion.write("here", packed=True)
    small_fashion.write("here")
    Path("here", TRAIN).write_bytes(b"another")
    assert "note" not in shelf.prepare("fashion_mnist", path="here")


def test_a_gzip_file_that_is_not_the_published_one_is_refused(shelf, small_fashion):
    small_fashion.write("here", packed=True)
    Path("here", f"{TRAIN}.gz").write_bytes(gzip.compress(small_fashion.plain[TRAIN], 1, mtime=1))
    text = refusal_of(shelf, path="here")
    expected = fashion_mnist.FILES["train"].packed_md5
    assert text.startswith(f"'here/{TRAIN}.gz': expected the published gzip file with md5 {expected}, found ")


def test_a_changed_label_is_noticed_in_a_plain_file(shelf, small_fashion):
    small_fashion.write("here")
    content = bytearray(small_fashion.plain[TRAIN_LABELS])
    content[8] = (content[8] + 1) % 10
    Path("here", TRAIN_LABELS).write_bytes(content)
    text = refusal_of(shelf, path="here")
    assert text.startswith(f"'here/{TRAIN_LABELS}': expected 2 labels of each class 0 … 9, found ")
    content[8] = 77
    Path("here", TRAIN_LABELS).write_bytes(content)
    assert refusal_of(shelf, path="here").endswith(" and others")


def test_mnists_files_of_the_same_names_are_refused(shelf, small_fashion, small_mnist):
    small_fashion.write("here")
    Path("here", TRAIN).write_bytes(small_mnist.contents[TRAIN])
    assert refusal_of(shelf, path="here") == f"'here/{TRAIN}': is MNIST's file of this name, not FashionMNIST's"


def test_files_of_those_names_are_taken_from_a_bare_folder_only_if_it_is_named(monkeypatch, small_mnist, small_fashion):
    small_mnist.write(Path("mnist"))
    monkeypatch.setenv("LATENTDIM_DATA", "mnist")
    assert mnist.find(mnist.MnistOptions()) is not None
    (problem,) = fashion_mnist.inspect(fashion_mnist.FashionMnistOptions(download=False)).problems
    assert "FashionMNIST isn't in 'mnist' or 'data'" in problem


def test_a_missing_file_is_a_problem_naming_it(shelf, small_fashion):
    small_fashion.write("here")
    Path("here", TRAIN).rename(Path("here", "train-images.idx3-ubyte"))
    (problem,) = shelf.inspect("fashion_mnist", path="here").problems
    assert problem == (
        "path = 'here': FashionMNIST isn't whole there, nor in its 'FashionMNIST/raw'; missing, plain or with '.gz': "
        f"'{TRAIN}' (md5 {fashion_mnist.FILES['train'].packed_md5} with '.gz'); "
        "the nearest there: 'train-images.idx3-ubyte'"
    )


def test_a_download_keeps_the_files_that_can_be_verified(shelf, small_fashion, torchvision_class):
    def download(root, *, train, download):
        raw = small_fashion.write(Path(root) / "FashionMNIST/raw", packed=True)
        small_fashion.write(raw)
        return SimpleNamespace(raw_folder=str(raw))

    torchvision_class("FashionMNIST", download)
    shelf.prepare("fashion_mnist")
    assert sorted(path.name for path in Path("data").rglob("*") if path.is_file()) == sorted(small_fashion.packed)


def test_the_published_table_is_complete():
    assert [(e.size, len(e.packed_md5)) for e in fashion_mnist.FILES.values()] == [
        (47_040_016, 32), (60_008, 32), (7_840_016, 32), (10_008, 32)
    ]  # fmt: skip
