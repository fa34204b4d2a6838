"""What metrics need from outside when they are tried on tiny data."""

from __future__ import annotations

from pathlib import Path

import pytest

from latentdim.metrics.features import inception
from latentdim.metrics.features import inception_file as weights


@pytest.fixture
def quick_inception(inception_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights, and images at a size that the first layers take: a FID within milliseconds."""
    monkeypatch.setenv(weights.VARIABLE, str(inception_file))
    monkeypatch.setattr(inception, "SIDE", 35)
