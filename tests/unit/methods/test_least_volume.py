"""Least Volume's objective, its Lipschitz decoder, and its pruning."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from latentdim.nets.architectures.ard_conv import ArdConv
from latentdim.nets.architectures.mlp import Mlp
from latentdim.nets.architectures.two_stage import InfoGan
from latentdim.nets.build import Decoder
from latentdim.system.seeds import torch_stream
from latentdim.training import Task
from methods.least_volume import Config, compatibility
from methods.least_volume.lipschitz import Bounded
from methods.least_volume.model import LeastVolume
from methods.least_volume.runner import fit, volume

CONFIG = Config()


@pytest.mark.parametrize("eta", [0.0, 0.01, 0.5])
def test_the_volume_is_the_geometric_mean_of_known_deviations(eta: float) -> None:
    deviations = [3.0, 0.5, 0.02, 1.0]
    signs = torch.tensor([1.0, -1.0, -1.0, 1.0, 1.0, -1.0])
    codes = 7.0 + signs[:, None] * torch.tensor(deviations)  # each column has the mean 7 and its deviation exactly
    expected = math.prod(d + eta for d in deviations) ** (1 / 4)
    assert volume(codes, eta=eta).item() == pytest.approx(expected, rel=1e-4)


def test_an_axis_without_spread_keeps_the_slope_finite() -> None:
    codes = torch.tensor([[1.0, 2.0], [1.0, 4.0]], requires_grad=True)
    (slope,) = torch.autograd.grad(volume(codes, eta=0.01), codes)
    assert slope.isfinite().all()


@pytest.mark.parametrize(("reduction", "values"), [("sum", 6), ("mean", 1)])
def test_the_weight_stands_against_the_mean_over_an_examples_values(
    reduction: str, values: int, make_task: Callable[..., Task]
) -> None:
    task = make_task(steps=1, reduction=reduction)
    fit(task, Config(volume_weight=0.3, eta=0.05))
    start = LeastVolume.initial(task.protocol, CONFIG, dim=3, shape=(6,), generator=task.initialisation)
    batch = task.data.train.values[task.order(0).permutation(120)[:10]]
    deviations = np.std(start.encode(batch).detach().numpy(), axis=0) + 0.05
    assert task.history[0]["volume"] == pytest.approx(0.3 * values * float(np.prod(deviations)) ** (1 / 3), rel=1e-5)
    assert set(task.history[0]) == {"step", "epoch", "loss", "reconstruction", "volume"}


LAYERS = {
    "dense": (nn.Linear(5, 7), (5,)),
    "convolution": (nn.Conv2d(2, 3, 4, stride=2, padding=1), (2, 6, 6)),
    "transposed": (nn.ConvTranspose2d(3, 2, 4, stride=2, padding=1, bias=False), (3, 3, 3)),
}


def stretch_of(layer: nn.Module, shape: tuple[int, ...]) -> float:
    """Largest singular value of the whole map, from its images of the unit vectors."""
    size = math.prod(shape)
    with torch.no_grad():
        zero = layer(torch.zeros(1, *shape))
        columns = (layer(torch.eye(size).reshape(size, *shape)) - zero).flatten(1)
    return float(np.linalg.svd(columns.numpy(), compute_uv=False)[0])


@pytest.mark.parametrize("kind", LAYERS)
def test_a_bounded_layer_stretches_as_much_as_its_bound(kind: str, normal: Callable[..., Tensor]) -> None:
    layer, shape = LAYERS[kind]
    for name, parameter in layer.named_parameters():
        parameter.data = normal(*parameter.shape, name=name)
    bounded = Bounded(layer, shape, bound=1.7, generator=torch_stream("power"))
    for _ in range(200):
        bounded(torch.zeros(1, *shape))
    bounded.eval()
    assert stretch_of(layer, shape) > 2.0
    assert stretch_of(bounded, shape) == pytest.approx(1.7, rel=1e-3)
    kept = bounded.direction.clone()
    bounded(torch.zeros(1, *shape))
    assert torch.equal(bounded.direction, kept)  # in evaluation mode the estimate stays


@pytest.mark.parametrize("kind", LAYERS)
def test_a_bound_is_as_precise_under_autocast(kind: str, normal: Callable[..., Tensor]) -> None:
    layer, shape = LAYERS[kind]
    for name, parameter in layer.named_parameters():
        parameter.data = normal(*parameter.shape, name=name)
    bounds = [Bounded(layer, shape, bound=1.0, generator=torch_stream("power")) for _ in range(2)]
    bounds[0](torch.zeros(1, *shape))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        bounds[1](torch.zeros(1, *shape))
        assert torch.equal(bounds[1].norm(), bounds[0].norm())
    assert torch.equal(bounds[1].direction, bounds[0].direction)


def test_the_bounds_slope_is_that_of_the_weight_over_its_norm(normal: Callable[..., Tensor]) -> None:
    layer = nn.Linear(3, 2, bias=False)
    layer.weight.data = normal(2, 3, name="weight")
    bounded = Bounded(layer, (3,), bound=1.0, generator=torch_stream("power"))
    for _ in range(100):
        bounded(torch.zeros(1, 3))
    x, kept = normal(4, 3, name="x"), layer.weight.detach().double().numpy().copy()
    (slope,) = torch.autograd.grad(bounded(x).square().sum(), layer.weight)

    def loss(weight: np.ndarray[Any, Any]) -> float:
        divided = weight / np.linalg.svd(weight, compute_uv=False)[0]
        return float(np.square(x.double().numpy() @ divided.T).sum())

    for place in np.ndindex(kept.shape):
        step = np.zeros_like(kept)
        step[place] = 1e-6
        assert slope[place].item() == pytest.approx((loss(kept + step) - loss(kept - step)) / 2e-6, rel=1e-2, abs=1e-3)


@pytest.mark.parametrize(
    "network",
    [
        Mlp(hidden=(8, 8), activation="leaky_relu"),
        ArdConv(filters=(3, 4), decoder_filters=(3,), decoder_side=2, batch_norm=False),
    ],
    ids=lambda network: network.name,
)
@pytest.mark.parametrize("lipschitz", [1.0, 8.0])
def test_the_decoder_is_lipschitz(
    network: Any, lipschitz: float, make_task: Callable[..., Task], normal: Callable[..., Tensor]
) -> None:
    pictures = {name: normal(n, 1, 8, 8, name=name).sigmoid() for name, n in (("train", 40), ("test", 5))}
    task = make_task(**pictures, network=network, steps=30)
    model = fit(task, Config(lipschitz=lipschitz))
    one, two = 3.0 * normal(200, 3, name="one"), 3.0 * normal(200, 3, name="two")
    out = (model.decoder.logits(one) - model.decoder.logits(two)).flatten(1)
    ratios = torch.linalg.vector_norm(out, dim=1) / torch.linalg.vector_norm(one - two, dim=1)
    assert ratios.max() < 1.05 * lipschitz
    bounds = [layer.bound for layer in model.decoder.layers if isinstance(layer, Bounded)]
    assert len(bounds) == 3
    assert math.prod(bounds) == pytest.approx(lipschitz)


class Known(LeastVolume):
    """Codes are the examples' first values; axis l moves output l alone, by a gain."""

    def __init__(self, gains: list[float], values: int, config: Config = CONFIG) -> None:
        linear = nn.Linear(len(gains), values)
        linear.weight.data = torch.eye(values)[:, : len(gains)] * torch.tensor(gains)
        linear.bias.data = torch.zeros(values)
        decoder = Decoder(nn.Sequential(linear), nn.Identity())
        super().__init__(nn.Identity(), decoder, dim=len(gains), shape=(values,), config=config)

    def encode(self, x: Tensor, **_: Any) -> Tensor:
        return x[:, : self.dim]


class Stretching(Known):
    """The same with codes that it decodes exactly."""

    def encode(self, x: Tensor, **_: Any) -> Tensor:
        return x / self.decoder.layers[0].weight.diagonal().detach()


def orthogonal(deviations: list[float], *, means: list[float]) -> Tensor:
    """Sixteen examples whose columns have these means and deviations exactly and don't covary."""
    hadamard = np.array([[1.0]])
    for _ in range(4):
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    columns = hadamard[:, 1 : 1 + len(deviations)] * np.array(deviations) + np.array(means)
    return torch.tensor(columns, dtype=torch.float32)


# With gains of 1, holding an axis at its mean adds its variance to the summed squared error. Shares of 25.2504: 0.0004,
# 0.25, 9, 16 → 0.00002, 0.0099, 0.356, 0.634; together 0.00002, 0.0099, 0.366.
@pytest.mark.parametrize(
    ("share", "kept"),
    [
        (1e-6, [True] * 4),
        (0.001, [True, True, False, True]),
        (0.01, [False, True, False, True]),
        (0.4, [False, False, False, True]),
    ],
)
def test_axes_are_pruned_while_together_they_explain_at_most_a_share(
    share: float, kept: list[bool], make_task: Callable[..., Task]
) -> None:
    x = orthogonal([0.5, 3.0, 0.02, 4.0], means=[5.0, -2.0, 1.0, 0.0])
    model = Known([1.0] * 4, 4, Config(explained_share=share))
    model.settle(make_task(train=x, test=x, dim=4))
    assert model.active().tolist() == kept
    assert model.active_scores().tolist() == pytest.approx([0.5, 3.0, 0.02, 4.0], rel=1e-5)
    assert model.inactive_value.tolist() == pytest.approx([5.0, -2.0, 1.0, 0.0], abs=1e-6)
    assert model.prior.mean.tolist() == pytest.approx([5.0, -2.0, 1.0, 0.0], abs=1e-6)
    assert model.prior.variance.tolist() == pytest.approx([0.25, 9.0, 0.0004, 16.0], rel=1e-4)
    held = model.reconstruct(x, axes=model.active())
    expected = torch.where(torch.tensor(kept), x, torch.tensor([5.0, -2.0, 1.0, 0.0]))
    torch.testing.assert_close(held, expected)


def test_the_error_that_stays_without_pruning_is_nothing_that_an_axis_explains(
    make_task: Callable[..., Task],
) -> None:
    """A fifth value that no axis reaches adds 100 to every error; shares are of what the axes explain."""
    x = orthogonal([2.0, 0.3, 10.0], means=[0.0, 0.0, 0.0])
    model = Known([1.0, 1.0], 3)
    model.settle(make_task(train=x, test=x, dim=2))
    assert model.active().tolist() == [True, True]  # 0.09 of 4.09, not of 104.09


def test_pruning_goes_by_the_codes_deviations_and_stops_at_the_first_axis_that_matters(
    make_task: Callable[..., Task],
) -> None:
    x = orthogonal([0.1, 1.0, 2.0], means=[0.0] * 3)
    model = Stretching([50.0, 1.0, 1e-3], 3)  # the narrowest axis is the one that the decoder stretches most
    model.settle(make_task(train=model.decode(x).detach(), test=x))
    assert model.active_scores().tolist() == pytest.approx([0.1, 1.0, 2.0], rel=1e-5)
    assert model.active().tolist() == [True] * 3


def test_codes_that_tell_nothing_leave_no_axis(make_task: Callable[..., Task]) -> None:
    x = torch.full((16, 3), 2.0)
    model = Known([1.0, 1.0], 3)
    model.settle(make_task(train=x, test=x, dim=2))
    assert not model.active().any()


def test_a_decoder_that_does_worse_with_its_codes_than_with_their_mean_keeps_no_axis(
    make_task: Callable[..., Task],
) -> None:
    """Decoded codes have the wrong sign: each axis that is held lowers the error, the narrow one by little."""
    x = orthogonal([0.01, 1.0], means=[0.0, 0.0])
    model = Known([-1.0, -1.0], 2)
    model.settle(make_task(train=x, test=x, dim=2))
    assert not model.active().any()


def test_pruning_looks_at_the_first_training_examples(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=2)
    model = fit(task, Config(n_pruning=30))
    codes = model.encode(task.data.train.values[:30]).detach().double().numpy()
    assert model.deviations.tolist() == pytest.approx(np.std(codes, axis=0).tolist(), rel=1e-4)


def test_decoders_that_no_constant_is_known_for_are_refused(make_task: Callable[..., Task]) -> None:
    normalised = make_task(
        train=torch.zeros(20, 1, 8, 8), test=torch.zeros(4, 1, 8, 8),
        network=ArdConv(filters=(2, 4), decoder_filters=(2,)),
    )  # fmt: skip
    (sentence,) = compatibility(CONFIG, normalised.protocol, 20)
    assert sentence.endswith("use protocol.training.network.batch_norm: false")
    assert not list(compatibility(CONFIG, make_task().protocol, 20))
    for network in (InfoGan(), Mlp(activation="silu"), Mlp(spectral_norm="decoder")):
        (sentence,) = compatibility(CONFIG, make_task(network=network).protocol, 20)
        assert sentence.endswith("that of protocol.training.network has other layers")
    plain = ArdConv(batch_norm=False, filters=(2, 4), decoder_filters=(2,))
    assert not list(compatibility(CONFIG, make_task(network=plain).protocol, 20))
    with pytest.raises(ValueError, match="the decoder's layer 3 is a BatchNorm2d, whose Lipschitz constant isn't"):
        fit(normalised, CONFIG)
    with pytest.raises(ValueError, match="layer 1 is a SiLU"):
        fit(make_task(network=Mlp(hidden=(4,), activation="silu")), CONFIG)


def test_on_linear_data_it_counts_the_factors_and_finds_their_span(linear_toy: Any) -> None:
    model = fit(linear_toy.build(steps=300), Config(volume_weight=0.3))
    assert model.active().sum() == 3
    assert linear_toy.alignment(model.decoder.layers[0].layer.weight.detach()[:, model.active()]) > 0.999
