r"""A table as LaTeX, in the manner of booktabs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from latentdim.tables.model import Cell, Head, Line, Row, RowGroup, Table

LITERAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "±": r"$\pm$", "×": r"$\times$", "·": r"$\cdot$", "°": r"$^\circ$", "⊙": r"$\odot$", "∂": r"$\partial$",
    "−": r"$-$", "‖": r"$\|$", "√": r"$\surd$", "∞": r"$\infty$", "∝": r"$\propto$", "∫": r"$\int$",
    "≥": r"$\geq$", "≤": r"$\leq$", "≠": r"$\neq$", "≈": r"$\approx$", "⌊": r"$\lfloor$", "⌋": r"$\rfloor$",
    "→": r"$\rightarrow$", "←": r"$\leftarrow$", "↓": r"$\downarrow$", "↑": r"$\uparrow$", "λ": r"$\lambda$",
    "–": "--", "—": "---", "…": r"\dots{}", "’": "'", "‘": "`", "“": "``", "”": "''", "\u00a0": "~",
}  # fmt: skip
EMPHASIS = {"best": r"\textbf", "second": r"\underline", "stale": r"\textit"}
# As wide as it is, but never wider than the text.
SHRUNK = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"

MOST_ROWS = 60  # of one float; a table with more is continued in another, between its groups


def latex(table: Table, *, caption: str, label: str, beneath: Sequence[str] = ()) -> str:
    """One floating table, or several where it is long; footnotes and further lines follow in the text.

    Args:
        label: of the exhibit; the table's is ``tab:`` and that.
        beneath: plain text, one paragraph each.
    """
    place = f"tab:{label.replace('_', '-')}"
    floats = [
        line
        for number, groups in enumerate(_parts(table.groups))
        for line in _float(table, groups, caption=tex(caption), place="" if number else place)
    ]
    return "\n".join([r"% needs \usepackage{booktabs,graphicx}", *floats, *_following(table, place, beneath), ""])


def _parts(groups: Sequence[RowGroup]) -> Iterator[list[RowGroup]]:
    """Groups that fit into one float together; at least one each."""
    part: list[RowGroup] = []
    for group in groups:
        if part and sum(len(one.rows) for one in (*part, group)) > MOST_ROWS:
            yield part
            part = []
        part.append(group)
    yield part


def _float(table: Table, groups: Sequence[RowGroup], *, caption: str, place: str) -> Iterator[str]:
    """Some of the table's groups; those without a place of their own continue the float before."""
    alignment = "".join("l" if column.kind == "text" else "r" for column in (*table.stub, *table.columns))
    yield r"\begin{table}"
    yield r"\centering\small"
    if place:
        yield from (rf"\caption{{{caption}}}", rf"\label{{{place}}}")
    else:
        yield from (r"\addtocounter{table}{-1}", r"\caption{(continued)}")
    yield SHRUNK
    yield rf"\begin{{tabular}}{{{alignment}}}"
    yield r"\toprule"
    yield from _header(table)
    yield from _body(table, groups)
    yield from (r"\bottomrule", r"\end{tabular}}", r"\end{table}")


def tex(text: str) -> str:
    """Text with everything escaped that LaTeX would take for a command, and signs that its fonts lack in its own words.

    A sign without any is named by its number, as ``[U+2603]``.
    """
    return "".join(LITERAL.get(character) or _sign(character) for character in text)


def _sign(character: str) -> str:
    name = unicodedata.name(character, "")
    if character.isascii() or name.startswith("LATIN"):
        return character
    kind, *codes = unicodedata.decomposition(character).split() or [""]
    parts = "".join(chr(int(code, 16)) for code in codes).replace("−", "-").replace("⁄", "/")
    if kind in {"<super>", "<sub>"} and parts.isascii():
        return f"${'^' if kind == '<super>' else '_'}{{{parts}}}$"
    if kind == "<fraction>":
        return parts
    if name.startswith(("GREEK SMALL LETTER", "GREEK CAPITAL LETTER")) and len(name.split()) == 4:
        letter = name.split()[-1].lower()
        return rf"$\{letter.capitalize() if character.isupper() else letter}$"
    return f"[U+{ord(character):04X}]"


def _following(table: Table, place: str, beneath: Sequence[str]) -> Iterator[str]:
    """Paragraphs that name the table, since it may float away from them."""
    notes = [rf"\textsuperscript{{{note.mark}}}~{tex(note.text)}" for note in table.footnotes]
    if lines := [*notes, *map(tex, beneath)]:
        yield rf"\par{{\footnotesize\raggedright Of table~\ref{{{place}}}:\par"
        yield from (rf"\smallskip {line}\par" for line in lines)
        yield "}"


def _header(table: Table) -> Iterator[str]:
    """Spanning headings with their rules, then the columns' titles, over two lines where one has a note."""
    before = len(table.stub)
    for spans in table.spans:
        yield _line([""] * before + [rf"\multicolumn{{{s.columns}}}{{c}}{{{tex(s.text)}}}" for s in spans])
        first = before + 1
        rules = []
        for span in spans:
            rules += [rf"\cmidrule(lr){{{first}-{first + span.columns - 1}}}"] if span.text else []
            first += span.columns
        yield "".join(rules)
    columns = (*table.stub, *table.columns)
    yield _line([tex(f"{column.title} {column.arrow}".strip()) for column in columns])
    if any(column.note for column in columns):
        yield _line([rf"\footnotesize {tex(column.note)}" if column.note else "" for column in columns])


def _body(table: Table, groups: Sequence[RowGroup]) -> Iterator[str]:
    for group in groups:
        yield r"\midrule"
        for index, row in enumerate(group.rows):
            first = [tex(group.heading) if index == 0 else ""] if table.grouped else []
            yield _line([*first, *_heads(row), *map(_cell, row.cells)])
            for lines in zip_longest(*(cell.compared for cell in row.cells)):
                yield _line([""] * len(table.stub) + [_compared(line) if line else "" for line in lines])
            if any(cell.compared for cell in row.cells):
                yield r"\addlinespace"


def _line(cells: Sequence[str]) -> str:
    r"""A row; one that begins with ``[`` or ``*`` is kept from what stands before it, which would take it for its own.

    Both ``\\`` and ``\midrule`` look beyond the end of their line for an option.
    """
    line = " & ".join(cells)
    return ("{}" if line.startswith(("[", "*")) else "") + line + r" \\"


def _heads(row: Row) -> Iterator[str]:
    for index, head in enumerate(row.heads):
        text = rf"\textit{{{tex(head.text)}}}" if row.control and index == 0 else tex(head.text)
        yield f"{text}{'$^*$' if head.starred else ''}{_marks(head)}"


def _cell(cell: Cell) -> str:
    command, text = EMPHASIS.get(cell.emphasis), tex(cell.text)
    return (rf"{command}{{{text}}}" if command else text) + _marks(cell)


def _compared(line: Line) -> str:
    command, text = EMPHASIS.get(line.rank or ""), tex(line.text)
    return rf"\footnotesize {tex(line.lead)}" + (rf"{command}{{{text}}}" if command else text)


def _marks(marked: Head | Cell) -> str:
    return rf"\textsuperscript{{{','.join(marked.marks)}}}" if marked.marks else ""
