"""The library's estimators that are asked beside ours, each with the settings under which it can be trusted.

scikit-dimension has more. Left out, each for something seen on data that it accepts: default DANCo bounds
what it calibrates with by 10, so that 20 normal values are called 13 (its tabulated version, ``DANCoFit``, isn't); KNN
reads 18 rows by default; TLE compares with an absolute 1e-4, so that its value depends on the units; MADA, MOM and
CorrInt repeat what Gride and the maximum likelihood tell; ESS, FisherS and PH take minutes at 2,500 rows; lPCA counts
directions of the whole.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MOST_DANCO_DIM, DANCO_ROWS = 100, (20, 5000)  # of its table


def gride(points: Array) -> float:
    """Gride from the neighbours of orders 1 and 2 (Denti et al. 2022), which is also TwoNN by maximum likelihood."""
    from skdim.id import GRIDE

    return float(GRIDE().fit(points).dimension_)


def two_nn(points: Array) -> float:
    """TwoNN as published (Facco et al. 2017): a line through the ratios, the largest tenth left out."""
    from skdim.id import TwoNN

    return float(TwoNN().fit(points).dimension_)


def mle(points: Array) -> float:
    """Maximum likelihood from 20 neighbours (Levina and Bickel 2005), combined as MacKay and Ghahramani propose."""
    from skdim.id import MLE

    return float(MLE().fit(points).dimension_)


def danco(points: Array) -> float:
    """DANCo (Ceruti et al. 2014) with tabulated comparisons.

    Raises:
        ValueError: if there are fewer rows than its table knows.
    """
    from skdim.id import DANCo

    # Its default for D is the number of columns, which may be more than its table holds.
    return float(DANCo(ver="DANCoFit", D=min(MOST_DANCO_DIM, points.shape[1])).fit(points[: DANCO_ROWS[1]]).dimension_)


ESTIMATORS: Mapping[str, Callable[[Array], float]] = {"gride": gride, "two_nn": two_nn, "mle": mle, "danco": danco}


def quietly(estimator: Callable[[Array], float], points: Array) -> float:
    """Its value without its warnings, whose subjects (ties, copies) are counted and told once for all."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator(points)
