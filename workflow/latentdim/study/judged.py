"""How a model is measured where that decides about its training: alike in every study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from latentdim.study.evaluation import Evaluation
from latentdim.study.protocol import merged

# What is a property of the trained model, or decides about its training, is judged alike whatever a study asks for.
JUDGED = Evaluation(n_generated=2000, n_reference=2000)


def judged_with(settings: Mapping[str, Any]) -> Evaluation:
    """The same with settings of a method's own laid over it.

    Raises:
        ValidationError: if they are none of the evaluation half.
    """
    return Evaluation.model_validate(merged(JUDGED.model_dump(), dict(settings))) if settings else JUDGED
