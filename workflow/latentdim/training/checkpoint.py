"""A training's whole state in one file: written atomically, read back bit for bit, and free of pickle.

The one before is kept beside it, and taken where a disk or a machine has damaged the newest.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from latentdim.nets.draws import Draws
from latentdim.nets.kernels import Kernel
from latentdim.nets.latent import LatentModel
from latentdim.system.files import write_atomic
from latentdim.training.progress import say

REMEDY = "remove the file to have this trained again"


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
        finished: whether it ended, at its last step or because the method stopped it.
        device: kind of device it ran on; a training never goes on on another kind.
        kernel: which arithmetic its layers go through (``nets/kernels.py``); it keeps to that.
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
    finished: bool = False
    device: str = "cpu"
    kernel: Kernel = "plain"


def save_weights(model: nn.Module, path: Path) -> None:
    """Write a model's weights and buffers as safetensors, atomically; its structure stands in the header."""
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in model.state_dict().items()}
    header = {"structure": json.dumps(structure_of(model))}
    write_atomic(path, lambda temporary: save_file(tensors, temporary, metadata=header))


def load_weights(model: nn.Module, path: Path) -> None:
    """Bring a model into the structure of saved weights, and fill it with them.

    Raises:
        RuntimeError: in a sentence, if it is no file of tensors, or they don't fit the model in that structure.
    """
    tensors, header = _tensors(path)
    _fill(model, tensors, structure=json.loads(header.get("structure", "{}")), path=path)


def structure_of(model: nn.Module) -> dict[str, Any]:
    """What a model says of its structure; nothing where it isn't a latent model."""
    return model.structure() if isinstance(model, LatentModel) else {}


def _fill(model: nn.Module, tensors: dict[str, Tensor], *, structure: dict[str, Any], path: Path) -> None:
    if isinstance(model, LatentModel):
        try:
            model.restructure(structure)
        except (ValueError, KeyError, TypeError, IndexError, RuntimeError) as error:
            raise RuntimeError(
                f"'{path}': the model can't take the structure in its header, {structure} ({error}); {REMEDY}"
            ) from error
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    stored = {name: tuple(value.shape) for name, value in tensors.items()}
    for name in expected | stored:
        if expected.get(name) != stored.get(name):
            raise RuntimeError(
                f"'{path}' doesn't fit the model in the structure of its header, {structure}: '{name}' is "
                f"{stored.get(name, 'missing')} in the file and {expected.get(name, 'missing')} in the model; {REMEDY}"
            )
    model.load_state_dict(tensors)


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
    # The sums' order is that of the history's columns and of the additions in its loss; safetensors has its own.
    plain: dict[str, Any] = {
        "counters": counters.__dict__, "structure": structure_of(model), "optimizers": {}, "sums": list(sums),
    }  # fmt: skip
    for name, optimizer in optimizers.items():
        state = optimizer.state_dict()
        plain["optimizers"][name] = state["param_groups"]
        for index, slots in state["state"].items():
            tensors |= {f"optimizer/{name}/{index}/{slot}": value for slot, value in slots.items()}
    tensors |= {f"stream/{name}": draws.state() for name, draws in streams.items()}
    tensors |= {f"sum/{name}": value for name, value in sums.items()}
    stored = {name: torch.as_tensor(value).detach().cpu().contiguous().clone() for name, value in tensors.items()}
    header = {"plain": json.dumps(plain), "checksum": _checksum(stored)}
    _keep(path)
    write_atomic(path, lambda temporary: save_file(stored, temporary, metadata=header))


def previous_of(path: Path) -> Path:
    """Where the checkpoint before lies."""
    return path.with_name("checkpoint.previous.safetensors")


def _keep(path: Path) -> None:
    """Give the checkpoint that is about to be replaced a second name; a file system without those keeps one alone."""
    spare = path.with_name(".checkpoint.previous.partial")
    with suppress(OSError):
        spare.unlink(missing_ok=True)
        os.link(path, spare)
        spare.replace(previous_of(path))


def _checksum(tensors: Mapping[str, Tensor]) -> str:
    value = 0
    for name in sorted(tensors):
        value = zlib.crc32(tensors[name].reshape(-1).view(torch.uint8).numpy(), zlib.crc32(name.encode(), value))
    return f"{value:08x}"


def _undamaged(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and metadata of a checkpoint, or of the one before where it is damaged.

    Raises:
        RuntimeError: if neither can be read.
    """
    try:
        tensors, header = _tensors(path)
        if header.get("checksum", checksum := _checksum(tensors)) != checksum:
            raise RuntimeError(f"'{path}' is damaged: its contents don't fit their checksum; {REMEDY}")
    except RuntimeError as damage:
        if path == previous_of(path) or not previous_of(path).exists():
            raise
        say(f"{damage}; the checkpoint before it is taken")
        return _undamaged(previous_of(path))
    return tensors, header


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
        RuntimeError: in a sentence, if it is no checkpoint, or doesn't fit model and optimisers in its structure.
    """
    tensors, header = _undamaged(path)
    if "plain" not in header:
        raise RuntimeError(f"'{path}' is no checkpoint: its header lacks the counters of a training")
    plain = json.loads(header["plain"])
    parts: dict[str, dict[str, Tensor]] = {"model": {}, "optimizer": {}, "stream": {}, "sum": {}}
    for name, tensor in tensors.items():
        part, _, rest = name.partition("/")
        parts[part][rest] = tensor
    _fill(model, parts["model"], structure=plain.get("structure", {}), path=path)
    for name, groups in plain["optimizers"].items():
        state: dict[int, dict[str, Tensor]] = {}
        for key, tensor in parts["optimizer"].items():
            owner, index, slot = key.split("/")
            if owner == name:
                state.setdefault(int(index), {})[slot] = tensor
        _refuse_incompatible(state, optimizers[name], name=name, path=path)
        optimizers[name].load_state_dict({"state": state, "param_groups": groups})
    for name, state_bytes in parts["stream"].items():
        streams(name).restore(state_bytes)
    sums = {name: parts["sum"][name].to(device) for name in plain.get("sums", parts["sum"])}
    return Counters(**plain["counters"]), sums


def _refuse_incompatible(state: dict[int, dict[str, Tensor]], optimizer: Optimizer, *, name: str, path: Path) -> None:
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for index, slots in state.items():
        for slot, value in slots.items():
            if value.ndim and (index >= len(parameters) or value.shape != parameters[index].shape):
                raise RuntimeError(
                    f"'{path}' doesn't fit the model in the structure of its header: '{slot}' of parameter {index} of "
                    f"optimiser '{name}' is {tuple(value.shape)} there; {REMEDY}"
                )
