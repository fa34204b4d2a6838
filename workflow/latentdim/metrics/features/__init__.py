"""Features of examples: the spaces in which generated sets are compared with real ones."""

from __future__ import annotations

from latentdim.metrics.features.extractor import Extractor, Raw
from latentdim.metrics.features.sets import features_of

__all__ = ["Extractor", "Raw", "features_of"]
