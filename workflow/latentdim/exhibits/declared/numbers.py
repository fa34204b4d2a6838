"""Tables and curves of metrics, declared. Free of torch, pandas and matplotlib."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, StrictInt, model_validator

from latentdim.exhibits.declared.options import FIGURE, Names, Selection
from latentdim.registry.declarations import Exhibit, ExhibitOptions, Mention, Query, Strict
from latentdim.study.axes import Axes
from latentdim.study.file import Metrics


class Curve(Strict):
    """One curve: a row label of the grid, and its name in the legend."""

    label: str = Field(description="a row label; over a setting, the label without the values of its sweep")
    legend: str = Field("", description="text in the legend; the method's title where empty")


class Side(Strict):
    """One vertical axis and the curves on it."""

    metric: str = Field(description="its name")
    axes: Axes | None = Field(None, description="which axes' values, where the metric is measured on several choices")
    curves: tuple[Curve, ...] = Field(min_length=1, description="one line each")
    log: bool = Field(False, description="logarithmic axis")
    title: str = Field("", description="the axis's text; the metric's title where empty")


class Landmark(Strict):
    """A number that a paper states of a figure, drawn as a line, or as a band from one to another."""

    at: float | tuple[float, float] = Field(description="the number, or smallest and largest", examples=[13])
    axis: Literal["horizontal", "left", "right"] = Field("horizontal", description="on which axis it lies")
    text: str = Field(description="what the paper says of it, in a few words", examples=["lowest FID"])
    source: str = Field(description="paper, and section or figure")
    datasets: tuple[str, ...] = Field((), description="in which panels; all where empty")


class CurveOptions(ExhibitOptions):
    """A metric over the initial latent dimension or a setting, a second one on the right axis (MaskAAE, Fig. 4)."""

    datasets: tuple[str, ...] = Field(min_length=1, description="one panel each", examples=[["synthetic_8"]])
    over: str = Field(
        "dim",
        description="what stands on the horizontal axis: dim, the initial latent dimension; or the name of a method's "
        "setting that the grid sweeps over, whose values are numbers",
    )
    dim: PositiveInt | None = Field(
        None, description="over a setting: runs of this latent dimension; may be left out where there is only one"
    )
    over_log: bool = Field(False, description="logarithmic horizontal axis, for a setting")
    left: Side = Field(
        description="the left axis and its curves",
        examples=[{"metric": "frechet_distance", "log": True, "curves": [{"label": "wae_mmd"}]}],
    )
    right: Side | None = Field(None, description="the right axis and its curves, which are dashed")
    mark_true_dim: bool = Field(True, description="a vertical line at the true latent dimension, where it is known")
    landmarks: tuple[Landmark, ...] = Field((), description="numbers that the paper states of its figure")

    @model_validator(mode="after")
    def _marked_somewhere(self) -> CurveOptions:
        if self.right is None and any(landmark.axis == "right" for landmark in self.landmarks):
            raise ValueError("a landmark lies on the right axis, which the curve doesn't have")
        return self

    @model_validator(mode="after")
    def _of_the_dimension(self) -> CurveOptions:
        if self.over == "dim" and (self.dim is not None or self.over_log):
            raise ValueError("'dim' and 'over_log' belong to a curve over a setting; name it in 'over'")
        return self

    def mentions(self) -> Iterator[Mention]:
        """Datasets, what the curve is over, and the metric and labels of both sides."""
        label: Literal["label", "stem"] = "label"
        if self.over != "dim":
            label = "stem"
            yield Mention("over", "setting", self.over)
            yield from [Mention("dim", "dim", self.dim)] if self.dim is not None else []
        yield from (Mention(f"datasets.{index}", "dataset", name) for index, name in enumerate(self.datasets))
        for index, landmark in enumerate(self.landmarks):
            yield from (
                Mention(f"landmarks.{index}.datasets.{i}", "dataset", n) for i, n in enumerate(landmark.datasets)
            )
        for name, side in (("left", self.left), ("right", self.right)):
            if side is not None:
                yield Mention(f"{name}.metric", "metric", side.metric)
                keys = enumerate(side.curves)
                yield from (Mention(f"{name}.curves.{index}.label", label, curve.label) for index, curve in keys)

    def queries(self) -> Iterator[Query]:
        """Each curve on any of the datasets, with one value a run; and each dataset with any of the curves."""
        label: Literal["label", "stem"] = "label" if self.over == "dim" else "stem"
        dims: Names = {"dim": (self.dim,)} if self.dim is not None else {}
        sides = [(name, side) for name, side in (("left", self.left), ("right", self.right)) if side is not None]
        for name, side in sides:
            asked: Names = {"metric": (side.metric,)}
            asked |= {"axes": (side.axes,)} if side.axes else {}
            for index, curve in enumerate(side.curves):
                names = dims | asked | {"dataset": self.datasets, label: (curve.label,)}
                yield Query(f"{name}.curves.{index}.label", names, single=("dataset", self.over))
        labels = tuple(curve.label for _, side in sides for curve in side.curves)
        for index, dataset in enumerate(self.datasets):
            yield Query(f"datasets.{index}", dims | {"dataset": (dataset,), label: labels})


class HeatMapOptions(Selection):
    """A metric over two things at once, its values in coloured cells: what stands in rows, in columns, in panels.

    Each is ``dataset``, ``label``, ``stem`` (a label without the values of its sweep), ``dim`` (the initial latent
    dimension) or the name of a method's setting whose values are numbers.
    """

    metric: str = Field(description="its name", examples=["active"])
    axes: Axes | None = Field(None, description="which axes' values, where the metric is measured on several choices")
    rows: str = Field("label", description="dataset, label, stem, dim, or a method's setting")
    columns: str = Field("dim", description="the same")
    panels: str = Field("dataset", description="the same")
    less_true_dim: bool = Field(False, description="values less the data's true dimension, for counts of dimensions")
    log: bool = Field(False, description="a logarithmic scale of colours")

    @model_validator(mode="after")
    def _consistent(self) -> HeatMapOptions:
        if len({self.rows, self.columns, self.panels}) < 3:
            raise ValueError("'rows', 'columns' and 'panels' must be three different things")
        if self.less_true_dim and self.log:
            raise ValueError("values less the true dimension lie on both sides of 0; leave 'log' out")
        return self

    def mentions(self) -> Iterator[Mention]:
        """The selection, the metric, and settings."""
        yield from super().mentions()
        yield Mention("metric", "metric", self.metric)
        for key in ("rows", "columns", "panels"):
            name = getattr(self, key)
            yield from [] if name in {"dataset", "label", "stem", "dim"} else [Mention(key, "setting", name)]

    def queries(self) -> Iterator[Query]:
        """The selection, and in it the metric with one value for each cell of the map."""
        yield from super().queries()
        axes: Names = {"axes": (self.axes,)} if self.axes else {}
        names = self.names() | axes | {"metric": (self.metric,)}
        yield Query("metric", names, single=(self.panels, self.rows, self.columns))


class ResultsOptions(Selection):
    """A table with a row for each dataset, label and dimension, and a column for each metric."""

    metrics: Metrics | None = Field(None, description="columns, in this order; all metrics of the study where left out")
    decimals: dict[str, Annotated[StrictInt, Field(ge=0, le=8)]] = Field(
        default_factory=dict, description="digits after the point by metric; chosen from the values elsewhere"
    )

    @model_validator(mode="after")
    def _of_its_columns(self) -> ResultsOptions:
        if self.metrics is not None:
            columns = [(item.name, item.axes) for item in self.metrics]
            if len(set(columns)) < len(columns):
                raise ValueError("'metrics' has one metric twice on the same axes")
            without = sorted(set(self.decimals) - {name for name, _ in columns})
            if without:
                raise ValueError(f"'decimals' has '{without[0]}', which 'metrics' has no column for")
        return self

    def mentions(self) -> Iterator[Mention]:
        """The selection, and the metrics named."""
        yield from super().mentions()
        yield from (Mention(f"metrics.{i}.name", "metric", item.name) for i, item in enumerate(self.metrics or ()))
        yield from (Mention(f"decimals.{name}", "metric", name) for name in self.decimals)

    def queries(self) -> Iterator[Query]:
        """The selection, and each metric in it."""
        yield from super().queries()
        for index, item in enumerate(self.metrics or ()):
            axes: Names = {"axes": (item.axes,)} if item.axes else {}
            yield Query(f"metrics.{index}.name", self.names() | axes | {"metric": (item.name,)})


NUMBERS = (
    Exhibit(
        name="curve",
        title="Metric over the initial latent dimension",
        options=CurveOptions,
        draw="latentdim.exhibits.curve:draw",
        files=FIGURE,
    ),
    Exhibit(
        name="heat_map",
        title="Metric over two things at once",
        options=HeatMapOptions,
        draw="latentdim.exhibits.heat_map:draw",
        files=FIGURE,
    ),
    Exhibit(
        name="searches",
        title="What searches settled on",
        options=ExhibitOptions,
        draw="latentdim.exhibits.searches_table:draw",
        files=(".md", ".csv", ".tex"),
    ),
    Exhibit(
        name="results",
        title="Results table",
        options=ResultsOptions,
        draw="latentdim.exhibits.results_table:draw",
        files=(".md", ".csv", ".tex"),
    ),
)
