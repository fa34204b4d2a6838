"""Whose folder it is that a recommendation is about to be written into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from latentdim.recommendation.source import Source
from latentdim.recommendation.study import FILE, HEADER

ELSEWHERE = "choose another folder with --out"


def taken(folder: Path, source: Source) -> list[str]:
    """A sentence where a folder holds a recommendation of other data, or a study or page of another kind.

    The same data with another budget, number of seeds or size of pictures go on in the same folder.
    """
    study = folder / FILE
    if not study.exists():
        page = folder / "index.html"
        return [f"'{page}' is no recommendation's and would be overwritten; {ELSEWHERE}"] if page.exists() else []
    text = study.read_text(encoding="utf-8", errors="replace")
    if not text.startswith(HEADER):
        return [f"'{study}' is no recommendation's and would be overwritten; {ELSEWHERE}"]
    there, here = _recorded(text), _in_words(source.name, source.block)
    if there is None:
        return [f"'{study}' was changed and no longer tells what data it is of; remove it, or {ELSEWHERE}"]
    if there == here:
        return []
    return [f"'{folder}' holds a recommendation of {there}, which one of {here} would overwrite; {ELSEWHERE}"]


def _recorded(text: str) -> str | None:
    """The data of a recommendation's study; None where the file is no such study any more."""
    try:
        study = yaml.safe_load(text)
        name = study["grid"][0]["datasets"][0]
        return _in_words(name, study.get("datasets", {}).get(name))
    except (yaml.YAMLError, TypeError, KeyError, IndexError, AttributeError):
        return None


def _in_words(name: str, block: dict[str, Any] | None) -> str:
    if block is None:
        return f"the dataset {name}"
    return f"'{block['path']}'" + (f", array {block['train']}" if "train" in block else "")
