"""Pruned values are trained on as if they had always been among those that are kept."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop

from latentdim.nets import LatentModel, decoder_of, encoder_of, prune, prune_axes
from latentdim.nets.build import Decoder, stacked
from latentdim.nets.initial import draw_weights
from latentdim.nets.layers import Conv, Dense, Flatten, Reshape, SpectralNorm
from latentdim.study.protocol import Training

KEPT = torch.tensor([4, 0, 3])
Make = Callable[[list[nn.Parameter]], Optimizer]
OPTIMIZERS: dict[str, Make] = {
    "adam, fused": lambda p: Adam(p, lr=0.1, fused=True, weight_decay=0.1),
    "adam": lambda p: Adam(p, lr=0.1, betas=(0.5, 0.9)),
    "adamw with a maximum": lambda p: AdamW(p, lr=0.1, amsgrad=True),
    "rmsprop with momentum": lambda p: RMSprop(p, lr=0.1, momentum=0.9, centered=True),
    "adagrad": lambda p: Adagrad(p, lr=0.1),
    "sgd with momentum": lambda p: SGD(p, lr=0.1, momentum=0.9),
    "sgd": lambda p: SGD(p, lr=0.1),
}


def descend(weight: nn.Parameter, target: Tensor, optimizer: Optimizer, steps: int) -> None:
    for _ in range(steps):
        optimizer.zero_grad()
        (weight - target).square().sum().backward()
        optimizer.step()


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
@pytest.mark.parametrize("axis", [0, 1])
def test_what_is_kept_moves_on_as_if_it_had_always_been_alone(make: Make, axis: int) -> None:
    """The loss is a sum over values, so each moves by its own gradients alone: an exact reference."""
    draw = torch.Generator().manual_seed(0)
    start, target = torch.randn(5, 5, generator=draw), torch.randn(5, 5, generator=draw)
    weight, other = nn.Parameter(start.clone()), nn.Parameter(torch.ones(5))
    optimizer = make([weight, other])
    descend(weight, target, optimizer, 4)
    prune(weight, KEPT, axis=axis, optimizers=[optimizer])
    assert optimizer.param_groups[0]["params"][0] is weight
    assert weight.grad is None
    descend(weight, target.index_select(axis, KEPT), optimizer, 4)

    alone = nn.Parameter(start.index_select(axis, KEPT))
    descend(alone, target.index_select(axis, KEPT), make([alone]), 8)
    assert torch.equal(weight, alone)
    assert torch.equal(other, torch.ones(5))


def test_a_buffer_is_pruned_too() -> None:
    buffer = torch.arange(5)
    prune(buffer, KEPT, axis=0)
    assert buffer.tolist() == [4, 0, 3]


@pytest.mark.parametrize("kept", [[], [0, 0], [5], [-1]])
def test_positions_that_are_none_are_refused(kept: list[int]) -> None:
    weight = nn.Parameter(torch.ones(5))
    with pytest.raises(ValueError, match="no different positions from 0 to 4 along axis 0"):
        prune(weight, torch.tensor(kept, dtype=torch.int64), axis=0)
    assert weight.shape == (5,)


def test_codes_of_present_axes_are_spread_over_all_of_them() -> None:
    model = LatentModel(dim=4, shape=(3,))
    model.inactive_value.copy_(torch.tensor([10.0, 11.0, 12.0, 13.0]))
    codes = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    spread = model.spread(codes, torch.tensor([3, 1]))
    assert spread.tolist() == [[10.0, 2.0, 12.0, 1.0], [10.0, 4.0, 12.0, 3.0]]
    (spread * torch.arange(4.0)).sum().backward()
    assert codes.grad is not None
    assert codes.grad.tolist() == [[3.0, 1.0]] * 2
    assert model.present_dim == 4


def test_a_network_without_some_axes_is_the_one_that_it_was_with_them_at_zero() -> None:
    """Encoders of one or two numbers an axis; moments of the optimiser go along."""
    protocol, draw = Training(steps=1), torch.Generator().manual_seed(0)
    x, kept = torch.rand(6, 9, generator=draw), torch.tensor([3, 0])
    for outputs in (4, 8):
        encoder = encoder_of(protocol, shape=(9,), dim=4, outputs=outputs, generator=draw)
        decoder = decoder_of(protocol, shape=(9,), dim=4, generator=draw)
        optimizer = Adam([*encoder.parameters(), *decoder.parameters()], lr=0.1)
        (encoder(x).square().sum() + decoder(torch.ones(1, 4)).square().sum()).backward()
        optimizer.step()
        before = encoder(x).unflatten(1, (-1, 4))[:, :, kept].flatten(1)
        codes = torch.randn(6, 2, generator=draw)
        due = decoder(torch.zeros(6, 4).index_copy(1, kept, codes))
        prune_axes(encoder, decoder, kept, optimizers=[optimizer])
        assert torch.allclose(encoder(x), before, atol=1e-6)
        assert torch.allclose(decoder(codes), due, atol=1e-6)
        for parameter, state in optimizer.state.items():
            assert state["exp_avg"].shape == parameter.shape


def test_a_spectrally_normalised_head_loses_axes_with_its_direction() -> None:
    encoder, decoder = stacked([SpectralNorm(Dense(4))], (9,)), Decoder(stacked([Dense(9)], (4,)), nn.Identity())
    draw_weights(encoder, "torch", generator=torch.Generator().manual_seed(0))
    direction = encoder[0].direction.clone()
    prune_axes(encoder, decoder, torch.tensor([2, 1]))
    assert torch.equal(encoder[0].direction, direction[[2, 1]])
    assert encoder(torch.ones(3, 9)).shape == (3, 2)


@pytest.mark.parametrize(
    ("encoder", "decoder", "told"),
    [
        ([Flatten(), Conv(2, 1)], [Dense(9)], "the encoder doesn't end in a dense head"),
        ([Dense(4)], [Reshape((4, 1, 1)), Conv(9, 1)], "the decoder doesn't begin with a dense layer"),
        ([Dense(4)], [], "the decoder doesn't begin with a dense layer"),
    ],
)
def test_axes_are_taken_from_dense_layers_only(encoder: list, decoder: list, told: str) -> None:
    first = stacked(encoder[1:], (9, 1, 1)) if len(encoder) > 1 else stacked(encoder, (9,))
    with pytest.raises(ValueError, match=told):
        prune_axes(first, Decoder(stacked(decoder, (4,)), nn.Identity()), KEPT)
