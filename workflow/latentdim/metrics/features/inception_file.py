"""The file of Inception's weights: where it is looked for, how it is read without running anything, its digest.

Searched in this order: LATENTDIM_INCEPTION (the file itself), the folder LATENTDIM_DATA, ``data/`` under the working
folder, torch hub's folder of checkpoints; then it is downloaded into the latter, from where torch-fidelity has it.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import os
import socket
import sys
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from latentdim.datasets.formats import local_copies
from latentdim.datasets.formats.sources import absence, is_file, quoted
from latentdim.metrics.context import MetricUnavailable, WeightsAbsent
from latentdim.plan.inception_place import NAME, VARIABLE, laid_down, unreadable


@dataclass(frozen=True, eq=False)
class Weights:
    """What the file holds: tensors by name, and the SHA-256 of the file. One file gives one object."""

    state: dict[str, Tensor]
    sha256: str
    path: Path


def inception_weights(expected: str | None) -> Weights:
    """The weights, found or downloaded, read and compared with the digest that the protocol wants.

    Args:
        expected: SHA-256 of the file; None takes any.

    Raises:
        WeightsAbsent: saying what to put where, if there is none.
        MetricUnavailable: naming the file that can't be taken.
    """
    path = find() or _downloaded_or_told()
    try:
        status = path.stat()
        found = _read(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise MetricUnavailable(unreadable(path, error)) from error
    if expected and found.sha256 != expected:
        raise MetricUnavailable(
            f"{quoted(path)} has the SHA-256 {found.sha256}, but evaluation.fid.weights_sha256 is {expected}"
        )
    return found


def find() -> Path | None:
    """The first place that has the file, or None.

    Raises:
        WeightsAbsent: if LATENTDIM_INCEPTION names a file that isn't there.
    """
    path = laid_down()
    if path is None:
        cached = _checkpoints() / NAME
        return cached if is_file(cached) else None
    if not is_file(path):
        raise WeightsAbsent(f"Inception's weights: {absence(VARIABLE, path, noun='file')}")
    return path


def torch_fidelity(module: str) -> Any:
    """A module of torch-fidelity, from which the network comes.

    Raises:
        MetricUnavailable: if the package isn't installed, or not whole.
    """
    try:
        return importlib.import_module(f"torch_fidelity.{module}")
    except ImportError as error:
        raise MetricUnavailable(
            f"Inception comes from the package torch-fidelity, which can't be imported ({error}); "
            "install it: pip install 'torch-fidelity>=0.4'"
        ) from error


def _checkpoints() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints"


@lru_cache(maxsize=1)
def _read(path: Path, size: int, changed_ns: int) -> Weights:
    """Read a file, once while it stays as it is; its pickled part is limited to tensors, so that nothing in it runs.

    Raises:
        OSError: if it can't be read.
        MetricUnavailable: if it holds other things than weights.
    """
    content = path.read_bytes()  # once: what is checked is what is hashed
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        fault = _fault(state)
    except Exception as error:  # a damaged file makes torch's reader raise almost anything
        reason = " ".join(str(error).split())[:160]
        raise MetricUnavailable(f"{quoted(path)} is no file of weights, and nothing in it was run: {reason}") from error
    if fault:
        raise MetricUnavailable(f"{quoted(path)} holds {fault}")
    return Weights(state, hashlib.sha256(content).hexdigest(), path)


def _fault(state: Any) -> str:
    """What the file holds beside finite tensors by name, or nothing."""
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        return "other things than tensors by name"
    if not all(isinstance(name, str) for name in state):
        return "tensors without names"
    return "" if all(bool(value.isfinite().all()) for value in state.values()) else "weights that are not finite"


def _downloaded_or_told() -> Path:
    found = _downloaded()
    if isinstance(found, str):
        raise WeightsAbsent(
            f"Inception's weights couldn't be downloaded ({found}); put {quoted(NAME)} into "
            f"{quoted(local_copies.DOWNLOADS)} or the folder named by {local_copies.VARIABLE}, or name the file by "
            f"{VARIABLE}"
        )
    return found


@cache
def _downloaded() -> Path | str:
    """Download the file, tried once a process. Returns where it is, or why that failed."""
    if os.environ.get(local_copies.OFFLINE):
        return f"{local_copies.OFFLINE} is set"
    from torch.hub import download_url_to_file

    url = torch_fidelity("feature_extractor_inceptionv3").URL_INCEPTION_V3
    target, before = _checkpoints() / NAME, socket.getdefaulttimeout()
    print(f"metric   downloading Inception's weights into {target}", file=sys.stderr)
    try:
        socket.setdefaulttimeout(local_copies.NETWORK_TIMEOUT_SECONDS)
        target.parent.mkdir(parents=True, exist_ok=True)
        download_url_to_file(url, str(target), hash_prefix=NAME.split("-")[-1].split(".")[0])
    except (OSError, RuntimeError) as error:
        return " ".join(str(error).split())[:160]
    finally:
        socket.setdefaulttimeout(before)
    return target
