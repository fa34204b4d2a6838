"""CIFAR-10 from its archive or the unpacked folder; each file's md5 is checked before its pickle is opened."""

from __future__ import annotations

import importlib
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from latentdim.datasets.formats.checksums import Checksum
from latentdim.datasets.formats.local_copies import DownloadOptions, Part, PublishedSet
from latentdim.datasets.formats.pickled_batches import N_CLASSES, read_batch
from latentdim.datasets.formats.sources import listed, quoted
from latentdim.registry.declarations import Dataset, SourceInfo
from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    from latentdim.datasets.prepared import Writer

FOLDER = "cifar-10-batches-py"
ARCHIVE = "cifar-10-python.tar.gz"
ARCHIVE_CHECKSUM = Checksum("md5", "c58f30108f718f92721af3b95e74349a")
PER_BATCH = 10_000
TEST = "test_batch"

BATCHES = {
    "data_batch_1": Checksum("md5", "c99cafc152244af753f735de768cd75f"),
    "data_batch_2": Checksum("md5", "d4bba439e000b95fd0a9bffe97cbabec"),
    "data_batch_3": Checksum("md5", "54ebc095f3ab1f0389bbae665268c751"),
    "data_batch_4": Checksum("md5", "634d18415352ddfa80567beed471001a"),
    "data_batch_5": Checksum("md5", "482c414d41f54cd18b22e5b47cb7c3cb"),
    "test_batch": Checksum("md5", "40351d587109b95175f43aff81a1287e"),
}


class Cifar10Options(DownloadOptions):
    """Where CIFAR-10 lies."""


def inspect(options: Cifar10Options) -> SourceInfo:
    """Presence only; the contents are checked by ``prepare``."""
    n_train = (len(BATCHES) - 1) * PER_BATCH
    return SourceInfo(
        problems=_published().problems(options),
        download=_published().to_download(options),
        shape=(3, 32, 32),
        n_train=n_train,
        n_classes=N_CLASSES,
        prepared_mb=(n_train + PER_BATCH) * (3 * 32 * 32 + 8) / 1e6,
    )


def prepare(options: Cifar10Options, writer: Writer) -> None:
    """Check every batch and write images and labels, in the order of the files.

    Raises:
        DataRefused: naming the file that isn't CIFAR-10's, or what to put where if the download fails.
    """
    found = _published().have(options)
    rows = {"train": (len(BATCHES) - 1) * PER_BATCH, "test": PER_BATCH}
    images = {part: writer.array(part, shape=(n, 3, 32, 32), dtype=np.uint8) for part, n in rows.items()}
    labels = {part: np.zeros(n, dtype=np.int64) for part, n in rows.items()}
    places = {name: ("train", index * PER_BATCH) for index, name in enumerate(BATCHES) if name != TEST}
    for name, content, title in _contents(found):
        pixels, classes = read_batch(content, title)
        if len(pixels) != PER_BATCH:
            raise DataRefused(f"{title}: expected {PER_BATCH:,} images, found {len(pixels):,}")
        part, start = places.get(name, ("test", 0))
        images[part][start : start + PER_BATCH] = pixels
        labels[part][start : start + PER_BATCH] = classes
    for part, values in labels.items():
        writer.save(f"{part}_labels", values)


def _contents(found: Mapping[str, Path]) -> Iterator[tuple[str, bytes, str]]:
    """Every batch's name, verified bytes and title for sentences.

    Raises:
        DataRefused: naming the file whose bytes aren't the published ones.
    """
    archive = found[TEST]
    if archive.name != ARCHIVE:
        for name, path in found.items():
            yield name, BATCHES[name].content(path), quoted(path)
        return
    lacking = dict(BATCHES)
    with ARCHIVE_CHECKSUM.opened(archive) as handle:
        for member, content in _unpacked(handle, archive):
            name = member.removeprefix(f"{FOLDER}/")
            if checksum := lacking.pop(name, None):
                title = f"{quoted(archive)}, {quoted(member)}"
                checksum.verify(content, title)
                yield name, content, title
    if lacking:
        raise DataRefused(f"{quoted(archive)}: holds no {listed(f'{FOLDER}/{name}' for name in lacking)}")


def _unpacked(handle: IO[bytes], archive: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file in an archive, in its order; nothing is written anywhere."""
    try:
        with tarfile.open(fileobj=handle, mode="r|gz") as found:
            for member in found:
                if member.isreg() and (source := found.extractfile(member)):
                    yield member.name, source.read()
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise DataRefused(f"{quoted(archive)}: can't be unpacked ({error})") from error


def _published() -> PublishedSet:
    return PublishedSet(
        title="CIFAR-10",
        parts={
            name: Part((ARCHIVE, f"{FOLDER}/{name}", name), note=str(checksum), wanted=f"{FOLDER}/{name}")
            for name, checksum in BATCHES.items()
        },
        layout=".",
        other_layouts=("cifar10",),
        forms=f"or all of them as {quoted(ARCHIVE)} ({ARCHIVE_CHECKSUM})",
        origin="https://www.cs.toronto.edu/~kriz/cifar.html",
        download=_download,
    )


def _download(scratch: Path) -> Path:
    importlib.import_module("torchvision.datasets").CIFAR10(scratch, train=False, download=True)
    return scratch


DATASET = Dataset(
    name="cifar10",
    title="CIFAR-10",
    pattern="cifar10",
    options=Cifar10Options,
    inspect="latentdim.datasets.cifar10:inspect",
    prepare="latentdim.datasets.cifar10:prepare",
    version=2,
    source="the Python version's archive or its folder, or through torchvision",
    licence="not stated by its authors, who ask to be cited",
    citation="A. Krizhevsky (2009), Learning multiple layers of features from tiny images, University of Toronto",
)
