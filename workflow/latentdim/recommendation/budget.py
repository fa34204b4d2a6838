"""How long a recommendation may take, and what network, length and number of trainings that is enough for.

The plan depends on the data and the budget alone, never on this machine or on measured times, so that the same command
plans the same runs everywhere. A budget is told for two cores: as many core minutes are given to trainings, by the
estimates of :mod:`latentdim.plan.cost`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from latentdim.plan.cost import CORE
from latentdim.system.problems import InputError

CORES = 2
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
TRAINING_SHARE = 0.85  # of the budget: the rest goes to starting up, the estimates of the intrinsic dimension, the page
SECONDS_PER_RUN = 1.5  # what a short run takes beside its steps: files, and what is measured
BATCH = 128
WIDTHS = (512, 256, 128, 64)  # of both hidden layers, the widest first
ENOUGH_STEPS = {512: 3000, 256: 1000, 128: 700, 64: 300}  # a wider network is taken only where it gets as many
# Of Adam, by width. With smooth activations, steps this large untangle a torus in three dimensions from every start
# that was tried; ReLU and 0.002 from none. At 512, 0.01 leaves twice the error of MNIST that 0.003 does.
LEARNING_RATES = {512: 0.003, 256: 0.005, 128: 0.01, 64: 0.01}
ACTIVATION = "silu"
MOST_STEPS = 12_000
FEWEST_EPOCHS = 10  # of more examples than that, only the first so many are trained on
GRID = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
FEWEST_SIZES = 5
REFINED = 8  # sizes that are added where the curve bends, at most
SEEDED = 5  # sizes that get all seeds, at most
BETAS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # those that the rule for weights chooses from
TRIES = 3  # of them that a bisection needs


@dataclass(frozen=True)
class Design:
    """What is trained, and how.

    Attributes:
        sizes: of the coarse sweep.
        n_seeds: of each size near the bend, and of each method that finds its own size.
        width: of the network's hidden layers.
        n_train: training examples that are used; None for all.
        n_validation: of them, held out to choose weights by.
    """

    sizes: tuple[int, ...]
    n_seeds: int
    width: int
    steps: int
    batch_size: int
    n_train: int | None
    n_validation: int

    @property
    def most_runs(self) -> int:
        """How many trainings it takes at most."""
        return most_runs(len(self.sizes), self.n_seeds)

    @property
    def learning_rate(self) -> float:
        """The largest of the schedule."""
        return LEARNING_RATES[self.width]


def seconds_of(budget: str) -> float:
    """The seconds that a text like ``10m``, ``90s`` or ``1h`` stands for.

    Raises:
        InputError: if it is none.
    """
    matched = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh])", budget.strip())
    if not matched or float(matched[1]) <= 0.0:
        raise InputError("the command line", [f"--budget {budget}: give a time such as 90s, 10m or 1h"])
    return float(matched[1]) * UNITS[matched[2]]


def most_runs(n_sizes: int, n_seeds: int) -> int:
    """Trainings of a sweep over so many sizes, of its refinement, and of both methods that find their own size."""
    return n_sizes + REFINED + SEEDED * (n_seeds - 1) + (TRIES + n_seeds - 1) + n_seeds


def design(shape: tuple[int, ...], *, n_train: int, n_linear: int, budget_seconds: float, n_seeds: int) -> Design:
    """What a budget is enough for.

    Args:
        shape: of an example, of two values at least.
        n_train: training examples that there are.
        n_linear: principal components that hold 95 % of the variance, more than an autoencoder needs for as much.
        n_seeds: wanted.

    Raises:
        InputError: if the budget is too small for one training of each size.
    """
    n_values = math.prod(shape)
    sizes = _sizes(n_values, n_linear)
    batch = max(2, min(BATCH, n_train // 4))
    runs = most_runs(len(sizes), n_seeds)
    seconds = CORES * TRAINING_SHARE * budget_seconds / runs - SECONDS_PER_RUN
    for width in WIDTHS:
        steps = int(seconds / _step_seconds(n_values, width=width, dim=sizes[-1], batch=batch))
        if steps >= ENOUGH_STEPS[width]:
            break
    else:
        least = _least_seconds(n_values, sizes, batch=batch, runs=runs)
        raise InputError(
            "the command line",
            [f"the budget is too small: {runs} trainings of these data take at least {_as_budget(least)}; "
             f"give --budget {_as_budget(least)} or more, or fewer --seeds than {n_seeds}"],
        )  # fmt: skip
    steps = min(steps, MOST_STEPS)
    useful = steps * batch // FEWEST_EPOCHS
    used = min(n_train, max(useful, 2 * batch))
    n_validation = max(1, min(2000, used // 8))
    return Design(sizes, n_seeds, width, steps, batch, used if used < n_train else None, n_validation)


def protocol_of(planned: Design, seconds: float) -> dict[str, Any]:
    """How it was trained, or would be."""
    return {
        "budget_seconds": seconds, "seeds": planned.n_seeds, "hidden": [planned.width] * 2,
        "activation": ACTIVATION, "learning_rate": planned.learning_rate,
        "steps": planned.steps, "batch_size": planned.batch_size, "n_train": planned.n_train,
        "n_validation": planned.n_validation, "sizes": list(planned.sizes),
    }  # fmt: skip


def _sizes(n_values: int, n_linear: int) -> tuple[int, ...]:
    """Of the coarse sweep: up to the second one that as many principal components are enough for, and five at least."""
    possible = [size for size in GRID if size < n_values]
    fewer = [size for size in possible if size < n_linear]
    return tuple(possible[: max(len(fewer) + 2, FEWEST_SIZES)])


def _step_seconds(n_values: int, *, width: int, dim: int, batch: int) -> float:
    weights = 2 * (n_values * width + width * width + width * dim)
    return 3.0 * 2.0 * weights * batch / CORE.flops_per_second + CORE.seconds_per_step


def _least_seconds(n_values: int, sizes: tuple[int, ...], *, batch: int, runs: int) -> float:
    width = WIDTHS[-1]
    training = ENOUGH_STEPS[width] * _step_seconds(n_values, width=width, dim=sizes[-1], batch=batch)
    return runs * (training + SECONDS_PER_RUN) / (CORES * TRAINING_SHARE)


def _as_budget(seconds: float) -> str:
    return f"{math.ceil(seconds)}s" if seconds < 90 else f"{math.ceil(seconds / 60)}m"
