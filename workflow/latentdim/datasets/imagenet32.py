"""ImageNet of 32 × 32 (Chrabaszcz et al., 2017) from its npz archives, or from the folders that these unpack to.

It is the set made by a box filter, with 50,000 validation images; not the older "small ImageNet" of PixelRNN. The
published validation part is held out as the test part. Classes are numbered as by the publisher, but from 0; their
order isn't that of other ImageNets. The publisher asks for an account, so nothing is downloaded.
"""

from __future__ import annotations

import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from latentdim.datasets.formats.checksums import Checksum
from latentdim.datasets.formats.forms import chunks
from latentdim.datasets.formats.local_copies import LocalOptions, Part, PublishedSet
from latentdim.datasets.formats.npy_files import COPY_BYTES, DAMAGE, mapped, no_room, npz_header, reason_of
from latentdim.datasets.formats.sources import is_file, is_folder, listed, quoted
from latentdim.registry.declarations import Dataset, SourceInfo
from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentdim.datasets.prepared import Writer

SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
N_CLASSES = 1000
COUNTS = {"train": 1_281_167, "test": 50_000}

FOLDERS = {"train": "Imagenet32_train_npz", "test": "Imagenet32_val_npz"}
ARCHIVES = {
    "train": Checksum("sha256", "94226337ecc1b0309d9fcd0167127aaadc931587035fbcb53925235edbaec4fc", 3_580_435_279),
    "test": Checksum("sha256", "013990e6dec1237dcd1f9beadbab81ead6604cc119af5cacbfb59ae28148377a", 139_697_668),
}
BATCHES = {
    "train": {
        "train_data_batch_1.npz": Checksum("md5", "464fde20de6eb44c28cc1a8c11544bb1"),
        "train_data_batch_2.npz": Checksum("md5", "bdb56e71882c3fd91619d789d5dd7c79"),
        "train_data_batch_3.npz": Checksum("md5", "83ff36d76ea26867491a281ea6e1d03b"),
        "train_data_batch_4.npz": Checksum("md5", "98ff184fe109d5c2a0f6da63843880c7"),
        "train_data_batch_5.npz": Checksum("md5", "62b8803e13c3e6de9498da7aaaae57c8"),
        "train_data_batch_6.npz": Checksum("md5", "e0b06665f890b029f1d8d0a0db26e119"),
        "train_data_batch_7.npz": Checksum("md5", "9731f469aac1622477813c132c5a847a"),
        "train_data_batch_8.npz": Checksum("md5", "60aed934b9d26b7ee83a1a83bdcfbe0f"),
        "train_data_batch_9.npz": Checksum("md5", "b96328e6affd718660c2561a6fe8c14c"),
        "train_data_batch_10.npz": Checksum("md5", "1dc618d544c554220dd118f72975470c"),
    },
    "test": {"val_data.npz": Checksum("md5", "a8c04a389f2649841fb7a01720da9dd9")},
}
# Another form of the same set, whose batches have no ending.
PICKLES = ("Imagenet32_train.zip", "Imagenet32_val.zip", "train_data_batch_1", "val_data")


class Imagenet32Options(LocalOptions):
    """Where ImageNet of 32 × 32 lies."""


def _published() -> PublishedSet:
    return PublishedSet(
        title="ImageNet 32×32",
        parts={
            part: Part((f"{folder}.zip", f"{folder}/"), note=str(ARCHIVES[part])) for part, folder in FOLDERS.items()
        },
        layout="imagenet32",
        other_layouts=("ImageNet32", "imagenet", "."),
        forms="whole or unpacked",
        origin="image-net.org, 'Download downsampled image data', with an account",
    )


def inspect(options: Imagenet32Options) -> SourceInfo:
    """Presence of the archives, or of every batch; the contents are checked by ``prepare``."""
    return SourceInfo(
        problems=tuple(_problems(options)),
        shape=SHAPE,
        n_train=COUNTS["train"],
        n_classes=N_CLASSES,
        prepared_mb=sum(COUNTS.values()) * (PIXELS + 8) / 1e6,
    )


def _problems(options: Imagenet32Options) -> Iterator[str]:
    source = _published()
    yield from source.problems(options)
    for part, place in (source.find(options) or {}).items():
        missing = [name for name in BATCHES[part] if is_folder(place) and not is_file(place / name)]
        if missing:
            yield f"{quoted(place)}: ImageNet 32×32 isn't whole there; missing: {listed(missing)}"
    pickled = PublishedSet("", {"any": Part(PICKLES)}, source.layout, source.other_layouts).find(options)
    if pickled and not source.find(options):
        yield f"{quoted(pickled['any'])}: holds pickles, which are never opened; get the archives of npz files instead"


def prepare(options: Imagenet32Options, writer: Writer) -> None:
    """Check archives or batches, and write images and classes in their order, a piece at a time.

    Raises:
        DataRefused: naming what isn't as published, or what to put where.
    """
    problems = list(_problems(options))
    if problems:
        raise DataRefused("; ".join(problems))
    for part, place in _published().have(options).items():
        values = writer.array(part, shape=(COUNTS[part], *SHAPE), dtype=np.uint8)
        labels = writer.array(f"{part}_labels", shape=(COUNTS[part],), dtype=np.int64)
        done = 0
        for file, title in _batches(part, place, writer.folder):
            done += _copy(file, title, values[done:], labels[done:], writer.folder)
        if done != COUNTS[part]:
            raise DataRefused(f"{quoted(place)}: expected {COUNTS[part]:,} images in all, found {done:,}")


def _batches(part: str, place: Path, scratch: Path) -> Iterator[tuple[Path, str]]:
    """The npz files of a part, verified, each with what a sentence calls it; one archive's at a time in ``scratch``."""
    if is_folder(place):
        for name, checksum in BATCHES[part].items():
            with checksum.opened(place / name):
                yield place / name, quoted(place / name)
        return
    with ARCHIVES[part].opened(place) as handle:
        for name in BATCHES[part]:
            print(f"prepare  {quoted(place)}, {quoted(name)}", file=sys.stderr)
            batch = scratch / name
            try:
                _unpack(handle, place, batch)
                yield batch, f"{quoted(place)}, {quoted(name)}"
            finally:
                batch.unlink(missing_ok=True)


def _unpack(handle: IO[bytes], place: Path, target: Path) -> None:
    """Copy the member of an archive that is named as ``target``, whatever folder it lies in."""
    try:
        with zipfile.ZipFile(handle) as archive:
            member = next((info for info in archive.infolist() if Path(info.filename).name == target.name), None)
            if member is None:
                raise DataRefused(f"{quoted(place)}: holds no {quoted(target.name)}")
            with archive.open(member) as source, target.open("wb") as out:
                shutil.copyfileobj(source, out, COPY_BYTES)
    except DAMAGE as error:
        if no_room(error):
            raise
        raise DataRefused(f"{quoted(place)}: can't be read as a zip file ({reason_of(error)})") from error


def _copy(file: Path, title: str, values: NDArray[np.uint8], labels: NDArray[np.int64], scratch: Path) -> int:
    """Copy a batch to the beginning of both arrays, and return how many images it has.

    A row is an image's red, then green, then blue values. Classes are 1 … 1000 in the file and 0 … 999 as prepared.
    """
    data, classes = npz_header(file, "data"), npz_header(file, "labels")
    n = data.shape[0] if data.shape else 0
    if data.shape != (n, PIXELS) or data.dtype != np.uint8:
        raise DataRefused(f"{title}: expected rows of {PIXELS:,} bytes, found {data.dtype} {data.shape}")
    if classes.shape != (n,) or classes.dtype.kind not in "iu":
        raise DataRefused(f"{title}: expected {n:,} labels, found {classes.dtype} {classes.shape}")
    if n > len(values):
        raise DataRefused(f"{title}: holds {n:,} images, but {len(values):,} are still missing")
    with mapped(classes, scratch) as array:
        wrong = (array < 1) | (array > N_CLASSES)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataRefused(f"{title}: expected labels 1 … {N_CLASSES}, found {array[row]} at {row}")
        labels[:n] = array.astype(np.int64) - 1
    with mapped(data, scratch) as array:
        for start, rows in chunks(array):
            values[start : start + len(rows)] = rows.reshape(-1, *SHAPE)
    return n


DATASET = Dataset(
    name="imagenet32",
    title="ImageNet 32×32",
    pattern="imagenet32",
    options=Imagenet32Options,
    inspect="latentdim.datasets.imagenet32:inspect",
    prepare="latentdim.datasets.imagenet32:prepare",
    version=2,
    source="the npz archives of image-net.org's downsampled data (an account is needed), or their folders",
    licence="ImageNet's terms of access: non-commercial research and education",
    citation="P. Chrabaszcz, I. Loshchilov and F. Hutter (2017), A downsampled variant of ImageNet as an alternative "
    "to the CIFAR datasets, arXiv:1707.08819",
)
