"""What runs share: worked out once, kept in memory for one run's metrics and on disk for all runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from latentdim.metrics.context import MetricContext
from latentdim.system.files import write_atomic
from latentdim.system.identity import digest
from latentdim.system.leases import made_once

Tensors = dict[str, Tensor]


def kept(context: MetricContext, name: str, identity: dict[str, Any], make: Callable[[], Tensors]) -> Tensors:
    """Tensors from memory, else from the cache's folder, else made and kept in both.

    Args:
        name: of the file, for people.
        identity: plain JSON with all that can change the tensors; its hash enters the file's name.
    """
    whole = f"{name}-{digest(identity, 16)}"
    shared, start = context.shared, f"{whole}/"
    found = {key.removeprefix(start): value for key, value in shared.items() if key.startswith(start)}
    if not found:
        device = context.data.train.values.device
        found = _on_disk(context.cache / f"{whole}.safetensors", make, device) if context.cache else make()
        shared.update({f"{start}{key}": value for key, value in found.items()})
    return found


def arithmetic(values: Tensor) -> dict[str, Any]:
    """For an identity: what may round sums of such values otherwise. On the CPU that is the number of threads too."""
    device = values.device.type
    return {"device": device, "threads": torch.get_num_threads() if device == "cpu" else None}


def _on_disk(path: Path, make: Callable[[], Tensors], device: torch.device) -> Tensors:
    """Of several processes one makes the file, and the others wait for it."""
    return made_once(
        path.with_name(f".{path.stem}.lease"), lambda: _read(path, device), lambda: _made(path, make),
        title=f"{path.name} is being made",
    )  # fmt: skip


def _read(path: Path, device: torch.device) -> Tensors | None:
    """The file's tensors; None where it is missing or damaged."""
    try:
        return load_file(path, device=str(device))
    except (FileNotFoundError, SafetensorError):
        return None


def _made(path: Path, make: Callable[[], Tensors]) -> Tensors:
    tensors = make()
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    write_atomic(path, lambda temporary: save_file(plain, temporary))
    return tensors
