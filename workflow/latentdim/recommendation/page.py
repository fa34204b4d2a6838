"""The page of a recommendation: the answer and its reasons, then the report of the study that it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from latentdim.plan.plan import Plan
from latentdim.recommendation.document import COVERAGE, Recommendation, Vote
from latentdim.report.build import build_report

# As their papers call them; `distances` and `directions` are the suite's own.
ESTIMATORS = {
    "distances": "Distances to neighbours, bias corrected", "directions": "Directions to neighbours", "gride": "Gride",
    "two_nn": "TwoNN", "mle": "Maximum likelihood", "danco": "DANCo",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line of the table of all that was asked.

    Attributes:
        says: a number, or a dash.
        meaning: what becomes of it, or what a reader must know.
    """

    who: str
    says: str
    interval: str
    meaning: str


@dataclass(frozen=True)
class Group:
    """Lines under one heading, with what the heading's question is."""

    title: str
    question: str
    rows: tuple[Row, ...]


def write_page(plan: Plan, answer: Recommendation, folder: Path) -> Path:
    """Write the page and the files beside it into the study's folder, and return the page's path."""
    further = {"answer": answer, "groups": tuple(groups_of(answer))}
    build_report(plan, folder.parent, template="recommendation.html", further=further, listed=False)
    return folder / "index.html"


def groups_of(answer: Recommendation) -> Iterator[Group]:
    """All that was asked, by what was asked of it."""
    low_high = "" if answer.interval is None else span(*map(float, answer.interval))
    says = "–" if answer.recommended_dim is None else str(answer.recommended_dim)
    swept = Row("Plain autoencoder, one a size", says, low_high, "the answer")
    yield Group("Latent dimension", "How many numbers does an autoencoder need?", (swept, *map(_of_vote, answer.votes)))
    if answer.intrinsic is not None:
        yield Group("Intrinsic dimension", "How many numbers tell an example from its neighbours?", tuple(_d(answer)))
    shares = tuple(
        Row(f"PCA, {100 * float(share):g} % of the variance", str(count), "", "no vote")
        for share, count in answer.linear.items()
    )
    yield Group("Linear dimension", "How many numbers would codes need that are linear in an example?", shares)


def _of_vote(vote: Vote) -> Row:
    weight = "".join(f", {name} = {value:g}" for name, value in vote.settings.items())
    counts = sorted(vote.counts.values())
    says = "–" if not counts else f"{counts[0]}" if counts[0] == counts[-1] else f"{counts[0]} to {counts[-1]}"
    meaning = {True: "agrees", False: "disagrees", None: "counted nothing"}[vote.agrees]
    return Row(f"{vote.title}, started from {vote.start}{weight}", says, "", meaning)


def _d(answer: Recommendation) -> Iterator[Row]:
    found = answer.intrinsic
    assert found is not None
    says = "–" if found.dim is None else f"{found.dim:.3g}"
    interval = "" if found.interval is None else span(*found.interval)
    covered = f"; an interval of 95 %, which {COVERAGE}" if interval else ""
    yield Row("Mean of the next two", says, interval, f"the estimate, of {found.n_used:,} examples{covered}")
    for name, one in found.estimators.items():
        value = "–" if one.value is None else f"{one.value:.3g}"
        yield Row(ESTIMATORS.get(name, name), value, "" if one.interval is None else span(*one.interval), one.note)


def span(low: float, high: float) -> str:
    """``7–9``, ``1.9–2.3``; ``3`` where both ends are."""
    ends = dict.fromkeys((f"{low:.3g}", f"{high:.3g}"))
    return "–".join(ends)
