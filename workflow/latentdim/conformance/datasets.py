"""What every dataset must satisfy: what a glance promises is what the preparation writes, the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latentdim.datasets.prepared import description, prepare
from latentdim.datasets.spec import DatasetSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORDERED = 5.0  # standard errors of a correlation that random order would give once in a million


def problems_of(spec: DatasetSpec, scratch: Path) -> list[str]:
    """Sentences about what the dataset gets wrong; empty where it conforms.

    Args:
        spec: a dataset whose source is there.
        scratch: an empty folder to prepare into.
    """
    return [
        *declares_itself(spec),
        *prepares_what_it_promised(spec, scratch),
        *is_in_random_order(spec.folder(scratch / "one")),
    ]


def declares_itself(spec: DatasetSpec) -> Iterator[str]:
    """Source and licence, and nothing amiss with its source."""
    for name in ("source", "licence", "title"):
        if not getattr(spec.kind, name):
            yield f"{name}: is empty"
    yield from spec.info.problems


def prepares_what_it_promised(spec: DatasetSpec, scratch: Path) -> Iterator[str]:
    """Shapes, counts, types and size as announced; equal digests; nothing else left behind."""
    first = prepare(spec, scratch / "one")
    second = prepare(spec, scratch / "two")
    if first["digest"] != second["digest"]:
        yield "prepare: two preparations of one source give different bytes"
    folder, info = spec.folder(scratch / "one"), spec.info
    if description(folder) is None:
        yield "prepare: what it wrote doesn't read back as prepared"
    train, test = (np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ("train", "test"))
    if (len(train), train.shape[1:]) != (info.n_train, info.shape):
        yield f"inspect: announced {info.n_train} examples of {info.shape}, but {train.shape} were written"
    wanted = np.uint8 if spec.example_kind == "images" else np.float32
    if train.dtype != wanted or test.dtype != wanted:
        yield f"prepare: wrote {train.dtype} where {spec.example_kind} are {np.dtype(wanted)}"
    if not len(test):
        yield "prepare: nothing is held out"
    factors = folder / "train_factors.npy"
    if (info.n_factors is not None) != factors.exists():
        yield f"inspect: announced {info.n_factors} factors, which is not what was written"
    written = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    if written > 1.1 * info.prepared_mb + 0.01:
        yield f"inspect: announced {info.prepared_mb:.2f} MB, but {written:.2f} MB were written"
    strays = [path.name for path in folder.parent.iterdir() if path != folder and not path.name.endswith(".lease")]
    if strays:
        yield f"prepare: left {', '.join(strays)} behind"


def is_in_random_order(folder: Path) -> Iterator[str]:
    """The first examples of a part are a random sample of it: no property goes with the position or the neighbour's.

    Args:
        folder: of prepared arrays.
    """
    for part in ("train", "test"):
        for name, values in _properties(folder, part):
            place = np.arange(len(values))
            by_chance = ORDERED / len(values) ** 0.5
            if max(_correlation(place, values), _correlation(values[1:], values[:-1])) > by_chance:
                yield f"in_random_order: the order of '{part}' isn't random, it goes with {name}"


def _properties(folder: Path, part: str) -> Iterator[tuple[str, NDArray[Any]]]:
    """Numbers ``(N,)`` that tell a part's examples apart, each with what it is."""
    values = np.load(folder / f"{part}.npy", mmap_mode="r", allow_pickle=False)
    yield "the mean of an example", np.array([each.mean(dtype=np.float64) for each in values])
    for extra in ("factors", "labels"):
        file = folder / f"{part}_{extra}.npy"
        if file.exists():
            columns = np.load(file, allow_pickle=False).reshape(len(values), -1).T
            yield from ((f"its {extra}", column.astype(np.float64)) for column in columns)


def _correlation(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Size of the correlation, 0 where one of them doesn't vary."""
    return 0.0 if min(np.ptp(one), np.ptp(other)) == 0 else abs(float(np.corrcoef(one, other)[0, 1]))
