"""Networks, latent models, and the draws, priors, posteriors and likelihoods that methods are built from.

The names below are imported when they are first asked for, so that the declarations beside them stay free of torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from latentdim.nets.build import decoder_of, encoder_of
    from latentdim.nets.draws import Draws
    from latentdim.nets.latent import Autoencoder, GaussianVAE, LatentModel
    from latentdim.nets.likelihood import likelihood_of, reconstruction
    from latentdim.nets.mixture import NormalMixture
    from latentdim.nets.posterior import GaussianPosterior, Posterior
    from latentdim.nets.prior import CorrelatedNormal, DiagonalNormal, Prior, StandardNormal
    from latentdim.nets.pruning import prune, prune_axes

__all__ = [
    "Autoencoder",
    "CorrelatedNormal",
    "DiagonalNormal",
    "Draws",
    "GaussianPosterior",
    "GaussianVAE",
    "LatentModel",
    "NormalMixture",
    "Posterior",
    "Prior",
    "StandardNormal",
    "decoder_of",
    "encoder_of",
    "likelihood_of",
    "prune",
    "prune_axes",
    "reconstruction",
]

HOMES = {
    "Autoencoder": "latent",
    "CorrelatedNormal": "prior",
    "DiagonalNormal": "prior",
    "Draws": "draws",
    "GaussianPosterior": "posterior",
    "GaussianVAE": "latent",
    "LatentModel": "latent",
    "NormalMixture": "mixture",
    "Posterior": "posterior",
    "Prior": "prior",
    "StandardNormal": "prior",
    "decoder_of": "build",
    "encoder_of": "build",
    "likelihood_of": "likelihood",
    "prune": "pruning",
    "prune_axes": "pruning",
    "reconstruction": "likelihood",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)
