"""Networks have the papers' layers, and refuse examples that they can't take."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import nn

from latentdim.nets import decoder_of, encoder_of
from latentdim.nets.architectures.ard_conv import ArdConv
from latentdim.nets.architectures.mlp import Mlp
from latentdim.nets.build import stacked
from latentdim.nets.layers import Activation, ActivationName
from latentdim.registry.declarations import Output
from latentdim.study.protocol import Training


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def protocol(network: Mlp | ArdConv) -> Training:
    return Training(network=network, epochs=1)


def test_the_ard_vae_mnist_network_has_the_papers_layers() -> None:
    training = protocol(ArdConv())
    encoder = encoder_of(training, shape=(1, 32, 32), dim=16, outputs=32, generator=generator())
    decoder = decoder_of(training, shape=(1, 32, 32), dim=16, generator=generator())
    convolutions = [m for m in encoder.modules() if isinstance(m, nn.Conv2d)]
    assert [(c.in_channels, c.out_channels, c.kernel_size, c.stride) for c in convolutions] == [
        (1, 64, (4, 4), (2, 2)), (64, 128, (4, 4), (2, 2)), (128, 256, (4, 4), (2, 2)), (256, 512, (4, 4), (2, 2)),
    ]  # fmt: skip
    transposed = [m for m in decoder.modules() if isinstance(m, nn.ConvTranspose2d)]
    assert [(c.in_channels, c.out_channels) for c in transposed] == [(512, 256), (256, 128), (128, 64), (64, 1)]
    assert encoder(torch.zeros(2, 1, 32, 32)).shape == (2, 32)
    out = decoder(torch.zeros(2, 16))
    assert out.shape == (2, 1, 32, 32)
    assert 0 <= out.min() <= out.max() <= 1
    # 2,753,536 convolution weights, 1,920 norm weights and no biases; 2,048 × 32 + 32 for the head: counted by hand.
    expected = 16 * (1 * 64 + 64 * 128 + 128 * 256 + 256 * 512) + 2 * 960 + 512 * 4 * 32 + 32
    assert sum(p.numel() for p in encoder.parameters()) == expected


def test_an_mlps_decoder_mirrors_its_encoder() -> None:
    network = protocol(Mlp(hidden=(7, 5, 3)))
    encoder = encoder_of(network, shape=(1, 4, 3), dim=2, outputs=4, generator=generator())
    decoder = decoder_of(network, shape=(1, 4, 3), dim=2, generator=generator())
    widths = [
        [(m.in_features, m.out_features) for m in part.modules() if isinstance(m, nn.Linear)]
        for part in (encoder, decoder)
    ]
    assert widths == [[(12, 7), (7, 5), (5, 3), (3, 4)], [(2, 3), (3, 5), (5, 7), (7, 12)]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("relu", lambda v: max(v, 0.0)),
        ("leaky_relu", lambda v: v if v > 0 else 0.2 * v),  # TensorFlow's default, where torch has 0.01
        ("tanh", math.tanh),
        ("silu", lambda v: v / (1.0 + math.exp(-v))),
    ],
)
def test_an_activation_is_the_function_of_its_name(name: ActivationName, expected: Callable[[float], float]) -> None:
    values = [-50.0, -3.0, -1.0, -0.25, 0.0, 0.5, 2.0, 7.0]
    found = stacked([Activation(name)], (8,))(torch.tensor([values]))
    assert found[0].tolist() == pytest.approx([expected(value) for value in values], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("linear", lambda v: v), ("sigmoid", lambda v: 1.0 / (1.0 + math.exp(-v))), ("tanh", math.tanh)],
)
def test_a_decoder_ends_in_the_function_of_its_output_name(name: Output, expected: Callable[[float], float]) -> None:
    decoder = decoder_of(protocol(Mlp(output=name)), shape=(2, 2), dim=3, generator=generator())
    z = 4 * torch.randn(5, 3, generator=generator())
    logits = decoder.logits(z)
    assert logits.shape == (5, 2, 2)
    assert decoder(z).flatten().tolist() == pytest.approx([expected(v) for v in logits.flatten().tolist()], abs=1e-6)


def test_the_cifar_column_starts_at_8_and_ends_with_stride_one() -> None:
    network = ArdConv(filters=(128, 256, 512, 1024), decoder_filters=(512, 256), decoder_side=8, last_stride=1)
    decoder = decoder_of(protocol(network), shape=(3, 32, 32), dim=128, generator=generator())
    assert decoder(torch.zeros(2, 128)).shape == (2, 3, 32, 32)


def test_the_network_for_factors_has_table_5s_layers() -> None:
    network = ArdConv(
        filters=(32, 32, 64, 64), decoder_filters=(64, 32, 32), decoder_side=4, batch_norm=False, symmetric_input=False
    )
    encoder = encoder_of(protocol(network), shape=(1, 64, 64), dim=10, outputs=20, generator=generator())
    decoder = decoder_of(protocol(network), shape=(1, 64, 64), dim=10, generator=generator())
    kinds = (nn.Conv2d, nn.ReLU, nn.Flatten, nn.Linear)
    assert all(isinstance(module, kinds) for module in list(encoder.children()))
    # Weights counted by hand: 16·(1·32 + 32·32 + 32·64 + 64·64) + 192 biases, and 1,024·20 + 20 for the head.
    assert sum(p.numel() for p in encoder.parameters()) == 16 * (32 + 1024 + 2048 + 4096) + 192 + 1024 * 20 + 20
    # 10·1,024 + 1,024; then 16·(64·64 + 64·32 + 32·32 + 32·1) + 64 + 32 + 32 + 1.
    assert sum(p.numel() for p in decoder.parameters()) == 11 * 1024 + 16 * (4096 + 2048 + 1024 + 32) + 129
    assert decoder(torch.zeros(2, 10)).shape == (2, 1, 64, 64)


def test_the_encoder_maps_its_input_to_minus_one_and_one() -> None:
    with_map = encoder_of(protocol(ArdConv()), shape=(1, 32, 32), dim=4, outputs=4, generator=generator()).eval()
    without = encoder_of(
        protocol(ArdConv(symmetric_input=False)), shape=(1, 32, 32), dim=4, outputs=4, generator=generator()
    )
    x = torch.rand(3, 1, 32, 32, generator=generator())
    assert torch.allclose(with_map(x), without.eval()(2 * x - 1), atol=1e-6)


def test_a_cropped_transposed_convolution_is_tensorflows_same_padding() -> None:
    """Stride 1, size 4: TensorFlow pads one before and two after, so output[i] = Σ_k input[i + 1 − k] · w[k]."""
    network = ArdConv(filters=(4, 4), decoder_filters=(4,), decoder_side=4, last_stride=1, output="linear")
    decoder = decoder_of(protocol(network), shape=(1, 8, 8), dim=2, generator=generator())
    last = [m for m in decoder.modules() if isinstance(m, nn.ConvTranspose2d)][-1]
    x = torch.randn(1, 4, 8, 8, generator=generator())
    whole = decoder.layers[-1](last(x))  # the crop after the convolution
    expected = torch.zeros(8, 8)
    for i in range(8):
        for j in range(8):
            for a in range(4):
                for b in range(4):
                    p, q = i + 1 - a, j + 1 - b
                    if 0 <= p < 8 and 0 <= q < 8:
                        expected[i, j] += (x[0, :, p, q] * last.weight[:, 0, a, b]).sum().detach()
    assert torch.allclose(whole[0, 0], expected + last.bias, atol=1e-5)


@pytest.mark.parametrize(
    ("network", "shape", "told"),
    [
        (ArdConv(), (1, 8, 8), r"\.filters: 4 strided convolutions need a side divisible by 16, not 8"),
        (ArdConv(filters=(4, 4)), (1, 8, 8), r"\.decoder_side = 2 makes 32×32 images, but they are 8×8"),
        (ArdConv(), (64,), r": 'ard_conv' takes square images \(channels, side, side\); this dataset has \(64,\)"),
    ],
)
def test_a_network_is_not_built_for_examples_that_it_cant_take(
    network: ArdConv, shape: tuple[int, ...], told: str
) -> None:
    with pytest.raises(ValueError, match=r"^protocol\.training\.network" + told):
        encoder_of(protocol(network), shape=shape, dim=4, outputs=4, generator=generator())
    with pytest.raises(ValueError, match=r"protocol\.training\.network" + told):
        decoder_of(protocol(network), shape=shape, dim=4, generator=generator())


def test_no_layer_before_a_normalisation_has_a_bias() -> None:
    """Of 960 + 448 such biases none is left; dense and last layers keep theirs."""
    encoder = encoder_of(protocol(ArdConv()), shape=(1, 32, 32), dim=4, outputs=4, generator=generator())
    decoder = decoder_of(protocol(ArdConv()), shape=(1, 32, 32), dim=4, generator=generator())
    kinds = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    biased = [[m.bias is not None for m in part.modules() if isinstance(m, kinds)] for part in (encoder, decoder)]
    assert biased == [[False] * 4 + [True], [True, False, False, False, True]]
    plain = encoder_of(protocol(ArdConv(batch_norm=False)), shape=(1, 32, 32), dim=4, outputs=4, generator=generator())
    assert all(m.bias is not None for m in plain.modules() if isinstance(m, kinds))
