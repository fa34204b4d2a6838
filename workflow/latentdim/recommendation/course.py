"""What is trained, batch by batch: each follows from what those before it measured, and from nothing else.

A stopped recommendation is gone through again from its start; batches whose runs are there cost nothing, so it goes on
where it was.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from latentdim.recommendation.budget import BETAS, GRID, REFINED, SEEDED, Design
from latentdim.recommendation.rule import Answer, Point, answered

SWEPT = "ae"
RELEVANCE = "ard_vae"
# The second method that finds its own size, by what there was of study `which_finds_it` when this was written and by
# trials of this command. On synthetic_4, started from 8 and 16 with two seeds each, the study has nested dropout at
# 5, 5, 6, 6, IRMAE at 3, 4, 4, 4 and Least Volume at 8, 8, 13, 11; trained as here, but with ReLU and steps of 0.002,
# from 32, nested dropout counts 15 on synthetic_16 and IRMAE 5. To be looked at again when the study is whole.
FINDER = "nested_dropout"
WEIGHT_SLACK = 0.05  # of the variance: what a weight that presses dimensions out may cost in held-out error


@dataclass(frozen=True)
class Asked:
    """One training.

    Attributes:
        beta: the weight of the method that has one.
    """

    method: str
    dim: int
    seed: int
    beta: float | None = None


@dataclass(frozen=True)
class Found:
    """What it left; a training that diverged or failed leaves none of them.

    Attributes:
        error: held-out, as a share of the data's variance; of a method with a weight on the validation part.
        distance: of samples to held-out data.
        floor: that distance between two halves of the held-out data.
        active: the dimensions that the method counts.
    """

    error: float | None = None
    distance: float | None = None
    floor: float = 0.0
    active: int | None = None


Values = Mapping[Asked, Found]
Course = Generator[list[Asked], Values, "Evidence"]


@dataclass(frozen=True)
class Evidence:
    """What all trainings together say.

    Attributes:
        beta: the weight that was chosen for ARD-VAE; None where it wasn't asked, for want of a bend.
        tries: held-out error of each weight tried.
        start: the size that the methods that find their own started from.
        counts: method → seed → the dimensions that it counts.
    """

    points: tuple[Point, ...]
    answer: Answer
    beta: float | None = None
    tries: tuple[tuple[float, float], ...] = ()
    start: int | None = None
    counts: Mapping[str, Mapping[int, int]] | None = None


def course(design: Design, *, n_values: int) -> Course:
    """The trainings of a recommendation; the caller sends back what they found.

    Raises:
        NoSweep: if no training of the sweep has an error.
    """
    sweep: dict[Asked, Found] = {}

    def points() -> list[Point]:
        return points_of(sweep)

    sweep |= yield [Asked(SWEPT, size, 0) for size in design.sizes]
    room = REFINED
    while sizes := finer(points(), n_values=n_values, room=room):
        sweep |= yield [Asked(SWEPT, size, 0) for size in sizes]
        room -= len(sizes)
    room = SEEDED
    while sizes := single_seeded(points(), n_values=n_values, n_seeds=design.n_seeds, room=room):
        sweep |= yield [Asked(SWEPT, size, seed) for size in sizes for seed in range(1, design.n_seeds)]
        room -= len(sizes)
    answer = answered(points(), n_values=n_values)
    if answer.dim is None:
        return Evidence(tuple(points()), answer)
    start = start_above(answer.dim, [point.dim for point in points()], n_values=n_values)
    allowed = min(point.error for point in points() if point.dim <= start) + WEIGHT_SLACK
    finders = [Asked(FINDER, start, seed) for seed in range(design.n_seeds)]
    beta, tries, found = yield from chosen_weight(start, allowed, beside=finders)
    found |= yield [Asked(RELEVANCE, start, seed, beta) for seed in range(design.n_seeds)]
    counts: dict[str, dict[int, int]] = {RELEVANCE: {}, FINDER: {}}
    for asked, left in found.items():
        if left.active is not None and asked.beta in {None, beta}:
            counts[asked.method][asked.seed] = left.active
    return Evidence(tuple(points()), answer, beta, tries, start, counts)


class NoSweep(Exception):
    """No autoencoder of the sweep has a held-out error."""


def points_of(sweep: Values) -> list[Point]:
    """The sweep by size, without trainings that left no error.

    Raises:
        NoSweep: if none is left.
    """
    errors: dict[int, dict[int, float]] = {}
    distances: dict[int, dict[int, float]] = {}
    floor = max((found.floor for found in sweep.values()), default=0.0)
    for asked, found in sweep.items():
        if found.error is not None:
            errors.setdefault(asked.dim, {})[asked.seed] = found.error
        if found.error is not None and found.distance is not None:
            distances.setdefault(asked.dim, {})[asked.seed] = found.distance
    if not errors:
        raise NoSweep
    return [Point(dim, errors[dim], distances.get(dim, {}), floor) for dim in sorted(errors)]


def finer(points: Sequence[Point], *, n_values: int, room: int) -> list[int]:
    """Sizes to add between the neighbours of the answer so far, or one beyond the largest where that isn't enough.

    None where there is no answer, or its neighbours are next to it.
    """
    dim = answered(points, n_values=n_values).by_error
    tried = [0, *(point.dim for point in points)]
    if dim is None or not room:
        return []
    if dim == tried[-1] and (beyond := _beyond(dim, n_values)) is not None:
        return [beyond]
    below = max(size for size in tried if size < dim)
    above = min((size for size in tried if size > dim), default=dim)
    coarse = (dim - below) > 4
    inside = spaced(below, dim, 3 if coarse else 4)
    return [*inside, *spaced(dim, above, 1)][:room] if inside else []


def _beyond(largest: int, n_values: int) -> int | None:
    """The next size of the grid; the largest that can't copy an example where the grid has none; None beyond that."""
    further = [*(size for size in GRID if size < n_values), n_values - 1]
    return next((size for size in further if size > largest), None)


def spaced(low: int, high: int, count: int) -> list[int]:
    """At most so many whole numbers between two, evenly spaced."""
    between = high - low - 1
    if between <= count:
        return list(range(low + 1, high))
    return sorted({low + round((high - low) * (index + 1) / (count + 1)) for index in range(count)})


def single_seeded(points: Sequence[Point], *, n_values: int, n_seeds: int, room: int) -> list[int]:
    """Sizes about the answer so far, and the one of the least error, that have no further seeds yet."""
    dim = answered(points, n_values=n_values).by_error
    if dim is None or n_seeds == 1:
        return []
    sizes = [point.dim for point in points]
    place = sizes.index(dim)
    best = min(points, key=lambda point: point.error).dim
    about = [*sizes[max(0, place - 1) : place + 2], best]
    seeded = {point.dim for point in points if len(point.errors) > 1}
    return [size for size in dict.fromkeys(about) if size not in seeded][:room]


def start_above(dim: int, tried: Sequence[int], *, n_values: int) -> int:
    """The size that methods that find their own start from: twice the answer, or the next larger one that was tried."""
    least = min(max(2 * dim, dim + 2), n_values)
    return next((size for size in sorted(tried) if size >= least), least)


def chosen_weight(
    start: int, allowed: float, *, beside: Sequence[Asked] = ()
) -> Generator[list[Asked], Values, tuple[float, tuple[tuple[float, float], ...], dict[Asked, Found]]]:
    """The largest weight whose held-out error is allowed, else the smallest; by bisection, as the error grows with it.

    The rule for weights that no paper states, with the error measured from what a plain autoencoder of that size
    leaves: noise that none can explain is no reason for a small weight.

    Args:
        beside: trainings that have nothing to do with it, asked for at once so that no core waits.

    Returns:
        The weight, the error of each one tried, and what all that was asked for found.
    """
    low, high = -1, len(BETAS)  # the last allowed, the first refused
    found: dict[Asked, Found] = {}
    while high - low > 1:
        middle = (low + high) // 2
        asked = Asked(RELEVANCE, start, 0, BETAS[middle])
        found |= yield [asked, *(() if found else beside)]
        error = found[asked].error
        low, high = (middle, high) if error is not None and error <= allowed else (low, middle)
    tries = [(a.beta, f.error) for a, f in found.items() if a.beta is not None and f.error is not None]
    return BETAS[max(low, 0)], tuple(sorted(tries)), found
