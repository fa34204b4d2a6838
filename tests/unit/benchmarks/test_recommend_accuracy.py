"""The benchmark's test families have the dimension that they are listed with."""

import csv
from pathlib import Path

import numpy as np
import pytest

import latentdim
from benchmarks.recommend_accuracy.cases import Case, listed_cases
from benchmarks.recommend_accuracy.families import FAMILIES
from benchmarks.recommend_accuracy.report import write_report
from benchmarks.recommend_accuracy.run import run
from benchmarks.recommend_accuracy.scores import advantage, covered, scores
from latentdim.harness.environment import commit
from latentdim.intrinsic.estimate import COVERED
from latentdim.intrinsic.families import BENT, FLAT
from latentdim.system.files import read_lines
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


def line(contender, value, *, family="simplex", dim=10, rows=300, kind="test", **more):
    """One estimate as the journal has it."""
    return {
        "kind": kind, "family": family, "dim": dim, "rows": rows, "noise": 0.0, "contender": contender, "value": value,
        "seconds": 1.0, **more,
    }  # fmt: skip


def test_scores_count_errors_where_there_was_an_answer():
    near, far = scores([line("b", 12.0), line("b", 7.0), line("b", None), line("a", 11.0)])
    assert (near.contender, near.error, near.near) == ("a", pytest.approx(10), 1)
    assert (far.contender, far.cases, far.answered, far.near) == ("b", 3, 2, 0)
    assert (far.error, far.bias) == (pytest.approx(25), pytest.approx(-5))


def test_the_advantage_is_paired_and_its_interval_is_over_members():
    pairs = [line(name, value, dim=dim) for dim in (5, 10, 20) for name, value in (("a", 1.1 * dim), ("b", 0.7 * dim))]
    unpaired = [line("a", 300.0, dim=40)]
    assert advantage([*pairs, *unpaired], "a", "b") == pytest.approx((20, 20, 20))
    mixed = [*pairs, line("a", 5.0, family="other", dim=10), line("b", 10.0, family="other", dim=10)]
    gain, low, high = advantage(mixed, "a", "b")
    assert gain == pytest.approx(2.5)
    assert low < 0 < high <= 20


def test_intervals_are_counted_that_hold_the_truth():
    lines = [line("a", 9.0, low=8.0, high=11.0), line("a", 9.0, low=8.0, high=9.5), line("b", 9.0)]
    assert covered(lines, "a") == (1, 2)


def test_the_coverage_that_users_are_told_is_the_published_one():
    path = Path(__file__).parents[3] / "reports/recommend_accuracy.csv"
    ours = [row for row in csv.DictReader(path.open()) if (row["kind"], row["contender"]) == ("test", "latentdim")]
    inside = sum(float(row["low"]) <= float(row["dim"]) <= float(row["high"]) for row in ours)
    assert (inside, len(ours)) == COVERED


def test_the_report_has_a_table_a_figure_and_the_numbers(tmp_path):
    lines = [
        line(name, 0.8 * dim, dim=dim, low=0.5 * dim, high=2.0 * dim, kind=kind)
        for kind in ("test", "development") for name in ("latentdim", "MLE") for dim in (3, 24)
    ]  # fmt: skip
    write_report(lines, tmp_path)
    text = (tmp_path / "recommend_accuracy.md").read_text()
    assert "| MLE | 2 | 2 | 20.0 | 20.0 | -20.0 | 1 | 1.0 |" in text
    assert "The error of MLE, the nearest of the others, less ours: +0.0 points (+0.0 to +0.0" in text
    assert "holds the true dimension in 2 of 2 cases" in text
    assert len((tmp_path / "recommend_accuracy.csv").read_text().splitlines()) == 9
    assert (tmp_path / "recommend_accuracy.png").stat().st_size > 5000


def test_what_was_changed_after_looking_is_told_of_the_first_journal_alone(tmp_path):
    lines = [line(name, 8.0, low=5.0, high=20.0) for name in ("latentdim", "MLE")]
    write_report(lines, tmp_path)
    first = (tmp_path / "recommend_accuracy.md").read_text()
    assert "estimated once" in first
    assert "What was changed after looking" in first
    write_report([one | {"version": "9.1", "commit": "abc"} for one in lines], tmp_path)
    later = (tmp_path / "recommend_accuracy.md").read_text()
    assert "after looking" not in later
    assert "estimated once" not in later
    assert "Ours was estimated with version 9.1 (abc)." in later


def test_what_the_journal_holds_is_not_estimated_again(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "benchmarks.recommend_accuracy.run.CONTENDERS", {"plain": lambda points: asked.append(1) or 2.0}
    )
    case = Case("test", "simplex", 2, 9, 0.0, lambda: np.zeros((9, 3)))
    for _ in range(2):
        run([case], names=["plain"], journal=tmp_path / "journal.jsonl")
    assert asked == [1]
    (written,) = read_lines(tmp_path / "journal.jsonl")
    assert (written["version"], written["commit"]) == (latentdim.__version__, commit())


def test_a_refusal_is_an_answer(tmp_path, monkeypatch):
    def refuses(points):
        raise ValueError("no")

    monkeypatch.setattr("benchmarks.recommend_accuracy.run.CONTENDERS", {"odd": refuses})
    run([Case("test", "simplex", 2, 9, 0.0, lambda: np.zeros((9, 3)))], names=["odd"], journal=tmp_path / "journal")
    text = (tmp_path / "journal").read_text()
    assert '"value": null' in text
    assert "ValueError('no')" in text


def test_every_case_has_a_key_of_its_own():
    cases = list(listed_cases())
    assert len(cases) == len({case.key for case in cases}) == 180
