"""The results table: its numbers, what is bold, and that nothing which failed is hidden."""

import csv
import re

import pytest

from latentdim.exhibits.context import Context, ExhibitRefused
from latentdim.exhibits.declared.numbers import ResultsOptions
from latentdim.exhibits.results_formats import tex
from latentdim.exhibits.results_table import automatic_decimals, draw, results_table
from latentdim.outcomes.outcomes import outcomes
from latentdim.study.file import ExhibitEntry

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


def cell_of(table, label, dim, metric):
    """One entry of the table, with its text."""
    row = next(row for row in table.rows if (row.label, row.dim) == (label, dim))
    index = next(i for i, column in enumerate(table.columns) if column.metric.name == metric)
    return row.entries[index], row.entries[index].text(table.columns[index])


def test_mean_and_deviation_are_those_of_the_population(filled) -> None:
    table = results_table(filled(), ResultsOptions(decimals={"frechet_distance": 2}))
    entry, text = cell_of(table, "wae_mmd", 8, "frechet_distance")
    assert (entry.group.spread.mean, entry.group.spread.std, entry.group.spread.n) == (1.5, 0.5, 2)
    assert text == "1.00, 2.00"  # the deviation of two is half their difference


def test_three_seeds_have_a_mean_and_the_larger_of_both_spreads(fabricated, run_at) -> None:
    plan = fabricated.plan(grid=[GRID[0] | {"methods": {"vae": None}, "seeds": 3}], metrics=["frechet_distance"])
    for dim, values, own in ((4, (1.0, 2.0, 3.0), 0.1), (8, (1.0, 1.0, 1.0), 0.25)):
        for seed, value in enumerate(values):
            numbers = {"frechet_distance": fabricated.value(value, spread=own)}
            fabricated.finish(plan, run_at(plan, "vae", dim, seed), numbers)
    entry = ExhibitEntry(kind="results", name="results")
    context = Context(plan, entry, ResultsOptions(), outcomes(plan), fabricated.reports)
    table = results_table(context, ResultsOptions(decimals={"frechet_distance": 2}))
    assert cell_of(table, "vae", 4, "frechet_distance")[1] == f"2.00 ± {(2 / 3) ** 0.5:.2f}"
    assert cell_of(table, "vae", 8, "frechet_distance")[1] == "1.00 ± 0.25"


def bold_of(plan, fabricated) -> set[tuple[str, int]]:
    """Label and dimension of the rows whose first metric is bold."""
    entry = ExhibitEntry(kind="results", name="results")
    context = Context(plan, entry, ResultsOptions(), outcomes(plan), fabricated.reports)
    table = results_table(context, ResultsOptions())
    return {(row.label, row.dim) for row in table.rows if row.entries[0].best}


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
    assert note.reason.sentence == (
        "take care: at its floor: no better than other real examples (synthetic_8 vae L = 4, seed 0)."
    )
    assert [row.entries[0].marks for row in table.rows] == [("a",), ()]
    draw(context)
    assert "| synthetic\\_8 | VAE | 4 | 1 | 0.50 <sup>a</sup> | 0.60 |" in context.path(".md").read_text()
    assert "| <ins>8</ins> | 1 | 2.00 | 0.60 |" in context.path(".md").read_text()


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
    assert [(row.label, row.marks) for row in table.rows] == [("vae", ("a",)), ("wae_mmd", ())]
    assert [note.reason.sentence for note in table.footnotes] == ["β lies at the edge (synthetic_8 vae)."]
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
    texts = {(row.dataset, row.label): row.entries[0].text(table.columns[0]) for row in table.rows}
    assert texts == {
        ("synthetic_8", "vae"): "1", ("digits", "vae"): "not defined", ("digits", "other"): "–",
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
    assert [row.entries[0].text(table.columns[0]) for row in table.rows] == ["not defined", "0.100"]
    assert table.footnotes[0].reason.text == "not defined: of 2 axes it is 0 whatever the codes"


def test_the_best_of_a_column_is_bold_and_controls_never_are(filled) -> None:
    table = results_table(filled(), ResultsOptions())
    bold = {(row.label, row.dim) for row in table.rows if row.entries[0].best}
    assert bold == {("wae_mmd", 8)}  # pca's 0.5 is lower, but a control
    assert not any(row.entries[2].best for row in table.rows)  # ACTIVE has no better


def test_nothing_is_bold_where_nothing_competes(fabricated, run_at) -> None:
    grid = [{"datasets": ["synthetic_8"], "methods": METHODS, "dims": [8]}]
    plan = fabricated.plan(grid=grid, metrics=METRICS)

    def bold() -> set[str]:
        entry = ExhibitEntry(kind="results", name="results")
        context = Context(plan, entry, ResultsOptions(), outcomes(plan), fabricated.reports)
        return {row.label for row in results_table(context, ResultsOptions()).rows if row.entries[0].best}

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
    assert {(row.label, row.dim) for row in table.rows if row.entries[0].best} == {("wae_mmd", 8)}
    stale, text = cell_of(table, "wae_mmd", 4, "frechet_distance")
    assert stale.struck
    assert text == "0.100, 0.100"
    assert not cell_of(table, "vae", 8, "frechet_distance")[0].struck


def test_a_stale_value_counts_only_where_there_is_no_sound_one(filled, fabricated, run_at) -> None:
    values = {"frechet_distance": 9.0, "mse_per_pixel": 0.1, "active": 8}
    fabricated.finish(filled.plan, run_at(filled.plan, "vae", 8, 1), values, source={"fingerprint": "0" * 12})
    entry, _ = cell_of(results_table(filled(), ResultsOptions()), "vae", 8, "frechet_distance")
    assert (entry.group.spread.mean, entry.group.spread.n, entry.group.planned) == (3.0, 1, 2)
    assert entry.marks


def test_collapsed_cells_show_their_number_with_a_footnote(filled, fabricated, run_at) -> None:
    values = {"frechet_distance": 4.0, "mse_per_pixel": 0.1, "active": 0}
    fabricated.finish(filled.plan, run_at(filled.plan, "vae", 8, 0), values, status="collapsed", reason="count is 0")
    table = results_table(filled(), ResultsOptions(decimals={"frechet_distance": 2}))
    entry, text = cell_of(table, "vae", 8, "frechet_distance")
    assert text == "4.00, 3.50"
    note = next(note for note in table.footnotes if note.mark == entry.marks[0])
    assert note.reason.sentence == "collapsed: count is 0 (synthetic_8 vae L = 8, seed 0)."


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
    assert "| synthetic\\_8 | WAE-MMD | <ins>8</ins> | 2 | **1.0, 2.0** | **0.010, 0.020** | 8, 8 |" in lines
    assert any(line.startswith("| synthetic\\_8 | VAE | 4 | 0 of 2 | failed <sup>a b</sup>") for line in lines)
    assert any("| *PCA* | <ins>8</ins> |" in line for line in lines)


def test_the_csv_keeps_every_digit(filled) -> None:
    context = filled()
    draw(context)
    with context.path(".csv").open() as handle:
        rows = list(csv.DictReader(handle))
    row = next(r for r in rows if (r["label"], r["dim"], r["metric"]) == ("vae", "8", "frechet_distance"))
    assert (row["mean"], row["std"], row["n"], row["runs"], row["best"]) == ("3.25", "0.25", "2", "2", "False")
    empty = next(r for r in rows if (r["label"], r["dim"]) == ("vae", "4"))
    assert (empty["mean"], empty["n"], empty["status"]) == ("", "0", "failed")


def test_latex_escapes_whatever_latex_would_take_for_a_command() -> None:
    assert tex(r"50 % & a_b #1 {x} $y ~z ^ \w ± β") == (
        r"50 \% \& a\_b \#1 \{x\} \$y \textasciitilde{}z \textasciicircum{} \textbackslash{}w $\pm$ $\beta$"
    )


def test_the_latex_table_is_one_booktabs_table(filled) -> None:
    context = filled()
    draw(context)
    text = context.path(".tex").read_text()
    assert [text.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")]
    assert {line.count("&") for line in body.splitlines() if line.endswith(r"\\")} == {3 + 3}
    assert r"\caption{All\_numbers." in text
    assert r"\textbf{1.00, 2.00}" in text


def test_rows_and_columns_follow_the_options(filled) -> None:
    table = results_table(filled(), ResultsOptions(labels=("vae",), dims=(8,), metrics=[{"name": "active"}]))
    assert [(row.label, row.dim) for row in table.rows] == [("vae", 8)]
    assert [column.title for column in table.columns] == ["ACTIVE"]
    with pytest.raises(ExhibitRefused):
        results_table(filled(), ResultsOptions(datasets=("elsewhere",)))


def test_controls_stand_last_and_dimensions_rise(filled) -> None:
    table = results_table(filled(), ResultsOptions())
    expected = [("wae_mmd", 4), ("wae_mmd", 8), ("vae", 4), ("vae", 8), ("pca", 4), ("pca", 8)]
    assert [(row.label, row.dim) for row in table.rows] == expected


def test_one_column_holds_each_cells_own_axes_and_several_only_where_a_cell_has_several(fabricated, run_at) -> None:
    own = {"protocol": {"evaluation": {"axes": "active"}}, "datasets": ["synthetic_8"], "dims": [8]}
    grid = [{"datasets": ["synthetic_8"], "methods": {"vae": None}, "dims": [8]}, own | {"methods": {"ard_vae": None}}]
    plan = fabricated.plan(grid=grid, metrics=["frechet_distance"])
    for label, value in (("vae", 2.0), ("ard_vae", 1.0)):
        fabricated.finish(plan, run_at(plan, label, 8), {"frechet_distance": fabricated.value(value, spread=0.1)})
    entry = ExhibitEntry(kind="results", name="results")
    context = Context(plan, entry, ResultsOptions(), outcomes(plan), fabricated.reports)
    table = results_table(context, ResultsOptions())
    assert [column.title for column in table.columns] == ["Fréchet distance (the protocol's axes)"]
    assert [(row.label, row.entries[0].best) for row in table.rows] == [("vae", False), ("ard_vae", True)]

    both = [{"name": "frechet_distance", "axes": axes} for axes in ("all", "active")]
    plan = fabricated.plan(grid=grid, metrics=both)
    context = Context(plan, entry, ResultsOptions(), outcomes(plan), fabricated.reports)
    titles = [column.title for column in results_table(context, ResultsOptions()).columns]
    assert titles == ["Fréchet distance (all axes)", "Fréchet distance (active axes)"]


@pytest.mark.parametrize(
    ("values", "digits"),
    [([8.0, 9.0, 12.0], 1), ([1.41, 1.9, 15.8], 2), ([0.0123, 0.02], 4), ([123.4, 250.1], 0), ([], 1), ([0.0], 1)],
)
def test_digits_fit_the_size_of_the_values(values, digits) -> None:
    assert automatic_decimals(values) == digits


def test_a_value_to_be_careful_with_is_shown_with_the_metrics_warning(filled, fabricated, run_at) -> None:
    careful = {"status": "ok", "value": 1.0, "detail": {"warning": "the bandwidth lies at the grid's edge"}}
    fabricated.measure(filled.plan, run_at(filled.plan, "wae_mmd", 8, 0), "frechet_distance", careful)
    table = results_table(filled(), ResultsOptions())
    entry, _ = cell_of(table, "wae_mmd", 8, "frechet_distance")
    assert entry.group.spread.mean == 1.5
    (note,) = (note for note in table.footnotes if "grid's edge" in note.reason.text)
    assert note.reason.text == "take care: the bandwidth lies at the grid's edge"
    assert note.mark in entry.marks
