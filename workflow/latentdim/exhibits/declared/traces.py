"""Traces of trainings, declared. Free of torch, pandas and matplotlib."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, StrictInt, model_validator

from latentdim.exhibits.declared.options import FIGURE, Names, RunOptions
from latentdim.registry.declarations import Exhibit, Mention, Query, Strict


class Panel(Strict):
    """Columns of a run's history over its steps, sharing one vertical axis or two."""

    columns: tuple[str, ...] = Field((), description="columns of history.csv, on the left axis")
    prefix: str = Field("", description="instead of names: the columns numbered after it (mask_0, mask_1, …)")
    right: tuple[str, ...] = Field((), description="columns on a right axis")
    style: Literal["lines", "heatmap"] = Field("lines", description="heatmap: one row a column, sorted by last value")
    log: bool = Field(False, description="logarithmic left axis")
    title: str = Field("", description="text of the left axis")
    right_title: str = Field("", description="text of the right axis")
    mark_true_dim: bool = Field(False, description="a horizontal line at the true latent dimension, where it is known")

    @model_validator(mode="after")
    def _consistent(self) -> Panel:
        if bool(self.columns) == bool(self.prefix):
            raise ValueError("give exactly one of 'columns' and 'prefix'")
        if self.style == "heatmap" and (self.right or self.log or self.mark_true_dim):
            raise ValueError("style 'heatmap' has no right axis, no logarithmic axis and no line at the true dimension")
        return self


class OtherRun(Strict):
    """A further run in the same panels; what isn't named is as of the first."""

    label: str | None = Field(None, description="a row label; the first run's where left out")
    dim: PositiveInt | None = Field(None, description="initial latent dimension; the first run's where left out")
    seed: Annotated[StrictInt, Field(ge=0)] | None = Field(
        None, description="which of the seeds; the first run's where left out"
    )
    legend: str = Field("", description="text in the legend; label and dimension where empty")


class TraceOptions(RunOptions):
    """What runs' histories held over training (MaskAAE, Figs. 5 and 8; ALD-VAE, Figs. 2 to 4)."""

    panels: tuple[Panel, ...] = Field(
        min_length=1,
        description="from top to bottom, sharing the step axis",
        examples=[[{"columns": ["reconstruction"]}]],
    )
    legend: str = Field("", description="of the first run, where others stand beside it; label and dimension if empty")
    others: tuple[OtherRun, ...] = Field((), description="further runs on the same dataset, drawn over the first")
    over: Literal["step", "epoch"] = Field("step", description="what stands on the horizontal axis")
    upper: str = Field("", description="a column whose values stand on an upper axis, such as present_dim")
    upper_title: str = Field("", description="text of the upper axis; the column where empty")
    stop: str = Field("", description="a column that holds an epoch, marked by a vertical line, such as stopped_epoch")

    @model_validator(mode="after")
    def _comparable(self) -> TraceOptions:
        if self.others and any(panel.style == "heatmap" or panel.prefix for panel in self.panels):
            raise ValueError("'others' can't be drawn over a heat map or numbered columns; name columns")
        return self

    def runs(self) -> tuple[tuple[str, int, int], ...]:
        """Label, dimension and seed of each run, the first one's first."""
        others = ((one.label or self.label, one.dim or self.dim, one.seed) for one in self.others)
        beside = ((label, dim, self.seed if seed is None else seed) for label, dim, seed in others)
        return ((self.label, self.dim, self.seed), *beside)

    def mentions(self) -> Iterator[Mention]:
        """The coordinates of all runs."""
        yield from super().mentions()
        for index, (label, dim, seed) in enumerate(self.runs()[1:]):
            yield Mention(f"others.{index}.label", "label", label)
            yield Mention(f"others.{index}.dim", "dim", dim)
            yield Mention(f"others.{index}.seed", "seed", seed)

    def queries(self) -> Iterator[Query]:
        """Each run's coordinates together."""
        yield from super().queries()
        for index, (label, dim, seed) in enumerate(self.runs()[1:]):
            names: Names = {"dataset": (self.dataset,), "label": (label,), "dim": (dim,), "seed": (seed,)}
            yield Query(f"others.{index}", names)


TRACES = (
    Exhibit(
        name="trace",
        title="Training trace",
        options=TraceOptions,
        draw="latentdim.exhibits.trace:draw",
        files=FIGURE,
    ),
)
