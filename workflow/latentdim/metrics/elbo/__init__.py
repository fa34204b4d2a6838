"""The negative evidence lower bound of held-out examples, and its reconstruction term. Declared free of torch."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from latentdim.registry.declarations import EvaluationFields, Metric, Strict

INFINITY = float("inf")


class Elbo(Strict):
    """The negative evidence lower bound of held-out examples (Kingma & Welling, 2014, eq. 10)."""

    likelihood: Literal["training", "bernoulli", "gaussian"] = Field(
        "training",
        description="training: the training's; its Gaussian has the variance that makes its objective the bound (half "
        "of β, or β times the decoder_variance named; with reduction mean times an example's values). bernoulli: "
        "cross-entropy; gaussian: log-density",
    )
    variance: PositiveFloat | None = Field(
        None, description="of a value in the data's own units, for likelihood gaussian; 1 where left out"
    )
    draws: PositiveInt = Field(1, description="posterior draws an example")

    @model_validator(mode="after")
    def _variance_of_a_gaussian(self) -> Elbo:
        if self.variance is not None and self.likelihood != "gaussian":
            raise ValueError(f"variance = {self.variance} belongs to likelihood 'gaussian', not '{self.likelihood}'")
        return self


class ElboFields(EvaluationFields):
    """What the evaluation half has for it."""

    elbo: Elbo = Elbo()


METRIC = (
    Metric(
        name="negative_elbo",
        title="Negative ELBO",
        function="latentdim.metrics.elbo.measure:measure",
        definition="−log p(x | z) + KL(q(z | x) ‖ p(z)) per example, summed over its values; under the training's "
        "likelihood unless elbo.likelihood names one, the KL against the objective's prior in closed form, or, where "
        "there is none, estimated at the draws of z. Refused for models without a posterior",
        samples="n_reference examples of the split, elbo.draws of z each",
        version=3,
        source="Kingma & Welling (2014), eq. 10",
        better="lower",
        unit="nats per example",
        range=(-INFINITY, INFINITY),
        uses=("split", "n_reference", "elbo"),
        fields=ElboFields,
        checks="latentdim.metrics.elbo.checks:checks",
    ),
    Metric(
        name="reconstruction_loss",
        title="Reconstruction loss",
        function="latentdim.metrics.elbo.measure:measure_reconstruction",
        definition="−log p(x | z) per example, summed over its values; under the training's likelihood unless "
        "elbo.likelihood names one. z is drawn from the posterior, or the code where there is none",
        samples="n_reference examples of the split, elbo.draws of z each",
        source="the reconstruction term of Kingma & Welling (2014), eq. 10; the cross-entropy of autoencoders",
        better="lower",
        unit="nats per example",
        range=(-INFINITY, INFINITY),
        uses=("split", "n_reference", "elbo"),
        fields=ElboFields,
        checks="latentdim.metrics.elbo.checks:checks",
    ),
)
