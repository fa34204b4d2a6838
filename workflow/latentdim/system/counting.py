"""Counts in words."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """``1 run``, ``2 runs``: a count with its noun."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """``40 seconds``, ``2 minutes``, ``12.5 minutes``: seconds below a minute."""
    if round(seconds) < 60:
        return counted(round(seconds), "second")
    minutes = round(seconds / 60, 1)
    return f"{minutes:g} minute{'' if minutes == 1 else 's'}"
