"""How figures look, and writing them so that equal numbers give equal files."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from latentdim.system.files import write_atomic, write_text

INK = "#1d2733"
MUTED = "#64707d"
RULE = "#c5cdd5"
PAPER = "#ffffff"
EMPTY = "#f4f6f8"
# Okabe and Ito's palette, which stays apart under the common kinds of colour blindness; yellow is left out (too pale).
SERIES = ("#0072b2", "#d55e00", "#009e73", "#aa4499", "#996600", "#3399cc")
ON_LIGHT, ON_DARK = "#1c2632", "#fdfdfd"  # words on colours, the same in a page's light and dark scheme
# White to ink over blue: equal steps of lightness, so it also reads in grey.
SEQUENTIAL = LinearSegmentedColormap.from_list("latentdim", ["#f4f7fa", "#a9cbe3", "#3d8cc0", "#0b4f80", "#062b47"])
# Blue below and orange above a middle that is nearly white.
DIVERGING = LinearSegmentedColormap.from_list(
    "latentdim around", ["#0b4f80", "#6fb1d8", "#f4f7fa", "#eea06a", "#a34700"]
)
# The figure is laid out for DejaVu Sans, which comes with matplotlib; where a reader's system has a narrower one of
# these, the text only gets shorter.
FONTS = "Inter, 'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
CRISP = "image-rendering:crisp-edges;image-rendering:pixelated"  # as matplotlib writes it
PIXELS_PER_INCH = 104.4  # as a page shows a figure that has the room: 1.45 for each of 72 points
DOTS_PER_INCH = 2 * PIXELS_PER_INCH
FEWEST_TICKS = 3  # along a logarithmic axis
LINEAR_NOTE = "{} has values that aren't above zero, so its axis is linear and not logarithmic."

SETTINGS: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "text.color": INK,
    "text.parse_math": False,  # a label is shown as it was written, dollar signs included
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.06,
    "figure.constrained_layout.h_pad": 0.06,
    "image.interpolation": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "latentdim",
}


@contextmanager
def styled() -> Iterator[None]:
    """The suite's look for everything drawn inside, and nothing outside."""
    with mpl.rc_context(), mpl.rc_context(SETTINGS):
        yield


def save(
    figure: Figure, path: Path, *, description: str, smooth: bool = False, details: Mapping[str, str] | None = None
) -> None:
    """Write one figure as SVG and PNG beside each other, without dates, atomically.

    Args:
        path: without an ending.
        description: caption and protocol, kept inside both files for whoever meets them alone.
        smooth: let a page blend an image's pixels where it shows it smaller, so that none of its seams is lost.
        details: what a reader sees who points at an artist in the SVG, by the artist's ``gid``.
    """
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None, "Description": description})
    text = drawn.getvalue().replace("'DejaVu Sans'", FONTS)
    for name, detail in (details or {}).items():
        text = text.replace(f'<g id="{name}">', f'<g id="{name}"><title>{escape(detail)}</title>')
    write_text(path.with_suffix(".svg"), text.replace(CRISP, "") if smooth else text)

    def write_png(temporary: Path) -> None:
        metadata = {"Software": None, "Description": description}
        figure.savefig(temporary, format="png", dpi=DOTS_PER_INCH, metadata=metadata)

    write_atomic(path.with_suffix(".png"), write_png)


def wrapped(text: str, inches: float, *, size: float, weight: str = "bold") -> str:
    """A text in as many lines as it takes to be no wider; it breaks after spaces and underscores, else anywhere."""
    font = FontProperties(family=SETTINGS["font.family"], size=size, weight=weight)

    def fits(line: str) -> bool:
        width, _, _ = text_to_path.get_text_width_height_descent(line.rstrip(), font, ismath=False)
        return float(width) <= 72 * inches

    lines = [""]
    for word in re.findall(r"[^ _]*[ _]?", text):
        if lines[-1] and not fits(lines[-1] + word):
            lines.append("")
        for character in word:
            if lines[-1] and not fits(lines[-1] + character):
                lines.append("")
            lines[-1] += character
    return "\n".join(line.rstrip() for line in lines)


def without_frame(axes: Axes) -> None:
    """Leave nothing but what is drawn inside: no ticks, spines or grid."""
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def logarithmic(axes: Axes) -> None:
    """A logarithmic vertical axis for what is drawn already (all of it positive), numbered at decades; where these are
    too few, 1-2-5; else at whatever is even and round.
    """
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    for locator in (LogLocator(numticks=6), LogLocator(subs=(1, 2, 5)), MaxNLocator(5, steps=[1, 2, 5, 10])):
        if sum(low <= tick <= high for tick in locator.tick_values(low, high)) >= FEWEST_TICKS:
            break
    axes.yaxis.set_major_locator(locator)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def say_instead(axes: Axes, text: str) -> None:
    """A sentence in the middle of an empty panel."""
    without_frame(axes)
    axes.set_facecolor(EMPTY)
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=MUTED, fontsize=8, wrap=True)
