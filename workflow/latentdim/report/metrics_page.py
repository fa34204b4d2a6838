"""The page of metrics: what each is by its declaration, what it was checked against, and the agreement found now."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from latentdim import registry
from latentdim.conformance import rankings
from latentdim.conformance.checks import Check, references, remark_on
from latentdim.registry.declarations import Metric
from latentdim.report.index import METRICS, build_index
from latentdim.system.files import write_text
from latentdim.tables.markdown import pipe_table

LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch", "torch-fidelity")
INTRODUCTION = (
    "Written by `latentdim metrics` from the metrics' declarations and from checks that it runs: each metric is held "
    "against references that share no code with it, and the controls (PCA, the true factors, noise codes, a constant "
    "model) are ranked by it on tiny data. Deviations are the largest absolute ones unless a unit is named."
)


@dataclass(frozen=True)
class Found:
    """A check, and how far the metric is from its reference."""

    check: Check
    deviation: float

    @property
    def agrees(self) -> bool:
        """Whether it is within the tolerance; NaN never is."""
        return self.deviation <= self.check.tolerance


def write_metrics_page(reports: Path) -> list[str]:
    """Run all checks, write the page, and link it from the list of reports.

    Returns:
        Sentences about what disagrees; empty where everything agrees.
    """
    found = [Found(check, check.deviation()) for check in references()]
    disorder = {metric.name: rankings.problems_of(metric.name) for metric in registry.metrics()}
    write_text(reports / METRICS, "\n\n".join(_page(found, disorder)) + "\n")
    build_index(reports)
    problems = [
        f"{', '.join(item.check.metrics)}: {item.deviation:.3g} from {item.check.reference} ({item.check.case}), more "
        f"than {item.check.tolerance:g}"
        for item in found
        if not item.agrees
    ]
    return problems + [f"{name}: {text}" for name, texts in disorder.items() for text in texts]


def _page(found: Sequence[Found], disorder: dict[str, list[str]]) -> Iterator[str]:
    yield "# Metrics"
    yield INTRODUCTION
    yield f"References: {', '.join(f'{name} {version(name)}' for name in LIBRARIES)}."
    metrics = sorted(registry.metrics(), key=lambda metric: metric.title.casefold())
    rows = [_overview(metric, _of(metric, found), disorder[metric.name]) for metric in metrics]
    yield pipe_table(("metric", "better", "unit", "checks that agree", "controls rank as expected"), rows)
    for metric in metrics:
        yield f"## {metric.title}"
        yield f"`{metric.name}`, version {metric.version}: {metric.definition}."
        yield pipe_table(("better", "unit", "range", "defined for", "samples", "source"), [_declared(metric)])
        first = next(other for other in metrics if _of(other, found) == _of(metric, found))
        yield from _agreement(metric, first, _of(metric, found))
        yield from _ranked(metric, disorder[metric.name])


def _agreement(metric: Metric, first: Metric, found: Sequence[Found]) -> Iterator[str]:
    """What the metric was checked against; told once, in the section of the first metric with the same checks."""
    if remark := remark_on(metric.name):
        yield remark
    if first is metric:
        checked = [_checked(item) for item in found]
        yield pipe_table(("checked against", "on", "deviation found", "accepted", "because of"), checked)
    else:
        same = f"the same {len(found)} checks" if len(found) > 1 else "the same check"
        yield f"Checked by {same} as {_link(first)}."


def _link(metric: Metric) -> str:
    return f"[{metric.title}](#{_anchor(metric.title)})"


def _of(metric: Metric, found: Sequence[Found]) -> list[Found]:
    return [item for item in found if metric.name in item.check.metrics]


def _overview(metric: Metric, found: Sequence[Found], disorder: Sequence[str]) -> Sequence[str]:
    agree = f"{sum(item.agrees for item in found)} of {len(found)}"
    return _link(metric), metric.better or "neither", metric.unit, agree, _order_kept(metric, disorder)


def _order_kept(metric: Metric, disorder: Sequence[str]) -> str:
    ranking = rankings.ranking_of(metric.name)
    if disorder:
        return f"**no**: {'; '.join(disorder)}"
    if ranking.untried:
        return "not tried"
    if ranking.rising or ranking.exact:
        return "yes"
    return "refused as expected" if ranking.refused else "theory doesn't say"


def _declared(metric: Metric) -> Sequence[str]:
    low, high = (f"{end:g}" if math.isfinite(end) else f"{'−' if end < 0 else ''}∞" for end in metric.range)
    span = f"{low} … {high}".replace("-", "−")
    return metric.better or "neither", metric.unit, span, metric.defined_for, metric.samples, metric.source


def _checked(item: Found) -> Sequence[str]:
    check = item.check
    deviation = f"{item.deviation:.1e}" if 0 < abs(item.deviation) < 1e-3 else f"{item.deviation:.3g}"
    return (
        check.reference,
        check.case,
        deviation if item.agrees else f"**{deviation}**",
        f"{check.tolerance:g}",
        check.reason,
    )


def _ranked(metric: Metric, disorder: Sequence[str]) -> Iterator[str]:
    ranking = rankings.ranking_of(metric.name)
    yield f"Controls: {ranking.expected}, since {ranking.why}." if ranking.stated else f"Controls: {ranking.why}."
    if not ranking.untried:
        values = rankings.values_of(metric.name)
        row = ["refused" if value is None else f"{value:.4g}".replace("-", "−") for value in values.values()]
        verdict = _order_kept(metric, disorder)
        yield pipe_table((*values, "as expected"), [(*row, verdict)])


def _anchor(title: str) -> str:
    """GitHub's anchor of a heading: letters, marks and decimal digits stay, and so do ``_`` and ``-``; a ⅛ doesn't."""
    kept = (
        letter
        for letter in title.lower()
        if letter in " -_" or unicodedata.category(letter)[0] in "LM" or unicodedata.category(letter) == "Nd"
    )
    return "".join(kept).replace(" ", "-")
