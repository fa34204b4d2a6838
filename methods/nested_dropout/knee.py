"""The knee of a falling error: from where on further axes hardly help."""

from __future__ import annotations

import torch
from torch import Tensor

LEAST = 1e-12  # of the first error: what is decoded better counts as decoded that well


def knee(errors: Tensor, *, margin: float) -> int:
    """The number of axes at the knee of the errors with 0, 1, …, L axes kept.

    Kneedle's rule (Satopää et al., 2011) without smoothing: the point farthest above the straight line between the
    curve's ends, where the curve is how much of the whole fall of log error is reached, over the share of axes kept.
    The logarithm makes it sharp where a true dimension leaves next to no error, however slowly the error falls before.
    An error that rises again counts as the lowest so far.

    Args:
        errors: ``(L + 1,)``, not negative.
        margin: by which it has to lie above the line; all L axes count where none does.

    Returns:
        0 … L; 0 where keeping axes doesn't lower the error at all.
    """
    lowest = errors.double().cummin(dim=0).values
    if not lowest[-1] < lowest[0]:
        return 0
    fall = -(lowest / lowest[0]).clamp(min=LEAST).log()
    shares = torch.linspace(0.0, 1.0, len(fall), dtype=torch.float64, device=fall.device)
    above = fall / fall[-1] - shares
    place = int(above.argmax())
    return place if above[place] > margin else len(errors) - 1
