"""A figure inside the page: its SVG with colours that follow the reader's light or dark scheme."""

from __future__ import annotations

import re
from html import escape

from latentdim.exhibits import style

# Literal colour in the file → the page's variable. On paper and in the file alone the literal ones count.
COLOURS = {
    style.INK: "--ink",
    style.MUTED: "--muted",
    style.RULE: "--rule",
    style.PAPER: "--paper",
    style.EMPTY: "--wash",
    **{colour: f"--series-{index}" for index, colour in enumerate(style.SERIES)},
}


def inline_svg(text: str, *, name: str, label: str) -> str:
    """An SVG file's text as an element of a page.

    Args:
        text: the file, as matplotlib writes it.
        name: of the exhibit; keeps its identifiers apart from those of other figures on the page.
        label: what the figure shows, for readers who can't see it.
    """
    body = text[text.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'href="#', f'href="#{name}-', body)
    body = re.sub(r"url\(#", f"url(#{name}-", body)
    body = re.sub(r"font(-family)?: ([^;\"]*?)'?Inter'?,[^;\"]*", r"font\1: \2var(--sans)", body)
    for literal, variable in COLOURS.items():
        body = body.replace(f": {literal}", f": var({variable})")
    width = re.search(r'viewBox="0 0 ([\d.]+) ', body)
    natural = float(width.group(1)) if width else 520.0
    opening = f'<svg role="img" aria-label="{escape(label, quote=True)}" style="--natural: {natural * 1.45:.0f}px" '
    return re.sub(
        r"^<svg (.*?)>", lambda found: opening + _attributes(found.group(1)) + ">", body, count=1, flags=re.DOTALL
    )


def _attributes(text: str) -> str:
    """The root's attributes without its fixed size."""
    return re.sub(r'\b(width|height|version)="[^"]*"\s*', "", text)
