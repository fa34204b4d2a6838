"""Metrics of reconstructions, declared. This file must stay importable without torch."""

from latentdim.registry.declarations import Metric

INFINITY = float("inf")

RECONSTRUCTIONS = (
    Metric(
        name="mse_per_pixel",
        title="MSE per pixel",
        function="latentdim.metrics.reconstruction:measure",
        definition="mean over examples, channels and pixels of the squared difference to the reconstruction",
        samples="n_reference examples of the split, at most all",
        source="ARD-VAE, supplement, Table 10",
        better="lower",
        unit="squared data units per value",
        range=(0.0, INFINITY),
        uses=("split", "n_reference"),
        per_axes=True,
    ),
    Metric(
        name="unexplained_variance",
        title="Unexplained variance",
        function="latentdim.metrics.reconstruction:measure_unexplained",
        definition="MSE per pixel over the variance of the examples about their mean example",
        samples="n_reference examples of the split, at most all",
        source="1 − the coefficient of determination; what the rule for setting weights looks at",
        better="lower",
        unit="share of the data's variance",
        range=(0.0, INFINITY),
        uses=("split", "n_reference"),
        per_axes=True,
    ),
    Metric(
        name="negative_elbo",
        title="Negative ELBO",
        function="latentdim.metrics.elbo:measure",
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
    ),
)
