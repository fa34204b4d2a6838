"""What a study would take, and what is wrong with it, before anything runs: ``latentdim plan``, ``latentdim check``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator

from latentdim.system.counting import counted
from latentdim.system.problems import InputError


def plan(given: argparse.Namespace) -> int:
    """Print what a study's runs take by dataset, and its jobs; of one with several scales what each takes in brief."""
    from latentdim.plan.demand import as_table, demands, in_brief
    from latentdim.plan.expand import plan_study
    from latentdim.plan.scales import has_choice, scales_in_brief

    planned = plan_study(given.study, results=given.results, stand_ins=given.stand_ins)
    if given.json:
        print(json.dumps(planned.describe(), indent=1))
        return 0
    if has_choice(given.study):
        print("\n".join([planned.study.title, *scales_in_brief(given.study, given.results)]))
        return 0
    print(f"{planned.study.title}: {in_brief(planned)}")
    print("\n".join(as_table(demands(planned))))
    for pack in planned.packs.values():
        print(f"{pack.id}  {pack.minutes:6.1f} min  {pack.memory_mb} MB  {pack.title}")
    for sentence in planned.left_out:
        print(f"left out: {sentence}")
    for sentence in (*planned.undefined, *planned.downloads):
        print(f"note: {sentence}")
    return 0


def check(given: argparse.Namespace) -> int:
    """Check studies and the code that they name, with ``--data`` all that their data hold too; 2 after all is told."""
    from latentdim.claims.file import read_claims
    from latentdim.papers.mapping import checked_reference
    from latentdim.plan.code_check import checked_code
    from latentdim.plan.data_check import checked_data
    from latentdim.plan.expand import plan_study
    from latentdim.plan.preflight import refuse_hopeless
    from latentdim.study.lines import located

    refusals: dict[str, None] = {}  # what is wrong at each scale is told once
    for name in _at_each_scale(given.studies):
        try:
            planned = plan_study(name, results=given.results, stand_ins=given.stand_ins)
            checked_reference(planned)
            read_claims(planned)
            refuse_hopeless(planned)
            downloads = located(planned.path, planned.downloads)  # before they are
            notes = [*checked_code(planned), *checked_data(planned, whole=given.data)]
            print(f"{name}: {counted(planned.most_runs, 'run')}, no problems")
            for sentence in (*planned.undefined, *downloads, *notes):
                print(f"note: {sentence}")
        except InputError as error:
            refusals[error.text()] = None
    for text in refusals:
        print(text, file=sys.stderr)
    return 2 if refusals else 0


def _at_each_scale(names: Iterable[str]) -> Iterator[str]:
    """Studies at all their scales; one whose file isn't sound as it is named."""
    from latentdim.study.naming import every_scale

    for name in names:
        try:
            yield from every_scale(name)
        except InputError:
            yield name
