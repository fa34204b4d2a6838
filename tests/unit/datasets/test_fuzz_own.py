"""Damaged copies of a user's own files: refused by name when planning or preparing, or read in the planned form."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from latentdim.system.problems import DataRefused

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::PIL.Image.DecompressionBombWarning")


def outcomes(shelf, kind, file, copies, *, path):
    """Sentences of those that are refused, and what planning and preparing found in the others."""
    refusals, accepted = [], []
    for number, content in enumerate(copies):
        file.write_bytes(content)
        other = type(shelf)(shelf.results / str(number))
        info = other.inspect(kind, path=path)
        refusals += info.problems
        if info.problems:
            continue
        try:
            accepted.append((info, other.arrays(kind, path=path)))
        except DataRefused as refusal:
            refusals.append(str(refusal))
            assert other.leftovers() == []
    assert [text for text in refusals if str(file) not in text or "\n" in text] == []
    assert len(refusals) + len(accepted) == len(copies)
    return refusals, accepted


def in_planned_form(info, arrays, dtype):
    shapes = {arrays[part].shape[1:] for part in ("train", "test")}
    assert shapes == {info.shape}
    assert {arrays[part].dtype for part in ("train", "test")} == {np.dtype(dtype)}
    assert len(arrays["train"]) == info.n_train


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32), np.float32),
        (np.random.default_rng(0).integers(0, 256, (12, 4, 5, 3), dtype=np.uint8), np.uint8),
        (np.random.default_rng(0).random((12, 4, 5)), np.uint8),
    ],
)
def test_npy(shelf, mutations, values, dtype):
    file = Path("x.npy")
    np.save(file, values)
    refusals, accepted = outcomes(shelf, "npy", file, mutations(file.read_bytes(), 40), path="x.npy")
    assert len(refusals) >= 20
    for info, arrays in accepted:
        in_planned_form(info, arrays, dtype)
        assert np.isfinite(arrays["train"]).all()
        assert sum(arrays[part].size for part in ("train", "test")) == values.size


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_npz_holds_the_same_or_is_refused(shelf, mutations, method):
    file = Path("x.npz")
    np.save("train.npy", np.random.default_rng(0).integers(0, 256, (12, 4, 5, 3), dtype=np.uint8))
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.write("train.npy")
    whole = shelf.arrays("npz", path="x.npz")
    refusals, accepted = outcomes(shelf, "npz", file, mutations(file.read_bytes(), 60), path="x.npz")
    assert len(refusals) >= 20
    for info, arrays in accepted:
        in_planned_form(info, arrays, np.uint8)
        np.testing.assert_array_equal(arrays["train"], whole["train"])
        np.testing.assert_array_equal(arrays["test"], whole["test"])


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_image_folder(shelf, album, picture, mutations, ending):
    album("in", 4, width=16, height=16)
    file = Path("in", f"x.{ending}")
    picture(file, width=16, height=16)
    whole = shelf.arrays("image_folder", path="in")
    refusals, accepted = outcomes(shelf, "image_folder", file, mutations(file.read_bytes(), 40), path="in")
    assert len(refusals) >= 8
    for info, arrays in accepted:
        in_planned_form(info, arrays, np.uint8)
        changed = sum(int((arrays[part] != whole[part]).any(axis=(1, 2, 3)).sum()) for part in ("train", "test"))
        assert changed <= 1
