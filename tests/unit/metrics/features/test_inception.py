"""Inception's features are torch-fidelity's for bytes, and the same function of floats."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from latentdim.metrics import MetricRefused, inception_features
from latentdim.metrics.features import inception
from latentdim.metrics.features.inception import resized
from latentdim.study.evaluation import Fid
from latentdim.system.seeds import torch_stream


def noise(n: int, *, channels: int = 3, side: int = 8) -> torch.Tensor:
    return torch.randint(0, 256, (n, channels, side, side), generator=torch_stream("noise", n), dtype=torch.uint8)


@pytest.mark.parametrize("layer", [64, 192, 768, 2048])
def test_features_of_bytes_are_torch_fidelity_s_to_the_last_bit(named_inception, layer):
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    network = FeatureExtractorInceptionV3("x", [str(layer)], feature_extractor_weights_path=str(named_inception))
    (expected,) = network(noise(2))
    assert torch.equal(inception_features(noise(2), Fid(layer=layer)), expected)


def test_grey_images_count_as_colour_with_three_equal_channels(small_inception):
    grey = noise(4, channels=1)
    assert torch.equal(
        inception_features(grey, Fid(layer=64)), inception_features(grey.repeat(1, 3, 1, 1), Fid(layer=64))
    )


@pytest.mark.parametrize("quantisation", ["round", "none"])
def test_floats_that_stand_for_bytes_have_the_bytes_features(small_inception, quantisation):
    real = noise(4)
    fid = Fid(layer=64, quantisation=quantisation)
    torch.testing.assert_close(inception_features(real / 255, fid), inception_features(real, fid), rtol=1e-5, atol=1e-6)


def test_floats_between_bytes_are_not_rounded_where_none_are_asked_for(small_inception):
    made = (noise(4).to(torch.float64) + 0.4).clamp_max(255) / 255
    rounded, exact, above = (
        inception_features(images.float(), Fid(layer=64, quantisation=how))
        for images, how in ((made, "round"), (made, "none"), (made + 0.2 / 255, "round"))
    )
    assert float((exact - rounded).abs().max()) > 1e-4
    # 0.4 lies between 0 and 1: so do its features, as far as the network is smooth.
    assert float((exact - rounded).norm()) < float((above - rounded).norm())


def test_the_whole_set_does_not_move_the_features_of_one_image(small_inception):
    many = inception_features(noise(60), Fid(layer=64))
    torch.testing.assert_close(many[55:57], inception_features(noise(60)[55:57], Fid(layer=64)), rtol=1e-5, atol=1e-6)


def test_building_the_network_draws_from_no_global_generator(small_inception):
    inception._layers.cache_clear()
    before = torch.random.get_rng_state()
    inception_features(noise(1), Fid(layer=64))
    assert torch.equal(before, torch.random.get_rng_state())


def test_images_of_other_than_one_or_three_channels_are_refused(small_inception):
    with pytest.raises(MetricRefused, match="these have 4 channels"):
        inception_features(noise(1, channels=4), Fid(layer=64))


def along_rows(positions: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.interp(positions, np.arange(len(values)), values)


def test_the_resizes_differ_in_where_pixels_lie_and_in_range():
    # A row of four pixels, 2 alike columns: the graph samples at x · 4 / 299, torch at (x + ½) · 4 / 299 − ½.
    row = np.array([0.0, 100.0, 50.0, 255.0])
    pixels = torch.from_numpy(row).float().expand(1, 3, 4, 4)
    x = np.arange(299)
    for how, positions, expected in (
        ("tensorflow", x * 4 / 299, lambda v: (v - 128) / 128),
        ("bilinear", ((x + 0.5) * 4 / 299 - 0.5).clip(0), lambda v: 2 * v / 255 - 1),
        ("antialias", ((x + 0.5) * 4 / 299 - 0.5).clip(0), lambda v: (v - 128) / 128),
    ):
        found = resized(pixels, how)
        assert found.shape == (1, 3, 299, 299)
        np.testing.assert_allclose(found[0, 1, 7].numpy(), expected(along_rows(positions, row)), atol=1e-5, err_msg=how)


def test_antialias_averages_where_images_shrink():
    stripes = torch.tensor([0.0, 255.0]).repeat(299).expand(1, 3, 598, 598)
    assert resized(stripes, "antialias")[0, 0, 5, 5:290].abs().max() < 0.05
    assert resized(stripes, "tensorflow")[0, 0, 5, 5:290].unique().tolist() == [-1.0]


def test_jpeg_without_bytes_is_no_protocol():
    with pytest.raises(ValidationError, match="jpeg = true holds bytes"):
        Fid(jpeg=True, quantisation="none")
