"""What a run is expected to cost. Estimates only: they size packs and time limits and never touch a number.

They depend on the study and the declarations alone, not on this machine or on finished runs, since every job has to
work out the same packs.
"""

from __future__ import annotations

import math
from itertools import pairwise

from latentdim.declarations import Method
from latentdim.protocol import ArdConv, Mlp, Training

FLOPS_PER_SECOND = 4.0e10  # one CPU core, float32, small matrices: on the slow side
SECONDS_PER_STEP = 3.0e-4  # what a step costs beyond its arithmetic
SECONDS_PER_RUN = 3.0  # evaluation and files


def multiplications(network: Mlp | ArdConv, shape: tuple[int, ...], dim: int) -> float:
    """Multiply–adds of one forward pass of encoder and decoder on one example."""
    values = math.prod(shape)
    if isinstance(network, Mlp):
        widths = (values, *network.hidden, dim)
        return 2.0 * sum(a * b for a, b in pairwise(widths))
    total, channels, side = 0.0, shape[0], shape[-1]
    for filters in network.filters:
        side = max(side // 2, 1)
        total += 16.0 * channels * filters * side * side
        channels = filters
    total += channels * side * side * dim + channels * network.decoder_side**2 * dim
    side = network.decoder_side
    for filters in network.decoder_filters:
        total += 16.0 * channels * filters * side * side
        channels, side = filters, side * 2
    return total + 16.0 * channels * shape[0] * side * side


def parameters(network: Mlp | ArdConv, shape: tuple[int, ...], dim: int) -> float:
    """Roughly the number of weights."""
    if isinstance(network, Mlp):
        return multiplications(network, shape, dim)
    widths = (shape[0], *network.filters, *network.decoder_filters, shape[0])
    dense = network.filters[-1] * (network.decoder_side**2 + 4) * dim
    return 16.0 * sum(a * b for a, b in pairwise(widths)) + dense


def steps_of(training: Training, n_train: int) -> int:
    """Parameter updates of one training."""
    examples = min(n_train, training.n_train or n_train) - training.n_validation
    return training.steps or (training.epochs or 1) * max(1, examples // training.batch_size)


def minutes_of(method: Method, training: Training, *, shape: tuple[int, ...], n_train: int, dim: int) -> float:
    """Expected minutes of one run on one CPU core, training and evaluation."""
    seconds = SECONDS_PER_RUN
    if "steps" not in method.replaces:
        work = 6.0 * multiplications(training.network, shape, dim) * training.batch_size / FLOPS_PER_SECOND
        seconds += steps_of(training, n_train) * method.cost * (work + SECONDS_PER_STEP)
    return seconds / 60.0


def memory_mb_of(training: Training, *, shape: tuple[int, ...], n_train: int, dim: int) -> int:
    """Expected memory of a process that carries such runs, in MB."""
    data = n_train * math.prod(shape) * 4 / 1e6
    model = parameters(training.network, shape, dim) * 4 * 6 / 1e6
    return int(1500 + 1.5 * data + model)
