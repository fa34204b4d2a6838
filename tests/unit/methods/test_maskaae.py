"""MaskAAE's schedule, sub-steps, optimiser and model."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from scipy.stats import kstest, truncnorm, uniform
from torch import Tensor, nn

from latentdim import registry
from latentdim.nets.architectures.ald_conv import AldClips
from latentdim.nets.architectures.ard_conv import ArdConv
from latentdim.nets.architectures.mlp import Mlp
from latentdim.nets.draws import Draws
from latentdim.nets.modules import SpectralNorm
from latentdim.study.protocol import Training
from latentdim.training import Task
from methods.maskaae import Config
from methods.maskaae.model import MaskedAutoencoder, hidden_widths
from methods.maskaae.objective import doubling_interval, lambda_3, mask_of
from methods.maskaae.optimizer import TensorFlowRMSprop
from methods.maskaae.runner import SubSteps, fit

PARTS = ("encoder", "decoder", "critic", "theta")


@pytest.fixture
def sub_steps(make_task: Callable[..., Task]) -> Callable[..., SubSteps]:
    def build(**settings: Any) -> SubSteps:
        task, config = make_task(), Config.model_validate(settings)
        model = MaskedAutoencoder.initial(
            task.protocol, config, dim=task.dim, shape=task.shape, generator=task.initialisation
        )
        return SubSteps(model, config, task)

    return build


def moved_by(steps: SubSteps, action: Callable[[], object]) -> set[str]:
    before = {name: value.clone() for name, value in steps.model.named_parameters()}
    action()
    return {
        name.split(".")[0] for name, value in steps.model.named_parameters() if not torch.equal(value, before[name])
    }


@pytest.mark.parametrize(
    ("step", "parts"),
    [
        ("autoencoder_step", {"encoder", "decoder"}),
        ("critic_step", {"critic"}),
        ("generator_step", {"encoder"}),
        ("mask_step", {"theta"}),
    ],
)
@pytest.mark.parametrize("update", ["joint", "in_turn"])
def test_each_sub_step_moves_its_own_parameters_and_no_others(
    step: str, parts: set[str], update: str, sub_steps: Callable[..., SubSteps]
) -> None:
    steps = sub_steps(ae_update=update)
    assert {name.split(".")[0] for name, _ in steps.model.named_parameters()} == set(PARTS)
    x = steps.random_batch()
    assert moved_by(steps, lambda: getattr(steps, step)(x)) == parts


def test_in_turn_the_decoder_follows_the_loss_of_the_moved_encoder(sub_steps: Callable[..., SubSteps]) -> None:
    models = {}
    for update in ("joint", "in_turn"):
        steps = sub_steps(ae_update=update, optimizer="rmsprop_torch", ae_rate=0.05)
        steps.autoencoder_step(steps.random_batch())
        models[update] = steps.model.state_dict()
    same = {name.split(".")[0]: True for name in models["joint"]}
    for name, value in models["joint"].items():
        same[name.split(".")[0]] &= torch.allclose(value, models["in_turn"][name], atol=1e-6)
    assert same["encoder"]
    assert not same["decoder"]


BETWEEN = {"critic_first": ["critic"] * 3 + ["generator"], "generator_first": ["generator"] + ["critic"] * 3}


@pytest.mark.parametrize("order", BETWEEN)
def test_the_sub_steps_come_in_algorithm_2s_numbers_and_the_order_asked_for(
    order: str, sub_steps: Callable[..., SubSteps], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, called = sub_steps(ae_steps=2, critic_steps=3, order=order), []
    for name in ("autoencoder", "critic", "generator", "mask"):
        step = getattr(steps, f"{name}_step")
        monkeypatch.setattr(steps, f"{name}_step", lambda x, s=step, n=name: (called.append(n), s(x))[1])
    steps.iteration(lambda: steps.random_batch())
    assert called == ["autoencoder"] * 2 + BETWEEN[order] + ["mask"]


@pytest.mark.parametrize("batches", ["substep", "iteration"])
def test_sub_steps_draw_their_own_batches_or_share_the_iterations(
    batches: str, sub_steps: Callable[..., SubSteps], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = sub_steps(batches=batches)
    shared, seen = steps.random_batch(), []
    encode = steps.model.encode
    monkeypatch.setattr(steps.model, "encode", lambda x: (seen.append(x), encode(x))[1])
    steps.iteration(lambda: shared)
    equal = [torch.equal(x, shared) for x in seen]
    assert len(seen) == 8
    assert all(equal) if batches == "iteration" else not any(equal)
    assert batches == "iteration" or len({x.sum().item() for x in seen}) == 8


def test_lambda_3_starts_at_2_over_m_and_doubles_every_interval() -> None:
    config = Config(lambda_3_interval=3)
    values = [lambda_3(torch.tensor(i), dim=8, config=config).item() for i in range(1, 11)]
    assert values == [0.25, 0.25, 0.5, 0.5, 0.5, 1.0, 1.0, 1.0, 2.0, 2.0]


def test_lambda_3_stops_at_its_cap_and_never_overflows() -> None:
    capped = Config(lambda_3=1.0, lambda_3_interval=1, lambda_3_cap=6.0)
    assert [lambda_3(torch.tensor(i), dim=4, config=capped).item() for i in (1, 2, 3, 900)] == [2.0, 4.0, 6.0, 6.0]
    assert lambda_3(torch.tensor(10**9), dim=4, config=Config(lambda_3_interval=1)).isfinite()


def test_the_training_doubles_lambda_3_and_counts_its_iterations(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=7, dim=4)
    model = fit(task, Config(lambda_3_interval=2))
    assert [row["l3"] for row in task.history] == [0.5, 1.0, 1.0, 2.0, 2.0, 4.0, 4.0]
    assert model.iteration.item() == 7


@pytest.mark.parametrize(("dim", "interval"), [(2, 300), (20, 300), (21, 4 * 2362), (32, 14_400), (110, 40_000)])
def test_the_released_interval_jumps_above_20_dimensions(dim: int, interval: int) -> None:
    assert doubling_interval(dim, Config()) == interval


def test_tensorflows_rmsprop_starts_at_one_with_epsilon_inside_the_root() -> None:
    parameter, gradients = nn.Parameter(torch.tensor([1.0])), (1e-3, -2e-3, 5e-4)
    optimizer = TensorFlowRMSprop([parameter], lr=0.1, eps=0.25)
    value, mean_square = 1.0, 1.0
    for gradient in gradients:
        parameter.grad = torch.tensor([gradient])
        optimizer.step()
        mean_square = 0.9 * mean_square + 0.1 * gradient**2
        value -= 0.1 * gradient / math.sqrt(mean_square + 0.25)
        assert parameter.item() == pytest.approx(value, rel=1e-7, abs=1e-9)
    assert optimizer.defaults == {"lr": 0.1, "decay": 0.9, "eps": 0.25}


def test_a_negative_theta_stays_masked_as_printed_and_comes_back_when_clipped(
    sub_steps: Callable[..., SubSteps],
) -> None:
    for clip in (False, True):
        steps = sub_steps(clip_theta=clip, optimizer="rmsprop_torch", mask_rate=0.01, lambda_1=0.0, lambda_3=1e6)
        theta = steps.model.theta.data.fill_(0.05)  # the binarity term pulls it down, past zero
        steps.mask_step(steps.random_batch())
        assert (theta < 0).all() != clip
        assert mask_of(theta).tolist() == [0.0] * 3
        slope = torch.autograd.grad(mask_of(steps.model.theta).sum(), steps.model.theta)[0]
        assert slope.tolist() == [float(clip)] * 3


def test_the_mask_gates_whatever_is_decoded_and_counts_from_its_threshold(
    sub_steps: Callable[..., SubSteps], normal: Callable[..., Tensor]
) -> None:
    model = sub_steps(active_threshold=0.3).model.eval()
    model.theta.data = torch.tensor([-1.0, -math.log(1 - 0.299), -math.log(1 - 0.301)])
    mask = torch.tensor([0.0, 0.299, 0.301])
    assert torch.allclose(model.mask, mask, atol=1e-6)
    assert model.active().tolist() == [False, False, True]
    assert torch.equal(model.active_scores(), model.mask)
    z, x = normal(9, 3, name="z"), normal(9, 6, name="x")
    assert torch.allclose(model.decode(z), model.decoder(z * mask), atol=1e-6)
    assert torch.equal(model.encode(x), model.encoder(x))
    drawn = Draws.named("prior").rows(9, 3)
    assert torch.allclose(model.sample(9, Draws.named("prior")), model.decoder(drawn * mask), atol=1e-6)


def test_without_a_mask_it_is_an_adversarial_autoencoder(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=3)
    model = fit(task, Config(mask=False))
    fresh = MaskedAutoencoder.initial(
        task.protocol, Config(), dim=3, shape=task.shape, generator=make_task().initialisation
    )
    assert torch.equal(model.theta, fresh.theta)
    assert model.active().all()
    z = torch.ones(2, 3)
    assert torch.equal(model.decode(z), model.decoder(z))
    terms = {"reconstruction", "critic", "penalty", "generator"}
    assert set(task.history[0]) == {"step", "epoch", "loss", "active", "wasserstein"} | terms


def test_theta_starts_uniform_up_to_its_maximum(make_task: Callable[..., Task]) -> None:
    task = make_task()
    model = MaskedAutoencoder.initial(
        task.protocol, Config(theta_max=2), dim=2000, shape=task.shape, generator=task.initialisation
    )
    assert 0 <= model.theta.min() < 0.01
    assert 1.99 < model.theta.max() <= 2
    assert model.theta.mean().item() == pytest.approx(1.0, abs=0.05)


def test_the_released_initialisation_is_tensorflows_glorot_for_all_three_networks(
    make_task: Callable[..., Task],
) -> None:
    task = make_task(train=torch.zeros(20, 300), test=torch.zeros(4, 300), network=Mlp(hidden=(200,)))
    model = MaskedAutoencoder.initial(
        task.protocol, Config(initialisation="released"), dim=100, shape=(300,), generator=task.initialisation
    )
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    assert len(layers) == 6
    for layer in layers:
        std = math.sqrt(2.0 / (layer.in_features + layer.out_features))
        law = truncnorm(-2, 2, scale=std / truncnorm(-2, 2).std())
        assert kstest(layer.weight.detach().flatten().numpy(), law.cdf).pvalue > 0.001
        bound = math.sqrt(3.0 / layer.out_features)
        assert kstest(layer.bias.detach().numpy(), uniform(-bound, 2 * bound).cdf).pvalue > 0.001
    assert 4.8 < model.theta.max() <= 5  # as without it


def test_the_released_initialisation_draws_volumes_too(make_task: Callable[..., Task]) -> None:
    clips = make_task(train=torch.zeros(20, 24, 16, 16), test=torch.zeros(4, 24, 16, 16), network=AldClips(blocks=1))
    drawn = [
        MaskedAutoencoder.initial(
            clips.protocol, Config(initialisation=law), dim=4, shape=clips.shape, generator=clips.initialisation
        ).state_dict()
        for law in ("network", "released")
    ]
    weights = [name for name, value in drawn[0].items() if name.endswith("weight") and value.dim() > 1]
    assert {drawn[0][name].dim() for name in weights} == {2, 5}
    assert not [name for name in weights if torch.equal(drawn[0][name], drawn[1][name])]


def test_spectral_norms_begin_at_the_released_weights(make_task: Callable[..., Task]) -> None:
    task = make_task(network=Mlp(hidden=(30,), spectral_norm="both"))
    model = MaskedAutoencoder.initial(
        task.protocol, Config(initialisation="released"), dim=4, shape=task.shape, generator=task.initialisation
    )
    layers = [layer for layer in model.modules() if isinstance(layer, SpectralNorm)]
    assert len(layers) == 4
    for layer in layers:
        exact = torch.linalg.matrix_norm(layer.layer.weight, ord=2).item()
        assert layer.norm().item() == pytest.approx(exact, rel=0.1)


def test_the_critic_is_as_wide_as_the_protocols_network_unless_told(make_task: Callable[..., Task]) -> None:
    def widths(task: Task, **settings: Any) -> list[int]:
        model = MaskedAutoencoder.initial(
            task.protocol, Config(**settings), dim=3, shape=task.shape, generator=task.initialisation
        )
        return [layer.out_features for layer in model.critic.modules() if isinstance(layer, nn.Linear)]

    assert widths(make_task()) == [8, 1]
    assert widths(make_task(), critic_hidden=(5, 4)) == [5, 4, 1]
    images = make_task(train=torch.rand(20, 1, 8, 8), test=torch.rand(4, 1, 8, 8), network=SMALL_CONVOLUTIONS)
    assert widths(images) == [1024, 1]


@pytest.mark.parametrize(
    ("name", "widths"),
    [
        ("maskaae_synthetic", (1000,)),  # supplement 9.3
        ("maskaae_mnist", (1024,)),  # 9.4.1
        ("maskaae_mnist_released", (1024,) * 4),
        ("maskaae_fashion_mnist", (1024,)),  # "same as in 9.4.1", there and below
        ("maskaae_cifar10", (1024,)),
        ("maskaae_celeba", (1024,)),
    ],
)
def test_each_printed_network_has_its_printed_critic(name: str, widths: tuple[int, ...]) -> None:
    protocol = Training.model_validate({"steps": 1, "network": {"name": name}})
    assert hidden_widths(protocol, dim=4, shape=registry.presets()[name][1].shape) == widths
    normalised = protocol.network.model_copy(update={"spectral_norm": "encoder"})
    assert hidden_widths(Training(steps=1, network=normalised), dim=4, shape=(1, 64, 64)) == widths


SMALL_CONVOLUTIONS = ArdConv(filters=(2, 4), decoder_filters=(2,))


def test_cross_entropy_needs_a_sigmoid_output(make_task: Callable[..., Task]) -> None:
    with pytest.raises(ValueError, match=r"'bce' needs protocol\.training\.network\.output 'sigmoid'"):
        fit(make_task(), Config(reconstruction="bce"))


def test_the_history_holds_the_mask_the_count_and_the_distance(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=2)
    model = fit(task, Config())
    last = task.history[-1]
    assert [last[f"mask_{j}"] for j in range(3)] == model.mask.tolist()
    assert last["active"] == model.active().sum()
    assert last["wasserstein"] == pytest.approx(-last["critic"], rel=1e-6)


def test_on_convolutions_it_trains_and_stays_finite(make_task: Callable[..., Task]) -> None:
    images = torch.rand(40, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    task = make_task(train=images, test=images[:4], network=SMALL_CONVOLUTIONS, steps=4)
    model = fit(task, Config(reconstruction="bce", penalty_wrt="masked"))
    assert model.reconstruct(images).isfinite().all()
