"""What is made of a folder's pictures, counted: how they were written, and what was done so that they can be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from latentdim.datasets.formats.picture_headers import Page
from latentdim.system.counting import counted


def counts_of(pages: Iterable[Page], *, side: int | None, channels: int, background: str) -> dict[str, int]:
    """How many pictures are written how, and of how many something is changed; each picture counts in every line.

    Args:
        side: what all are cropped to and resized to; None where nothing is.
        channels: 1 or 3, what all are made.
        background: what is laid beneath transparent ones.
    """
    colours: Counter[str] = Counter()
    changes: Counter[str] = Counter()
    enlarged: Counter[int] = Counter()
    for page in pages:
        colours[page.colours] += 1
        changes[f"with transparency, laid on {background}"] += page.transparent
        changes["turned as the camera noted"] += page.turned
        changes["with a colour profile, which isn't applied"] += page.profile
        changes["made grey"] += channels == 1 and page.colours not in {"grey", "black and white"}
        if side is not None:
            changes["cropped to a square"] += page.width != page.height
            changes["made smaller"] += min(page.width, page.height) > side
            enlarged[min(page.width, page.height)] += min(page.width, page.height) < side
    if n_enlarged := enlarged.total():
        smallest = min(size for size, n in enlarged.items() if n)
        changes[f"enlarged from {'' if n_enlarged == 1 else 'as little as '}{smallest}×{smallest}"] = n_enlarged
    return dict(colours.most_common()) | {change: n for change, n in changes.items() if n}


def sentence_of(counts: Mapping[str, int], *, n: int, endings: Counter[str]) -> str:
    """``300 pictures (200 .png, 100 .gif): 240 RGB; 60 of a palette; 40 with transparency, laid on black``.

    Args:
        n: how many pictures there are.
        endings: how many files have a name of which ending.
    """
    n_files = endings.total()
    source = "" if n == n_files else f" of {counted(n_files, 'file')}"
    kinds = f" ({', '.join(f'{count:,} {ending}' for ending, count in endings.most_common())})"
    listed = "; ".join(f"{count:,} {what}" for what, count in counts.items())
    return f"{counted(n, 'picture')}{source}{kinds if len(endings) > 1 else ''}: {listed}"
