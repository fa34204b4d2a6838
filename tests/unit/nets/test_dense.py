"""Fully connected layers in one step: the plain layers' values and derivatives, of any order and for any part."""

import copy
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck, gradgradcheck

import latentdim.nets.dense
from latentdim.nets.dense import Activation, dense

STACKS: dict[str, tuple[Activation, ...]] = {
    "relu": (nn.ReLU(), None),
    "relu_to_the_end": (nn.ReLU(), nn.ReLU()),
    "leaky_and_tanh": (nn.LeakyReLU(0.2), nn.Tanh(), None),
    "one_layer": (None,),
}


def stack_of(name: str, dtype: torch.dtype = torch.float64) -> tuple[list[nn.Linear], tuple[Activation, ...]]:
    """Layers of a stack; the first lacks a bias where there are several."""
    torch.manual_seed(1)
    activations = STACKS[name]
    widths = (5, 7, 4, 3)[: len(activations) + 1]
    linears = [
        nn.Linear(n, m, bias=place > 0 or len(activations) == 1).to(dtype)
        for place, (n, m) in enumerate(pairwise(widths))
    ]
    return linears, activations


def plain(x: Tensor, linears: list[nn.Linear], activations: tuple[Activation, ...]) -> Tensor:
    """The same layer by layer."""
    for linear, activation in zip(linears, activations, strict=True):
        x = linear(x) if activation is None else activation(linear(x))
    return x


def parameters_of(linears: list[nn.Linear]) -> list[nn.Parameter]:
    return [parameter for linear in linears for parameter in linear.parameters()]


@pytest.mark.parametrize("name", STACKS)
def test_first_and_second_derivatives_are_those_of_the_values(name: str) -> None:
    linears, activations = stack_of(name)
    x = torch.randn(6, 5, dtype=torch.float64, requires_grad=True)

    def values(x: Tensor, *_: Tensor) -> Tensor:
        return dense(x, linears, activations, onednn=True)

    inputs = (x, *parameters_of(linears))
    assert gradcheck(values, inputs)
    assert gradgradcheck(values, inputs)


@pytest.mark.parametrize("onednn", [False, True])
@pytest.mark.parametrize("name", STACKS)
def test_values_and_gradients_are_the_plain_layers_by_either_library(
    name: str, onednn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latentdim.nets.dense, "FOR_ONEDNN", 0)
    linears, activations = stack_of(name, torch.float32)
    x = torch.randn(64, 5, requires_grad=True)
    inputs = [x, *parameters_of(linears)]
    ours, theirs = dense(x, linears, activations, onednn=onednn), plain(x, linears, activations)
    weights = torch.randn_like(theirs)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)
    for mine, other in zip(
        torch.autograd.grad((weights * ours).sum(), inputs),
        torch.autograd.grad((weights * theirs).sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-5)
        assert mine.is_contiguous()


def test_a_gradient_that_is_one_number_everywhere_stays_whole() -> None:
    linears, activations = stack_of("relu_to_the_end")
    x = torch.randn(6, 5, dtype=torch.float64, requires_grad=True)
    inputs = [x, *parameters_of(linears)]
    ours = torch.autograd.grad(
        dense(x, linears, activations, onednn=False).sum(), inputs
    )  # sum's is an expanded scalar
    for mine, other in zip(ours, torch.autograd.grad(plain(x, linears, activations).sum(), inputs), strict=True):
        torch.testing.assert_close(mine, other)


def test_gradients_go_where_they_are_asked_for_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    linears, activations = stack_of("relu")
    frozen, moved = parameters_of(linears)[:1], parameters_of(linears)[1:]
    frozen[0].requires_grad_(False)
    x = torch.randn(6, 5, dtype=torch.float64)
    loss = dense(x, linears, activations, onednn=False).square().sum()
    products: list[tuple[int, ...]] = []
    product = torch.mm

    def counted(a: Tensor, b: Tensor) -> Tensor:
        products.append((a.shape[0], b.shape[1]))
        return product(a, b)

    monkeypatch.setattr(torch, "mm", counted)
    torch.autograd.backward(loss, inputs=moved[:1])
    assert products == [tuple(moved[0].shape)]  # nothing for the frozen layer, nor what would lead to it
    assert moved[0].grad is not None
    assert all(parameter.grad is None for parameter in [*frozen, *moved[1:]])


def test_gradients_of_several_uses_add_up() -> None:
    linears, activations = stack_of("relu")
    twins = copy.deepcopy(linears)
    for layers, apply in ((linears, lambda x, layers: dense(x, layers, activations, onednn=False)),
                          (twins, lambda x, layers: plain(x, layers, activations))):  # fmt: skip
        torch.manual_seed(2)
        for _ in range(2):
            x = torch.randn(6, 5, dtype=torch.float64)
            (apply(x, layers).square().sum() + apply(2.0 * x, layers).sum()).backward()
    for mine, other in zip(parameters_of(linears), parameters_of(twins), strict=True):
        torch.testing.assert_close(mine.grad, other.grad)
