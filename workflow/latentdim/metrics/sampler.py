"""Ex-post samplers: distributions fitted to a trained model's codes, which samples are then drawn from."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from latentdim.nets.code_moments import code_moments, draw_codes
from latentdim.nets.draws import Draws
from latentdim.nets.flow import CouplingFlow
from latentdim.nets.latent import LatentModel
from latentdim.nets.mixture import NormalMixture
from latentdim.nets.prior import Prior, StandardNormal
from latentdim.nets.second_stage import SecondStage, SecondStagePrior
from latentdim.study.protocol import Optimizer, Schedule, Training
from latentdim.study.sampler import FITTED, Sampler
from latentdim.system.seeds import torch_stream
from latentdim.training import Task, train
from latentdim.training.data import Data, Scaling, Split

CODES = 50_000  # of training examples, at most
ROWS = 1000
BATCH, RATE = 256, 1e-3  # of the trained ones; the rate falls along a cosine
FLOW_LAYERS, STAGE_LAYERS = 8, 3  # couplings; hidden layers, as in the two-stage VAE's released code

DrawsByName = Callable[[str], Draws]


def sampler_of(
    model: LatentModel, data: Data, settings: Sampler, draws: DrawsByName, *, shared: dict[str, Tensor]
) -> Prior:
    """The distribution over codes that samples of a model are drawn from; what is fitted depends on these alone.

    Args:
        draws: random numbers by purpose, fresh each time they are asked for.
        shared: where what is fitted is kept, for whoever asks for the same sampler of the same model again.

    Raises:
        Diverged: if a sampler's own training does.
    """
    if settings.name == "model":
        return model.prior
    seed = int(draws("sampler").integers(2**62, ()))
    prior = _unfitted(settings, model.dim, seed).to(model.inactive_value.device)
    names = {name: f"sampler/{name}" for name in prior.state_dict()}
    if shared.keys() >= set(names.values()):
        prior.load_state_dict({name: shared[key] for name, key in names.items()})
    elif settings.name in FITTED:
        n = min(CODES, len(data.train))
        batches = (data.batch(data.train, start, min(start + ROWS, n)) for start in range(0, n, ROWS))
        _fit(prior, settings, code_moments(model, batches, draws("sampler/codes")), seed)
        shared |= {names[name]: value for name, value in prior.state_dict().items()}
    return prior.eval()


def _unfitted(settings: Sampler, dim: int, seed: int) -> Prior:
    generator = torch_stream("sampler", seed, "initialisation")
    if settings.name == "standard_normal":
        return StandardNormal(dim)
    if settings.name == "flow":
        return CouplingFlow(dim, layers=FLOW_LAYERS, width=settings.setting("width"), generator=generator)
    if settings.name == "second_stage":
        hidden = (settings.setting("width"),) * STAGE_LAYERS
        return SecondStagePrior(SecondStage(dim, hidden=hidden, generator=generator))
    return NormalMixture(dim, components=1 if settings.name == "gaussian" else settings.setting("components"))


def _fit(prior: Prior, settings: Sampler, moments: Tensor, seed: int) -> None:
    """Fit a prior to codes with these means and deviations, ``(N, 2 L)``; in a training each step draws them anew."""
    draws = Draws.named("sampler", seed, "fit", device=moments.device)
    if isinstance(prior, NormalMixture):
        prior.fit(draw_codes(moments, draws), draws)
        return
    task = _task(moments, settings.setting("steps"), seed)
    noise = task.draws("noise")
    if isinstance(prior, CouplingFlow):
        prior.take_moments(draw_codes(moments, draws))
        _train(prior, lambda batch: prior.terms(draw_codes(batch, noise)), task)
    elif isinstance(prior, SecondStagePrior):
        prior.take_moments(draw_codes(moments, draws))
        _train(prior.stage, lambda batch: prior.stage.terms(draw_codes(batch, noise), noise), task)


def _train(module: nn.Module, loss: Callable[[Tensor], dict[str, Tensor]], task: Task) -> None:
    with torch.enable_grad():  # metrics are taken without gradients
        train(module, loss, task)


def _task(moments: Tensor, steps: int, seed: int) -> Task:
    whole = Split(moments)
    none = whole.part(0, 0)
    protocol = Training(
        batch_size=min(BATCH, len(moments)),
        steps=steps,
        optimizer=Optimizer(learning_rate=RATE),
        schedule=Schedule(name="cosine"),
    )
    data = Data(whole, none, none, Scaling(1.0, 0.0))
    return Task(dim=moments.shape[1] // 2, data=data, protocol=protocol, names=("sampler", seed), device=moments.device)
