"""Preparing a dataset once: verified arrays on disk that every run maps read-only."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from latentdim.datasets.formats.local_copies import DownloadFailed
from latentdim.datasets.spread import spread_of
from latentdim.registry.declarations import resolve
from latentdim.system.files import read_json, write_json
from latentdim.system.leases import made_once
from latentdim.system.problems import CodeBroken, DataRefused
from latentdim.system.seeds import stream
from latentdim.system.tracebacks import described

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from latentdim.datasets.spec import DatasetSpec

HASH_CHUNK = 1 << 22
PERMUTE_CHUNK = 1 << 26


@dataclass
class Writer:
    """Collects a dataset's arrays: ``train`` and ``test``, each with optional ``_factors`` and ``_labels``.

    In what order the examples are written doesn't matter: each part is permuted afterwards, its factors and classes
    with it, except where the declaration says that the order is random already.

    Images are bytes ``(N, channels, height, width)``; vectors are float32 ``(N, values)``; factors float32 ``(N, F)``;
    labels int64 ``(N,)``.

    Attributes:
        folder: a scratch folder, kept only if all goes well. Whatever else is put there must be removed again.
        facts: plain JSON to be kept in the description.
        n_validation: how many training examples, written last, are the source's own validation part. They stay last.
    """

    folder: Path
    facts: dict[str, Any] = field(default_factory=dict)
    n_validation: int = 0

    def add_note(self, sentence: str) -> None:
        """Have the description tell something more of how the data were made."""
        self.facts["note"] = "; ".join(filter(None, [self.facts.get("note"), sentence]))

    def array(self, name: str, *, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """A new array on disk to fill piece by piece.

        Raises:
            OSError: if the disk has no room for it; without the reservation, filling it would kill the process.
        """
        path = self.folder / f"{name}.npy"
        array = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
        if hasattr(os, "posix_fallocate"):
            with path.open("rb+") as handle:
                os.posix_fallocate(handle.fileno(), 0, path.stat().st_size)
        return array

    def save(self, name: str, values: NDArray[Any]) -> None:
        """Write a whole array.

        Raises:
            OSError: if the disk has no room for it.
        """
        path = self.folder / f"{name}.npy"
        try:
            np.save(path, np.ascontiguousarray(values), allow_pickle=False)
        except OSError as error:
            if error.errno is None:  # numpy tells in words alone that only a part was written
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
            raise


def prepare(spec: DatasetSpec, results: Path) -> dict[str, Any]:
    """Prepare a dataset, unless it is prepared from a source that hasn't changed since, and return its description.

    Of several processes one prepares, and the others wait for it.

    Raises:
        DataRefused: if the contents can't be trusted; the sentence is also written beside where the arrays would lie.
    """
    folder = spec.folder(results)
    return made_once(
        folder.with_name(f".{folder.name}.lease"), lambda: description_now(spec, results),
        lambda: _prepare(spec, folder),
        title=f"{spec.name} is being prepared",
    )  # fmt: skip


def _prepare(spec: DatasetSpec, folder: Path) -> dict[str, Any]:
    """Prepare into a scratch folder, which takes the arrays' place only when it is complete."""
    scratch = folder.with_name(f".{folder.name}.preparing")
    shutil.rmtree(scratch, ignore_errors=True)  # of a process that was killed
    try:
        scratch.mkdir()
        content = _written(spec, scratch)
        _replace(folder, scratch)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        full = f"no room left in '{scratch.parent}': preparing takes about {spec.preparing_mb:,.0f} MB"
        _keep_refusal(spec, folder, full)
        raise DataRefused(full) from error
    except DataRefused as refusal:
        _keep_refusal(spec, folder, str(refusal), absent=isinstance(refusal, DownloadFailed))
        raise
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:  # a bug costs the data's runs, no others
        bug = f"preparing '{spec.name}' failed, {str(error) if isinstance(error, CodeBroken) else described(error)}"
        if not isinstance(error, CodeBroken):
            traceback.print_exc()
        _keep_refusal(spec, folder, bug)
        raise DataRefused(bug) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    refusal_file(folder).unlink(missing_ok=True)
    return content


def _written(spec: DatasetSpec, scratch: Path) -> dict[str, Any]:
    writer = Writer(scratch)
    resolve(spec.kind.prepare)(spec.options, writer)
    _check(_arrays(scratch))
    if not spec.kind.in_random_order:
        _permute(writer)
    facts = {"name": spec.name, "kind": spec.kind.name, "fingerprint": spec.info.fingerprint, **writer.facts}
    content = describe(scratch) | facts
    planned = [spec.info.n_train, *spec.info.shape]
    if [content["n_train"], *content["shape"]] != planned:
        raise DataRefused("the source's files changed between planning and preparing; start again")
    write_json(scratch / "data.json", content)
    return content


def permutation(part: str, n: int, *, n_validation: int = 0) -> NDArray[np.int64]:
    """Which of the ``n`` examples of a part, as the source's code wrote them, comes first, second, …

    What is called the first examples (a validation part, reference examples, ARD-VAE's X_α) has to be a random sample,
    and sources are often sorted by class. The stream ``order/<part>`` draws it, so it is the same on every machine.

    Args:
        n_validation: examples at the end that stay there, permuted among themselves.
    """
    start = n - n_validation
    last = stream("order", "validation").permutation(n_validation)
    return np.concatenate([stream("order", part).permutation(start), start + last])


def _permute(writer: Writer) -> None:
    """Put each part's examples in random order, one array after the other, a few rows at a time."""
    permuted = Writer(writer.folder / "permuted")
    permuted.folder.mkdir()
    for name, values in _arrays(writer.folder).items():
        part = name.partition("_")[0]
        order = permutation(part, len(values), n_validation=writer.n_validation if part == "train" else 0)
        target = permuted.array(name, shape=values.shape, dtype=values.dtype)
        rows = _rows(values, PERMUTE_CHUNK)
        for start in range(0, len(order), rows):
            places = order[start : start + rows]
            ascending = np.argsort(places)  # a disk reads forwards best
            target[start + ascending] = values[places[ascending]]
        (permuted.folder / f"{name}.npy").replace(writer.folder / f"{name}.npy")
    permuted.folder.rmdir()


def description(folder: Path) -> dict[str, Any] | None:
    """What was prepared in a folder (digest, shape, counts), or None; None too where one of its files is damaged."""
    content: dict[str, Any] | None = read_json(folder / "data.json")
    if content is None or _sizes(folder) != content.get("files"):
        return None
    return content


def description_now(spec: DatasetSpec, results: Path) -> dict[str, Any] | None:
    """What is prepared of a dataset, if it was made from the source as it is now."""
    content = description(spec.folder(results))
    current = content is not None and content["fingerprint"] == spec.info.fingerprint and "range" in content
    return content if current else None


def refusal_file(folder: Path) -> Path:
    """Where the reason lies that a dataset was refused."""
    return folder.with_name(f"{folder.name}.refused.json")


def _keep_refusal(spec: DatasetSpec, folder: Path, reason: str, *, absent: bool = False) -> None:
    """Leave the reason for reports; a disk that is full to the last byte costs no more than that."""
    with suppress(OSError):
        content = {"dataset": spec.name, "reason": reason, "fingerprint": spec.info.fingerprint, "absent": absent}
        write_json(refusal_file(folder), content)


def refusal_of(spec: DatasetSpec, results: Path) -> str | None:
    """The sentence with which a dataset was refused as it is now, or None."""
    refusal = _kept_refusal(spec, results)
    return None if refusal is None else str(refusal["reason"])


def is_refused_as_absent(spec: DatasetSpec, results: Path) -> bool:
    """Whether it was refused because it isn't here and couldn't be downloaded: nothing is wrong with its contents."""
    refusal = _kept_refusal(spec, results)
    return refusal is not None and bool(refusal.get("absent"))


def _kept_refusal(spec: DatasetSpec, results: Path) -> dict[str, Any] | None:
    content = read_json(refusal_file(spec.folder(results)))
    return content if content and content["fingerprint"] == spec.info.fingerprint else None


def _replace(folder: Path, scratch: Path) -> None:
    """Put the new arrays in place. Processes that map the old ones keep them: the files live on until closed."""
    retired = folder.with_name(f".{folder.name}.retired")
    shutil.rmtree(retired, ignore_errors=True)
    if folder.exists():
        folder.rename(retired)
    scratch.rename(folder)
    shutil.rmtree(retired, ignore_errors=True)


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes of each array's file."""
    return {path.name: path.stat().st_size for path in sorted(folder.glob("*.npy"))}


def _arrays(folder: Path) -> dict[str, NDArray[Any]]:
    """The arrays in a folder by name, mapped."""
    return {path.stem: np.load(path, mmap_mode="r", allow_pickle=False) for path in sorted(folder.glob("*.npy"))}


def describe(folder: Path) -> dict[str, Any]:
    """What the arrays in a folder are: digest, shape, counts, sizes of the files, range and variance.

    Raises:
        DataRefused: if they hold NaN or infinity, or all examples are equal.
    """
    arrays = _arrays(folder)
    total = hashlib.sha256()
    for name, values in arrays.items():
        total.update(f"{name} {values.dtype.str} {values.shape}".encode())
        for part in _pieces(values):
            if values.dtype.kind == "f" and not np.isfinite(part).all():
                raise DataRefused(f"the prepared array '{name}' holds NaN or infinity")
            total.update(np.ascontiguousarray(part).tobytes())
    train, test = arrays["train"], arrays["test"]
    trained_on, both = spread_of(_pieces(train)), spread_of(chain(_pieces(train[:1]), _pieces(test)))
    if trained_on.constant and both.constant:
        raise DataRefused(f"all {len(train) + len(test):,} examples are equal, so nothing can be learned from them")
    return {
        "digest": total.hexdigest(), "shape": list(train.shape[1:]), "dtype": train.dtype.name,
        "n_train": len(train), "n_test": len(test), "files": _sizes(folder),
        "range": [min(trained_on.low, both.low), max(trained_on.high, both.high)],
        "variance": 0.0 if trained_on.constant else trained_on.variance,
    }  # fmt: skip


def _check(arrays: dict[str, NDArray[Any]]) -> None:
    """Whether a dataset's code kept to the contract of :class:`Writer`.

    Raises:
        ValueError: if not; a fault of the code, not of the data.
    """
    if not {"train", "test"} <= set(arrays):
        raise ValueError(f"the arrays 'train' and 'test' are wanted, found {sorted(arrays)}")
    train, test = arrays["train"], arrays["test"]
    if train.shape[1:] != test.shape[1:] or train.dtype != test.dtype or train.dtype not in (np.uint8, np.float32):
        raise ValueError(f"parts don't match: train {train.dtype} {train.shape}, test {test.dtype} {test.shape}")
    for name, values in arrays.items():
        part, _, extra = name.partition("_")
        if part not in arrays or extra not in {"", "factors", "labels"} or len(values) != len(arrays[part]):
            raise ValueError(f"the array '{name}' {values.shape} belongs to no part, or isn't as long as its part")


def _rows(values: NDArray[Any], size: int) -> int:
    """How many examples make up so many bytes, at least one."""
    return max(1, size // max(1, values[:1].nbytes))


def _pieces(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    rows = _rows(values, HASH_CHUNK)
    yield from (values[start : start + rows] for start in range(0, len(values), rows))
