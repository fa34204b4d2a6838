"""A user's own npy and npz files."""

import numpy as np
import pytest

from latentdim.system.seeds import stream

DRAWS = stream("test", "arrays")
VECTORS = DRAWS.normal(size=(40, 5))
COLOURED = DRAWS.integers(0, 256, (40, 4, 6, 3), dtype=np.uint8)


def rows_of(arrays):
    """All prepared examples, training part first."""
    return np.concatenate([arrays["train"], arrays["test"]])


def in_some_order(found, expected):
    """Whether two arrays hold the same examples."""
    return sorted(row.tobytes() for row in found) == sorted(np.ascontiguousarray(row).tobytes() for row in expected)


def test_floats_of_rank_two_are_vectors_split_at_random(shelf):
    np.save("x.npy", VECTORS)
    info, arrays = shelf.inspect("npy", path="x.npy"), shelf.arrays("npy", path="x.npy")
    assert (info.kind, info.shape, info.n_train) == ("vectors", (5,), 36)
    assert (arrays["train"].dtype, arrays["train"].shape, arrays["test"].shape) == (np.float32, (36, 5), (4, 5))
    assert in_some_order(rows_of(arrays), VECTORS.astype(np.float32))
    assert not np.array_equal(rows_of(arrays), VECTORS.astype(np.float32))  # shuffled: sources are often sorted


@pytest.mark.parametrize(
    ("stored", "options"),
    [
        (COLOURED, {}),
        (COLOURED.transpose(0, 3, 1, 2), {}),
        (np.asfortranarray(COLOURED), {}),
        (COLOURED, {"layout": "channels_last"}),
        (COLOURED.transpose(0, 3, 1, 2), {"layout": "channels_first"}),
    ],
)
def test_colour_images_of_either_layout_become_channels_first(shelf, stored, options):
    np.save("x.npy", stored)
    info, arrays = shelf.inspect("npy", path="x.npy", **options), shelf.arrays("npy", path="x.npy", **options)
    assert (info.kind, info.shape) == ("images", (3, 4, 6))
    assert arrays["train"].shape == (36, 3, 4, 6)
    assert in_some_order(rows_of(arrays), COLOURED.transpose(0, 3, 1, 2))


def test_layout_decides_where_both_axes_could_be_channels(shelf):
    both = COLOURED[:, :3]
    np.save("x.npy", both)
    (problem,) = shelf.inspect("npy", path="x.npy").problems
    assert problem == "'x.npy': in (40, 3, 6, 3) the channels may come first or last; say which by 'layout'"
    assert shelf.inspect("npy", path="x.npy", layout="channels_first").shape == (3, 6, 3)
    arrays = shelf.arrays("npy", path="x.npy", layout="channels_last")
    assert in_some_order(rows_of(arrays), both.transpose(0, 3, 1, 2))


def test_grey_bytes_bools_and_floats_become_bytes(shelf):
    grey = COLOURED[..., 0]
    for stored, expected in ((grey, grey), (grey > 99, np.where(grey > 99, 255, 0)), (grey / 255, grey)):
        np.save("x.npy", stored)
        arrays = shelf.arrays("npy", path="x.npy")
        assert arrays["train"].shape == (36, 1, 4, 6)
        assert in_some_order(rows_of(arrays), expected.astype(np.uint8)[:, None])


def test_rounding_floats_to_bytes_is_noted(shelf):
    np.save("x.npy", np.full((10, 2, 2), 0.308) * np.eye(10)[:, :2, None])
    described = shelf.prepare("npy", path="x.npy")
    drawn, rounded = "test part: 1 of 10 examples, drawn at random", "images of floats in [0, 1] were rounded"
    assert described["note"] == f"{drawn}; {rounded} to the nearest byte"
    assert set(np.unique(shelf.arrays("npy", path="x.npy")["train"])) == {0, 79}  # 78.54
    np.save("x.npy", COLOURED)
    assert "rounded" not in shelf.prepare("npy", path="x.npy")["note"]
    assert "note" not in shelf.prepare("npy", train_path="x.npy", test_path="x.npy")


@pytest.mark.parametrize(("kind", "name"), [("npy", "x.npy"), ("npz", "x.npz")])
def test_a_part_drawn_at_random_is_told_before_and_after_preparing(shelf, kind, name):
    np.save("x.npy", VECTORS)
    np.savez("x.npz", values=VECTORS)
    n = len(VECTORS)
    note = f"test part: {round(0.25 * n)} of {n} examples, drawn at random"
    assert shelf.check(kind, path=name, test_fraction=0.25).notes == (note,)
    assert shelf.prepare(kind, path=name, test_fraction=0.25)["note"] == note
    np.savez("x.npz", train=VECTORS[:30], test=VECTORS[30:])
    assert shelf.check("npz", path="x.npz").notes == ()


def test_a_given_split_is_kept(shelf):
    np.save("a.npy", VECTORS[:30])
    np.save("b.npy", VECTORS[30:])
    np.savez_compressed("x.npz", first=VECTORS[:30], second=VECTORS[30:], train=VECTORS[:2], other=np.arange(3))
    np.savez("y.npz", train=VECTORS[:30], test=VECTORS[30:])
    for kind, options in (
        ("npy", {"train_path": "a.npy", "test_path": "b.npy"}),
        ("npz", {"path": "x.npz", "train": "first", "test": "second"}),
        ("npz", {"path": "y.npz"}),
    ):
        arrays = shelf.in_source_order(kind, **options)
        np.testing.assert_array_equal(arrays["train"], VECTORS[:30].astype(np.float32))
        np.testing.assert_array_equal(arrays["test"], VECTORS[30:].astype(np.float32))


def test_npz_and_npy_give_the_same_data(shelf):
    np.save("x.npy", COLOURED)
    np.savez_compressed("x.npz", anything=COLOURED)
    digests = {shelf.prepare("npy", path="x.npy")["digest"], shelf.prepare("npz", path="x.npz")["digest"]}
    assert len(digests) == 1
    assert not [name for name in shelf.leftovers() if "unpacked" in name]


def test_big_endian_and_half_precision_are_read(shelf):
    for dtype in (">f8", "<f2", "f4"):
        np.save("x.npy", VECTORS.astype(dtype))
        found = rows_of(shelf.arrays("npy", path="x.npy"))
        assert in_some_order(found, VECTORS.astype(dtype).astype(np.float32))


def test_the_files_dates_and_sizes_are_in_the_fingerprint(shelf):
    np.save("x.npy", VECTORS)
    before = shelf.inspect("npy", path="x.npy").fingerprint
    assert shelf.inspect("npy", path="x.npy").fingerprint == before
    np.save("x.npy", VECTORS + 1)
    assert shelf.inspect("npy", path="x.npy").fingerprint != before


def test_links_and_home_are_followed(shelf, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    np.save("real.npy", VECTORS)
    (tmp_path / "link.npy").symlink_to("real.npy")
    assert shelf.arrays("npy", path="~/link.npy")["train"].shape == (36, 5)
