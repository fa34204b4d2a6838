"""What the metrics are held against: references that share no code with them, and the order of the controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from latentdim.conformance.checks import DIM, Check, MetricChecks, Ranking, draws
from latentdim.conformance.models import LinearDecoder, fitted_control, measuring
from latentdim.metrics import active_by_relevance, relevance_weights
from latentdim.metrics.active.measure import jacobian_count, own_count
from latentdim.nets.latent import LatentModel
from latentdim.training.data import Data, Scaling, Split


def own_counts() -> float:
    """PCA counts all its axes, the oracle its three factors, the constant model none."""
    expected = {("pca", 4): 4, ("oracle", 5): 3, ("constant", 4): 0}
    return float(
        sum(
            abs(own_count(measuring(fitted_control(name, dim=dim))).value - count)
            for (name, dim), count in expected.items()
        )
    )


def counted(scores: Sequence[float], *, strict: int, loose: int) -> Callable[[], float]:
    """How far both counts are from the expected ones."""

    def deviation() -> float:
        given = torch.tensor(scores, dtype=torch.float64)
        found = [int(active_by_relevance(given, strict=choice).sum()) for choice in (True, False)]
        return float(abs(found[0] - strict) + abs(found[1] - loose))

    return deviation


def linear_relevance() -> float:
    """Scores of a linear decoder: the columns' squared norms times the codes' variances, by numpy; relative."""
    draw = draws("relevance")
    weight, codes = draw.normal(size=(9, 4)), draw.normal(size=(400, 9)) * np.linspace(0.1, 2.0, 9)
    values = torch.from_numpy(codes).float()
    data = Data(Split(values), Split(values[:0]), Split(values[:20]), Scaling(1.0, 0.0))
    context = measuring(LinearDecoder(torch.from_numpy(weight).float()), data, n_relevance=80)
    expected = (weight**2).sum(axis=0) * codes[:80, :4].var(axis=0)
    found = np.array(jacobian_count(context).detail["scores"])
    return float(np.abs(found / expected - 1.0).max())


class Bent(LatentModel):
    """x = tanh(W z): its Jacobian differs from code to code."""

    def __init__(self, weight: torch.Tensor) -> None:
        super().__init__(dim=weight.shape[1], shape=(weight.shape[0],))
        self.register_buffer("weight", weight)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """tanh(W z)."""
        return torch.tanh(z @ self.get_buffer("weight").T)


def gains_by_differences() -> float:
    """Jacobian weights of a nonlinear decoder by central differences, both reductions; relative."""
    draw, step = draws("jacobian"), 1e-6
    model, z = Bent(torch.from_numpy(draw.normal(size=(7, 3)))), torch.from_numpy(draw.normal(size=(6, 3)))
    moves = step * torch.eye(3, dtype=torch.float64)
    columns = torch.stack([(model.decode(z + move) - model.decode(z - move)) / (2 * step) for move in moves])
    mean_of_squares = columns.square().mean(dim=1).sum(dim=1)
    square_of_mean = columns.abs().mean(dim=1).square().sum(dim=1)
    found = relevance_weights(model.decode, z), relevance_weights(model.decode, z, reduction="square_of_mean")
    return float(max((found[0] / mean_of_squares - 1).abs().max(), (found[1] / square_of_mean - 1).abs().max()))


COUNT = "a count"

REFERENCES: tuple[Check, ...] = (
    Check(
        metrics=("active",), reference="the controls' own definitions",
        case="PCA with L = 4, the oracle of 3 factors, the constant model", deviation=own_counts, tolerance=0,
        reason=COUNT,
    ),
    Check(
        metrics=("active_jacobian",), reference="cumulated by hand: 4 strictly above 99 %, 3 reaching it",
        case="scores 5, 3, 1.9, 0.06, 0.04", deviation=counted([5, 3, 1.9, 0.06, 0.04], strict=4, loose=3),
        tolerance=0, reason=COUNT,
    ),
    Check(
        metrics=("active_jacobian",), reference="cumulated by hand: 3 and 2", case="scores 50, 49, 1",
        deviation=counted([50, 49, 1], strict=3, loose=2), tolerance=0, reason=COUNT,
    ),
    Check(
        metrics=("active_jacobian",), reference="squared column norms × variances by numpy", case="a linear decoder "
        "(relative)", deviation=linear_relevance, tolerance=1e-5, reason="the network works in float32",
    ),
    Check(
        metrics=("active_jacobian",), reference="central differences", case="gains of x = tanh(W z), both reductions "
        "(relative)", deviation=gains_by_differences, tolerance=1e-7, reason="error of the differences, about 1e-9",
    ),
)  # fmt: skip

RANKINGS: tuple[Ranking, ...] = (
    Ranking(
        metrics=("active",), exact={"pca": DIM, "noise": DIM, "oracle": 3, "constant": 0},
        why="PCA counts all L axes, the oracle the data's factors, the constant model none",
    ),
    Ranking(
        metrics=("active_jacobian",), rising=((("constant",), ("oracle",)), (("constant",), ("pca",))),
        exact={"constant": 0}, why="a decoder that never moves has no relevant axis; of the others a share of the sum "
        "decides, which theory doesn't give",
    ),
)  # fmt: skip


def checks() -> MetricChecks:
    """References, rankings of the controls, and settings for tiny data."""
    return MetricChecks(
        references=REFERENCES,
        rankings=RANKINGS,
    )
