"""What a run is expected to cost. Estimates only: they size packs and time limits and never touch a number.

They depend on the study and the declarations alone, not on this machine or on finished runs, since every job has to
work out the same packs. Unless a GPU is named they are of one CPU core.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from latentdim.nets.count import MOST_VALUES, counts
from latentdim.registry.declarations import Method, SourceInfo
from latentdim.study.evaluation import Evaluation
from latentdim.study.protocol import Protocol, Training
from latentdim.study.requested_metrics import RequestedMetric
from latentdim.study.sampler import BATCH, LAYERS, Sampler


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What arithmetic costs.

    Attributes:
        flops_per_second: in float32, as networks of this size reach it.
        seconds_per_step: what a step costs beyond its arithmetic.
        inception_seconds: of an image through Inception.
    """

    flops_per_second: float
    seconds_per_step: float
    inception_seconds: float


CORE = Machine(flops_per_second=4.0e10, seconds_per_step=3.0e-4, inception_seconds=1 / 7)  # of a CPU, on the slow side
GPU = Machine(flops_per_second=5.0e12, seconds_per_step=3.0e-3, inception_seconds=1 / 500)  # one alone, likewise
SECONDS_PER_RUN = 3.0  # files, and what is quick to measure
SECONDS_PER_METRIC = 0.3  # that a method asks for while it is trained
NOTHING: Mapping[RequestedMetric, Evaluation] = {}
RENDERING_SECONDS = 1.0e-4  # rendering an image of a factor space, or reading it, beyond encoding it
EVALUATED = 1000  # examples that metrics send through a network at once


def forward_flops(method: Method, training: Training, *, shape: tuple[int, ...], dim: int) -> float:
    """Operations of one forward pass of encoder and decoder on one example."""
    if "network" in method.unused_fields:  # what brings no network of the protocol's is linear at most
        return 4.0 * math.prod(shape) * dim
    return counts(training.network, shape=shape, dim=dim).flops


def weights_of(method: Method, training: Training, *, shape: tuple[int, ...], dim: int) -> int:
    """The number of weights of encoder and decoder."""
    if "network" in method.unused_fields:
        return 2 * math.prod(shape) * dim
    return counts(training.network, shape=shape, dim=dim).parameters


def steps_of(training: Training, n_train: int) -> int:
    """Parameter updates of one training.

    Args:
        n_train: examples for training, those held back for validation left out.
    """
    return training.steps or (training.epochs or 1) * max(1, n_train // training.batch_size)


def epochs_of(training: Training, n_train: int) -> int:
    """Whole epochs of one training, unless a method's epochs go through fewer examples than there are."""
    return training.epochs or (training.steps or 0) // max(1, n_train // training.batch_size)


def evaluations_of(protocol: Protocol, info: SourceInfo) -> int:
    """How often the study has a training evaluated, and weights kept, before its end."""
    every = protocol.evaluation.evaluate_every
    return epochs_of(protocol.training, examples_of(protocol.training, info)) // every if every else 0


def examples_of(training: Training, info: SourceInfo) -> int:
    """Examples that are left for training."""
    return min(info.n_train, training.n_train or info.n_train) - training.n_validation


def minutes_of(
    method: Method, protocol: Protocol, info: SourceInfo, wanted: Collection[RequestedMetric], *, dim: int,
    measured: Mapping[RequestedMetric, Evaluation] = NOTHING, machine: Machine = CORE,
) -> float:  # fmt: skip
    """Expected minutes of one run, training and evaluation.

    Args:
        measured: what the method itself asks for while it is trained, and how; taken as if after each epoch.
    """
    training = protocol.training
    forward = forward_flops(method, training, shape=info.shape, dim=dim)
    seconds, times = 0.0, 1
    if "steps" not in method.unused_fields:
        work = 3.0 * forward * training.batch_size / machine.flops_per_second
        steps = steps_of(training, examples_of(training, info))
        seconds = steps * method.cost * (work + machine.seconds_per_step)
        once = sum(SECONDS_PER_METRIC + _passing([one], how, info, forward, machine) for one, how in measured.items())
        seconds += epochs_of(training, examples_of(training, info)) * once
        times += evaluations_of(protocol, info)
    measuring = _passing(wanted, protocol.evaluation, info, forward, machine)
    measuring += fitting_seconds(wanted, protocol.evaluation.sampler, dim=dim, machine=machine)
    return (seconds + times * (measuring + SECONDS_PER_RUN)) / 60.0


def _passing(
    wanted: Collection[RequestedMetric], evaluation: Evaluation, info: SourceInfo, forward: float, machine: Machine
) -> float:
    """Seconds that images take on their way through Inception and the encoder."""
    inceptions, encodes = passes_of(wanted, evaluation, info)
    encoding = forward / 2.0 / machine.flops_per_second + RENDERING_SECONDS
    return inceptions * machine.inception_seconds + encodes * encoding


def fitting_seconds(
    wanted: Collection[RequestedMetric], sampler: Sampler, *, dim: int, machine: Machine = CORE
) -> float:
    """What the training of a sampler's networks takes, where a metric draws from it; other fits take next to nothing.

    Args:
        dim: of the codes.
    """
    if sampler.name not in LAYERS or not any("sampler" in item.fields for item in wanted):
        return 0.0
    width, layers = sampler.setting("width"), LAYERS[sampler.name]
    weights = (
        layers * width * (width + 2 * dim) if sampler.name == "flow" else 2 * width * ((layers - 1) * width + 3 * dim)
    )
    work = 3.0 * 2.0 * weights * BATCH / machine.flops_per_second
    return sampler.setting("steps") * (work + machine.seconds_per_step)


def passes_of(wanted: Collection[RequestedMetric], evaluation: Evaluation, info: SourceInfo) -> tuple[int, int]:
    """Images that go through Inception, and images of the factor space that go through the encoder, for one run.

    Metrics share them, except that each choice of axes generates and reconstructs its own, and each metric encodes its
    own. Real images count in every run: any may be the one that sends them through Inception, or wait for it.

    Args:
        wanted: metrics that are defined on the dataset looked at.
    """
    chosen = evaluation.distribution.features
    inception = {"inception"} | ({"chosen"} if len(info.shape) == 3 and chosen in {None, "inception"} else set())
    sets = {
        (name, item.axes if name != "reference" else None)
        for item in wanted
        if item.metric.features in inception
        for name in item.metric.passes
    }
    real = min(evaluation.n_reference, info.n_train)  # no split is much larger than what is trained on
    encoded = {item.metric.name: item.metric.encodes(evaluation) for item in wanted if item.metric.encodes}
    return (
        sum(evaluation.n_generated if name == "generated" else real for name, _ in sets),
        sum(min(n, info.n_combinations or n) for n in encoded.values()),
    )


def memory_mb_of(method: Method, training: Training, info: SourceInfo, *, dim: int) -> int:
    """Expected memory of a process that carries such runs, in MB."""
    data = info.n_train * math.prod(info.shape) * 4 / 1e6
    model = weights_of(method, training, shape=info.shape, dim=dim) * 4 * 6 / 1e6
    return int(1500 + 1.5 * data + model + _passing_mb(method, training, info, dim=dim))


def _passing_mb(method: Method, training: Training, info: SourceInfo, *, dim: int) -> float:
    """What passes through the network: all layers' numbers and their gradients, or the widest layer's in evaluation."""
    if "network" in method.unused_fields:
        return 0.0
    passing = counts(training.network, shape=info.shape, dim=dim)
    measured = min(EVALUATED * passing.widest, MOST_VALUES)
    return max(2 * passing.values * training.batch_size, 3 * measured) * 4 / 1e6
