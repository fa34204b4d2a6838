"""A method is one folder: the README's example and the template work as they stand, up to their row in a table."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import methods
from latentdim import registry
from latentdim.cli.main import main
from latentdim.conformance.methods import problems_of

ROOT = Path(__file__).parents[2]
STUDY = """
title: One more method
protocol: {training: {steps: 20, batch_size: 16, network: {hidden: [16]}}}
metrics: [mse_per_pixel, active]
grid: [{datasets: [digits], methods: {vae: {}, NAME: {}}, dims: [3]}]
exhibits: [{kind: results, name: results}]
"""


def readme_method(into: Path) -> None:
    """Write the files that the README shows, each under the path named just before its code."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"`methods/(warm_vae/\w+\.py)`[^\n]*\n\n```python\n(.*?)```", text, flags=re.DOTALL)
    assert [path for path, _ in blocks] == ["warm_vae/__init__.py", "warm_vae/runner.py"]
    lines = [line for _, code in blocks for line in code.splitlines() if line.strip()]
    assert len(lines) <= 40
    for path, code in blocks:
        (into / path).parent.mkdir(parents=True, exist_ok=True)
        (into / path).write_text(code, encoding="utf-8")


@pytest.fixture
def methods_folder(tmp_path: Path) -> Iterator[Path]:
    """A further folder of methods, found by the registry as long as the test lasts."""
    methods.__path__.append(str(tmp_path))
    registry.methods.cache_clear()
    yield tmp_path
    methods.__path__.remove(str(tmp_path))
    registry.methods.cache_clear()
    for name in [name for name in sys.modules if name.startswith(("methods.warm_vae", "methods.brand_new"))]:
        del sys.modules[name]


def test_the_readmes_method_conforms(methods_folder: Path) -> None:
    readme_method(methods_folder)
    assert problems_of(registry.methods().get("warm_vae")) == []


def test_the_template_conforms_as_written(methods_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-method", "brand_new", "--into", str(methods_folder)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    registry.methods.cache_clear()
    assert problems_of(registry.methods().get("brand_new")) == []
    assert main(["new-method", "brand_new", "--into", str(methods_folder)]) == 2
    assert main(["new-method", "Brand-New", "--into", str(methods_folder)]) == 2
    for word in ("class", "match", "print"):
        assert main(["new-method", word, "--into", str(methods_folder)]) == 2
        assert f"'{word}': is a word of Python's own; choose another name" in capsys.readouterr().err


def test_a_method_added_to_a_copy_of_the_repository_has_its_row_in_the_table(project) -> None:
    folder = project.root / "workflow" / "studies" / "more"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(STUDY.replace("NAME", "brand_new"))

    def latentdim(*arguments: str) -> None:
        command = [sys.executable, "-m", "latentdim", *arguments]
        done = subprocess.run(
            command, cwd=project.root, env=project.environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    latentdim("new-method", "brand_new")
    latentdim("run", "more", "--device", "cpu")
    latentdim("report", "more")
    table = (project.root / "reports" / "more" / "results.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 2  # a heading, a rule, and the two methods
    assert any("Brand new" in row for row in rows)
