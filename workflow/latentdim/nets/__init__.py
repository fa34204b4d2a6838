"""Networks, latent models, and the draws, priors, posteriors and likelihoods that methods are built from."""

from latentdim.nets.build import decoder_of, encoder_of
from latentdim.nets.draws import Draws
from latentdim.nets.latent import Autoencoder, GaussianVAE, LatentModel
from latentdim.nets.likelihood import likelihood_of, reconstruction
from latentdim.nets.posterior import GaussianPosterior, Posterior
from latentdim.nets.prior import CorrelatedNormal, DiagonalNormal, Prior, StandardNormal
from latentdim.nets.pruning import prune

__all__ = [
    "Autoencoder",
    "CorrelatedNormal",
    "DiagonalNormal",
    "Draws",
    "GaussianPosterior",
    "GaussianVAE",
    "LatentModel",
    "Posterior",
    "Prior",
    "StandardNormal",
    "decoder_of",
    "encoder_of",
    "likelihood_of",
    "prune",
    "reconstruction",
]
