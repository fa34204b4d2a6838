"""Counts are those of the arithmetic done by hand, of torch's own counter, and of real forward passes."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from latentdim.nets import decoder_of, encoder_of
from latentdim.nets.architectures.ard_conv import ArdConv
from latentdim.nets.architectures.maskaae_conv import MaskaaeResidual
from latentdim.nets.architectures.mlp import Mlp
from latentdim.nets.build import stacked
from latentdim.nets.count import architecture, compatibility, counts, declared_architecture
from latentdim.nets.layer_table import Incompatible, Row, rows
from latentdim.nets.layers import (
    Activation,
    AxialAttention,
    Concatenate,
    Conv,
    ConvTranspose,
    Crop,
    Dense,
    Flatten,
    Layer,
    Norm,
    Pad,
    Reshape,
    Residual,
    Scale,
    SpectralNorm,
    SwapAxes,
    Unused,
    Upsample,
    each_layer,
)
from latentdim.registry.declarations import NetworkOptions
from latentdim.study.protocol import Training


def test_an_mlp_counted_by_hand() -> None:
    """12 → 5 → 3 and 4 → 5 → 12: a weight for each pair and a bias for each output; each weight twice an operation."""
    found = counts(Mlp(hidden=(5,)), shape=(3, 2, 2), dim=4, outputs=3)
    assert found.parameters == (60 + 5) + (15 + 3) + (20 + 5) + (60 + 12)
    assert found.flops == 2 * (60 + 15 + 20 + 60)


def test_small_convolutions_counted_by_hand() -> None:
    """8×8 → 4×4 → 2×2, dense, and back: each weight is used once for each place that its kernel is laid on."""
    network = ArdConv(filters=(2, 3), decoder_filters=(3,), decoder_side=2)
    found = counts(network, shape=(1, 8, 8), dim=5)
    encoder = 16 * (1 * 2 * 16 + 2 * 3 * 4) + 12 * 5
    decoder = 5 * 12 + 16 * (3 * 3 * 4 + 3 * 1 * 16)
    assert found.flops == 2 * (encoder + decoder)
    # Weights; a scale and a shift for each normalised channel; biases of the dense layers and of the last one.
    assert found.parameters == (16 * (2 + 6) + 2 * 5 + 60 + 5) + (60 + 12 + 16 * (9 + 3) + 2 * 3 + 1)


def test_table_4s_columns_counted_by_hand() -> None:
    """MNIST at L = 16 with a head of 32; CIFAR-10 at L = 128 with a head of 256."""
    found = counts(ArdConv(), shape=(1, 32, 32), dim=16, outputs=32)
    encoder = 16 * (64 + 64 * 128 + 128 * 256 + 256 * 512) + 2 * 960 + 2048 * 32 + 32
    decoder = 16 * 2048 + 2048 + 16 * (512 * 256 + 256 * 128 + 128 * 64 + 64) + 2 * 448 + 1
    assert found.parameters == encoder + decoder
    network = ArdConv(filters=(128, 256, 512, 1024), decoder_filters=(512, 256), decoder_side=8, last_stride=1)
    found = counts(network, shape=(3, 32, 32), dim=128, outputs=256)
    encoder = 16 * (3 * 128 + 128 * 256 + 256 * 512 + 512 * 1024) + 2 * 1920 + 4096 * 256 + 256
    decoder = 128 * 65_536 + 65_536 + 16 * (1024 * 512 + 512 * 256 + 256 * 3) + 2 * 768 + 3
    assert found.parameters == encoder + decoder


BLOCK = (Conv(3, 3, padding=1, bias=False), Norm(), Activation("silu"), Conv(6, 3, padding=1))
STACKS: dict[str, tuple[tuple[Layer, ...], tuple[int, ...]]] = {
    "every kind": (
        (
            Scale(2.0, -1.0), Conv(4, 5, stride=2, padding=2), Activation("leaky_relu"),
            Residual(BLOCK, shortcut=(Conv(6, 1),)), ConvTranspose(2, 4, padding=1, bias=False), Norm(), Crop(1),
            Flatten(), Dense(20, bias=False), Norm(), Activation("tanh"), Dense(12), Reshape((3, 2, 2)),
            ConvTranspose(5, 3, stride=2),
        ),
        (3, 9, 12),
    ),
    "a volume": (
        (
            SwapAxes(), Pad((2, 0, 0), (1, 0, 0)), Conv(4, 4, stride=(1, 2, 2), padding=(0, 1, 1)), AxialAttention(2),
            Norm(), ConvTranspose(3, 4, stride=(1, 2, 2), padding=1), Crop((1, 0, 0)), Upsample((1, 2, 1)),
        ),
        (6, 3, 8, 8),
    ),
    "an odd number of channels under attention": ((AxialAttention(2),), (5, 3, 4)),
    "around other layers": (
        (
            SpectralNorm(Conv(4, 3)), Upsample(), SpectralNorm(ConvTranspose(2, 3, bias=False)), Flatten(),
            SpectralNorm(Dense(6)), Concatenate((Dense(4), Activation("relu"))), Unused((Dense(3), Dense(2))),
        ),
        (2, 5, 5),
    ),
    "an odd side": ((Conv(2, 4, stride=3, padding=1), Conv(1, 2)), (1, 11, 7)),
    "a shortcut that is the input": ((Residual((Conv(2, 3, padding=1),)),), (2, 4, 4)),
    "nothing": ((), (7,)),
}  # fmt: skip


@pytest.mark.parametrize(("layers", "shape"), STACKS.values(), ids=list(STACKS))
def test_counts_are_those_of_the_modules(layers: tuple[Layer, ...], shape: tuple[int, ...]) -> None:
    modules, batch = stacked(layers, shape).eval(), 3
    for parameter in modules.parameters():
        torch.nn.init.zeros_(parameter)
    value = torch.zeros(batch, *shape)
    for row, module in zip(rows(layers, shape), modules, strict=True):
        counter = FlopCounterMode(display=False)
        with torch.no_grad(), counter:
            value = module(value)
        assert row.shape == tuple(value.shape[1:])
        assert row.parameters == sum(parameter.numel() for parameter in module.parameters())
        assert batch * row.flops == counter.get_total_flops()


@pytest.mark.parametrize(
    ("network", "shape"), [(Mlp(hidden=(9, 5)), (7,)), (ArdConv(), (1, 32, 32))], ids=["mlp", "ard_conv"]
)
def test_a_whole_networks_counts_are_torchs(network: NetworkOptions, shape: tuple[int, ...]) -> None:
    protocol, generator = Training(network=network, steps=1), torch.Generator().manual_seed(0)
    encoder = encoder_of(protocol, shape=shape, dim=3, outputs=6, generator=generator).eval()
    decoder = decoder_of(protocol, shape=shape, dim=3, generator=generator).eval()
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        encoder(torch.zeros(1, *shape))
        decoder(torch.zeros(1, 3))
    found = counts(network, shape=shape, dim=3, outputs=6)
    assert found.flops == counter.get_total_flops()
    assert found.parameters == sum(p.numel() for part in (encoder, decoder) for p in part.parameters())


def test_values_are_what_a_training_keeps_for_its_way_back() -> None:
    """By hand; and as torch counts what a pass through residual blocks saves, weights left out, within a factor."""
    found = counts(Mlp(hidden=(5,)), shape=(3, 2, 2), dim=4)
    assert found.values == (5 + 5 + 4) + (5 + 5 + 12)
    assert found.widest == 12
    options = MaskaaeResidual(filters=(4, 8), hidden=16, decoder_channels=4, decoder_filters=(8, 16))
    layers, batch = architecture(options, shape=(3, 16, 16), dim=4), 3
    saved: dict[int, int] = {}
    for stack, start in ((layers.encoder, (3, 16, 16)), (layers.decoder, (4,))):
        modules = stacked(stack, start)
        weights = {parameter.untyped_storage().data_ptr() for parameter in modules.parameters()}

        def keep(tensor: torch.Tensor, weights: set[int] = weights) -> torch.Tensor:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in weights:
                saved[storage.data_ptr()] = storage.nbytes() // 4
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            held = modules(torch.ones(batch, *start))
        assert held.requires_grad
    found = counts(options, shape=(3, 16, 16), dim=4)
    assert 0.5 < sum(saved.values()) / (batch * found.values) < 1.0
    assert found.widest == 16 * 16 * 16


def test_declared_layers_are_those_of_a_shape_that_the_options_fit() -> None:
    plain = ArdConv(filters=(2, 3), decoder_filters=(3,), decoder_side=2)
    assert declared_architecture(plain) is None  # 8×8, for which nothing is declared
    assert declared_architecture(ArdConv()) == architecture(ArdConv(), shape=(1, 32, 32), dim=2)
    celeba = ArdConv(decoder_side=8, last_stride=1)
    assert declared_architecture(celeba) == architecture(celeba, shape=(3, 64, 64), dim=2)


def test_each_layer_is_found_inside_others_too() -> None:
    inner = (SpectralNorm(Dense(2)), Residual((Activation("relu"),), shortcut=(Norm(),)))
    assert list(each_layer([Concatenate(inner), Flatten()])) == [
        Concatenate(inner), inner[0], Dense(2), inner[1], Activation("relu"), Norm(), Flatten(),
    ]  # fmt: skip


def test_a_table_has_a_row_for_each_layer() -> None:
    layers = architecture(Mlp(hidden=(5,)), shape=(1, 2, 2), dim=3).decoder
    assert rows(layers, (3,)) == (
        Row(Dense(5), (5,), 20, 30), Row(Activation("relu"), (5,)), Row(Dense(4), (4,), 24, 40),
        Row(Reshape((1, 2, 2)), (1, 2, 2)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("layers", "shape", "told"),
    [
        ((Dense(3),), (1, 2, 2), "Dense(width=3, bias=True) is given 1×2×2"),
        ((Reshape((2, 2, 2)),), (7,), "Reshape(shape=(2, 2, 2)) is given 7 values"),
        ((Conv(1, 5),), (1, 4, 4), "Conv(filters=1, kernel=5, stride=1, padding=0, bias=True) is given 1×4×4"),
        ((Crop(4),), (1, 4, 4), "Crop(last=4) is given 1×4×4"),
        ((Flatten(), Norm(), Crop()), (1, 2, 2), "Crop(last=1) is given 4 values"),
        (
            (Conv(1, (1, 2, 2)),),
            (1, 4, 4),
            "Conv(filters=1, kernel=(1, 2, 2), stride=1, padding=0, bias=True) is given 1×4×4",
        ),
        ((Conv(1, 2),), (1, 1, 4, 4), "Conv(filters=1, kernel=2, stride=1, padding=0, bias=True) is given 1×1×4×4"),
        ((AxialAttention(3),), (2, 4, 4), "AxialAttention(heads=3) is given 2×4×4"),
        ((SwapAxes(),), (4,), "SwapAxes() is given 4 values"),
        ((Concatenate(()),), (1, 4, 4), "Concatenate(layers=()) is given 1×4×4"),
    ],
)
def test_a_layer_that_cant_take_what_reaches_it_is_named(
    layers: tuple[Layer, ...], shape: tuple[int, ...], told: str
) -> None:
    with pytest.raises(Incompatible) as refusal:
        rows(layers, shape)
    assert str(refusal.value) == told


def test_an_mlp_takes_everything() -> None:
    for shape in ((5,), (3, 4, 5), (8, 3, 6, 6)):
        assert compatibility(Mlp(), shape=shape, dim=2) == ()
