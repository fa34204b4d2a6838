"""The task: everything a method's runner is given, and the only place it draws randomness from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn, Protocol

import torch
from torch import Tensor
from torch.optim import Optimizer

from latentdim.nets.draws import Draws
from latentdim.nets.kernels import Kernel
from latentdim.nets.latent import LatentModel
from latentdim.records.floor import Floor
from latentdim.records.folder import RunFolder
from latentdim.study.protocol import Training
from latentdim.system.problems import ContractChanged
from latentdim.system.seeds import torch_stream
from latentdim.training.data import Data
from latentdim.training.progress import Progress

RESERVED = {
    "initialisation": "initial weights are drawn from",
    "order": "the order of an epoch's batches is drawn from",
}
Memory = tuple[Tensor, Tensor]  # of a batch as it is stored, and as the network sees it


class Measurement(Protocol):
    """What a metric gives.

    Attributes:
        floor: what it gives where there is nothing to find, where it tells that.
    """

    @property
    def value(self) -> float: ...
    @property
    def floor(self) -> Floor | None: ...


@dataclass
class Task:
    """One run, as its method sees it; or one stage of a run, see :meth:`stage`.

    Attributes:
        dim: the initial latent dimension L.
        data: the dataset's splits, resident on the device.
        protocol: the training half of the protocol.
        names: what fixes this run's draws: dataset, method, dimension, seed.
        device: where the model lives.
        folder: where checkpoints and the finished weights lie; None keeps everything in memory.
        weights: finished ones that are to be restored in place of the folder's.
        progress: told how far the training is.
        checkpoint_seconds: how often the training's state is saved.
        stop_requested: asked after every step; when true the state is saved and the training ends.
        metric_of: a metric of a model by the metric's name; handed in by whoever can measure.
        evaluate: values of what the study asks for, of a model after so many epochs; by column of the history.
        evaluate_every: epochs between two calls of it, and between two sets of weights kept; None is never.
        run: the run that this is a stage of; None for the run itself.
        replayable: whether the method's steps may be recorded and replayed, see :mod:`latentdim.training.replay`.
        share_done: how much of the training is behind it, 0 … 1, for schedules of a method's own; 1 in the hooks after
            the last epoch of a training that ends with one.
        optimizers: those of the training that runs, by name; ``main`` where the protocol's moves the model.
        kernel: which arithmetic the model's layers go through, once a training began or weights were restored.
        resumed_step: the step that a checkpoint brought the training to, 0 without one.
        seconds, steps: what the training took, in all processes; 0 where it was only restored.
        history: rows of loss terms and observations, filled by the training.
        stages: those asked for so far, by name.
    """

    dim: int
    data: Data
    protocol: Training
    names: tuple[str | int, ...]
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    folder: RunFolder | None = None
    weights: Path | None = None
    progress: Progress = field(default_factory=Progress)
    checkpoint_seconds: float = 30.0
    stop_requested: Callable[[], bool] = lambda: False
    streams: dict[str, Draws] = field(default_factory=dict)
    metric_of: Callable[[LatentModel, str], Measurement] | None = None
    evaluate: Callable[[LatentModel, int], dict[str, float]] | None = None
    evaluate_every: int | None = None
    run: Task | None = None
    replayable: bool = False
    share_done: float = 0.0
    optimizers: Mapping[str, Optimizer] = field(default_factory=dict)
    kernel: Kernel = "plain"
    resumed_step: int = 0
    seconds: float = 0.0
    steps: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    stages: dict[str, Task] = field(default_factory=dict)
    measured: Callable[[str], Measurement] | None = None

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

        Their state is part of every checkpoint, whichever stage of the run it is of.

        Raises:
            ValueError: if the name is reserved, or holds a ``/``.
        """
        _refuse_reserved(name)
        if name not in self.streams:
            self.streams[name] = Draws.named(*self.names, name, device=self.device)
        return self.streams[name]

    def draws_at(self, name: str, index: int) -> Draws:
        """Fresh draws fixed by a purpose and a number (an epoch, say), on the CPU.

        Raises:
            ValueError: if the name is reserved, or holds a ``/``.
        """
        _refuse_reserved(name)
        return Draws.named(*self.names, name, index)

    def order(self, epoch: int) -> Draws:
        """Fresh draws that the order of an epoch's examples comes from, on the CPU."""
        return Draws.named(*self.names, "order", epoch)

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
        """The stream that initial weights are drawn from, on the CPU, so that they don't depend on the device.

        Each access starts it anew: a model in several parts keeps it in a variable, or its parts begin alike.
        """
        return torch_stream(*self.names, "initialisation")

    def examples(self, indices: Tensor, *, into: Memory | None = None) -> Tensor:
        """The training examples at these positions, scaled for the network, float32.

        Args:
            into: where to lay them, over what lies there; new memory where left out.
        """
        stored, seen = into or (None, None)
        values = torch.index_select(self.data.train.values, 0, indices, out=stored)
        return self.data.scaling.to_network(values, out=seen)

    def stage(self, name: str, *, data: Data | None = None, protocol: Training | None = None) -> Task:
        """A further training inside this run, with a checkpoint, streams, a history and steps of its own.

        Hand it to ``train``, ``train_steps`` or ``solve`` in place of the task, with any module. The state at its end
        is kept, so that an interrupted run goes straight to its unfinished stage (a training on the task itself goes
        on from its last checkpoint). In a finished run every stage is skipped, and the model that ``fit`` returns is
        restored whole.

        Args:
            name: letters, digits, ``_`` and ``-``; part of a folder's name, and of the streams'.
            data: what to train on; the run's own where left out.
            protocol: how; the run's where left out.

        Raises:
            ValueError: if the name is no such word, or was given to an earlier stage.
        """
        if not name.replace("_", "").replace("-", "").isalnum():
            raise ValueError(f"task.stage({name!r}): a stage's name is letters, digits, '_' and '-'")
        if name in self.stages:
            raise ValueError(f"task.stage({name!r}): the run has a stage of that name already; give each its own")
        self.stages[name] = Task(
            dim=self.dim, data=data or self.data, protocol=protocol or self.protocol,
            names=(*self.names, "stage", name), device=self.device, run=self,
            folder=self.folder and self.folder.stage(name), checkpoint_seconds=self.checkpoint_seconds,
            progress=replace(self.progress, title=f"{self.progress.title} stage {name}", first_step=None),
            stop_requested=self.stop_requested, metric_of=self.metric_of, replayable=self.replayable,
        )  # fmt: skip
        return self.stages[name]

    @property
    def parts(self) -> dict[str, Task]:
        """The run and its stages so far, each by what comes before its streams' names in a checkpoint of any of them.

        The part itself has its own by their bare names, the run has ``/noise``, and its stage ``prior`` has
        ``prior/noise``.
        """
        run = self
        while run.run:
            run = run.run
        named = {"/": run} | run._stages_within("")
        return {"" if part is self else prefix: part for prefix, part in named.items()}

    def _stages_within(self, prefix: str) -> dict[str, Task]:
        """The stages, and those within them, by the path of their names."""
        own = {f"{prefix}{name}/": stage for name, stage in self.stages.items()}
        return own | {key: part for path, stage in own.items() for key, part in stage._stages_within(path).items()}

    @property
    def all_streams(self) -> dict[str, Draws]:
        """The streams of the run and of its stages so far, by their names in a checkpoint."""
        return {prefix + name: draws for prefix, part in self.parts.items() for name, draws in part.streams.items()}

    def stream_in_checkpoint(self, key: str) -> Draws:
        """The draws that a checkpoint has by this name; see :attr:`parts`."""
        prefix, slash, name = key.rpartition("/")
        part = self.parts.get(prefix + slash)
        if part is None:  # of a stage that a hook made in an epoch which is over: nobody draws from it again
            return Draws.named(name, device=self.device)
        return part.draws(name)

    @contextmanager
    def draws_kept(self) -> Iterator[None]:
        """Whatever a block draws, afterwards all draws of the run and its stages go on as if it hadn't."""
        states = {key: draws.state() for key, draws in self.all_streams.items()}
        try:
            yield
        finally:
            for prefix, part in self.parts.items():
                for name in list(part.streams):
                    if prefix + name in states:
                        part.streams[name].restore(states[prefix + name])
                    else:
                        del part.streams[name]  # first made inside the block: made anew when asked for

    def measure(self, metric: str) -> float:
        """A metric of the model that is being trained, as it is now; see :meth:`measurement`."""
        return self.measurement(metric).value

    def measurement(self, metric: str) -> Measurement:
        """The same with what else the metric tells; no trained number changes by it.

        The training's clock stands still meanwhile. Its settings are the same in every study, so that a training that
        depends on it is the same, too: 2,000 examples and samples at most, and real examples of the validation part,
        or, where there is none, of the training part; all axes. The declaration may have its own.

        Args:
            metric: its name; the method's declaration lists it under ``measures``.

        Raises:
            RuntimeError: outside of a training, and where nobody can measure.
        """
        if self.measured is None:
            raise RuntimeError(f"task.measure({metric!r}): nothing is being trained; call it from a hook or a step")
        return self.measured(metric)

    def record(self, values: Mapping[str, float]) -> None:
        """Write columns into the newest row of the history, which checkpoints keep: for what a hook finds out.

        After an epoch that row is the epoch's. What was recorded earlier stands in :attr:`history`, also when the
        training was resumed, so decisions that rest on it need no memory of their own.

        Raises:
            RuntimeError: where there is no row yet.
        """
        if not self.history:
            raise RuntimeError("task.record: the history has no row yet; call it in Hooks.epoch_end")
        self.history[-1].update(values)

    @property
    def finished(self) -> bool:
        """Whether the run's weights are finished: then nothing is trained, only restored."""
        return self.run.finished if self.run else self.finished_weights is not None

    @property
    def finished_weights(self) -> Path | None:
        """The finished weights of this run, where it has any."""
        if self.weights is not None:
            return self.weights
        return self.folder.model if self.folder is not None and self.folder.model.exists() else None


def _refuse_reserved(name: str) -> None:
    if name in RESERVED:
        raise ValueError(f"task.draws('{name}'): that name is reserved, for what {RESERVED[name]}; choose another one")
    if "/" in name:
        raise ValueError(f"task.draws('{name}'): a '/' sets a stage's name apart from a purpose's; choose another name")
