"""Preparing a dataset once: verified arrays on disk that every run maps read-only."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latentdim.declarations import resolve
from latentdim.files import read_json, write_json
from latentdim.problems import DataRefused

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from latentdim.plan import DatasetSpec

HASH_CHUNK = 1 << 22


@dataclass
class Writer:
    """Collects a dataset's arrays: ``train`` and ``test``, each with optional ``_factors`` and ``_labels``.

    Images are bytes ``(N, channels, height, width)``; vectors are float32 ``(N, values)``; factors float32 ``(N, F)``;
    labels int64 ``(N,)``.
    """

    folder: Path
    facts: dict[str, Any] = field(default_factory=dict)

    def array(self, name: str, *, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """A new array on disk to fill piece by piece."""
        return np.lib.format.open_memmap(self.folder / f"{name}.npy", mode="w+", dtype=dtype, shape=shape)

    def save(self, name: str, values: NDArray[Any]) -> None:
        """Write a whole array."""
        np.save(self.folder / f"{name}.npy", np.ascontiguousarray(values), allow_pickle=False)


def prepare(spec: DatasetSpec, results: Path) -> dict[str, Any]:
    """Prepare a dataset, unless it is prepared from a source that hasn't changed since, and return its description.

    Raises:
        DataRefused: if the contents can't be trusted; the sentence is also written beside where the arrays would lie.
    """
    folder = spec.folder(results)
    described = description(folder)
    if described is not None and described["fingerprint"] == spec.look.fingerprint:
        return described
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".preparing-", dir=folder.parent))
    try:
        writer = Writer(scratch)
        resolve(spec.kind.prepare)(spec.options, writer)
        content = _describe(scratch) | {"name": spec.name, "kind": spec.kind.name, "fingerprint": spec.look.fingerprint, **writer.facts}
        write_json(scratch / "data.json", content)
        _replace(folder, scratch)
    except DataRefused as refusal:
        write_json(refusal_file(folder), {"dataset": spec.name, "reason": str(refusal), "fingerprint": spec.look.fingerprint})
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    refusal_file(folder).unlink(missing_ok=True)
    return content


def description(folder: Path) -> dict[str, Any] | None:
    """What was prepared in a folder (digest, shape, counts), or None."""
    found: dict[str, Any] | None = read_json(folder / "data.json")
    return found


def refusal_file(folder: Path) -> Path:
    """Where the reason lies that a dataset was refused."""
    return folder.with_name(f"{folder.name}.refused.json")


def refusal_of(spec: DatasetSpec, results: Path) -> str | None:
    """The sentence with which a dataset was refused as it is now, or None."""
    found = read_json(refusal_file(spec.folder(results)))
    return str(found["reason"]) if found and found["fingerprint"] == spec.look.fingerprint else None


def _replace(folder: Path, scratch: Path) -> None:
    """Put the new arrays in place. Processes that map the old ones keep them: the files live on until closed."""
    retired = folder.with_name(f".retired-{scratch.name}")
    if folder.exists():
        folder.rename(retired)
    scratch.rename(folder)
    shutil.rmtree(retired, ignore_errors=True)


def _describe(folder: Path) -> dict[str, Any]:
    arrays = {path.stem: np.load(path, mmap_mode="r", allow_pickle=False) for path in sorted(folder.glob("*.npy"))}
    for name, values in arrays.items():
        if values.dtype.kind == "f" and not all(np.isfinite(part).all() for part in _pieces(values)):
            raise DataRefused(f"the array '{name}' holds NaN or infinity")
    total = hashlib.sha256()
    for name, values in arrays.items():
        total.update(f"{name} {values.dtype.str} {values.shape}".encode())
        for part in _pieces(values):
            total.update(np.ascontiguousarray(part).tobytes())
    train = arrays["train"]
    return {
        "digest": total.hexdigest(), "shape": list(train.shape[1:]), "dtype": train.dtype.name,
        "n_train": len(train), "n_test": len(arrays["test"]),
    }  # fmt: skip


def _pieces(values: NDArray[Any]) -> list[NDArray[Any]]:
    rows = max(1, HASH_CHUNK // max(1, values[:1].nbytes))
    return [values[start : start + rows] for start in range(0, len(values), rows)]
