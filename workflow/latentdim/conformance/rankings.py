"""Where theory says how the controls rank on a metric, as data; tried on tiny data, the metric's own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import torch

from latentdim import registry
from latentdim.conformance.metrics import SMALL
from latentdim.conformance.references.models import fitted_control, measuring
from latentdim.conformance.tiny import tiny_pictures
from latentdim.metrics.context import MetricRefused
from latentdim.nets.latent import UnknownExamples
from latentdim.registry.declarations import Metric, resolve

CONTROLS = ("pca", "oracle", "noise", "constant")
DIM = 5  # of every control: more than the tiny vectors' three factors and the tiny pictures' four
# Real examples are those that the controls were fitted on: for these theory speaks without an "about".
SETTINGS = {"split": "train", "n_generated": 4000, "n_reference": 120, "n_relevance": 120, "n_covariance": 120}
NEVER_TRAINED = {
    "timing": {"train_seconds": 0.0, "examples_per_second": None, "resumed_steps": 0, "steps": 0},
    "device": {"name": "any", "threads": 1},
    "usage": {"shared_by": 1, "peak_memory_mb": 300.0, "memory_since": "training", "energy_joules": 0.0},
}

Group = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """What theory says of the controls' values.

    Attributes:
        metrics: that it holds for.
        rising: chains of groups: all values of a group are equal, and below those of the next group.
        exact: control → its value, where theory gives the number.
        refused: controls for which the metric has no meaning.
        why: the reason; where nothing else is given, why theory doesn't say.
        untried: the metric needs what isn't part of the suite (weights, a trained classifier), so it isn't tried here.
    """

    metrics: tuple[str, ...]
    why: str
    rising: tuple[tuple[Group, ...], ...] = ()
    exact: Mapping[str, float] | None = None
    refused: Group = ()
    untried: bool = False

    @property
    def stated(self) -> bool:
        """Whether theory says anything."""
        return bool(self.rising or self.exact or self.refused)

    @property
    def expected(self) -> str:
        """``pca = noise < oracle < constant; constant refused``, or that theory doesn't say."""
        parts = [" < ".join(" = ".join(group) for group in chain) for chain in self.rising]
        parts += [f"{name} {value:g}" for name, value in (self.exact or {}).items()]
        parts += [f"{', '.join(self.refused)} refused"] if self.refused else []
        return "; ".join(parts) or "theory doesn't say"


def ranking_of(metric: str) -> Ranking:
    """The ranking that holds for a metric.

    Raises:
        KeyError: if none is stated.
    """
    return next(ranking for ranking in RANKINGS if metric in ranking.metrics)


@cache
def values_of(name: str) -> dict[str, float | None]:
    """The controls' values of a metric on tiny data that it is defined on; None where it refuses."""
    metric = registry.metrics().get(name)
    return {control: _value(metric, control) for control in CONTROLS}


def _value(metric: Metric, control: str) -> float | None:
    pictures = "vectors" not in metric.kinds or bool(metric.needs)
    model = fitted_control(control, dim=DIM, pictures=pictures)
    data = tiny_pictures() if pictures else None
    context = measuring(model, data, record=NEVER_TRAINED, **(SMALL.model_dump() | SETTINGS))
    try:
        with torch.no_grad():
            return float(resolve(metric.function)(context).value)
    except (MetricRefused, UnknownExamples):
        return None


def problems_of(name: str) -> list[str]:
    """Sentences about where a metric ranks the controls otherwise than theory says; empty where it agrees."""
    ranking = ranking_of(name)
    if ranking.untried:
        return []
    values = values_of(name)
    found = [
        f"{control}: refused" for control in CONTROLS if values[control] is None and control not in ranking.refused
    ]
    found += [
        f"{control}: {values[control]}, not refused" for control in ranking.refused if values[control] is not None
    ]
    for control, expected in (ranking.exact or {}).items():
        if values[control] != expected:
            found.append(f"{control}: {values[control]} instead of {expected:g}")
    if not found:
        found += [problem for chain in ranking.rising for problem in _disorder(chain, values)]
    return found


def _disorder(chain: tuple[Group, ...], values: Mapping[str, float | None]) -> list[str]:
    found = []
    for group in chain:
        if len({values[name] for name in group}) > 1:
            found.append(f"{', '.join(group)} are not equal: {[values[name] for name in group]}")
    for lower, higher in pairwise(chain):
        low, high = (values[group[0]] for group in (lower, higher))
        if low is None or high is None or not low < high:  # NaN is below nothing
            found.append(f"{lower[0]} ({low}) is not below {higher[0]} ({high})")
    return found


UNTRAINED = "the controls are worked out in closed form, so there is no training to time"
RANKINGS: tuple[Ranking, ...] = (
    Ranking(
        metrics=("frechet_distance",), rising=((("pca", "noise"), ("oracle",), ("constant",)),),
        why="no Gaussian on L dimensions is nearer to the data's than PCA's; noise codes share its prior and decoder; "
        "a single point is as far as the data's whole variance",
    ),
    Ranking(
        metrics=("mse_per_pixel", "unexplained_variance"),
        rising=((("pca",), ("oracle",), ("constant",), ("noise",)),),
        why="PCA is the best affine map through L numbers, the oracle's has fewer; the mean example leaves the whole "
        "variance; another example's reconstruction adds its own to it",
    ),
    Ranking(
        metrics=("active",), exact={"pca": DIM, "noise": DIM, "oracle": 3, "constant": 0},
        why="PCA counts all L axes, the oracle the data's factors, the constant model none",
    ),
    Ranking(
        metrics=("active_jacobian",), rising=((("constant",), ("oracle",)), (("constant",), ("pca",))),
        exact={"constant": 0}, why="a decoder that never moves has no relevant axis; of the others a share of the sum "
        "decides, which theory doesn't give",
    ),
    Ranking(
        metrics=("nac",), rising=((("pca",), ("noise",)), (("pca",), ("oracle",))), refused=("constant",),
        why="PCA's codes of the examples that it was fitted on are uncorrelated, those of the others up to sampling",
    ),
    Ranking(
        metrics=("mig", "factor_vae"), rising=((("pca",), ("oracle",)), (("noise",), ("oracle",))),
        refused=("constant",), why="one factor per axis is the ideal code; theory doesn't say how much better than "
        "noise PCA's mixed factors are; constant codes tell nothing",
    ),
    Ranking(
        metrics=("silhouette",), refused=("constant",),
        why="k-means finds clusters in anything, more clearly in fewer dimensions: theory doesn't order codes by it",
    ),
    Ranking(
        metrics=("prd_recall",), rising=((("constant",), ("pca", "noise")),),
        why="a single point falls into one cluster; noise codes sample as PCA does; where the oracle stands is up "
        "to the data",
    ),
    Ranking(
        metrics=("improved_recall",), rising=((("pca", "noise"),),), exact={"constant": 0.0},
        why="balls around one repeated point have no extent, so they cover nothing; noise codes sample as PCA does",
    ),
    Ranking(
        metrics=("prd_precision", "improved_precision", "kde_log_likelihood"), rising=((("pca", "noise"),),),
        why="noise codes sample as PCA does; whether the mean example is a likely one depends on the data",
    ),
    Ranking(
        metrics=("negative_elbo",), refused=CONTROLS, why="none of the controls has a posterior, so there is no bound",
    ),
    Ranking(
        metrics=("train_seconds", "examples_per_second", "energy"), refused=CONTROLS, why=UNTRAINED,
    ),
    Ranking(metrics=("prior_refresh_seconds",), refused=CONTROLS, why="none of the controls estimates its prior"),
    Ranking(
        metrics=("parameters",), exact=dict.fromkeys(CONTROLS, 0.0), why="nothing in them is trained",
    ),
    Ranking(metrics=("peak_memory",), why="it tells of the machine"),
    Ranking(
        metrics=("fid", "fid_reconstruction"), untried=True,
        why="in a network's features no control is the best or the worst by theory; the network's weights aren't part "
        "of the suite",
    ),
    Ranking(
        metrics=("frechet_classifier", "frechet_classifier_reconstruction"), untried=True,
        why="in a classifier's features no control is the best or the worst by theory",
    ),
)  # fmt: skip
