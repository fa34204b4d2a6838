"""The page's script in a browser: it sorts and filters rows, shows details, and leaves no error behind."""

import re
import shutil
import subprocess

import pytest

from latentdim.report.rendering import HERE
from latentdim.tables.html import html
from latentdim.tables.model import Absence, Cell, Column, Head, Row, RowGroup, Table, Value

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = """
const order = () => [...document.querySelectorAll("tbody tr")].filter((row) => !row.hidden)
  .map((row) => row.cells[0].textContent.trim()).join(" ");
const told = [order()];
const button = document.querySelectorAll("thead button")[1];
for (let click = 0; click < 3; click += 1) { button.click(); told.push(order()); }
const field = document.querySelector(".filter input");
field.value = "r1";
field.dispatchEvent(new Event("input"));
told.push(order());
const cell = document.querySelector("[data-detail]");
cell.dispatchEvent(new Event("pointerover", { bubbles: true }));
told.push(document.querySelector(".tip").textContent);
document.title = told.join(" | ");
"""


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
def test_rows_are_sorted_filtered_and_explained(tmp_path) -> None:
    numbers = [10.0, 9.0, None, 100.0, -1.0, 0.5, 2.0, 3.0]
    rows = []
    for index, number in enumerate(numbers):
        cell = Cell(instead=Absence.NOT_ASKED) if number is None else Cell(Value(number, f"{number:g}"), detail="more")
        rows.append(Row((Head(f"r{index}"),), (cell,)))
    table = Table((Column("row", kind="text"),), (Column("value"),), (RowGroup("", tuple(rows)),))
    script = (HERE / "page.js").read_text(encoding="utf-8")
    caught = "<script>window.onerror = (message) => { document.title = `error: ${message}`; };</script>"
    page = f"<!doctype html><meta charset=utf-8>{caught}{html(table)}<script>{script}</script><script>{DRIVER}</script>"
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
    ]
    command = [str(BROWSER), *options, (tmp_path / "page.html").as_uri()]
    made = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    told = re.search("<title>(.*?)</title>", made.stdout)
    assert told is not None
    assert told[1].split(" | ") == [
        "r0 r1 r2 r3 r4 r5 r6 r7",
        "r4 r5 r6 r7 r1 r0 r3 r2",  # what has no value comes last
        "r3 r0 r1 r7 r6 r5 r4 r2",
        "r0 r1 r2 r3 r4 r5 r6 r7",
        "r1",
        "more",
    ]
