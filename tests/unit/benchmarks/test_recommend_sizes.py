"""The benchmark of recommended sizes: its data, what is kept of an answer, and its aims."""

import json

import numpy as np
import pytest

from benchmarks.recommend_accuracy import sizes
from benchmarks.recommend_accuracy.size_cases import SizeCase, closed, pure_noise, size_cases, synthetic
from benchmarks.recommend_accuracy.size_report import AIMS, interval, write_sizes_report
from latentdim.recommendation.document import Recommendation
from latentdim.recommendation.rule import Kind
from latentdim.system.files import read_lines

ANSWER = Recommendation(
    recommended_dim=2, interval=(2, 3), kind=Kind.ANSWER, advice=(), intrinsic=None, linear={}, sweep=(), votes=(),
    reasons=("At L = 2 …", "The intrinsic dimension is about 1, which is less: data that close on themselves, …"),
    weights={}, data={}, protocol={}, costs={"runs": 5, "train_seconds": 3.0}, latentdim="0",
)  # fmt: skip


def line(aim, value, *, dim=10, low=None, high=None, explained=True, exit_code=0, **more):
    """One answer as the journal has it."""
    return {
        "case": f"{aim}-{dim}", "aim": aim, "family": "x", "dim": dim, "rows": 9, "noise": 0.0, "value": value,
        "low": low, "high": high, "explained": explained, "exit_code": exit_code, "seconds": 60.0, "core_seconds": 90.0,
        "budget": "2m", "version": "1", "commit": "abc", "intrinsic": 9.5, **more,
    }  # fmt: skip


def test_every_case_has_a_name_of_its_own_and_an_aim():
    cases = list(size_cases())
    assert len({case.name for case in cases}) == len(cases)
    assert {case.aim for case in cases} == set(AIMS)
    assert 2 * 2 * len(cases) / 60 <= 8  # core hours, of two minutes on two cores


def test_no_case_is_a_registered_set():
    """Draw 0 of the synthetic sets, which the rule was set on."""
    assert not np.allclose(synthetic(3, 50, 1)[0], synthetic(3, 50, 0)[0])


@pytest.mark.parametrize("turned", ["rotation", "network"])
def test_a_turned_circle_keeps_its_place_among_more_values(turned):
    points = closed("sphere", 1, 400, turned, 16, 0.0)
    assert points.shape == (400, 16)
    assert np.linalg.matrix_rank(points - points.mean(axis=0), tol=1e-6) == 2 or turned == "network"
    noisy = closed("sphere", 1, 400, "rotation", 16, 0.02)
    least = np.linalg.svd(noisy - noisy.mean(axis=0), compute_uv=False)[-1] / 20
    assert 0.01 * noisy.std() < least < 0.03 * noisy.std()


def test_noise_has_no_direction_of_its_own():
    assert pure_noise(1).shape == (60, 128)
    assert not np.allclose(pure_noise(1), pure_noise(2))


def test_a_case_is_asked_about_once_and_its_folder_goes(tmp_path, monkeypatch):
    requests = []
    monkeypatch.setattr(sizes, "recommended", lambda request: requests.append(request) or ANSWER)
    case = SizeCase("closed", "circle", 2, 9, 3, "rotation", 0.0, lambda: np.zeros((9, 3)))
    journal = tmp_path / "journal.jsonl"
    for _ in range(2):
        sizes.recommend_all(sizes.due([case], journal), journal=journal, folder=tmp_path / "cases")
    assert [(one.budget, one.device) for one in requests] == [("2m", "cpu")]
    (written,) = read_lines(journal)
    assert (written["value"], written["low"], written["high"], written["explained"]) == (2, 2, 3, True)
    assert not list((tmp_path / "cases").iterdir())


def test_a_real_answer_becomes_a_line(tmp_path):
    """Of mostly copied rows, about which nothing is trained."""
    rows = np.tile(np.random.default_rng(0).normal(size=(20, 6)), (5, 1))
    case = SizeCase("noise", "noise", 6, 100, 6, "draw1", 0.0, lambda: rows)
    sizes.recommend_all([case], journal=tmp_path / "journal", folder=tmp_path / "cases")
    (written,) = read_lines(tmp_path / "journal")
    assert (written["kind"], written["exit_code"], written["value"], written["errors"]) == ("copies", 3, None, {})
    write_sizes_report([written], tmp_path)
    assert "exit code 3 | 100 % | 1 | 1 |" in (tmp_path / "recommend_accuracy_sizes.md").read_text()


def test_a_stopped_case_keeps_its_data_and_trainings(tmp_path, monkeypatch):
    def stopped(request):
        request.results.mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(sizes, "recommended", stopped)
    case = SizeCase("closed", "circle", 2, 9, 3, "rotation", 0.0, lambda: np.zeros((9, 3)))
    with pytest.raises(KeyboardInterrupt):
        sizes.recommend_all([case], journal=tmp_path / "journal", folder=tmp_path)
    assert {path.name for path in (tmp_path / case.name).iterdir()} == {"circle.npy", "results"}
    assert not (tmp_path / "journal").exists()


def test_the_next_so_many_cases_are_those_that_the_journal_lacks(tmp_path):
    first, second, third = list(size_cases())[:3]
    (tmp_path / "journal").write_text(json.dumps({"case": first.name}) + "\n")
    assert list(sizes.due([first, second, third], tmp_path / "journal", most=1)) == [second]


@pytest.mark.parametrize(
    ("one", "reached"),
    [
        (line("synthetic", 9), True),
        (line("synthetic", 12), False),
        (line("synthetic", 22, dim=24), True),
        (line("synthetic", None), False),
        (line("synthetic above 24", 45, dim=40), True),
        (line("synthetic above 24", 20, dim=40, low=20, high=41), True),
        (line("synthetic above 24", 20, dim=40, low=20, high=39), False),
        (line("closed", 3, dim=3), True),
        (line("closed", 3, dim=3, explained=False), False),
        (line("closed", 4, dim=3), False),
        (line("noise", None, exit_code=3), True),
        (line("noise", 5), False),
    ],
)
def test_an_aim_is_reached_or_not(one, reached):
    assert AIMS[one["aim"]].reached(one) is reached


def test_the_report_counts_and_lists_what_was_missed(tmp_path):
    lines = [line("synthetic", 9), line("synthetic", 20, low=18, high=22), line("noise", None, dim=128, exit_code=3)]
    write_sizes_report(lines, tmp_path)
    text = (tmp_path / "recommend_accuracy_sizes.md").read_text()
    assert f"| synthetic, n = 3 … 24: within max(1, 10 %) of n | 95 % | 2 | 1 | {interval(1, 2)} |" in text
    assert "| x, 9 rows, noise 0 | 3 | 0 | 2 | 1.0 | 1.5 |" in text
    assert "| `synthetic-10` | 10 | 20 | 18 to 22 | 9.5 |" in text
    assert interval(1, 2) == "1 to 99 %"  # closed form: 1 − 0.975^½ and 0.975^½
    assert interval(0, 0) == "none"
