"""The metrics, declared, one file a subject. All of it must stay importable without torch."""

from latentdim.metrics.declared.costs import COSTS
from latentdim.metrics.declared.distributions import DISTRIBUTIONS
from latentdim.metrics.declared.factors import FACTORS
from latentdim.metrics.declared.latents import LATENTS
from latentdim.metrics.declared.reconstructions import RECONSTRUCTIONS

METRIC = (*DISTRIBUTIONS, *RECONSTRUCTIONS, *LATENTS, *FACTORS, *COSTS)
