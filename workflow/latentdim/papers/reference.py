"""A study's ``reference.csv``: what its paper prints, one number a row, by the coordinates of the runs it is about.

The columns:

``table, row_group, row, column_group, column``
    where the number stands in print, in the paper's words. Tables are laid out from these alone, in the order in which
    they first appear; two rows may not share a place.
``dataset, label, dim, metric, axes``
    the runs of the study's grid that it is about (:class:`latentdim.tables.values.Coordinates`); ``axes`` is empty
    where the metric has one choice of them. Some rows are about no runs, see :class:`Subject`.
``mean, std, n_seeds, unit, decimals``
    as printed, every digit kept; ``decimals`` counts those after the point. Where the paper prints a word or a dash, or
    the number is lost, ``mean`` is empty and ``note`` begins with the word (``NA``, ``lost``; further words behind a
    semicolon). ``unit`` is never empty: ``1`` for ratios and shares, ``%``, ``axes``, ``FID``, ``nat``, ``s``, ``min``,
    ``h``, or the metric's own.
``mark``
    ``best`` or ``second``, where the paper's own mark is known.
``note``
    what a reader must know.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import get_args

from latentdim.study.axes import Axes
from latentdim.system.problems import InputError, nearest
from latentdim.tables.values import Coordinates

NAME = "reference.csv"
COLUMNS = (
    "table", "row_group", "row", "column_group", "column", "dataset", "label", "dim", "metric", "axes", "mean", "std",
    "n_seeds", "unit", "decimals", "mark", "note",
)  # fmt: skip
MARKS = ("", "best", "second")
TRUE_DIM, N_FACTORS, PARAMETERS, LAYER, CLAIM = "true_dim", "n_factors", "parameters", "parameters ", "claim "
NUMBER = re.compile(r"[-+−]?(\d{1,3}(,\d{3})+|\d+)(\.(?P<digits>\d*))?(?P<exponent>[eE][-+]?\d+)?")
NONE: Mapping[str, str] = {}
SIZED = ("dim", "n_seeds", "decimals")  # columns of whole numbers, the last of which may be 0


class Subject(StrEnum):
    """What a printed number is about, by the name in its ``metric`` column.

    Attributes:
        RUNS: a metric of the runs at its coordinates; ``pruned_axes`` is the dimension less ``active``.
        DATASET: ``true_dim``, the dataset's true dimension, or ``n_factors``, the number of factors that vary in it; no
            label, no dimension.
        LAYER: ``parameters encoder.2``: of the second layer of these runs' encoder; also ``parameters decoder.1``, and
            ``parameters total``, ``trainable`` or ``non-trainable`` of both together. They stand in an exhibit of the
            kind ``architecture``.
        CLAIM: ``claim <id>``: no single cell; the claim of that id in ``claims.yaml`` judges it.
    """

    RUNS = "runs"
    DATASET = "dataset"
    LAYER = "layer"
    CLAIM = "claim"


@dataclass(frozen=True)
class PrintedNumber:
    """One row.

    Attributes:
        line: in the file, counted from 1.
        dim: initial latent dimension; None where the row is about no runs.
        axes: None where the metric has one choice.
        mean, std: as printed; empty where nothing is.
        n_seeds: runs behind the mean; None where the paper doesn't say.
    """

    line: int
    table: str
    row_group: str
    row: str
    column_group: str
    column: str
    dataset: str
    label: str
    dim: int | None
    metric: str
    axes: str | None
    mean: str
    std: str
    n_seeds: int | None
    unit: str
    decimals: int
    mark: str
    note: str

    @property
    def place(self) -> tuple[str, ...]:
        """Where it stands in print."""
        return (self.table, self.row_group, self.row, self.column_group, self.column)

    @property
    def subject(self) -> Subject:
        """What it is about."""
        if self.metric in {TRUE_DIM, N_FACTORS}:
            return Subject.DATASET
        if self.metric.startswith(LAYER):
            return Subject.LAYER
        return Subject.CLAIM if self.metric.startswith(CLAIM) else Subject.RUNS

    @property
    def claim(self) -> str:
        """The id of the claim that judges it; empty where none does."""
        return self.metric.removeprefix(CLAIM) if self.subject is Subject.CLAIM else ""

    @property
    def coordinates(self) -> Coordinates:
        """Of the runs that it is about.

        Raises:
            ValueError: if it is about none.
        """
        if self.dim is None:
            raise ValueError(f"line {self.line} is about no runs")
        return Coordinates(self.dataset, self.label, self.dim, self.metric, self.axes)

    @property
    def value(self) -> float | None:
        """The printed mean; None where none is."""
        return _number(self.mean) if self.mean else None

    @property
    def deviation(self) -> float | None:
        """The printed spread, a population standard deviation; None where none is printed."""
        return _number(self.std) if self.std else None

    @property
    def text(self) -> str:
        """As it stands in print: ``28.78 ± 0.48``, or the note's first words in place of a number."""
        if not self.mean:
            return re.split(r"[;:,.]", self.note)[0].strip() or "–"
        return f"{self.mean} ± {self.std}" if self.std else self.mean


def reference_path(study: Path) -> Path:
    """Where the reference of a study's file lies, whether or not it is there."""
    return study.with_name(NAME)


def read_reference(path: Path, stand_ins: Mapping[str, str] = NONE) -> tuple[PrintedNumber, ...]:
    """Every printed number, in the paper's order.

    Args:
        stand_ins: dataset → the one that took its place in the runs, which the coordinates then name.

    Raises:
        InputError: with each mistake and its line.
    """
    printed, problems = rows_and_mistakes(path, stand_ins)
    if problems:
        raise InputError(str(path), problems)
    return printed


def rows_and_mistakes(path: Path, stand_ins: Mapping[str, str] = NONE) -> tuple[tuple[PrintedNumber, ...], list[str]]:
    """The rows that are sound by themselves, and sentences about what isn't, each with its line.

    Raises:
        InputError: if the file can't be read, or its columns are others.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv.DictReader(file, strict=True)
            if tuple(lines.fieldnames or ()) != COLUMNS:
                raise InputError(str(path), [f"line 1: the columns must be {','.join(COLUMNS)}"])
            texts = [(lines.line_num, line) for line in lines]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(str(path), [f"can't be read: {error}"]) from error
    mistakes = {number: list(_mistakes(line)) for number, line in texts}
    problems = [f"line {number}: {problem}" for number, own in mistakes.items() for problem in own]
    problems += list(_shared_places(texts))
    sound = ((number, _with_stand_in(line, stand_ins)) for number, line in texts if not mistakes[number])
    return tuple(_row(number, line) for number, line in sound), problems


def _with_stand_in(line: Mapping[str, str], stand_ins: Mapping[str, str]) -> dict[str, str]:
    return {**line, "dataset": stand_ins.get(line["dataset"], line["dataset"])}


def _row(number: int, line: Mapping[str, str]) -> PrintedNumber:
    sizes = {name: int(line[name]) if line[name] else None for name in SIZED}
    words = {name: line[name] for name in COLUMNS if name not in SIZED}
    axes = words.pop("axes") or None
    dim, seeds, decimals = sizes["dim"], sizes["n_seeds"], sizes["decimals"]
    return PrintedNumber(line=number, axes=axes, dim=dim, n_seeds=seeds, decimals=decimals or 0, **words)


def _mistakes(line: Mapping[str | None, str | None]) -> Iterator[str]:
    """Sentences about one line by itself."""
    if None in line or None in line.values():
        yield f"must have {len(COLUMNS)} columns; a text with a comma stands in quotes"
        return
    texts = {str(name): str(text) for name, text in line.items()}
    for name, text in texts.items():
        if text != text.strip() or not text.isprintable():
            yield f"{name} = {text!r}: must be one line without blanks around it"
    yield from (f"{name}: must not be empty" for name in ("table", "row", "column", "metric") if not texts[name])
    if not texts["unit"]:
        yield "unit: must not be empty; a ratio or a share has the unit 1"
    if texts["mark"] not in MARKS:
        yield f"mark = {texts['mark']!r}: must be best or second, or empty{nearest(texts['mark'], MARKS[1:])}"
    if texts["axes"] and texts["axes"] not in get_args(Axes):
        yield f"axes = {texts['axes']!r}: not a choice of axes{nearest(texts['axes'], get_args(Axes))}"
    yield from _wrong_numbers(texts)


def _wrong_numbers(texts: Mapping[str, str]) -> Iterator[str]:
    for name in SIZED:
        least = 0 if name == "decimals" else 1
        if texts[name] and (not texts[name].isdecimal() or int(texts[name]) < least):
            yield f"{name} = {texts[name]!r}: must be a whole number, at least {least}, or empty"
    for name in ("mean", "std"):
        if texts[name] and not NUMBER.fullmatch(texts[name]):
            yield f"{name} = {texts[name]!r}: not a number"
    if texts["std"] and not texts["mean"]:
        yield f"std = {texts['std']!r}: stands without a mean"
    if not texts["mean"]:
        if not texts["note"]:
            yield "mean: is empty; the note must say what the paper prints instead (NA, a dash), or that it is lost"
        return
    printed = NUMBER.fullmatch(texts["mean"])
    if printed and not printed["exponent"] and texts["decimals"] != str(len(printed["digits"] or "")):
        yield f"decimals = {texts['decimals']!r}: {texts['mean']} has {len(printed['digits'] or '')} after the point"
    elif not texts["decimals"]:
        yield "decimals: must not be empty"


def _shared_places(texts: list[tuple[int, dict[str, str]]]) -> Iterator[str]:
    first: dict[tuple[str, ...], int] = {}
    for number, line in texts:
        place = tuple(str(line.get(name)) for name in COLUMNS[:5])
        if first.setdefault(place, number) != number:
            yield f"line {number}: stands in the same place of the table as line {first[place]} ({' / '.join(place)})"


def _number(text: str) -> float:
    """A printed number: its thousands may have commas, its sign may be a minus.

    Raises:
        ValueError: if it is none, or not finite.
    """
    value = float(text.replace(",", "").replace("−", "-"))
    if not math.isfinite(value):
        raise ValueError(f"not finite: {text}")
    return value
