"""What a metric is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from latentdim.metrics.sampler import sampler_of
from latentdim.nets.draws import Draws
from latentdim.nets.latent import LatentModel
from latentdim.nets.prior import Prior
from latentdim.records.floor import Floor
from latentdim.registry.declarations import EvaluationFields
from latentdim.study.evaluation import Evaluation
from latentdim.training import Diverged
from latentdim.training.data import Data, Split

BATCH = 1000

Fields = TypeVar("Fields", bound=EvaluationFields)


class MetricRefused(Exception):
    """The metric would be meaningless here; the message says why and is kept in the metric's file."""


class MetricUnavailable(Exception):
    """What the metric needs can't be had here and now (a file of weights, say); the message says what to put where.

    Unlike a refusal it says nothing about the model, so the metric counts as failed and is tried again.
    """


class WeightsAbsent(MetricUnavailable):
    """A network's weights aren't here and can't be downloaded: no failure, and measured once they are laid down."""


class DeviceShared(MetricUnavailable):
    """What is timed was slowed down by another run: no failure, and timed again when its study is next asked for."""


@dataclass(frozen=True)
class Measured:
    """A metric's value.

    Attributes:
        value: the number; never NaN.
        n: how many examples or samples it rests on.
        spread: its standard deviation over repeated draws of as many examples, where one can be had.
        detail: whatever else is worth keeping (the scores behind a count, for example); plain JSON. A sentence under
            ``warning`` is printed beneath every table that shows the value.
        floor: what the metric gives where there is nothing to find, where that can be had: a value at it is never
            called the best. Where the metric has no meaning at all, it raises :class:`MetricRefused` instead.
    """

    value: float
    n: int
    spread: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    floor: Floor | None = None


@dataclass(frozen=True)
class MetricContext:
    """One trained model on one dataset, under one evaluation protocol and one choice of axes.

    Everything runs in batches on the model's device, in float32 and without gradients; metrics accumulate in float64.

    Attributes:
        model: in evaluation mode; in training mode batch normalisation would mix the examples.
        axes: bool ``(L,)``; None stands for all of them.
        draws: random numbers by purpose, on the model's device; fixed by the run and the name alone, and fresh
            each time they are asked for.
        shared: what several metrics of one run use, computed once.
        record: the run's record as far as it is written: timing, device, parameters. Empty outside a run.
        cache: folder for what all runs share, such as features of real examples; None keeps nothing.
    """

    model: LatentModel
    data: Data
    evaluation: Evaluation
    axes: Tensor | None
    draws: Callable[[str], Draws]
    shared: dict[str, Tensor]
    record: Mapping[str, Any] = field(default_factory=dict)
    cache: Path | None = None

    def __post_init__(self) -> None:
        if self.model.training:
            raise ValueError("the model is in training mode; metrics need model.eval()")

    def fields(self, kind: type[Fields]) -> Fields:
        """What the evaluation half has for a family of metrics, by the class that the family declares."""
        assert isinstance(self.evaluation, kind)
        return self.evaluation

    def reference(self) -> Split:
        """The real examples that metrics compare with: the first n_reference of the protocol's split."""
        split = self.data.split(self.evaluation.split)
        return split.part(0, min(len(split), self.evaluation.n_reference))

    def batches(self, split: Split) -> Iterator[Tensor]:
        """A split in batches as the network sees them, float32."""
        return self.data.batches(split, size=BATCH)

    @torch.no_grad()
    def generated(self) -> Tensor:
        """n_generated samples in the data's own units, ``(n, *shape)`` float32, drawn once per choice of axes."""
        key = f"generated/{'all' if self.axes is None else self.axes.tolist()}"
        if key not in self.shared:
            draws, n = self.draws("generated"), self.evaluation.n_generated
            sizes = [min(BATCH, n - start) for start in range(0, n, BATCH)]
            self.shared[key] = self.data.scaling.to_data(torch.cat([self.sampled(size, draws) for size in sizes]))
        return self.shared[key]

    def prior(self) -> Prior:
        """What samples are drawn from, as the protocol names it; fitted to the codes of training examples where it is.

        Raises:
            MetricRefused: if a distribution can't be fitted to them.
        """
        settings = self.evaluation.sampler
        try:
            return sampler_of(self.model, self.data, settings, self.draws, shared=self.shared)
        except Diverged as divergence:
            reason = f"the sampler '{settings.name}' can't be fitted to the codes: {divergence}"
            raise MetricRefused(reason) from divergence

    @torch.no_grad()
    def sampled(self, n: int, draws: Draws) -> Tensor:
        """``n`` samples as the network sees them, ``(n, *shape)``, with the axes that aren't chosen held."""
        return self.model.decode(self.hold(self.prior().sample(n, draws)))

    def hold(self, z: Tensor) -> Tensor:
        """Codes ``(n, L)`` with the axes that aren't chosen at what the protocol has them hold."""
        if self.axes is None or self.evaluation.inactive in {"inactive_value", "posterior"}:
            return self.model.mask_axes(z, self.axes)
        if self.evaluation.inactive == "zero":
            return torch.where(self.axes, z, torch.zeros_like(z))
        return torch.where(self.axes, z, self.mean_code().to(z.dtype))

    def mean_code(self) -> Tensor:
        """Mean of the codes (posterior means) of the first n_relevance training examples, ``(L,)`` float64."""
        if "mean_code" not in self.shared:
            train = self.data.train
            codes = self.codes(train.part(0, min(len(train), self.evaluation.n_relevance)))
            self.shared["mean_code"] = codes.double().mean(dim=0)
        return self.shared["mean_code"]

    @torch.no_grad()
    def codes(self, split: Split, *, sample: str | None = None) -> Tensor:
        """Codes of a split, ``(N, L)``: posterior means, or draws of that name."""
        draws = self.draws(sample) if sample else None
        return torch.cat([self.model.encode(batch, sample=draws) for batch in self.batches(split)])

    @torch.no_grad()
    def reconstructed(self, batch: Tensor) -> Tensor:
        """Reconstructions of scaled examples on the chosen axes, as the protocol treats the others."""
        if self.evaluation.inactive == "posterior":
            return self.model.reconstruct(batch)
        return self.model.decode(self.hold(self.model.encode(batch)))
