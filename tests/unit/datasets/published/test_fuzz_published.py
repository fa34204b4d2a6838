"""Damaged copies of published files: refused by name, or, where no digest is known, read without harm to the rest."""

from pathlib import Path

import numpy as np
import pytest

from latentdim.system.problems import DataRefused

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::PIL.Image.DecompressionBombWarning")


class Outcomes:
    """What became of each damaged copy of a file: a sentence, or arrays."""

    def __init__(self, shelf, kind, file, copies):
        self.refusals, self.accepted = [], []
        assert len({*copies}) > len(copies) // 2
        for number, content in enumerate(copies):
            file.write_bytes(content)
            other = type(shelf)(shelf.results / str(number))
            assert other.inspect(kind, path="here").problems == ()
            try:
                self.accepted.append((other.arrays(kind, path="here"), other.prepare(kind, path="here")))
            except DataRefused as refusal:
                self.refusals.append(str(refusal))
                assert other.leftovers() == []
        assert [text for text in self.refusals if str(file) not in text or "\n" in text] == []


@pytest.mark.parametrize(
    ("packed", "name", "count"),
    [
        (False, "cifar-10-batches-py/data_batch_2", 24),
        (False, "cifar-10-batches-py/test_batch", 12),
        (True, "cifar-10-python.tar.gz", 24),
    ],
)
def test_cifar_is_refused_whatever_was_changed(shelf, small_cifar, damaged, packed, name, count):
    file = small_cifar.write("here", packed=packed) / name
    found = Outcomes(shelf, "cifar10", file, damaged(file.read_bytes(), count))
    assert found.accepted == []
    assert len(found.refusals) >= count - 4


@pytest.mark.parametrize(("name", "count"), [("img_align_celeba.zip", 24), ("list_eval_partition.txt", 18)])
def test_celeba_is_refused_whatever_was_changed(shelf, make_celeba, damaged, name, count):
    file = make_celeba().write("here", packed=True) / name
    found = Outcomes(shelf, "celeba", file, damaged(file.read_bytes(), count))
    assert found.accepted == []
    assert len(found.refusals) >= count - 4


def test_eurosats_archive_is_refused_whatever_was_changed(shelf, make_eurosat, damaged):
    file = make_eurosat().write("here", packed=True) / "EuroSAT.zip"
    found = Outcomes(shelf, "eurosat", file, damaged(file.read_bytes(), 24))
    assert found.accepted == []
    assert len(found.refusals) >= 20


def test_fashions_gzip_files_are_refused_whatever_was_changed(shelf, small_fashion, damaged):
    here = small_fashion.write("here", packed=True)
    for name in ("train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        file = here / name
        whole = file.read_bytes()
        found = Outcomes(type(shelf)(shelf.results / name), "fashion_mnist", file, damaged(whole, 18))
        assert found.accepted == []
        assert len(found.refusals) >= 14
        file.write_bytes(whole)


@pytest.mark.parametrize("packed", [False, True])
def test_mnists_files_are_refused_or_hold_the_same(shelf, small_mnist, damaged, packed):
    small_mnist.write(Path("here"), packed=packed)
    whole = shelf.arrays("mnist", path="here")
    file = Path("here", "train-labels-idx1-ubyte" + ".gz" * packed)
    found = Outcomes(shelf, "mnist", file, damaged(file.read_bytes(), 24))
    assert bool(found.accepted) is packed  # of a gzip file, time and name may change
    for arrays, _ in found.accepted:
        np.testing.assert_array_equal(arrays["train_labels"], whole["train_labels"])


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_fashions_plain_files_are_refused_or_noted_as_not_verified(shelf, small_fashion, damaged, name):
    file = small_fashion.write("here") / name
    whole = shelf.arrays("fashion_mnist", path="here")
    touched = "train" if "train" in name else "test_labels"
    found = Outcomes(shelf, "fashion_mnist", file, damaged(file.read_bytes(), 18))
    assert len(found.refusals) >= 8
    for arrays, description in found.accepted:
        assert "weren't verified" in description["note"]
        assert arrays[touched].shape == whole[touched].shape
        assert np.bincount(arrays["test_labels"]).tolist() == [1] * 10
        assert all(np.array_equal(arrays[other], whole[other]) for other in whole if other != touched)


@pytest.mark.parametrize(
    ("kind", "name"), [("celeba", "img_align_celeba/000002.jpg"), ("eurosat", "2750/Forest/Forest_2.jpg")]
)
def test_an_unpacked_picture_is_refused_or_alone_in_being_another(
    shelf, make_celeba, make_eurosat, damaged, as_jpeg, kind, name
):
    noise = np.random.default_rng(0).integers(0, 256, (218, 178, 3) if kind == "celeba" else (64, 64, 3), np.uint8)
    here = (make_celeba({2: as_jpeg(noise)}) if kind == "celeba" else make_eurosat({name: as_jpeg(noise)})).write(
        "here"
    )
    whole = shelf.arrays(kind, path="here")
    found = Outcomes(shelf, kind, here / name, damaged((here / name).read_bytes(), 24))
    assert len(found.refusals) >= 5  # a JPEG has no checksum: most other damage decodes, to other pixels
    for arrays, description in found.accepted:
        assert "weren't verified" in description["note"]
        changed = sum(int((arrays[part] != whole[part]).any(axis=(1, 2, 3)).sum()) for part in ("train", "test"))
        assert changed <= 1
