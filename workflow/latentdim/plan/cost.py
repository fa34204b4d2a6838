"""What a run is expected to cost. Estimates only: they size packs and time limits and never touch a number.

They depend on the study and the declarations alone, not on this machine or on finished runs, since every job has to
work out the same packs. They are of one CPU core: a GPU is far faster where images go through a large network.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from itertools import pairwise

from latentdim.registry.declarations import Look, Method
from latentdim.study.evaluation import Evaluation
from latentdim.study.protocol import ArdConv, Mlp, Protocol, Training
from latentdim.study.requested_metrics import RequestedMetric

FLOPS_PER_SECOND = 4.0e10  # one CPU core, float32, small matrices: on the slow side
SECONDS_PER_STEP = 3.0e-4  # what a step costs beyond its arithmetic
SECONDS_PER_RUN = 3.0  # files, and what is quick to measure
INCEPTION_SECONDS = 1 / 7  # an image through Inception
GRID_SECONDS = 1.0e-4  # rendering an image of a factor grid, or reading it, beyond encoding it


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


def minutes_of(
    method: Method, protocol: Protocol, look: Look, wanted: Collection[RequestedMetric], *, dim: int
) -> float:
    """Expected minutes of one run on one CPU core, training and evaluation."""
    training = protocol.training
    # What brings no network of the protocol's is linear at most.
    network = Mlp(hidden=()) if "network" in method.replaces else training.network
    products = multiplications(network, look.shape, dim)
    seconds = SECONDS_PER_RUN
    if "steps" not in method.replaces:
        work = 6.0 * products * training.batch_size / FLOPS_PER_SECOND
        seconds += steps_of(training, look.n_train) * method.cost * (work + SECONDS_PER_STEP)
    inceptions, encodes = passes_of(wanted, protocol.evaluation, look)
    seconds += inceptions * INCEPTION_SECONDS + encodes * (products / FLOPS_PER_SECOND + GRID_SECONDS)
    return seconds / 60.0


def passes_of(wanted: Collection[RequestedMetric], evaluation: Evaluation, look: Look) -> tuple[int, int]:
    """Images that go through Inception, and images of the factor grid that go through the encoder, for one run.

    Metrics share them, except that each choice of axes generates and reconstructs its own, and each metric encodes its
    own. Real images count in every run: any may be the one that sends them through Inception, or wait for it.

    Args:
        wanted: metrics that are defined on the dataset looked at.
    """
    chosen, votes = evaluation.distribution.features, evaluation.factor_vae
    inception = {"inception"} | ({"chosen"} if len(look.shape) == 3 and chosen in {None, "inception"} else set())
    sets = {
        (name, item.axes if name != "reference" else None)
        for item in wanted
        if item.metric.features in inception
        for name in item.metric.passes
    }
    real = min(evaluation.n_reference, look.n_train)  # no split is much larger than what is trained on
    encoded = {
        "mig": evaluation.mig.n,
        "factor_vae": (votes.n_train + votes.n_evaluation) * votes.batch + votes.n_variance,
    }
    encoding = {name for item in wanted for name in item.metric.passes if name in encoded}
    return (
        sum(evaluation.n_generated if name == "generated" else real for name, _ in sets),
        sum(min(encoded[name], look.n_grid or encoded[name]) for name in encoding),
    )


def memory_mb_of(training: Training, *, shape: tuple[int, ...], n_train: int, dim: int) -> int:
    """Expected memory of a process that carries such runs, in MB."""
    data = n_train * math.prod(shape) * 4 / 1e6
    model = parameters(training.network, shape, dim) * 4 * 6 / 1e6
    return int(1500 + 1.5 * data + model)
