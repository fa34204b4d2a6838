"""The claims that are shipped name what their studies' grids have, at every scale."""

from pathlib import Path

import pytest

from latentdim.claims.file import read_claims
from latentdim.plan.expand import plan_study

STUDIES = Path(__file__).parents[3] / "workflow" / "studies"
SHIPPED = sorted(path.parent.name for path in STUDIES.glob("*/claims.yaml"))


@pytest.mark.parametrize("scale", ["paper", "reduced", "smoke"])
@pytest.mark.parametrize("study", SHIPPED)
def test_shipped_claims_are_in_order(study, scale, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(STUDIES.parents[1])
    plan = plan_study(study if scale == "paper" else f"{study}@{scale}", results=tmp_path)
    assert read_claims(plan)


def test_every_paper_has_its_claims() -> None:
    assert {"ald_vae", "ard_vae", "lmgae", "maskaae", "vae_ae"} <= set(SHIPPED)
