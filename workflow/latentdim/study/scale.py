"""Scales: what a study changes of its own settings to keep its shape with less work, as ``<study>@<scale>``. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, TypeGuard

from pydantic import Field, PositiveInt, StringConstraints

from latentdim.registry.declarations import Strict
from latentdim.study.evaluation import Evaluation
from latentdim.study.protocol import merged

SCALE_NAME = "[a-z][a-z0-9_]*"
ScaleName = Annotated[str, StringConstraints(pattern=f"^{SCALE_NAME}$")]
PAPER = "paper"  # the scale at which values are compared with the papers' as equals


class EntryScale(Strict):
    """What a scale changes of a grid entry; its datasets, methods and dimensions stay the same."""

    length: float = Field(
        1.0, gt=0, le=1,
        description="factor on epochs and steps of every training, and on evaluate_every and a numbered checkpoint; "
        "rounded up",
    )  # fmt: skip
    seeds: PositiveInt | None = Field(None, description="at most so many of an entry's seeds, the first ones")
    n_train: PositiveInt | None = Field(
        None, description="at most so many training examples, those for validation among them"
    )
    n_validation: PositiveInt | None = Field(None, description="at most so many of them held out for validation")
    n_generated: int | None = Field(None, ge=2, description="at most so many samples drawn from a model")
    n_reference: int | None = Field(None, ge=2, description="at most so many real examples to compare them with")
    methods: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="name → settings laid over those of the grid, such as a schedule that counts steps",
    )
    protocol: dict[str, Any] = Field(
        default_factory=dict, description="laid over each entry's protocol once all of the above is done"
    )

    def protocol_of(self, raw: dict[str, Any]) -> dict[str, Any]:
        """An entry's whole protocol, as a study file has it, at this scale; what isn't sound is left as it is."""
        training, evaluation = raw.get("training"), raw.get("evaluation", {})
        changed = dict(raw)
        if isinstance(training, dict):
            changed["training"] = training | self._training(training)
        if isinstance(evaluation, dict) and isinstance(training, dict):
            changed["evaluation"] = evaluation | self._evaluation(evaluation, changed["training"].get("epochs"))
        return merged(changed, self.protocol)

    def _training(self, training: dict[str, Any]) -> dict[str, Any]:
        lengths = {key: training.get(key) for key in ("epochs", "steps")}
        changes = {key: self.shortened(length) for key, length in lengths.items() if _is_count(length)}
        if self.n_train is not None:
            changes["n_train"] = _at_most(self.n_train, training.get("n_train"))
        if self.n_validation is not None and training.get("n_validation"):
            changes["n_validation"] = _at_most(self.n_validation, training["n_validation"])
        return changes

    def _evaluation(self, evaluation: dict[str, Any], epochs: Any) -> dict[str, Any]:
        """Counts, and the epochs after which weights are kept: as many as before where the training has so many."""
        changes: dict[str, Any] = {}
        for key, most in (("n_generated", self.n_generated), ("n_reference", self.n_reference)):
            if most is not None:
                changes[key] = _at_most(most, evaluation.get(key, Evaluation.model_fields[key].default))
        every, checkpoint = evaluation.get("evaluate_every"), evaluation.get("checkpoint")
        if _is_count(every) and self.length < 1:
            changes["evaluate_every"] = self.shortened(every)
            if _is_count(checkpoint):
                kept = changes["evaluate_every"]
                reached = epochs // kept if _is_count(epochs) else checkpoint
                changes["checkpoint"] = kept * max(1, min(checkpoint // every, reached))
        return changes

    def shortened(self, count: int) -> int:
        """A number of epochs or steps at this scale."""
        return math.ceil(Fraction(str(self.length)) * count)

    def seeds_of(self, seeds: int | tuple[int, ...]) -> int | tuple[int, ...]:
        """A grid entry's seeds at this scale."""
        if self.seeds is None:
            return seeds
        return min(seeds, self.seeds) if isinstance(seeds, int) else seeds[: self.seeds]

    def settings_of(self, methods: dict[str, dict[str, Any] | None]) -> dict[str, dict[str, Any] | None]:
        """A grid entry's methods with their settings at this scale."""
        return {
            name: merged(given or {}, self.methods[name]) if name in self.methods else given
            for name, given in methods.items()
        }


class Scale(EntryScale):
    """What one scale changes of a study; methods and dimensions of its grid stay, and datasets without a stand-in."""

    datasets: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="name → options laid over those that the dataset has anyway"
    )
    stand_ins: dict[str, str] = Field(
        default_factory=dict,
        description="dataset of the grid → the one that takes its place in grid, exhibits and reference.csv, under its "
        "own name: `{dsprites: dsprites_rendered}`",
    )

    def of(self, entry: EntryScale | None) -> EntryScale:
        """What it changes of a grid entry that has some of it otherwise."""
        own = entry.model_fields_set if entry else ()
        return EntryScale.model_validate({name: getattr(entry if name in own else self, name) for name in FIELDS})


FIELDS = tuple(EntryScale.model_fields)


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _at_most(most: int, value: Any) -> Any:
    """The smaller of the two; the bound where nothing is given, and what is no number as it is."""
    if value is None:
        return most
    return min(most, value) if _is_count(value) else value


def in_place(options: Any, names: Mapping[str, str]) -> Any:
    """An exhibit's options, or a part of them, with the stand-ins' names after ``dataset`` and ``datasets``.

    Args:
        names: dataset → its stand-in.
    """
    if isinstance(options, list):
        return [in_place(one, names) for one in options]
    if not isinstance(options, dict):
        return options
    named = {key: _replaced(options[key], names) for key in ("dataset", "datasets") if key in options}
    return {key: named[key] if key in named else in_place(value, names) for key, value in options.items()}


def _replaced(given: Any, names: Mapping[str, str]) -> Any:
    if isinstance(given, list):
        return [_replaced(name, names) for name in given]
    return names.get(given, given) if isinstance(given, str) else given
