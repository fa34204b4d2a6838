"""The report: a table of all contenders, by condition and family, and a plot of the error by true dimension."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.recommend_accuracy.run import OURS
from benchmarks.recommend_accuracy.scores import Line, Score, advantage, covered, relative_error, scores
from latentdim.system.files import write_atomic, write_text

DRAWN = 5  # contenders with a panel
INTRODUCTION = """\
# How near the intrinsic dimension comes

Made by `python -m benchmarks.recommend_accuracy`. Ours is `latentdim.intrinsic.intrinsic_dimension`; the others are
scikit-dimension's estimators with their defaults, alone, on the same rows (`DANCoFit` is DANCo with its table;
default DANCo, ESS, FisherS and PH take up to minutes a case and are asked with `--slow` alone).
**error** is the mean absolute error in per cent of the true dimension over the cases that were **answered**, **near**
the number of cases within 1, or 10 %, of it. The correction was learnt from other kinds of data
(`latentdim/intrinsic/families.py`); these (`benchmarks/recommend_accuracy/families.py`) were listed before the first
estimate{once}.
"""
# True of the first journal alone, whose lines have no version.
AFTER_LOOKING = """\
## What was changed after looking

The numbers of the test families are those of the code before any of this, and aren't made again.

- Data that are alike in all directions (rotations, low-rank matrices) were taken for noise, or for noise but for a few
  axes, by their variances alone; the axes left out must have as many dimensions as their number now.

Left as it is, since nothing here may be tuned: strongly bent data are estimated too high, which the interval ignores.
"""


def write_report(lines: Sequence[Line], folder: Path) -> None:
    """Write recommend_accuracy.md, .png and .csv."""
    test = [line for line in lines if line["kind"] == "test"]
    development = [line for line in lines if line["kind"] == "development"]
    ranked = scores(test)
    first = all("version" not in line for line in test)
    introduction = INTRODUCTION.format(once=" and estimated once" if first else "")
    parts = [
        introduction,
        _versions(test),
        "## Test families\n",
        _table(ranked),
        _comparison(test, ranked),
        _by(test, ranked),
    ]
    parts += ["![Error by true dimension](recommend_accuracy.png)\n"]
    if development:
        text = (
            "## Development data\n\nscikit-dimension's 24 benchmark manifolds, 2,500 points, without noise, which the "
        )
        parts += [text + "estimate was chosen by; so these numbers of ours are no test.\n", _table(scores(development))]
    parts += [AFTER_LOOKING] if first else []
    write_text(folder / "recommend_accuracy.md", "\n".join(filter(None, parts)))
    write_text(folder / "recommend_accuracy.csv", _csv(lines))
    write_atomic(folder / "recommend_accuracy.png", lambda path: _draw(test, ranked, path))


def _versions(test: Sequence[Line]) -> str:
    """What code ours was estimated with; nothing where the journal doesn't tell."""
    ours = [line for line in test if line["contender"] == OURS]
    codes = {f"{line['version']} ({line['commit'] or 'no commit'})" for line in ours if "version" in line}
    return f"Ours was estimated with version {', '.join(sorted(codes))}.\n" if codes else ""


def _table(ranked: Sequence[Score]) -> str:
    head = "| | cases | answered | error | median | bias | near | seconds |\n| --- |" + " ---: |" * 7 + "\n"
    return head + "".join(
        f"| {one.contender} | {one.cases} | {one.answered} | {one.error:.1f} | {one.median:.1f} | {one.bias:+.1f} | "
        f"{one.near} | {one.seconds:.1f} |\n"
        for one in ranked
    )


def _comparison(test: Sequence[Line], ranked: Sequence[Score]) -> str:
    best = next(one.contender for one in ranked if one.contender != OURS)
    gain, low, high = advantage(test, OURS, best)
    inside, of = covered(test, OURS)
    return (
        f"The error of {best}, the nearest of the others, less ours: {gain:+.1f} points ({low:+.1f} to {high:+.1f}, "
        "95 %, bootstrap over families' members, paired by case). Our interval of 95 % holds the true "
        f"dimension in {inside} of {of} cases.\n"
    )


def _by(test: Sequence[Line], ranked: Sequence[Score]) -> str:
    """Errors by condition and by family, of ours and the nearest of the others."""
    names = [OURS, *(one.contender for one in ranked if one.contender != OURS)][:DRAWN]
    rows = ["| error | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(names)]
    conditions = sorted({(line["rows"], line["noise"]) for line in test})
    groups = [(f"{rows:,} rows, noise {noise:g}", ("rows", "noise"), (rows, noise)) for rows, noise in conditions]
    groups += [(family, ("family",), (family,)) for family in dict.fromkeys(line["family"] for line in test)]
    for title, keys, values in groups:
        some = [line for line in test if tuple(line[key] for key in keys) == values]
        errors = {one.contender: one.error for one in scores(some)}
        rows.append(f"| {title} | " + " | ".join(f"{errors.get(name, np.nan):.1f}" for name in names) + " |")
    return "\n".join(rows) + "\n"


def _csv(lines: Sequence[Line]) -> str:
    keys = ("kind", "family", "dim", "rows", "noise", "contender", "value", "low", "high", "seconds")
    table = [",".join(keys)]
    for line in lines:
        values = (line.get(key) for key in keys)
        table.append(",".join("" if v is None else f"{v:.6g}" if isinstance(v, float) else str(v) for v in values))
    return "\n".join(table) + "\n"


def _draw(test: Sequence[Line], ranked: Sequence[Score], path: Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    names = [OURS, *(one.contender for one in ranked if one.contender != OURS)][:DRAWN]
    figure, panels = plt.subplots(1, len(names), figsize=(3 * len(names), 3.2), sharey=True, layout="constrained")
    for panel, name in zip(panels, names, strict=True):
        for family in dict.fromkeys(line["family"] for line in test):
            some = [line for line in test if line["contender"] == name and line["family"] == family]
            some = [line for line in some if line["value"] is not None]
            errors = [relative_error(line) for line in some]
            panel.plot([line["dim"] for line in some], errors, "o", markersize=3.5, alpha=0.7, label=family)
        panel.axhline(0.0, color="0.4", linewidth=0.8)
        panel.set(title=name, xscale="log", xlabel="true dimension", ylim=(-100, 100))
        panel.set_xticks([3, 6, 12, 24, 40], ["3", "6", "12", "24", "40"])
        panel.minorticks_off()
    panels[0].set_ylabel("error, % (cut at ±100)")
    panels[-1].legend(fontsize="x-small", bbox_to_anchor=(1.02, 1.0), loc="upper left")
    figure.savefig(path, format="png", dpi=120, metadata={"Software": None})
    plt.close(figure)
