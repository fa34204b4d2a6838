"""Sets in MNIST's form: four idx files, of the images and labels of both parts, as torchvision lays them down."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from latentdim.datasets.formats.idx import Expected, is_packed
from latentdim.datasets.formats.local_copies import DownloadOptions, Part, PublishedSet
from latentdim.datasets.formats.sources import fingerprint, state_of
from latentdim.registry.declarations import SourceInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from latentdim.datasets.prepared import Writer

SIDE = 28


class IdxOptions(DownloadOptions):
    """Which form of the images, and where the files lie."""

    size: Literal[28, 32] = Field(28, description="32: zeros of 2 pixels on each side, as in ARD-VAE (no resizing)")


def published(title: str, files: Mapping[str, Expected], *, loose: bool, origin: str = "") -> PublishedSet:
    """The four files, plain or gzipped, below ``<title>/raw``.

    Args:
        title: also the name of torchvision's class.
        loose: look for the files right below the usual folders too, and not only where the user names one.
        origin: where a user gets the files.
    """
    elsewhere = ("raw", ".")
    return PublishedSet(
        title=title,
        parts={name: _part(expected) for name, expected in files.items()},
        layout=f"{title}/raw",
        other_layouts=elsewhere if loose else (),
        loose_layouts=() if loose else elsewhere,
        forms="plain or with '.gz'",
        origin=origin,
        download=lambda scratch: _download(title, scratch),
    )


def _part(expected: Expected) -> Part:
    names = (expected.name, f"{expected.name}.gz")
    if expected.md5:
        return Part(names, note=f"{expected.size:,} bytes, md5 {expected.md5}")
    # The form that can be verified comes first; torchvision leaves both.
    return Part(names[::-1], note=f"md5 {expected.packed_md5} with '.gz'", wanted=expected.name)


def source_info(options: IdxOptions, source: PublishedSet, files: Mapping[str, Expected]) -> SourceInfo:
    """Presence, and the state of files without a known digest; contents are checked when they are prepared."""
    n_train, n_test = files["train"].shape[0], files["test"].shape[0]
    return SourceInfo(
        problems=source.problems(options),
        download=source.to_download(options),
        shape=(1, options.size, options.size),
        n_train=n_train,
        n_classes=10,
        fingerprint=_fingerprint(source.find(options) or {}, files),
        prepared_mb=(n_train + n_test) * (options.size**2 + 8) / 1e6,
    )


def _fingerprint(found: Mapping[str, Path], files: Mapping[str, Expected]) -> str:
    """Changes with the files that nothing verifies: the plain ones of a set whose gzip files alone have a digest."""
    try:
        unverified = [path for name, path in found.items() if not files[name].md5 and not is_packed(path)]
        return fingerprint(map(state_of, unverified)) if unverified else SourceInfo.fingerprint
    except OSError:
        return "unreadable"  # the preparing job will say why


def save(options: IdxOptions, writer: Writer, name: str, values: NDArray[np.uint8]) -> None:
    """Write the images of a file (padded where asked), or its labels."""
    margin = (options.size - SIDE) // 2
    if name.endswith("_labels"):
        writer.save(name, values.astype(np.int64))
    else:
        writer.save(name, np.pad(values, ((0, 0), (margin, margin), (margin, margin)))[:, None])


def _download(title: str, scratch: Path) -> Path:
    loader = getattr(importlib.import_module("torchvision.datasets"), title)
    return Path(loader(scratch, train=False, download=True).raw_folder)
