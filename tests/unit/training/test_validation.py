"""The validation loss: a mean over examples, of the model in evaluation mode, that leaves the training alone."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from latentdim.conformance.tiny import tiny_data
from latentdim.records.folder import RunFolder
from latentdim.study.protocol import Optimizer, Training
from latentdim.training import Diverged, Task, train
from latentdim.training.checkpoint import load_file
from latentdim.training.data import Split

BATCH = 8
PROTOCOL = Training(batch_size=BATCH, epochs=1, n_validation=11, optimizer=Optimizer(name="sgd", learning_rate=1e-12))
# Eleven examples, so that after one batch of eight three are left; the mean of the last three is far from the others'.
HELD_OUT = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 100.0, 200.0, 300.0])[:, None].expand(11, 12)


def task_of(protocol: Training = PROTOCOL, *, held_out: Tensor = HELD_OUT, folder: Path | None = None) -> Task:
    data = replace(tiny_data(), validation=Split(held_out.contiguous()))
    where = RunFolder(folder) if folder else None
    return Task(dim=2, data=data, protocol=protocol, names=("tiny", "test", 2, 0), folder=where)


class Weighed(nn.Module):
    """One parameter that an example's mean is multiplied by."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x.mean(dim=1)


def test_each_validation_example_counts_alike_in_a_short_last_batch_too() -> None:
    task, model = task_of(), Weighed(2.0)
    train(model, lambda x: {"one": model(x).mean(), "two": 10.0 + 0.0 * model(x).mean()}, task)
    assert task.history[-1]["validation_loss"] == pytest.approx(2.0 * (36 + 600) / 11 + 10.0)


def test_validation_is_measured_in_evaluation_mode_and_leaves_the_training_as_it_was() -> None:
    """In training mode dropout would double half of the values, and the norm take over other moments."""
    task = task_of(PROTOCOL.model_copy(update={"epochs": 2}))
    model = nn.ModuleDict(
        {"weighed": Weighed(2.0), "dropout": nn.Dropout(0.5), "norm": nn.BatchNorm1d(12, affine=False, momentum=None)}
    )
    modes: list[tuple[int, bool, bool]] = []

    def loss(x: Tensor) -> dict[str, Tensor]:
        modes.append((len(x), model.training, torch.is_grad_enabled()))
        return {"dropped": model["dropout"](model["weighed"](x)).mean(), "normed": model["norm"](x).mean()}

    train(model, loss, task)
    assert modes == 2 * [*[(BATCH, True, True)] * 15, (BATCH, False, False), (3, False, False)]
    # The norm averages its batches' moments: after whole epochs the mean is that of all training examples.
    torch.testing.assert_close(model["norm"].running_mean, task.data.train.values.mean(dim=0))
    normed = (HELD_OUT - model["norm"].running_mean) / (model["norm"].running_var + 1e-5).sqrt()
    assert task.history[-1]["validation_loss"] == pytest.approx(2.0 * 636 / 11 + normed.mean().item(), rel=1e-5)


def test_the_weights_of_the_lowest_validation_loss_are_kept(tmp_path: Path) -> None:
    """The weight moves a tenth of the way to 10 an epoch; of 1, 1.9, 2.71, 3.439 … the third is nearest 2.6."""
    optimizer = Optimizer(name="sgd", learning_rate=0.05)
    protocol = Training(batch_size=120, epochs=5, n_validation=2, optimizer=optimizer)
    task, model = task_of(protocol, held_out=torch.full((2, 12), 2.6), folder=tmp_path), Weighed(0.0)
    train(model, lambda x: {"loss": (model.weight - (x.mean() if len(x) == 2 else 10.0)).square()}, task)
    weights = [10 * (1 - 0.9**epochs) for epochs in range(1, 6)]
    assert [row["validation_loss"] for row in task.history] == pytest.approx(
        [(w - 2.6) ** 2 for w in weights], rel=1e-4
    )
    assert load_file(tmp_path / "best.safetensors")["weight"].item() == pytest.approx(2.71)
    assert model.weight.item() == pytest.approx(weights[-1])


def test_a_validation_loss_that_is_no_number_ends_the_training_as_diverged() -> None:
    task, model = task_of(held_out=torch.full((3, 12), torch.inf)), Weighed(2.0)
    with pytest.raises(Diverged, match="the validation loss is inf after epoch 1"):
        train(model, lambda x: {"loss": model(x).mean()}, task)
