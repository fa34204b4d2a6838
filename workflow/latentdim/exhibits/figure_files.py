"""The files of a figure: SVG and PNG with its caption and protocol inside, and the numbers drawn as CSV beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from latentdim.exhibits import style
from latentdim.exhibits.context import Context, Drawn
from latentdim.exhibits.printed_protocol import printed_protocol
from latentdim.system.files import write_text


def write_figure(
    context: Context, figure: Figure, drawn: Drawn, *, data: pd.DataFrame | None = None, smooth: bool = False,
    details: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """Write a figure's files, inside of :func:`latentdim.exhibits.style.styled`.

    Args:
        data: the numbers drawn; None for pictures of examples, which are their own data.
        smooth: as of :func:`latentdim.exhibits.style.save`.
        details: as of :func:`latentdim.exhibits.style.save`.
    """
    protocol = printed_protocol(drawn.cells, drawn.metrics, drawn.fields, runs=drawn.runs).lines()
    description = "\n".join([drawn.caption, *drawn.notes, *protocol])
    style.save(figure, context.path(""), description=description, smooth=smooth, details=details or {})
    if data is not None:
        write_text(context.path(".csv"), data.to_csv(index=False, lineterminator="\n"))


def as_frame(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """The numbers of a figure, one row for each thing drawn."""
    return pd.DataFrame(list(rows))
