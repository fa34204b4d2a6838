"""The kinds of check, by the word that stands after ``kind:`` in claims.yaml.

Of values over the initial latent dimension or over settings (:mod:`.curves`, :mod:`.settings`), of two sides
(:mod:`.pairs`), of costs (:mod:`.costs`), of histories (:mod:`.settling`, :mod:`.events`), of stored arrays
(:mod:`.covariance`).
"""

from collections.abc import Mapping

from latentdim.claims.check import Check
from latentdim.claims.kinds.costs import Cheaper
from latentdim.claims.kinds.covariance import MaskedCovariance
from latentdim.claims.kinds.curves import MinimumNear, NearBest, UShaped, Within
from latentdim.claims.kinds.events import Coincides, Collapses
from latentdim.claims.kinds.pairs import Alike, Ordered
from latentdim.claims.kinds.settings import Depends, Falls, Grows, Indifferent
from latentdim.claims.kinds.settling import Apart, Settles, SettlesLater, StaysLowest

KINDS: Mapping[str, type[Check]] = {
    kind.kind: kind
    for kind in (
        MinimumNear, UShaped, NearBest, Within, Grows, Falls, Indifferent, Depends, Ordered, Alike, Cheaper, Settles,
        SettlesLater, StaysLowest, Apart, Collapses, Coincides, MaskedCovariance,
    )
}  # fmt: skip
