"""A report is made from whatever exists; what is missing is said, and one fault costs one exhibit."""

import json
from pathlib import Path

import pytest

from latentdim.cli.main import main
from latentdim.exhibits import curve
from latentdim.plan.report_files import LONG_AGO, report_files
from latentdim.records.folder import RunFolder
from latentdim.report.build import build_report
from latentdim.report.index import build_index
from latentdim.system.files import write_text
from latentdim.tables.markdown import plain

FAILED = "synthetic_8 wae_mmd L=16 seed 1"


def written(reports: Path, study: str) -> list[str]:
    return sorted(str(path) for path in (reports / study).iterdir())


def test_a_complete_report_has_exactly_the_files_announced(study, fabricated) -> None:
    plan = study()
    found = build_report(plan, fabricated.reports)
    assert (found.done, found.total, found.complete) == (8, 8, True)
    assert written(fabricated.reports, "demo") == sorted(report_files(plan, fabricated.reports))
    assert all(Path(path).stat().st_mtime > LONG_AGO for path in report_files(plan, fabricated.reports))
    assert "All 8 runs of this study are done." in (fabricated.reports / "demo" / "index.html").read_text()


def test_an_incomplete_report_has_the_same_files_with_an_old_time_stamp(study, fabricated) -> None:
    plan = study(leave=(FAILED,))
    found = build_report(plan, fabricated.reports)
    assert (found.done, found.total, found.complete) == (7, 8, False)
    assert written(fabricated.reports, "demo") == sorted(report_files(plan, fabricated.reports))
    assert {Path(path).stat().st_mtime for path in report_files(plan, fabricated.reports)} == {LONG_AGO}
    assert LONG_AGO == 86_400


def test_mending_the_run_completes_the_report(study, fabricated) -> None:
    plan = study(leave=(FAILED,))
    build_report(plan, fabricated.reports)
    plan = study()
    assert build_report(plan, fabricated.reports).complete
    page = fabricated.reports / "demo" / "index.html"
    assert page.stat().st_mtime > LONG_AGO
    assert "incomplete" not in page.read_text().split("</style>")[1]


def test_a_report_can_be_made_from_nothing(fabricated, study) -> None:
    plan = study(leave=tuple(run.title for run in study().runs), title="Nothing yet")
    for run in plan.runs:
        RunFolder(plan.folder(run)).record.unlink()
        for path in (plan.folder(run) / "stored").iterdir():
            path.unlink()
    found = build_report(plan, fabricated.reports)
    assert (found.done, found.counts) == (0, {"missing": 8})
    assert written(fabricated.reports, "demo") == sorted(report_files(plan, fabricated.reports))
    assert "0 of 8 runs are done; this report is incomplete." in (fabricated.reports / "demo/index.html").read_text()


def test_a_failing_exhibit_leaves_its_reason_and_costs_no_other(study, fabricated, monkeypatch, capsys) -> None:
    def fail(context: object) -> None:
        raise RuntimeError("planted & <here>")

    monkeypatch.setattr(curve, "draw", fail)
    plan = study()
    found = build_report(plan, fabricated.reports)
    assert [name for name, _ in found.exhibits] == ["u_curve"]
    sentence = "RuntimeError: planted & <here> (tests/unit/report/test_build.py, line "
    assert found.exhibits[0][1].startswith(sentence)
    assert not found.complete
    folder = fabricated.reports / "demo"
    assert "planted" in (folder / "u_curve.svg").read_text()
    assert (folder / "u_curve.png").read_bytes().startswith(b"\x89PNG")
    assert "WAE-MMD" in (folder / "results.md").read_text()
    assert "planted &amp; &lt;here&gt;" in (folder / "index.html").read_text()
    assert "Traceback" in capsys.readouterr().err
    places = ["--results", str(plan.results), "--reports", str(fabricated.reports)]
    assert main(["report", str(plan.path), *places]) == 1
    assert f"not drawn: u_curve: {sentence}" in capsys.readouterr().err


def test_an_exhibit_that_has_nothing_to_show_does_not_keep_a_report_from_being_complete(fabricated, run_at) -> None:
    panels = [{"columns": ["loss"]}]
    options = {"dataset": "synthetic_8", "label": "vae", "dim": 8, "panels": panels}
    grid = [{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [8]}]
    exhibits = [{"kind": "trace", "name": "trace", "options": options}]
    plan = fabricated.plan(grid=grid, exhibits=exhibits)
    fabricated.finish(plan, run_at(plan, "vae", 8), {}, status="diverged", reason="the loss is NaN")
    found = build_report(plan, fabricated.reports)
    assert found.complete
    assert "has no history; it is diverged" in found.exhibits[0][1]


SIDE = {"metric": "frechet_distance", "curves": [{"label": "vae"}]}
EMPTY = [
    {"kind": "curve", "name": "empty", "options": {"datasets": ["synthetic_8"], "left": SIDE}},
    {"kind": "heat_map", "name": "empty", "options": {"metric": "frechet_distance"}},
    {"kind": "results", "name": "empty", "options": {"metrics": ["frechet_distance"]}},
]


@pytest.mark.parametrize("exhibit", EMPTY, ids=lambda exhibit: exhibit["kind"])
def test_an_exhibit_of_nothing_but_refused_values_is_not_drawn_and_has_to_be_mended(
    fabricated, capsys, exhibit
) -> None:
    grid = [{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [4, 8]}]
    plan = fabricated.plan(grid=grid, exhibits=[exhibit])
    for run in plan.runs:
        fabricated.finish(plan, run, {"frechet_distance": "no clusters", "active": 2})
        fabricated.examples(plan, run, (2,))
    places = ["--results", str(plan.results), "--reports", str(fabricated.reports)]
    assert main(["report", str(plan.path), *places]) == 1
    problem = "none of its values is defined. not defined: no clusters (synthetic_8 vae L = 4, 8, seed 0)."
    assert f"not drawn: empty: {problem}" in capsys.readouterr().err
    assert f"Not drawn. {problem}" in (fabricated.reports / "demo" / "index.html").read_text(encoding="utf-8")
    fabricated.measure(plan, plan.runs[0], "frechet_distance", 2.0)
    assert main(["report", str(plan.path), *places]) == 0


def test_a_trace_of_columns_that_the_history_lacks_is_not_drawn(fabricated, capsys) -> None:
    options = {"dataset": "synthetic_8", "label": "vae", "dim": 8, "panels": [{"columns": ["lss"]}, {"prefix": "m_"}]}
    grid = [{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [8]}]
    plan = fabricated.plan(grid=grid, exhibits=[{"kind": "trace", "name": "empty", "options": options}])
    fabricated.finish(plan, plan.runs[0], {"frechet_distance": 1.0, "active": 2})
    fabricated.history(plan, plan.runs[0], {"step": [1.0, 2.0], "loss": [0.5, 0.25]})
    assert main(["report", str(plan.path), "--results", str(plan.results), "--reports", str(fabricated.reports)]) == 1
    sentence = "the history of synthetic_8 vae L=8 seed 0 has none of these columns: lss, m_."
    assert f"not drawn: empty: {sentence}" in capsys.readouterr().err


@pytest.mark.parametrize("status", ["collapsed", "diverged"])
def test_scientific_outcomes_are_done_and_a_bug_is_not(study, fabricated, run_at, status) -> None:
    plan = study()
    run = run_at(plan, "wae_mmd", 16, 1)
    fabricated.finish(plan, run, {}, status=status, reason="because")
    assert build_report(plan, fabricated.reports).complete
    fabricated.finish(plan, run, {}, status="failed", reason="a bug")
    assert not build_report(plan, fabricated.reports).complete


def test_a_metric_that_failed_is_left_to_do_and_a_refused_one_is_not(study, fabricated, run_at) -> None:
    plan = study()
    run = run_at(plan, "wae_mmd", 16, 1)
    fabricated.measure(plan, run, "active", "meaningless here")
    assert build_report(plan, fabricated.reports).complete
    fabricated.measure(plan, run, "active", {"status": "failed", "value": None, "reason": "ValueError"})
    assert build_report(plan, fabricated.reports).done == 7


def test_changed_code_marks_a_run_but_changed_data_leave_it_to_do(study, fabricated, run_at) -> None:
    plan = study()
    run = run_at(plan, "wae_mmd", 16, 1)
    fabricated.finish(plan, run, {"frechet_distance": 2.0, "active": 9}, source={"fingerprint": "0" * 12})
    found = build_report(plan, fabricated.reports)
    assert (found.complete, found.counts["stale"]) == (True, 1)
    fabricated.prepared(plan, "synthetic_8", digest="e2" * 32)
    assert build_report(plan, fabricated.reports).done == 0


def test_equal_records_give_an_equal_report(study, fabricated) -> None:
    plan = study()
    build_report(plan, fabricated.reports)
    first = {path: Path(path).read_bytes() for path in report_files(plan, fabricated.reports)}
    build_report(plan, fabricated.reports)
    assert {path: Path(path).read_bytes() for path in first} == first


def test_the_summary_says_what_programs_want_to_know(study, fabricated) -> None:
    build_report(study(leave=(FAILED,)), fabricated.reports)
    found = json.loads((fabricated.reports / "demo" / "summary.json").read_text())
    assert (found["done"], found["total"], found["complete"]) == (7, 8, False)
    assert found["counts"] == {"ok": 7, "missing": 1}
    assert [item["name"] for item in found["exhibits"]] == ["u_curve", "results", "scatter"]


def test_the_index_lists_every_study_with_a_readable_summary(study, fabricated) -> None:
    plan = study(leave=(FAILED,), title="Mine & <yours>")
    write_text(fabricated.reports / "torn" / "summary.json", "{")
    build_report(plan, fabricated.reports)
    page = (fabricated.reports / "others.html").read_text()
    assert '<article class="banner missing"><h2><a href="demo/index.html">Mine &amp; &lt;yours&gt;</a>' in page
    assert "7 of 8 runs are done" in page
    assert "torn" not in page


def test_trying_a_study_leaves_the_list_of_published_ones_alone(study, fabricated, tmp_path) -> None:
    published = tmp_path / "published"
    write_text(published / "known.csv", "")
    summary = {"study": "known", "title": "Known", "sentence": "All done.", "counts": {"ok": 2}}
    write_text(fabricated.reports / "known" / "summary.json", json.dumps(summary))
    index = build_index(fabricated.reports, published)
    before = index.read_bytes()
    assert not (fabricated.reports / "others.html").exists()
    build_report(study(), fabricated.reports)
    build_index(fabricated.reports, published)
    assert index.read_bytes() == before
    assert "demo/index.html" in (fabricated.reports / "others.html").read_text()
    assert b"known/index.html" in before
    write_text(published / "demo.csv", "")
    build_index(fabricated.reports, published)
    assert "demo/index.html" in index.read_text()
    assert "demo/index.html" not in (fabricated.reports / "others.html").read_text()


def test_the_list_kept_in_the_repository_is_the_one_that_any_report_would_write(tmp_path) -> None:
    kept = Path(__file__).parents[3]
    for summary in (kept / "reports").glob("*/summary.json"):
        write_text(tmp_path / summary.parent.name / "summary.json", summary.read_text(encoding="utf-8"))
    for page in ("metrics.md", "methods.md"):
        write_text(tmp_path / page, "")
    index = build_index(tmp_path, kept / "results" / "published")
    fresh = (kept / "reports" / "index.html").read_text(encoding="utf-8") == index.read_text(encoding="utf-8")
    assert fresh, "write it anew: python -c \"from latentdim.report.index import *; build_index(Path('reports'))\""


def test_metrics_that_a_dataset_cannot_have_are_told_in_the_page_and_in_markdown(study, fabricated) -> None:
    build_report(study(metrics=["frechet_distance", "active", "mig"]), fabricated.reports)
    folder = fabricated.reports / "demo"
    told = "'synthetic_8' can't have 'mig', which needs images with a factor space."
    assert plain(told) in (folder / "index.md").read_text()
    assert told.replace("'", "&#39;") in (folder / "index.html").read_text()
    build_report(study(), fabricated.reports)
    assert "can't have" not in (folder / "index.md").read_text()
