"""How pages tell the scale of a study."""

from __future__ import annotations

from latentdim.study.file import Study
from latentdim.study.scale import PAPER


def in_words(study: Study) -> str:
    """For the head of a page."""
    if study.scale == PAPER:
        return "at the papers' scale"
    return f"at {study.scale} scale, not to be read against the papers' numbers as equals"


def measured_here(study: Study) -> str:
    """For each exhibit: that its numbers are measured, and at which scale where the study has several."""
    return f"measured here, at {study.scale} scale" if study.scales else "measured here"
