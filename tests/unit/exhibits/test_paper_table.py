"""A paper's table in its own shape, filled from runs; what lacks is no error, and no digit comes from nowhere."""

from __future__ import annotations

import csv
import json
import re

import pytest

from latentdim.exhibits.context import Context
from latentdim.exhibits.paper_table import draw, paper_table
from latentdim.outcomes.groups import groups
from latentdim.outcomes.outcomes import outcomes
from latentdim.papers.reference import reference_path
from latentdim.plan.expand import plan_study
from latentdim.report.build import build_report
from latentdim.report.verdicts import verdicts
from latentdim.tables.latex import latex
from latentdim.tables.markdown import markdown

PAPER_EXHIBITS = [{"kind": "paper_table", "name": "t", "options": {"table": "T1"}}]


@pytest.fixture
def shown(fabricated):
    """A function that gives an exhibit's table, by the exhibit's place in the study."""

    def make(plan, place=0):
        exhibit = plan.exhibits[place]
        context = Context(plan, exhibit.entry, exhibit.options, outcomes(plan), fabricated.reports / plan.name)
        return paper_table(context).table()

    return make


def by_place(table) -> dict[tuple[str, str], object]:
    columns = [column.title for column in table.columns]
    return {
        (row.heads[-1].text, column): cell
        for row in table.rows
        for column, cell in zip(columns, row.cells, strict=True)
    }


def test_the_shape_is_the_papers(filled, shown) -> None:
    table = shown(filled())
    assert [[span.text for span in spans] for spans in table.spans] == [["Digits (L = 8)"]]
    assert [(column.title, column.better) for column in table.columns] == [("ACTIVE", None), ("MSE", "lower")]
    assert [row.heads[0].text for row in table.rows] == ["VAE", "ARD-VAE", "AE"]
    assert table.stub[0].title == "method"


def test_row_groups_and_columns_stand_in_order_of_first_appearance(paper, shown) -> None:
    number = {
        "table": "T1", "dataset": "digits", "label": "vae", "dim": 8, "metric": "active", "unit": "axes", "mean": "8",
        "decimals": 0,
    }  # fmt: skip
    places = [("b", "r", "y", "c"), ("a", "r", "x", "c"), ("b", "s", "y", "d"), ("b", "r", "y", "d")]
    names = ("row_group", "row", "column_group", "column")
    rows = [number | dict(zip(names, place, strict=True)) for place in places]
    exhibits = [{"kind": "paper_table", "name": "t", "options": {"table": "T1"}}]
    table = shown(paper(rows, exhibits=exhibits))
    assert [(group.heading, [row.heads[0].text for row in group.rows]) for group in table.groups] == [
        ("b", ["r", "s"]), ("a", ["r"]),
    ]  # fmt: skip
    assert [(span.text, span.columns) for span in table.spans[0]] == [("y", 2), ("x", 1)]
    assert [column.title for column in table.columns] == ["c", "d", "c"]


def test_cells_hold_ours_theirs_difference_and_verdict(filled, shown) -> None:
    cells = by_place(shown(filled()))
    mse = cells["VAE", "MSE"]
    assert (mse.text, *map(str, mse.compared)) == ("0.050 ± 0.001", "paper 0.050 ± 0.002", "+0.000: reproduced")
    assert "seed 0: 0.0483; " in mse.detail
    assert "95 % interval of the mean 0.0483368 to 0.0522632; reproduced within 0.002949" in mse.detail
    better = cells["ARD-VAE", "MSE"]
    assert (better.rank, better.their_rank, better.verdict) == ("best", "best", "better")
    assert str(cells["VAE", "ACTIVE"].compared[1]) == "+0: reproduced"
    failed = cells["AE", "ACTIVE"]
    assert (failed.text, *map(str, failed.compared)) == ("missing (failed)", "paper: NA")


CLAIMED = [
    {"table": "text", "row": name, "column": "epochs", "dataset": dataset, "metric": "claim large", "mean": "8",
     "unit": "axes", "decimals": 0}
    for name, dataset in (("Digits", "digits"), ("Synthetic", "synthetic_8"), ("Both", ""))
]  # fmt: skip


def test_a_number_of_a_sentence_stands_beside_the_end_of_its_claim(filled, shown, fabricated) -> None:
    exhibits = [{"kind": "paper_table", "name": "t", "options": {"table": "text"}}]
    plan = filled(rows=CLAIMED, exhibits=exhibits, scale="reduced")
    check = {"kind": "within", "metric": "frechet_distance", "datasets": ["digits", "synthetic_8"], "labels": ["vae"],
             "high": 1.505}  # fmt: skip
    claims = [{"id": "large", "source": "A paper", "text": "Something.", "check": check}]
    (plan.path.parent / "claims.yaml").write_text(json.dumps(claims))
    cells = by_place(shown(plan))
    told = {row: (cell.text, *map(str, cell.compared)) for (row, _), cell in cells.items()}
    assert told == {
        "Digits": ("claim not run", "paper 8"),
        "Synthetic": ("claim fails at reduced scale", "paper 8"),
        "Both": ("claim fails at reduced scale", "paper 8"),
    }
    exhibit = plan.exhibits[0]
    drawn = draw(Context(plan, exhibit.entry, exhibit.options, outcomes(plan), fabricated.reports / plan.name))
    assert "judged with the claims" in drawn.caption
    assert {(cell.dataset.name, cell.label) for cell in drawn.cells} == {("digits", "vae"), ("synthetic_8", "vae")}
    assert verdicts(plan, groups(outcomes(plan))).whole.counts == {"judged as a claim": 3}
    for run in plan.runs:
        object.__setattr__(run.cell, "note", "A note about runs that no number of the table is of.")
    assert shown(plan).footnotes == ()


def test_other_cells_than_runs(filled, shown) -> None:
    cells = by_place(shown(filled(), 1))
    assert [str(line) for line in cells["VAE", "GT"].compared] == ["paper 8", "+0: reproduced"]
    assert cells["ARD-VAE", "ACTIVE"].text == "5, 6"
    assert cells["ARD-VAE", "ACTIVE"].verdict == "inconclusive (2)"
    assert (cells["Pruned", "PRUNED"].text, cells["Pruned", "PRUNED"].verdict) == ("0.00 ± 0.00", "differs")
    assert cells["W", "W"].verdict == "not comparable (data)"


def test_a_mark_that_the_numbers_contradict_has_a_footnote(filled, shown) -> None:
    notes = [note.text for note in shown(filled()).footnotes]
    assert any(
        text.startswith("The paper marks it as second; by the printed means it is neither best") for text in notes
    )
    assert not any("marks it as best" in text for text in notes)


def test_a_number_that_maps_to_nothing_costs_no_other(filled, shown) -> None:
    plan = filled()
    path = reference_path(plan.path)
    text = path.read_text(encoding="utf-8").replace("vae,8,mse_per_pixel,,0.050", "vae,,mse_per_pixel,,0.050")
    path.write_text(text.replace("ard_vae,8,active,,5.80", "ard_vae,8,activ,,5.80"), encoding="utf-8")
    cells = by_place(shown(plan))
    assert cells["VAE", "MSE"].verdict == cells["ARD-VAE", "ACTIVE"].verdict == "missing (maps to nothing)"
    assert cells["VAE", "ACTIVE"].verdict == "reproduced"


def test_a_note_of_many_numbers_names_the_first(paper, shown) -> None:
    number = {
        "table": "T1", "row": "VAE", "dataset": "digits", "label": "vae", "dim": 8, "metric": "active", "unit": "axes",
        "mean": "8", "decimals": 0, "note": "no seeds are told",
    }  # fmt: skip
    rows = [number | {"column": f"c{index}"} for index in range(6)]
    exhibits = [{"kind": "paper_table", "name": "t", "options": {"table": "T1"}}]
    note = shown(paper(rows, exhibits=exhibits)).footnotes[0]
    assert note.text == "Of the paper's: no seeds are told (VAE, c0; VAE, c1; VAE, c2; 3 more)."


def test_runs_on_a_stand_in_are_told_and_not_compared(filled, shown) -> None:
    plan = filled(datasets={"others": {"kind": "digits"}}, scales={"other": {"stand_ins": {"digits": "others"}}})
    at_scale = plan_study(f"{plan.path}@other", results=plan.results)
    table = shown(at_scale)
    assert by_place(table)["VAE", "MSE"].verdict == "missing (not run)"
    assert any(note.text.startswith("Runs on others, which stands in for digits (") for note in table.footnotes)


def test_below_the_papers_scale_nothing_is_compared(filled, shown) -> None:
    cells = by_place(shown(filled(scale="reduced")))
    assert cells["VAE", "MSE"].verdict == "not comparable (scale)"
    assert by_place(shown(filled(scale="reduced"), 1))["VAE", "GT"].verdict == "reproduced"  # no run is in it


def test_runs_that_are_not_there_are_missing_with_the_reason(paper, shown) -> None:
    plan = paper()
    assert {cell.verdict for cell in by_place(shown(plan)).values()} == {"missing (not run)"}
    smaller = [{"datasets": ["digits"], "methods": {"vae": None}, "dims": [8]}]
    cells = by_place(shown(paper(grid=smaller, metrics=["active"])))
    assert cells["VAE", "ACTIVE"].verdict == "missing (not run)"
    assert cells["VAE", "MSE"].verdict == cells["ARD-VAE", "MSE"].verdict == "missing (not planned)"


@pytest.mark.parametrize(
    ("status", "reason", "detail"),
    [
        ("ok", "Inception's weights couldn't be downloaded (no network); put them there", "weights"),
        ("ok", "ValueError: planted", "failed"),
        ("collapsed", "no axis is left", "collapsed"),
    ],
)
def test_a_value_that_could_not_be_had_says_why(paper, fabricated, shown, status, reason, detail) -> None:
    plan = paper()
    for run in plan.runs:
        broken = {"status": "failed", "value": None, "reason": reason}
        fabricated.finish(plan, run, {"active": 8, "mse_per_pixel": broken}, status=status)
    assert by_place(shown(plan))["VAE", "MSE"].verdict == f"missing ({detail})"


HOURS = {"table": "T1", "row": "VAE", "column": "hours", "dataset": "digits", "label": "vae", "dim": 8, "unit": "h",
         "metric": "train_seconds", "mean": "17", "decimals": 0}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (61200.0, "not comparable (hardware)"),
        ("2 runs shared the device, so it tells of their number too", "missing (device shared)"),
        ("the training was interrupted, and how many runs shared its earlier device isn't known", "missing (training"),
        ("the device reports no energy", "missing (not measurable)"),
    ],
)
def test_hours_are_of_the_machine_that_they_were_taken_on(paper, fabricated, shown, value, verdict) -> None:
    plan = paper([HOURS], exhibits=PAPER_EXHIBITS, metrics=["train_seconds"])
    for run in plan.runs:
        fabricated.finish(plan, run, {"train_seconds": value})
    assert by_place(shown(plan))["VAE", "hours"].verdict.startswith(verdict)


def test_lost_numbers_have_another_papers_beside_them(paper, fabricated, shown) -> None:
    lost = {
        "table": "T1", "row": "LMGAE", "column": "MSE", "dataset": "digits", "label": "vae", "dim": 8, "unit": "1",
        "metric": "mse_per_pixel", "note": "lost",
    }  # fmt: skip
    beside = {"study": "other", "table": "T9", "names": {"LMGAE": "MAAE"}}
    exhibits = [{"kind": "paper_table", "name": "t", "options": {"table": "T1", "beside": beside}}]
    plan = paper([lost], exhibits=exhibits)
    other = reference_path(plan.path).read_text().replace("T1", "T9").replace("LMGAE", "MAAE")
    path = plan.path.parents[1] / "other" / "reference.csv"
    path.parent.mkdir()
    path.write_text(other.replace(",,,,1,,,lost", ",10.5,,,1,1,,"))
    for run in plan.runs:
        fabricated.finish(plan, run, {"active": 8, "mse_per_pixel": 0.05})
    (cell,) = by_place(shown(plan)).values()
    assert [str(line) for line in cell.compared] == ["paper: lost; other 10.5"]


def test_every_digit_comes_from_a_record_or_the_reference(filled, fabricated) -> None:
    """Means and spreads are worked out here anew from the long table; everything else has to stand in the reference."""
    plan = filled()
    build_report(plan, fabricated.reports)
    folder = fabricated.reports / plan.name
    measured: dict[tuple[str, ...], list[float]] = {}
    for line in csv.DictReader((folder / "long.csv").open(encoding="utf-8")):
        if line["value"]:
            at = (line["dataset"], line["label"], line["dim"], line["metric"])
            measured.setdefault(at, []).append(float(line["value"]))
    printed = set(re.findall(r"[\d.]+", reference_path(plan.path).read_text(encoding="utf-8")))
    printed |= set(re.findall(r"[\d.]+", json.dumps(plan.study.model_dump(mode="json")["exhibits"])))
    for name in ("table_1", "table_2"):
        for line in csv.DictReader((folder / f"{name}.csv").open(encoding="utf-8")):
            at = (line["dataset"], line["label"], line["dim"], line["metric"].replace("pruned_axes", "active"))
            if values := measured.get(at):
                mean = sum(values) / len(values)
                std = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
                mean = int(line["dim"]) - mean if line["metric"] == "pruned_axes" else mean
                assert float(line["mean"]) == pytest.approx(mean)
                assert float(line["std"]) == pytest.approx(std, abs=1e-12)
            else:
                assert line["mean"] in {"", "8"}  # the true dimension of synthetic_8
            assert line["theirs"] == "" or line["printed"].split(" ± ")[0] in printed
            if line["mean"] and line["theirs"]:
                assert float(line["difference"]) == pytest.approx(float(line["mean"]) - float(line["theirs"]))


def test_a_single_run_has_no_deviation_in_the_csv_file(paper, fabricated) -> None:
    plan = paper()
    for run in plan.runs:
        if run.cell.label == "vae" and run.seed < (1 if run.cell.dataset.name == "digits" else 2):
            fabricated.finish(plan, run, {"active": 8, "mse_per_pixel": 0.05})
    build_report(plan, fabricated.reports)
    found = set()
    for name in ("table_1", "table_2"):
        with (fabricated.reports / plan.name / f"{name}.csv").open(encoding="utf-8") as file:
            lines = [line for line in csv.DictReader(file) if line["mean"] and line["label"]]
        found |= {(line["n"], line["std"]) for line in lines}
    assert found == {("1", ""), ("2", "0.0")}


def test_every_digit_in_print_is_a_rounded_one_of_the_csv_file_or_the_papers(filled, fabricated) -> None:
    """Of the cells alone: each number is ours or a difference, rounded, or stands in the reference as it does here."""
    plan = filled()
    build_report(plan, fabricated.reports)
    reference = reference_path(plan.path).read_text(encoding="utf-8")
    for name in ("table_1", "table_2"):
        path = fabricated.reports / plan.name / f"{name}.csv"
        allowed = set(re.findall(r"[\d.]+", reference))
        for line in csv.DictReader(path.open(encoding="utf-8")):
            values = [float(line[key]) for key in ("mean", "std", "difference") if line[key]]
            values += [5.0, 6.0] if line["n"] == "2" else []  # the two seeds by themselves
            allowed |= {f"{abs(value):.{decimals}f}" for value in values for decimals in range(4)} | {line["n"]}
        rows = path.with_suffix(".md").read_text(encoding="utf-8").split("\n\n")[1].splitlines()[2:]
        cells = re.sub(r"<sup>.*?</sup>|<[^>]*>|\*", " ", "\n".join(rows))
        assert set(re.findall(r"\d[\d.]*", cells)) - allowed == set()


def test_the_table_compiles(filled, shown, compiled) -> None:
    plan = filled()
    compiled([latex(shown(plan, place), caption="A table", label=f"t{place}") for place in (0, 1)])


def test_markdown_sets_the_papers_best_apart(filled, shown) -> None:
    text = markdown(shown(filled()))
    assert "**0.020 ± 0.001**<br><sub>paper **0.040 ± 0.002**</sub>" in text
    assert "<sub>paper <ins>0.050 ± 0.002</ins></sub>" in text
