"""A user's own hdf5 files: the rules of npy and npz, and what only such a file can do wrong."""

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

from latentdim.datasets.formats import hdf5_files
from latentdim.system.problems import DataRefused
from latentdim.system.seeds import stream

DRAWS = stream("test", "hdf5")
VECTORS = DRAWS.normal(size=(40, 5))
COLOURED = DRAWS.integers(0, 256, (40, 4, 6, 3), dtype=np.uint8)


def written(path="x.h5", *, libver="earliest", **arrays):
    """A file of arrays; a pair is an array and how it is stored."""
    with h5py.File(path, "w", libver=libver) as file:
        for name, array in arrays.items():
            values, storage = array if isinstance(array, tuple) else (array, {})
            file.create_dataset(name, data=values, **storage)


@pytest.mark.parametrize("array", [VECTORS, COLOURED, COLOURED[..., 0], COLOURED > 99, COLOURED / 255, VECTORS > 0])
@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_an_array_means_what_it_means_in_an_npy_file(shelf, array, libver):
    written(anything=array, libver=libver)
    np.save("x.npy", array)
    there, here = shelf.inspect("npy", path="x.npy"), shelf.inspect("hdf5", path="x.h5")
    assert (here.kind, here.shape, here.n_train) == (there.kind, there.shape, there.n_train)
    if there.problems:
        assert here.problems[0].replace("'x.h5', array 'anything'", "'x.npy'") == there.problems[0]
        return
    assert shelf.prepare("hdf5", path="x.h5")["digest"] == shelf.prepare("npy", path="x.npy")["digest"]
    assert not [name for name in shelf.leftovers() if "unpacked" in name]


@pytest.mark.parametrize(
    "storage",
    [
        {"chunks": (7, 2)},
        {"chunks": (40, 1), "compression": "gzip", "shuffle": True, "fletcher32": True},
        {"chunks": (3, 5), "compression": "lzf", "maxshape": (None, 5)},
        {"dtype": ">f4"},
        {"dtype": "f2"},
    ],
)
def test_however_it_is_stored_the_values_are_the_same(shelf, storage, monkeypatch):
    monkeypatch.setattr(hdf5_files, "PIECE_BYTES", 300)  # several pieces
    values = VECTORS.astype(storage.get("dtype", "f8"))
    written(train=(VECTORS, storage), test=VECTORS[:3])
    arrays = shelf.in_source_order("hdf5", path="x.h5")
    np.testing.assert_array_equal(arrays["train"], values.astype(np.float32))
    np.testing.assert_array_equal(arrays["test"], VECTORS[:3].astype(np.float32))


def test_arrays_in_groups_are_named_by_their_path(shelf):
    written(**{"deep/er/a": VECTORS[:30], "deep/b": VECTORS[30:], "other": np.arange(4)})
    with h5py.File("x.h5", "a") as file:
        file["deep/er/circle"] = file["deep"]  # the same group again: no way without end
    arrays = shelf.in_source_order("hdf5", path="x.h5", train="deep/er/a", test="deep/b")
    np.testing.assert_array_equal(arrays["train"], VECTORS[:30].astype(np.float32))
    np.testing.assert_array_equal(arrays["test"], VECTORS[30:].astype(np.float32))
    (problem,) = shelf.inspect("hdf5", path="x.h5", train="deep/er/aa").problems
    assert problem.startswith("train = 'deep/er/aa': not an array in 'x.h5'; did you mean 'deep/er/a'?")
    (problem,) = shelf.inspect("hdf5", path="x.h5").problems
    assert problem == "train: name one of the arrays in 'x.h5' ('deep/b', 'deep/er/a' and 'other')"


def pointing_elsewhere(file):
    """Every way in which a file can point at another one, each to values that really lie there."""
    file["soft"] = h5py.SoftLink("/inside")
    file["external"] = h5py.ExternalLink("y.h5", "/secret")
    file["group"] = h5py.ExternalLink("y.h5", "/")
    layout = h5py.VirtualLayout(shape=(40, 5), dtype="f8")
    layout[:] = h5py.VirtualSource("y.h5", "secret", shape=(40, 5))
    file.create_virtual_dataset("virtual", layout)
    file.create_dataset("outside", shape=(40, 5), dtype="f8", external=[("raw.bin", 0, 1600)])


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("soft", "isn't in the file, or only as a link, which is never followed"),
        ("external", "isn't in the file, or only as a link, which is never followed"),
        ("virtual", "its values lie in other files, which are never opened; copy them into this one"),
        ("outside", "its values lie in other files, which are never opened; copy them into this one"),
    ],
)
def test_nothing_outside_of_the_file_is_ever_opened(shelf, tmp_path, name, sentence):
    written("y.h5", secret=VECTORS)
    VECTORS.tofile("raw.bin")
    written(inside=VECTORS)
    with h5py.File("x.h5", "a") as file:
        pointing_elsewhere(file)
        assert np.array_equal(file[name][:], VECTORS)  # h5py would follow it
    (problem,) = shelf.inspect("hdf5", path="x.h5", train=name).problems
    assert problem == f"'x.h5', array '{name}': {sentence}"
    (problem,) = shelf.inspect("hdf5", path="x.h5", train="group/secret").problems
    assert problem.startswith("train = 'group/secret': not an array in 'x.h5'")
    assert shelf.inspect("hdf5", path="x.h5", train="inside").problems == ()


def test_a_link_on_the_way_to_an_array_is_not_followed():
    written("y.h5", secret=VECTORS)
    with h5py.File("x.h5", "w") as file:
        file["group"] = h5py.ExternalLink("y.h5", "/")
    with h5py.File("x.h5") as file, pytest.raises(DataRefused, match="isn't in the file, or only as a link"):
        hdf5_files.dataset_of(file, "group/secret")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (["a", "b"], "'x.h5', array 'train': holds object; vectors must be floats, and images bytes"),
        (np.zeros(4, [("a", "f4")]), "'x.h5', array 'train': holds [('a', '<f4')]; "),
        (np.arange(40).reshape(10, 2, 2), "'x.h5', array 'train': holds int64; "),
        (np.ones((4, 3), complex), "'x.h5', array 'train': holds complex128; "),
        (3.0, "'x.h5', array 'train': its shape is (); expected (N, values), "),
        (np.ones((0, 3)), "'x.h5', array 'train': its shape is (0, 3); expected (N, values), "),
        (h5py.Empty("f4"), "'x.h5', array 'train': isn't an array"),
    ],
)
def test_what_is_no_array_of_numbers_is_a_problem_when_planning(shelf, values, sentence):
    with h5py.File("x.h5", "w") as file:
        file["train"] = values
    (problem,) = shelf.inspect("hdf5", path="x.h5").problems
    assert problem.startswith(sentence)


def test_what_was_never_written_is_a_problem_however_much_is_claimed(shelf):
    with h5py.File("x.h5", "w") as file:
        half = file.create_dataset("half", shape=(40, 6), dtype="f8", chunks=(10, 3))
        half[:20] = 1
        file.create_dataset("vast", shape=(10**9, 10**6), dtype="f8", chunks=(10, 10))
        file.create_dataset("late", shape=(40, 6), dtype="f8")
    for name, shape in (("half", (40, 6)), ("vast", (10**9, 10**6)), ("late", (40, 6))):
        (problem,) = shelf.inspect("hdf5", path="x.h5", train=name).problems
        assert problem == f"'x.h5', array '{name}': parts of it were never written (shape {shape}, float64)"


def test_a_compression_that_needs_a_plugin_is_a_problem(shelf, monkeypatch):
    monkeypatch.delitem(hdf5_files.FILTERS, 32000)
    written(train=(VECTORS, {"compression": "lzf"}))
    (problem,) = shelf.inspect("hdf5", path="x.h5").problems
    expected = "'x.h5', array 'train': its compression (hdf5 filter 32000) needs a plugin; save it with gzip"
    assert problem == expected


def test_a_file_that_is_cut_off_or_something_else_is_a_problem(shelf, tmp_path):
    written(train=VECTORS)
    whole = (tmp_path / "x.h5").read_bytes()
    for content in (whole[:-1], whole[:100], b"", b"\x89HDF\r\n\x1a\n", b"no array at all"):
        (tmp_path / "x.h5").write_bytes(content)
        (problem,) = shelf.inspect("hdf5", path="x.h5").problems
        assert problem.startswith("'x.h5': can't be read as an hdf5 file (")
    (problem,) = shelf.inspect("hdf5", path="y.h5").problems
    assert problem.startswith("path = 'y.h5': there is no such file")


def test_damage_in_compressed_values_is_refused_by_the_preparing_job(shelf, tmp_path):
    written(train=(COLOURED, {"compression": "gzip", "chunks": (40, 4, 6, 3)}))
    content = bytearray((tmp_path / "x.h5").read_bytes())
    content[-1200] ^= 255
    (tmp_path / "x.h5").write_bytes(content)
    assert shelf.inspect("hdf5", path="x.h5").problems == ()
    with pytest.raises(DataRefused, match=r"'x.h5': can't be read as an hdf5 file \("):
        shelf.prepare("hdf5", path="x.h5")
    assert shelf.leftovers() == []


def test_values_are_verified_as_in_npy_files(shelf):
    bad = VECTORS.copy()
    bad[7, 2] = np.nan
    written(train=bad)
    with pytest.raises(DataRefused, match=r"'x.h5', array 'train': expected a finite float32, found nan at \[7, 2\]"):
        shelf.prepare("hdf5", path="x.h5")
    assert shelf.leftovers() == []


def test_pieces_are_as_deep_as_chunks_unless_these_are_vast(monkeypatch):
    def depths(chunks):
        written(a=(np.zeros((100, 8), np.uint8), {"chunks": chunks} if chunks else {}))
        with h5py.File("x.h5") as file:
            return [len(rows) for _, rows in hdf5_files.pieces(file["a"])]

    monkeypatch.setattr(hdf5_files, "PIECE_BYTES", 8 * 25)
    monkeypatch.setattr(hdf5_files, "LARGEST_PIECE_BYTES", 8 * 60)
    assert depths(None) == [25] * 4
    assert depths((10, 8)) == [20] * 5  # whole chunks
    assert depths((40, 1)) == [40, 40, 20]  # at least one
    assert depths((90, 1)) == [25] * 4  # rather unpacked again than held


def test_planning_reads_hdf5_without_torch():
    written(train=VECTORS)
    script = """
import sys
sys.modules["torch"] = None
from latentdim import registry
from latentdim.registry.declarations import resolve
kind = registry.datasets().get("hdf5")
assert "h5py" not in sys.modules
print(resolve(kind.inspect)(kind.options(path="x.h5")).shape)
"""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "(5,)\n"
