"""dSprites and 3D Shapes: found, read, looked up and refused. Files of fewer levels stand in for the real ones."""

import sys
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from latentdim.datasets import dsprites, shapes3d
from latentdim.datasets.formats import checksums, forms, hdf5_files, npy_files
from latentdim.datasets.prepared import Writer, prepare
from latentdim.system.problems import DataRefused

NPZ, TWIN, H5 = f"{dsprites.STEM}.npz", f"{dsprites.STEM}.hdf5", "3dshapes.h5"
HERE = Path("here")


class Pulled:
    """Leaves a mark when it is unpickled."""

    def __reduce__(self):
        return Path("ran").touch, ()


def channels_first(images):
    """The images as they are to be prepared."""
    return images[:, None] * np.uint8(255) if images.ndim == 3 else images.transpose(0, 3, 1, 2)


def test_the_published_sets_are_these():
    assert len(dsprites.SOURCE) == 737_280
    assert dsprites.SOURCE.varying == {
        "shape": 3, "scale": 6, "orientation": 40, "position_x": 32, "position_y": 32,
    }  # fmt: skip
    assert len(shapes3d.SOURCE) == 480_000
    assert shapes3d.SOURCE.varying == {
        "floor_hue": 10, "wall_hue": 10, "object_hue": 10, "scale": 8, "shape": 4, "orientation": 15,
    }  # fmt: skip
    values = {name: [round(float(v), 4) for v in found] for name, found in shapes3d.FACTORS.items()}
    assert values["wall_hue"] == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert values["scale"][:2] == [0.75, 0.8214]
    assert values["orientation"][:3] == [-30, -25.7143, -21.4286]


@pytest.mark.parametrize(
    ("kind", "shape", "n_train", "n_factors", "n_classes"),
    [("dsprites", (1, 64, 64), 663_552, 5, 3), ("shapes3d", (3, 64, 64), 432_000, 6, 4)],
)
def test_looking_tells_the_sizes_without_reading(shelf, kind, shape, n_train, n_factors, n_classes):
    info = shelf.inspect(kind)
    assert (info.shape, info.n_train, info.n_factors, info.n_classes) == (shape, n_train, n_factors, n_classes)
    assert info.problems == ()
    assert info.prepared_mb > 1e-6 * n_train * np.prod(shape)


def test_every_image_lies_once_with_its_own_factors_and_class(shelf, case):
    case.small.write(HERE, case.name)
    info, arrays = shelf.inspect(case.kind, path="here"), shelf.arrays(case.kind, path="here")
    sizes = tuple(case.small.module.SOURCE.varying.values())
    expected = channels_first(case.small.images)
    found = []
    for part in ("train", "test"):
        factors, labels = arrays[f"{part}_factors"], arrays[f"{part}_labels"]
        assert (factors.dtype, labels.dtype) == (np.float32, np.int64)
        flat = np.ravel_multi_index(tuple(factors.astype(int).T), sizes)
        np.testing.assert_array_equal(arrays[part], expected[flat])
        shape = list(case.small.module.SOURCE.varying).index("shape")
        np.testing.assert_array_equal(labels, factors[:, shape])
        found += flat.tolist()
    assert sorted(found) == list(range(len(expected)))
    assert found != sorted(found)  # held out at random, and validation takes the last training examples
    assert len(arrays["train"]) == info.n_train == len(expected) - round(0.1 * len(expected))


def test_both_forms_of_dsprites_give_the_same_data(shelf, small_dsprites):
    small_dsprites.write(Path("one"), NPZ)
    small_dsprites.write(Path("two"), TWIN)
    digests = {shelf.prepare("dsprites", path=path)["digest"] for path in ("one", "two")}
    other = type(shelf)(shelf.results / "other")
    assert digests == {other.prepare("dsprites", path="two")["digest"]}
    assert shelf.spec("dsprites", path="one").key == shelf.spec("dsprites").key


def test_the_share_held_out_is_an_option(shelf, small_dsprites):
    small_dsprites.write(Path("data/dsprites"), NPZ)
    arrays = shelf.arrays("dsprites", test_fraction=0.25)
    assert (len(arrays["train"]), len(arrays["test"])) == (81, 27)
    assert shelf.spec("dsprites", test_fraction=0.25).key != shelf.spec("dsprites").key


def test_the_factor_space_gives_the_image_of_any_combination(shelf, case):
    case.small.write(HERE, case.name)
    spec = shelf.spec(case.kind, path="here")
    prepare(spec, shelf.results)
    tracemalloc.start()
    space = spec.factor_space(shelf.results)
    created = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert created < case.small.images.nbytes / 4  # what is prepared stays on disk
    assert (space.names, space.sizes) == (
        tuple(case.small.module.SOURCE.varying),
        tuple(case.small.module.SOURCE.varying.values()),
    )
    flat = np.random.default_rng(0).permutation(len(space))
    expected = channels_first(case.small.images)
    np.testing.assert_array_equal(space.images(space.levels(flat)), expected[flat])
    np.testing.assert_array_equal(space.images(space.levels(flat[[5, 5, 2]])), expected[flat[[5, 5, 2]]])
    with pytest.raises(ValueError, match="must lie below"):
        space.images(np.array([space.sizes]))


def test_reading_holds_a_piece_and_never_all(shelf, small_shapes3d, small_dsprites, monkeypatch):
    for module, name in ((hdf5_files, "PIECE_BYTES"), (forms, "CHUNK_BYTES"), (checksums, "CHUNK_BYTES")):
        monkeypatch.setattr(module, name, 20_000)
    monkeypatch.setattr(hdf5_files, "LARGEST_PIECE_BYTES", 100_000)
    monkeypatch.setattr(npy_files, "COPY_BYTES", 20_000)
    small_shapes3d.write(HERE, H5)
    small_dsprites.write(HERE, NPZ)
    for kind, small in (("shapes3d", small_shapes3d), ("dsprites", small_dsprites)):
        scratch = shelf.results / kind
        scratch.mkdir(parents=True)
        tracemalloc.start()
        small.module.prepare(shelf.spec(kind, path="here").options, Writer(scratch))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < small.images.nbytes / 2, kind


def test_the_pickled_description_in_the_npz_is_never_opened(shelf, small_dsprites):
    small_dsprites.write(HERE, NPZ, more={"metadata": np.array(Pulled(), dtype=object)})
    assert len(shelf.arrays("dsprites", path="here")["train"]) == 97
    assert not Path("ran").exists()
    with pytest.raises(ValueError, match="pickle"):
        np.load(HERE / NPZ, allow_pickle=False)["metadata"]  # it is there
    np.load(HERE / NPZ, allow_pickle=True)["metadata"]
    assert Path("ran").exists()  # and armed


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (
            "dsprites",
            f"download = False, and dSprites isn't in 'data' (LATENTDIM_DATA may name its folder): put '{NPZ}' "
            "(md5 7da33b31b13a06f4b04a70402ce90c2e or 28,024,106 bytes, sha256 "
            f"729fa22e884c9c500e1f17415d580746b4c5894fbbb780a1319bbcfa39a745bb), or '{TWIN}' instead, "
            "into 'data/dsprites' (from https://github.com/google-deepmind/dsprites-dataset/raw/"
            f"master/{NPZ})",
        ),
        (
            "shapes3d",
            f"download = False, and 3D Shapes isn't in 'data' (LATENTDIM_DATA may name its folder): put '{H5}' "
            "(267,573,662 bytes, sha256 0a0f6ed98baff276a50f3a081a7434d788da63cb135a98189b2a5b5769be1785) "
            "into 'data/shapes3d' (from https://storage.googleapis.com/3d-shapes/3dshapes.h5)",
        ),
    ],
)
def test_where_it_is_not_one_sentence_says_what_to_put_where(shelf, kind, sentence):
    assert shelf.inspect(kind, download=False).problems == (sentence,)
    assert shelf.inspect(kind).problems == ()


@pytest.mark.parametrize("layout", ["data/dsprites", "data/dsprites-dataset-master", "data"])
def test_usual_folders_are_looked_into(shelf, small_dsprites, layout):
    small_dsprites.write(Path(layout), TWIN)
    assert shelf.inspect("dsprites", download=False).problems == ()
    assert len(shelf.arrays("dsprites", download=False)["train"]) == 97


def pretend_download(monkeypatch, download_url):
    monkeypatch.setitem(sys.modules, "torchvision", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "torchvision.datasets", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "torchvision.datasets.utils", SimpleNamespace(download_url=download_url))


@pytest.mark.parametrize(("kind", "name"), [("dsprites", NPZ), ("shapes3d", H5)])
def test_a_download_comes_from_the_publisher_and_ends_in_the_data_folder(shelf, request, monkeypatch, kind, name):
    small, asked = request.getfixturevalue(f"small_{kind}"), []

    def download_url(url, root, *, filename, md5):
        asked.append((url, filename, md5))
        (Path(root) / filename).write_bytes(content)

    content = small.write(Path("publisher"), name).read_bytes()
    pretend_download(monkeypatch, download_url)
    assert len(shelf.arrays(kind)["train"]) > 90
    source = small.module.SOURCE
    assert asked == [(source.url, name, source.md5)]
    assert [path for path in Path("data").rglob("*") if path.is_file()] == [Path("data") / kind / name]


def test_a_download_that_fails_is_a_sentence_saying_what_to_put_where(shelf, small_shapes3d, monkeypatch):
    def download_url(url, root, *, filename, md5):
        (Path(root) / filename).write_bytes(b"half")
        raise RuntimeError("File not found or corrupted.")

    pretend_download(monkeypatch, download_url)
    with pytest.raises(DataRefused) as refusal:
        shelf.prepare("shapes3d")
    assert str(refusal.value).startswith("3D Shapes couldn't be downloaded (File not found or corrupted.); put '3dsh")
    assert [path for path in Path("data").rglob("*") if path.is_file()] == []
    assert shelf.leftovers() == []
