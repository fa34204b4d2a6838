"""MaskAAE's four losses against loops over plain numbers on a network of two codes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from latentdim.nets.build import Decoder
from latentdim.training import Task
from methods.maskaae import Config
from methods.maskaae.model import MaskedAutoencoder
from methods.maskaae.objective import critic_loss
from methods.maskaae.runner import SubSteps

Array = NDArray[np.float64]
THETA = (0.4, 1.9)
BATCH = 5


@dataclass
class ByHand:
    """The same networks as loops: E(x) = Ax + a, D(z) = sigmoid(Bz + b), H(z) = c · relu(Gz + g) + h."""

    weights: dict[str, Array]
    theta: tuple[float, ...] = THETA

    @property
    def mask(self) -> list[float]:
        return [max(0.0, 1.0 - math.exp(-t)) for t in self.theta]

    def affine(self, name: str, v: list[float]) -> list[float]:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return [
            sum(float(w) * x for w, x in zip(row, v, strict=True)) + float(s)
            for row, s in zip(weight, bias, strict=True)
        ]

    def encode(self, x: list[float]) -> list[float]:
        return self.affine("encoder", x)

    def masked(self, v: list[float]) -> list[float]:
        return [m * c for m, c in zip(self.mask, v, strict=True)]

    def logits(self, x: list[float]) -> list[float]:
        return self.affine("decoder", self.masked(self.encode(x)))

    def height(self, masked: list[float]) -> float:
        return self.affine("critic.2", [max(0.0, v) for v in self.affine("critic.0", masked)])[0]

    def slope(self, masked: list[float]) -> list[float]:
        """Gradient of the critic with respect to its input, by central differences (it is piecewise linear)."""
        step = 1e-6
        ends = [[[v + s * step * (k == j) for k, v in enumerate(masked)] for s in (1, -1)] for j in range(len(masked))]
        return [(self.height(up) - self.height(down)) / (2 * step) for up, down in ends]

    def reconstruction(self, xs: list[list[float]], form: str) -> float:
        total = 0.0
        for x in xs:
            logits = self.logits(x)
            outs = [1.0 / (1.0 + math.exp(-v)) for v in logits]
            squares = sum((a - b) ** 2 for a, b in zip(x, outs, strict=True))
            entropy = -sum(a * math.log(o) + (1 - a) * math.log(1 - o) for a, o in zip(x, outs, strict=True))
            forms = {"norm": math.sqrt(squares), "sse": squares, "mse": squares / len(x), "bce": entropy / len(x)}
            total += forms[form]
        return total / len(xs)

    def variance(self, xs: list[list[float]], *, gamma: float, exponent: int, mean: bool) -> float:
        codes = [self.encode(x) for x in xs]
        total = 0.0
        for j, m in enumerate(self.mask):
            center = sum(c[j] for c in codes) / len(codes)
            total += math.exp(-gamma * m**exponent) * sum((c[j] - center) ** 2 for c in codes) / len(codes)
        return total / (len(self.mask) if mean else 1)

    def wasserstein(self, xs: list[list[float]], zs: list[list[float]]) -> float:
        prior = sum(self.height(self.masked(z)) for z in zs) / len(zs)
        return prior - sum(self.height(self.masked(self.encode(x))) for x in xs) / len(xs)

    def penalty(self, xs: list[list[float]], zs: list[list[float]], mixes: list[float], *, masked: bool) -> float:
        total = 0.0
        for x, z, b in zip(xs, zs, mixes, strict=True):
            between = [b * p + (1 - b) * e for p, e in zip(z, self.encode(x), strict=True)]
            slope = self.slope(self.masked(between))
            chained = slope if masked else [m * s for m, s in zip(self.mask, slope, strict=True)]
            total += (math.sqrt(sum(s * s for s in chained)) - 1.0) ** 2
        return total / len(xs)


@dataclass
class Scene:
    """One model, its numbers by hand, a batch, prior draws and mixing numbers."""

    steps: SubSteps
    hand: ByHand
    x: Tensor
    z: Tensor
    mix: Tensor

    @property
    def xs(self) -> list[list[float]]:
        return self.x.double().tolist()

    @property
    def zs(self) -> list[list[float]]:
        return self.z.double().tolist()

    @property
    def mixes(self) -> list[float]:
        return self.mix.double().flatten().tolist()


def numbers_of(model: nn.Module) -> dict[str, Array]:
    names = {
        "encoder.": "encoder.1.",
        "decoder.": "decoder.layers.0.",
        "critic.0.": "critic.0.",
        "critic.2.": "critic.2.",
    }
    state = {name: value.double().numpy().copy() for name, value in model.state_dict().items()}
    return {f"{short}{part}": state[f"{long}{part}"] for short, long in names.items() for part in ("weight", "bias")}


@pytest.fixture
def scene(
    make_task: Callable[..., Task], normal: Callable[..., Tensor], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Scene]:
    def build(**settings: object) -> Scene:
        config = Config.model_validate(settings)
        x = normal(BATCH, 3, name="x").sigmoid()
        task = make_task(train=x.repeat(4, 1), dim=2, batch_size=BATCH)
        layers = [nn.Linear(3, 2), nn.Linear(2, 3), nn.Linear(2, 4), nn.Linear(4, 1)]
        for index, layer in enumerate(layers):
            for name, parameter in layer.named_parameters():
                parameter.data = normal(*parameter.shape, name=f"{index}{name}")
        encoder, critic = nn.Sequential(nn.Flatten(), layers[0]), nn.Sequential(layers[2], nn.ReLU(), layers[3])
        decoder = Decoder(nn.Sequential(layers[1]), nn.Sigmoid())
        model = MaskedAutoencoder(encoder, decoder, critic, torch.tensor(THETA), config, shape=(3,))
        steps = SubSteps(model, config, task)
        z = normal(BATCH, 2, name="z")
        monkeypatch.setattr(steps, "prior", lambda n: z)
        twin = make_task(dim=2).draws("noise")
        return Scene(steps, ByHand(numbers_of(model)), x, z, twin.uniform((BATCH, 1)))

    return build


@pytest.mark.parametrize("update", ["joint", "in_turn"])
@pytest.mark.parametrize("form", ["norm", "mse", "bce", "sse"])
def test_the_autoencoders_loss_is_eq_15(form: str, update: str, scene: Callable[..., Scene]) -> None:
    seen = scene(reconstruction=form, ae_update=update, ae_rate=1e-12, alpha_1=3.0)
    terms = seen.steps.autoencoder_step(seen.x)
    assert terms["reconstruction"].item() == pytest.approx(3.0 * seen.hand.reconstruction(seen.xs, form), rel=1e-5)
    expected = 100.0 * seen.hand.variance(seen.xs, gamma=10.0, exponent=1, mean=False)
    assert terms["variance"].item() == pytest.approx(expected, rel=1e-4)
    assert terms.keys() == {"reconstruction", "variance"}


@pytest.mark.parametrize(("exponent", "reduction"), [(1, "sum"), (2, "sum"), (1, "mean"), (2, "mean")])
def test_the_variance_term_has_the_printed_and_the_released_form(
    exponent: int, reduction: str, scene: Callable[..., Scene]
) -> None:
    seen = scene(variance_exponent=exponent, variance_reduction=reduction, gamma=2.5, alpha_2=7.0)
    value = seen.steps.autoencoder_step(seen.x)["variance"].item()
    by_hand = seen.hand.variance(seen.xs, gamma=2.5, exponent=exponent, mean=reduction == "mean")
    assert value == pytest.approx(7.0 * by_hand, rel=1e-4)


def test_the_generators_loss_is_eq_16(scene: Callable[..., Scene]) -> None:
    seen = scene()
    heights = [seen.hand.height(seen.hand.masked(seen.hand.encode(x))) for x in seen.xs]
    assert seen.steps.generator_step(seen.x)["generator"].item() == pytest.approx(-sum(heights) / BATCH, rel=1e-5)


@pytest.mark.parametrize("wrt", ["unmasked", "masked"])
def test_the_critics_loss_is_eq_17(wrt: str, scene: Callable[..., Scene]) -> None:
    seen = scene(penalty_wrt=wrt, beta_2=4.0)
    terms = seen.steps.critic_step(seen.x)
    assert terms["critic"].item() == pytest.approx(-seen.hand.wasserstein(seen.xs, seen.zs), rel=1e-5)
    expected = 4.0 * seen.hand.penalty(seen.xs, seen.zs, seen.mixes, masked=wrt == "masked")
    assert terms["penalty"].item() == pytest.approx(expected, rel=1e-4)
    assert expected > 0.01


class Bowl(nn.Module):
    """H(v) = c Σ_j v_j² / 2 with c = 1, whose slope is v itself."""

    def __init__(self) -> None:
        super().__init__()
        self.curvature = nn.Parameter(torch.ones(()))

    def forward(self, v: Tensor) -> Tensor:
        return 0.5 * self.curvature * v.square().sum(dim=1, keepdim=True)


@pytest.mark.parametrize("wrt", ["unmasked", "masked"])
def test_each_pair_of_the_penalty_has_a_mixing_number_of_its_own(wrt: str, scene: Callable[..., Scene]) -> None:
    """The bowl's slope tells each point that it was taken at, where a piecewise linear critic's hardly does."""
    seen = scene(penalty_wrt=wrt, beta_2=1.0)
    seen.steps.model.critic = Bowl()
    seen.steps.optimizers["critic"] = torch.optim.SGD(seen.steps.model.critic.parameters())
    power = 1 if wrt == "masked" else 2  # the gradient with respect to the unmasked code carries μ once more
    total = 0.0
    for x, z, b in zip(seen.xs, seen.zs, seen.mixes, strict=True):
        axes = zip(seen.hand.mask, z, seen.hand.encode(x), strict=True)
        total += (math.hypot(*(m**power * (b * p + (1 - b) * e) for m, p, e in axes)) - 1.0) ** 2
    assert len(set(seen.mixes)) == BATCH
    assert seen.steps.critic_step(seen.x)["penalty"].item() == pytest.approx(total / BATCH, rel=1e-5)


def test_the_masks_loss_is_eq_18(scene: Callable[..., Scene]) -> None:
    seen = scene(lambda_1=11.0, lambda_2=3.0, lambda_3=5.0)
    terms = seen.steps.mask_step(seen.x)
    assert terms["mask_reconstruction"].item() == pytest.approx(
        11.0 * seen.hand.reconstruction(seen.xs, "norm"), rel=1e-5
    )
    distance = seen.hand.wasserstein(seen.xs, seen.zs)
    assert terms["mask_distribution"].item() == pytest.approx(3.0 * (1.0 + distance) ** 2, rel=1e-5)
    binarity = sum(abs(m * (m - 1.0)) for m in seen.hand.mask)
    assert terms["mask_binarity"].item() == pytest.approx(5.0 * binarity, rel=1e-5)


@pytest.mark.parametrize("wrt", ["unmasked", "masked"])
def test_the_penaltys_gradient_reaches_the_critics_weights(wrt: str, scene: Callable[..., Scene]) -> None:
    seen = scene(penalty_wrt=wrt)
    model, config = seen.steps.model, seen.steps.config
    codes, mask = model.encode(seen.x).detach(), model.mask.detach()
    terms = critic_loss(model.critic, z=seen.z, codes=codes, mask=mask, mix=seen.mix, config=config)
    (gradient,) = torch.autograd.grad(terms["penalty"], model.critic[0].weight)  # type: ignore[index]
    weight, step = seen.hand.weights["critic.0.weight"], 1e-4
    for place in np.ndindex(weight.shape):
        kept, ends = weight[place], []
        for sign in (1, -1):
            weight[place] = kept + sign * step
            ends.append(10.0 * seen.hand.penalty(seen.xs, seen.zs, seen.mixes, masked=wrt == "masked"))
        weight[place] = kept
        assert gradient[place].item() == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=2e-2, abs=2e-3)


def test_theta_moves_against_the_slope_of_the_masks_loss(scene: Callable[..., Scene]) -> None:
    seen = scene(optimizer="rmsprop_torch", lambda_1=2.0, lambda_2=0.5, lambda_3=1.5, mask_rate=1e-3)

    def loss(theta: tuple[float, ...]) -> float:
        hand = ByHand(seen.hand.weights, theta)
        binarity = sum(abs(m * (m - 1.0)) for m in hand.mask)
        fit = 2.0 * hand.reconstruction(seen.xs, "norm") + 0.5 * (1.0 + hand.wasserstein(seen.xs, seen.zs)) ** 2
        return fit + 1.5 * binarity

    seen.steps.mask_step(seen.x)
    for j in range(2):
        ends = [loss(tuple(t + sign * 1e-5 * (k == j) for k, t in enumerate(THETA))) for sign in (1, -1)]
        slope = (ends[0] - ends[1]) / 2e-5
        first_step = 1e-3 * slope / (math.sqrt(0.01) * abs(slope) + 1e-8)  # torch's RMSProp from zero
        assert seen.steps.model.theta[j].item() == pytest.approx(THETA[j] - first_step, abs=1e-5)
