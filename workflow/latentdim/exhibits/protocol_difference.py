"""What is special about an exhibit's protocol, where the whole study's is printed once for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from latentdim.exhibits.printed_protocol import PrintedProtocol, settings_in_words, value_text
from latentdim.plan.run import Cell, Run


def what_differs(
    here: PrintedProtocol, whole: PrintedProtocol, *, cells: Sequence[Cell], all_cells: Iterable[Cell],
    runs: Sequence[Run] = (),
) -> PrintedProtocol:  # fmt: skip
    """An exhibit's protocol reduced to what isn't the same for the whole study, with the values that hold here.

    Args:
        here: the exhibit's, whole: the study's.
        cells: the exhibit's, all_cells: the study's.
        runs: the exhibit's.
    """
    differing = {field.name for field in (*whole.training, *whole.evaluation) if not field.shared}
    return replace(
        here,
        data={},
        training=tuple(field for field in here.training if field.name in differing),
        evaluation=tuple(field for field in here.evaluation if field.name in differing),
        settings=dict(_differing_settings(cells, list(all_cells), runs)),
        unused={},
    )


def _differing_settings(
    cells: Sequence[Cell], all_cells: Sequence[Cell], runs: Sequence[Run]
) -> Iterator[tuple[str, str]]:
    """Row label → those of its method's settings that have several values in the study, with the values shown here."""
    names: dict[str, list[str]] = {}
    for label in dict.fromkeys(cell.label for cell in cells):
        everywhere = [_settings(cell) for cell in all_cells if cell.label == label]
        names[label] = [name for name in everywhere[0] if len({one.get(name) for one in everywhere}) > 1]

    def in_words(cell: Cell) -> str:
        settings = _settings(cell)
        return ", ".join(f"{name} {settings[name]}" for name in names[cell.label] if name in settings)

    yield from ((where, text) for where, text in settings_in_words(cells, runs, in_words) if text)


def _settings(cell: Cell) -> dict[str, str]:
    return {name: value_text(value) for name, value in cell.config.model_dump(mode="json").items() if value is not None}
