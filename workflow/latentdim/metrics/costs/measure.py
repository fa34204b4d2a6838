"""What a training cost, from the run's record; and how long ARD-VAE's prior takes to refresh, timed here."""

from __future__ import annotations

import statistics
import time
from typing import Any

import torch
from torch import Tensor

from latentdim.metrics.context import BATCH, DeviceShared, Measured, MetricContext, MetricRefused
from latentdim.nets.latent import LatentModel
from latentdim.records.history import CONVERGED
from latentdim.system.occupancy import Watch, device_key
from latentdim.training.data import Split

N_ALPHA = 10_000  # examples behind one refresh (ARD-VAE, section 3.3)
REPEATS = 10


def train_seconds(context: MetricContext) -> Measured:
    """Seconds of the training loop, without start-up, evaluation and report.

    Raises:
        MetricRefused: if nothing was timed, or other runs shared the device.
    """
    _alone(context)
    return _of_training(context, _timed(context, "train_seconds"))


def examples_per_second(context: MetricContext) -> Measured:
    """Training examples that the loop took per second; refused as :func:`train_seconds` is."""
    _alone(context)
    return _of_training(context, _timed(context, "examples_per_second"))


def energy(context: MetricContext) -> Measured:
    """Joules that the device used while the model was fitted; refused as :func:`train_seconds` is."""
    usage = _alone(context)
    _timed(context, "train_seconds")
    if usage.get("energy_joules") is None:
        raise MetricRefused("the device reports no energy")
    return _of_training(context, float(usage["energy_joules"]))


def peak_memory(context: MetricContext) -> Measured:
    """Peak memory while the model was fitted, in 10⁶ bytes; other runs have their own, so sharing is no matter.

    On a GPU it is what torch allocated, on the CPU the resident memory of the process: libraries (some 300 MB), mapped
    data, and what earlier runs of the pack left (``detail.before_mb``) are in it.

    Raises:
        MetricRefused: if it wasn't recorded, or the system couldn't tell the training's peak from the process's.
    """
    usage = _usage(context)
    if usage.get("peak_memory_mb") is None:
        raise MetricRefused("the system tells no peak of memory")
    if usage["memory_since"] != "training":
        raise MetricRefused("the system can't set the peak back, so it may be that of an earlier run in the process")
    found = _of_training(context, float(usage["peak_memory_mb"]))
    found.detail["before_mb"] = usage.get("memory_before_mb")
    return found


def parameters(context: MetricContext) -> Measured:
    """Trainable numbers of the model; the controls, worked out in closed form, have none."""
    return Measured(float(n_trainable(context.model)), n=0, spread=0.0)


def n_trainable(model: LatentModel) -> int:
    """How many numbers of a model training may move: frozen ones don't count."""
    return sum(weights.numel() for weights in model.parameters() if weights.requires_grad)


def late_improvement(context: MetricContext) -> Measured:
    """How much the reconstruction term still fell at the end of the training; above 1 % with a warning.

    Raises:
        MetricRefused: if the record doesn't tell: closed forms have no history, and some are too short.
    """
    value = context.record.get("late_improvement")
    if value is None:
        raise MetricRefused("the training's history is too short to tell, or has no reconstruction term")
    detail: dict[str, Any] = {"steps": context.record["timing"]["steps"]}
    if value > CONVERGED:
        detail["warning"] = (
            f"not converged: its reconstruction term fell by {value:.1%} over the last tenth of the training"
        )
    return Measured(value, n=1, detail=detail)


def prior_refresh_seconds(context: MetricContext) -> Measured:
    """Seconds of one refresh of the prior's variances from 10,000 training examples (or all, where there are fewer).

    Bytes that lie on the device are converted, encoded and sampled in batches; one run warms up, then the median of ten
    counts, and their standard deviation is the spread.

    Raises:
        MetricRefused: for models whose prior isn't estimated.
        DeviceShared: if another run shared the device meanwhile; it can be timed again, as a training can't.
    """
    model, train = context.model, context.data.train
    examples = train.part(0, min(N_ALPHA, len(train)))
    if _refreshed(context, examples) is None:
        raise MetricRefused("the model's prior isn't estimated from codes, so nothing is refreshed")
    device, seconds = model.inactive_value.device, []
    with Watch(device_key(device)) as watch:
        for _ in range(REPEATS):
            _wait_for(device)
            begun = time.perf_counter()
            _refreshed(context, examples)
            _wait_for(device)
            seconds.append(time.perf_counter() - begun)
    if watch.most > 1:
        raise DeviceShared(_shared(watch.most))
    detail = {
        "repeats": seconds,
        "device": context.record.get("device", {}).get("name", device.type),
        "threads": torch.get_num_threads(),
        "batch_size": BATCH,
    }
    return Measured(statistics.median(seconds), len(examples), statistics.stdev(seconds), detail)


@torch.no_grad()
def _refreshed(context: MetricContext, examples: Split) -> Tensor | None:
    model, draws = context.model, context.draws("prior_refresh")
    codes = (model.encode(batch, sample=draws) for batch in context.batches(examples))
    return model.objective_prior.estimate(codes)


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _usage(context: MetricContext) -> dict[str, Any]:
    usage: dict[str, Any] | None = context.record.get("usage")
    if not usage:
        raise MetricRefused("the run's record doesn't tell what its training used: it is older than that, or restored")
    return usage


def _alone(context: MetricContext) -> dict[str, Any]:
    """What the training used, where no other run shared its device."""
    usage = _usage(context)
    if usage["shared_by"] > 1:
        raise MetricRefused(_shared(usage["shared_by"]))
    return usage


def _shared(runs: int) -> str:
    return f"{runs} runs shared the device, so it tells of their number too"


def _timed(context: MetricContext, name: str) -> float:
    timing = context.record["timing"]
    if timing["resumed_steps"]:
        raise MetricRefused("the training was interrupted, and how many runs shared its earlier device isn't known")
    if not timing[name]:
        raise MetricRefused("nothing was timed: the model is worked out in closed form, not trained in steps")
    return float(timing[name])


def _of_training(context: MetricContext, value: float) -> Measured:
    """A value of one training, hence n = 1 and no spread, with what it depends on."""
    record = context.record
    device, usage = record["device"], record["usage"]
    detail = {"device": device["name"], "threads": device["threads"], "shared_by": usage["shared_by"]}
    return Measured(value, n=1, detail=detail | {"steps": record["timing"]["steps"]})
