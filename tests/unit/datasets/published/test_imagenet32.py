"""ImageNet of 32 × 32: from archives and folders of npz files, made small here; pickles are never opened."""

import hashlib
import io
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from latentdim.datasets import imagenet32
from latentdim.datasets.formats import checksums, forms, npy_files
from latentdim.datasets.formats.checksums import Checksum
from latentdim.datasets.prepared import Writer
from latentdim.system.problems import DataRefused
from latentdim.system.seeds import stream

TRAIN, VAL = "Imagenet32_train_npz", "Imagenet32_val_npz"
HERE = Path("here")
N_EACH = 12  # images of a training batch; the last has one more


class Pulled:
    """Leaves a mark when it is unpickled."""

    def __reduce__(self):
        return Path("ran").touch, ()


class Small:
    """Batches in the publisher's layout, whose digests replace the real ones."""

    def __init__(self, monkeypatch):
        self.monkeypatch = monkeypatch
        self.batches = {}
        draws = stream("small imagenet")
        for name in [*imagenet32.BATCHES["train"], *imagenet32.BATCHES["test"]]:
            n = N_EACH + ("10" in name)
            self.batches[name] = {
                "data": draws.integers(0, 256, (n, 3072), dtype=np.uint8),
                "labels": draws.integers(1, 1001, n),
                "mean": draws.random(3072),
            }
        monkeypatch.setattr(imagenet32, "COUNTS", {"train": 10 * N_EACH + 1, "test": N_EACH})

    def contents(self):
        """The npz files by name, with their digests made the expected ones."""
        found = {}
        for name, arrays in self.batches.items():
            buffer = io.BytesIO()
            np.savez(buffer, **arrays)
            found[name] = buffer.getvalue()
        for part, expected in imagenet32.BATCHES.items():
            known = {name: Checksum("md5", hashlib.md5(found[name]).hexdigest()) for name in expected}
            self.monkeypatch.setitem(imagenet32.BATCHES, part, known)
        return found

    def write(self, folder=HERE, *, packed=True):
        """Both archives, or both folders."""
        folder.mkdir(parents=True, exist_ok=True)
        contents = self.contents()
        for part, stem in imagenet32.FOLDERS.items():
            names = imagenet32.BATCHES[part]
            if packed:
                with zipfile.ZipFile(folder / f"{stem}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                    archive.mkdir(stem)
                    for name in names:
                        archive.writestr(f"{stem}/{name}", contents[name])
                self.expect(part, folder / f"{stem}.zip")
            else:
                (folder / stem).mkdir()
                for name in names:
                    (folder / stem / name).write_bytes(contents[name])

    def expect(self, part, file):
        """Make an archive the published one."""
        content = file.read_bytes()
        checksum = Checksum("sha256", hashlib.sha256(content).hexdigest(), len(content))
        self.monkeypatch.setitem(imagenet32.ARCHIVES, part, checksum)

    def rows(self, part, key):
        """All of a part, batch after batch."""
        return np.concatenate([self.batches[name][key] for name in imagenet32.BATCHES[part]])


@pytest.fixture
def small(monkeypatch):
    """ImageNet of 121 + 12 images."""
    return Small(monkeypatch)


def test_the_published_counts_are_these(shelf):
    info = shelf.inspect("imagenet32")
    assert (info.shape, info.n_train, info.n_classes) == ((3, 32, 32), 1_281_167, 1000)
    assert imagenet32.COUNTS["test"] == 50_000
    assert info.prepared_mb == pytest.approx(1_331_167 * (3072 + 8) / 1e6)


@pytest.mark.parametrize("packed", [True, False])
def test_images_are_three_planes_and_classes_start_at_0(shelf, small, packed):
    small.write(packed=packed)
    arrays = shelf.in_source_order("imagenet32", path="here")
    for part in ("train", "test"):
        rows = small.rows(part, "data")
        assert arrays[part].shape == (len(rows), 3, 32, 32)
        for channel in range(3):
            plane = rows[:, 1024 * channel : 1024 * (channel + 1)].reshape(-1, 32, 32)
            np.testing.assert_array_equal(arrays[part][:, channel], plane)
        np.testing.assert_array_equal(arrays[f"{part}_labels"], small.rows(part, "labels") - 1)
    assert arrays["train_labels"].dtype == np.int64


def test_archives_and_folders_give_the_same_data(shelf, small):
    small.write(Path("a"))
    small.write(Path("data/imagenet32"), packed=False)
    digest = shelf.prepare("imagenet32", path="a")["digest"]
    assert type(shelf)(shelf.results / "other").prepare("imagenet32")["digest"] == digest
    assert shelf.spec("imagenet32").key == shelf.spec("imagenet32", path="a").key


def test_preparing_holds_a_piece_and_leaves_no_batch(shelf, small, monkeypatch):
    for module, name in ((npy_files, "COPY_BYTES"), (forms, "CHUNK_BYTES"), (checksums, "CHUNK_BYTES")):
        monkeypatch.setattr(module, name, 10_000)
    monkeypatch.setattr(imagenet32, "COPY_BYTES", 10_000)
    small.write()
    shelf.results.mkdir()
    options = shelf.spec("imagenet32", path="here").options
    tracemalloc.start()
    imagenet32.prepare(options, Writer(shelf.results))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < small.rows("train", "data").nbytes / 2
    assert sorted(path.name for path in shelf.results.iterdir()) == [
        "test.npy", "test_labels.npy", "train.npy", "train_labels.npy",
    ]  # fmt: skip


def test_where_it_is_not_one_sentence_says_what_to_put_where(shelf):
    (problem,) = shelf.inspect("imagenet32").problems
    assert problem == (
        "ImageNet 32×32 isn't in 'data' (LATENTDIM_DATA may name its folder): put 'Imagenet32_train_npz.zip' "
        "(3,580,435,279 bytes, sha256 94226337ecc1b0309d9fcd0167127aaadc931587035fbcb53925235edbaec4fc), "
        "'Imagenet32_val_npz.zip' (139,697,668 bytes, sha256 "
        "013990e6dec1237dcd1f9beadbab81ead6604cc119af5cacbfb59ae28148377a), whole or unpacked, into "
        "'data/imagenet32' (from image-net.org, 'Download "
        "downsampled image data', with an account)"
    )
    with pytest.raises(DataRefused, match=r"put 'Imagenet32_train_npz\.zip' \("):
        shelf.prepare("imagenet32")


def test_a_folder_that_lacks_batches_is_a_problem_naming_them(shelf, small):
    small.write(packed=False)
    for number in (3, 10):
        (HERE / TRAIN / f"train_data_batch_{number}.npz").unlink()
    (problem,) = shelf.inspect("imagenet32", path="here").problems
    assert problem == (
        f"'here/{TRAIN}': ImageNet 32×32 isn't whole there; missing: 'train_data_batch_3.npz' and "
        "'train_data_batch_10.npz'"
    )


@pytest.mark.parametrize("name", ["Imagenet32_train.zip", "train_data_batch_1"])
def test_the_form_of_pickles_is_refused_naming_the_other(shelf, name):
    HERE.mkdir()
    (HERE / name).write_bytes(b"\x80\x04N.")
    *_, problem = shelf.inspect("imagenet32", path="here").problems
    assert problem == f"'here/{name}': holds pickles, which are never opened; get the archives of npz files instead"
    with pytest.raises(DataRefused, match=r"'Imagenet32_train_npz\.zip' .*which are never opened"):
        shelf.prepare("imagenet32", path="here")


def test_a_pickle_inside_an_npz_is_never_opened(shelf, small):
    small.batches["val_data.npz"]["mean"] = np.array(Pulled(), dtype=object)
    small.write()
    assert len(shelf.arrays("imagenet32", path="here")["test"]) == N_EACH
    small.batches["val_data.npz"]["labels"] = np.array([Pulled()] * N_EACH, dtype=object)
    small.write()
    with pytest.raises(DataRefused, match="holds Python objects, which are never unpickled"):
        type(shelf)(shelf.results / "other").prepare("imagenet32", path="here")
    assert not Path("ran").exists()


@pytest.mark.parametrize("packed", [True, False])
def test_what_is_not_the_published_file_is_refused(shelf, small, mutations, packed):
    small.write(packed=packed)
    file = HERE / (f"{TRAIN}.zip" if packed else f"{TRAIN}/train_data_batch_7.npz")
    content = file.read_bytes()
    for changed in (content + b"7", b"", *mutations(content, 20)):
        file.write_bytes(changed)
        with pytest.raises(DataRefused, match=rf"^'{file}': expected (content with|[\d,]+ bytes)"):
            shelf.prepare("imagenet32", path="here")
        assert shelf.leftovers() == []


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    ("key", "change", "sentence"),
    [
        ("data", lambda data: data[:, :-1], r"expected rows of 3,072 bytes, found uint8 \(12, 3071\)"),
        ("data", lambda data: data.astype(np.int16), r"expected rows of 3,072 bytes, found int16 \(12, 3072\)"),
        ("data", lambda data: data[0, 0], r"expected rows of 3,072 bytes, found uint8 \(\)"),
        ("labels", lambda labels: labels[1:], r"expected 12 labels, found int64 \(11,\)"),
        ("labels", lambda labels: labels / 2, r"expected 12 labels, found float64 \(12,\)"),
        ("labels", lambda labels: labels * 0, "expected labels 1 … 1000, found 0 at 0"),
        ("labels", lambda labels: labels * 0 + 1001, "expected labels 1 … 1000, found 1001 at 0"),
    ],
)
def test_arrays_that_are_no_images_or_classes_are_refused(shelf, small, packed, key, change, sentence):
    batch = small.batches["train_data_batch_2.npz"]
    batch[key] = change(batch[key])
    small.write(packed=packed)
    title = rf"'here/{TRAIN}\.zip', 'train_data_batch_2\.npz'" if packed else rf"'here/{TRAIN}/train_data_batch_2\.npz'"
    with pytest.raises(DataRefused, match=f"^{title}: {sentence}$"):
        shelf.prepare("imagenet32", path="here")
    assert shelf.leftovers() == []


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (122, f"'here/{TRAIN}.zip': expected 122 images in all, found 121"),
        (120, f"'here/{TRAIN}.zip', 'train_data_batch_10.npz': holds 13 images, but 12 are still missing"),
        (108, f"'here/{TRAIN}.zip', 'train_data_batch_10.npz': holds 13 images, but 0 are still missing"),
    ],
)
def test_another_number_of_images_is_refused(shelf, small, count, sentence):
    small.write()
    imagenet32.COUNTS["train"] = count
    with pytest.raises(DataRefused) as refusal:
        shelf.prepare("imagenet32", path="here")
    assert str(refusal.value) == sentence


def test_an_archive_without_a_batch_or_of_another_kind_is_refused(shelf, small):
    small.write()
    for names, sentence in ((["val_data.npz"], "holds no 'train_data_batch_1.npz'"), ([], "can't be read as a zip")):
        (HERE / f"{TRAIN}.zip").write_bytes(b"no archive")
        if names:
            with zipfile.ZipFile(HERE / f"{TRAIN}.zip", "w") as archive:
                archive.writestr(names[0], b"")
        small.expect("train", HERE / f"{TRAIN}.zip")
        with pytest.raises(DataRefused, match=f"^'here/{TRAIN}.zip': {sentence}"):
            shelf.prepare("imagenet32", path="here")
        assert shelf.leftovers() == []
