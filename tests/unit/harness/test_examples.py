"""The picture of a run's samples."""

import numpy as np
import torch

from latentdim.harness.examples import contact_sheet


def test_every_frame_of_a_clip_is_in_the_picture() -> None:
    values = torch.arange(6).div(8).reshape(1, 6, 1, 1).expand(2, 6, 4, 4)  # frames (0, 1, 2) / 8 and (3, 4, 5) / 8
    pixels = np.asarray(contact_sheet(values))
    assert pixels.shape == (4 + 2, 8 * (8 + 2), 3)
    np.testing.assert_array_equal(pixels[0, [0, 4]], np.round(np.array([[0, 1, 2], [3, 4, 5]]) / 8 * 255))
    np.testing.assert_array_equal(pixels[0, [10, 14]], pixels[0, [0, 4]])


def test_grey_images_stay_grey() -> None:
    assert np.asarray(contact_sheet(torch.zeros(9, 1, 4, 4))).shape == (2 * (4 + 2), 8 * (4 + 2))
