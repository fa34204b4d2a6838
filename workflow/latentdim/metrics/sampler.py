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
from latentdim.nets.second_stage import SecondStage, SecondStagePrior, second_stage_protocol
from latentdim.study.protocol import Optimizer, Schedule, Training
from latentdim.study.sampler import BATCH, FITTED, LAYERS, Sampler
from latentdim.system.seeds import torch_stream
from latentdim.training import Task, train
from latentdim.training.data import Data, Scaling, Split

CODES = 50_000  # of training examples, at most
RATE = 1e-3  # of the trained ones; it falls along a cosine

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
        batches = data.batches(data.train.part(0, min(CODES, len(data.train))))
        _fit(prior, settings, code_moments(model, batches, draws("sampler/codes")), seed)
        shared |= {names[name]: value for name, value in prior.state_dict().items()}
    return prior.eval()


def _unfitted(settings: Sampler, dim: int, seed: int) -> Prior:
    generator = torch_stream("sampler", seed, "initialisation")
    if settings.name == "standard_normal":
        return StandardNormal(dim)
    if settings.name == "flow":
        return CouplingFlow(dim, layers=LAYERS[settings.name], width=settings.setting("width"), generator=generator)
    if settings.name == "second_stage":
        protocol = second_stage_protocol(
            _protocol(settings), width=settings.setting("width"), depth=LAYERS[settings.name]
        )
        return SecondStagePrior(SecondStage.of_codes(protocol, dim=dim, generator=generator))
    return NormalMixture(dim, components=1 if settings.name == "gaussian" else settings.setting("components"))


def _fit(prior: Prior, settings: Sampler, moments: Tensor, seed: int) -> None:
    """Fit a prior to codes with these means and deviations, ``(N, 2 L)``; in a training each step draws them anew."""
    draws = Draws.named("sampler", seed, "fit", device=moments.device)
    if isinstance(prior, NormalMixture):
        prior.fit(draw_codes(moments, draws), draws)
        return
    none = Split(moments[:0])
    task = Task(
        dim=moments.shape[1] // 2, data=Data(Split(moments), none, none, Scaling(1.0, 0.0)), names=("sampler", seed),
        protocol=_protocol(settings, n=len(moments)), device=moments.device,
    )  # fmt: skip
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


def _protocol(settings: Sampler, *, n: int = BATCH) -> Training:
    """How a sampler is trained on ``n`` codes."""
    optimizer, schedule = Optimizer(learning_rate=RATE), Schedule(name="cosine")
    steps = settings.setting("steps")
    return Training(batch_size=min(BATCH, n), steps=steps, optimizer=optimizer, schedule=schedule)
