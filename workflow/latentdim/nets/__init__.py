"""Networks, latent models and loss terms that methods are built from."""

from latentdim.nets.build import decoder_of, encoder_of
from latentdim.nets.latent import Autoencoder, GaussianVAE, LatentModel
from latentdim.nets.losses import gaussian_kl, reconstruction
from latentdim.nets.pruning import prune

__all__ = [
    "Autoencoder",
    "GaussianVAE",
    "LatentModel",
    "decoder_of",
    "encoder_of",
    "gaussian_kl",
    "prune",
    "reconstruction",
]
