"""What a method needs on its way, beside the data, that may not be here. Free of torch."""

from __future__ import annotations

from typing import get_args

from latentdim import registry
from latentdim.plan.inception_place import is_at_hand, takes_inception
from latentdim.plan.run import Cell


def untrainable(cell: Cell) -> str:
    """A sentence about a method that goes through Inception while it is trained, where its weights aren't here.

    A metric waits for them, or downloads them; a training that stands still for them after every epoch can't. Empty
    where nothing lacks.
    """
    measured = ((registry.metrics().get(name), how) for name, how in cell.measured.items())
    taking = [metric.name for metric, how in measured if takes_inception(metric, how, "images")]
    if not taking or is_at_hand():
        return ""
    return (
        f"method '{cell.method.name}': measures '{taking[0]}' while it is trained, but Inception's weights aren't here "
        f"(README, FID, tells where to lay them){_instead(cell)}"
    )


def _instead(cell: Cell) -> str:
    """What a method takes in place of something: ``; or take stop_features = 'pixels_pca' or 'classifier'``."""
    fields = type(cell.config).model_fields
    values = {name: get_args(fields[name].annotation) for name in cell.method.labelled}
    others = {name: [v for v in those if v != getattr(cell.config, name)] for name, those in values.items()}
    return "".join(f"; or take {name} = {' or '.join(map(repr, those))}" for name, those in others.items() if those)
