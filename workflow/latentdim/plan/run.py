"""A run: one cell (protocol × dataset × method with its settings) at one initial latent dimension and seed.

It alone owns its key and its path.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from latentdim import registry
from latentdim.datasets.spec import DatasetSpec
from latentdim.plan import cost
from latentdim.registry.declarations import Method, MethodConfig, Metric, Network
from latentdim.study.evaluation import Evaluation
from latentdim.study.judged import judged_with
from latentdim.study.protocol import ENGINE_VERSION, Protocol
from latentdim.study.requested_metrics import RequestedMetric
from latentdim.study.stored_tensors import RequestedTensors
from latentdim.system.identity import differences, digest


@dataclass(frozen=True)
class Cell:
    """protocol × dataset × method with its settings; shared by its runs over dimensions and seeds.

    Attributes:
        metrics: requested ones that are defined on the dataset.
        undefined: requested ones that aren't.
        note: what the study says that a reader must know of it.
        stem: the label without the values of a sweep, which cells that differ in these alone have in common.
        drawn_from: names of what the study's exhibits need stored.
        untrainable: what lacks here that its method needs on its way, beside the data; empty where it can be trained.
    """

    dataset: DatasetSpec
    method: Method
    config: MethodConfig
    protocol: Protocol
    label: str
    metrics: tuple[RequestedMetric, ...]
    undefined: tuple[Metric, ...] = ()
    note: str = ""
    stem: str = ""
    drawn_from: frozenset[str] = frozenset()
    untrainable: str = ""

    @cached_property
    def network(self) -> Network | None:
        """The network that the protocol names; None where the method brings its own or has none."""
        if "network" in self.method.unused_fields:
            return None
        return registry.networks().get(self.protocol.training.network.name)

    def training_fields(self) -> dict[str, object]:
        """The training half as far as this method uses it, ready for JSON."""
        return self.protocol.training.model_dump(mode="json", exclude=set(self.method.unused_fields))

    @cached_property
    def key(self) -> str:
        """Hash of all that can change a trained model, apart from what the path spells out.

        Settings count as far as they differ from their defaults, so that a new one orphans no finished run.
        """
        return digest(
            {
                "config": differences(self.config),
                "training": differences(self.protocol.training, leave_out=self.method.unused_fields),
                "versions": self.versions,
                "dataset": self.dataset.key,
            }
        )

    @property
    def measured(self) -> dict[str, Evaluation]:
        """The metrics that the method asks for while it is trained, each with how it is measured."""
        return {name: judged_with(own) for name, own in self.method.measured(self.config).items()}

    @property
    def versions(self) -> dict[str, int]:
        """The declared versions that its numbers rest on, the dataset's apart, which its own key holds."""
        measured = map(registry.metrics().get, self.measured)
        versions = {"method": self.method.version, "engine": ENGINE_VERSION}
        versions |= {f"metric {metric.name}": metric.version for metric in measured}
        return versions | {"network": self.network.version} if self.network else versions

    @cached_property
    def stored(self) -> tuple[RequestedTensors, ...]:
        """What its runs store for the study's exhibits, at one latent dimension or another."""
        kind, evaluation = self.dataset.example_kind, self.protocol.evaluation
        needed = map(registry.stored_tensors().find, sorted(self.drawn_from))
        return tuple(RequestedTensors.of(one, evaluation) for one in needed if one and kind in one.kinds)

    def minutes(self, dim: int, machine: cost.Machine = cost.CORE) -> float:
        """Expected minutes of one run, on one CPU core or on another machine."""
        asked = {
            RequestedMetric.of(registry.metrics().get(name), how, None): how for name, how in self.measured.items()
        }
        return cost.minutes_of(
            self.method, self.protocol, self.dataset.info, self.metrics, dim=dim, measured=asked, machine=machine
        )

    def memory_mb(self, dim: int) -> int:
        """Expected memory of one run."""
        return cost.memory_mb_of(self.method, self.protocol.training, self.dataset.info, dim=dim)

    def weights(self, dim: int) -> int:
        """Number of weights of one run's encoder and decoder."""
        return cost.weights_of(self.method, self.protocol.training, shape=self.dataset.info.shape, dim=dim)


@dataclass(frozen=True, slots=True)
class Run:
    """One cell at one initial latent dimension and seed."""

    cell: Cell
    dim: int
    seed: int

    @property
    def stored(self) -> tuple[RequestedTensors, ...]:
        """What it stores for the study's exhibits."""
        return tuple(one for one in self.cell.stored if self.dim in (one.declaration.dims or (self.dim,)))

    @property
    def path(self) -> str:
        """The run's folder, relative to the results folder."""
        cell = self.cell
        return f"runs/{cell.dataset.name}/{cell.method.name}/L{self.dim}/{cell.key}/seed{self.seed}"

    @property
    def names(self) -> tuple[str | int, ...]:
        """What fixes its random streams, each together with the name of its purpose."""
        return (self.cell.dataset.name, self.cell.method.name, self.dim, self.seed)

    @property
    def title(self) -> str:
        """For progress lines: ``synthetic_8 wae_mmd L=16 seed 1``."""
        return f"{self.cell.dataset.name} {self.cell.label} L={self.dim} seed {self.seed}"
