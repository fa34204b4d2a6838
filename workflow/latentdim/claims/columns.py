"""Which columns a run's ``history.csv`` can have, so that ``latentdim check`` refuses a claim about one that it can't.

A method doesn't declare them: what its runner gives as loss terms, observes and records stands in this list, under any
settings, and conformance compares it with what trainings write. A method that isn't in the list may have any column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from latentdim.plan.run import Cell

ENGINE = frozenset({"step", "epoch", "loss", "validation_loss", "decoder_deviation"})
NUMBER = "#"  # stands for one in a name: mask_#

AUTOENCODER = frozenset({"reconstruction"})
VARIATIONAL = AUTOENCODER | {"kl"}
MASKED = AUTOENCODER | {
    "variance", "critic", "penalty", "generator", "mask_reconstruction", "mask_distribution", "mask_binarity", "active",
    "wasserstein", "l3", "mask_#",
}  # fmt: skip
OF_METHOD: Mapping[str, frozenset[str]] = {
    "ae": AUTOENCODER,
    "ald_vae": VARIATIONAL | {
        "present_dim", "decrease", "stopped_epoch", "stop_reconstruction", "stop_silhouette", "stop_silhouette_null",
        "stop_frechet_reconstructed", "stop_frechet_generated",
    },
    "ard_vae": VARIATIONAL | {"variance_min", "variance_max"},
    "beta_tcvae": VARIATIONAL | {"tc_mws", "tc_mss"},
    "dip_vae_i": VARIATIONAL | {"covariance"},
    "dip_vae_ii": VARIATIONAL | {"covariance"},
    "geco_l0_arm_vae": frozenset({"kl", "constraint", "gates", "active", "lambda", "average", "met", "gate_#"}),
    "irmae": AUTOENCODER,
    "least_volume": AUTOENCODER | {"volume"},
    "lmgae": MASKED,
    "maskaae": MASKED,
    "nested_dropout": AUTOENCODER,
    "rae": AUTOENCODER | {"latent", "weights", "gradient"},
    "two_stage_vae": VARIATIONAL,
    "vae": VARIATIONAL,
    "vae_flow": VARIATIONAL,
    "wae_gan": AUTOENCODER | {"matching", "critic"},
    "wae_mmd": AUTOENCODER | {"mmd"},
}  # fmt: skip
UNTRAINED = frozenset({"constant", "noise", "oracle", "pca"})  # leave no history


def columns_of(cell: Cell) -> frozenset[str] | None:
    """Every column that the histories of a cell's runs can have; None where its method isn't in the list.

    Metrics that are measured during the training have a column each.
    """
    method = cell.method.name
    if method in UNTRAINED:
        return frozenset()
    if method not in OF_METHOD:
        return None
    evaluation = cell.protocol.evaluation
    measured = {one.column(evaluation.axes) for one in cell.metrics if not one.metric.of_machine}
    measured |= {evaluation.best_metric} if evaluation.best_metric else set()
    return ENGINE | OF_METHOD[method] | (measured if evaluation.evaluate_every else frozenset())


def numbered(name: str) -> str:
    """A column with ``#`` in place of the number at its end: ``mask_#``."""
    return re.sub(r"_\d+$", f"_{NUMBER}", name)
