"""The FactorVAE metric of codes whose score is known, against a vote-by-vote reference."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from latentdim.conformance.tiny import tiny_pictures
from latentdim.metrics import MetricRefused, factor_vae_score
from latentdim.metrics.factor_vae import FactorVae
from latentdim.metrics.factor_vae import measure as factor_vae
from latentdim.metrics.factor_vae.measure import Votes, draw_votes, measure, score_votes
from latentdim.nets.draws import Draws
from latentdim.nets.latent import LatentModel
from latentdim.records.floor import Floor
from latentdim.system.seeds import seed_of, stream

DSPRITES, SHAPES3D = (3, 6, 40, 32, 32), (10, 10, 10, 8, 4, 15)
QUICK = FactorVae(batch=32, n_train=600, n_evaluation=400, n_variance=2000)


def unit(sizes):
    """Codes that are the factors, each scaled to unit range."""
    return lambda levels: levels / (np.array(sizes) - 1.0)


def score(encode, sizes=DSPRITES, name: str = "votes", **options: object) -> float:
    settings = FactorVae.model_validate(QUICK.model_dump() | options)
    return factor_vae_score(encode, sizes, seed=seed_of("factor vae", name), settings=settings)


@pytest.mark.parametrize("sizes", [DSPRITES, SHAPES3D])
def test_the_factors_themselves_and_duplicates_of_them_score_1(sizes):
    assert score(unit(sizes), sizes) == 1.0
    assert score(lambda levels: np.tile(unit(sizes)(levels), 2), sizes) == 1.0


@pytest.mark.parametrize(("sizes", "chance"), [(DSPRITES, 0.2), (SHAPES3D, 1 / 6)])
def test_codes_independent_of_the_image_score_what_guessing_does(sizes, chance):
    noise = stream("factor vae", "noise", len(sizes))
    settings = FactorVae(batch=16, n_train=4000, n_evaluation=5000)
    votes = draw_votes(
        lambda levels: noise.normal(size=(len(levels), 10)),
        sizes, draws=Draws.named("factor vae"), settings=settings,
    )  # fmt: skip
    found = score_votes(votes, settings=settings)
    assert found.value == pytest.approx(chance, abs=4 * (chance * (1 - chance) / 5000) ** 0.5)
    assert found.on_training > found.value  # the classifier has seen those


def test_a_constant_code_scores_0_whatever_the_threshold():
    for options in ({}, {"relative": False}, {"threshold": 0.0}, {"threshold": 0.0, "relative": False}):
        assert score(lambda levels: np.full((len(levels), 4), 0.3, dtype=np.float32), **options) == 0.0


@pytest.mark.parametrize(("sizes", "expected"), [(DSPRITES, 0.8), (SHAPES3D, 5 / 6)])
def test_a_missing_factor_and_two_rotated_ones_each_cost_one_factor_s_votes(sizes, expected):
    def rotated(levels):
        codes = unit(sizes)(levels)
        first, second = codes[:, -1].copy(), codes[:, -2].copy()
        codes[:, -1], codes[:, -2] = (first + second) / 2**0.5, (first - second) / 2**0.5
        return codes

    for encode in (lambda levels: unit(sizes)(levels)[:, 1:], rotated):
        assert score(encode, sizes, n_evaluation=1500) == pytest.approx(expected, abs=0.05)


def test_small_codes_score_0_under_the_library_s_absolute_threshold_only():
    def small(levels):
        return 0.001 * unit(DSPRITES)(levels)

    assert score(small, relative=False) == 0.0
    assert score(small) == 1.0
    assert score(unit(DSPRITES), relative=False) == 1.0


def test_a_dead_axis_never_wins_even_without_a_threshold_or_with_rounding_in_it():
    rounding = stream("factor vae", "rounding")

    def with_dead(levels):
        dead = np.full((len(levels), 2), 5.0, dtype=np.float32)
        dead[:, 1] = np.nextafter(dead[:, 1], np.float32(rounding.choice([0.0, 9.0])))
        dead[rounding.random(len(levels)) < 0.5, 1] = 5.0
        return np.concatenate([dead, unit(DSPRITES)(levels)], axis=1)

    settings = QUICK.model_copy(update={"threshold": 0.0})
    votes = draw_votes(with_dead, DSPRITES, draws=Draws.named("factor vae"), settings=settings)
    assert votes.variance[:2].tolist() == [0.0, 0.0]
    found = score_votes(votes, settings=settings)
    assert found.kept.tolist() == [2, 3, 4, 5, 6]
    assert found.value == 1.0


def test_axes_far_below_the_largest_are_left_out_by_the_relative_threshold():
    votes = draw_votes(
        lambda levels: unit(DSPRITES)(levels) * [1.0, 1.0, 1.0, 0.01, 1.0], DSPRITES,
        draws=Draws.named("factor vae"), settings=QUICK,
    )  # fmt: skip
    found = score_votes(votes, settings=QUICK)
    assert found.kept.tolist() == [0, 1, 2, 4]
    assert found.value == pytest.approx(0.8, abs=0.06)
    # Among two axes alone the small one may be the largest.
    assert score_votes(votes, settings=QUICK, axes=[3]).kept.tolist() == [3]


def test_it_agrees_with_counting_vote_by_vote():
    """Images of a vote share the drawn factor's level and nothing else; the rest is recounted plainly."""
    mix = stream("factor vae", "mix").normal(size=(5, 7)) ** 3
    seen: list[np.ndarray] = []

    def encode(levels):
        seen.append(levels)
        return np.tanh(unit(DSPRITES)(levels) @ mix)

    settings = FactorVae(batch=8, n_train=200, n_evaluation=100, n_variance=300, threshold=0.3)
    votes = draw_votes(encode, DSPRITES, draws=Draws.named("factor vae"), settings=settings)
    scale = np.tanh(unit(DSPRITES)(seen[0]) @ mix).std(axis=0, ddof=1)
    kept = [axis for axis in range(7) if scale[axis] >= 0.3 * max(scale)]
    winners, shared, held = [], [], set()
    for group, local, factor in zip(
        np.concatenate(seen[1:]).reshape(300, 8, 5), votes.local, votes.factors, strict=True
    ):
        codes = np.tanh(unit(DSPRITES)(group) @ mix)
        np.testing.assert_allclose(local, codes.var(axis=0, ddof=1), rtol=1e-9)
        held.add((factor, group[0, factor]))
        winners.append(min(kept, key=lambda axis: codes[:, axis].std(ddof=1) / scale[axis]))
        shared.append({factor for factor in range(5) if len(set(group[:, factor])) == 1})
    assert 1 < len(kept) < 7
    np.testing.assert_allclose(votes.variance, scale**2, rtol=1e-9)
    assert len(held) > 75  # of 113 levels, by 300 votes
    assert all(factor in same for factor, same in zip(votes.factors, shared, strict=True))
    assert np.mean([len(same) for same in shared]) == pytest.approx(1.0, abs=0.05)
    pairs = list(zip(winners, votes.factors.tolist(), strict=True))
    votes_of = {axis: Counter(f for a, f in pairs[:200] if a == axis) for axis in kept}
    best = {axis: min(range(5), key=lambda f: (-counted[f], f)) for axis, counted in votes_of.items()}
    right = [best[axis] == factor for axis, factor in pairs[200:]]
    assert score_votes(votes, settings=settings).value == pytest.approx(np.mean(right), abs=1e-12)


def test_factors_and_levels_are_drawn_uniformly():
    votes = draw_votes(unit((2, 3, 4)), (2, 3, 4), draws=Draws.named("factor vae"), settings=FactorVae())
    shares = np.bincount(votes.factors, minlength=3) / len(votes.factors)
    assert shares == pytest.approx([1 / 3] * 3, abs=4 * (2 / 9 / 15_000) ** 0.5)
    assert votes.variance == pytest.approx([1 / 4, 1 / 6, 5 / 36], rel=0.04)


def test_encoding_in_blocks_changes_nothing(monkeypatch):
    whole = draw_votes(unit(DSPRITES), DSPRITES, draws=Draws.named("factor vae"), settings=QUICK)
    monkeypatch.setattr(factor_vae, "VALUES", 32 * 5 * 7)
    cut = draw_votes(unit(DSPRITES), DSPRITES, draws=Draws.named("factor vae"), settings=QUICK)
    np.testing.assert_array_equal(whole.local, cut.local)


def test_votes_of_other_axes_need_no_new_encoding():
    votes = Votes(np.array([[1.0, 2.0], [2.0, 1.0]] * 3), np.array([0, 1] * 3), np.ones(2))
    settings = FactorVae(n_train=4, n_evaluation=2)
    assert score_votes(votes, settings=settings).value == 1.0
    assert score_votes(votes, settings=settings, axes=[1]).value == 0.5


class Reader(LatentModel):
    """Codes read off a tiny picture: its mass, where its centre lies, and a constant."""

    def __init__(self) -> None:
        super().__init__(dim=4, shape=(1, 8, 8))
        self.encoded = 0

    def encode(self, x: torch.Tensor, *, sample: Draws | None = None) -> torch.Tensor:
        self.encoded += len(x)
        mass = x.sum(dim=(1, 2, 3))
        columns, rows = ((x.sum(dim=axes) @ torch.arange(8.0)) / mass for axes in ((1, 2), (1, 3)))
        return torch.stack([mass, columns, rows, torch.full_like(mass, 0.3)], dim=1)


@pytest.fixture
def context(measuring):
    def build(model: LatentModel | None = None, **options: object):
        settings = {"n_train": 400, "n_evaluation": 300, "n_variance": 500}
        nothing = torch.zeros(2, 1, 8, 8)
        built = measuring((model or Reader()).eval(), nothing, nothing, factor_vae=settings, **options)
        return replace(built, data=tiny_pictures())

    return build


def test_the_metric_encodes_each_picture_once_for_every_choice_of_axes(context):
    made = context()
    found = measure(made)
    assert found.n == 300
    assert found.spread == pytest.approx((found.value * (1 - found.value) / 300) ** 0.5)
    assert found.value > 0.6  # places are read exactly, shape and side only together
    assert found.detail["kept"] == [0, 1, 2]
    assert found.floor == Floor(0.25, "guessing", pytest.approx((0.25 * 0.75 / 300) ** 0.5))
    assert made.model.encoded <= 2 * 160
    again = measure(replace(made, axes=torch.tensor([False, True, True, True])))
    assert made.model.encoded <= 2 * 160
    assert again.detail["kept"] == [1, 2]
    assert again.detail["factors"][0] == "column"
    assert 0.4 < again.value < 0.6  # two axes can't tell more than two of four factors


def test_constant_codes_and_an_empty_choice_are_refused(context):
    with pytest.raises(MetricRefused, match="constant codes"):
        measure(context(axes=[False, False, False, True]))
    with pytest.raises(MetricRefused, match="no axis is chosen"):
        measure(context(axes=[False] * 4))


def test_a_factor_of_a_single_level_is_never_held_fixed_and_one_that_varies_is_too_few():
    sizes = (4, 1, 5)
    assert score(lambda levels: levels / [3.0, 1.0, 4.0], sizes) == 1.0
    with pytest.raises(ValueError, match="1 of the factors vary"):
        score(unit((4,)), (4, 1))


def test_a_seed_fixes_the_score_and_encoders_are_given_numpy_levels():
    def blurred(levels):
        assert isinstance(levels, np.ndarray)
        return unit(DSPRITES)(levels) + 2.0 * np.sin(1e4 * levels.sum(axis=1, keepdims=True) + np.arange(5))

    found = [factor_vae_score(blurred, DSPRITES, seed=seed, settings=QUICK) for seed in (0, 0, 1)]
    assert found[0] == found[1] == factor_vae_score(blurred, DSPRITES, settings=QUICK)
    assert found[0] != found[2]
