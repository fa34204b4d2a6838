"""Each printed number beside what the study measured at its coordinates, with the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from latentdim import registry
from latentdim.datasets.formats.local_copies import NO_DOWNLOAD
from latentdim.outcomes.groups import Group
from latentdim.outcomes.seed_statistics import mean
from latentdim.outcomes.troubles import worded
from latentdim.papers.layers import counted, network_layers
from latentdim.papers.reference import LAYER, N_FACTORS, PARAMETERS, PrintedNumber, Subject
from latentdim.papers.student import t_interval
from latentdim.papers.units import FID_METRICS, factor_to, in_unit, source_of
from latentdim.papers.verdict import Judgement, Rule, Seeds, Verdict, judge
from latentdim.plan.plan import Plan
from latentdim.records.status import Status
from latentdim.registry.declarations import GENERATED, Metric
from latentdim.study.scale import PAPER
from latentdim.tables.values import Absence, QueryRefused, Values

SCALE_FREE = frozenset({"1", "dimensions"})  # units that data of another generator leave alone
WHY_MISSING = {
    Status.MISSING: "not run", Status.STALE: "stale", Status.COLLAPSED: "collapsed", Status.DIVERGED: "diverged",
}  # fmt: skip
UNTIMED = {"interrupted": "training interrupted", "shared the device": "device shared"}  # as metrics of costs refuse
NO_WEIGHTS = "Inception's weights"  # begins the reason of a metric that lacks them


@dataclass(frozen=True)
class Compared:
    """One printed number and ours.

    Attributes:
        ours: in the printed unit; None where there is none.
        by_seed: seed and value, in the printed unit.
        spread: how far ours would move, in the printed unit; None where that isn't known.
        better: which direction wins.
        group: the runs; None where it is about none, or the study has none there.
    """

    printed: PrintedNumber
    judgement: Judgement
    ours: Seeds | None = None
    by_seed: tuple[tuple[int, float], ...] = ()
    spread: float | None = None
    better: Literal["lower", "higher"] | None = None
    group: Group | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % t interval of our mean; None below three seeds, and where no chance is in it."""
        if self.ours is None or self.ours.std is None or self.ours.n is None:
            return None
        return t_interval(self.ours.mean, self.ours.std, self.ours.n)


@dataclass(frozen=True)
class Comparison:
    """A study beside its paper."""

    plan: Plan
    values: Values

    def of(self, printed: PrintedNumber) -> Compared:
        """One row of the reference; what the study lacks is ``missing (…)``, never an error."""
        if printed.metric in self.counts_of(printed):
            ours = Seeds(self.counts_of(printed)[printed.metric])
            return Compared(printed, judge(ours, theirs_of(printed), rule="exact"), ours)
        if printed.subject is Subject.RUNS:
            return self._of_runs(printed)
        if printed.subject is Subject.CLAIM:
            return Compared(printed, Judgement(Verdict.OF_CLAIM))
        if printed.subject is Subject.LAYER:
            return Compared(printed, Judgement(Verdict.MISSING, "no such layer"))
        spec = self.plan.datasets.get(printed.dataset)
        known = None if spec is None else spec.info.n_factors if printed.metric == N_FACTORS else spec.true_dim
        found = None if known is None else Seeds(known)
        return Compared(printed, judge(found, theirs_of(printed), rule="exact", missing="not known"), found)

    def all(self, rows: Iterable[PrintedNumber]) -> list[Compared]:
        """Each of them, in their order."""
        return list(map(self.of, rows))

    def counts_of(self, printed: PrintedNumber) -> dict[str, int]:
        """Parameters by printed metric, where the study lists the network of these runs layer by layer."""
        return self._counts.get((printed.dataset, printed.label, printed.dim), {})

    @cached_property
    def _counts(self) -> dict[tuple[str, str, int | None], dict[str, int]]:
        cells = {(run.cell.dataset.name, run.cell.label, run.dim): run.cell for run in self.plan.runs}
        found: dict[tuple[str, str, int | None], dict[str, int]] = {}
        for network in (one for exhibit in self.plan.exhibits for one in getattr(exhibit.options, "networks", ())):
            place = (network.dataset, network.label, network.dim)
            if place in cells and cells[place].network and cells[place].dataset.info.shape:
                layers = network_layers(cells[place], network.dim, network.outputs)
                counts = {f"{LAYER}{name}": count for name, count in counted(layers).items()}
                found[place] = counts | {PARAMETERS: counts[f"{LAYER}total"]}
        return found

    def _of_runs(self, printed: PrintedNumber) -> Compared:
        at = source_of(printed.coordinates) if printed.dim is not None else None
        if at is None or at.metric not in registry.metrics():  # which `check` refuses
            return Compared(printed, Judgement(Verdict.MISSING, "maps to nothing"))
        metric = registry.metrics().get(at.metric)
        try:
            group = self.values.group(at)
        except QueryRefused:
            return Compared(printed, judge(None, None, missing="not planned"), better=metric.better)
        if isinstance(group, Absence):
            missing = "data" if at.dataset in self.plan.absent else str(group).replace("–", "not asked for")
            return Compared(printed, judge(None, None, missing=missing), better=metric.better)
        factor = factor_to(printed.unit, metric) or 1.0
        valued = ((row.seed, row.value) for row in group.counted if row.value is not None)
        by_seed = tuple((seed, in_unit(printed.coordinates, value, factor)) for seed, value in valued)
        ours = _seeds([value for _, value in by_seed], group, factor)
        judgement = judge(
            None if group.stale else ours, theirs_of(printed), decimals=printed.decimals, rule=rule_of(metric),
            better=metric.better, missing=self._missing(group), incomparable=self._incomparable(printed, metric),
        )  # fmt: skip
        spread = None if group.deviation is None else group.deviation * factor
        return Compared(printed, judgement, ours, by_seed, spread, metric.better, group)

    def _missing(self, group: Group) -> str:
        """Why these runs have no value, in a word or two."""
        reasons = " ".join(worded(trouble) for trouble in group.troubles)
        if group.worst is Status.MISSING and group.dataset in self.plan.absent:
            return "data"
        if group.stale:
            return "stale"
        if NO_WEIGHTS in reasons:
            return "weights"
        if group.worst is Status.MISSING and NO_DOWNLOAD in reasons:
            return "data"
        if group.refused:
            return next((why for words, why in UNTIMED.items() if words in reasons), group.refusal)
        return WHY_MISSING.get(group.worst, "failed")

    def _incomparable(self, printed: PrintedNumber, metric: Metric) -> list[str]:
        if rule_of(metric) == "exact":
            return []
        spec = self.plan.datasets[printed.dataset]
        generated = spec.kind.licence == GENERATED
        others = {
            "scale": self.plan.study.scale != PAPER,
            "data": printed.dataset in self.plan.stand_ins.values()
            or (generated and (spec.example_kind == "images" or metric.unit not in SCALE_FREE)),
            "features": printed.unit == "FID" and metric.name not in FID_METRICS,
            "hardware": metric.of_machine,  # nobody here has the papers' machines
        }
        return [name for name, holds in others.items() if holds]


def rule_of(metric: Metric) -> Rule:
    """By which rule a metric's numbers are compared."""
    if metric.name == PARAMETERS:
        return "exact"
    return "dimensions" if metric.unit == "dimensions" else "value"


def theirs_of(printed: PrintedNumber) -> Seeds | None:
    """The printed number with its spread; None where none is printed."""
    return None if printed.value is None else Seeds(printed.value, printed.deviation, printed.n_seeds)


def _seeds(values: Sequence[float], group: Group, factor: float) -> Seeds | None:
    if not values:
        return None
    std = None if group.spread.std is None else group.spread.std * factor
    return Seeds(mean(values), std, len(values))


@dataclass(frozen=True)
class Tally:
    """How many cells have which verdict.

    Attributes:
        counts: by verdict, what is missing or not comparable with its reason.
        judged: cells that were held against a rule with a tolerance, which those that have to be equal haven't.
        by_chance: how many of those it would miss if all were equal.
    """

    counts: dict[str, int]
    judged: int
    by_chance: float

    @property
    def total(self) -> int:
        """All cells."""
        return sum(self.counts.values())

    def of(self, verdict: Verdict) -> int:
        """Cells with one verdict, whatever its reason."""
        return sum(count for text, count in self.counts.items() if text.partition(" (")[0] == verdict)


def tally(compared: Iterable[Compared]) -> Tally:
    """Count them, in the order of :class:`Verdict`."""
    judgements = sorted((one.judgement for one in compared), key=lambda one: list(Verdict).index(one.verdict))
    judged = [one for one in judgements if one.tolerance]  # no chance is in what has to be equal
    inconclusive = Verdict.INCONCLUSIVE  # of however many seeds
    counts = Counter(str(one.verdict if one.verdict is inconclusive else one) for one in judgements)
    return Tally(dict(counts), len(judged), sum(one.chance for one in judged))
