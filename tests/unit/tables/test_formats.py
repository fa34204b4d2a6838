"""One table in four formats: spans, groups, ranks, comparisons with a paper, marks and footnotes; LaTeX compiles."""

import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from latentdim.records.status import Status
from latentdim.tables.comma_separated import comma_separated
from latentdim.tables.html import html
from latentdim.tables.latex import LITERAL, MOST_ROWS, latex, tex
from latentdim.tables.legend import legend
from latentdim.tables.markdown import markdown
from latentdim.tables.model import Absence, Cell, Column, Footnote, Head, Row, RowGroup, Span, Table, Value
from latentdim.tables.ranking import ranked

REPORTS = Path(__file__).resolve().parents[3] / "reports"
METRICS = (Column("ACTIVE"), Column("FID", "10,000 samples", better="lower"), Column("floor", kind="quiet"))


def cells(method: str, active: float, fid: float, **more: object) -> tuple[Cell, ...]:
    facts = {"method": method, "mean": fid}
    ours = Value(fid, f"{fid:.2f} ± 0.10", 0.1, 5)
    return Cell(Value(active, f"{active:g}", None, 5)), Cell(ours, facts=facts, **more), Cell(instead="0.20")


@pytest.fixture
def table() -> Table:
    """Like a paper's: datasets over metrics, a row a method, theirs beneath ours, a failed and a collapsed cell."""
    printed = {"theirs": Value(28.78, "28.78 ± 0.48", 0.48, 5), "verdict": "reproduced"}
    failed = Cell(instead=Status.FAILED, marks=("b",), facts={"method": "rae"})
    lost = (Cell(instead="–"), failed, Cell(instead=Absence.NO_FLOOR))
    rows = (
        Row((Head("VAE <β>"), Head("16", starred=True)), cells("vae", 16, 28.8, **printed) * 2),
        Row((Head("RAE", ("a",)), Head("16")), (*cells("rae", 16, 18.5), *lost)),
        Row((Head("ARD-VAE"), Head("32")), (*cells("ard_vae", 13, 22.1), *cells("ard_vae", 12, 20.0))),
        Row((Head("PCA"), Head("16")), cells("pca", 16, 1.0) * 2, control=True),
    )
    notes = (Footnote("a", "β_0 = 50 % & more."), Footnote("b", "failed: {RuntimeError} #1 (mnist rae)."))
    stub = (Column("network", kind="text"), Column("method", kind="text"), Column("L"))
    spans = ((Span("", 3), Span("CIFAR_10 (L = 16)", 3)),)
    return ranked(Table(stub, METRICS * 2, (RowGroup("MLP", rows), RowGroup("conv", rows[:1])), spans, notes))


def test_markdown_has_every_part(table) -> None:
    head, rule, *rows = markdown(table).split("\n\n")[0].splitlines()
    spanned = "CIFAR\\_10 (L = 16) / FID (10,000 samples) ↓"
    assert head.startswith(
        "| network | method | L | ACTIVE | FID (10,000 samples) ↓ | floor | CIFAR\\_10 (L = 16) / ACTIVE"
    )
    assert head.endswith(f" | {spanned} | CIFAR\\_10 (L = 16) / floor |")
    assert rule == f"| --- | --- | ---: |{' ---: |' * 6}"
    assert rows[0].startswith(
        "| MLP | VAE \\<β\\> | 16\\* | 16 | 28.80 ± 0.10<br><sub>paper 28.78 ± 0.48</sub><br><sub>+0.02: r"
    )
    assert rows[1].startswith("| MLP | RAE <sup>a</sup> | 16 | 16 | **18.50 ± 0.10** | 0.20 |")
    assert "| failed <sup>b</sup> |" in rows[1]
    assert "<ins>22.10 ± 0.10</ins>" in rows[2]
    assert rows[3].startswith("| MLP | *PCA* |")
    assert {row.count(" | ") for row in rows} == {8}
    assert "\n\n<sup>b</sup> failed: {RuntimeError} \\#1 (mnist rae)." in markdown(table)


def test_a_heading_s_signs_are_no_markup_in_markdown() -> None:
    row = Row((Head("a"),), (Cell(instead=Absence.NOT_ASKED),))
    columns = (Column("Mean of |z|^p <codes>"),)
    head = markdown(Table((Column("*", kind="text"),), columns, (RowGroup("", (row,)),))).splitlines()[0]
    assert head == r"| \* | Mean of \|z\|^p \<codes\> |"


def test_csv_has_a_line_for_each_cell_with_facts(table) -> None:
    lines = list(csv.DictReader(io.StringIO(comma_separated(table))))
    assert [line["method"] for line in lines] == ["vae", "vae", "rae", "rae", "ard_vae", "ard_vae", "pca", "pca"] + [
        "vae"
    ] * 2
    assert (lines[0]["theirs"], lines[0]["verdict"]) == ("28.78", "reproduced")
    assert float(lines[0]["difference"]) == pytest.approx(0.02)
    assert [line["rank"] for line in lines[2:6]] == ["best", "", "second", "best"]


def test_html_closes_and_holds_the_same_words(table) -> None:
    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.words = ""

        def handle_starttag(self, tag, attrs) -> None:
            self.open.append(tag)

        def handle_endtag(self, tag) -> None:
            assert self.open.pop() == tag

        def handle_data(self, data) -> None:
            self.words += data

    reader = Reader()
    reader.feed(str(html(table)))
    assert reader.open == []
    for word in ("VAE <β>", "CIFAR_10 (L = 16)", "paper 28.78 ± 0.48", "+0.02: reproduced", "β_0 = 50 % & more."):
        assert word in reader.words
    text = str(html(table))
    assert "<strong>18.50 ± 0.10</strong>" in text
    assert "<u>22.10 ± 0.10</u>" in text
    assert re.search(r'<span class="status failed">failed</span>\s*<sup>b</sup>', text)
    assert '<th scope="colgroup" colspan="3" class="span">CIFAR_10 (L = 16)</th>' in text


def test_the_legend_explains_what_the_table_has_and_no_more(table) -> None:
    assert legend(table) == (
        "Mean ± population standard deviation over n seeds, or a single run's own spread where that is larger. Bold: "
        "best of its group and column, by more than its spread and the next best's together; of a single run only its "
        "own estimate's spread is known. Underlined: second, likewise. ↓ lower is better, ↑ higher is better. Floor: "
        "what the metric gives where there is nothing to find, at the same counts; a value at it has a footnote and is "
        "never bold. Controls, in italics, are reference points and never bold. A star: L is the true dimension. "
        "None: the value has no floor, or there is no value."
    )
    plain = Table(
        (Column("method", kind="text"),),
        (Column("FID"),),
        (RowGroup("", (Row((Head("a"),), (Cell(instead=Absence.NOT_ASKED),)),)),),
    )
    assert legend(plain) == "A dash: not asked for in this row."


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        (
            r"50 % & a_b #1 {x} $y ~z ^ \w ± β",
            r"50 \% \& a\_b \#1 \{x\} \$y \textasciitilde{}z \textasciicircum{} \textbackslash{}w $\pm$ $\beta$",
        ),
        ("10⁻⁴ m², ⅛ of Σ and σ₁, é", r"10$^{-}$$^{4}$ m$^{2}$, 1/8 of $\Sigma$ and $\sigma$$_{1}$, é"),
        ("a ☃", "a [U+2603]"),
    ],
)
def test_latex_escapes_commands_and_has_words_for_signs(text, escaped) -> None:
    assert tex(text) == escaped


def test_latex_is_one_booktabs_table(table) -> None:
    text = latex(table, caption="All_numbers.", label="all_numbers")
    assert [text.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 2, 1]
    assert r"\cmidrule(lr){7-9}" in text
    assert r"\label{tab:all-numbers}" in text
    assert r"\underline{22.10 $\pm$ 0.10}" in text
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")]
    assert {line.count(" & ") for line in body.splitlines() if line.endswith(r"\\")} == {8}


def test_a_long_latex_table_goes_on_in_further_floats(table) -> None:
    group = table.groups[0]
    long = replace(group, rows=group.rows * (MOST_ROWS // len(group.rows)))
    text = latex(replace(table, groups=(*table.groups, long, long)), caption="All.", label="all")
    assert [text.count(word) for word in (r"\begin{table}", r"\caption{(continued)}", r"\label")] == [3, 2, 1]
    assert text.count(r"\midrule") == len(table.groups) + 2


def test_latex_compiles(table, compiled) -> None:
    signs = " ".join([*LITERAL, *"αβγδεηθμνπρστφΓΠΣ⁰⁴⁶⁻₀₁₂₃⅛½²³éÖü☃"])
    compiled([latex(table, caption=f"Signs: {signs}", label="t", beneath=[f"Protocol: {signs}"])])


def test_however_many_notes_fit_on_pages(table, compiled) -> None:
    notes = tuple(replace(note, text=note.text * 100) for note in table.footnotes)
    text = latex(replace(table, footnotes=notes), caption="Long notes.", label="long_notes", beneath=["Protocol."] * 80)
    compiled([text])
    inside, _, after = text.partition(r"\end{table}")
    assert "Protocol." not in inside
    assert r"\textsuperscript{b}~failed" not in inside
    assert after.startswith("\n\\par{\\footnotesize\\raggedright Of table~\\ref{tab:long-notes}:\\par\n")


def test_rows_that_begin_with_a_bracket_or_a_star_compile(compiled) -> None:
    value = (Cell(Value(1.0, "1.0")),)
    rows = tuple(Row((Head(text),), value) for text in ("[0, 1] clipped", "[−1, 1]", "*", "☃", "|z|"))
    groups = (RowGroup("", rows), RowGroup("", rows[::-1]))
    text = latex(Table((Column("[rule]", kind="text"),), (Column("FID"),), groups), caption="c", label="t")
    compiled([text])
    starts = [line.split(" & ")[0] for line in text.splitlines() if line.endswith(r"1.0 \\")]
    assert starts[:5] == ["{}[0, 1] clipped", "{}[$-$1, 1]", "{}*", "{}[U+2603]", r"\textbar{}z\textbar{}"]


def test_every_table_kept_in_the_repository_compiles(compiled) -> None:
    kept = (path for path in sorted(REPORTS.glob("*/*.tex")) if "@" not in path.parent.name)
    compiled([path.read_text(encoding="utf-8") for path in kept])
