"""Steps that a graph would repeat wrongly are found out without a GPU."""

from collections.abc import Callable
from itertools import count

import pytest
import torch
from torch import Tensor, nn

from latentdim.conformance.replay import is_replayable
from latentdim.conformance.tiny import tiny_data
from latentdim.nets import Autoencoder, reconstruction
from latentdim.nets.architectures.mlp import Mlp
from latentdim.study.protocol import Training
from latentdim.training import Task, train

PROTOCOL = Training(network=Mlp(hidden=(8,)), batch_size=16, steps=7)
Weigh = Callable[[Task, nn.Module], Tensor | float]


def problems(weigh: Weigh) -> list[str]:
    """Of an autoencoder whose loss is weighed so in each step."""

    def fit() -> None:
        task = Task(dim=2, data=tiny_data(), protocol=PROTOCOL, names=("tiny", "test", 2, 0))
        model = Autoencoder.build(task.protocol, dim=2, shape=task.shape, generator=task.initialisation)
        model.register_buffer("level", torch.ones(()))

        def loss(x: Tensor) -> dict[str, Tensor]:
            return {"loss": weigh(task, model) * reconstruction(model, model.encode(x), x, task.protocol)}

        train(model, loss, task)

    return list(is_replayable(fit))


def drawn(task: Task, model: nn.Module) -> Tensor:
    return task.draws("weight").uniform(())


def written_over(task: Task, model: nn.Module) -> Tensor:
    level: Tensor = model.level  # type: ignore[assignment]
    return level.mul_(0.9)


def replaced(task: Task, model: nn.Module) -> Tensor:
    model.level = 0.9 * model.level  # type: ignore[operator, assignment]
    return model.level


def by_python(task: Task, model: nn.Module) -> float:
    return 1.0 + task.share_done


def read_back(task: Task, model: nn.Module) -> float:
    return float(model.level)  # type: ignore[arg-type]


def brought(task: Task, model: nn.Module) -> Tensor:
    return torch.tensor(0.5)


def now_and_then(steps: Callable[[], int]) -> Weigh:
    return lambda task, model: torch.ones(()) if steps() % 2 else torch.ones(()) + torch.ones(())


@pytest.mark.parametrize("weigh", [lambda task, model: 1.0, drawn, written_over], ids=["constant", "drawn", "written"])
def test_what_lies_on_the_device_may_change(weigh: Weigh) -> None:
    assert problems(weigh) == []


@pytest.mark.parametrize(
    ("weigh", "sentence"),
    [
        (replaced, "and of the next step"),
        (by_python, "and of the next step"),
        (now_and_then(count().__next__), "and of the next step"),
        (read_back, "reads a number back from the device"),
        (brought, "brings a number of Python's to the device"),
    ],
    ids=["replaced", "by python", "now and then", "read back", "brought"],
)
def test_what_a_graph_would_repeat_wrongly_is_told(weigh: Weigh, sentence: str) -> None:
    (problem,) = problems(weigh)
    assert problem.startswith("replayable: operation ")
    assert sentence in problem
