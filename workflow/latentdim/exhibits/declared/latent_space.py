"""Pictures of the latent space, declared. Free of torch, pandas and matplotlib."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator

from latentdim.exhibits.declared.options import FIGURE, PICTURE, Dims, RunOptions, SeedOptions
from latentdim.registry.declarations import Exhibit

Rule = Literal["own", "jacobian"]
RULE = "by which axes count as active. own: the method's; jacobian: ARD-VAE's, for any method (eq. 19–20)"


class TraversalOptions(RunOptions):
    """What each latent axis does to the decoded image (ARD-VAE, Figs. 2–4)."""

    base: Literal["inactive_value"] | NonNegativeInt = Field(
        "inactive_value",
        description="where the axes cross. rest: the model's inactive value (the prior mean, or the codes' mean); a "
        "number: the code of that held-out example, counted from 0",
    )
    count: PositiveInt = Field(32, description="axes shown, at most, the most relevant first")
    rule: Rule = Field("jacobian", description=RULE)


class ManifoldOptions(SeedOptions):
    """The images evenly spread over a two-dimensional latent space (Kingma & Welling, 2014, Fig. 4)."""

    @field_validator("dims")
    @classmethod
    def _flat(cls, dims: Dims) -> Dims:
        if set(dims) - {2}:
            raise ValueError("a manifold can only be laid out for L = 2")
        return dims


class CovarianceOptions(SeedOptions):
    """Absolute covariances between latent axes, min–max normalised (MaskAAE, supplement, Figs. 10–13)."""

    rule: Rule = Field("own", description=RULE)


class RelevanceOptions(SeedOptions):
    """Variance and relevance of each latent axis (ARD-VAE, Fig. 1a)."""

    rule: Rule = Field("jacobian", description=RULE)
    log: bool = Field(False, description="logarithmic axes")


LATENT_SPACE = (
    Exhibit(
        name="traversal",
        title="Latent traversal",
        options=TraversalOptions,
        draw="latentdim.exhibits.traversal:draw",
        files=PICTURE,
        stored=("traversal", "relevance"),
    ),
    Exhibit(
        name="manifold",
        title="Two-dimensional manifold",
        options=ManifoldOptions,
        draw="latentdim.exhibits.manifold:draw",
        files=PICTURE,
        stored=("manifold",),
    ),
    Exhibit(
        name="covariance",
        title="Covariance between latent axes",
        options=CovarianceOptions,
        draw="latentdim.exhibits.covariance:draw",
        files=FIGURE,
        stored=("covariance", "relevance"),
    ),
    Exhibit(
        name="relevance",
        title="Variance and relevance of latent axes",
        options=RelevanceOptions,
        draw="latentdim.exhibits.relevance:draw",
        files=FIGURE,
        stored=("relevance",),
    ),
)
