"""scikit-learn's digits as bytes."""

import numpy as np
import pytest
import sklearn.datasets

from latentdim.system.problems import DataRefused


def test_every_digit_is_there_once_with_its_class(shelf):
    arrays, source = shelf.arrays("digits"), sklearn.datasets.load_digits()
    images = np.concatenate([arrays["train"], arrays["test"]])
    labels = np.concatenate([arrays["train_labels"], arrays["test_labels"]])
    assert images.shape == (1797, 1, 8, 8)
    assert (images.dtype, labels.dtype) == (np.uint8, np.int64)

    def sorted_rows(values, classes):
        rows = np.column_stack([values.reshape(1797, 64), classes]).astype(int)
        return rows[np.lexsort(rows.T)]

    greys = np.rint(images * (16 / 255))
    np.testing.assert_array_equal(sorted_rows(greys, labels), sorted_rows(source.images, source.target))


def test_sixteen_greys_map_to_bytes_rounded_half_up(shelf):
    arrays = shelf.arrays("digits")
    levels = np.unique(np.concatenate([arrays["train"].ravel(), arrays["test"].ravel()]))
    assert levels.tolist() == [0, 16, 32, 48, 64, 80, 96, 112, 128, 143, 159, 175, 191, 207, 223, 239, 255]


def test_the_split_is_random_and_fixed(shelf):
    arrays = shelf.arrays("digits")
    assert (len(arrays["train"]), len(arrays["test"])) == (1438, 359) == (shelf.inspect("digits").n_train, 359)
    assert len(set(arrays["test_labels"][:40])) == 10
    other = type(shelf)(shelf.results / "other").arrays("digits")
    np.testing.assert_array_equal(other["test"], arrays["test"])
    assert len(shelf.arrays("digits", test_fraction=0.5)["test"]) == 898


def test_other_digits_than_expected_are_refused(shelf, monkeypatch):
    found = sklearn.datasets.load_digits()
    found.images[5, 3, 3] += 1
    monkeypatch.setattr(sklearn.datasets, "load_digits", lambda: found)
    with pytest.raises(DataRefused, match="scikit-learn's digits: expected content with md5"):
        shelf.prepare("digits")
    assert shelf.leftovers() == []
