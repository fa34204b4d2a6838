"""RAE's terms against closed forms of linear decoders, double loops and sums by hand; its samples' density."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture
from torch import Tensor, nn

from latentdim.nets import Autoencoder, NormalMixture
from latentdim.nets.architectures.ard_conv import ArdConv
from latentdim.nets.architectures.mlp import Mlp
from latentdim.study.protocol import Training
from latentdim.training import Task
from methods.rae import Config, compatibility
from methods.rae.objective import jacobian_penalty, latent_norm, squared_output_penalty, weight_norm
from methods.rae.runner import fit

BATCH, DIM, VALUES = 10, 3, 6


@pytest.fixture
def linear(normal: Callable[..., Tensor]) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
    """W, b, and the decoder W z + b."""
    weight, bias = normal(VALUES, DIM, name="weight"), normal(VALUES, name="bias")
    return weight, bias, lambda z: z @ weight.T + bias


def test_the_latent_norm_is_a_mean_or_half_a_sum(normal: Callable[..., Tensor]) -> None:
    codes = normal(BATCH, DIM, name="codes")
    total = sum(value**2 for row in codes.tolist() for value in row)
    assert latent_norm(codes, reduction="mean").item() == pytest.approx(total / (BATCH * DIM), rel=1e-5)
    assert latent_norm(codes, reduction="half_sum").item() == pytest.approx(0.5 * total / BATCH, rel=1e-5)


def test_the_jacobian_penalty_is_the_squared_frobenius_norm_in_expectation(
    linear: tuple[Tensor, Tensor, Callable[[Tensor], Tensor]], normal: Callable[..., Tensor]
) -> None:
    weight, _, decode = linear
    codes, directions = normal(20_000, DIM, name="codes"), normal(20_000, VALUES, name="directions")
    each = (directions @ weight).square().sum(dim=1)
    error = 4.0 * each.std().item() / 20_000**0.5
    exact = sum(value**2 for row in weight.tolist() for value in row)
    assert jacobian_penalty(decode, codes, directions).item() == pytest.approx(exact, abs=error)
    assert error < 0.05 * exact


def test_the_released_penalty_of_a_linear_decoder(
    linear: tuple[Tensor, Tensor, Callable[[Tensor], Tensor]], normal: Callable[..., Tensor]
) -> None:
    """∂/∂z_l Σ_d (W z + b)_d² = 2 Σ_d W_dl (W z + b)_d."""
    weight, bias, decode = linear
    codes = normal(BATCH, DIM, name="codes")
    total = 0.0
    for z in codes.tolist():
        out = [
            sum(w * v for w, v in zip(row, z, strict=True)) + b for row, b in zip(weight.tolist(), bias, strict=True)
        ]
        for axis in range(DIM):
            total += float(2.0 * sum(row[axis] * value for row, value in zip(weight.tolist(), out, strict=True))) ** 2
    assert squared_output_penalty(decode, codes).item() == pytest.approx(total / (BATCH * DIM), rel=1e-4)


def test_the_penalties_slope_is_the_closed_forms(normal: Callable[..., Tensor]) -> None:
    """Of D(z) = w z on one axis: (2 w² z)² has the slope 16 w³ z² over w, and 8 w⁴ z over z."""
    w, z = torch.tensor([[1.7]], requires_grad=True), torch.tensor([[0.6]], requires_grad=True)
    slopes = torch.autograd.grad(squared_output_penalty(lambda z: z @ w, z), (w, z))
    assert [slope.item() for slope in slopes] == pytest.approx([16 * 1.7**3 * 0.6**2, 8 * 1.7**4 * 0.6], rel=1e-5)


@pytest.mark.parametrize("penalty", ["squared_output", "jacobian"])
def test_a_penalty_can_be_had_without_gradients(
    penalty: str, linear: tuple[Tensor, Tensor, Callable[[Tensor], Tensor]], normal: Callable[..., Tensor]
) -> None:
    """The validation loss takes it within torch.no_grad()."""
    _, _, decode = linear
    codes, directions = normal(BATCH, DIM, name="codes"), normal(BATCH, VALUES, name="directions")

    def value() -> float:
        if penalty == "jacobian":
            return jacobian_penalty(decode, codes, directions).item()
        return squared_output_penalty(decode, codes).item()

    with torch.no_grad():
        quietly = value()
    assert quietly == value()


def test_the_weight_norm_counts_what_it_says() -> None:
    decoder = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Unflatten(1, (2, 2, 2)), nn.ConvTranspose2d(2, 1, 2))
    with torch.no_grad():
        for number, parameter in enumerate(decoder.parameters(), start=1):
            parameter.fill_(float(number))
    squares = {"matrix": 16 * 1, "bias": 8 * 4, "scale": 8 * 9, "shift": 8 * 16, "kernel": 8 * 25, "last bias": 36}
    assert weight_norm(decoder, of="convolutions").item() == squares["kernel"]
    assert weight_norm(decoder, of="kernels").item() == squares["matrix"] + squares["kernel"]
    assert weight_norm(decoder, of="all").item() == sum(squares.values())


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_the_first_steps_terms(reduction: str, make_task: Callable[..., Task]) -> None:
    """Published: mean over values + β · mean over axes + λ · Σ w²; with a sum over values all of it times D."""
    task = make_task(steps=1, reduction=reduction)
    unit = VALUES if reduction == "sum" else 1
    fit(task, Config(latent_weight=0.3, regulariser_weight=0.02))
    start = Autoencoder.build(task.protocol, dim=DIM, shape=task.shape, generator=task.initialisation)
    x = task.data.train.values[task.order(0).permutation(task.n_train)[:BATCH]]
    with torch.no_grad():
        codes = start.encode(x)
        error = (start.decode(codes) - x).double().square().mean().item()
    matrices = [p for name, p in start.decoder.named_parameters() if name.endswith("weight")]
    squares = sum(value**2 for matrix in matrices for value in matrix.flatten().tolist())
    row = task.history[0]
    assert row["reconstruction"] == pytest.approx(unit * error, rel=1e-5)
    assert row["latent"] == pytest.approx(unit * 0.3 * codes.double().square().mean().item(), rel=1e-5)
    assert row["weights"] == pytest.approx(unit * 0.02 * squares, rel=1e-5)
    assert row["loss"] == pytest.approx(row["reconstruction"] + row["latent"] + row["weights"], rel=1e-5)


def test_l2_as_a_term_is_weight_decay_of_twice_its_weight(make_task: Callable[..., Task]) -> None:
    """On a step of plain gradient descent, of the decoder's matrices; the encoder and biases have none."""
    settings = {"steps": 1, "optimizer": {"name": "sgd", "learning_rate": 0.1}, "reduction": "mean"}
    with_term, without = (
        fit(make_task(**settings), Config(latent_weight=0.0, regulariser_weight=lam)).state_dict()
        for lam in (0.25, 0.0)
    )
    start = Autoencoder.build(make_task().protocol, dim=DIM, shape=(VALUES,), generator=make_task().initialisation)
    for name, value in start.state_dict().items():
        if name.startswith(("encoder", "decoder")):
            decay = 0.1 * 2 * 0.25 * value if name.startswith("decoder") and name.endswith("weight") else 0.0
            torch.testing.assert_close(
                without[name] - with_term[name], decay + torch.zeros_like(value), atol=1e-6, rtol=1e-5
            )


def test_the_defaults_are_the_released_weights() -> None:
    released = {"spectral_norm": (9e-3, 0.0), "l2": (1e-4, 1e-7), "gradient_penalty": (1e-4, 5e-8), "none": (5e-4, 0.0)}
    for kind, weights in released.items():
        assert Config.model_validate({"regulariser": kind}).weights == weights
    assert Config(latent_weight=0.0, regulariser_weight=0.0).weights == (0.0, 0.0)


def test_the_gradient_penalty_is_a_term_and_presses_the_decoders_slope(
    make_task: Callable[..., Task], normal: Callable[..., Tensor]
) -> None:
    slopes = {}
    for weight in (0.0, 0.5):
        task = make_task(steps=150, reduction="mean")
        config = Config(regulariser="gradient_penalty", gradient_penalty="jacobian", regulariser_weight=weight)
        model = fit(task, config)
        codes = model.encode(task.data.train.values)
        directions = normal(len(codes), VALUES, name="directions")
        slopes[weight] = jacobian_penalty(model.decode, codes, directions).item()
        assert (task.history[-1]["gradient"] > 0.0) == (weight > 0.0)
    assert slopes[0.5] < 0.3 * slopes[0.0]


@pytest.mark.parametrize("encoder", ["none", "encoder"])
def test_the_spectral_norm_bounds_every_layer_of_the_decoder(encoder: str, make_task: Callable[..., Task]) -> None:
    network = Mlp(hidden=(8, 7), spectral_norm=encoder)  # type: ignore[arg-type]
    task = make_task(steps=60, network=network)
    model = fit(task, Config(regulariser="spectral_norm"))
    z = torch.eye(DIM)
    norms = {}
    for name, part, width in (("decoder", model.decoder.layers, DIM), ("encoder", model.encoder, VALUES)):
        norms[name] = []
        for layer in part:
            basis = torch.eye(width)
            if list(layer.parameters()):
                linear = layer(basis) - layer(torch.zeros(1, width))
                norms[name].append(torch.linalg.matrix_norm(linear, ord=2).item())
                width = linear.shape[1]
    assert norms["decoder"] == pytest.approx([1.0] * 3, abs=0.02)
    assert (max(abs(norm - 1.0) for norm in norms["encoder"]) < 0.02) == (encoder == "encoder")
    assert model.decode(z).shape == (DIM, VALUES)
    assert not {"weights", "gradient"} & set(task.history[0])


def test_samples_come_from_a_mixture_of_ten_fitted_to_the_training_codes(make_task: Callable[..., Task]) -> None:
    task = make_task(steps=30)
    model = fit(task, Config())
    assert isinstance(model.prior, NormalMixture)
    assert model.prior.means.shape == (10, DIM)
    codes = model.encode(task.data.train.values).detach()
    torch.testing.assert_close(model.prior.mean, codes.mean(dim=0), rtol=1e-3, atol=1e-3)
    one = GaussianMixture(1).fit(codes.double().numpy())
    ours = model.prior.log_density(codes).double().mean().item()
    assert ours > float(np.mean(one.score_samples(codes.double().numpy())))


def test_every_axis_counts(make_task: Callable[..., Task]) -> None:
    assert fit(make_task(steps=1), Config()).active().sum() == DIM


def test_what_it_cannot_have_is_told_before_training() -> None:
    dense = Training(network=Mlp(hidden=(8,)), steps=1)
    convolutional = Training(network=ArdConv(), steps=1)
    assert list(compatibility(Config(), dense, 10)) == []
    (sentence,) = compatibility(Config(), dense, 9)
    assert "10 needs as many training examples at least; 9 are left" in sentence
    (sentence,) = compatibility(Config(l2_of="convolutions"), dense, 100)
    assert sentence.startswith(".l2_of = 'convolutions': the decoder of protocol.training.network 'mlp' has none")
    assert list(compatibility(Config(l2_of="convolutions"), convolutional, 100)) == []
    assert list(compatibility(Config(l2_of="convolutions", regulariser="none"), dense, 100)) == []
