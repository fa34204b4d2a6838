"""A training's whole state in one file: written atomically, read back bit for bit, and free of pickle."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from latentdim.nets.draws import Draws
from latentdim.system.files import write_atomic


@dataclass
class Counters:
    """Where a training stands; everything in it is plain JSON.

    Attributes:
        step: parameter updates done.
        position: updates done within the epoch.
        history: finished rows of the history.
        summed: updates that the loss sums of the unfinished row cover.
        rate: factor on the learning rates, moved by the plateau schedule.
        seconds: spent training so far, in all processes.
        best: lowest validation loss so far; its weights are kept.
        plateau: the loss that the plateau schedule last counted as better.
        bad_epochs: epochs since then.
        device: kind of device it ran on; a training never goes on on another kind.
    """

    step: int = 0
    epoch: int = 0
    position: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    summed: int = 0
    rate: float = 1.0
    seconds: float = 0.0
    best: float | None = None
    plateau: float | None = None
    bad_epochs: int = 0
    device: str = "cpu"


def save_weights(model: nn.Module, path: Path) -> None:
    """Write a model's weights and buffers as safetensors, atomically."""
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in model.state_dict().items()}
    write_atomic(path, lambda temporary: save_file(tensors, temporary))


def load_weights(model: nn.Module, path: Path) -> None:
    """Fill a model with saved weights.

    Raises:
        RuntimeError: if it is no file of tensors, or names or shapes differ.
    """
    model.load_state_dict(_tensors(path)[0])


def _tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """A file's tensors by name, and its metadata.

    Raises:
        RuntimeError: naming the file, if it is anything else; nothing in it is run.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return load_file(path), file.metadata() or {}
    except SafetensorError as error:
        raise RuntimeError(f"'{path}' is no file of tensors, and nothing in it was run ({error})") from error


def save_checkpoint(
    path: Path,
    *,
    model: nn.Module,
    optimizers: Mapping[str, Optimizer],
    streams: Mapping[str, Draws],
    sums: Mapping[str, Tensor],
    counters: Counters,
) -> None:
    """Write everything that a training needs to go on as if it had never stopped."""
    tensors = {f"model/{name}": value for name, value in model.state_dict().items()}
    plain: dict[str, Any] = {"counters": counters.__dict__, "optimizers": {}}
    for name, optimizer in optimizers.items():
        state = optimizer.state_dict()
        plain["optimizers"][name] = state["param_groups"]
        for index, slots in state["state"].items():
            tensors |= {f"optimizer/{name}/{index}/{slot}": value for slot, value in slots.items()}
    tensors |= {f"stream/{name}": draws.state() for name, draws in streams.items()}
    tensors |= {f"sum/{name}": value for name, value in sums.items()}
    stored = {name: torch.as_tensor(value).detach().cpu().contiguous().clone() for name, value in tensors.items()}
    write_atomic(path, lambda temporary: save_file(stored, temporary, metadata={"plain": json.dumps(plain)}))


def load_checkpoint(
    path: Path,
    *,
    model: nn.Module,
    optimizers: Mapping[str, Optimizer],
    streams: Callable[[str], Draws],
    device: torch.device,
) -> tuple[Counters, dict[str, Tensor]]:
    """Restore a training's state in place.

    Args:
        streams: called with a name, returns the draws to restore.

    Returns:
        The counters, and the loss sums of the unfinished row.

    Raises:
        RuntimeError: if it is no file of tensors.
    """
    tensors, metadata = _tensors(path)
    plain = json.loads(metadata["plain"])
    parts: dict[str, dict[str, Tensor]] = {"model": {}, "optimizer": {}, "stream": {}, "sum": {}}
    for name, tensor in tensors.items():
        part, _, rest = name.partition("/")
        parts[part][rest] = tensor
    model.load_state_dict(parts["model"])
    for name, groups in plain["optimizers"].items():
        state: dict[int, dict[str, Tensor]] = {}
        for key, tensor in parts["optimizer"].items():
            owner, index, slot = key.split("/")
            if owner == name:
                state.setdefault(int(index), {})[slot] = tensor
        optimizers[name].load_state_dict({"state": state, "param_groups": groups})
    for name, state_bytes in parts["stream"].items():
        streams(name).restore(state_bytes)
    return Counters(**plain["counters"]), {name: value.to(device) for name, value in parts["sum"].items()}
