"""Where the numbers come from: versions, hardware, times, data, licences and references, as the records hold them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from latentdim.datasets.prepared import description
from latentdim.outcomes.outcomes import Outcome
from latentdim.plan.data_check import described_in_words
from latentdim.plan.plan import Plan
from latentdim.records.record import Record
from latentdim.system.counting import counted


@dataclass(frozen=True)
class DataFacts:
    """One dataset: its source, licence, the digest that the records name, and what the prepared data say of themselves.

    Attributes:
        credits: whom they credit.
        contents: what was made of the source, and where the values lie.
    """

    name: str
    title: str
    source: str
    licence: str
    citation: str
    facts: str
    digests: tuple[str, ...]
    true_dim: int | None
    credits: str = ""
    contents: str = ""

    @property
    def told(self) -> dict[str, str]:
        """What a page prints of it; what isn't known is left out."""
        told = {
            "kind": self.title,
            "size": self.facts,
            "contents": self.contents,
            "true dimension": "" if self.true_dim is None else str(self.true_dim),
            "source": self.source,
            "licence": self.licence,
            "citation": self.citation,
            "credits": self.credits,
            "sha256 of the prepared arrays": "; ".join(self.digests) or "not prepared",
        }
        return {name: text for name, text in told.items() if text}


@dataclass(frozen=True)
class Provenance:
    """What a reader needs to judge or repeat the numbers.

    Attributes:
        environment: printed fact → its values, each with the number of records that say so.
        times: printed total → text.
        notes: remarks in the records, with their number.
        references: (what, source), each once.
    """

    environment: dict[str, dict[str, int]]
    times: dict[str, str]
    data: tuple[DataFacts, ...]
    notes: dict[str, int]
    references: tuple[tuple[str, str], ...]
    newest: str

    @property
    def environment_told(self) -> dict[str, str]:
        """A fact with one value as it is; with several, each with its number of runs."""
        return {
            name: "; ".join(values if len(values) == 1 else (f"{v} ({counted(n, 'run')})" for v, n in values.items()))
            for name, values in self.environment.items()
        }


def provenance(plan: Plan, outcomes: Sequence[Outcome]) -> Provenance:
    """Gather the facts of all records."""
    records = [outcome.record for outcome in outcomes if outcome.record]
    started = sorted(_day(record.timing.started) for record in records)
    dates = (
        {"runs made": started[0] if started[0] == started[-1] else f"{started[0]} to {started[-1]}"} if started else {}
    )
    return Provenance(
        environment=_environment(records),
        times=_times(records) | dates,
        data=tuple(_data(plan, outcomes)),
        notes=dict(Counter(note for record in records for note in record.notes)),
        references=tuple(_references(plan)),
        newest=started[-1] if started else "",
    )


def _environment(records: Sequence[Record]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for record in records:
        device, host = record.device, record.host
        cores = f"{host.cores} cores" if host.cores else ""
        facts = {
            **record.versions,
            "device": f"{device.kind} {device.name}".strip(),
            "threads": str(device.threads),
            "machine": ", ".join(text for text in (host.cpu, cores, host.system) if text),
        }
        for name, value in facts.items():
            if value:
                counts.setdefault(name, Counter())[value] += 1
    return {name: dict(values.most_common()) for name, values in counts.items()}


def _times(records: Sequence[Record]) -> dict[str, str]:
    """Sums over the records; a figure that no record holds is left out."""
    totals = {
        "training": "train_seconds",
        "measuring": "evaluate_seconds",
        "runs altogether": "total_seconds",
    }
    times = {}
    for title, key in totals.items():
        seconds = [value for record in records if (value := getattr(record.timing, key)) is not None]
        if seconds:
            times[title] = f"{duration(sum(seconds))} over {counted(len(seconds), 'run')}"
    return times


def duration(seconds: float) -> str:
    """``48 s``, ``12 min 5 s`` or ``3 h 20 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _day(started: float) -> str:
    """The UTC day of a time stamp in seconds."""
    return datetime.fromtimestamp(started, UTC).strftime("%Y-%m-%d")


def _data(plan: Plan, outcomes: Sequence[Outcome]) -> Iterable[DataFacts]:
    for name, spec in plan.datasets.items():
        used = [o.record.data.model_dump() for o in outcomes if o.record and o.run.cell.dataset.name == name]
        prepared = description(spec.folder(plan.results))
        known = used or ([prepared] if prepared else [])
        digests = tuple(dict.fromkeys(str(facts["digest"]) for facts in known if facts.get("digest")))
        facts = " · ".join(dict.fromkeys(_sizes(found) for found in known if "n_train" in found))
        kind = spec.kind
        yield DataFacts(
            name, kind.title or kind.name, kind.source, kind.licence, kind.citation, facts, digests, spec.true_dim,
            str((prepared or {}).get("credits", "")), "; ".join(described_in_words(prepared)) if prepared else "",
        )  # fmt: skip


def _sizes(described: dict[str, Any]) -> str:
    shape = "×".join(map(str, described.get("shape", ())))
    return f"{described['n_train']:,} training and {described.get('n_test', 0):,} test examples of {shape}"


def _references(plan: Plan) -> Iterable[tuple[str, str]]:
    methods = {cell.method.name: cell.method for cell in plan.cells}
    metrics = {requested.metric.name: requested.metric for cell in plan.cells for requested in cell.metrics}
    yield from ((method.title or method.name, method.source) for method in methods.values())
    yield from ((metric.title, metric.source) for metric in metrics.values())
