"""LMGAE, the preprint of MaskAAE (section 4): its protocol on MaskAAE's runner.

Reconstruction by a norm, the variance of masked axes, a Wasserstein critic with gradient penalty and the mask's loss
are described as in MaskAAE (eq. 15–18), whose forms they therefore have here. The order of the sub-steps is the
preprint's; everything that it leaves open, or whose formula is lost, is MaskAAE's.

Pitfalls: those of MaskAAE. The preprint's own tables are lost; its numbers can only be compared with MaskAAE's.
"""

from __future__ import annotations

from latentdim.training import Task
from methods.lmgae import Config
from methods.maskaae import runner
from methods.maskaae.model import MaskedAutoencoder


def fit(task: Task, config: Config) -> MaskedAutoencoder:
    """Train one LMGAE of capacity m = ``task.dim`` and return it.

    Raises:
        ValueError: if cross-entropy is asked of a decoder whose output is no sigmoid.
    """
    return runner.fit(task, config)
