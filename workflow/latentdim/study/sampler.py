"""What samples are drawn from: the model's own prior, or a distribution fitted to its codes once it is trained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from latentdim.registry.declarations import Strict

Name = Literal["model", "standard_normal", "gaussian", "mixture", "flow", "second_stage"]
FITTED: frozenset[Name] = frozenset({"gaussian", "mixture", "flow", "second_stage"})

# Raise it when fitted samplers may draw other numbers: metrics of what they draw are then measured again.
SAMPLER_VERSION = 1

# How those are trained that have networks: couplings or hidden layers, and codes in a step.
LAYERS: dict[Name, int] = {"flow": 8, "second_stage": 3}
BATCH = 256

# The samplers that a setting is of, and its value for each where none is given.
SETTINGS: dict[str, dict[Name, int]] = {
    "components": {"mixture": 10},
    "width": {"flow": 128, "second_stage": 1024},
    "steps": {"flow": 10_000, "second_stage": 10_000},
}


class Sampler(Strict):
    """Ex-post density estimation (Ghosh et al., 2020, section 4) as part of how a model is measured."""

    name: Name = Field(
        "model",
        description="model: the prior that the method itself generates from; standard_normal; the others are fitted to "
        "the codes of at most 50,000 training examples, drawn from the posterior where there is one. gaussian, and "
        "mixture: Gaussians with full covariances; flow: affine couplings; second_stage: a VAE on the codes (Dai & "
        "Wipf, 2019)",
    )
    components: PositiveInt | None = Field(None, description="of a mixture; 10 where left out")
    width: PositiveInt | None = Field(
        None, description="of hidden layers; 128 for a flow and 1024 for a second stage where left out"
    )
    steps: PositiveInt | None = Field(
        None, description="of a flow's or a second stage's training, by Adam; 10,000 where left out"
    )

    @model_validator(mode="after")
    def _settings_of_this_one(self) -> Sampler:
        for key, defaults in SETTINGS.items():
            if getattr(self, key) is not None and self.name not in defaults:
                raise ValueError(f"{key} = {getattr(self, key)} belongs to {' or '.join(defaults)}, not '{self.name}'")
        return self

    def setting(self, key: str) -> int:
        """A setting of this sampler, given or not."""
        given: int | None = getattr(self, key)
        return SETTINGS[key][self.name] if given is None else given
