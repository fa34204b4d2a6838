"""The answer in sentences: why this size, why it isn't the intrinsic dimension, who agrees, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from latentdim.recommendation.budget import BETAS
from latentdim.recommendation.document import COVERAGE, Intrinsic, Vote
from latentdim.recommendation.rule import TOLERANCE, Answer, Kind, Point, larger_sizes


def reasons_of(
    answer: Answer, points: Sequence[Point], *, intrinsic: Intrinsic | None, votes: Sequence[Vote], n_values: int
) -> tuple[str, ...]:
    """Why, the most important first."""
    texts = [*_of_the_sweep(answer, points, n_values), *_of_the_gap(answer, points, intrinsic), *map(_of, votes)]
    return tuple(texts)


def _of_the_sweep(answer: Answer, points: Sequence[Point], n_values: int) -> Iterator[str]:
    best = min(points, key=lambda point: point.error)
    if answer.kind is Kind.NOISE:
        yield (
            f"No autoencoder explains more of the held-out variance than noise of equal strength in all {n_values} "
            f"directions would let it: the best, L = {best.dim}, leaves {percent(best.error)} of it."
        )
    elif answer.kind is not Kind.ANSWER:
        last = points[-1]
        where = "which is one less than an example has values" if last.dim == n_values - 1 else "the largest size tried"
        yield f"The held-out error, {percent(last.error)} of the variance at L = {last.dim}, still falls at {where}."
    else:
        here = next(point for point in points if point.dim == answer.dim)
        below = [point for point in points if point.dim < here.dim]
        before = f", against {percent(below[-1].error)} at L = {below[-1].dim}" if below else ""
        yield (
            f"At L = {here.dim} an autoencoder leaves {percent(here.error)} of the held-out variance{before}; "
            f"the least of any size tried is {percent(best.error)}, at L = {best.dim}."
            + _of_larger(*larger_sizes(points, answer.by_error or here.dim, n_values=n_values))
        )
        if not any(point.distances for point in points):
            yield "The distance of samples to the held-out data has no value here, so the error alone decides."
        if answer.by_error != answer.dim:
            yield (
                f"By the error alone L = {answer.by_error} would be enough; its samples lie farther from the held-out "
                f"data than those of L = {answer.dim}."
            )


def _of_larger(too_little: bool, noise: bool) -> str:
    """Why larger sizes aren't worth it; nothing where there are none."""
    little = f"less than {percent(TOLERANCE)} of the variance and nothing steeply"
    clauses = [little] * too_little + ["no more than noise would let them"] * noise
    return f" Larger sizes gain {', or '.join(clauses)}." if clauses else ""


def _of_the_gap(answer: Answer, points: Sequence[Point], intrinsic: Intrinsic | None) -> Iterator[str]:
    """Why the answer and the intrinsic dimension are two numbers."""
    if answer.dim is None or intrinsic is None or intrinsic.dim is None:
        return
    d = max(1, round(intrinsic.dim))
    low, high = intrinsic.interval or (intrinsic.dim, intrinsic.dim)
    errors = {point.dim: point.error for point in points}
    if d == answer.dim:
        yield f"The intrinsic dimension, about {intrinsic.dim:.3g}, agrees with it."
    elif low <= answer.dim <= high:
        yield (
            f"The intrinsic dimension is about {intrinsic.dim:.3g}; L = {answer.dim} lies within its interval of 95 %, "
            f"{low:.3g} to {high:.3g}, which {COVERAGE}."
        )
    elif d < answer.dim:
        compared = (
            f" Here the error is {percent(errors[d])} at L = {d} and {percent(errors[d + 1])} at L = {d + 1}."
            if d in errors and d + 1 in errors
            else ""
        )
        yield (
            f"The intrinsic dimension is about {intrinsic.dim:.3g}, which is less: data that close on themselves, as a "
            "circle or a sphere does, are torn by a continuous code of as many numbers as they have, and strongly "
            "curved ones are unrolled only by long trainings; estimators fall short, too, the more so the larger d is."
            + compared
        )
    else:
        yield (
            f"The intrinsic dimension is about {intrinsic.dim:.3g}, which is more: the other directions hold too "
            f"little of the variance to lower the error by {percent(TOLERANCE)} of it, or are noise."
        )


def _of(vote: Vote) -> str:
    """What a method that finds its own size says."""
    if not vote.counts:
        return f"{vote.title}, started from {vote.start}, counted nothing: its trainings left no model."
    counts = sorted(set(vote.counts.values()))
    told = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    seeds = f" over {len(vote.counts)} seeds" if len(vote.counts) > 1 else ""
    return (
        f"{vote.title}, started from {vote.start}, keeps {told}{seeds}: it {'agrees' if vote.agrees else 'disagrees'}."
        + _of_the_weight(vote.settings.get("beta"))
    )


def _of_the_weight(beta: float | None) -> str:
    """What it means that a weight lies at an end of those that it was chosen from."""
    if beta is None or BETAS[0] < beta < BETAS[-1]:
        return ""
    size, other = ("smallest", "smaller one might keep more") if beta <= BETAS[0] else ("largest", "larger one fewer")
    return f" Its β, {beta:g}, is the {size} that it was chosen from: a {other}."


def advice_of(answer: Answer, votes: Sequence[Vote], *, n_examples: int, longer: str) -> tuple[str, ...]:
    """What to do next, in sentences.

    Args:
        longer: what a longer budget would add.
    """
    few = n_examples < 1000
    texts = {
        Kind.NOISE: "Look whether the values are in comparable units and whether the examples have anything in common.",
        Kind.EVERY_DIMENSION: "Nothing can be compressed at this error; choose L by the error that you can accept, "
        "from the curve.",
        Kind.NO_BEND: "Choose L by the error that you can accept, from the curve, or give a longer budget.",
    }
    advice = [texts[answer.kind]] if answer.kind in texts else []
    if few and answer.kind is not Kind.ANSWER:
        advice.append(f"{n_examples} examples are few: with more, structure may be told from noise.")
    if answer.dim is not None and any(vote.agrees is False for vote in votes):
        advice.append(
            "Methods disagree; the answer is of a plain autoencoder. Where a lost dimension costs more than an "
            f"idle one, take the upper end, {answer.high}."
        )
    return (*advice, longer)


def percent(share: float) -> str:
    """``2.5 %``, ``0.012 %``."""
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.0f} %"
