"""What every dataset must satisfy: what a glance promises is what the preparation writes, the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from latentdim.datasets.prepared import description, prepare
from latentdim.datasets.spec import DatasetSpec


def problems_of(spec: DatasetSpec, scratch: Path) -> list[str]:
    """Sentences about what the dataset gets wrong; empty where it conforms.

    Args:
        spec: a dataset whose source is there.
        scratch: an empty folder to prepare into.
    """
    return [*declares_itself(spec), *prepares_what_it_promised(spec, scratch)]


def declares_itself(spec: DatasetSpec) -> Iterator[str]:
    """Source and licence, and nothing amiss with its source."""
    for name in ("source", "licence", "title"):
        if not getattr(spec.kind, name):
            yield f"{name}: is empty"
    yield from spec.look.problems


def prepares_what_it_promised(spec: DatasetSpec, scratch: Path) -> Iterator[str]:
    """Shapes, counts, types and size as announced; equal digests; nothing else left behind."""
    first = prepare(spec, scratch / "one")
    second = prepare(spec, scratch / "two")
    if first["digest"] != second["digest"]:
        yield "prepare: two preparations of one source give different bytes"
    folder, look = spec.folder(scratch / "one"), spec.look
    if description(folder) is None:
        yield "prepare: what it wrote doesn't read back as prepared"
    train, test = (np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ("train", "test"))
    if (len(train), train.shape[1:]) != (look.n_train, look.shape):
        yield f"look: announced {look.n_train} examples of {look.shape}, but {train.shape} were written"
    wanted = np.uint8 if spec.example_kind == "images" else np.float32
    if train.dtype != wanted or test.dtype != wanted:
        yield f"prepare: wrote {train.dtype} where {spec.example_kind} are {np.dtype(wanted)}"
    if not len(test):
        yield "prepare: nothing is held out"
    factors = folder / "train_factors.npy"
    if (look.n_factors is not None) != factors.exists():
        yield f"look: announced {look.n_factors} factors, which is not what was written"
    written = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    if written > 1.1 * look.prepared_mb + 0.01:
        yield f"look: announced {look.prepared_mb:.2f} MB, but {written:.2f} MB were written"
    strays = [path.name for path in folder.parent.iterdir() if path != folder and not path.name.endswith(".lease")]
    if strays:
        yield f"prepare: left {', '.join(strays)} behind"
