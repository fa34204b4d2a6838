"""Which weights of a finished run an evaluation reports, told from the files in the run's folder alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from latentdim import registry
from latentdim.records.folder import RunFolder
from latentdim.records.history import read_history
from latentdim.records.metric_files import read_metric
from latentdim.study.evaluation import Evaluation
from latentdim.study.requested_metrics import RequestedMetric


class WeightsRefused(Exception):
    """The weights that an evaluation asks for weren't kept; the message says which were and what to set."""


def reported_weights(evaluation: Evaluation, folder: RunFolder) -> Path:
    """Where the weights lie that an evaluation asks for; where a metric chooses them, see :func:`undecided` first.

    Raises:
        WeightsRefused: in a sentence.
    """
    if evaluation.checkpoint == "last":
        return folder.model
    asked = f"evaluation.checkpoint = {evaluation.checkpoint!r}"
    if folder.stages:
        raise WeightsRefused(
            f"{asked}: the run was trained in stages ({', '.join(folder.stages)}), whose weights belong together; only "
            "'last' can be measured"
        )
    if evaluation.checkpoint == "best":
        if not folder.best.exists():
            raise WeightsRefused(f"{asked}: the training took no validation loss after an epoch; use 'last'")
        return folder.best
    epochs = _epochs(evaluation, folder, asked)
    if evaluation.best_metric is None:
        return folder.epoch(epochs[0])
    contents = {epoch: _choice(evaluation, folder, epoch) for epoch in epochs}
    values = {epoch: content["value"] for epoch, content in contents.items() if content.get("status") == "ok"}
    if not values:
        reason = contents[epochs[0]].get("reason", "")
        raise WeightsRefused(f"{asked}: '{evaluation.best_metric}' has no value after any epoch ({reason})")
    best = min if chooser(evaluation, epochs[0]).metric.better == "lower" else max
    return folder.epoch(best(values, key=values.__getitem__))


def undecided(evaluation: Evaluation, folder: RunFolder) -> list[int]:
    """After how many epochs the metric that chooses the weights is still to be measured, ascending.

    Raises:
        WeightsRefused: in a sentence, if weights to choose from weren't kept.
    """
    if evaluation.best_metric is None or folder.stages:
        return []
    epochs = _epochs(evaluation, folder, f"evaluation.checkpoint = {evaluation.checkpoint!r}")
    return [epoch for epoch in epochs if _choice(evaluation, folder, epoch).get("status") not in {"ok", "refused"}]


def chooser(evaluation: Evaluation, epoch: int) -> RequestedMetric:
    """The metric by which the weights are chosen, of those after so many epochs."""
    assert evaluation.best_metric is not None
    return RequestedMetric.of(registry.metrics().get(evaluation.best_metric), evaluation.after(epoch), None)


def _epochs(evaluation: Evaluation, folder: RunFolder, asked: str) -> list[int]:
    """The epochs that an evaluation chooses among, all of them kept: one number, or the multiples of evaluate_every."""
    kept, every = folder.kept_epochs, evaluation.evaluate_every or 1
    asked_for = [evaluation.epoch] if evaluation.epoch else list(range(every, _trained_epochs(folder) + 1, every))
    lacking = [epoch for epoch in asked_for if epoch not in kept]
    if asked_for and not lacking:
        return asked_for
    which = f"after epoch {', '.join(map(str, lacking))}" if lacking else "to choose from"
    raise WeightsRefused(
        f"{asked}: the weights {which} weren't kept (kept: {', '.join(map(str, kept)) or 'none'}). What "
        "evaluation.evaluate_every says while a run is trained decides which are: set it to "
        f"{evaluation.epoch or every}, and remove {folder.path} to have the run trained again"
    )


def _trained_epochs(folder: RunFolder) -> int:
    """How many whole epochs a run was trained; every one ends with a row of its history."""
    rows = read_history(folder)
    if not rows:
        return 0
    steps_an_epoch = max(row["step"] for row in rows if row["epoch"] == rows[0]["epoch"])
    return int(rows[-1]["step"] // steps_an_epoch)


def _choice(evaluation: Evaluation, folder: RunFolder, epoch: int) -> dict[str, Any]:
    """What the file of the choosing metric holds for an epoch; empty where it wasn't measured."""
    return read_metric(folder, chooser(evaluation, epoch)) or {}
