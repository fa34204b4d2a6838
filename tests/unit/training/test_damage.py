"""A damaged checkpoint is found out, and the one before it goes on with the same numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from latentdim.nets.draws import Draws
from latentdim.training.checkpoint import Counters, load_checkpoint, previous_of, save_checkpoint

Damage = Callable[[Path], None]


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def flip(path: Path) -> None:
    """One bit of the last tensor."""
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def save(path: Path, step: int) -> None:
    model = nn.Linear(3, 2)
    nn.init.constant_(model.weight, float(step))
    nn.init.zeros_(model.bias)
    sums = {"loss": torch.tensor(0.5), "finite": torch.tensor(True)}
    save_checkpoint(path, model=model, optimizers={}, streams={}, sums=sums, counters=Counters(step=step))


def no_streams(name: str) -> Draws:
    raise AssertionError(name)


def load(path: Path) -> tuple[int, float]:
    """Steps and weight in a checkpoint."""
    model = nn.Linear(3, 2)
    device = torch.device("cpu")
    counters, _ = load_checkpoint(path, model=model, optimizers={}, streams=no_streams, device=device)
    return counters.step, float(model.weight.detach()[0, 0])


def test_loss_sums_come_back_in_the_order_in_which_they_were_added(tmp_path: Path) -> None:
    path, model = tmp_path / "checkpoint.safetensors", nn.Linear(3, 2)
    sums = {name: torch.tensor(0.5) for name in ("reconstruction", "kl", "adversary")}
    save_checkpoint(path, model=model, optimizers={}, streams={}, sums=sums, counters=Counters(step=1))
    _, restored = load_checkpoint(path, model=model, optimizers={}, streams=no_streams, device=torch.device("cpu"))
    assert list(restored) == list(sums)


@pytest.mark.parametrize("damage", [cut, flip, empty])
def test_the_checkpoint_before_is_taken_for_a_damaged_one(tmp_path: Path, damage: Damage, capsys) -> None:
    path = tmp_path / "checkpoint.safetensors"
    for step in (10, 20, 30):
        save(path, step)
    assert load(path) == (30, 30.0)
    damage(path)
    assert load(path) == (20, 20.0)
    assert "the checkpoint before it is taken" in capsys.readouterr().err
    assert sorted(file.name for file in tmp_path.iterdir()) == [previous_of(path).name, path.name]


@pytest.mark.parametrize("damage", [cut, flip, empty])
def test_without_another_one_the_damage_is_told(tmp_path: Path, damage: Damage) -> None:
    path = tmp_path / "checkpoint.safetensors"
    save(path, 10)
    damage(path)
    with pytest.raises(RuntimeError, match=r"checkpoint\.safetensors"):
        load(path)
    save(path, 20)
    save(path, 30)
    damage(path)
    damage(previous_of(path))
    with pytest.raises(RuntimeError, match=r"checkpoint\.previous\.safetensors"):
        load(path)


def test_a_checkpoint_of_before_checksums_is_taken(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = tmp_path / "checkpoint.safetensors"
    save(path, 10)
    counters = json.dumps({"counters": Counters(step=7).__dict__, "optimizers": {}})
    save_file(load_file(path), path, metadata={"plain": counters})
    assert load(path)[0] == 7
