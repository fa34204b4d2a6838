"""The task: everything a method's runner is given, and the only place it draws randomness from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import torch
from torch import Tensor

from latentdim.nets.draws import Draws
from latentdim.records.folder import RunFolder
from latentdim.study.protocol import Training
from latentdim.system.problems import ContractChanged
from latentdim.system.seeds import torch_stream
from latentdim.training.data import Data
from latentdim.training.progress import Progress


@dataclass
class Task:
    """One run, as its method sees it.

    Attributes:
        dim: the initial latent dimension L.
        data: the dataset's splits, resident on the device.
        protocol: the training half of the protocol.
        names: what fixes this run's draws: dataset, method, dimension, seed.
        device: where the model lives.
        folder: where checkpoints and the finished weights lie; None keeps everything in memory.
        progress: told how far the training is.
        checkpoint_seconds: how often the training's state is saved.
        stop_requested: asked after every step; when true the state is saved and the training ends.
        share_done: how much of the training is behind it, 0 … 1, for schedules of a method's own.
        resumed_step: the step that a checkpoint brought the training to, 0 without one.
        seconds, steps: what the training took, in all processes; 0 where it was only restored.
        history: rows of loss terms and observations, filled by the training.
    """

    dim: int
    data: Data
    protocol: Training
    names: tuple[str | int, ...]
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    folder: RunFolder | None = None
    progress: Progress = field(default_factory=Progress)
    checkpoint_seconds: float = 30.0
    stop_requested: Callable[[], bool] = lambda: False
    streams: dict[str, Draws] = field(default_factory=dict)
    share_done: float = 0.0
    resumed_step: int = 0
    seconds: float = 0.0
    steps: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one example."""
        return self.data.shape

    @property
    def n_train(self) -> int:
        """Number of training examples, validation left out."""
        return len(self.data.train)

    def draws(self, name: str) -> Draws:
        """The draws of one purpose, on the device. Asked for again, they go on where they were.

        Their state is part of every checkpoint.
        """
        if name not in self.streams:
            self.streams[name] = Draws.named(*self.names, name, device=self.device)
        return self.streams[name]

    def draws_at(self, name: str, index: int) -> Draws:
        """Fresh draws fixed by a purpose and a number (an epoch, say), on the CPU."""
        return Draws.named(*self.names, name, index)

    def stream(self, name: str) -> NoReturn:
        """What earlier runners drew from.

        Raises:
            ContractChanged: always; it says what to write instead.
        """
        raise ContractChanged(
            f"task.stream('{name}') is now task.draws('{name}'), which is asked for numbers: draws.normal(shape), "
            "draws.uniform(shape), draws.integers(high, shape) or draws.permutation(n) in place of torch's functions "
            "with generator=…"
        )

    @property
    def initialisation(self) -> torch.Generator:
        """The stream that initial weights are drawn from, on the CPU, so that they don't depend on the device."""
        return torch_stream(*self.names, "initialisation")

    def examples(self, indices: Tensor) -> Tensor:
        """The training examples at these positions, scaled for the network, float32."""
        return self.data.scaling.to_network(self.data.train.values.index_select(0, indices))

    @property
    def finished_weights(self) -> Path | None:
        """The finished weights of this run, where it has any: then nothing is trained, only restored."""
        return self.folder.model if self.folder is not None and self.folder.model.exists() else None
