"""Ternary search (MaskAAE, supplement 8, Algorithm 1), corrected and as printed.

A unimodal curve's minimum lies in the upper two thirds of a range if the upper of two sizes between has the lower
value, else in the lower two. What is printed keeps the other two thirds: its branch is inverted, for its first middle
is the upper one. With the branch alone swapped, its middles, rounded towards each other, still meet in a range of five
sizes, from which nothing is learnt, and cross at the end. Here they are rounded away from each other, a range of three
or fewer sizes is tried whole, and the best size that was tried is returned: the minimum of every unimodal curve without
equal neighbours. On a noisy curve a search ends somewhere near; the paper warns of it, too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from latentdim.searches.replay import Dialogue, best


def ternary_search(smallest: int, largest: int, *, as_printed: bool = False) -> Dialogue:
    """Narrow a range of sizes down by a third at a time, and settle on the best size that was asked for.

    Args:
        smallest, largest: the range, both ends included.
        as_printed: Algorithm 1 to the letter, with tol = 1; it settles on its upper bound, which it may never have
            asked for.
    """
    low, high, values = smallest, largest, dict[int, float]()
    while not _over(low, high, as_printed):
        upper, lower = _middles(low, high, as_printed)
        for size in (upper, lower):
            values[size] = yield size
        if (values[upper] < values[lower]) != as_printed:
            low = lower
        else:
            high = upper
    if as_printed:
        return high
    for size in range(low, high + 1):
        values[size] = yield size
    return best(values)


def costliest(
    smallest: int, largest: int, *, cost: Callable[[int], float], as_printed: bool = False
) -> float:  # fmt: skip
    """What the costliest course of a ternary search takes, over all curves; each size costs once.

    Args:
        cost: of one size; 1 for each counts them.
    """

    @cache
    def most(low: int, high: int, known: frozenset[int]) -> float:
        """From a range on, with those of its sizes that are known."""
        if _over(low, high, as_printed):
            return 0.0 if as_printed else sum(cost(size) for size in range(low, high + 1) if size not in known)
        upper, lower = _middles(low, high, as_printed)
        new = {upper, lower} - known
        branches = {(lower, high), (low, upper)} if upper != lower else {(lower, high)}  # the latter as printed alone
        further = (most(a, b, frozenset(s for s in known | new if a <= s <= b)) for a, b in branches)
        return sum(map(cost, sorted(new))) + max(further)

    return most(smallest, largest, frozenset())


def _over(low: int, high: int, as_printed: bool) -> bool:
    return high - low < (1 if as_printed else 3)


def _middles(low: int, high: int, as_printed: bool) -> tuple[int, int]:
    """The upper and the lower one."""
    upper, lower = 2 * high + low, high + 2 * low
    return (upper // 3, -(-lower // 3)) if as_printed else (-(-upper // 3), lower // 3)
