"""A pickle that would act when it is opened is refused as a checkpoint, as weights and as an array, and doesn't act."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from latentdim.datasets.arrays import NpyOptions, inspect
from latentdim.training.checkpoint import load_checkpoint, load_weights


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.target,)


@pytest.fixture
def trap(tmp_path: Path) -> bytes:
    return pickle.dumps(Trap(tmp_path / "sprung"))


def test_the_trap_would_act(trap: bytes, tmp_path: Path) -> None:
    pickle.loads(trap)
    assert (tmp_path / "sprung").exists()


@pytest.mark.parametrize("packed", [False, True], ids=["a pickle", "torch.save's archive"])
def test_a_trap_in_a_checkpoint_or_in_weights_is_refused(trap: bytes, tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "checkpoint.safetensors"
    if packed:
        torch.save({"weight": Trap(tmp_path / "sprung")}, path)
    else:
        path.write_bytes(trap)
    model = nn.Linear(2, 1)
    with pytest.raises(RuntimeError, match="' is no file of tensors, and nothing in it was run"):
        load_weights(model, path)
    with pytest.raises(RuntimeError, match="is no file of tensors"):
        load_checkpoint(path, model=model, optimizers={}, streams=None, device=torch.device("cpu"))
    assert not (tmp_path / "sprung").exists()


def test_a_trap_in_an_npy_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.array([Trap(tmp_path / "sprung")], dtype=object), allow_pickle=True)
    (problem,) = inspect(NpyOptions(path=str(path))).problems
    assert "holds Python objects, which are never unpickled" in problem
    assert not (tmp_path / "sprung").exists()
