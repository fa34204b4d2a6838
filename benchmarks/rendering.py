"""Rendering: images a second of the sets that are drawn again, random combinations, against drawing one at a time.

Goal: 20,000 images of dSprites a second on two cores; one thread is measured.
Usage: python -m benchmarks.rendering [--rounds 5] [--tiny]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.rounds import Comparison, Section, alternating, command_line, shown
from latentdim.datasets import dsprites_rendered, shapes3d_rendered
from latentdim.datasets.factor_spaces.kept import BATCH, Kept

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Render = Callable[[NDArray[np.int64]], NDArray[np.uint8]]

BATCHED, SINGLY = "in batches", "one at a time"
GOAL = 20_000
SETS: dict[str, tuple[Kept, Render]] = {
    "dsprites_rendered": (dsprites_rendered.DspritesKept(), dsprites_rendered.render),
    "shapes3d_rendered": (shapes3d_rendered.Shapes3dKept(), shapes3d_rendered.render),
}


def speed(render: Render, levels: NDArray[np.int64], *, at_once: int) -> float:
    """Images a second."""
    started = time.perf_counter()
    for start in range(0, len(levels), at_once):
        render(levels[start : start + at_once])
    return len(levels) / (time.perf_counter() - started)


def compared(name: str, *, n: int, rounds: int) -> Comparison:
    """Both ways of drawing one set; a tenth of the images is enough for the slow one."""
    kept, render = SETS[name]
    sizes = list(kept.counts().values())
    levels = np.random.default_rng(0).integers(0, sizes, (n, len(sizes)))
    contenders = {
        BATCHED: lambda: speed(render, levels, at_once=BATCH),
        SINGLY: lambda: speed(render, levels[: n // 10], at_once=1),
    }
    values = alternating(contenders, rounds)
    return Comparison(f"{name}, images/s", BATCHED, SINGLY, values[BATCHED], values[SINGLY])


def section(*, rounds: int, tiny: bool) -> Section:
    """Measure both sets."""
    n = 200 if tiny else 10 * BATCH
    comparisons = tuple(compared(name, n=n, rounds=rounds) for name in SETS)
    found = median(comparisons[0].values)
    text = (
        f"{n:,} random combinations of all factors, drawn in batches of {BATCH:,} as they are when a set is prepared "
        "or a metric asks for combinations, and one at a time; one thread. The views of 3D Shapes' 480 forms are kept "
        "from an unmeasured first call."
    )
    line = f"goal of {GOAL:,} images of dSprites a second: {'met' if found >= GOAL else 'missed'} with {shown(found)}"
    return Section("Rendering", text, comparisons, (line,))


if __name__ == "__main__":
    command_line(section, __doc__, rounds=5)
