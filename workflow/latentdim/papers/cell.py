"""What one place of a paper's table says: the numbers in print, and all that is known for the CSV file."""

from __future__ import annotations

from latentdim.outcomes.seed_statistics import FEWEST_SEEDS
from latentdim.outcomes.troubles import worded
from latentdim.papers.comparison import Compared
from latentdim.papers.reference import PrintedNumber
from latentdim.tables.model import Value
from latentdim.tables.values import Digits


def ours_of(compared: Compared) -> Value | None:
    """Our value in the printed number's unit and digits; None where there is none."""
    ours, group = compared.ours, compared.group
    if ours is None:
        return None
    text = _in_print(compared, [value for _, value in compared.by_seed] or [ours.mean])
    if group is None:
        return Value(ours.mean, text)
    return Value(
        ours.mean, text, compared.spread, ours.n or 0, sound=group.may_win, at_floor=group.at_floor, stale=group.stale
    )


def theirs_of(printed: PrintedNumber) -> Value | None:
    """The printed number; None where none is."""
    if printed.value is None:
        return None
    return Value(printed.value, printed.text, printed.deviation, printed.n_seeds or 0)


def remark_of(printed: PrintedNumber) -> str:
    """Its note as a footnote has it."""
    return f"Of the paper's: {printed.note}"


def _in_print(compared: Compared, values: list[float]) -> str:
    """The values of one or two seeds, of more the mean with its deviation, in the paper's digits and one at least."""
    ours, printed = compared.ours, compared.printed
    decimals = printed.decimals if printed.mean else Digits.fitting(values).decimals
    if ours is None or ours.std is None or (ours.n or 0) < FEWEST_SEEDS:
        whole = all(value == int(value) for value in values)
        return ", ".join(f"{value:,.{0 if whole else max(decimals, 1)}f}" for value in values)
    decimals = max(decimals, 1)
    return f"{ours.mean:,.{decimals}f} ± {ours.std:,.{decimals}f}"


def detail_of(compared: Compared) -> str:
    """For whoever points at it: each seed's value, the t interval, what may lie between ours and theirs."""
    parts = [f"seed {seed}: {value:.6g}" for seed, value in compared.by_seed]
    if compared.interval:
        low, high = compared.interval
        parts.append(f"95 % interval of the mean {low:.6g} to {high:.6g}")
    if compared.judgement.tolerance is not None:
        parts.append(f"reproduced within {compared.judgement.tolerance:.4g}")
    return "; ".join(parts)


def facts_of(compared: Compared) -> dict[str, object]:
    """Place, coordinates, every digit of ours and of theirs, and what the verdict rests on."""
    printed, ours, group, judgement = compared.printed, compared.ours, compared.group, compared.judgement
    low, high = compared.interval or (None, None)
    return {
        "row_group": printed.row_group, "row": printed.row, "column_group": printed.column_group,
        "column": printed.column, "dataset": printed.dataset, "label": printed.label, "dim": printed.dim,
        "metric": printed.metric, "axes": printed.axes, "unit": printed.unit,
        "mean": ours.mean if ours else None, "std": ours.std if ours else None, "n": ours.n if ours else None,
        "t_low": low, "t_high": high, "runs": group.planned if group else None,
        "status": group.worst if group else None,
        "reason": "; ".join(dict.fromkeys(map(worded, group.troubles))) if group else "",
        "printed": printed.text, "printed_seeds": printed.n_seeds, "printed_mark": printed.mark,
        "tolerance": judgement.tolerance, "chance_of_a_miss": judgement.chance, "note": printed.note,
    }  # fmt: skip
