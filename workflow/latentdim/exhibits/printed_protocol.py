"""The protocol in print: both halves, as far as what is shown depends on them, and where it differs between cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from latentdim.datasets.spec import DatasetSpec
from latentdim.exhibits.protocol_places import places_by_value, shortened
from latentdim.plan.run import Cell, Run
from latentdim.registry.declarations import GENERATED, THE_USERS
from latentdim.study.axes import JACOBIAN_FIELDS
from latentdim.study.requested_metrics import choosing_fields

UNSET = "not set"


@dataclass(frozen=True)
class Field:
    """One protocol field over the cells shown.

    Attributes:
        values: printed value → where it holds (empty where it holds everywhere).
    """

    name: str
    values: Mapping[str, tuple[str, ...]]

    @property
    def shared(self) -> bool:
        """One value for all."""
        return len(self.values) == 1


@dataclass(frozen=True)
class PrintedProtocol:
    """What stands beneath an exhibit.

    Attributes:
        data: dataset → its kind's title and options, as far as they can change what is prepared, and its licence.
        training: fields of the training half that the methods shown use.
        evaluation: fields of the evaluation half that move the metrics shown.
        settings: row label → the method's own settings.
        unused: row labels → names of training fields that don't apply to them.
    """

    names: tuple[str, ...]
    data: Mapping[str, str]
    training: tuple[Field, ...]
    evaluation: tuple[Field, ...]
    settings: Mapping[str, str]
    unused: Mapping[str, tuple[str, ...]]

    def lines(self) -> list[str]:
        """The whole as plain text, one line a part."""
        parts = [("Training", self.training), ("Evaluation", self.evaluation)]
        found = [f"Data, {name}: {text}." for name, text in self.data.items()]
        found += [f"{title}: {'; '.join(map(as_text, fields))}." for title, fields in parts if fields]
        found += [f"{label}: {text}." for label, text in self.settings.items() if text]
        return found + [f"Not used by {label}: {', '.join(names)}." for label, names in self.unused.items()]


def as_text(field: Field) -> str:
    """``batch_size 100``, or ``batch_size 100 (digits vae) / 256 (synthetic_8 wae_mmd)``."""
    if field.shared:
        return f"{field.name} {next(iter(field.values))}"
    return f"{field.name} " + " / ".join(f"{value} ({', '.join(where)})" for value, where in field.values.items())


def printed_protocol(
    cells: Iterable[Cell], metrics: Iterable[str], fields: Iterable[str] = (), *, runs: Iterable[Run] = ()
) -> PrintedProtocol:
    """The protocol of the cells, reduced to the fields that count for the metrics named, and those named themselves.

    Where no metric is, what is shown are examples, for which only the choice of axes counts.

    Args:
        runs: of these cells; they tell cells of one dataset and label apart.
    """
    cells, shown, runs = list(cells), set(metrics), list(runs)
    training = [(cell, dict(_flat(cell.training_fields()))) for cell in cells]
    evaluation = [(cell, evaluation_fields(cell, shown, set(fields))) for cell in cells]
    return PrintedProtocol(
        names=tuple(dict.fromkeys(cell.protocol.name for cell in cells)),
        data={cell.dataset.name: data_text(cell.dataset) for cell in cells},
        training=tuple(_compared(training, runs)),
        evaluation=tuple(_compared(evaluation, runs)),
        settings=dict(settings_in_words(cells, runs, _all_settings)),
        unused={cell.label: tuple(sorted(cell.method.unused_fields)) for cell in cells if cell.method.unused_fields},
    )


def data_text(dataset: DatasetSpec) -> str:
    """``dSprites (re-rendered): levels (shape 3, scale 6, …), test_fraction 0.1, seed 0``; places aren't told.

    The licence ends it where it is somebody else's: ``MNIST: size 28; licence CC BY-SA 3.0``.
    """
    places = {
        *dataset.options.location,
        *(name for name in type(dataset.options).model_fields if name.endswith("path")),
    }
    options = dataset.options.model_dump(mode="json", exclude=places, exclude_none=True)
    title, licence = dataset.kind.title or dataset.kind.name, dataset.kind.licence
    told = ", ".join(f"{name} {_as_text(value)}" for name, value in options.items())
    bound = "" if licence in {GENERATED, THE_USERS} else f"; licence {licence}"
    return f"{title}{f': {told}' if told else ''}{bound}"


def evaluation_fields(cell: Cell, metrics: set[str], further: set[str]) -> dict[str, str]:
    """The fields of the evaluation half that can move the metrics, and further ones, in the protocol's order."""
    evaluation = cell.protocol.evaluation
    requested = [item for item in cell.metrics if item.metric.name in metrics]
    used = {name for item in requested for name in item.fields}
    axes = dict.fromkeys(item.axes for item in requested if item.axes)
    if not metrics:
        axes, used = {evaluation.axes: None}, set(JACOBIAN_FIELDS) if evaluation.axes == "jacobian" else set()
        used |= {"sampler"} if evaluation.sampler.name != "model" else set()
    used |= choosing_fields(evaluation)
    values = evaluation.model_dump(mode="json")
    chosen = {"axes": " and ".join(axes)} if axes else {}
    named = (used | further) - {"axes"}
    return chosen | {name: _as_text(value) for name, value in values.items() if name in named}


def _flat(block: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A field for each entry, a nested block in one piece."""
    for name, value in block.items():
        yield name, UNSET if value is None else _as_text(value)


def _as_text(value: Any) -> str:
    return _block_text(value) if isinstance(value, dict) else value_text(value)


def _block_text(block: Mapping[str, Any]) -> str:
    rest = [f"{name} {value_text(value)}" for name, value in block.items() if name != "name" and value is not None]
    rest = [] if block.get("name") == "constant" else rest
    inside = f"({', '.join(rest)})" if rest else ""
    return f"{block.get('name', '')} {inside}".strip()


def value_text(value: Any) -> str:
    """A setting as a reader would write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, int) and abs(value) >= 10_000:
        return f"{value:,}"
    return str(value)


def _compared(told: Sequence[tuple[Cell, Mapping[str, str]]], runs: Sequence[Run]) -> Iterator[Field]:
    """Field by field over the cells; where values differ, each with the cells that it holds for.

    What isn't set in any of them is left out.
    """
    for name in dict.fromkeys(name for _, fields in told for name in fields):
        values: dict[str, list[Cell]] = {}
        for cell, fields in told:
            if name in fields:
                values.setdefault(fields[name], []).append(cell)
        if set(values) == {UNSET}:
            continue
        if len(values) == 1:
            yield Field(name, {next(iter(values)): ()})
        else:
            places = places_by_value(values, runs)
            everywhere = {place for those in places.values() for place in those}
            yield Field(name, {value: tuple(shortened(those, everywhere)) for value, those in places.items()})


def settings_in_words(
    cells: Iterable[Cell], runs: Sequence[Run], in_words: Callable[[Cell], str]
) -> Iterator[tuple[str, str]]:
    """Settings under their row label; under datasets, and whatever else tells them apart, where a label has several."""
    texts: dict[str, dict[str, list[Cell]]] = {}
    for cell in cells:
        texts.setdefault(cell.label, {}).setdefault(in_words(cell), []).append(cell)
    for label, variants in texts.items():
        places = places_by_value(variants, runs)
        for text, those in places.items():
            where = dict.fromkeys(" ".join(filter(None, (dataset, apart))) for dataset, _, apart in those)
            yield label if len(variants) == 1 else f"{label} ({', '.join(where)})", text


def _all_settings(cell: Cell) -> str:
    values = cell.config.model_dump(mode="json")
    return ", ".join(f"{name} {value_text(value)}" for name, value in values.items() if value is not None)
