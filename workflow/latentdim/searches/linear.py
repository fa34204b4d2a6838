"""Linear search (MaskAAE, supplement 8): every size of a list is tried, and the best one kept.

ALD-VAE's grid of fixed sizes (section 4.1) is the same over a list with gaps.
"""

from __future__ import annotations

from collections.abc import Iterable

from latentdim.searches.replay import Dialogue, best


def linear_search(sizes: Iterable[int]) -> Dialogue:
    """Ask for every size in turn, and settle on the best."""
    values = {}
    for size in sizes:
        values[size] = yield size
    return best(values)
