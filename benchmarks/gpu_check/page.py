"""The page of results, made of an archive alone: what is on it stands in the archive's files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

from benchmarks.gpu_check.agreement import NUDGE, ROUNDINGS
from benchmarks.gpu_check.sections import Report, Row
from benchmarks.gpu_check.speed import ALONE, EPOCH, SEEDS
from benchmarks.rounds import shown
from latentdim.tables.markdown import pipe_table

DIFFERENCES = ("first losses", "losses", "weights", "reconstructions")
PAPER = Path(__file__).with_name("table2.csv")
LENGTHS = {"active": 1, "active_jacobian": 1, "mse_per_pixel": 4}
TITLES = {"active": "ACTIVE", "active_jacobian": "ACTIVE, Jacobian rule", "mse_per_pixel": "MSE"}


def page(reports: Mapping[str, Report]) -> str:
    """Markdown."""
    machine = reports.get("machine", {})
    parts = ["# On a GPU", "Made by `make gpu-check`, from the archive that it leaves."]
    if machine.get("tiny"):
        parts.append("**Made at tiny size, to see that everything runs: no number here means anything.**")
    parts.append("\n".join(f"- {fact}" for fact in machine.get("facts", ())))
    for name, title, make in PARTS:
        report = reports.get(name)
        body = make(report["rows"]) if report else []
        ended = report["ended"] if report else "not run"
        note = [] if ended == "complete" else [f"*This section: {ended}.*"]
        seconds = [f"{shown(report['seconds'])} s."] if report and "seconds" in report else []
        parts += [f"## {title}", *body, *note, *seconds]
    return "\n\n".join(part for part in parts if part) + "\n"


def agreement(rows: Sequence[Row]) -> list[str]:
    """Differences from the CPU beside those of rounding."""
    text = (
        "float32 with TF32 off, against the same training on this machine's CPU: the same initial weights, batches and "
        "random numbers. *Weights*: norm of the difference over the norm, all parameters together. *Losses*: the "
        "largest difference of a curve over the largest value of it, over all curves of the history; *first losses*: "
        "of its first row. *Reconstructions*: of a method with a closed form. In brackets: the most that inputs larger "
        f"or smaller by {NUDGE:.1e} and twice that do on this device, so rounding alone. A difference agrees within "
        f"the tolerance, or within {ROUNDINGS:g} times what rounding does."
    )
    lines = [
        [
            row["method"], row["network"], str(row["steps"] or "closed form"),
            *(_difference(row, name) for name in DIFFERENCES), "yes" if row["agrees"] else "**no**",
        ]
        for row in rows
    ]  # fmt: skip
    return [text, table(("method", "network", "steps", *DIFFERENCES, "agrees"), lines)]


def _difference(row: Row, name: str) -> str:
    if name not in row["differences"]:
        return ""
    value, rounding = row["differences"][name], row["rounding"].get(name)
    aside = "" if rounding is None else f" ({rounding:.1e})"
    return f"{'not finite' if value is None else f'{value:.1e}'}{aside}; at most {row['tolerances'][name]:.0e}"


def repeats(rows: Sequence[Row]) -> list[str]:
    """Equal bits, or the names of what differs."""
    text = (
        "Each run done twice, once more with every step from Python in place of replayed ones (CUDA graphs), and once "
        "more with a stop half way, going on from its checkpoint: weights, buffers and history compared bit for bit."
    )
    lines = [
        [
            row["method"], row["network"], row["precision"], str(row["steps"]),
            *(_equal(row[way]) for way in ("repeat", "stepwise", "resume")),
        ]
        for row in rows
    ]  # fmt: skip
    warnings = sorted({warning for row in rows for warning in row["warnings"]})
    told = [f"torch warned: {'; '.join(warnings)}"] if warnings else []
    return [
        text,
        table(("method", "network", "precision", "steps", "repeated", "from Python", "stopped and resumed"), lines),
        *told,
    ]


def _equal(differing: Sequence[str]) -> str:
    more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
    return f"**differs**: {', '.join(differing[:3])}{more}" if differing else "equal"


def speed(rows: Sequence[Row]) -> list[str]:
    """Seconds an epoch in each way, and what pays."""
    text = (
        f"Updates on {EPOCH:,} images are an epoch here; what a method does between epochs is left out. "
        f"*{SEEDS} seeds*: seconds until each of them has done its epoch; for a way of one run that many times its "
        "seconds. *Gain*: "
        "against the engine's runs one after another. *From the engine*: how far the weights are from the engine's "
        "after the same few batches. Alternating rounds; least and most of them in brackets."
    )
    alone = {_case(row): row["epoch_seconds"] for row in rows if row["way"] == ALONE and "epoch_seconds" in row}
    lines = []
    for row in rows:
        start = [row["method"], row["network"], row["precision"], row["way"]]
        if "reason" in row:
            lines.append([*start, f"can't be had: {row['reason']}", "", "", ""])
            continue
        of_all = _of_all(row)
        gain = f"{SEEDS * alone[_case(row)] / of_all:.1f}" if _case(row) in alone else ""
        spread = f"{shown(row['epoch_seconds'])} ({shown(row['least'])}–{shown(row['most'])})"
        apart = "" if row["difference"] is None else f"{row['difference']:.1e}"
        lines.append([*start, spread, shown(of_all), gain, apart])
    header = ("method", "network", "precision", "way", "s an epoch", f"s, {SEEDS} seeds", "gain", "from the engine")
    return [text, table(header, lines), *what_pays(rows)]


def what_pays(rows: Sequence[Row]) -> list[str]:
    """For each workload the fastest way to have several seeds."""
    best: dict[tuple[str, ...], Row] = {}
    for row in rows:
        if "epoch_seconds" in row and (_case(row) not in best or _of_all(row) < _of_all(best[_case(row)])):
            best[_case(row)] = row
    alone = {_case(row): _of_all(row) for row in rows if row["way"] == ALONE and "epoch_seconds" in row}
    lines = [
        f"- {', '.join(case)}: {row['way']}, {shown(_of_all(row))} s for {SEEDS} seeds against {shown(alone[case])} s "
        "one after another"
        for case, row in best.items()
        if case in alone
    ]
    return ["What pays for several seeds:\n\n" + "\n".join(lines)] if lines else []


def _case(row: Row) -> tuple[str, ...]:
    return row["method"], row["network"], row["precision"]


def _of_all(row: Row) -> float:
    seconds: float = row["epoch_seconds"] * SEEDS / row["seeds"]
    return seconds


def peak(rows: Sequence[Row]) -> list[str]:
    """Peaks and shares."""
    text = (
        "The peak is the best of some square matrix products of random numbers. What a training needs are the products "
        "of its forward and backward passes alone."
    )
    peaks = [
        f"- {row['precision']}, {row['size']} × {row['size']}: {shown(row['peak'] / 1e12)} TFLOP/s"
        for row in rows
        if "peak" in row
    ]
    lines = [
        [row["network"], row["precision"], row["way"], shown(row["reached"] / 1e12), f"{100 * row['share']:.2g} %"]
        for row in rows
        if "share" in row
    ]
    return [text, "\n".join(peaks), table(("network", "precision", "way", "TFLOP/s", "of the peak"), lines)]


def table2(rows: Sequence[Row]) -> list[str]:
    """ACTIVE, MSE and seconds of what was run, beside what the paper prints where the length is the paper's."""
    text = (
        "Whole runs through `latentdim run`, the seeds of a row side by side on this GPU, on 50,000 training images "
        "(10,000 more for validation); MSE on the test images, of ARD-VAE and MaskAAE from their active axes. Mean ± "
        "population standard deviation over the runs that ended. The paper's numbers stand beside runs of its own "
        "length alone; its MSE doesn't say of which images. Nothing is claimed beyond what is listed."
    )
    lines = [_table2_line(row) for row in rows]
    reasons = [
        f"- {row['row']}, seed {run['seed']}: {run['status']}: {run['reason']}"
        + (f", in epoch {run['epochs_begun']}" if run.get("epochs_begun") else "")
        for row in rows
        for run in row.get("runs", ())
        if run["status"] != "ok"
    ]
    header = ("row", "data", "epochs, of the paper's", "runs", *(TITLES[n] for n in LENGTHS), "s a run", "s in all")
    return [text, table(header, lines), "\n".join(reasons)]


def _table2_line(row: Row) -> list[str]:
    start = [row["row"], row["dataset"]]
    if "runs" not in row:
        return [*start, row["reason"], *[""] * 6]
    ended = [run for run in row["runs"] if run["status"] in {"ok", "collapsed"}]
    whole = row["epochs"] == row["epochs_paper"] and row["dataset"] == "mnist_32"
    printed = _printed(row["row"]) if whole else {}
    cells = [
        _mean([run[name] for run in ended if run.get(name) is not None], digits)
        + (f" (paper: {printed[name]})" if name in printed else "")
        for name, digits in LENGTHS.items()
    ]
    seconds = _mean([run["train_seconds"] for run in ended if run["train_seconds"]], 1)
    length = f"{row['epochs']} of {row['epochs_paper']}"
    return [*start, length, f"{len(ended)} of {len(row['runs'])}", *cells, seconds, shown(row["wall_seconds"])]


def _printed(label: str) -> dict[str, str]:
    with PAPER.open(newline="", encoding="utf-8") as lines:
        return {
            line["metric"]: f"{line['mean']} ± {line['std']}, {line['source']}"
            for line in csv.DictReader(lines)
            if line["row"] == label
        }


def _mean(values: Sequence[float], digits: int) -> str:
    return f"{fmean(values):.{digits}f} ± {pstdev(values):.{digits}f}" if values else "–"


def table(header: Iterable[str], lines: Sequence[Sequence[Any]]) -> str:
    """A Markdown table; nothing where there is no line."""
    return pipe_table(list(header), [list(map(str, line)) for line in lines]) if lines else ""


PARTS = (
    ("agreement", "Agreement with the CPU", agreement),
    ("repeats", "The same bits again", repeats),
    ("speed", "Seconds an epoch", speed),
    ("peak", "Share of the card's peak", peak),
    ("table2", "ARD-VAE, Table 2, column MNIST: a beginning", table2),
)
