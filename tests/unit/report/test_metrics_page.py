"""The page of metrics: declarations, checks with what they found, controls; what disagrees is bold and told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from latentdim import registry
from latentdim.cli import main as cli
from latentdim.conformance import rankings
from latentdim.conformance.checks import Check, families, references
from latentdim.report import metrics_page
from latentdim.report.index import build_index


def check(deviation: float, metric: str = "nac") -> Check:
    return Check(
        metrics=(metric,), reference="a reference | of theirs", case="a case", deviation=lambda: deviation,
        tolerance=1e-6, reason="a reason",
    )  # fmt: skip


NAC, FID, CLASSIFIER = (registry.metrics().get(name) for name in ("nac", "fid", "frechet_classifier"))
VALUES = {"pca": 0.0, "oracle": 0.024, "noise": -0.025, "constant": None}


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A function that writes the page of one metric with these checks; gives what disagrees and the text."""
    monkeypatch.setattr(rankings, "values_of", lambda name: VALUES | {"noise": 0.03})
    monkeypatch.setattr(metrics_page.registry, "metrics", lambda: [NAC])

    def write(*checks: Check):
        monkeypatch.setattr(metrics_page, "references", lambda: checks)
        problems = metrics_page.write_metrics_page(tmp_path)
        return problems, (tmp_path / "metrics.md").read_text(encoding="utf-8")

    return write


def test_each_metric_is_told_by_its_declaration_and_its_checks(page) -> None:
    problems, text = page(check(2.5e-9), check(0.0))
    assert problems == []
    assert f"`nac`, version {NAC.version}: {NAC.definition}." in text
    assert "| [NAC](#nac) | lower | 1 | 2 of 2 | yes |" in text
    assert (
        "| lower | 1 | 0 … 1 | images or vectors | n_covariance training examples | MaskAAE, supplement 10.4 |" in text
    )
    assert "| a reference \\| of theirs | a case | 2.5e-09 | 1e-06 | a reason |" in text
    assert "Controls: pca < noise; pca < oracle; constant refused, since PCA's codes" in text
    assert "| 0 | 0.024 | 0.03 | refused | yes |" in text


@pytest.mark.parametrize("deviation", [0.5, float("nan")])
def test_what_disagrees_is_bold_and_returned(page, deviation) -> None:
    problems, text = page(check(0.0), check(deviation))
    assert problems == [f"nac: {deviation:.3g} from a reference | of theirs (a case), more than 1e-06"]
    assert f"**{deviation:.3g}**" in text
    assert "1 of 2" in text


def test_controls_that_rank_otherwise_are_told(page, monkeypatch) -> None:
    monkeypatch.setattr(rankings, "values_of", lambda name: VALUES)
    problems, text = page(check(0.0))
    assert problems == ["nac: pca (0.0) is not below noise (-0.025)"]
    assert "**no**: pca (0.0) is not below noise (-0.025)" in text
    assert "| −0.025 |" in text


@pytest.mark.parametrize(("deviation", "code"), [(0.0, 0), (1.0, 1)])
def test_the_command_says_where_the_page_is_and_fails_where_a_metric_disagrees(
    page, tmp_path, capsys, deviation, code
) -> None:
    page(check(deviation))
    assert cli.main(["metrics", "--reports", str(tmp_path)]) == code
    printed = capsys.readouterr()
    assert printed.out.strip() == str(tmp_path / "metrics.md")
    assert ("disagrees  nac: 1 from" in printed.err) is bool(code)
    assert 'href="metrics.md"' in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_list_of_reports_links_the_page_where_it_is(tmp_path) -> None:
    assert "metrics.md" not in build_index(tmp_path).read_text()
    (tmp_path / "metrics.md").write_text("# Metrics")
    assert '<a href="metrics.md">' in build_index(tmp_path).read_text()


@pytest.mark.parametrize(
    ("title", "anchor"),
    [
        ("Precision (PRD, F_⅛)", "precision-prd-f_"),
        ("ACTIVE (Jacobian)", "active-jacobian"),
        ("KDE log-likelihood", "kde-log-likelihood"),
        ("x² of Fréchet’s 3", "x-of-fréchets-3"),
    ],
)
def test_anchors_are_githubs(title: str, anchor: str) -> None:
    assert metrics_page._anchor(title) == anchor


def test_checks_of_several_metrics_are_listed_once_and_what_they_leave_out_is_said(page, monkeypatch) -> None:
    monkeypatch.setattr(metrics_page.registry, "metrics", lambda: [CLASSIFIER, NAC, FID])
    shared = replace(check(0.0), metrics=("fid", "frechet_classifier"))
    _, text = page(shared, check(0.0))
    sections = {part.partition("\n")[0]: part for part in text.split("\n## ")[1:]}
    assert "a reference" in sections[FID.title]
    assert "Inception's features, resizing and rounding aren't in them." in sections[FID.title]
    assert "a reference" not in sections[CLASSIFIER.title]
    assert "Checked by the same check as [FID](#fid)." in sections[CLASSIFIER.title]
    assert "| images with classes |" in sections[CLASSIFIER.title]
    assert "Checked by the same" not in sections["NAC"]
    assert "of the distance alone" not in sections["NAC"]


def test_the_tests_that_a_remark_names_are_there() -> None:
    named = {place for family in families() for remark in family.remarks.values() for place in remark.split("`")[1::2]}
    assert named
    assert all((Path(__file__).parents[3] / place).is_dir() for place in named)
    assert {name for family in families() for name in family.remarks} <= {
        name for one in references() for name in one.metrics
    }
