"""When pruning slows down and when it stops: pure functions over the signals of the epochs so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from methods.ald_vae import Config

Epoch = Mapping[str, float]  # a row of the history; a signal that couldn't be had lacks in it
COLUMN = "stop_"  # what a signal's column begins with


def slope(values: Sequence[float]) -> float:
    """Slope of the least-squares line through values at equal steps (eq. 5): Σ (x − x̄)(y − ȳ) / Σ (x − x̄)².

    Args:
        values: two or more.
    """
    centre, mean = (len(values) - 1) / 2.0, sum(values) / len(values)
    along = sum((x - centre) * (y - mean) for x, y in enumerate(values))
    return along / sum((x - centre) ** 2 for x in range(len(values)))


def window(epochs: Sequence[Epoch], signal: str, size: int) -> list[float] | None:
    """A signal over the last epochs; None where there are fewer of them, or it lacks in one."""
    last = [epoch[COLUMN + signal] for epoch in epochs[-size:] if COLUMN + signal in epoch]
    return last if len(last) == size else None


def slows_down(epochs: Sequence[Epoch], config: Config) -> bool:
    """Whether the silhouette rises (3.3.1)."""
    size = config.slowdown_window
    if config.slowdown == "slope":
        last = window(epochs, "silhouette", size)
        return last is not None and slope(last) > 0.0
    both = window(epochs, "silhouette", 2 * size)
    return both is not None and sum(both[size:]) > sum(both[:size])


def stops(epochs: Sequence[Epoch], config: Config) -> bool:
    """Whether all slopes are positive (eq. 4): the silhouette gets better, the other three worse."""
    windows = [window(epochs, signal, config.stop_window) for signal in config.stop_signals]
    lines = [values[:-1] if config.drop_newest else values for values in windows if values is not None]
    return len(lines) == len(windows) > 0 and all(slope(values) > 0.0 for values in lines)


def decrease_after(epochs: Sequence[Epoch], before: int, config: Config) -> int:
    """How many neurons the next pruning takes, from a decision on; 0 once pruning has stopped, for good.

    Args:
        epochs: so far; the decision falls after the last of them.
        before: the number up to now.
    """
    slowed = before == config.decrease_slow
    if before == 0 or ((slowed or not config.stop_needs_slowdown) and stops(epochs, config)):
        return 0
    return config.decrease_slow if slowed or slows_down(epochs, config) else before
