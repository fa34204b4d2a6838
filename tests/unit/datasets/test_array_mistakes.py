"""What is wrong with npy and npz files, told when planning or by the preparing job."""

import io
import zipfile

import numpy as np
import pytest
from pydantic import ValidationError

from latentdim.datasets.arrays import NpyOptions, NpzOptions
from latentdim.system.problems import DataRefused
from latentdim.system.seeds import stream

VECTORS = stream("test", "vectors").normal(size=(40, 5))
COLOURED = stream("test", "coloured").integers(0, 256, (40, 4, 6, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        (np.array([{}, []], dtype=object), "'x.npy': holds Python objects, which are never unpickled"),
        (np.array(["a", "b"]), "'x.npy': holds <U1; vectors must be floats, and images bytes"),
        (np.arange(40).reshape(10, 2, 2), "'x.npy': holds int64; vectors must be floats, and images bytes"),
        (np.ones((4, 3), complex), "'x.npy': holds complex128; "),
        (np.zeros(4, [("a", "f4")]), "'x.npy': holds [('a', '<f4')]; "),
        (np.ones((10, 3), np.uint8), "'x.npy': vectors (10, 3) must be floats, not uint8; images have the shape"),
        (np.ones(5), "'x.npy': its shape is (5,); expected (N, values), (N, H, W), (N, H, W, C) or (N, C, H, W)"),
        (np.ones((2, 2, 2, 2, 2)), "'x.npy': its shape is (2, 2, 2, 2, 2); expected"),
        (np.ones((0, 3)), "'x.npy': its shape is (0, 3); expected (N, values), "),
        (np.ones((4, 0)), "'x.npy': its shape is (4, 0); expected (N, values), "),
        (np.ones((1, 3)), "'x.npy': holds 1 example, which can't be split; at least 2 are needed"),
        (np.ones((4, 2, 2, 5)), "'x.npy': no axis of 1 or 3 channels in (4, 2, 2, 5) where layout = 'auto' expects it"),
    ],
)
def test_what_the_header_shows_to_be_wrong_is_a_problem_when_planning(shelf, stored, sentence):
    np.save("x.npy", stored, allow_pickle=True)
    (problem,) = shelf.inspect("npy", path="x.npy").problems
    assert problem.startswith(sentence)
    with pytest.raises(DataRefused):
        shelf.prepare("npy", path="x.npy")


def test_objects_in_an_npz_are_a_problem_and_never_loaded(shelf):
    np.savez("x.npz", train=np.array([{}, []], dtype=object))
    (problem,) = shelf.inspect("npz", path="x.npz").problems
    assert problem.startswith("'x.npz', array 'train': holds Python objects, which are never unpickled")


def test_a_missing_file_is_a_problem_naming_the_nearest(shelf, tmp_path):
    np.save("codes.npy", VECTORS)
    (problem,) = shelf.inspect("npy", path="code.npy").problems
    assert problem == (
        f"path = 'code.npy': there is no such file (a relative path starts at the working folder, '{tmp_path}'); "
        "did you mean 'codes.npy'?"
    )
    (problem,) = shelf.inspect("npy", train_path="codes.npy", test_path=str(tmp_path)).problems
    assert problem == f"test_path = '{tmp_path}': is a folder, not a file"


def test_npz_keys_are_named_in_problems(shelf):
    np.savez("x.npz", images=COLOURED, other=COLOURED)
    (problem,) = shelf.inspect("npz", path="x.npz").problems
    assert problem == "train: name one of the arrays in 'x.npz' ('images' and 'other')"
    (problem,) = shelf.inspect("npz", path="x.npz", train="image").problems
    assert problem == "train = 'image': not an array in 'x.npz'; did you mean 'images'? (known: images, other)"
    (problem,) = shelf.inspect("npz", path="x.npz", train="images", test="tests").problems
    assert problem.startswith("test = 'tests': not an array in 'x.npz'")
    np.savez("y.npz")
    (problem,) = shelf.inspect("npz", path="y.npz").problems
    assert problem == "train: name one of the arrays in 'y.npz' (it holds none)"


def test_parts_of_different_shapes_are_a_problem(shelf):
    np.savez("x.npz", train=VECTORS, test=VECTORS[:, :4])
    (problem,) = shelf.inspect("npz", path="x.npz").problems
    assert problem == (
        "'x.npz', array 'test': its examples are vectors (4,), but those of 'x.npz', array 'train' are vectors (5,)"
    )


def test_files_that_are_no_arrays_are_a_problem(shelf, tmp_path):
    for name, kind in (("x.npy", "npy"), ("x.npz", "npz")):
        for content in (b"", b"\x93NUMPY", b"no array at all", b"PK\x03\x04 no archive"):
            (tmp_path / name).write_bytes(content)
            (problem,) = shelf.inspect(kind, path=name).problems
            assert problem.startswith(f"'{name}': can't be read as an {kind} file (")


@pytest.mark.parametrize("given", [{}, {"path": "a", "train_path": "b"}, {"train_path": "b"}, {"test_path": "b"}])
def test_npy_takes_one_path_or_two(given):
    with pytest.raises(ValidationError, match="give either 'path', or 'train_path' and 'test_path'"):
        NpyOptions(**given)


def test_npz_wants_train_named_with_test():
    with pytest.raises(ValidationError, match="'test' is named, so name 'train' too"):
        NpzOptions(path="x.npz", test="b")


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ((7, 2), np.nan, "expected a finite float32, found nan at [7, 2]"),
        ((39, 4), np.inf, "expected a finite float32, found inf at [39, 4]"),
        ((3, 0), -1e39, "expected a finite float32, found -1e+39 at [3, 0]"),
    ],
)
def test_values_that_are_no_numbers_are_refused_with_their_first_place(shelf, monkeypatch, place, value, sentence):
    monkeypatch.setattr("latentdim.datasets.formats.forms.CHUNK_BYTES", 200)  # several pieces
    bad = VECTORS.copy()
    bad[place] = value
    bad[39, 4] = value  # a later one
    np.save("x.npy", bad)
    assert shelf.inspect("npy", path="x.npy").problems == ()
    with pytest.raises(DataRefused) as refusal:
        shelf.prepare("npy", path="x.npy")
    assert str(refusal.value) == f"'x.npy': {sentence}"
    assert shelf.leftovers() == []


def test_nan_in_the_test_part_is_refused_too(shelf):
    np.savez("x.npz", train=VECTORS, test=np.full((4, 5), np.nan))
    with pytest.raises(DataRefused, match=r"'x.npz', array 'test': expected a finite float32, found nan at \[0, 0\]"):
        shelf.prepare("npz", path="x.npz")
    assert shelf.leftovers() == []


@pytest.mark.parametrize("value", [-0.1, 1.01, 255.0, np.nan])
def test_images_of_floats_outside_0_to_1_are_refused(shelf, value):
    bad = np.full((10, 2, 3), 0.5)
    bad[4, 1, 2] = value
    np.save("x.npy", bad)
    with pytest.raises(DataRefused) as refusal:
        shelf.prepare("npy", path="x.npy")
    assert str(refusal.value) == f"'x.npy': expected a value in [0, 1] (images of floats), found {value} at [4, 1, 2]"


def test_bytes_of_0_and_1_are_refused(shelf):
    np.save("x.npy", (COLOURED > 99).astype(np.uint8))
    with pytest.raises(DataRefused, match="no byte is above 1, but images are bytes of 0 … 255; save 0 and 1 as bools"):
        shelf.prepare("npy", path="x.npy")


def test_a_file_cut_off_or_too_long_is_refused_by_the_preparing_job(shelf, tmp_path):
    np.save("x.npy", VECTORS)
    whole = (tmp_path / "x.npy").read_bytes()
    for content, size in ((whole[:-3], 1725), (whole + b"more", 1732)):
        (tmp_path / "x.npy").write_bytes(content)
        assert shelf.inspect("npy", path="x.npy").problems == ()
        with pytest.raises(DataRefused) as refusal:
            shelf.prepare("npy", path="x.npy")
        expected = f"'x.npy': expected 1,728 bytes by its header (shape (40, 5), float64), found {size:,}"
        assert str(refusal.value) == expected
    assert shelf.leftovers() == []


def test_damage_inside_an_archive_is_refused_by_its_checksum(shelf, tmp_path):
    np.savez("x.npz", train=np.tile(VECTORS, (100, 1)))
    content = bytearray((tmp_path / "x.npz").read_bytes())
    content[100_000] ^= 1
    (tmp_path / "x.npz").write_bytes(content)
    assert shelf.inspect("npz", path="x.npz").problems == ()
    with pytest.raises(DataRefused, match=r"'x.npz', array 'train': can't be read \(Bad CRC-32 for file 'train.npy'\)"):
        shelf.prepare("npz", path="x.npz")
    assert shelf.leftovers() == []


@pytest.mark.parametrize("kind", ["npy", "npz", "compressed"])
def test_thirty_damaged_copies_never_end_in_a_traceback(shelf, tmp_path, mutations, kind):
    name = "x.npy" if kind == "npy" else "x.npz"
    buffer = io.BytesIO()
    {"npy": np.save, "npz": np.savez, "compressed": np.savez_compressed}[kind](buffer, VECTORS)
    (tmp_path / name).write_bytes(buffer.getvalue())
    whole = shelf.arrays(name[2:], path=name)["train"]
    refused = 0
    for number, content in enumerate(mutations(buffer.getvalue(), 30)):
        (tmp_path / name).write_bytes(content)
        other = type(shelf)(shelf.results / str(number))
        if other.inspect(name[2:], path=name).problems:
            refused += 1
            continue
        try:
            found = other.arrays(name[2:], path=name)["train"]
        except DataRefused:
            refused += 1
        else:
            # npy carries no checksum: a changed value that is still a number can't be told
            assert np.isfinite(found).all() if kind == "npy" else np.array_equal(found, whole)
    assert refused >= 10


def test_an_encrypted_or_unknown_compression_is_a_problem(shelf, tmp_path):
    np.savez("x.npz", train=VECTORS)
    content = bytearray((tmp_path / "x.npz").read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    for offset, value in ((8, 1), (10, 99)):  # flag bits: encrypted; compression method
        damaged = bytearray(content)
        damaged[directory + offset] = value
        (tmp_path / "x.npz").write_bytes(damaged)
        (problem,) = shelf.inspect("npz", path="x.npz").problems
        assert problem.startswith("'x.npz': can't be read as an npz file (")
    with zipfile.ZipFile(tmp_path / "y.npz", "w") as archive:
        archive.writestr("readme.txt", "no arrays")
    assert "it holds none" in shelf.inspect("npz", path="y.npz").problems[0]
