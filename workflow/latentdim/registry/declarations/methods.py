"""What a method says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from latentdim.registry.declarations.strict import Strict


class MethodConfig(Strict):
    """Base of a method's own settings. Give each field a type, bounds and a description."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """A method of the suite.

    Attributes:
        name: as written in study files.
        title: as printed in tables.
        config: the class of its settings.
        runner: dotted path of ``fit(task, config) -> LatentModel``.
        source: paper, section or equation.
        version: raise it when numbers may change or a default does; only this method's runs become new.
        unused_fields: names of training-protocol fields that the method doesn't use (it brings its own or needs none);
            they are left out of its runs' key and of the printed protocol.
        cost: forward-backward passes a step, relative to a plain autoencoder's one.
        needs_factors: refuse datasets without known factors; the latent dimension must be at least their number.
        allows_wide: accept a latent dimension above the number of input values.
        learns_variance: its objective holds beside a decoder variance that is learned along
            (``training.decoder_variance: learned``); refused otherwise.
        active: how its own rule counts ACTIVE, in a sentence, for the page of methods.
        fittable_codes: a distribution can be fitted to its codes; false where they are constant, and
            ``evaluation.sampler`` is refused.
        control: a reference point rather than a contender; tables set it apart.
        measures: names of the metrics that its runner asks ``task.measure`` for; their versions are part of its runs'
            identity. Where the method's own settings decide it, ``measures(config)``, which gives for each name the
            evaluation settings that it is measured with, as far as they aren't those of every such measurement.
        labelled: names of settings whose value stands in the row's label where it isn't the default: what stands in
            for something else, which nobody must overlook.
        tried_with: settings that conformance tries it with, where the defaults need what tiny vectors don't have.
        stages: names of its trainings, where all of them go through ``task.stage``: weights are then kept after the
            last step alone.
        replayable: whether a GPU may record its step once an epoch and replay it for the other batches, since steps of
            one epoch differ in nothing but what lies on the device: no number of Python's that changes from step to
            step (``task.share_done`` is one), no reading back (``.item()``, a branch on a tensor), no tensor that is
            replaced by another. Conformance tries it.
        compatibility: dotted path of ``compatibility(config, training, n_train) -> iterable of sentences`` about
            settings that this method can't work with; asked while planning, so free of torch. Empty where there is
            nothing to ask.
    """

    name: str
    config: type[MethodConfig]
    runner: str
    source: str
    title: str = ""
    version: int = 1
    unused_fields: frozenset[str] = frozenset()
    cost: float = 1.0
    needs_factors: bool = False
    allows_wide: bool = False
    learns_variance: bool = False
    active: str = "all L: it has no rule of its own"
    fittable_codes: bool = True
    control: bool = False
    measures: tuple[str, ...] | Callable[[Any], Mapping[str, Mapping[str, Any]]] = ()
    labelled: tuple[str, ...] = ()
    tried_with: Mapping[str, Any] = field(default_factory=dict, hash=False)
    stages: tuple[str, ...] = ()
    replayable: bool = False
    compatibility: str = ""

    def measured(self, config: MethodConfig) -> dict[str, Mapping[str, Any]]:
        """The metrics that its runner asks for under some settings, each with its own evaluation settings."""
        return dict(self.measures(config)) if callable(self.measures) else {name: {} for name in self.measures}
