"""MIG against scikit-learn's mutual information, brute force, and ceilings worked out for whole factor spaces."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import mutual_info_score

from latentdim.conformance.tiny import tiny_pictures
from latentdim.metrics import MetricRefused, mutual_information_gap
from latentdim.metrics.factor_codes import factor_codes, random_levels
from latentdim.metrics.mig.measure import informations, measure
from latentdim.nets.draws import Draws
from latentdim.nets.latent import LatentModel
from latentdim.system.seeds import stream

DSPRITES, SHAPES3D = (3, 6, 40, 32, 32), (10, 10, 10, 8, 4, 15)


def whole_space(sizes) -> np.ndarray:
    return np.stack(np.unravel_index(np.arange(math.prod(sizes)), sizes), axis=1)


def drawn(sizes, n: int, name: str = "levels") -> np.ndarray:
    return stream("mig", name, n).integers(0, sizes, size=(n, len(sizes)))


def library_bins(axis: np.ndarray, bins: int) -> np.ndarray:
    return np.digitize(axis, np.histogram(axis, bins)[1][:-1])


def reference(codes: np.ndarray, levels: np.ndarray, bins: int) -> float:
    """The definition with scikit-learn's mutual information."""
    gaps = []
    for factor in levels.T:
        shared = sorted(mutual_info_score(library_bins(axis, bins), factor) for axis in codes.T)
        gaps.append((shared[-1] - shared[-2]) / mutual_info_score(factor, factor))
    return float(np.mean(gaps))


@pytest.mark.parametrize(("sizes", "ceiling"), [(DSPRITES, 0.9024), (SHAPES3D, 1.0)])
def test_one_factor_per_axis_over_a_whole_factor_space_gives_the_ceiling(sizes, ceiling):
    levels = whole_space(sizes)
    assert mutual_information_gap(levels.astype(np.float32), levels) == pytest.approx(ceiling, abs=5e-5)


def test_the_ceiling_of_each_factor_of_dsprites_is_that_of_its_bins():
    gaps = informations(whole_space(DSPRITES), whole_space(DSPRITES)).gaps
    # 32 levels fall into 20 bins: 12 of the bins hold two levels each, 8 hold one.
    straddling = 1.0 - 24 / 32 * math.log(2) / math.log(32)
    assert gaps == pytest.approx([1.0, 1.0, math.log(20) / math.log(40), straddling, straddling], abs=1e-12)
    assert straddling == pytest.approx(0.85)


@pytest.mark.parametrize(
    ("sizes", "n", "expected"),
    [
        (DSPRITES, 10_000, 0.8956), (DSPRITES, 3000, 0.879), (DSPRITES, 1000, 0.829), (DSPRITES, 500, 0.754),
        (SHAPES3D, 10_000, 0.9975), (SHAPES3D, 3000, 0.992), (SHAPES3D, 1000, 0.975), (SHAPES3D, 500, 0.949),
    ],
)  # fmt: skip
def test_fewer_images_lower_the_ceiling(sizes, n, expected):
    levels = drawn(sizes, n)
    assert mutual_information_gap(levels, levels) == pytest.approx(expected, abs=0.002 + 5 / n)


@pytest.mark.parametrize("bins", [5, 20])
def test_it_agrees_with_scikit_learn_s_mutual_information(bins):
    levels = drawn((3, 6, 7), 2000)
    noise = stream("mig", "noise").normal(size=(2000, 5))
    codes = levels @ stream("mig", "mix").normal(size=(3, 5)) + 0.7 * noise
    found = informations(codes, levels, bins=bins)
    shared = [[mutual_info_score(library_bins(axis, bins), factor) for factor in levels.T] for axis in codes.T]
    np.testing.assert_allclose(found.mutual, shared, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.entropies, [mutual_info_score(f, f) for f in levels.T], rtol=0, atol=1e-12)
    assert mutual_information_gap(codes, levels, bins) == pytest.approx(reference(codes, levels, bins), abs=1e-12)


def test_useless_duplicated_and_constant_codes_score_nothing():
    levels = drawn(DSPRITES, 10_000)
    independent = stream("mig", "independent").normal(size=(10_000, 10))
    assert 0.0 <= mutual_information_gap(independent, levels) < 0.001
    assert mutual_information_gap(np.concatenate([levels, levels], axis=1), levels) == 0.0
    assert mutual_information_gap(np.full((10_000, 3), 0.3, dtype=np.float32), levels) == 0.0


def test_scales_shifts_and_permutations_of_axes_do_not_matter():
    levels = drawn((3, 6, 7), 1000)
    codes = levels + 0.4 * stream("mig", "blur").normal(size=levels.shape)
    expected = mutual_information_gap(codes, levels)
    assert mutual_information_gap(codes[:, ::-1] * 4.0, levels) == expected
    assert mutual_information_gap(codes * 0.001 + [3.0, -2.0, 0.0], levels) == pytest.approx(expected, abs=0.01)


def test_a_rotation_of_two_factors_costs_both():
    levels = drawn((8, 8, 8), 5000).astype(float)
    turned = levels.copy()
    turned[:, 0], turned[:, 1] = levels[:, 0] + levels[:, 1], levels[:, 0] - levels[:, 1]
    assert informations(levels, levels).gaps.min() > 0.99
    assert informations(turned, levels).gaps == pytest.approx([0.0, 0.0, 1.0], abs=0.03)


def test_a_factor_without_entropy_is_left_out_and_a_single_axis_has_no_second():
    levels = drawn((1, 5, 4), 2000)
    assert mutual_information_gap(levels, levels) == pytest.approx(1.0, abs=0.01)
    alone = informations(levels[:, 1:2], levels)
    assert alone.gaps == pytest.approx([1.0, 0.0], abs=0.01)


def test_what_cannot_be_measured_is_refused():
    levels = drawn((3, 4), 50)
    with pytest.raises(ValueError, match="no factor varies"):
        mutual_information_gap(levels, np.zeros((50, 2)))
    with pytest.raises(ValueError, match="finite"):
        mutual_information_gap(np.full((50, 2), np.nan), levels)
    with pytest.raises(ValueError, match="whole"):
        mutual_information_gap(levels, levels + 0.5)
    with pytest.raises(ValueError, match="needed"):
        mutual_information_gap(levels[:40], levels)


class Reader(LatentModel):
    """Codes read off a tiny picture: its mass, where its centre lies, and a constant."""

    def __init__(self) -> None:
        super().__init__(dim=4, shape=(1, 8, 8))
        self.encoded = 0

    def encode(self, x: torch.Tensor, *, sample: Draws | None = None) -> torch.Tensor:
        self.encoded += len(x)
        mass = x.sum(dim=(1, 2, 3))
        place = torch.arange(8.0)
        columns, rows = ((x.sum(dim=axes) @ place) / mass for axes in ((1, 2), (1, 3)))
        return torch.stack([mass, columns, rows, torch.full_like(mass, 0.3)], dim=1)


@pytest.fixture
def context(measuring):
    """A measuring context of the reader on tiny pictures, 2,000 random ones of them."""

    def build(**options: object):
        built = measuring(Reader().eval(), torch.zeros(2, 1, 8, 8), torch.zeros(2, 1, 8, 8), **options)
        return replace(built, data=tiny_pictures())

    return build


def test_the_metric_reads_random_images_of_the_factor_space(context):
    made = context(mig={"n": 2000, "bins": 6})
    found = measure(made)
    assert made.model.encoded <= 160  # a picture is encoded once however often it is drawn
    levels = random_levels((2, 4, 5, 4), 2000, draws=Draws.named("run", "mig"))
    images = torch.from_numpy(made.data.factor_space.images(levels)).float() / 255.0
    codes = factor_codes(made, levels)
    np.testing.assert_allclose(codes, Reader().encode(images).numpy(), rtol=1e-5)
    # Whole masses lie on the edges of bins, where the last digit decides: the very same codes for both.
    assert found.value == pytest.approx(reference(codes[:, :3].astype(float), levels, 6), abs=1e-12)
    assert found.n == 2000
    assert found.detail["constant_axes"] == [3]
    assert list(found.detail["gaps"]) == ["shape", "side", "column", "row"]


def test_a_batch_of_the_factor_spaces_pictures_holds_no_more_values_than_it_may(context, monkeypatch):
    made, levels = context(), random_levels((2, 4, 5, 4), 2000, draws=Draws.named("run", "mig"))
    whole, sizes, encode = factor_codes(made, levels), [], made.model.encode
    made.model.encode = lambda x: (sizes.append(len(x)), encode(x))[1]
    monkeypatch.setattr("latentdim.metrics.factor_codes.PIXELS", 7 * 64 + 63)
    np.testing.assert_array_equal(factor_codes(made, levels), whole)
    assert max(sizes) == 7
    assert sum(sizes) == len(np.unique(levels, axis=0))
    monkeypatch.setattr("latentdim.metrics.factor_codes.PIXELS", 63)  # less than one picture has
    np.testing.assert_array_equal(factor_codes(made, levels), whole)


def test_the_metric_restricts_the_codes_to_the_chosen_axes(context):
    found = measure(context(axes=[False, True, True, False], mig={"n": 2000, "bins": 6}))
    assert found.detail["axes"] == [1, 2]
    assert found.detail["gaps"]["shape"] < 0.05


def test_of_few_images_codes_that_tell_nothing_are_at_the_floor(context):
    made = context(axes=[False, True, True, False], mig={"n": 60, "bins": 6})
    by_chance = np.mean(
        [
            mutual_information_gap(stream("mig", "nothing", draw).normal(size=(60, 2)), levels, 6)
            for draw in range(20)
            for levels in [random_levels((2, 4, 5, 4), 60, draws=Draws.named("levels", draw))]
        ]
    )
    assert by_chance > 0.02
    found = measure(made)
    assert found.floor.value == pytest.approx(by_chance, abs=4 * found.floor.spread)
    assert measure(context(axes=[False, True, True, False], mig={"n": 2000, "bins": 6})).floor.value < by_chance / 5


def test_constant_codes_a_single_axis_and_an_empty_choice_are_refused(context):
    with pytest.raises(MetricRefused, match="between two axes"):
        measure(context(axes=[False, True, False, False]))
    with pytest.raises(MetricRefused, match="constant codes"):
        measure(context(axes=[False, False, False, True]))
    with pytest.raises(MetricRefused, match="no axis is chosen"):
        measure(context(axes=[False] * 4))
    with pytest.raises(MetricRefused, match="no factor space"):
        measure(replace(context(), data=replace(tiny_pictures(), factor_space=None)))


def test_codes_that_are_not_finite_are_refused(context):
    made = context()
    made.model.encode = lambda x: torch.full((len(x), 4), torch.nan)
    with pytest.raises(MetricRefused, match="not finite"):
        factor_codes(made, np.zeros((3, 4), dtype=np.int64))


def test_the_spread_is_that_of_repeated_draws(context):
    found = [measure(replace(context(mig={"n": 4000}), draws=lambda name, i=i: Draws.named(i))) for i in range(12)]
    values, spreads = [one.value for one in found], [one.spread for one in found]
    # The standard deviation of 12 draws is itself uncertain by about a fifth; so is one of ten parts.
    assert np.mean(spreads) == pytest.approx(np.std(values, ddof=1), rel=0.6)
    assert measure(context(mig={"n": 500})).spread is None
