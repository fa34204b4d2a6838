"""Studies at a scale, as Snakemake has them: names, defaults of the profiles, places."""

from __future__ import annotations

import json
import re

SCALES = {"scale": "paper", "scales": {"reduced": {"length": 0.5}, "smoke": {"length": 0.1, "n_generated": 50}}}
GRID = [{"datasets": ["points"], "methods": {"vae": {}}, "dims": [2]}]


def test_the_local_profile_reduces_and_paper_has_to_be_asked_for(project) -> None:
    project.study("printed", grid=GRID, **SCALES)
    printed = project.snakemake("printed")
    assert "of 1 runs; see reports/printed@reduced/index.html" in printed
    again = project.snakemake("printed@smoke", "printed@reduced", "reports/printed@reduced/long.csv")
    assert re.search(r"^bring_up_to_date +1$", again, re.MULTILINE)  # of the other scale

    reports = {path.name for path in (project.root / "reports").iterdir() if path.is_dir()}
    assert reports == {"printed@reduced", "printed@smoke"}
    for scale in ("reduced", "smoke"):
        name = f"printed@{scale}"
        summary = json.loads((project.root / "reports" / name / "summary.json").read_text())
        assert (summary["study"], summary["scale"], summary["done"]) == (name, scale, 1)
        assert f"at {scale} scale" in (project.root / "reports" / name / "index.html").read_text()
        assert list((project.root / "results" / "stamps" / name).glob("*.json"))
        assert list((project.root / "results" / "logs" / name).glob("*.log"))
    assert len(project.journals()) == 2  # a training of three steps and one of one

    assert "printed" in project.snakemake("printed", "-n", "--config", "scale=paper")
    refused = project.snakemake("printed", "-n", "--config", "scale=redued", code=2)
    assert "'redued' is not a scale of 'printed'; did you mean 'reduced'?" in refused
    assert "report_printed " in project.snakemake("printed", "-n", profile="slurm")


def test_stand_ins_are_asked_for_by_a_switch_and_keep_their_own_name(project) -> None:
    levels = {"shape": 2, "scale": 1, "orientation": 6, "position_x": 6, "position_y": 6}
    scales = {"smoke": {"datasets": {"dsprites_rendered": {"levels": levels}}}}
    grid = [{"datasets": ["dsprites"], "methods": {"pca": {}}, "dims": [2]}]
    project.study("factors", grid=grid, scale="paper", scales=scales)

    printed = project.snakemake("factors@smoke", "--config", "stand_ins=true")

    assert "of 1 runs; see reports/factors@smoke/index.html" in printed
    folder = project.root / "reports" / "factors@smoke"
    assert "_rendered' stands in for 'dsprites'." in (folder / "index.md").read_text()
    (run,) = (project.root / "results" / "runs").iterdir()
    assert run.name == "dsprites_rendered"
    assert ",dsprites," not in (folder / "long.csv").read_text()
