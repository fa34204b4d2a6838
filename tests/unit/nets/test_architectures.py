"""Networks of the papers: parameters as printed, else as counted by hand here, and what layers they consist of."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import yaml

from latentdim import registry
from latentdim.nets.architectures.ald_conv import AldClips
from latentdim.nets.architectures.ard_conv import ArdConv
from latentdim.nets.architectures.maskaae_conv import MaskaaeConv, MaskaaeResidual
from latentdim.nets.build import stacked
from latentdim.nets.count import architecture, compatibility, counts
from latentdim.nets.layers import Conv, ConvTranspose, Dense, Residual
from latentdim.plan.expand import plan_study
from latentdim.study.protocol import Training
from latentdim.system.problems import InputError


def parameters(name: str, *, dim: int, outputs: int, shape: tuple[int, ...] | None = None) -> int:
    """What a preset is counted with."""
    network, preset = registry.presets()[name]
    options = network.options_of(preset)
    return counts(options, shape=shape or preset.shape, dim=dim, outputs=outputs).parameters


def norm(channels: int) -> int:
    return 2 * channels


def conv(inputs: int, outputs: int, kernel: int, *, bias: bool = False) -> int:
    return kernel * kernel * inputs * outputs + bias * outputs


def fc(inputs: int, outputs: int, *, bias: bool = True) -> int:
    return (inputs + bias) * outputs


def block(channels: int, *, bias: bool = False) -> int:
    """Two normalised 3×3 convolutions beside a third."""
    return 2 * norm(channels) + 3 * conv(channels, channels, 3) + bias * channels


def ard(inputs: int, filters: tuple[int, ...], decoder: tuple[int, ...], side: int, *, kernel: int = 4) -> int:
    """ARD-VAE's Table 4 without its dense layers."""
    sizes = zip((inputs, *filters), filters, strict=False)
    there = sum(conv(one, two, kernel) + norm(two) for one, two in sizes)
    sizes = zip((filters[-1], *decoder), decoder, strict=False)
    back = sum(conv(one, two, kernel) + norm(two) for one, two in sizes)
    return there + back + conv(decoder[-1], inputs, kernel, bias=True)


RAE = (128, 256, 512, 1024)
EUROSAT = (
    20, 40,
    conv(3, 32, 4, bias=True) + 3 * conv(32, 32, 4, bias=True) + fc(512, 256) + fc(256, 256) + fc(256, 40)
    + fc(20, 256) + fc(256, 256) + fc(256, 512) + 3 * conv(32, 32, 4, bias=True) + conv(32, 3, 4, bias=True),
)  # fmt: skip
# 16 channels, 8 inside; queries, keys, values and the way back, along each of three axes.
CLIP_BLOCK = norm(16) + 27 * 16 * 8 + norm(8) + 8 * 16 + norm(16) + 3 * 4 * 16 * 16
BY_HAND = {
    # name: L, the encoder's outputs, parameters
    "ard_mnist_32": (16, 32, ard(1, (64, 128, 256, 512), (256, 128, 64), 2) + fc(2048, 32) + fc(16, 2048)),
    "ard_celeba": (64, 128, ard(3, (64, 128, 256, 512), (256, 128, 64), 8) + fc(8192, 128) + fc(64, 32768)),
    "ard_cifar10": (128, 256, ard(3, RAE, (512, 256), 8) + fc(4096, 256) + fc(128, 65536)),
    "ard_factors": (
        6, 12,
        conv(1, 32, 4, bias=True) + conv(32, 32, 4, bias=True) + conv(32, 64, 4, bias=True) + conv(64, 64, 4, bias=True)
        + fc(1024, 12) + fc(6, 1024) + conv(64, 64, 4, bias=True) + conv(64, 32, 4, bias=True)
        + conv(32, 32, 4, bias=True) + conv(32, 1, 4, bias=True),
    ),
    "rae_mnist_32": (16, 16, ard(1, RAE, (512, 256), 8) + fc(4096, 16) + fc(16, 65536)),
    "rae_cifar10": (128, 128, ard(3, RAE, (512, 256), 8) + fc(4096, 128) + fc(128, 65536)),
    "rae_celeba": (64, 64, ard(3, RAE, (512, 256, 128), 8, kernel=5) + fc(16384, 64) + fc(64, 65536)),
    "maskaae_synthetic": (16, 16, fc(128, 1000) + fc(1000, 16) + fc(16, 1000) + fc(1000, 128)),
    "maskaae_mnist": (64, 64, fc(784, 1024) + fc(1024, 64) + fc(64, 1024) + fc(1024, 784)),
    "maskaae_mnist_released": (
        48, 48, fc(784, 1024) + fc(1024, 48) + fc(48, 1024) + fc(1024, 784) + 6 * fc(1024, 1024)
    ),
    "maskaae_fashion_mnist": (
        128, 128,
        conv(1, 64, 4) + norm(64) + conv(64, 128, 4) + norm(128) + fc(6272, 1024, bias=False) + norm(1024)
        + fc(1024, 128)
        + fc(128, 1024, bias=False) + norm(1024) + fc(1024, 6272, bias=False) + norm(6272)
        + 2 * (conv(128, 128, 4) + norm(128)) + conv(128, 1, 3, bias=True),
    ),
    "maskaae_cifar10": (
        256, 256,
        conv(3, 128, 4) + norm(128) + conv(128, 128, 4) + norm(128) + conv(128, 256, 4) + norm(256)
        + fc(4096, 1024, bias=False) + norm(1024) + fc(1024, 256)
        + fc(256, 2048, bias=False) + norm(2048)
        + conv(512, 256, 4) + 3 * conv(256, 256, 4) + 4 * (norm(256) + block(256) + norm(256))
        + conv(256, 3, 3, bias=True),
    ),
    "maskaae_celeba": (
        256, 256,
        conv(3, 16, 3) + norm(16) + block(16, bias=True) + conv(16, 32, 4, bias=True) + block(32, bias=True)
        + conv(32, 64, 4, bias=True) + block(64, bias=True) + conv(64, 64, 4, bias=True) + block(64, bias=True)
        + fc(4096, 512) + fc(512, 512) + fc(4096, 512, bias=False) + fc(512, 256)
        + fc(256, 64, bias=False) + norm(64)
        + sum(
            conv(one, two, 4) + block(two) + 2 * norm(two)
            for one, two in ((16, 32), (32, 64), (64, 128), (128, 256), (256, 512))
        )
        + conv(512, 3, 3, bias=True),
    ),
    "ald_mlp": (20, 40, fc(784, 400) + 2 * fc(400, 400) + fc(400, 40) + fc(20, 400) + fc(400, 784)),
    "ald_eurosat": EUROSAT, "ald_eurosat_released": EUROSAT,
    "ald_sprites": (
        16, 32,
        64 * 3 * 16 + 16 + 64 * 16 * 16 + 16 + 27 * 16 * 16 + 4 * CLIP_BLOCK + norm(16) + fc(16 * 4 * 256, 32)
        + fc(16, 16) + fc(16, 16 * 8 * 256) + 4 * CLIP_BLOCK + norm(16) + 64 * 16 * 16 + 16 + 64 * 16 * 3 + 3,
    ),
    "vae_ae_vae": (2, 4, 790_792),  # printed in VAE/AE, appendix A.1
    "vae_ae_ae": (2, 2, 787_786),  # printed in VAE/AE, appendix A.2
}  # fmt: skip


@pytest.mark.parametrize("name", registry.presets())
def test_a_preset_has_the_parameters_printed_or_counted_by_hand(name: str) -> None:
    dim, outputs, expected = BY_HAND[name]
    assert parameters(name, dim=dim, outputs=outputs) == expected


def test_disentanglement_libs_network_counted_by_hand() -> None:
    """Kernels 4, 4, 2, 2; dense layers of 256 units on both sides of the code."""
    options = registry.networks().get("factor_conv").options()
    encoder = 16 * 32 + 32 + 16 * 1024 + 32 + 4 * 2048 + 64 + 4 * 4096 + 64 + 1024 * 256 + 256 + 256 * 20 + 20
    decoder = 10 * 256 + 256 + 256 * 1024 + 1024 + 16 * (4096 + 2048 + 1024 + 32) + 64 + 32 + 32 + 1
    assert counts(options, shape=(1, 64, 64), dim=10, outputs=20).parameters == encoder + decoder


def test_the_two_stage_vaes_networks_counted_by_hand() -> None:
    """On MNIST at L = 64; on codes with as many latent dimensions again, which the last layers are given, too."""
    encoder = conv(1, 64, 4, bias=True) + conv(64, 128, 4) + norm(128) + fc(6272, 1024, bias=False) + norm(1024)
    decoder = fc(64, 1024, bias=False) + norm(1024) + fc(1024, 6272, bias=False) + norm(6272)
    decoder += conv(128, 64, 4) + norm(64) + conv(64, 1, 4, bias=True)
    found = counts(registry.networks().get("infogan").options(), shape=(1, 28, 28), dim=64, outputs=128)
    assert found.parameters == encoder + fc(1024, 128) + decoder
    found = counts(registry.networks().get("second_stage").options(), shape=(64,), dim=64, outputs=128)
    hidden = fc(64, 1024) + 2 * fc(1024, 1024)
    assert found.parameters == 2 * hidden + fc(1088, 128) + fc(1088, 64)


def test_the_assumed_network_enlarges_maps_without_weights() -> None:
    options = registry.networks().get("geco_conv").options()
    found = counts(options, shape=(1, 28, 28), dim=16, outputs=32)
    encoder = conv(1, 32, 3, bias=True) + conv(32, 64, 3, bias=True) + fc(3136, 256) + fc(256, 32)
    decoder = fc(16, 256) + fc(256, 3136)
    decoder += conv(64, 64, 3, bias=True) + conv(64, 32, 3, bias=True) + conv(32, 1, 3, bias=True)
    assert found.parameters == encoder + decoder


def test_a_clips_network_reads_each_frames_channels() -> None:
    """Equal frames go through in whatever order; a decoder of clips ends frame by frame, too."""
    protocol = Training.model_validate({"steps": 1, "network": {"name": "ald_clips", "frames": 4, "attention": False}})
    layers = architecture(protocol.network, shape=(12, 8, 8), dim=3)
    by_frames = stacked(layers.encoder[:3], (12, 8, 8))
    clip = torch.randn(2, 4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(by_frames(clip.flatten(1, 2)), clip.transpose(1, 2))
    back = stacked(layers.decoder[-3:], (3, 4, 8, 8))
    assert torch.equal(back(clip.transpose(1, 2)), clip.flatten(1, 2))


@pytest.mark.parametrize("part", ["encoder", "decoder", "both"])
def test_any_networks_weights_can_be_divided_by_their_norms(part: str) -> None:
    options = MaskaaeConv(spectral_norm=part)
    layers, plain = (architecture(one, shape=(3, 32, 32), dim=2) for one in (options, MaskaaeConv()))
    for name in ("encoder", "decoder"):
        whole, without = getattr(layers, name), getattr(plain, name)
        if part in {name, "both"}:
            assert not any(isinstance(one, Conv | ConvTranspose | Dense) for one in whole)
            blocks = [inner for one in whole if isinstance(one, Residual) for inner in (*one.layers, *one.shortcut)]
            assert not any(isinstance(one, Conv) for one in blocks)
        else:
            assert whole == without
    assert counts(options, shape=(3, 32, 32), dim=2) == counts(MaskaaeConv(), shape=(3, 32, 32), dim=2)


def test_maskaaes_residual_blocks_have_the_shortcut_that_is_chosen() -> None:
    for kind in (MaskaaeConv, MaskaaeResidual):
        shortcuts = {}
        for choice in ("convolution", "identity"):
            layers = architecture(kind(shortcut=choice), shape=(3, 64, 64), dim=2)
            blocks = [one for one in (*layers.encoder, *layers.decoder) if isinstance(one, Residual)]
            maps = [one for one in blocks if isinstance(one.layers[-1], Conv)]
            shortcuts[choice] = {len(one.shortcut) for one in maps}
        assert shortcuts == {"convolution": {1}, "identity": {0}}


@pytest.mark.parametrize(
    ("options", "shape", "told"),
    [
        (MaskaaeConv(), (3, 28, 28), ".decoder_filters: 4 doublings need sides divisible by 16, not 28×28"),
        (MaskaaeResidual(), (3, 48, 64), ".decoder_filters: 5 doublings need sides divisible by 32, not 48×64"),
        (MaskaaeConv(), (7,), ": 'maskaae_conv' takes images (channels, height, width); this dataset has (7,)"),
        (AldClips(), (25, 16, 16), ".frames = 8: examples have 25 channels, which aren't so many frames"),
        (
            AldClips(frames=3),
            (9, 16, 16),
            ".frames = 3: should be even, since the first convolution halves their number",
        ),
        (ArdConv(kernel=5), (1, 48, 48), ".decoder_side = 2 makes 32×32 images, but they are 48×48"),
    ],
)
def test_examples_that_dont_fit_are_told_by_the_option(options: Any, shape: tuple[int, ...], told: str) -> None:
    assert compatibility(options, shape=shape, dim=2) == (told,)


def test_a_presets_name_stands_for_its_options_alone() -> None:
    by_name = Training.model_validate({"steps": 1, "network": {"name": "ard_cifar10", "batch_norm": False}})
    assert by_name.network == ArdConv(
        filters=(128, 256, 512, 1024), decoder_filters=(512, 256), decoder_side=8, last_stride=1, batch_norm=False
    )
    defaults = Training.model_validate_json('{"steps": 1, "network": {"name": "ard_mnist_32"}}')
    assert defaults.network == ArdConv()


def study(network: dict[str, Any], folder: Any) -> str:
    content = {
        "title": "A study", "protocol": {"training": {"steps": 4, "batch_size": 16, "network": network}},
        "metrics": ["mse_per_pixel"], "grid": [{"datasets": ["digits"], "methods": {"vae": {}}, "dims": [2]}],
    }  # fmt: skip
    file = folder / "study.yaml"
    file.write_text(yaml.safe_dump(content))
    return str(file)


def test_runs_of_a_preset_and_of_its_options_are_the_same_runs(tmp_path: Any) -> None:
    paths = [
        plan_study(study(network, tmp_path), results=tmp_path / "results").runs[0].path
        for network in ({"name": "ald_mlp"}, {"name": "mlp", "hidden": [400, 400], "output": "sigmoid"})
    ]
    assert paths[0] == paths[1]


@pytest.mark.parametrize(
    ("network", "told"),
    [
        ({"name": "ald_ml"}, "network.name = 'ald_ml': not a network; did you mean 'ald_mlp'?"),
        ({"name": "ald_mlp", "hiden": 3}, "network.hiden: unknown key; did you mean 'hidden'?"),
        ({"name": "ard_celeba"}, "decoder_side = 8 makes 64×64 images, but they are 8×8"),
    ],
)
def test_mistakes_about_a_preset_are_told(network: dict[str, Any], told: str, tmp_path: Any) -> None:
    with pytest.raises(InputError) as refusal:
        plan_study(study(network, tmp_path), results=tmp_path / "results")
    assert told in str(refusal.value) or any(told in problem for problem in refusal.value.problems)


def test_the_vae_ae_papers_weights_are_normal_with_the_deviation_named() -> None:
    from latentdim.nets import decoder_of

    protocol = Training.model_validate({"steps": 1, "network": {"name": "vae_ae_vae"}})
    decoder = decoder_of(protocol, shape=(1, 28, 28), dim=2, generator=torch.Generator().manual_seed(0))
    weight, bias = decoder.layers[-2].weight, decoder.layers[-2].bias
    # 392,000 and 784 draws: deviations within 4 standard errors, and beyond what a uniform law could reach.
    assert weight.std().item() == pytest.approx(0.1, abs=4 * 0.1 / (2 * 392_000) ** 0.5)
    assert bias.std().item() == pytest.approx(0.1, abs=4 * 0.1 / (2 * 784) ** 0.5)
    assert weight.abs().max().item() > 0.35
