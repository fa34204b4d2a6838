"""Whether figures can show a study's texts: their font comes with matplotlib and doesn't hold every letter there is."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator

from latentdim.study.file import Study

FONT = "DejaVuSans.ttf"
SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")  # whose letters the font surely holds


def undrawable(study: Study, figures: Collection[int]) -> Iterator[str]:
    """One sentence for each label, dataset or title with characters that would be drawn as empty boxes.

    Plain texts cost nothing; only for others the font is opened. Where matplotlib isn't installed nothing is drawn
    either, and nothing is refused.

    Args:
        figures: places of the exhibits that are pictures; without one nothing is drawn.
    """
    if not figures:
        return
    texts = {f"datasets.{name}": name for name in study.datasets}
    texts |= {f"grid.{index}.label": entry.label or "" for index, entry in enumerate(study.grid)}
    texts |= {f"exhibits.{index}.title": study.exhibits[index].title for index in figures}
    unusual = {key: text for key, text in texts.items() if not all(map(_is_usual, text))}
    held = _held_by_font() if unusual else frozenset()
    for key, text in unusual.items() if held else ():
        lacking = dict.fromkeys(character for character in text if ord(character) not in held)
        if lacking:
            yield f"{key} = {text!r}: the figures' font has no {', '.join(lacking)}; write it with other characters"


def _is_usual(character: str) -> bool:
    return character.isascii() or unicodedata.name(character, "").startswith(SCRIPTS)


def _held_by_font() -> frozenset[int]:
    """Code points of the font; empty where matplotlib isn't installed."""
    try:
        import matplotlib
        from matplotlib.ft2font import FT2Font
    except ImportError:
        return frozenset()
    return frozenset(FT2Font(f"{matplotlib.get_data_path()}/fonts/ttf/{FONT}").get_charmap())
