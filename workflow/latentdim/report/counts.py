"""Counts of dimensions with the sorted values that their rules cut, so that a reader sees whether there is a gap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from latentdim.exhibits.context import titled
from latentdim.outcomes.outcomes import Measurement, Outcome
from latentdim.plan.plan import Plan

HEIGHT, WIDTH, WIDEST = 22.0, 5.0, 200.0  # of the bars and of one of them, in pixels, and of all together at most
DECADES = 6.0  # below the largest value that a bar still has a height for


def counts_section(plan: Plan, outcomes: Sequence[Outcome]) -> str:
    """Every count that comes from cutting numbers, folded; empty where there is none."""
    rows = [
        _row(plan, outcome, measured)
        for outcome in outcomes
        for measured in outcome.measurements
        if measured.value is not None and {"scores", "axes"} <= set(measured.detail)
    ]
    if not rows:
        return ""
    headings = (
        '<th scope="col">dataset</th><th scope="col">method</th><th scope="col" class="number">L</th>'
        '<th scope="col" class="number">seed</th><th scope="col">rule</th><th scope="col" class="number">count</th>'
        '<th scope="col" class="number">least counted</th><th scope="col" class="number">largest cut</th>'
        '<th scope="col" class="number">ratio</th><th scope="col">all values, sorted</th>'
    )
    table = f'<table class="runs"><thead><tr>{headings}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    explained = (
        "A count cuts numbers somewhere: the axes' relevance (the decoder's gain times the codes' variance) where all "
        "but a share of its sum is reached, a mask at its threshold. Where the least one counted lies close to the "
        "largest one cut, another threshold gives another count. Bars are logarithmic and span "
        f"{DECADES:g} decades; the coloured ones count."
    )
    return (
        '<section id="counts"><h2>Counts and what they cut</h2><details><summary>'
        f"The numbers behind {len(rows)} counts</summary><p>{explained}</p>"
        f'<div class="scroll" tabindex="0">{table}</div></details></section>'
    )


def _row(plan: Plan, outcome: Outcome, measured: Measurement) -> str:
    run, axes = outcome.run, set(measured.detail["axes"])
    scores = measured.detail["scores"]
    kept = [score for axis, score in enumerate(scores) if axis in axes]
    cut = [score for axis, score in enumerate(scores) if axis not in axes]
    ratio = min(kept) / max(cut) if kept and cut and max(cut) > 0 else None
    cells = [
        ("name", escape(run.cell.dataset.name)),
        ("name", escape(titled(plan, run.cell.label))),
        ("number", str(run.dim)),
        ("number", str(run.seed)),
        ("name", escape(measured.requested.metric.title)),
        ("number", str(len(kept))),
        ("number", f"{min(kept):.2g}" if kept else ""),
        ("number", f"{max(cut):.2g}" if cut else "none"),
        ("number", "" if ratio is None else f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"),
        ("", _bars(scores, axes)),
    ]
    return "<tr>" + "".join(f'<td class="{kind}">{text}</td>' for kind, text in cells) + "</tr>"


def _bars(scores: Sequence[float], axes: set[int]) -> str:
    """A bar an axis, the largest first."""
    order = sorted(range(len(scores)), key=lambda axis: -scores[axis])
    step = min(WIDTH, WIDEST / len(scores))
    width = step * len(scores)
    largest = scores[order[0]] or 1.0
    bars = "".join(_bar(place * step, step, scores[axis] / largest, axis in axes) for place, axis in enumerate(order))
    return (
        f'<svg class="bars" role="img" aria-label="sorted values" width="{width:.0f}" height="{HEIGHT:.0f}" '
        f'viewBox="0 0 {width:g} {HEIGHT:g}">{bars}</svg>'
    )


def _bar(left: float, step: float, share: float, counts: bool) -> str:
    height = max(1.0, HEIGHT * (1.0 + math.log10(share) / DECADES)) if share > 0 else 1.0
    return (
        f'<rect class="{"kept" if counts else "cut"}" x="{left:.4g}" y="{HEIGHT - height:.4g}" '
        f'width="{0.8 * step:.4g}" height="{height:.4g}"/>'
    )
