"""What a plan asks of machines before anything runs: hours and disk space, by dataset. Estimates, without torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from latentdim.plan import cost
from latentdim.plan.plan import Plan
from latentdim.plan.run import Cell
from latentdim.system.counting import counted

COPIES = 4  # of the weights in a run's folder: the model, and a checkpoint with an optimiser's two moments
RECORD_MB = 0.2  # of a run's other files


@dataclass(frozen=True)
class Demand:
    """What runs take, of searches their worst cases; finished runs and prepared data count as all others.

    Attributes:
        gpu_hours: None where the study is for the CPU.
        disk_mb: prepared arrays, and what runs leave.
        absent: the data aren't here; such runs count in no total.
    """

    what: str
    runs: int
    core_hours: float
    gpu_hours: float | None
    disk_mb: float
    absent: bool = False

    @property
    def hours(self) -> str:
        """``about 12 core hours, or 0.4 of a GPU``."""
        gpu = "" if self.gpu_hours is None else f", or {_few(self.gpu_hours)} of a GPU"
        return f"about {_few(self.core_hours)} core hours{gpu}"


def demands(plan: Plan) -> list[Demand]:
    """What each dataset's runs take, in the study's order."""
    return [_of_dataset(plan, name) for name in plan.datasets]


def total(of: Sequence[Demand]) -> Demand:
    """All that is there together."""
    there = [one for one in of if not one.absent]
    what = "in all" if len(there) == len(of) else "all here"
    gpu = [one.gpu_hours for one in there if one.gpu_hours is not None]
    return Demand(
        what, sum(one.runs for one in there), sum(one.core_hours for one in there),
        sum(gpu) if gpu or not there else None, sum(one.disk_mb for one in there),
    )  # fmt: skip


def in_brief(plan: Plan) -> str:
    """``520 runs in 90 jobs, about 900 core hours, or 12 of a GPU, 14 GB; without 'celeba' (120 runs), …``."""
    each = demands(plan)
    whole = total(each)
    lacking = [f"'{one.what}' ({counted(one.runs, 'run')})" for one in each if one.absent]
    without = f"; without {', '.join(lacking)}, whose data aren't here" if lacking else ""
    runs = f"{'at most ' if plan.searches else ''}{counted(whole.runs, 'run')} in {counted(len(plan.packs), 'job')}"
    return f"{runs}, {whole.hours}, {_few(whole.disk_mb / 1e3)} GB{without}"


def as_table(of: Sequence[Demand]) -> Iterator[str]:
    """Lines of text: a row a dataset, and all together."""
    width = max(len(one.what) for one in (*of, total(of)))
    yield f"{'dataset':{width}}  {'runs':>6}  {'core hours':>10}  {'GPU hours':>9}  {'disk, GB':>8}"
    for one in (*of, total(of)):
        gpu = "-" if one.gpu_hours is None else _few(one.gpu_hours)
        row = f"{one.what:{width}}  {one.runs:6}  {_few(one.core_hours):>10}  {gpu:>9}  {_few(one.disk_mb / 1e3):>8}"
        yield f"{row}  not here" if one.absent else row


def run_mb(cell: Cell, dim: int) -> float:
    """Disk space of one run: its weights, kept ones too, and its checkpoint."""
    copies = COPIES + cost.evaluations_of(cell.protocol, cell.dataset.info)
    return copies * cell.weights(dim) * 4 / 1e6 + RECORD_MB


def _of_dataset(plan: Plan, name: str) -> Demand:
    spec, on_gpu = plan.datasets[name], plan.study.execution.device != "cpu"
    listed = [run for run in plan.listed if run.cell.dataset.name == name]
    searches = [search for search in plan.searches if search.cell.dataset.name == name]
    count = len(listed) + round(sum(search.worst_case(lambda dim: 1.0) for search in searches))
    absent = name in plan.absent
    if absent and not spec.info.shape:  # nothing is known of them
        return Demand(name, count, 0.0, 0.0 if on_gpu else None, 0.0, absent)
    costs = _Costs()

    def summed(what: str) -> float:
        def of(cell: Cell, dim: int) -> float:
            value: float = getattr(costs.of(cell, dim), what)
            return value

        alone = sum(of(run.cell, run.dim) for run in listed)
        return alone + sum(search.worst_case(partial(of, search.cell)) for search in searches)

    gpu = summed("gpu_minutes") / 60.0 if on_gpu else None
    return Demand(name, count, summed("core_minutes") / 60.0, gpu, spec.preparing_mb + summed("disk_mb"), absent)


@dataclass(frozen=True)
class _Cost:
    core_minutes: float
    gpu_minutes: float
    disk_mb: float


class _Costs:
    """What a run of a cell takes at a dimension, worked out once for all seeds."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, int], _Cost] = {}

    def of(self, cell: Cell, dim: int) -> _Cost:
        key = (id(cell), dim)
        if key not in self.known:
            self.known[key] = _Cost(cell.minutes(dim), cell.minutes(dim, cost.GPU), run_mb(cell, dim))
        return self.known[key]


def _few(number: float) -> str:
    """A number with two digits that count: ``0.0031``, ``1.4``, ``370``."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"
