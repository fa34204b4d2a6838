"""What images go through before Inception, by hand on a few pixels."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from latentdim.metrics.features.pixels import as_pixels, quantised, stretched, through_jpeg
from latentdim.study.evaluation import Fid


def grey(*values: float) -> torch.Tensor:
    return torch.tensor(values).reshape(1, 1, 1, -1)


@pytest.mark.parametrize(
    ("how", "expected"),
    [("round", [0, 100, 101, 255]), ("truncate", [0, 100, 100, 255]), ("none", [0.25, 100.4, 100.75, 255])],
)
def test_values_are_rounded_truncated_or_left(how, expected):
    made = grey(0.25 / 255, 100.4 / 255, 100.75 / 255, 1.0)
    assert quantised(made, how).flatten().tolist() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("how", ["round", "truncate", "none"])
def test_values_outside_the_range_are_cut_off(how):
    assert as_pixels(grey(-0.5, 1.5), Fid(quantisation=how))[0, 0].flatten().tolist() == [0, 255]


def test_each_image_is_stretched_over_all_its_channels_to_its_own_range():
    two = torch.tensor([[[[0.2, 0.3]], [[0.4, 0.6]], [[0.2, 0.2]]], [[[-1.0, 0.0]], [[3.0, 1.0]], [[0.0, 0.0]]]])
    found = stretched(two)
    assert found[0].flatten().tolist() == pytest.approx([0, 0.25, 0.5, 1, 0, 0])
    assert found[1].flatten().tolist() == pytest.approx([0, 0.25, 1, 0.5, 0.25, 0.25])


def test_a_constant_image_is_stretched_to_nothing_and_not_to_nan():
    assert stretched(grey(0.4, 0.4)).flatten().tolist() == [0, 0]


def test_only_made_images_are_stretched_and_quantised():
    bytes_ = torch.tensor([10, 20], dtype=torch.uint8).reshape(1, 1, 1, 2)
    fid = Fid(stretch=True, quantisation="truncate")
    assert as_pixels(bytes_, fid)[0, 0].flatten().tolist() == [10, 20]
    assert as_pixels(grey(10 / 255, 20 / 255), fid)[0, 0].flatten().tolist() == [0, 255]


def picture() -> np.ndarray:
    y, x = np.mgrid[:16, :16]
    return ((x * 13 + y * y * 5) % 256).astype(np.uint8)


def in_colour(values: np.ndarray) -> np.ndarray:
    """Written as a colour JPEG of default quality and read back, as the released code does."""
    file = io.BytesIO()
    Image.fromarray(np.stack([values] * 3, axis=-1)).save(file, format="JPEG")
    return np.array(Image.open(file))


@pytest.mark.parametrize("made", [False, True])
def test_grey_images_go_through_jpeg_real_ones_too(made):
    given = torch.from_numpy(picture())[None, None]
    found = as_pixels(given / 255.0 if made else given, Fid(jpeg=True))
    expected = in_colour(picture())
    assert np.abs(expected.astype(int) - picture()[..., None]).max() > 5  # JPEG does something to it
    np.testing.assert_array_equal(found[0].permute(1, 2, 0).numpy(), expected)


def test_colour_images_skip_jpeg():
    colour = torch.from_numpy(np.stack([picture()] * 3))[None]
    assert torch.equal(as_pixels(colour, Fid(jpeg=True)), colour.float())


def test_each_image_goes_through_jpeg_by_itself():
    two = torch.stack([torch.from_numpy(picture()), torch.from_numpy(picture().T.copy())])[:, None].float()
    assert torch.equal(through_jpeg(two)[1:], through_jpeg(two[1:]))
    assert not torch.equal(through_jpeg(two)[0], through_jpeg(two)[1])
