"""The shipped references: every row maps to its study's grid, and each table has the numbers that the paper prints.

``printed.json`` has for each table how many numbers it prints, and the first digits of the SHA-256 of the sorted lines
``mean ± std``; it was made from a transcription of its own.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from latentdim.papers.mapping import checked_reference
from latentdim.papers.reference import read_reference
from latentdim.plan.expand import plan_study
from latentdim.study.naming import STUDIES

REFERENCES = sorted(STUDIES.glob("*/reference.csv"))
PRINTED = json.loads(Path(__file__).with_name("printed.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.parent.name)
def test_every_row_maps_to_its_studys_grid(path: Path, tmp_path: Path) -> None:
    plan = plan_study(path.parent.name, results=tmp_path)
    assert len(checked_reference(plan)) == len(read_reference(path)) > 0


@pytest.mark.parametrize("path", REFERENCES, ids=lambda path: path.parent.name)
def test_each_table_has_the_numbers_that_the_paper_prints(path: Path) -> None:
    lines: dict[str, list[str]] = {}
    for row in read_reference(path):
        lines.setdefault(row.table, []).append(f"{row.mean.replace(',', '').replace('−', '-')} ± {row.std}")
    for table, printed in PRINTED.get(path.parent.name, {}).items():
        digest = hashlib.sha256("\n".join(sorted(lines[table])).encode()).hexdigest()[:16]
        assert (table, len(lines[table]), digest) == (table, printed["numbers"], printed["sha256"])
