"""What a cell's runs store for exhibits, and in which files. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass

from latentdim.registry.declarations import StoredTensors
from latentdim.study.evaluation import Evaluation
from latentdim.study.requested_metrics import choosing_fields, settings
from latentdim.system.identity import digest


@dataclass(frozen=True)
class RequestedTensors:
    """Tensors as one cell's runs store them.

    Attributes:
        file: the name of their file, which carries all that can change them.
    """

    declaration: StoredTensors
    file: str

    @classmethod
    def of(cls, declaration: StoredTensors, evaluation: Evaluation) -> RequestedTensors:
        """The request; what differs from the evaluation half's defaults is hashed into the file's name."""
        values = settings(evaluation, {"checkpoint", *declaration.uses} | choosing_fields(evaluation))
        return cls(declaration, f"{declaration.name}-v{declaration.version}-{digest(values, 8)}.safetensors")
