"""What is said before anything is trained."""

from __future__ import annotations

from pathlib import Path

from latentdim.recommendation.budget import CORES, Design
from latentdim.recommendation.source import Source
from latentdim.system.counting import counted, duration


def announced(source: Source, planned: Design, seconds: float, folder: Path) -> list[str]:
    """The plan, before anything is trained."""
    described = source.described
    shape = "×".join(map(str, described["shape"]))
    sizes = f"L = {planned.sizes[0]} … {planned.sizes[-1]}"
    return [
        f"data: {source.name}, {described['n_train']:,} + {described['n_test']:,} examples of {shape}",
        f"plan: at most {counted(planned.most_runs, 'training')}, {counted(len(planned.sizes), 'size')} from {sizes} "
        f"first, then finer where the error bends; {planned.steps:,} steps each of a network with two hidden layers of "
        f"{planned.width}; about {duration(seconds)} on {CORES} cores",
        longer_budget(planned),
        f"study: {folder / 'study.yaml'}",
    ]


def longer_budget(planned: Design) -> str:
    """What a longer budget would add, in a sentence."""
    return (
        f"A longer budget adds steps to every training ({planned.steps:,} here) and, from five times on, a wider "
        "network; errors come closer to what the data allow, and bends of strongly curved data show."
    )
