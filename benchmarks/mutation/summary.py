"""The score, and the mutants that lived."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from benchmarks.mutation.verdicts import Mutant, Verdict

EQUIVALENT = Path(__file__).with_name("equivalent.yaml")
Tried = Sequence[tuple[Mutant, Verdict | None]]


def equivalent() -> dict[tuple[str, str, str], str]:
    """Why a change of a line changes nothing that anybody could see, by file and by the line before and after."""
    entries = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or []
    return {(entry["file"], entry["before"], entry["after"]): entry["reason"] for entry in entries}


def summary(tried: Tried, *, seed: int) -> str:
    """Killed mutants in percent of those tried that aren't equivalent, then what lived, line by line."""
    known = equivalent()
    judged = [(mutant, verdict) for mutant, verdict in tried if verdict is not None]
    lived = [(mutant, verdict) for mutant, verdict in judged if verdict.outcome != "killed"]
    named = [mutant for mutant, _ in lived if (mutant.module, mutant.before, mutant.after) in known]
    killed, counted = len(judged) - len(lived), len(judged) - len(named)
    score = f" ({100 * killed / counted:.1f} %)" if counted else ""
    lines = [
        f"mutation score, seed {seed}: {killed} of {counted} killed{score}; {len(named)} more are equivalent "
        f"({EQUIVALENT.name}); {len(judged)} of {len(tried)} drawn were tried"
    ]
    for mutant, verdict in lived:
        if mutant not in named:
            what = "lived" if verdict.outcome == "survived" else "lived as long as there was time"
            lines.append(f"{mutant}\n    {what}: {len(verdict.tests)} test files passed")
    return "\n".join(lines)
