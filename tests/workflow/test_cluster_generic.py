"""The example profile for any other cluster, tried with a real one: Slurm by its commands alone."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.slurm
PLUGIN = find_spec("snakemake_executor_plugin_cluster_generic")


@pytest.mark.skipif(PLUGIN is None, reason="snakemake-executor-plugin-cluster-generic isn't installed here")
def test_the_example_profile_submits_waits_and_has_nothing_to_do_afterwards(project, slurm):
    project.study("elsewhere")
    profile, installed = "workflow/profiles/cluster-generic", (Path(PLUGIN.origin).parents[1],)
    options = ["--set-resources", "bring_up_to_date:gpu=1"]
    printed = project.snakemake("elsewhere", *options, profile=profile, first=installed)
    assert "elsewhere: 2 ok of 2 runs" in printed
    journals = project.journals()
    assert [[line["event"] for line in journal] for journal in journals] == [["start", "end"]] * 2
    assert all(journal[0]["job"] and journal[0]["gpu"] in {"0", "1"} for journal in journals)
    assert "Nothing to be done" in project.snakemake("elsewhere", profile=profile, first=installed)
