"""The page of methods: as committed, and what it says of printed rows is what a study would be told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from latentdim import registry
from latentdim.cli.main import main
from latentdim.report.index import METHODS
from latentdim.report.methods_page import methods_page
from latentdim.report.printed import Printed, obstacles, printed_rows, spec_of

PAGE = Path(__file__).resolve().parents[3] / "reports" / METHODS
ROWS = printed_rows()
ROW = Printed(
    paper="A paper", row="VAE", method="vae", config={}, dataset="mnist", dataset_options={}, network="mlp",
    training={}, dims=(8,), places=("T1",), values=1, remark="",
)  # fmt: skip


def test_the_committed_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == methods_page(), "write it anew with `latentdim methods`"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.paper}-{row.row}-{row.dataset}-{row.network}")
def test_a_printed_row_can_be_run_as_soon_as_its_method_is_here(row: Printed) -> None:
    assert spec_of(row.dataset, row.dataset_options) is not None
    assert row.network in registry.networks() or row.network in registry.presets()
    lacks = [] if row.method in registry.methods() else [f"`{row.method}` isn't here yet"]
    assert obstacles(row) == lacks


def test_no_row_is_listed_twice() -> None:
    assert max(Counter((row.paper, row.row, row.dataset, row.network) for row in ROWS).values()) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"method": "vea"}, "`vea` isn't here yet"),
        ({"dataset": "mnist_of_mine"}, "the dataset `mnist_of_mine` isn't here yet"),
        ({"network": "mpl"}, "training.network.name = 'mpl': not a network; did you mean 'mlp'?"),
        ({"config": {"bta": 1}}, "bta: unknown key; did you mean 'beta'?"),
        ({"network": "ard_celeba"}, "decoder_side = 8 makes 64×64 images, but they are 28×28"),
        ({"training": {"likelihood": "bernoulli"}}, "likelihood 'bernoulli' needs network.output 'sigmoid'"),
        ({"method": "oracle"}, "needs a dataset with known factors; 'mnist' has none"),
        ({"method": "ae", "training": {"decoder_variance": "learned"}}, "has no variance to learn"),
        ({"dims": (785,)}, "'vae' takes at most the 784 input values of 'mnist'"),
    ],
)
def test_what_stands_against_a_row_is_told(change: dict[str, Any], told: str) -> None:
    assert obstacles(ROW) == []
    reasons = obstacles(replace(ROW, **change))
    assert any(told in reason for reason in reasons), reasons


def test_options_of_a_dataset_count() -> None:
    clips = replace(ROW, dataset="sprites", dataset_options={"form": "clips"}, network="ald_sprites")
    assert obstacles(clips) == []
    assert obstacles(replace(clips, dataset_options={})) != []


def test_the_page_tells_of_every_method_dataset_and_network() -> None:
    text = methods_page()
    for method in registry.methods():
        assert f"(`{method.name}`" in text
        assert method.active.replace("|", "\\|") in text
    for name in (*registry.networks().names(), *registry.presets()):
        assert f"\n| `{name}` |" in text
    for kind in registry.datasets():
        assert not kind.pattern or f"`{kind.pattern.partition('_(')[0].partition('(')[0]}" in text


def test_a_methods_networks_are_told_with_the_reason() -> None:
    lines = {line.split("`")[1]: line for line in methods_page().splitlines() if line.startswith("| ") and "`" in line}
    assert "| any |" in lines["vae"]
    assert "| needs none |" in lines["pca"]
    assert "`infogan`" in lines["least_volume"]
    assert "needs a decoder whose Lipschitz constant is bounded" in lines["least_volume"]
    assert "`mlp`" not in lines["least_volume"].partition("not ")[2]


def test_the_command_writes_the_page_and_links_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods", "--reports", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / METHODS)
    assert (tmp_path / METHODS).read_text(encoding="utf-8") == methods_page()
    assert f'href="{METHODS}"' in (tmp_path / "index.html").read_text(encoding="utf-8")
