"""Where a user lays Inception's weights, and what can't be had without, told while planning. Free of torch."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from latentdim.datasets.formats import local_copies
from latentdim.datasets.formats.sources import absence, expanded, is_file, quoted
from latentdim.registry.declarations import Metric
from latentdim.study.evaluation import Evaluation

NAME = "weights-inception-2015-12-05-6726825d.pth"  # ends in the first digits of its SHA-256
VARIABLE = "LATENTDIM_INCEPTION"
FID = "latentdim.plan.inception_place:fid_compatibility"  # as the FIDs declare it


def laid_down() -> Path | None:
    """The file that LATENTDIM_INCEPTION names, there or not; else the one under LATENTDIM_DATA or ``data/``."""
    if os.environ.get(VARIABLE):
        return expanded(os.environ[VARIABLE])
    return next((folder / NAME for folder in _folders() if is_file(folder / NAME)), None)


def is_at_hand() -> bool:
    """Whether the file is there already, laid down or in torch hub's folder of checkpoints, told without torch."""
    path = laid_down()
    if path is not None:
        return is_file(path)
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "torch"
    return is_file(expanded(os.environ.get("TORCH_HOME", str(cache))) / "hub" / "checkpoints" / NAME)


def fid_compatibility(evaluation: Evaluation, kind: str, n_classes: int | None) -> Iterator[str]:
    """A sentence about a file that is named but isn't there.

    Where none is laid down nothing is told: torch's cache may have it, or it will be downloaded. Nor is the file read,
    since studies are planned anew in every job of a cluster; see :func:`wrong_weights`.
    """
    path = laid_down()
    if path and not is_file(path):
        yield absence(VARIABLE, path, noun="file")


def wrong_weights(evaluation: Evaluation) -> Iterator[str]:
    """A sentence about a file that is there but can't be read, or hasn't the digest that the protocol wants.

    It is read as a whole (95 MB), once a process.
    """
    path, wanted = laid_down(), evaluation.fid.weights_sha256
    if not (path and wanted and is_file(path)):
        return
    try:
        status = path.stat()
        found = _sha256(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        yield unreadable(path, error)
        return
    if found != wanted:
        yield f"{quoted(path)} has the SHA-256 {found}, but evaluation.fid.weights_sha256 is {wanted}"


def unreadable(path: Path, error: OSError) -> str:
    """The sentence about a file of weights that can't be read."""
    return f"{quoted(path)} can't be read ({error.strerror or error})"


def takes_inception(metric: Metric, evaluation: Evaluation, kind: str) -> bool:
    """Whether a metric goes through Inception with examples of that kind: a FID does always."""
    chosen = evaluation.distribution.features in {None, "inception"}
    return kind == "images" and "fid" in metric.uses and (chosen or metric.compatibility == FID)


def distribution_compatibility(evaluation: Evaluation, kind: str, n_classes: int | None) -> Iterator[str]:
    """Features that can't be had of such examples; the same as above where they are compared in Inception's.

    Args:
        kind: ``images`` or ``vectors``.
        n_classes: that the examples are labelled with, or None.
    """
    features = evaluation.distribution.features
    key = f"evaluation.distribution.features = '{features}'"
    if kind != "images" and features not in {None, "raw"}:
        yield f"{key} is for images; vectors have 'raw' ones"
    elif features == "classifier" and (n_classes or 0) < 2:
        yield f"{key} needs at least two classes; the dataset has {n_classes or 'none'}"
    elif kind == "images" and features in {None, "inception"}:
        yield from fid_compatibility(evaluation, kind, n_classes)


def _folders() -> Iterator[Path]:
    if os.environ.get(local_copies.VARIABLE):
        yield expanded(os.environ[local_copies.VARIABLE])
    yield local_copies.DOWNLOADS


@lru_cache(maxsize=1)
def _sha256(path: Path, size: int, changed_ns: int) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
