"""Layers that torch has no module for, against other ways to the same numbers."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from latentdim.nets.blocks import doubling, halving, same_transposed
from latentdim.nets.build import stacked
from latentdim.nets.initial import draw_weights
from latentdim.nets.layers import (
    AxialAttention,
    Concatenate,
    Conv,
    ConvTranspose,
    Dense,
    Layer,
    Normal,
    Pad,
    Reshape,
    SpectralNorm,
    SwapAxes,
    Unused,
    Upsample,
)
from latentdim.nets.modules import SpectralNorm as SpectralNormModule


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def drawn(layers: list[Layer], shape: tuple[int, ...]) -> nn.Sequential:
    modules = stacked(layers, shape)
    draw_weights(modules, "torch", generator=generator())
    return modules


def values(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator())


NORMALISED: dict[str, tuple[Layer, tuple[int, ...]]] = {
    "dense": (Dense(7), (12,)),
    "convolution": (Conv(5, 3, stride=2, bias=False), (4, 8, 8)),
    "transposed": (ConvTranspose(5, 4, padding=1), (4, 6, 6)),
    "3-D": (Conv(5, 3), (2, 4, 4, 4)),
}


def matrix(layer: nn.Module) -> Tensor:
    """Outputs by all the rest."""
    weight = layer.weight
    return (weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else weight).flatten(1)


@pytest.mark.parametrize(("layer", "shape"), NORMALISED.values(), ids=list(NORMALISED))
def test_a_spectrally_normalised_layer_has_a_largest_singular_value_of_one(
    layer: Layer, shape: tuple[int, ...]
) -> None:
    (module,) = drawn([SpectralNorm(layer)], shape)
    x = values(2, *shape)
    for _ in range(200):
        module(x)  # in training, a power iteration each
    norm = torch.linalg.matrix_norm(matrix(module.layer), ord=2)
    assert module.norm().item() == pytest.approx(norm.item(), rel=1e-4)
    plain = drawn([layer], shape)[0]
    plain.weight.data.copy_(module.layer.weight / norm)
    if plain.bias is not None:
        plain.bias.data.copy_(module.layer.bias)
    assert torch.allclose(module.eval()(x), plain(x), atol=1e-5)


def test_spectral_normalisation_is_torchs_in_training_and_in_evaluation() -> None:
    (module,) = drawn([SpectralNorm(Dense(7))], (12,))
    theirs = nn.utils.parametrizations.spectral_norm(nn.Linear(12, 7))
    held = theirs.parametrizations.weight[0]
    theirs.parametrizations.weight.original.data.copy_(module.layer.weight)
    theirs.bias.data.copy_(module.layer.bias)
    held._v.copy_(functional.normalize(module.layer.weight.T @ module.direction, dim=0).detach())
    x = values(3, 12)
    for _ in range(3):
        one, other = module(x), theirs(x)
        assert torch.allclose(one, other, atol=1e-6)
    one.square().sum().backward()
    other.square().sum().backward()
    assert torch.allclose(module.layer.weight.grad, theirs.parametrizations.weight.original.grad, atol=1e-5)
    assert torch.allclose(module.eval()(x), theirs.eval()(x), atol=1e-6)


def test_spectral_normalisation_begins_near_the_singular_vector_and_stays_in_evaluation() -> None:
    (module,) = drawn([SpectralNorm(Dense(7))], (12,))
    assert isinstance(module, SpectralNormModule)
    norm = torch.linalg.matrix_norm(module.layer.weight, ord=2).item()
    assert module.norm().item() == pytest.approx(norm, rel=0.02)
    before = module.eval().direction.clone()
    module(values(2, 12))
    assert torch.equal(module.direction, before)


def test_a_norm_is_as_precise_under_autocast() -> None:
    (module,) = drawn([SpectralNorm(Dense(64))], (64,))
    plain = module.norm()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(module.norm(), plain)


def test_jacobians_go_through_norms_and_attention() -> None:
    """In forward mode, as relevance is measured, against reverse mode."""
    layers = [SpectralNorm(Dense(24)), Reshape((6, 2, 2)), AxialAttention(2), Upsample(2), SpectralNorm(Conv(2, 3))]
    modules = drawn(layers, (3,)).eval()
    z = values(1, 3)
    forward = torch.func.jacfwd(modules)(z)
    backward = torch.func.jacrev(modules)(z)
    assert forward.shape == (1, 2, 2, 2, 1, 3)
    assert torch.allclose(forward, backward, atol=1e-6)


def test_axial_attention_is_torchs_attention_along_each_axis_added() -> None:
    (module,) = drawn([AxialAttention(2)], (6, 3, 4, 5))
    x = values(2, 6, 3, 4, 5)
    expected = torch.zeros_like(x)
    for axis, attention in enumerate(module.axes, start=2):
        theirs = nn.MultiheadAttention(6, 2, bias=False, batch_first=True)
        heads = (attention.query.weight, attention.key.weight, attention.value.weight)
        theirs.in_proj_weight.data.copy_(torch.cat(heads))
        theirs.out_proj.load_state_dict(attention.back.state_dict())
        lines = x.movedim(1, -1).movedim(axis - 1, -2)  # (…, n, C)
        flat = lines.reshape(-1, *lines.shape[-2:])
        result = theirs(flat, flat, flat, need_weights=False)[0].reshape(lines.shape)
        expected += result.movedim(-2, axis - 1).movedim(-1, 1)
    assert torch.allclose(module(x), expected, atol=1e-5)


def test_padding_upsampling_and_swapped_axes_are_what_their_names_say() -> None:
    x = torch.arange(4.0).reshape(1, 1, 2, 2)
    assert drawn([Pad(1, 2)], (1, 2, 2))(x).tolist() == functional.pad(x, (1, 2, 1, 2)).tolist()
    by_axis = drawn([Pad((0, 2), (1, 0))], (1, 2, 2))(x)
    assert by_axis[0, 0].tolist() == [[0, 0, 0, 1], [0, 0, 2, 3], [0, 0, 0, 0]]
    assert torch.equal(drawn([Upsample(2)], (1, 2, 2))(x), functional.interpolate(x, scale_factor=2))
    assert drawn([Upsample((1, 2))], (1, 2, 2))(x)[0, 0].tolist() == [[0, 0, 1, 1], [2, 2, 3, 3]]
    clip = values(2, 8, 3, 4, 4)
    assert torch.equal(drawn([SwapAxes()], (8, 3, 4, 4))(clip)[1, 2, 5], clip[1, 5, 2])


def test_what_stands_beside_is_appended_or_never_asked() -> None:
    x = values(2, 3)
    beside = drawn([Concatenate((Dense(4),))], (3,))
    assert torch.equal(beside(x), torch.cat([x, beside[0].layers(x)], dim=1))
    unused = drawn([Unused((Dense(4),)), Dense(2)], (3,))
    unused(x).sum().backward()
    assert torch.equal(unused(x), unused[1](x))
    assert unused[0].layers[0].weight.grad is None


def tensorflow_same(x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """TensorFlow's rule: of the zeros needed, the smaller half goes before; single loops over places."""
    side, kernel = x.shape[-1], weight.shape[-1]
    outputs = -(-side // stride)
    needed = max((outputs - 1) * stride + kernel - side, 0)
    padded = torch.zeros(*x.shape[:2], side + needed, side + needed)
    begin = needed // 2
    padded[..., begin : begin + side, begin : begin + side] = x
    out = torch.zeros(len(x), len(weight), outputs, outputs)
    for i in range(outputs):
        for j in range(outputs):
            window = padded[..., i * stride : i * stride + kernel, j * stride : j * stride + kernel]
            out[:, :, i, j] = torch.einsum("bcij,ocij->bo", window, weight)
    return out


@pytest.mark.parametrize("kernel", [4, 5])
def test_a_halving_convolution_is_padded_as_tensorflows_same(kernel: int) -> None:
    modules = drawn(list(halving(3, kernel, bias=False)), (2, 8, 8))
    x = values(2, 2, 8, 8)
    assert torch.allclose(modules(x), tensorflow_same(x, modules[-1].weight, 2), atol=1e-5)


@pytest.mark.parametrize(("kernel", "stride"), [(4, 1), (5, 1), (4, 2), (5, 2)])
def test_a_transposed_convolution_is_the_gradient_of_tensorflows_same(kernel: int, stride: int) -> None:
    """TensorFlow defines it so: what the convolution of the larger map pulls back."""
    layers = doubling(3, kernel, bias=False) if stride == 2 else same_transposed(3, kernel)
    modules = drawn(list(layers), (2, 6, 6))
    y, large = values(1, 2, 6, 6), torch.zeros(1, 3, 6 * stride, 6 * stride, requires_grad=True)
    convolution = modules[0]
    tensorflow_same(large, convolution.weight, stride).backward(y)
    bias = 0.0 if convolution.bias is None else convolution.bias.reshape(1, -1, 1, 1)
    assert large.grad is not None
    assert torch.allclose(modules(y), large.grad + bias, atol=1e-5)


def test_a_normal_law_draws_what_it_names() -> None:
    modules = stacked([Conv(64, 4), ConvTranspose(64, 4)], (64, 8, 8))
    draw_weights(modules, Normal(0.02, truncated=True), generator=generator())
    cut, whole = modules[0].weight, modules[1].weight
    assert cut.abs().max() <= 0.04 < whole.abs().max()
    assert cut.std().item() == pytest.approx(0.02 * 0.8796, rel=0.02)  # of a normal cut off at two deviations
    assert whole.std().item() == pytest.approx(0.02, rel=0.02)
    assert not modules[0].bias.any()
    draw_weights(modules, Normal(0.02, bias_std=0.5), generator=generator())
    assert modules[0].weight.abs().max() > 0.04
    assert modules[1].bias.std().item() == pytest.approx(0.5, rel=0.4)
