"""Every estimator of the library that gives one number for a table, with its defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from latentdim.intrinsic.estimators import danco

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Contender = Callable[[Array], float]


def library(name: str, **options: Any) -> Contender:
    """An estimator of scikit-dimension."""

    def estimated(points: Array) -> float:
        import skdim

        return float(getattr(skdim.id, name)(**options).fit(points).dimension_)

    return estimated


FAST: Mapping[str, Contender] = {
    "CorrInt": library("CorrInt"),
    "DANCoFit": danco,
    "GRIDE": library("GRIDE"),
    "KNN": library("KNN", random_state=0),
    "MADA": library("MADA"),
    "MLE": library("MLE"),
    "MOM": library("MOM"),
    "MiND_ML": library("MiND_ML"),
    "TLE": library("TLE"),
    "TwoNN": library("TwoNN"),
    "lPCA": library("lPCA", verbose=False),
}
SLOW: Mapping[str, Contender] = {  # up to minutes a case
    "DANCo": library("DANCo", random_state=0),
    "ESS": library("ESS", random_state=0),
    "FisherS": library("FisherS"),
    "PH": library("PH", random_state=0),
}
