"""The results table: its numbers, what is bold, and that nothing which failed is hidden."""

import csv
import re

import pytest

from latentdim.exhibits.context import Context, ExhibitRefused
from latentdim.exhibits.declared.numbers import ResultsOptions
from latentdim.exhibits.results_table import draw, results_table
from latentdim.outcomes.outcomes import outcomes
from latentdim.study.file import ExhibitEntry
from latentdim.tables.legend import legend
from latentdim.tables.model import Rank

METHODS = {"wae_mmd": None, "vae": None, "pca": None}
GRID = [{"datasets": ["synthetic_8"], "methods": METHODS, "dims": [4, 8], "seeds": 2}]
METRICS = ["frechet_distance", "mse_per_pixel", "active"]


@pytest.fixture
def filled(fabricated, run_at):
    """A study with every outcome, and a function that gives the context of a results exhibit on it."""
    plan = fabricated.plan(grid=GRID, metrics=METRICS, title="50 % & more")
    values = {("wae_mmd", 4): (5.0, 6.0), ("wae_mmd", 8): (1.0, 2.0), ("vae", 8): (3.0, 3.5), ("pca", 8): (0.5, 0.5)}
    for (label, dim), distances in values.items():
        for seed, distance in enumerate(distances):
            numbers = {"frechet_distance": distance, "mse_per_pixel": 0.01 * distance, "active": dim}
            fabricated.finish(plan, run_at(plan, label, dim, seed), numbers)
    failed = {"status": "failed", "reason": "RuntimeError: a_b {bad} 100%"}
    fabricated.finish(plan, run_at(plan, "vae", 4, 0), {}, **failed)
    fabricated.killed(plan, run_at(plan, "vae", 4, 1), minutes=10, limit=10)

    def context(**options):
        entry = ExhibitEntry(kind="results", name="results", title="All_numbers", options={})
        found = outcomes(plan)
        folder = fabricated.reports / plan.name
        return Context(plan, entry, ResultsOptions(**options), found, folder)

    context.plan = plan
    return context


def cell_of(table, label, dim, metric="frechet_distance"):
    """One cell of the table that has a value, or lacks one for a reason."""
    at = {"label": label, "dim": dim, "metric": metric}
    return next(cell for row in table.rows for cell in row.cells if at.items() <= cell.facts.items())


def places_of(table, rank=Rank.BEST, metric="frechet_distance"):
    """Label and dimension of the cells of that rank in a metric's column."""
    cells = [cell for row in table.rows for cell in row.cells if cell.facts.get("metric") == metric]
    return {(cell.facts["label"], cell.facts["dim"]) for cell in cells if cell.rank is rank}


def texts_of(table, column=0):
    """What stands in a column, from top to bottom."""
    return [row.cells[column].text for row in table.rows]


def test_mean_and_deviation_are_those_of_the_population(filled) -> None:
    table = results_table(filled(), ResultsOptions(decimals={"frechet_distance": 2}))
    cell = cell_of(table, "wae_mmd", 8)
    assert (cell.facts["mean"], cell.facts["std"], cell.facts["n"]) == (1.5, 0.5, 2)
    assert cell.text == "1.00, 2.00"  # the deviation of two is half their difference


def test_three_seeds_have_a_mean_and_the_larger_of_both_spreads(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=[GRID[0] | {"methods": {"vae": None}, "seeds": 3}], metrics=["frechet_distance"])
    for dim, values, own in ((4, (1.0, 2.0, 3.0), 0.1), (8, (1.0, 1.0, 1.0), 0.25)):
        for seed, value in enumerate(values):
            numbers = {"frechet_distance": fabricated.value(value, spread=own)}
            fabricated.finish(plan, run_at(plan, "vae", dim, seed), numbers)
    entry = ExhibitEntry(kind="results", name="results")
    context = Context(plan, entry, ResultsOptions(), outcomes(plan), fabricated.reports)
    table = results_table(context, ResultsOptions(decimals={"frechet_distance": 2}))
    assert cell_of(table, "vae", 4).text == f"2.00 ± {(2 / 3) ** 0.5:.2f}"
    assert cell_of(table, "vae", 8).text == "1.00 ± 0.25"


def bold_of(plan, fabricated) -> set[tuple[str, int]]:
    """Label and dimension of the rows whose first metric is bold."""
    entry = ExhibitEntry(kind="results", name="results")
    context = Context(plan, entry, ResultsOptions(), outcomes(plan), fabricated.reports)
    return places_of(results_table(context, ResultsOptions()))


@pytest.mark.parametrize(
    ("first", "second", "bold"),
    [
        ({"value": 1.0, "spread": 0.2}, {"value": 1.5, "spread": 0.2}, {("vae", 4)}),
        ({"value": 1.0, "spread": 0.2}, {"value": 1.5, "spread": 0.3}, set()),  # within both spreads
        ({"value": 1.0}, {"value": 9.0, "spread": 0.1}, set()),  # a spread isn't known
        ({"value": 1.0, "spread": 0.1, "floor": 1.0}, {"value": 9.0, "spread": 0.1, "floor": 1.0}, set()),
        ({"value": 1.1, "spread": 0.1, "floor": 1.0}, {"value": 9.0, "spread": 0.1, "floor": 1.0}, {("vae", 4)}),
    ],
)
def test_bold_is_a_best_value_that_stands_out_of_the_noise_and_off_the_floor(
    fabricated, run_at, first, second, bold
) -> None:
    grid = [GRID[0] | {"methods": {"vae": None}, "seeds": 1}]
    plan = fabricated.plan(grid=grid, metrics=["frechet_distance"])
    for dim, content in ((4, first), (8, second)):
        fabricated.finish(plan, run_at(plan, "vae", dim), {"frechet_distance": fabricated.value(**content)})
    assert bold_of(plan, fabricated) == bold


def test_a_value_at_its_floor_has_a_footnote_and_the_floor_stands_beside_each(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=[GRID[0] | {"methods": {"vae": None}, "seeds": 1}], metrics=["frechet_distance"])
    for dim, value in ((4, 0.5), (8, 2.0)):
        numbers = {"frechet_distance": fabricated.value(value, spread=0.1, floor=0.6)}
        fabricated.finish(plan, run_at(plan, "vae", dim), numbers)
    entry = ExhibitEntry(kind="results", name="results")
    context = Context(plan, entry, ResultsOptions(), outcomes(plan), fabricated.reports)
    table = results_table(context, ResultsOptions())
    (note,) = table.footnotes
    assert note.text == ("take care: at its floor: no better than other real examples (synthetic_8 vae L = 4, seed 0).")
    assert [row.cells[0].marks for row in table.rows] == [("a",), ()]
    draw(context)
    assert "| synthetic\\_8 | VAE | 4 | 1 | 0.50 <sup>a</sup> | 0.60 |" in context.path(".md").read_text()
    assert "| 8\\* | 1 | 2.00 | 0.60 |" in context.path(".md").read_text()


def test_a_floor_that_isnt_there_has_a_word_that_the_legend_explains(fabricated, run_at) -> None:
    grid = [GRID[0] | {"methods": {"vae": None}, "seeds": 1, "dims": [4, 8, 16]}]
    plan = fabricated.plan(grid=grid, metrics=["frechet_distance"])
    for dim, floor in ((4, {"floor": 0.6}), (8, {})):  # the run at 16 is missing
        fabricated.finish(plan, run_at(plan, "vae", dim), {"frechet_distance": fabricated.value(2.0, **floor)})
    entry = ExhibitEntry(kind="results", name="results")
    table = draw(Context(plan, entry, ResultsOptions(), outcomes(plan), fabricated.reports)).table
    assert table
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["2", "0.6"], ["2", "none"], ["missing", "none"],
    ]  # fmt: skip
    assert "None: the value has no floor, or there is no value." in legend(table)


def test_runs_whose_data_were_refused_have_no_value_and_nothing_bold(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=[GRID[0] | {"methods": {"vae": None}, "seeds": 1}], metrics=["frechet_distance"])
    for dim, value in ((4, 0.5), (8, 2.0)):
        fabricated.finish(plan, run_at(plan, "vae", dim), {"frechet_distance": fabricated.value(value, spread=0.1)})
    assert bold_of(plan, fabricated) == {("vae", 4)}
    fabricated.refused(plan, "synthetic_8", "the decoder can't reach them")
    assert bold_of(plan, fabricated) == set()


def test_a_note_of_the_study_marks_its_rows(fabricated, run_at) -> None:
    grid = [
        GRID[0] | {"methods": {"vae": None}, "dims": [8], "seeds": 1, "note": "β lies at the edge"},
        GRID[0] | {"methods": {"wae_mmd": None}, "dims": [8], "seeds": 1},
    ]
    plan = fabricated.plan(grid=grid, metrics=["active"])
    for run in plan.runs:
        fabricated.finish(plan, run, {"active": 8})
    entry = ExhibitEntry(kind="results", name="results")
    context = Context(plan, entry, ResultsOptions(), outcomes(plan), fabricated.reports)
    table = results_table(context, ResultsOptions())
    assert [(row.heads[0].text, row.heads[0].marks) for row in table.rows] == [("VAE", ("a",)), ("WAE-MMD", ())]
    assert [note.text for note in table.footnotes] == ["β lies at the edge (synthetic_8 vae)."]
    draw(context)
    with context.path(".csv").open() as handle:
        assert [row["note"] for row in csv.DictReader(handle)] == ["β lies at the edge", ""]


def test_a_dash_says_what_it_means(fabricated, run_at) -> None:
    grid = [
        GRID[0] | {"methods": {"vae": None}, "dims": [8], "seeds": 1},
        {"datasets": ["digits"], "methods": {"vae": None}, "dims": [8]},
        {"datasets": ["digits"], "methods": {"vae": None}, "dims": [4], "metrics": ["active"], "label": "other"},
    ]
    plan = fabricated.plan(grid=grid, metrics=["frechet_distance", "active"])
    for run in plan.runs:
        fabricated.finish(plan, run, {"frechet_distance": 1.0, "active": 8})
    entry = ExhibitEntry(kind="results", name="results")
    context = Context(plan, entry, ResultsOptions(), outcomes(plan), fabricated.reports)
    table = results_table(context, ResultsOptions())
    texts = {(group.heading, row.heads[0].text): row.cells[0].text for group in table.groups for row in group.rows}
    assert texts == {
        ("synthetic_8", "VAE"): "1", ("digits", "VAE"): "not defined", ("digits", "other"): "–",
    }  # fmt: skip
    caption = draw(context).caption
    assert "A dash: not asked for in this row." in caption
    assert "Not defined: the metric has no meaning there" in caption


def test_a_metric_that_refuses_is_not_defined_and_says_why(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=[GRID[0] | {"methods": {"vae": None}, "seeds": 1}], metrics=["nac"])
    fabricated.finish(plan, run_at(plan, "vae", 4), {"nac": "of 2 axes it is 0 whatever the codes"})
    fabricated.finish(plan, run_at(plan, "vae", 8), {"nac": 0.1})
    entry = ExhibitEntry(kind="results", name="results")
    context = Context(plan, entry, ResultsOptions(), outcomes(plan), fabricated.reports)
    table = results_table(context, ResultsOptions())
    assert texts_of(table) == ["not defined", "0.100"]
    assert table.footnotes[0].text.startswith("not defined: of 2 axes it is 0 whatever the codes (")


def test_the_best_of_a_column_is_bold_and_controls_never_are(filled) -> None:
    table = results_table(filled(), ResultsOptions())
    assert places_of(table) == {("wae_mmd", 8)}  # pca's 0.5 is lower, but a control
    assert places_of(table, Rank.SECOND) == {("vae", 8)}
    assert places_of(table, metric="active") == set()  # ACTIVE has no better


def test_nothing_is_bold_where_nothing_competes(fabricated, run_at) -> None:
    grid = [{"datasets": ["synthetic_8"], "methods": METHODS, "dims": [8]}]
    plan = fabricated.plan(grid=grid, metrics=METRICS)

    def bold() -> set[str]:
        entry = ExhibitEntry(kind="results", name="results")
        context = Context(plan, entry, ResultsOptions(), outcomes(plan), fabricated.reports)
        return {label for label, _ in places_of(results_table(context, ResultsOptions()))}

    for label, value in (("wae_mmd", 5.0), ("pca", 9.0)):
        fabricated.finish(plan, run_at(plan, label, 8), {"frechet_distance": fabricated.value(value, spread=0.1)})
    fabricated.finish(plan, run_at(plan, "vae", 8), {}, status="failed", reason="RuntimeError")
    assert bold() == set()
    fabricated.finish(plan, run_at(plan, "vae", 8), {"frechet_distance": fabricated.value(7.0, spread=0.1)})
    assert bold() == {"wae_mmd"}


def test_a_stale_or_wholly_collapsed_cell_is_never_bold(filled, fabricated, run_at) -> None:
    plan = filled.plan
    for seed in (0, 1):
        values = {"frechet_distance": 0.1, "mse_per_pixel": 0.001, "active": 0}
        fabricated.finish(plan, run_at(plan, "vae", 8, seed), values, status="collapsed", reason="no variance")
        fabricated.finish(plan, run_at(plan, "wae_mmd", 4, seed), values, source={"fingerprint": "0" * 12})
    table = results_table(filled(), ResultsOptions())
    assert places_of(table) == {("wae_mmd", 8)}
    stale = cell_of(table, "wae_mmd", 4)
    assert stale.ours.stale
    assert stale.text == "0.100, 0.100"
    assert not cell_of(table, "vae", 8).ours.stale


def test_a_stale_value_counts_only_where_there_is_no_sound_one(filled, fabricated, run_at) -> None:
    values = {"frechet_distance": 9.0, "mse_per_pixel": 0.1, "active": 8}
    fabricated.finish(filled.plan, run_at(filled.plan, "vae", 8, 1), values, source={"fingerprint": "0" * 12})
    cell = cell_of(results_table(filled(), ResultsOptions()), "vae", 8)
    assert (cell.facts["mean"], cell.facts["n"], cell.facts["runs"]) == (3.0, 1, 2)
    assert cell.marks


def test_collapsed_cells_show_their_number_with_a_footnote(filled, fabricated, run_at) -> None:
    values = {"frechet_distance": 4.0, "mse_per_pixel": 0.1, "active": 0}
    fabricated.finish(filled.plan, run_at(filled.plan, "vae", 8, 0), values, status="collapsed", reason="count is 0")
    table = results_table(filled(), ResultsOptions(decimals={"frechet_distance": 2}))
    cell = cell_of(table, "vae", 8)
    assert cell.text == "4.00, 3.50"
    note = next(note for note in table.footnotes if note.mark == cell.marks[0])
    assert note.text == "collapsed: count is 0 (synthetic_8 vae L = 8, seed 0)."


@pytest.mark.parametrize("ending", [".md", ".csv", ".tex"])
def test_every_failed_cell_stands_in_each_format_with_its_reason(filled, ending) -> None:
    context = filled()
    draw(context)
    text = context.path(ending).read_text()
    reason = "RuntimeError: a_b {bad} 100%"
    expected = {".md": r"RuntimeError: a\_b {bad} 100%", ".tex": r"RuntimeError: a\_b \{bad\} 100\%"}.get(
        ending, reason
    )
    assert expected in text
    assert "killed after 10 of 10 minutes on node7" in text
    assert re.search(r"timed.out", text)


def test_the_protocol_stands_beneath_the_table(filled) -> None:
    context = filled()
    draw(context)
    for ending in (".md", ".tex"):
        text = context.path(ending).read_text().replace("\\_", "_")
        assert "batch_size 50" in text
        assert "n_generated 10,000" in text


def test_the_markdown_table_has_bold_best_and_seed_counts(filled) -> None:
    context = filled(decimals={"frechet_distance": 1, "mse_per_pixel": 3})
    draw(context)
    lines = context.path(".md").read_text().splitlines()
    assert "| synthetic\\_8 | WAE-MMD | 8\\* | 2 | **1.0, 2.0** | **0.010, 0.020** | 8, 8 |" in lines
    assert any(line.startswith("| synthetic\\_8 | VAE | 4 | 0 of 2 | failed <sup>a b</sup>") for line in lines)
    assert any("| *PCA* | 8\\* |" in line for line in lines)


def test_the_csv_keeps_every_digit(filled) -> None:
    context = filled()
    draw(context)
    with context.path(".csv").open() as handle:
        rows = list(csv.DictReader(handle))
    row = next(r for r in rows if (r["label"], r["dim"], r["metric"]) == ("vae", "8", "frechet_distance"))
    assert (row["mean"], row["std"], row["n"], row["runs"], row["rank"]) == ("3.25", "0.25", "2", "2", "second")
    empty = next(r for r in rows if (r["label"], r["dim"]) == ("vae", "4"))
    assert (empty["mean"], empty["n"], empty["status"]) == ("", "0", "failed")


def test_the_latex_table_is_one_booktabs_table(filled) -> None:
    context = filled()
    draw(context)
    text = context.path(".tex").read_text()
    assert [text.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")]
    assert {line.count("&") for line in body.splitlines() if line.endswith(r"\\")} == {3 + 3}
    assert r"\caption{All\_numbers." in text
    assert r"\textbf{1.00, 2.00}" in text


def test_the_latex_table_compiles(filled, compiled) -> None:
    context = filled()
    draw(context)
    compiled([context.path(".tex").read_text()])


def test_rows_and_columns_follow_the_options(filled) -> None:
    table = results_table(filled(), ResultsOptions(labels=("vae",), dims=(8,), metrics=[{"name": "active"}]))
    assert [[head.text for head in row.heads] for row in table.rows] == [["VAE", "8", "2"]]
    assert [column.title for column in table.columns] == ["ACTIVE"]
    with pytest.raises(ExhibitRefused):
        results_table(filled(), ResultsOptions(datasets=("elsewhere",)))


def test_controls_stand_last_and_dimensions_rise(filled) -> None:
    table = results_table(filled(), ResultsOptions())
    expected = [("WAE-MMD", "4"), ("WAE-MMD", "8"), ("VAE", "4"), ("VAE", "8"), ("PCA", "4"), ("PCA", "8")]
    assert [(row.heads[0].text, row.heads[1].text) for row in table.rows] == expected
    assert [row.control for row in table.rows] == [False, False, False, False, True, True]


def test_one_column_holds_each_cells_own_axes_and_several_only_where_a_cell_has_several(fabricated, run_at) -> None:
    own = {"protocol": {"evaluation": {"axes": "active"}}, "datasets": ["synthetic_8"], "dims": [8]}
    grid = [{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [8]}, own | {"methods": {"ard_vae": None}}]
    plan = fabricated.plan(grid=grid, metrics=["frechet_distance"])
    for label, value in (("vae", 2.0), ("ard_vae", 1.0)):
        fabricated.finish(plan, run_at(plan, label, 8), {"frechet_distance": fabricated.value(value, spread=0.1)})
    entry = ExhibitEntry(kind="results", name="results")
    context = Context(plan, entry, ResultsOptions(), outcomes(plan), fabricated.reports)
    table = results_table(context, ResultsOptions())
    assert [(column.title, column.note) for column in table.columns] == [("Fréchet distance", "the protocol's axes")]
    assert places_of(table) == {("ard_vae", 8)}

    both = [{"name": "frechet_distance", "axes": axes} for axes in ("all", "active")]
    plan = fabricated.plan(grid=grid, metrics=both)
    context = Context(plan, entry, ResultsOptions(), outcomes(plan), fabricated.reports)
    headings = [column.heading for column in results_table(context, ResultsOptions()).columns]
    assert headings == ["Fréchet distance (all axes) ↓", "Fréchet distance (active axes) ↓"]


def test_a_value_to_be_careful_with_is_shown_with_the_metrics_warning(filled, fabricated, run_at) -> None:
    careful = {"status": "ok", "value": 1.0, "detail": {"warning": "the bandwidth lies at the grid's edge"}}
    fabricated.measure(filled.plan, run_at(filled.plan, "wae_mmd", 8, 0), "frechet_distance", careful)
    table = results_table(filled(), ResultsOptions())
    cell = cell_of(table, "wae_mmd", 8)
    assert cell.facts["mean"] == 1.5
    (note,) = (note for note in table.footnotes if "grid's edge" in note.text)
    assert note.text.startswith("take care: the bandwidth lies at the grid's edge (")
    assert note.mark in cell.marks
