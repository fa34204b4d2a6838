"""MNIST from its four idx files, plain or gzipped, each checked against its known digest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from latentdim.datasets.formats.idx import Expected, read_idx
from latentdim.datasets.formats.idx_sets import IdxOptions, published, save, source_info
from latentdim.registry.declarations import Dataset, SourceInfo

if TYPE_CHECKING:
    from latentdim.datasets.prepared import Writer

LAYOUT = Path("MNIST/raw")

# The digests are those of the uncompressed files: each compression makes other .gz files.
FILES = {
    "train": Expected("train-images-idx3-ubyte", (60_000, 28, 28), "6bbc9ace898e44ae57da46a324031adb"),
    "train_labels": Expected("train-labels-idx1-ubyte", (60_000,), "a25bea736e30d166cdddb491f175f624"),
    "test": Expected("t10k-images-idx3-ubyte", (10_000, 28, 28), "2646ac647ad5339dbf082846283269ea"),
    "test_labels": Expected("t10k-labels-idx1-ubyte", (10_000,), "27ae3e4e09519cfbb04c329615203637"),
}


class MnistOptions(IdxOptions):
    """Which form of MNIST, and where it lies."""


def inspect(options: MnistOptions) -> SourceInfo:
    """Presence only; the contents are checked by ``prepare``."""
    return source_info(options, published("MNIST", FILES, loose=True), FILES)


def prepare(options: MnistOptions, writer: Writer) -> None:
    """Check all four files and write images (padded where asked) and labels.

    Raises:
        DataRefused: naming the file that isn't MNIST's, or what to put where if the download fails.
    """
    found = published("MNIST", FILES, loose=True).have(options)
    for name, expected in FILES.items():
        save(options, writer, name, read_idx(found[name], expected))


def find(options: MnistOptions) -> dict[str, Path] | None:
    """The four files by the array that each becomes, from the first place that has them all."""
    return published("MNIST", FILES, loose=True).find(options)


DATASET = Dataset(
    name="mnist",
    title="MNIST",
    pattern=r"mnist(_(?P<size>\d+))?",
    options=MnistOptions,
    inspect="latentdim.datasets.mnist:inspect",
    prepare="latentdim.datasets.mnist:prepare",
    version=2,
    source="four idx files, from a folder or through torchvision",
    licence="CC BY-SA 3.0",
    citation="Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), Gradient-based learning applied to document "
    "recognition, Proceedings of the IEEE 86(11)",
)
