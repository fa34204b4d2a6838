"""MNIST from its four idx files, plain or gzipped, from a folder or downloaded; each checked against its known digest.

Searched in this order: the option ``path``, the folder in the environment variable LATENTDIM_DATA, ``data/`` under the
working folder; then it is downloaded into ``data/``.
"""

from __future__ import annotations

import difflib
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from latentdim.datasets.idx import Expected, read_idx
from latentdim.datasets.sources import absence, expanded, is_file, is_folder, listed, names_in, quoted
from latentdim.declarations import DatasetOptions, Look
from latentdim.problems import DataRefused

if TYPE_CHECKING:
    from latentdim.datasets.prepared import Writer

VARIABLE = "LATENTDIM_DATA"
DOWNLOADS = Path("data")
LAYOUT = Path("MNIST/raw")
NETWORK_TIMEOUT_SECONDS = 60.0

# The digests are those of the uncompressed files: each compression makes other .gz files.
FILES = {
    "train": Expected("train-images-idx3-ubyte", (60_000, 28, 28), "6bbc9ace898e44ae57da46a324031adb"),
    "train_labels": Expected("train-labels-idx1-ubyte", (60_000,), "a25bea736e30d166cdddb491f175f624"),
    "test": Expected("t10k-images-idx3-ubyte", (10_000, 28, 28), "2646ac647ad5339dbf082846283269ea"),
    "test_labels": Expected("t10k-labels-idx1-ubyte", (10_000,), "27ae3e4e09519cfbb04c329615203637"),
}


class MnistOptions(DatasetOptions):
    """Which form of MNIST, and where it lies."""

    location = frozenset({"path", "download"})

    size: Literal[28, 32] = Field(28, description="32: zeros of 2 pixels on each side, as in ARD-VAE (no resizing)")
    path: str | None = Field(None, min_length=1, description="folder of the four files, or the one above MNIST/raw")
    download: bool = Field(True, description="download into data/ where no local copy is found")


def look(options: MnistOptions) -> Look:
    """Presence only; the contents are checked by ``prepare``."""
    n_train, n_test = FILES["train"].shape[0], FILES["test"].shape[0]
    return Look(
        problems=_problems(options),
        shape=(1, options.size, options.size),
        n_train=n_train,
        n_classes=10,
        prepared_mb=(n_train + n_test) * (options.size**2 + 8) / 1e6,
    )


def prepare(options: MnistOptions, writer: Writer) -> None:
    """Check all four files and write images (padded where asked) and labels.

    Raises:
        DataRefused: naming the file that isn't MNIST's, or what to put where if the download fails.
    """
    problems = _problems(options)
    if problems:
        raise DataRefused("; ".join(problems))
    files = find(options) or _downloaded()
    margin = (options.size - 28) // 2
    for name, expected in FILES.items():
        values = read_idx(files[name], expected)
        if name.endswith("_labels"):
            writer.save(name, values.astype(np.int64))
        else:
            writer.save(name, np.pad(values, ((0, 0), (margin, margin), (margin, margin)))[:, None])


def find(options: MnistOptions) -> dict[str, Path] | None:
    """The four files by the array that each becomes, from the first place that has them all."""
    for root in [expanded(options.path)] if options.path else _usual_roots():
        for folder in _folders(root):
            found = {name: _present(folder, expected.name) for name, expected in FILES.items()}
            whole = {name: path for name, path in found.items() if path}
            if len(whole) == len(FILES):
                return whole
    return None


def _usual_roots() -> Iterator[Path]:
    if os.environ.get(VARIABLE):
        yield expanded(os.environ[VARIABLE])
    yield DOWNLOADS


def _folders(root: Path) -> tuple[Path, ...]:
    """Where the files may lie below a root: torchvision's layout, or the raw folder itself."""
    return (root / LAYOUT, root / "raw", root)


def _present(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if is_file(path)), None)


def _problems(options: MnistOptions) -> tuple[str, ...]:
    if find(options):
        return ()
    if options.path:
        root = expanded(options.path)
        return (_lacking(root) if is_folder(root) else absence("path", root, noun="folder"),)
    if options.download:
        return ()
    places = " and ".join(quoted(root) for root in _usual_roots())
    return (f"download = False, and MNIST isn't in {places} ({VARIABLE} may name its folder): put {_wanted()}",)


def _lacking(root: Path) -> str:
    """The sentence about a folder that doesn't hold all four files."""
    folder = max(_folders(root), key=lambda place: sum(bool(_present(place, e.name)) for e in FILES.values()))
    missing = [e for e in FILES.values() if not _present(folder, e.name)]
    here = [name for place in _folders(root) for name in names_in(place)]
    near = {name for e in missing for name in difflib.get_close_matches(e.name, here, n=1, cutoff=0.8)}
    near -= {e.name + end for e in FILES.values() for end in ("", ".gz") if _present(folder, e.name)}
    described = ", ".join(f"{quoted(e.name)} ({e.size:,} bytes, md5 {e.md5})" for e in missing)
    hint = f"; the nearest there: {listed(sorted(near))}" if near else ""
    return (
        f"path = {quoted(root)}: MNIST isn't whole there, nor in its {quoted(LAYOUT)}; "
        f"missing, plain or with '.gz': {described}{hint}"
    )


def _wanted() -> str:
    return f"{listed(e.name for e in FILES.values())}, plain or with '.gz', into {quoted(DOWNLOADS / LAYOUT)}"


def _downloaded() -> dict[str, Path]:
    """Download the files; each appears in ``data/`` in one step, so that another process never reads a part."""
    from torchvision.datasets import MNIST

    before = socket.getdefaulttimeout()
    target = DOWNLOADS / LAYOUT
    print(f"prepare  downloading MNIST into {target}", file=sys.stderr)
    try:
        socket.setdefaulttimeout(NETWORK_TIMEOUT_SECONDS)
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".downloading-", dir=DOWNLOADS) as scratch:
            raw = Path(MNIST(scratch, train=False, download=True).raw_folder)
            for expected in FILES.values():
                (raw / expected.name).replace(target / expected.name)
    except (OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DataRefused(
            f"MNIST couldn't be downloaded ({reason}); put {_wanted()}, or name its folder by path or {VARIABLE}"
        ) from error
    finally:
        socket.setdefaulttimeout(before)
    return {name: target / expected.name for name, expected in FILES.items()}
