"""The page of study files: as committed, whole, and its examples are taken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from latentdim import registry
from latentdim.claims.file import Entry
from latentdim.claims.kinds import KINDS
from latentdim.cli.main import main
from latentdim.registry.declarations import DatasetOptions
from latentdim.report.study_files_page import NAME, study_files_page
from latentdim.study.example import EXAMPLE
from latentdim.study.file import validated
from latentdim.study.protocol import BASE, Training, merged

PAGE = Path(__file__).resolve().parents[3] / "reports" / NAME
EXAMPLES = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", study_files_page(), flags=re.DOTALL)]


def test_the_committed_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == study_files_page(), "write it anew with `latentdim reference`"


def test_the_readme_shows_the_study_that_new_study_writes() -> None:
    assert EXAMPLE.format(title="Mine") in (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")


def test_every_registered_name_has_its_section_or_place() -> None:
    text = study_files_page()
    for noun in ("network", "dataset", "method", "exhibit"):
        for one in getattr(registry, f"{noun}s")():
            assert f"\n## {noun} {one.name}\n" in text
    assert all(f"`{name}`" in text for name in registry.metrics().names())


def test_every_kind_of_claim_has_its_section_and_the_example_is_one() -> None:
    assert all(f"\n## check {kind}\n" in study_files_page() for kind in KINDS)
    ((claim,),) = (example for example in EXAMPLES if isinstance(example, list))
    entry = validated(Entry, claim, title="claims.yaml")
    kind = KINDS[entry.check["kind"]]
    validated(kind, {key: value for key, value in entry.check.items() if key != "kind"}, title="claims.yaml")


@pytest.mark.parametrize("example", [one for one in EXAMPLES[1:] if isinstance(one, dict)], ids=str)
def test_an_example_is_taken(example) -> None:
    ((key, content),) = example.items()
    if key == "protocol":
        Training.model_validate(merged(BASE, content)["training"] | {"steps": 1}, strict=False)
    elif key == "methods":
        ((name, settings),) = content.items()
        registry.methods().get(name).config.model_validate(settings, strict=False)
    else:
        block = content["mine"] if key == "datasets" else content[0]
        kind = block.pop("kind")
        options = block if key == "datasets" else block.get("options", {})
        declared = registry.datasets() if key == "datasets" else registry.exhibits()
        made = declared.get(kind).options.model_validate(options, strict=False)
        assert isinstance(made, DatasetOptions) is (key == "datasets")


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    assert main(["reference", "--reports", str(tmp_path)]) == 0
    assert (tmp_path / NAME).read_text(encoding="utf-8") == study_files_page()
