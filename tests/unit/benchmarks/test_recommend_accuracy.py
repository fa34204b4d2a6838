"""The benchmark's test families have the dimension that they are listed with."""

import numpy as np
import pytest

from benchmarks.recommend_accuracy.families import FAMILIES
from latentdim.intrinsic.families import BENT, FLAT
from latentdim.system.seeds import stream

MEMBERS = [(family, dim) for family, members in FAMILIES.items() for dim in members if family != "network"]


class Nudged:
    """A random generator whose draws depend smoothly on hidden numbers: the same draws, each moved a little."""

    def __init__(self, seed, direction, step):
        self.draws, self.noise, self.step = stream("nudge", seed), stream("direction", direction), step

    def _moved(self, values):
        return values + self.step * self.noise.standard_normal(values.shape)

    def standard_normal(self, size):
        return self._moved(self.draws.standard_normal(size))

    def standard_t(self, df, size):
        return self._moved(self.draws.standard_t(df, size))

    def uniform(self, low, high, size):
        return self._moved(self.draws.uniform(low, high, size))

    def dirichlet(self, alpha, size):
        weights = np.exp(self._moved(np.log(self.draws.standard_gamma(np.broadcast_to(alpha, (size, len(alpha)))))))
        return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("family", "dim"), MEMBERS)
def test_as_many_independent_directions_as_the_dimension(family, dim):
    """The rank of the map from hidden numbers to points, by differences along more random directions than it has.

    The network, which rounds its values, has tests of its own.
    """
    sampler, step = FAMILIES[family][dim], 1e-6
    centre = sampler(Nudged("a", 0, 0.0), 1)[0]
    moved = [sampler(Nudged("a", direction, step), 1)[0] - centre for direction in range(dim + 6)]
    sizes = np.append(np.linalg.svd(np.array(moved) / step, compute_uv=False), 0.0)
    assert sizes[dim] < 0.03 * sizes[dim - 1]  # what is left of curvature, over a step
    assert sizes[dim - 1] > 1e-5 * sizes[0]


def test_no_family_is_one_of_those_that_the_correction_was_learnt_from():
    assert not {family.__name__ for family in FLAT + BENT} & set(FAMILIES)


def test_dimensions_reach_from_3_to_40():
    dims = {dim for members in FAMILIES.values() for dim in members}
    assert (min(dims), max(dims)) == (3, 40)
    assert all(len(members) == 5 for members in FAMILIES.values())
