"""Places in a study's grid in words, those that are alike on one line. Free of pandas."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping


def listed(cells: Mapping[tuple[str, str, int], Collection[int]]) -> list[str]:
    """Dataset, row label and dimension → seeds, as texts; cells with equal seeds stand side by side.

    Returns:
        For example ``["digits vae L = 4, 8, seeds 0, 1"]``.
    """
    merged: dict[tuple[str, str, tuple[int, ...]], list[int]] = {}
    for (dataset, label, dim), seeds in cells.items():
        merged.setdefault((dataset, label, tuple(sorted(seeds))), []).append(dim)
    return [
        f"{dataset} {label} L = {_enumerated(dims)}, seed{'s' if len(seeds) > 1 else ''} {_enumerated(seeds)}"
        for (dataset, label, seeds), dims in merged.items()
    ]


def _enumerated(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))
