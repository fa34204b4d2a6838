"""A run's metrics as its files hold them, also those that were written under a metric's former name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from latentdim import registry
from latentdim.records.folder import RunFolder
from latentdim.study.requested_metrics import RequestedMetric
from latentdim.system.files import read_json


def read_metric(folder: RunFolder, requested: RequestedMetric) -> dict[str, Any] | None:
    """What the file of a requested metric holds; None where there is none, or it is torn."""
    content = read_json(folder.metric(requested.file))
    if content is None and requested.former:
        content = read_json(folder.metric(requested.former))
    return content if isinstance(content, dict) else None


def read_metrics(folder: RunFolder) -> Iterator[dict[str, Any]]:
    """What each file of a run's metrics holds, with its name under ``file``, in the order of names."""
    for path in folder.metrics:
        content = read_json(path)
        if isinstance(content, dict):
            name = content.get("metric")
            yield {"file": path.name} | content | {"metric": registry.renamed_metrics().get(str(name), name)}
