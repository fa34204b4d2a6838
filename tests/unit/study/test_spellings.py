"""Keys that were spelt otherwise are read for one version, with a line that says what to write."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from latentdim.plan.expand import plan_study
from latentdim.study.spellings import Former, renewed

RENAMED = (Former("training.optimizer", "lr", now="learning_rate"),)
STUDY = """\
title: A study
protocol:
  training:
    steps: 10
    batch_size: 16
    ensemble: {value}
metrics: [mse_per_pixel]
grid:
  - datasets: [digits]
    methods: {{vae: {{}}}}
    dims: [2]
    protocol: {{training: {{ensemble: {value}}}}}
"""


def test_a_renamed_key_takes_its_new_name_wherever_a_protocol_stands() -> None:
    training = {"training": {"optimizer": {"lr": 0.5, "beta1": 0.0}}}
    raw: dict[str, Any] = {"protocol": yaml.safe_load(yaml.safe_dump(training)), "grid": [{}, {"protocol": training}]}
    assert renewed(raw, RENAMED) == [
        "protocol.training.optimizer.lr: is 'learning_rate' now; rename it. The next version refuses it",
        "grid.1.protocol.training.optimizer.lr: is 'learning_rate' now; rename it. The next version refuses it",
    ]
    assert raw["protocol"] == {"training": {"optimizer": {"beta1": 0.0, "learning_rate": 0.5}}}
    assert raw["grid"][1]["protocol"] == raw["protocol"]
    assert renewed(raw, RENAMED) == []


@pytest.mark.parametrize("raw", [{}, {"protocol": None, "grid": 3}, {"protocol": {"training": 1}, "grid": [4, None]}])
def test_a_file_of_another_form_is_left_to_its_own_refusal(raw: dict[str, Any]) -> None:
    before = yaml.safe_dump(raw)
    assert renewed(raw, RENAMED) == []
    assert yaml.safe_dump(raw) == before


def test_a_key_given_in_both_spellings_is_refused_as_unknown() -> None:
    raw = {"protocol": {"training": {"optimizer": {"lr": 0.5, "learning_rate": 0.1}}}}
    assert renewed(raw, RENAMED) == []
    assert raw["protocol"]["training"]["optimizer"] == {"lr": 0.5, "learning_rate": 0.1}


def test_a_key_that_is_gone_costs_a_line_and_no_number(tmp_path, capsys) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    text = STUDY.format(value="false")
    old.write_text(text)
    new.write_text("".join(line for line in text.splitlines(True) if "ensemble" not in line))
    assert [run.path for run in plan_study(str(old)).runs] == [run.path for run in plan_study(str(new)).runs]
    gone = "could only be false and is gone; leave it out. The next version refuses it"
    assert capsys.readouterr().err.splitlines() == [
        f"note: {old}: line 6: protocol.training.ensemble: {gone}",
        f"note: {old}: line 12: grid.0.protocol.training.ensemble: {gone}",
    ]


def test_a_value_that_it_never_took_is_refused(refused) -> None:
    training = {"steps": 10, "batch_size": 16, "ensemble": True}
    assert "protocol.training.ensemble: unknown key" in refused({"protocol": {"training": training}})


BEFORE = {  # as the version before wrote it; the same study now
    "title": "A study",
    "protocol": {
        "training": {"epochs": 2, "batch_size": 16},
        "evaluation": {
            "inactive": "rest", "distribution": {"features": "domain"}, "evaluate_every": 1,
            "checkpoint": "best(frechet_domain)",
        },
    },
    "metrics": ["improved_precision", {"name": "frechet_domain_reconstruction", "axes": "active"}],
    "grid": [
        {"datasets": ["digits"], "methods": {"vae": {}}, "dims": [2], "metrics": ["frechet_domain"]},
        {"datasets": ["digits"], "methods": {"vae": {"beta": 2.0}}, "dims": [2], "label": "β = 2",
         "protocol": {"evaluation": {"inactive": "posterior"}}},
    ],
    "exhibits": [
        {"kind": "results", "name": "r", "title": "frechet_domain",
         "options": {"metrics": ["frechet_domain"], "decimals": {"frechet_domain": 2}}},
        {"kind": "traversal", "name": "t", "options": {"base": "rest"}},
        {"kind": "curve", "name": "c",
         "options": {"left": {"metric": "frechet_domain", "curves": [{"label": "frechet_domain"}]}}},
    ],
}  # fmt: skip


def test_values_and_metrics_that_were_renamed_take_their_present_name_everywhere() -> None:
    raw: dict[str, Any] = yaml.safe_load(yaml.safe_dump(BEFORE))
    sentences = renewed(raw)
    assert raw["protocol"]["evaluation"] == {
        "inactive": "inactive_value", "distribution": {"features": "classifier"}, "evaluate_every": 1,
        "checkpoint": "best(frechet_classifier)",
    }  # fmt: skip
    assert raw["metrics"][1] == {"name": "frechet_classifier_reconstruction", "axes": "active"}
    assert raw["grid"][0]["metrics"] == ["frechet_classifier"]
    results, traversal, curve = raw["exhibits"]
    assert results["options"] == {"metrics": ["frechet_classifier"], "decimals": {"frechet_classifier": 2}}
    assert traversal["options"] == {"base": "inactive_value"}
    assert curve["options"]["left"]["metric"] == "frechet_classifier"
    assert (results["title"], curve["options"]["left"]["curves"][0]["label"]) == ("frechet_domain", "frechet_domain")
    assert "protocol.evaluation.inactive: 'rest' is 'inactive_value' now; write that. The next version refuses it" in (
        sentences
    )
    assert {sentence.partition(":")[0] for sentence in sentences} == {
        "protocol.evaluation.inactive", "protocol.evaluation.distribution.features", "protocol.evaluation.checkpoint",
        "metrics.1.name", "grid.0.metrics.0", "exhibits.0.options.metrics.0",
        "exhibits.0.options.decimals.frechet_domain", "exhibits.1.options.base", "exhibits.2.options.left.metric",
    }  # fmt: skip
    assert renewed(raw) == []


def test_a_study_in_former_words_plans_the_same_runs_and_metrics(tmp_path, capsys) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    before = {key: value for key, value in BEFORE.items() if key != "exhibits"}
    now = yaml.safe_load(yaml.safe_dump(before))
    renewed(now)
    old.write_text(yaml.safe_dump(before))
    new.write_text(yaml.safe_dump(now))
    plans = [plan_study(str(path)) for path in (old, new)]
    first, second = ([(run.path, [one.file for one in run.cell.metrics]) for run in plan.runs] for plan in plans)
    assert first == second
    notes = capsys.readouterr().err.splitlines()
    assert len(notes) == 5
    assert all(note.startswith(f"note: {old}: line ") for note in notes)
