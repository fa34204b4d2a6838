"""Initial weights follow the law that the network names, and come from one stream in the order of the layers."""

import math

import pytest
import torch
from torch import nn

from latentdim.nets import decoder_of, encoder_of
from latentdim.nets.architectures.ard_conv import ArdConv
from latentdim.nets.architectures.mlp import Mlp
from latentdim.study.protocol import Training


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def protocol(network: Mlp | ArdConv) -> Training:
    return Training(network=network, epochs=1)


def test_initial_weights_come_from_the_stream_alone() -> None:
    torch.manual_seed(1)
    one = encoder_of(protocol(ArdConv()), shape=(1, 32, 32), dim=4, outputs=4, generator=generator())
    torch.manual_seed(2)
    two = encoder_of(protocol(ArdConv()), shape=(1, 32, 32), dim=4, outputs=4, generator=generator())
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_the_released_codes_fixed_seed_leaves_only_dense_and_last_layers_to_chance() -> None:
    network = ArdConv(fixed_hidden_seed=True)
    one, two = (
        decoder_of(protocol(network), shape=(1, 32, 32), dim=4, generator=torch.Generator().manual_seed(seed))
        for seed in (1, 2)
    )
    layers = zip(one.layers, two.layers, strict=True)
    same = [torch.equal(a.weight, b.weight) for a, b in layers if isinstance(a, nn.Linear | nn.ConvTranspose2d)]
    assert same == [False, True, True, True, False]


@pytest.mark.parametrize("law", ["torch", "glorot_uniform"])
def test_dense_layers_follow_the_law_that_the_protocol_names(law: str) -> None:
    network = Mlp(hidden=(400,), initialisation=law)
    layers = encoder_of(protocol(network), shape=(300,), dim=10, outputs=10, generator=generator())
    first = next(m for m in layers.modules() if isinstance(m, nn.Linear))
    bound = 1 / math.sqrt(300) if law == "torch" else math.sqrt(6 / 700)
    # 120,000 uniform draws: the extremes lie within a part in a thousand of the bounds, the variance at bound²/3.
    assert first.weight.abs().max().item() == pytest.approx(bound, rel=1e-3)
    assert first.weight.var().item() == pytest.approx(bound**2 / 3, rel=0.02)
    assert (first.bias == 0).all() == (law == "glorot_uniform")


def test_torchs_own_default_has_the_same_moments_as_ours() -> None:
    ours = encoder_of(
        protocol(ArdConv(initialisation="torch")), shape=(1, 32, 32), dim=4, outputs=4, generator=generator()
    )
    for layer in (m for m in ours.modules() if isinstance(m, nn.Conv2d)):
        theirs = nn.Conv2d(layer.in_channels, layer.out_channels, 4)
        assert layer.weight.std().item() == pytest.approx(theirs.weight.std().item(), rel=0.08)


def test_hidden_convolutions_are_he_normal_in_keras_law() -> None:
    layers = decoder_of(protocol(ArdConv()), shape=(1, 32, 32), dim=16, generator=generator()).layers
    first, last = ([m for m in layers if isinstance(m, nn.ConvTranspose2d)][i] for i in (0, -1))
    # He: variance 2 / fan-in; Keras reads a transposed kernel's output channels as its fan-in. 2 million draws.
    assert first.weight.var().item() == pytest.approx(2 / (16 * 256), rel=0.02)
    assert last.weight.abs().max().item() == pytest.approx(math.sqrt(6 / (16 * 64 + 16 * 1)), rel=0.02)


def test_an_mlps_weights_are_drawn_one_after_another_from_one_stream() -> None:
    """Each layer's weight, then its bias, encoder and decoder in turn: the draws written down one by one."""
    stream, draws = generator(), generator()
    training = protocol(Mlp(hidden=(7, 5)))
    encoder = encoder_of(training, shape=(1, 3, 4), dim=2, outputs=4, generator=stream)
    decoder = decoder_of(training, shape=(1, 3, 4), dim=2, generator=stream)
    sizes = ((12, 7), (7, 5), (5, 4), (2, 5), (5, 7), (7, 12))
    parameters = [*encoder.parameters(), *decoder.parameters()]
    assert len(parameters) == 2 * len(sizes)
    for (inputs, outputs), weight, bias in zip(sizes, parameters[::2], parameters[1::2], strict=True):
        bound = 1.0 / math.sqrt(inputs)
        assert torch.equal(weight, torch.empty(outputs, inputs).uniform_(-bound, bound, generator=draws))
        assert torch.equal(bias, torch.empty(outputs).uniform_(-bound, bound, generator=draws))


@pytest.mark.parametrize("law", ["keras", "torch"])
def test_without_biases_the_other_weights_draws_depend_on_the_law(law: str) -> None:
    """Keras's biases are zeros and draw nothing; torch's do, so that the layers after a missing one get its draws."""
    normed, plain = (
        encoder_of(
            protocol(ArdConv(filters=(2, 3), decoder_filters=(2,), initialisation=law, batch_norm=norm)),
            shape=(1, 8, 8), dim=2, outputs=2, generator=generator(),
        )
        for norm in (True, False)
    )  # fmt: skip
    kinds = (nn.Conv2d, nn.Linear)
    pairs = zip(
        (m for m in normed if isinstance(m, kinds)), (m for m in plain if isinstance(m, kinds)), strict=True
    )  # fmt: skip
    equal = [torch.equal(one.weight, two.weight) for one, two in pairs]
    assert equal == ([True, True, True] if law == "keras" else [True, False, False])
