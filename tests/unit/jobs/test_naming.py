"""Which studies targets name."""

from __future__ import annotations

from pathlib import Path

import pytest

from latentdim.jobs.naming import DEFAULT, NamedStudies, studies_named, targets_in, unknown_targets


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with three studies, whose files nobody reads."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LATENTDIM_RESULTS", raising=False)
    for name in ("sound", "aside", "away"):
        folder = Path("workflow/studies") / name
        folder.mkdir(parents=True)
        (folder / "study.yaml").touch()


def test_targets_are_told_from_the_values_of_options():
    assert targets_in(["--cores", "2", "sound", "--resources", "gpu=1", "--profile", "aside"]) == ["sound"]
    assert targets_in(["-n", "sound", "reports/away/index.html"]) == ["sound", "reports/away/index.html"]
    assert targets_in(["-n", "--configfile", "sound"]) == [DEFAULT]


def test_a_study_is_named_by_itself_its_report_or_a_file_of_its_own():
    assert studies_named(["sound"]) == NamedStudies(("sound",), (), False)
    assert studies_named(["report_aside", "reports/sound@x/curve.svg"]) == NamedStudies((), ("aside", "sound@x"), False)
    assert studies_named(["results/stamps/away/0123456789ab.json"]) == NamedStudies((), ("away",), False)
    assert studies_named(["all", "sound.yaml", "reports", "results/data/sound/x.npy"]) == NamedStudies((), (), True)
    assert studies_named(["sound", "sound@x", "@x", "soun@x"]) == NamedStudies(("sound", "sound@x"), (), False)


def test_names_that_are_no_studys_are_told_with_the_nearest():
    assert unknown_targets(["sound", "all", "sound@x", "report_away", "results/x.json", "a.csv"]) == []
    assert unknown_targets(["soumd@x"])[0].startswith("target 'soumd@x': 'soumd' is not a study; did you mean 'sound'?")
