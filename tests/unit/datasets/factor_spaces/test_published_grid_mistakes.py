"""What is wrong with the files of dSprites and 3D Shapes, each told by name and leaving nothing behind."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from latentdim.datasets import dsprites
from latentdim.system.problems import DataRefused

HERE = Path("here")


def test_a_file_that_is_not_the_published_one_is_refused(shelf, case):
    content = case.small.write(HERE, case.name).read_bytes()
    for changed in (content[:-1], content + b"7", content[:500] + bytes([content[500] ^ 1]) + content[501:], b""):
        (HERE / case.name).write_bytes(changed)
        with pytest.raises(DataRefused, match=rf"^'here/{case.name}': expected (content with|[\d,]+ bytes)"):
            shelf.prepare(case.kind, path="here")
        assert shelf.leftovers() == []


def changed_table(table, how):
    changed = table.copy()
    match how:
        case "two rows exchanged":
            changed[[3, 4]] = changed[[4, 3]]
        case "another level":
            changed[-1, -1] += 0.5 if table.dtype.kind == "f" else 1
        case "reversed":
            changed = changed[::-1]
        case "not a number":
            changed = changed.astype(float)
            changed[7, 0] = np.nan
    return changed


@pytest.mark.parametrize(
    ("how", "row"), [("two rows exchanged", 3), ("another level", -1), ("reversed", 0), ("not a number", 7)]
)
def test_a_factor_table_that_does_not_fit_the_images_is_refused(shelf, case, how, row):
    table = changed_table(case.small.table, how)
    case.small.write(HERE, case.name, table=table)
    name = case.small.module.SOURCE.archives[case.name].table
    with pytest.raises(DataRefused) as refusal:
        shelf.prepare(case.kind, path="here")
    place = row % len(table)
    assert str(refusal.value) == (
        f"'here/{case.name}', array '{name}': row {place} doesn't fit its image: "
        f"expected {case.small.table[place].tolist()}, found {table[place].tolist()}"
    )
    assert shelf.leftovers() == []


def test_arrays_of_another_shape_or_type_are_refused(shelf, case):
    images, table = case.small.images, case.small.table
    for changed, sentence in (
        ({"images": images[:-1]}, "expected bytes "),
        ({"images": images[:, :32]}, "expected bytes "),
        ({"images": images.astype(np.float32)}, "expected bytes "),
        ({"table": table[:-1]}, "expected a row of 6 numbers for each of "),
        ({"table": table[:, 1:]}, "expected a row of 6 numbers for each of "),
        ({"table": table > 0}, "expected a row of 6 numbers for each of "),
    ):
        case.small.write(HERE, case.name, **changed)
        with pytest.raises(DataRefused, match=rf"'here/{case.name}', array '[a-z_/]+': {sentence}"):
            shelf.prepare(case.kind, path="here")
        assert shelf.leftovers() == []


@pytest.mark.parametrize("name", [f"{dsprites.STEM}.npz", f"{dsprites.STEM}.hdf5"])
def test_grey_values_in_dsprites_are_refused(shelf, small_dsprites, name):
    images = small_dsprites.images.copy()
    images[70, 3, 2] = 2
    small_dsprites.write(HERE, name, images=images)
    with pytest.raises(DataRefused, match=r"array 'imgs': expected 0 and 1, found 2$"):
        shelf.prepare("dsprites", path="here")


def test_an_array_that_is_missing_is_refused(shelf, case):
    module = case.small.module
    archive = module.SOURCE.archives[case.name]
    if case.name.endswith(".npz"):
        HERE.mkdir()
        np.savez(HERE / case.name, other=np.ones(3), **{archive.images: case.small.images})
    else:
        case.small.write(HERE, case.name)
        with h5py.File(HERE / case.name, "a") as file:
            del file[archive.table]
    case.small.expect(case.name, (HERE / case.name).read_bytes())
    with pytest.raises(DataRefused, match=rf"'here/{case.name}'.*{archive.table}"):
        shelf.prepare(case.kind, path="here")
