"""What every method must satisfy, tried on a tiny dataset in a few seconds.

Above all: the code really has L numbers, and the decoder sees nothing else. A method that keeps more wins every table
for the wrong reason.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from latentdim import registry
from latentdim.conformance.replay import is_replayable
from latentdim.conformance.tiny import VALUES, tiny_data
from latentdim.harness.contract import contract_change
from latentdim.harness.during import metric_of
from latentdim.harness.fitting import fitted
from latentdim.nets.architectures.mlp import Mlp
from latentdim.nets.draws import Draws
from latentdim.nets.latent import LatentModel
from latentdim.nets.posterior import Posterior
from latentdim.records.folder import RunFolder
from latentdim.registry.declarations import Method, MethodConfig, resolve
from latentdim.study.protocol import Training
from latentdim.system.problems import ContractBroken
from latentdim.training import Task
from latentdim.training.checkpoint import save_weights

DIM = 4
TINY = Training(network=Mlp(hidden=(16,)), batch_size=16, steps=12, n_validation=0)


@dataclass(frozen=True)
class Trial:
    """One method, fitted once on the tiny dataset."""

    method: Method
    config: MethodConfig
    model: LatentModel
    task: Task
    folder: Path

    @property
    def x(self) -> Tensor:
        """Examples as the network sees them."""
        return self.task.data.batch(self.task.data.train, 0, 24)


def problems_of(method: Method, config: MethodConfig | None = None) -> list[str]:
    """Sentences about what the method gets wrong; empty where it conforms.

    A method whose ``fit`` raises is not caught here: its traceback says more.
    """
    config = config or method.config(**method.tried_with)
    for name in method.measured(config):  # libraries may draw while they are imported
        resolve(registry.metrics().get(name).function)
    resolve(
        method.runner
    )  # what a library draws while it is imported (scikit-learn's clustering does) is not drawn here
    with tempfile.TemporaryDirectory() as folder:
        before = global_states()
        try:
            trial = Trial(method, config, *fitted_on_tiny(method, config, Path(folder)), Path(folder))
        except ContractBroken as problem:
            return [contract_change(problem) or str(problem)]  # nothing else can be tried
        found = (
            []
            if same_states(before, global_states())
            else ["fit: draws from a global random generator; use task.draws(...)"]
        )
        with torch.no_grad():
            misshapen = list(shapes(trial))
            if misshapen:
                return found + misshapen  # nothing else can be tried
            found += [*numbers(trial), *prior_keeps_its_first_codes(trial)]
            found += [*decoder_sees_the_code_alone(trial), *axes_are_held(trial)]
        found += [*is_reproducible(trial), *restores(trial)]
        if method.replayable:
            found += is_replayable(lambda: fitted_on_tiny(method, config, None))
    return found


def fitted_on_tiny(method: Method, config: MethodConfig, folder: Path | None) -> tuple[LatentModel, Task]:
    """The model of a method fitted on the tiny dataset, and the task that it was given.

    Raises:
        ContractBroken: if it asks for what its declaration doesn't list.
    """
    names = ("tiny", method.name, DIM, 0)
    task = Task(dim=DIM, data=tiny_data(), protocol=TINY, names=names, folder=RunFolder(folder) if folder else None)
    task.metric_of = partial(metric_of, method=method, config=config, data=task.data, names=names, device=task.device)
    return fitted(task, method, config), task


def shapes(trial: Trial) -> Iterator[str]:
    """L numbers a code and examples of the right shape, also where the model draws."""
    model, x = trial.model, trial.x
    draws = Draws.named("conformance", 1)
    expected: dict[str, tuple[Tensor, tuple[int, ...]]] = {
        "encode with draws": (model.encode(x, sample=draws), (len(x), DIM)),
        "prior": (model.prior.sample(7, draws), (7, DIM)),
        "sample": (model.sample(7, draws), (7, VALUES)),
    }
    expected |= {f"prior.{name}": (getattr(model.prior, name), (DIM,)) for name in ("mean", "variance")}
    expected |= {"prior.log_density": (model.prior.log_density(model.encode(x)), (len(x),))}
    posterior = model.posterior(x)
    if posterior is not None and not isinstance(posterior, Posterior):
        yield f"posterior: gives a {type(posterior).__name__} where a latentdim.nets.Posterior is due"
    elif posterior is not None:
        expected |= {"posterior.mean": (posterior.mean, (len(x), DIM))}
        expected |= {"posterior.draw": (posterior.draw(draws), (len(x), DIM))}
        codes, divergence = posterior.draw_with_kl(draws, model.objective_prior)
        expected |= {"posterior.draw_with_kl's codes": (codes, (len(x), DIM))}
        expected |= {"posterior.draw_with_kl's divergence": (divergence, (len(x),))}
    for name, (value, shape) in expected.items():
        if tuple(value.shape) != shape:
            yield f"{name}: gives the shape {tuple(value.shape)} where {shape} is due (L = {DIM})"


def prior_keeps_its_first_codes(trial: Trial) -> Iterator[str]:
    """Asked for more, it draws the same ones first: more samples then make a metric surer and change nothing else."""
    fewer, more = (trial.model.prior.sample(n, Draws.named("conformance", 5)) for n in (5, 23))
    if not _close(more[:5], fewer):
        yield "prior: more codes don't begin with the same ones; draw with draws.rows(n, width)"


def numbers(trial: Trial) -> Iterator[str]:
    """No NaN anywhere, and the examples left as they were."""
    model, x = trial.model, trial.x
    kept = x.clone()
    outputs = {"codes": model.encode(x), "samples": model.sample(50, Draws.named("conformance", 1))}
    outputs |= {"reconstructions": model.reconstruct(x)}
    outputs |= {f"weights '{n}'": v for n, v in model.state_dict().items() if v.is_floating_point()}
    for name, value in outputs.items():
        if not value.isfinite().all():
            yield f"{name}: NaN or infinity after a training that recorded no divergence"
    if not torch.equal(x, kept):
        yield "encode: changes the examples that it is given"


def decoder_sees_the_code_alone(trial: Trial) -> Iterator[str]:
    """Decoding depends on the L numbers of a code, row by row, and on nothing that the model saw before."""
    model, x = trial.model, trial.x
    z = model.encode(x)
    first = model.decode(z)
    model.encode(trial.task.data.batch(trial.task.data.test, 0, len(x)))  # known examples: an oracle refuses others
    if not _close(model.decode(z), first):
        yield "decode: depends on what was encoded before it, so information passes beside the code"
    restored, _ = _restored(trial)
    if not _close(restored.decode(z), first):
        yield "decode: a model restored from its weights decodes the same codes differently"
    order = Draws.named("conformance", 2).permutation(len(z))
    if not _close(model.decode(z[order]), first[order]):
        yield "decode: an example's output depends on its place in the batch"
    if not _close(model.decode(z[:1]), first[:1]):
        yield "decode: an example's output depends on the others in its batch"
    if not _close(model.reconstruct(x), first):
        yield "reconstruct: is not decode(encode(x)), so information passes beside the code"
    one, two = (Draws.named("conformance", 3) for _ in range(2))
    if not _close(model.sample(9, one), model.decode(model.prior.sample(9, two))):
        yield "sample: is not decode(prior), so something else than the code shapes a sample"


def axes_are_held(trial: Trial) -> Iterator[str]:
    """With every axis held at its inactive value, all reconstructions and all samples are one and the same example."""
    model, x = trial.model, trial.x
    nothing = torch.zeros(DIM, dtype=torch.bool)
    samples = model.sample(5, Draws.named("conformance", 4), axes=nothing)
    for name, value in {"reconstruct": model.reconstruct(x, axes=nothing), "sample": samples}.items():
        if not _close(value, value[:1].expand_as(value)):
            yield f"{name}: still tells examples apart when no axis is allowed to vary"


def is_reproducible(trial: Trial) -> Iterator[str]:
    """The same task gives the same weights bit for bit, whatever the global generators hold."""
    torch.manual_seed(12345)
    again, task = fitted_on_tiny(trial.method, trial.config, None)
    for name, value in trial.model.state_dict().items():
        if not torch.equal(value, again.state_dict()[name]):
            yield f"fit: '{name}' differs between two fits of the same task"
            return
    if task.history != trial.task.history:
        yield "fit: the histories of two fits of the same task differ"


def restores(trial: Trial) -> Iterator[str]:
    """A finished run comes back from its weights alone, without a step of training."""
    restored, task = _restored(trial)
    if task.steps:
        yield "fit: trains although the run's weights are finished; go through train, train_steps or solve"
    for name, value in trial.model.state_dict().items():
        if not torch.equal(value, restored.state_dict()[name]):
            yield f"fit: '{name}' is not what was saved; keep it in a registered buffer and set it in Hooks.finish"
    if not torch.equal(trial.model.active(), restored.active()):
        yield "active: differs after the model was restored from its weights"


def _restored(trial: Trial) -> tuple[LatentModel, Task]:
    weights = RunFolder(trial.folder).model
    if not weights.exists():
        save_weights(trial.model, weights)
    return fitted_on_tiny(trial.method, trial.config, trial.folder)


def _close(one: Tensor, two: Tensor) -> bool:
    """Equal up to float32 sums taken in another order, on values of about 1."""
    return torch.allclose(one, two, rtol=1e-4, atol=1e-5)


def global_states() -> tuple[Any, ...]:
    """The state of every global random generator."""
    return torch.get_rng_state().clone(), np.random.get_state()[1].copy(), random.getstate()  # type: ignore[index,union-attr]


def same_states(one: tuple[Any, ...], two: tuple[Any, ...]) -> bool:
    """Whether nothing was drawn between the two."""
    return torch.equal(one[0], two[0]) and bool((one[1] == two[1]).all()) and one[2] == two[2]
