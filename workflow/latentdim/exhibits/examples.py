"""How a few examples are laid out for the eye."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from latentdim.datasets.formats.clips import side_by_side

GAP = 2  # pixels between images; of one pixel a page that shows the picture a little smaller loses some
SMALL = 48  # pixels that an image is tall at least, up to rounding
SEAM = (0.5, 0.56, 0.62, 0.6)  # tells images apart on white paper and on a dark screen
FIRST_FRAME = " Of each clip its first frame is shown."  # ends a caption of images that are `arranged` as they are


def mosaic(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Images ``(N, C, H, W)`` arranged in about a square, ``(rows, columns, 4)`` in [0, 1], red, green, blue, opacity.

    All frames of clips are shown.
    """
    images = side_by_side(images)
    return arranged(images, _columns(images, len(images)))


def _columns(images: NDArray[np.float32], cells: int) -> int:
    """Fewest images in a row of which so many make a picture that is no taller than wide."""
    height, width = images.shape[-2:]
    return math.ceil(math.sqrt(cells * height / width))


def _factor(images: NDArray[np.float32], small: int) -> int:
    """By how much images are enlarged."""
    return max(1, round(small / images.shape[-2]))


def pairs(
    originals: NDArray[np.float32], reconstructions: NDArray[np.float32], pixels: int | None = None
) -> NDArray[np.float32]:
    """Every original above its reconstruction, in full double rows where their number allows.

    Args:
        pixels: how wide the picture may be; None for one about twice as tall as wide.
    """
    originals, reconstructions = side_by_side(originals), side_by_side(reconstructions)
    n = len(originals)
    if pixels is None:
        least = _columns(originals, n)
        columns = next((c for c in range(least, n) if n % c == 0), least)
    else:
        most = min(max(1, pixels // (originals.shape[-1] * _factor(originals, SMALL) + GAP)), n)
        columns = next((c for c in range(most, most // 2, -1) if n % c == 0), most)
    rows: list[NDArray[np.float32]] = []
    for start in range(0, n, columns):
        above, below = (arranged(part[start : start + columns], columns) for part in (originals, reconstructions))
        seam = np.where(above[-1:, :, 3:] > 0, np.array(SEAM, dtype=np.float32), np.float32(0.0)).repeat(GAP, axis=0)
        air = np.zeros((4 * GAP, above.shape[1], 4), dtype=np.float32)
        rows += [above, seam, below, air]
    return np.concatenate(rows[:-1])


def arranged(images: NDArray[np.float32], columns: int, small: int = SMALL) -> NDArray[np.float32]:
    """Images ``(N, C, H, W)`` in rows of so many; ``(rows, columns, 4)`` as of :func:`mosaic`.

    Of a clip the first frame is shown. Images that are less than about so many pixels tall are enlarged by whole
    numbers, so that the seams between them keep their width.
    """
    factor = _factor(images, small)
    images = np.clip(images, 0.0, 1.0).repeat(factor, axis=2).repeat(factor, axis=3)
    n, channels, height, width = images.shape
    rows = -(-n // columns)
    canvas = np.zeros((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 4), dtype=np.float32)
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + GAP), (index % columns) * (width + GAP)
        canvas[top : top + height + GAP, left : left + width + GAP] = SEAM
        place = canvas[top : top + height, left : left + width]
        place[..., :3] = image[: 3 if channels >= 3 else 1].transpose(1, 2, 0)
        place[..., 3] = 1.0
    return canvas


def principal_plane(
    originals: NDArray[np.float32], others: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both sets on the first two principal components of the originals, ``(N, 2)`` each.

    Each component's sign is fixed so that its largest weight is positive: an eigenvector's sign is arbitrary, and a
    picture shouldn't turn over because of it. One-dimensional data get zeros as their second coordinate.
    """
    centre = originals.mean(axis=0, dtype=np.float64)
    _, _, components = np.linalg.svd(originals - centre, full_matrices=False)
    plane = np.zeros((2, originals.shape[1]))
    plane[: len(components[:2])] = components[:2]
    largest = np.abs(plane).argmax(axis=1)
    plane *= np.where(plane[np.arange(2), largest] < 0, -1.0, 1.0)[:, None]
    return (originals - centre) @ plane.T, (others - centre) @ plane.T
