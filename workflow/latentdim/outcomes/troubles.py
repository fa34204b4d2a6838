"""Why runs and values aren't sound, in sentences: each reason once, with all that it holds for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from latentdim.outcomes.places import listed
from latentdim.records.status import Status
from latentdim.registry.declarations import Metric

NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(\.\d+)?(e[-+]?\d+)?")


@dataclass(frozen=True)
class Trouble:
    """One run that gives no sound value, or one to be careful with, and why.

    Attributes:
        refusal: what a value is called that its metric refused, which is nobody's failure; empty where none did.
    """

    dataset: str
    label: str
    dim: int
    seed: int
    status: Status
    reason: str
    refusal: str = ""


@dataclass(frozen=True)
class SharedReason:
    """A status and reason with all that it holds for.

    Attributes:
        kind: what alike ones have in common, as :func:`alike` gives it.
        where: a text for each dataset, label and dimensions.
    """

    kind: str
    text: str
    where: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """``timed out: killed after 9 of 10 minutes (synthetic_8 wae_mmd L = 24, seed 1).``"""
        return f"{self.text} ({'; '.join(self.where)})."


def refusal_by(metric: Metric) -> str:
    """What a value is called that a metric refused: of a machine it can't be had, of a model it has no meaning."""
    return "not measurable" if metric.of_machine else "not defined"


def by_reason(troubles: Iterable[Trouble]) -> list[SharedReason]:
    """Each status and reason once; those that are alike but for their numbers stand under the first one's words."""
    texts: dict[str, dict[str, None]] = {}
    places: dict[str, dict[tuple[str, str, int], set[int]]] = {}
    for trouble in troubles:
        texts.setdefault(alike(trouble), {})[worded(trouble)] = None
        cells = places.setdefault(alike(trouble), {})
        cells.setdefault((trouble.dataset, trouble.label, trouble.dim), set()).add(trouble.seed)
    return [SharedReason(kind, first_of(list(texts[kind])), tuple(listed(cells))) for kind, cells in places.items()]


def alike(trouble: Trouble) -> str:
    """What a trouble has in common with others like it: its words without the numbers in them."""
    return NUMBER.sub("#", worded(trouble))


def first_of(texts: Sequence[str]) -> str:
    """The words that stand for texts which are alike but for their numbers."""
    return texts[0] if len(set(texts)) == 1 else f"{texts[0]} (the numbers are the first one's; the others are alike)"


def worded(trouble: Trouble) -> str:
    """``timed out: killed after 9 of 10 minutes``."""
    status = "take care" if trouble.status is Status.OK else str(trouble.status).replace("_", " ")
    status = trouble.refusal or status
    return f"{status}: {trouble.reason}" if trouble.reason else status
