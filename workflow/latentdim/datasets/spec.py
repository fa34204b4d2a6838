"""A dataset as a study names it. Pure, cheap, and without torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from latentdim.datasets.factor_spaces.factor_space import FactorSpace
from latentdim.registry.declarations import Dataset, DatasetOptions, Metric, SourceInfo, resolve
from latentdim.system.identity import differences, digest

NAME = "[A-Za-z0-9][A-Za-z0-9_-]*"  # of a dataset: part of paths and of command lines, and a wildcard of the workflow


@dataclass(frozen=True)
class DatasetSpec:
    """A dataset as a study names it: its kind, options, and what a glance at its source told."""

    name: str
    kind: Dataset
    options: DatasetOptions
    info: SourceInfo

    @cached_property
    def key(self) -> str:
        """Identity of the prepared arrays."""
        options = differences(self.options, leave_out=self.options.location)
        return digest([self.kind.name, self.kind.version, options])

    @cached_property
    def true_dim(self) -> int | None:
        """The true latent dimension, where one is known."""
        return getattr(self.options, self.kind.true_dim) if self.kind.true_dim else None

    @cached_property
    def intrinsic_dim(self) -> int | None:
        """The true intrinsic dimension, where one is known."""
        return getattr(self.options, self.kind.intrinsic_dim) if self.kind.intrinsic_dim else None

    @property
    def example_kind(self) -> str:
        """What one example is: ``images`` or ``vectors``."""
        return self.info.kind or self.kind.kind

    @property
    def preparing_mb(self) -> float:
        """Disk space that preparing needs: for the arrays, and for copies of them where they are permuted."""
        return self.info.prepared_mb * (1 if self.kind.in_random_order else 2)

    @property
    def is_clips(self) -> bool:
        """Whether the channels of an example are those of several colour images, one after the other."""
        return len(self.info.shape) == 3 and self.info.shape[0] > 3

    def allows(self, metric: Metric) -> bool:
        """Whether the metric is defined on this dataset."""
        has = {"factor_space": bool(self.kind.factor_space), "classes": self.info.n_classes is not None}
        return self.example_kind in metric.kinds and all(has[need] for need in metric.needs)

    def factor_space(self, results: Path) -> FactorSpace | None:
        """Images of any combination of the factors, where the dataset offers them; the arrays must be prepared."""
        found: FactorSpace | None = None
        if self.kind.factor_space:
            found = resolve(self.kind.factor_space)(self.options, self.folder(results))
        return found

    def folder(self, results: Path) -> Path:
        """Where the prepared arrays lie."""
        return results / "data" / self.name / self.key

    def stamp(self, results: Path) -> Path:
        """Snakemake's view of them; another one once the source's files change."""
        return results / "stamps" / "data" / f"{self.name}-{digest([self.key, self.info.fingerprint])}.json"
