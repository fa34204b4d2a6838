"""Numbers that a paper states of its figure, drawn into ours and told apart from what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib.axes import Axes

from latentdim.exhibits import style
from latentdim.exhibits.declared.numbers import Landmark

LINE = (0, (1, 1.5))
SHADE = 0.13
LETTERS = "abcdefgh"


def lettered(landmarks: Sequence[Landmark], dataset: str) -> Iterator[tuple[str, Landmark]]:
    """The landmarks of a panel, each with the letter that stands for it in all of them."""
    for index, landmark in enumerate(landmarks):
        if not landmark.datasets or dataset in landmark.datasets:
            yield LETTERS[index % len(LETTERS)], landmark


def places_of(landmarks: Sequence[Landmark], dataset: str) -> set[float]:
    """The places along a panel's horizontal axis that landmarks name."""
    across = (one.at for _, one in lettered(landmarks, dataset) if one.axis == "horizontal")
    return {place for at in across for place in (at if isinstance(at, tuple) else (at,))}


def mark_landmarks(panel: Axes, right: Axes | None, landmarks: Sequence[Landmark], dataset: str) -> None:
    """Draw a panel's landmarks: dotted lines, and shaded bands, each with its letter at the axis.

    Args:
        right: the right axis, where there is one.
    """
    for letter, landmark in lettered(landmarks, dataset):
        low, high = landmark.at if isinstance(landmark.at, tuple) else (landmark.at, landmark.at)
        axes = right if landmark.axis == "right" and right is not None else panel
        if landmark.axis == "horizontal":
            axes.axvspan(low, high, **_shade()) if low < high else axes.axvline(low, **_line())
            place, transform = ((low + high) / 2, 0.965), axes.get_xaxis_transform()
        else:
            axes.axhspan(low, high, **_shade()) if low < high else axes.axhline(low, **_line())
            edge = 0.985 if landmark.axis == "right" else 0.015
            place, transform = (edge, (low + high) / 2), axes.get_yaxis_transform()
        axes.annotate(
            letter, place, xycoords=transform, ha="center", va="center", fontsize=8, fontweight="bold", color=style.INK,
            bbox={"boxstyle": "circle,pad=0.2", "facecolor": style.PAPER, "edgecolor": style.INK, "linewidth": 0.7},
            zorder=7, annotation_clip=False,
        )  # fmt: skip


def _line() -> dict[str, Any]:
    return {"color": style.INK, "linewidth": 1.1, "linestyle": LINE, "zorder": 0.6}


def _shade() -> dict[str, Any]:
    return {"color": style.INK, "alpha": SHADE, "linewidth": 0, "zorder": 0.4}


def landmark_notes(landmarks: Sequence[Landmark]) -> Iterator[str]:
    """A sentence for each, that the number is the paper's: ``a: lowest FID, 13 (MaskAAE, Fig. 4c).``"""
    for letter, landmark in zip(LETTERS, landmarks, strict=False):
        at = landmark.at if isinstance(landmark.at, tuple) else (landmark.at,)
        where = f" on {', '.join(landmark.datasets)}" if landmark.datasets else ""
        number = " to ".join(f"{value:g}" for value in at)
        yield f"{letter}, as the paper states it: {landmark.text}, {number}{where} ({landmark.source})."
