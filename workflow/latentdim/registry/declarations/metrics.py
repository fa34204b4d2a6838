"""What a metric says of itself, and what the evaluation half of the protocol has for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from latentdim.registry.declarations.strict import Strict


class EvaluationFields(Strict):
    """Base of what the evaluation half of the protocol has for a family of metrics: one field or more, with defaults.

    The evaluation half is a class that derives from all of them, so an evaluation is an instance of each.
    """


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A pure function of (model, data, random stream).

    Attributes:
        function: dotted path of ``measure(context) -> Measured``.
        definition: the formula or rule, in a sentence or two.
        samples: how many examples or samples it rests on, in words that name the protocol's fields.
        better: which direction wins, or None for a description (ACTIVE has no better).
        uses: names of the evaluation-protocol fields that can change its value; they enter its file's name.
        per_axes: whether it is taken on a choice of axes (then it also depends on ``axes``).
        kinds: what one example must be for it to mean something.
        needs: what else the dataset must have: ``factor_space`` (images of any combination of factors), ``classes``.
        compatibility: dotted path of ``compatibility(evaluation, kind, n_classes) -> iterable of sentences`` about what
            it can't be measured with, ``kind`` being ``images`` or ``vectors`` and ``n_classes`` None where there are
            none; asked while planning, so free of torch. Empty where there is nothing to ask.
        features: what it compares sets of examples in: ``inception``'s features, or ``chosen`` ones, which
            evaluation.distribution.features names.
        passes: which images it sends through the network of its features, for the estimate of what a run costs.
        encodes: how many images of the factor space it sends through the encoder, by the evaluation half, for the same.
        fields: what the evaluation half has for it alone; the metrics of a family share one class.
        checks: dotted path of ``checks() -> MetricChecks`` (see conformance/checks.py), what conformance tries it with.
        of_machine: it tells of the machine (seconds, memory), so two measurements of one model differ.
        version: raise it when values may change, or the default of a field it uses does: it is then measured again,
            nothing is retrained.
        former: its name in the version before, under which study files and results may still have it.
    """

    name: str
    function: str
    definition: str
    samples: str
    source: str
    title: str
    better: Literal["lower", "higher"] | None
    unit: str
    range: tuple[float, float]
    uses: tuple[str, ...] = ()
    per_axes: bool = False
    kinds: tuple[str, ...] = ("images", "vectors")
    needs: tuple[Literal["factor_space", "classes"], ...] = ()
    of_machine: bool = False
    compatibility: str = ""
    features: Literal["inception", "chosen"] | None = None
    passes: tuple[Literal["generated", "reference", "reconstructed"], ...] = ()
    encodes: Callable[[Any], int] | None = None
    fields: type[EvaluationFields] | None = None
    checks: str = ""
    version: int = 1
    former: str = ""

    @property
    def defined_for(self) -> str:
        """What a dataset must be, in words: ``images with a factor space``."""
        kinds, words = " or ".join(self.kinds), {"factor_space": "a factor space", "classes": "classes"}
        return f"{kinds} with {' and '.join(words[need] for need in self.needs)}" if self.needs else kinds
