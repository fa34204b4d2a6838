"""The papers' tables and figures with their state, for the list of reports; and their counts, for README."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latentdim.papers.reference import read_reference, reference_path
from latentdim.plan.report_files import INDEX_PAGE
from latentdim.study.file import ExhibitEntry, Study, read_study
from latentdim.study.naming import AT, STUDIES
from latentdim.system.counting import counted
from latentdim.system.files import write_text
from latentdim.system.problems import InputError
from latentdim.tables.markdown import pipe_table, plain

TABLES = frozenset({"paper_table", "architecture", "settings", "results", "searches"})
DISTANCES = ("fid", "frechet")  # begin the names of metrics whose curve over the dimension is a U
NOT_MADE = "not made yet"
BEGIN, END = "<!-- the papers' counts, written by `latentdim tables` -->", "<!-- end of the papers' counts -->"
HEADINGS = ("paper", "runs", "printed numbers beside ours", "claims")


@dataclass(frozen=True)
class ListedExhibit:
    """One table or figure of a paper.

    Attributes:
        address: below the folder of reports; empty where it isn't made.
        state: in words.
        over_dim: a distance over the latent dimension, the curve that all is about.
    """

    title: str
    address: str
    state: str
    is_table: bool
    over_dim: bool


@dataclass(frozen=True)
class ListedReport:
    """A paper's study at one scale.

    Attributes:
        study: with its scale, as reports go by.
        runs, numbers, claims: counts in words.
    """

    study: str
    title: str
    paper: str
    address: str
    runs: str
    numbers: str
    claims: str
    exhibits: tuple[ListedExhibit, ...]


def listed_reports(published: Sequence[Mapping[str, Any]], studies: Path = STUDIES) -> list[ListedReport]:
    """Every paper's study at each scale that is published, or as planned where none is.

    Args:
        published: summaries of the reports that are kept.
    """
    found: list[ListedReport] = []
    for path in sorted(studies.glob("*/study.yaml")):
        try:
            study = read_study(path)
        except InputError:
            continue  # `latentdim check` tells its problems
        if study.paper:
            own = [one for one in published if str(one["study"]).partition(AT)[0] == path.parent.name]
            found += [_made(study, one) for one in own] or [_planned(path, study)]
    return found


def _planned(path: Path, study: Study) -> ListedReport:
    reference = reference_path(path)
    try:
        printed = read_reference(reference) if reference.exists() else ()
    except InputError:
        printed = ()
    numbers = counted(len(printed), "printed number")
    exhibits = tuple(_exhibit(entry, "", NOT_MADE) for entry in study.exhibits)
    return ListedReport(path.parent.name, study.title, study.paper, "", NOT_MADE, numbers, NOT_MADE, exhibits)


def _made(study: Study, summary: Mapping[str, Any]) -> ListedReport:
    page = f"{summary['study']}/{INDEX_PAGE}"
    judged = summary.get("verdicts") or {}
    entries = {entry.name: entry for entry in study.exhibits}
    exhibits = tuple(
        _exhibit(entries[one["name"]], f"{page}#{one['name']}", _state(entries[one["name"]], one, judged))
        for one in summary.get("exhibits", ())
        if one["name"] in entries
    )
    return ListedReport(
        summary["study"], summary["title"], study.paper, page, f"{summary['done']} of {summary['total']}",
        _in_words(judged.get("counts", {})), _in_words(summary.get("claims", {})), exhibits,
    )  # fmt: skip


def _exhibit(entry: ExhibitEntry, address: str, state: str) -> ListedExhibit:
    left = entry.options.get("left")
    metric = str(left.get("metric", "")) if isinstance(left, dict) else ""
    over_dim = entry.kind == "curve" and entry.options.get("over", "dim") == "dim" and metric.startswith(DISTANCES)
    return ListedExhibit(entry.title or entry.name, address, state, entry.kind in TABLES, over_dim)


def _state(entry: ExhibitEntry, made: Mapping[str, Any], judged: Mapping[str, Any]) -> str:
    if made["problem"]:
        return f"not drawn: {made['problem']}"
    counts = judged.get("tables", {}).get(str(entry.options.get("table", "")))
    return _in_words(counts) if counts else "drawn"


def _in_words(counts: Mapping[str, int]) -> str:
    """``3 reproduced, 4 missing (not run)``, the reasons left out where there are many."""
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"


def counts_block(reports: Sequence[ListedReport]) -> str:
    """What stands in README between the two marks, these included."""
    rows = [
        (f"[{plain(one.study)}](reports/{one.address})" if one.address else plain(one.study), one.runs, one.numbers,
         one.claims)
        for one in reports
    ]  # fmt: skip
    return f"{BEGIN}\n\n{pipe_table(HEADINGS, rows)}\n\n{END}"


def write_counts(readme: Path, reports: Sequence[ListedReport]) -> None:
    """Renew that block of a README; one without the marks is left alone."""
    text = readme.read_text(encoding="utf-8")
    if BEGIN in text and END in text:
        before, _, rest = text.partition(BEGIN)
        write_text(readme, f"{before}{counts_block(reports)}{rest.partition(END)[2]}")


def over_the_dimension(reports: Sequence[ListedReport]) -> Iterator[tuple[ListedReport, ListedExhibit]]:
    """The curves of a distance over the latent dimension, of all papers."""
    yield from ((report, one) for report in reports for one in report.exhibits if one.over_dim)
