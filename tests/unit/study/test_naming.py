"""How studies and their scales are named."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from latentdim.study.file import read_study
from latentdim.study.naming import at_scale, every_scale, file_and_scale, full_name, scale_of, study_names
from latentdim.system.problems import InputError

STUDY = {
    "title": "A paper", "scale": "paper", "scales": {"reduced": {"length": 0.1}, "smoke": {"seeds": 1}},
    "protocol": {"training": {"epochs": 10}}, "metrics": ["active"],
    "grid": [{"datasets": ["digits"], "methods": {"vae": {}}, "dims": [2], "seeds": 5}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a paper's study, and one without other scales."""
    monkeypatch.chdir(tmp_path)
    plain = {key: value for key, value in STUDY.items() if key not in {"scale", "scales"}}
    for name, content in {"printed": STUDY, "plain": plain}.items():
        path = Path("workflow/studies") / name / "study.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(yaml.safe_dump(content))


def test_a_scale_stands_behind_a_name_or_a_path() -> None:
    path = Path("workflow/studies/printed/study.yaml")
    for name in ("printed", "workflow/studies/printed", str(path)):
        assert file_and_scale(name) == (path, "")
        assert file_and_scale(f"{name}@reduced") == (path, "reduced")
    assert study_names() == ["plain", "printed"]
    with pytest.raises(InputError, match="'primted' is not a study; did you mean 'printed'"):
        file_and_scale("primted@reduced")


def test_a_folder_with_an_at_in_its_name_is_no_scale() -> None:
    folder = Path("printed@home")
    folder.mkdir()
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY))
    assert file_and_scale("printed@home") == (folder / "study.yaml", "")
    assert file_and_scale("printed@home@smoke") == (folder / "study.yaml", "smoke")


def test_the_files_own_scale_adds_nothing_to_the_name() -> None:
    path = Path("workflow/studies/printed/study.yaml")
    study = read_study(path)
    assert [scale_of(study, word) for word in ("", "paper", "smoke")] == ["paper", "paper", "smoke"]
    assert [full_name(path, study, scale) for scale in ("paper", "smoke")] == ["printed", "printed@smoke"]
    with pytest.raises(InputError, match="'smok' is not a scale of 'A paper'; did you mean 'smoke'"):
        scale_of(study, "smok")


def test_a_scale_is_named_behind_those_that_have_it() -> None:
    assert at_scale(["printed", "plain", "printed@smoke"], "paper") == ["printed@paper", "plain", "printed@smoke"]
    assert at_scale(["printed", "plain"], "reduced") == ["printed@reduced", "plain@reduced"]  # plain's own is reduced
    assert at_scale(["printed"], None) == ["printed"]
    assert at_scale(["plain@reduced"], "smoke") == ["plain@reduced"]
    with pytest.raises(InputError, match="'paper' is not a scale of 'plain'"):
        at_scale(["plain"], "paper")


def test_every_scale_of_a_study_has_a_name() -> None:
    assert every_scale("printed") == ["printed", "printed@reduced", "printed@smoke"]
    assert every_scale("printed@smoke") == ["printed@smoke"]
    assert every_scale("plain") == ["plain"]


def test_a_study_at_a_scale_says_so_and_has_its_seeds() -> None:
    study = read_study(Path("workflow/studies/printed/study.yaml"))
    assert study.at("paper") is study
    smoke = study.at("smoke")
    assert (smoke.scale, smoke.grid[0].seed_list) == ("smoke", (0,))
    assert study.at("reduced").grid[0].seed_list == (0, 1, 2, 3, 4)
