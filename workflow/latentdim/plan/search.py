"""A search for a latent dimension: one cell at one seed, whose sizes are asked for one after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from latentdim.plan.checkpoints import unfit_to_choose
from latentdim.plan.run import Cell, Run
from latentdim.searches.linear import linear_search
from latentdim.searches.replay import Progress, replayed
from latentdim.searches.ternary import costliest, ternary_search
from latentdim.study.requested_metrics import RequestedMetric
from latentdim.study.search import SearchedDims
from latentdim.system.problems import nearest


@dataclass(frozen=True)
class Search:
    """One search.

    Its trainings are ordinary runs: another study's, or another search's, are taken as they are.

    Attributes:
        metric: whose best value is sought.
    """

    cell: Cell
    seed: int
    dims: SearchedDims
    metric: RequestedMetric

    @property
    def candidates(self) -> tuple[Run, ...]:
        """Every run that it may ask for."""
        return tuple(map(self.at, self.dims.candidates))

    @property
    def title(self) -> str:
        """For lines of text: ``synthetic_8 wae_mmd ternary search of L = 2 … 64 by frechet_distance, seed 0``."""
        sizes = self.dims.candidates
        span = f"{sizes[0]} … {sizes[-1]}" if self.dims.sizes is None else ", ".join(map(str, sizes))
        what = f"{self.dims.search.replace('_', ' ')} search of L = {span} by {self.metric.metric.name}"
        return f"{self.cell.dataset.name} {self.cell.label} {what}, seed {self.seed}"

    def at(self, dim: int) -> Run:
        """Its run of that size."""
        return Run(self.cell, dim, self.seed)

    def progress(self, values: Mapping[int, float]) -> Progress:
        """How far it gets with the values of some sizes.

        Args:
            values: of the metric, infinite where a size has none, whichever direction is better.
        """
        sign = -1.0 if self.metric.metric.better == "higher" else 1.0
        scores = {dim: value if abs(value) == float("inf") else sign * value for dim, value in values.items()}
        smallest, largest = self.dims.smallest, self.dims.largest
        if smallest is None or largest is None or self.dims.search == "linear":
            return replayed(linear_search(self.dims.candidates), scores)
        return replayed(ternary_search(smallest, largest, as_printed=self._as_printed), scores)

    def worst_case(self, cost: Callable[[int], float]) -> float:
        """What its costliest course takes.

        Args:
            cost: of one size.
        """
        smallest, largest = self.dims.smallest, self.dims.largest
        if smallest is None or largest is None or self.dims.search == "linear":
            return sum(map(cost, self.dims.candidates))
        return costliest(smallest, largest, cost=cost, as_printed=self._as_printed)

    @property
    def _as_printed(self) -> bool:
        return self.dims.search == "ternary_as_printed"


def metric_sought(dims: SearchedDims, cell: Cell) -> tuple[RequestedMetric | None, str]:
    """The metric that a search goes by, the first of that name where the cell measures it on several axes.

    Returns:
        The metric, or None where the cell doesn't measure it; and why a search can't go by it, empty where it can or
        where the data aren't there to tell.
    """
    metric = next((one for one in cell.metrics if one.metric.name == dims.metric), None)
    undefined = next((one for one in cell.undefined if one.name == dims.metric), None)
    if metric:
        return metric, unfit_to_choose(metric.metric)
    if undefined:
        there = not cell.dataset.info.problems
        return None, f"needs {undefined.defined_for}, which '{cell.dataset.name}' isn't" if there else ""
    hint = nearest(dims.metric, [one.metric.name for one in cell.metrics])
    return None, f"not a metric that this entry measures{hint}"
