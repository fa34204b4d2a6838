"""Values of measures of samples whose law is known: by the suite's own metric functions, from fixed streams."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np

from latentdim.system.seeds import stream

REPEATS = 5  # draws behind each point
SILHOUETTE_DIMS = (2, 3, 5, 8, 16, 32, 64, 100)
SILHOUETTE_POINTS, CLUSTERS = 500, 10
NAC_DIMS, NAC_CODES = (8, 16, 64), (200, 1000, 5000, 20000)
DSPRITES = {"shape": 3, "scale": 6, "orientation": 40, "position x": 32, "position y": 32}
MIG_IMAGES, MIG_BINS = 10_000, (10, 15, 20, 25, 32, 40, 64)
FRECHET_DIMS, FRECHET_SIZES = (8, 64, 128), (200, 500, 1000, 2000, 5000, 10_000)
SEEDS = tuple(range(2, 11))
CHECKPOINTS = (1, 2, 5, 10, 20, 50, 100, 200)


@dataclass(frozen=True)
class Value:
    """One point of a figure.

    Attributes:
        series: what it belongs to.
        place: along the horizontal axis.
        spread: standard deviation over draws; None where the value is exact.
    """

    series: str
    place: float
    value: float
    spread: float | None = None

    @classmethod
    def over(cls, series: str, place: float, draws: list[float]) -> Value:
        """Mean and standard deviation of several draws."""
        return cls(series, place, fmean(draws), stdev(draws))


@dataclass(frozen=True)
class Figure:
    """What is drawn of a reference point.

    Attributes:
        values: computes them.
        axes: texts of the horizontal and the vertical axis.
        log: which of them are logarithmic, ``xy`` at most.
        caption: what a reader learns from it.
    """

    values: Callable[[], Iterator[Value]]
    axes: tuple[str, str]
    caption: str
    log: str = ""


def silhouettes() -> Iterator[Value]:
    """k-means' silhouette of standard normal points."""
    from latentdim.metrics.silhouette.measure import kmeans_labels, silhouette_score

    for dim in SILHOUETTE_DIMS:
        scores = []
        for repeat in range(REPEATS):
            points = stream("reference points", "silhouette", dim, repeat).standard_normal((SILHOUETTE_POINTS, dim))
            scores.append(silhouette_score(points, kmeans_labels(points, CLUSTERS, seed=repeat)))
        yield Value.over("standard normal points", dim, scores)


def covariances() -> Iterator[Value]:
    """NAC of independent standard normal axes."""
    from latentdim.metrics.nac.measure import normalised_absolute_covariance

    for dim in NAC_DIMS:
        for n in NAC_CODES:
            streams = (stream("reference points", "nac", dim, n, repeat) for repeat in range(REPEATS))
            draws = [normalised_absolute_covariance(one.standard_normal((n, dim))) for one in streams]
            yield Value.over(f"L = {dim}", n, draws)


def gaps() -> Iterator[Value]:
    """MIG of the factors' own levels, an axis each, of random images of dSprites' factor space."""
    from latentdim.metrics.mig.measure import informations

    found: dict[int, list[float]] = {bins: [] for bins in MIG_BINS}
    for repeat in range(REPEATS):
        draws = stream("reference points", "mig", repeat)
        levels = np.stack([draws.integers(size, size=MIG_IMAGES) for size in DSPRITES.values()], axis=1)
        for bins in MIG_BINS:
            found[bins].append(float(informations(levels, levels, bins=bins).gaps.mean()))
    for factors, series in ((5, "over the five factors that vary"), (6, "with colour, which doesn't vary, as 0")):
        for bins, means in found.items():
            yield Value.over(series, bins, [mean * len(DSPRITES) / factors for mean in means])


def distances() -> Iterator[Value]:
    """Fréchet distance between two samples of one standard normal."""
    from latentdim.metrics.frechet.measure import frechet_distance

    for dim in FRECHET_DIMS:
        for n in FRECHET_SIZES:
            halves = []
            for repeat in range(REPEATS):
                draws = stream("reference points", "frechet", dim, n, repeat)
                halves.append(frechet_distance(draws.standard_normal((n, dim)), draws.standard_normal((n, dim))))
            yield Value.over(f"d = {dim}", n, halves)


def deviations() -> Iterator[Value]:
    """Expected standard deviations of n normal values, as shares of the true one: c₄(n), and c₄(n) √((n − 1) / n)."""
    for n in SEEDS:
        sample = math.sqrt(2.0 / (n - 1)) * math.gamma(n / 2) / math.gamma((n - 1) / 2)
        yield Value("sample formula, by n − 1", n, sample)
        yield Value("population formula, by n", n, sample * math.sqrt((n - 1) / n))


def checkpoints() -> Iterator[Value]:
    """Expected smallest of k independent standard normal values, and that of any one of them, which is 0."""
    from scipy import integrate, stats

    for k in CHECKPOINTS:
        # E max = ∫ x k φ(x) Φ(x)^(k−1) dx, and the smallest is as far below.
        largest, _ = integrate.quad(lambda x, k=k: x * k * stats.norm.pdf(x) * stats.norm.cdf(x) ** (k - 1), -12, 12)
        yield Value("the lowest of k", k, -largest)
        yield Value("the last", k, 0.0)


FIGURES: Mapping[str, Figure] = {
    "silhouette": Figure(
        silhouettes, ("dimension", "silhouette of k-means' clusters"),
        f"k-means with {CLUSTERS} clusters on {SILHOUETTE_POINTS} standard normal points, which have none: the "
        "silhouette rises all by itself as the dimension falls, so a rising one is no sign of structure.", "x",
    ),
    "nac": Figure(
        covariances, ("number of codes n", "NAC"),
        "NAC of independent standard normal axes, whose covariances are 0: what is measured is about √(2 / (π n)), "
        "whatever the number of axes. A value that isn't above it tells of no dependence.", "xy",
    ),
    "mig": Figure(
        gaps, ("bins an axis is cut into", "MIG"),
        f"MIG of the best code there is on dSprites, one factor an axis, from {MIG_IMAGES:,} images: binning alone "
        "takes something off where a factor has more levels than there are bins, or they straddle them. Colour has a "
        "single level; whoever counts it as a sixth factor without a gap has five sixths.",
    ),
    "frechet": Figure(
        distances, ("size n of each sample", "Fréchet distance"),
        "Fréchet distance between two samples of one and the same standard normal in d dimensions, whose true distance "
        "is 0: it falls with the size and rises with the square of d, so distances of different sizes or features "
        "can't be compared.", "xy",
    ),
    "deviation": Figure(
        deviations, ("number of seeds n", "expected deviation, as a share of the true one"),
        "How far the deviation over a few seeds falls short on average, for normal values: the papers' population "
        "formula shows 72 % of the true one with three seeds and 84 % with five; the sample formula 89 % and 94 %.",
    ),
    "checkpoint": Figure(
        checkpoints, ("checkpoints k", "expected value, in standard deviations"),
        "k checkpoints of equally good models, whose measured values scatter: the lowest of them lies below the last "
        "by so many of their standard deviations, by choice alone. Models by their best checkpoint and by their last "
        "one can't be compared.", "x",
    ),
}  # fmt: skip
