"""FashionMNIST from its four idx files, gzipped or plain.

Of this set the digests of the published gzip files are known, not those of the plain files. A gzipped file must
therefore be the published one byte for byte; it is preferred where both lie side by side, as torchvision leaves them.
Plain files are taken if header, length and the classes' counts are right and they aren't MNIST's files, which have the
same names and form; the description of the prepared data then notes that the pixels themselves weren't verified.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from latentdim.datasets import mnist
from latentdim.datasets.formats.idx import Expected, is_packed, read_idx
from latentdim.datasets.formats.idx_sets import IdxOptions, published, save, source_info
from latentdim.datasets.formats.local_copies import PublishedSet
from latentdim.datasets.formats.sources import quoted
from latentdim.registry.declarations import Dataset, SourceInfo
from latentdim.system.problems import DataRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentdim.datasets.prepared import Writer

N_CLASSES = 10
TITLE = "FashionMNIST"

FILES = {
    "train": Expected("train-images-idx3-ubyte", (60_000, 28, 28), packed_md5="8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
    "train_labels": Expected("train-labels-idx1-ubyte", (60_000,), packed_md5="25c81989df183df01b3e8a0aad5dffbe"),
    "test": Expected("t10k-images-idx3-ubyte", (10_000, 28, 28), packed_md5="bef4ecab320f06d8554ea6380940ec79"),
    "test_labels": Expected("t10k-labels-idx1-ubyte", (10_000,), packed_md5="bb300cfdad3c16e7a12a480ee83cd310"),
}


class FashionMnistOptions(IdxOptions):
    """Which form of FashionMNIST, and where it lies."""


def inspect(options: FashionMnistOptions) -> SourceInfo:
    """Presence only; the contents are checked by ``prepare``."""
    return source_info(options, _published(), FILES)


def prepare(options: FashionMnistOptions, writer: Writer) -> None:
    """Check all four files and write images (padded where asked) and labels.

    Raises:
        DataRefused: naming the file that isn't FashionMNIST's, or what to put where if the download fails.
    """
    found = _published().have(options)
    for name, expected in FILES.items():
        values = read_idx(found[name], expected)
        _verify(found[name], name, values)
        save(options, writer, name, values)
    if not all(map(is_packed, found.values())):
        writer.add_note("plain files have no published digest, so their pixels weren't verified")


def _verify(path: Path, name: str, values: NDArray[np.uint8]) -> None:
    """What can be told even of a plain file: every class is equally frequent, and it isn't MNIST's.

    Raises:
        DataRefused: if not.
    """
    digest = hashlib.md5(FILES[name].header + values.tobytes(), usedforsecurity=False).hexdigest()
    if digest == mnist.FILES[name].md5:
        raise DataRefused(f"{quoted(path)}: is MNIST's file of this name, not FashionMNIST's")
    counts = np.bincount(values, minlength=N_CLASSES) if name.endswith("_labels") else np.zeros(N_CLASSES, dtype=int)
    if len(counts) != N_CLASSES or counts.min() != counts.max():
        raise DataRefused(
            f"{quoted(path)}: expected {len(values) // N_CLASSES:,} labels of each class 0 … 9, found "
            f"{', '.join(f'{count:,}' for count in counts[:N_CLASSES])}" + (" and others" * (len(counts) > N_CLASSES))
        )


def _published() -> PublishedSet:
    return published(TITLE, FILES, loose=False, origin="https://github.com/zalandoresearch/fashion-mnist")


DATASET = Dataset(
    name="fashion_mnist",
    title="FashionMNIST",
    pattern=r"fashion_mnist(_(?P<size>\d+))?",
    options=FashionMnistOptions,
    inspect="latentdim.datasets.fashion_mnist:inspect",
    prepare="latentdim.datasets.fashion_mnist:prepare",
    version=2,
    source="four idx files, from a folder or through torchvision",
    licence="MIT (Zalando SE)",
    citation="H. Xiao, K. Rasul and R. Vollgraf (2017), Fashion-MNIST: a novel image dataset for benchmarking machine "
    "learning algorithms, arXiv:1708.07747",
)
