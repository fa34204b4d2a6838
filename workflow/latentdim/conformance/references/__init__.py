"""Every metric against references that share no code with it; what each deviates is worked out anew."""

from collections.abc import Mapping

from latentdim.conformance.references.check import Check
from latentdim.conformance.references.clusters import CLUSTERS
from latentdim.conformance.references.costs import COSTS
from latentdim.conformance.references.distributions import APART, DISTRIBUTIONS
from latentdim.conformance.references.factors import FACTORS
from latentdim.conformance.references.latents import LATENTS
from latentdim.conformance.references.likelihoods import LIKELIHOODS
from latentdim.conformance.references.precision_recall import PRECISION_RECALL
from latentdim.conformance.references.reconstructions import RECONSTRUCTIONS

REMARKS: Mapping[str, str] = APART  # metric → what its checks leave out, and what holds that instead

CHECKS: tuple[Check, ...] = (
    *DISTRIBUTIONS,
    *PRECISION_RECALL,
    *RECONSTRUCTIONS,
    *LATENTS,
    *FACTORS,
    *CLUSTERS,
    *LIKELIHOODS,
    *COSTS,
)
