"""Counts in words."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """``1 run``, ``2 runs``: a count with its noun."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
