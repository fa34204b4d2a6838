"""The kind of check about what trainings cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from latentdim.claims import words
from latentdim.claims.caveats import by_caveat, caveats_of
from latentdim.claims.check import Alternatives, Check, Sizes
from latentdim.claims.ends import End, Point, Row, Series
from latentdim.claims.evidence import Evidence
from latentdim.claims.grid import Asked
from latentdim.outcomes.outcomes import Outcome
from latentdim.outcomes.searches import SearchOutcome
from latentdim.registry.declarations import Strict
from latentdim.system.counting import counted

CLOSE = 0.1  # seconds that differ by no more than this share aren't told apart


class Spent(Strict):
    """The trainings of one side."""

    label: str = Field(description="row label")
    dims: Sizes = Field((), description="initial latent dimensions; all of the grid where empty")
    search: Literal["", "linear", "grid", "ternary", "ternary_as_printed"] = Field(
        "", description="instead of `dims`: the sizes that this search of the grid asked for"
    )


class Cheaper(Check):
    """The first side costs at most a share of 1 / ``times`` of what the other side does: in training ``seconds``, or
    in the number of ``trainings``, of all its sizes, for one seed. Seconds within a tenth of the limit, on different
    hardware or of trainings that shared their device or were interrupted, a side of which a size lacks, and a search
    that isn't over are undecided.
    """

    kind: ClassVar[str] = "cheaper"
    of_trained: ClassVar[bool] = False

    datasets: Annotated[tuple[Alternatives, ...], Field(min_length=1)] = Field(
        description="a row each; a list in place of a name holds stand-ins for its first"
    )
    first: Spent = Field(description="the cheaper side: label, and dims or search")
    than: Spent = Field(description="the other side")
    unit: Literal["seconds", "trainings"] = Field("seconds", description="of training time, or a number of trainings")
    times: float = Field(1.0, gt=0.0, description="how many times the cost the other side has to have at least")

    def asked(self) -> Iterator[Asked]:
        """Both sides on each dataset."""
        for index, datasets in enumerate(self.datasets):
            yield Asked(f"datasets.{index}", datasets)
            for key, side in (("first", self.first), ("than", self.than)):
                yield Asked(f"{key}.label", datasets, side.label, search=side.search)
                yield from (Asked(f"{key}.dims.{i}", datasets, side.label, dim) for i, dim in enumerate(side.dims))

    def rows(self, evidence: Evidence) -> Iterator[Row]:
        """One for each dataset."""
        for datasets in self.datasets:
            sides = [_trainings(evidence, datasets, side) for side in (self.first, self.than)]
            trained = [[run for run in side if run.record is not None] for side in sides]
            dataset = next((run.run.cell.dataset.name for side in sides for run in side), datasets[0])
            if not trained[0] or not trained[1]:
                yield Row(dataset, End.NOT_RUN, "one side at least has no training yet", dataset)
            else:
                row = self._row(dataset, sides, trained)
                runs = [run for side in trained for run in side]
                caveats = by_caveat((run.run.title, caveats_of(run, evidence.scale, trained=False)) for run in runs)
                end, says = self.ending(row.end, row.says, caveats=caveats)
                if any(_waits(evidence, dataset, side) for side in (self.first, self.than)):
                    end, says = End.UNDECIDED, f"{says}; the search isn't over"
                yield replace(row, end=end, says=says, caveats=caveats)

    def _row(self, dataset: str, sides: list[list[Outcome]], trained: list[list[Outcome]]) -> Row:
        costs = [_cost(side, self.unit) for side in trained]
        names = [one.label + (f", {one.search} search" if one.search else "") for one in (self.first, self.than)]
        points = [Point(name, at, (cost,)) for at, (name, cost) in enumerate(zip(names, costs, strict=True))]
        ratio = costs[1] / costs[0] if costs[0] else float("inf")
        first, second = (_in_words(cost, self.unit) for cost in costs)
        says = f"{names[0]} {first}, {names[1]} {second}: "
        says += f"{words.number(ratio)} times; claimed: at least {words.number(self.times)} times"
        end = End.HOLDS if ratio >= self.times else End.FAILS
        devices = [run.record.device for side in trained for run in side if run.record]
        machines = {(device.name, device.threads) for device in devices}
        if self.unit == "seconds" and (len(machines) > 1 or abs(ratio / self.times - 1.0) <= CLOSE):
            end = End.UNDECIDED
            says += "; trained on different hardware" if len(machines) > 1 else ""
        if self.unit == "seconds" and (disturbed := _disturbed([run for side in trained for run in side])):
            end, says = End.UNDECIDED, f"{says}; {disturbed}"
        if lacking := sum(map(len, sides)) - sum(map(len, trained)):
            end, says = End.UNDECIDED, f"{says}; {lacking} of the trainings lack"
        series = tuple(Series(name, (point,)) for name, point in zip(names, points, strict=True))
        return Row(dataset, end, says, dataset, series, "", f"training {self.unit}")


def _trainings(evidence: Evidence, datasets: tuple[str, ...], side: Spent) -> list[Outcome]:
    """The runs of one side, on the first of the datasets that the grid holds."""
    for dataset in evidence.grid.named(datasets):
        if side.search:
            runs = [run for one in _searches(evidence, dataset, side) for run in one.asked]
        else:
            runs = [
                run
                for run in evidence.outcomes
                if (run.run.cell.dataset.name, run.run.cell.label) == (dataset, side.label)
                and (not side.dims or run.run.dim in side.dims)
            ]
        if runs:
            return runs
    return []


def _searches(evidence: Evidence, dataset: str, side: Spent) -> list[SearchOutcome]:
    return [
        one
        for one in evidence.searches
        if (one.search.cell.dataset.name, one.search.cell.label, one.search.dims.search)
        == (dataset, side.label, side.search)
    ]


def _waits(evidence: Evidence, dataset: str, side: Spent) -> bool:
    """Whether a side is a search that asks for further sizes."""
    return any(one.progress.next is not None for one in _searches(evidence, dataset, side))


def _in_words(cost: float, unit: str) -> str:
    if unit == "seconds":
        return f"{words.number(cost)} s"
    return counted(int(cost), "training") if cost == int(cost) else f"{words.number(cost)} trainings"


def _disturbed(trained: list[Outcome]) -> str:
    """Why the seconds of some don't tell of their training alone, as ``train_seconds`` refuses them; empty if none."""
    records = [one.record for one in trained if one.record is not None]
    reasons = {
        "shared the device with other runs": [one.usage is not None and one.usage.shared_by > 1 for one in records],
        "interrupted": [one.timing.resumed_steps > 0 for one in records],
    }
    return ", ".join(f"{reason}: {sum(those)} of the trainings" for reason, those in reasons.items() if any(those))


def _cost(trained: list[Outcome], unit: str) -> float:
    """Of one seed: seconds, or how many trainings there are."""
    seconds = [one.record.timing.train_seconds for one in trained if one.record is not None]
    return (float(len(seconds)) if unit == "trainings" else sum(seconds)) / len({one.run.seed for one in trained})
