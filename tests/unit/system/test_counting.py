"""Counts and durations in words."""

from __future__ import annotations

import pytest

from latentdim.system.counting import duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 seconds"),
        (1.2, "1 second"),
        (40, "40 seconds"),
        (59.7, "1 minute"),
        (90, "1.5 minutes"),
        (600, "10 minutes"),
    ],
)
def test_what_is_below_a_minute_is_told_in_seconds(seconds: float, text: str) -> None:
    assert duration(seconds) == text
