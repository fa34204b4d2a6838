"""Clips: colour images one after the other in the channels of one example."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def side_by_side(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Clips ``(N, 3 k, H, W)`` as images ``(N, 3, H, k W)`` of their frames, the first on the left; others as given."""
    n, channels, height, width = images.shape
    if channels <= 3:
        return images
    frames = images.reshape(n, channels // 3, 3, height, width)
    return frames.transpose(0, 2, 3, 1, 4).reshape(n, 3, height, -1)
