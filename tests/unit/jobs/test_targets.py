"""What snakemake's command line asks for, and what the rules ask of a plan."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from latentdim.jobs.naming import DEFAULT
from latentdim.jobs.targets import Targets
from latentdim.plan.report_files import LONG_AGO

HERE = {
    "grid": [{"datasets": ["digits"], "methods": {"pca": {}}, "dims": [2, 4], "seeds": 3}],
    "exhibits": [{"kind": "samples", "name": "samples"}],
}
AWAY = {
    "datasets": {"mine": {"kind": "npy", "path": "nowhere.npy"}},
    "grid": [{"datasets": ["digits", "mine"], "methods": {"pca": {}}, "dims": [2], "seeds": 1}],
}
WRONG = {"grid": [{"datasets": ["digit"], "methods": {"pca": {}}, "dims": [2], "seeds": 1}]}


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with four studies: sound, aside (not in `all`), away (data missing) and quickstart."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LATENTDIM_RESULTS", raising=False)
    for name, content in {"sound": HERE, "aside": HERE | {"in_all": False}, "away": AWAY, DEFAULT: HERE}.items():
        write(name, content)
    return tmp_path


def write(name: str, content: dict[str, object]) -> None:
    """A study file."""
    folder = Path("workflow/studies") / name
    folder.mkdir(parents=True, exist_ok=True)
    study = {"title": name, "protocol": {"training": {"steps": 5}}, "metrics": ["mse_per_pixel"]} | content
    (folder / "study.yaml").write_text(yaml.safe_dump(study))


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The sentences with which a command line is refused, with exit code 2."""
    with pytest.raises(SystemExit) as ended:
        Targets.asked_for(arguments, main_process=True)
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_only_what_is_asked_for_is_planned_and_its_plan_saved():
    found = Targets.asked_for(["sound"], main_process=True)

    assert list(found.plans) == ["sound"]
    assert sorted(path.name for path in Path("results/plans").iterdir()) == ["sound.jobs.json", "sound.json"]


def test_a_plan_that_did_not_change_is_not_written_again():
    Targets.asked_for(["sound"], main_process=True)
    first = Path("results/plans/sound.json").stat().st_mtime_ns
    Targets.asked_for(["sound"], main_process=True)
    assert Path("results/plans/sound.json").stat().st_mtime_ns == first
    write("sound", HERE | {"metrics": ["mse_per_pixel", "active"]})
    Targets.asked_for(["sound"], main_process=True)
    assert Path("results/plans/sound.json").stat().st_mtime_ns > first


def test_without_a_target_the_default_study_is_planned():
    assert list(Targets.asked_for(["-n"], main_process=True).plans) == [DEFAULT]


def test_all_leaves_out_what_is_not_for_it_and_data_that_are_not_there(capsys):
    found = Targets.asked_for(["all"], main_process=True)

    assert sorted(found.plans) == ["away", DEFAULT, "sound"]
    assert {pack.dataset.name for pack in found.plans["away"].packs.values()} == {"digits"}
    assert "away: left out: dataset 'mine'" in capsys.readouterr().err


def test_missing_data_refuse_a_target_that_names_the_study_also_beside_all(capsys):
    assert "nowhere.npy" in refusal(capsys, "away")
    assert "nowhere.npy" in refusal(capsys, "all", "away")
    assert "nowhere.npy" in refusal(capsys, "reports/away/index.html")


SCALES = {"scale": "paper", "scales": {"reduced": {"length": 0.5}, "smoke": {"seeds": 1}}}


def test_a_scale_is_a_targets_own_or_else_the_invocations():
    write("printed", HERE | SCALES)

    def names(*targets: str, **config: str) -> dict[str, str]:
        found = Targets.asked_for(targets, main_process=True, config=config)
        return {word: plan.name for word, plan in found.words.items()}

    assert names("printed", "sound", scale="reduced") == {"printed": "printed@reduced", "sound": "sound"}
    assert names("printed", scale="paper") == {"printed": "printed"}
    assert names("printed@smoke", "printed", scale="paper") == {"printed": "printed", "printed@smoke": "printed@smoke"}
    assert names("printed@smoke") == {"printed@smoke": "printed@smoke"}
    assert names("all", scale="smoke")["printed"] == "printed@smoke"
    assert names("all", scale="smoke")["sound"] == "sound"  # it has no other scale
    files = Targets.asked_for(["reports/printed/index.html", "report_printed@smoke"], main_process=True)
    assert (files.words, sorted(files.plans)) == ({}, ["printed", "printed@smoke"])
    assert Path("results/plans/printed@smoke.jobs.json").exists()


def test_a_choice_of_scales_is_told_with_what_each_takes(capsys):
    write("printed", HERE | SCALES)

    for target in ("printed", "all"):
        said = refusal(capsys, target)
        assert "it has several scales; name one of them:\n    printed@paper: 6 runs in 1 job, about 0.0" in said
        assert "printed@smoke: 2 runs in 1 job" in said
    assert "'smok' is not a scale of 'printed'; did you mean 'smoke'?" in refusal(capsys, "printed@smok")
    with pytest.raises(SystemExit):
        Targets.asked_for(["printed"], main_process=True, config={"scale": "redued"})
    assert "'redued' is not a scale of 'printed'; did you mean 'reduced'?" in capsys.readouterr().err


def test_settings_decide_whether_missing_data_refuse(capsys):
    for given, config in ((["all"], {"strict": "true"}), (["away"], {"strict": True})):
        with pytest.raises(SystemExit):
            Targets.asked_for(given, main_process=True, config=config)
        assert "nowhere.npy" in capsys.readouterr().err
    found = Targets.asked_for(["away"], main_process=True, config={"leave_out_missing": "true"})
    assert {pack.dataset.name for pack in found.plans["away"].packs.values()} == {"digits"}
    assert "away: left out: dataset 'mine'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"strict": "yess"}, "strict = 'yess': should be true or false"),
        ({"strict": "yes", "leave_out_missing": 1}, "strict and leave_out_missing exclude each other"),
    ],
)
def test_settings_that_mean_nothing_are_refused(capsys, config: dict[str, object], told: str):
    with pytest.raises(SystemExit):
        Targets.asked_for(["sound"], main_process=True, config=config)
    assert told in capsys.readouterr().err


def test_an_unknown_setting_is_refused(capsys):
    with pytest.raises(SystemExit):
        Targets.asked_for(["sound"], main_process=True, config={"scales": "paper"})
    assert "--config has 1 problem:\n  scales: unknown key" in capsys.readouterr().err


def test_a_job_of_a_scale_asks_for_what_its_study_at_that_scale_does():
    write("printed", HERE | SCALES)
    (plan,) = Targets.asked_for(["printed"], main_process=True, config={"scale": "smoke"}).plans.values()
    this = SimpleNamespace(study="printed@smoke", pack=next(iter(plan.packs)))
    assert Targets.asked_for([], main_process=False).title(this).startswith("2 runs, digits pca")
    Path("results/plans/printed@smoke.jobs.json").unlink()
    assert Targets.asked_for([], main_process=False).title(this).startswith("2 runs, digits pca")


def test_a_broken_study_refuses_itself_and_all_but_no_other(capsys):
    write("wrong", WRONG)

    assert "did you mean 'digits'?" in refusal(capsys, "wrong")
    assert "did you mean 'digits'?" in refusal(capsys, "all")
    assert list(Targets.asked_for(["sound"], main_process=True).plans) == ["sound"]


def test_unknown_targets_are_refused_together_with_the_nearest_names(capsys):
    said = refusal(capsys, "soumd", "reports/awai/index.html", "reports/sound/idex.html")

    assert "target 'soumd': 'soumd' is not a study; did you mean 'sound'?" in said
    assert "target 'reports/awai/index.html': 'awai' is not a study; did you mean 'away'?" in said
    assert "did you mean 'reports/sound/index.html'?" in said


def test_a_results_folder_that_cannot_be_written_is_refused(capsys):
    Path("results").write_text("in the way")
    assert "results folder 'results': can't be written" in refusal(capsys, "sound")


def test_a_file_in_the_place_of_the_reports_is_refused(capsys):
    Path("reports").write_text("in the way")
    assert "reports folder 'reports': can't be written (it is not a folder)" in refusal(capsys, "sound")


def test_a_job_plans_nothing_until_its_rule_asks_and_then_one_study():
    write("wrong", WRONG)
    pack = next(iter(Targets.asked_for(["sound"], main_process=True).plans["sound"].packs))
    job = Targets.asked_for(
        ["--mode", "remote", "--target-jobs", f"bring_up_to_date:study=sound,pack={pack}"], main_process=False
    )

    assert not job.plans
    this = SimpleNamespace(study="sound", pack=pack)
    assert job.title(this).startswith("6 runs, digits pca")
    assert (job.threads(this), job.gpus(this), job.minutes(this, 2)) == (1, 1, 20)
    assert Path(job.data_stamp(this)).name.startswith("digits-")
    assert not job._others  # all of it was written down
    Path("results/plans/sound.jobs.json").unlink()
    again = Targets.asked_for([], main_process=False)
    assert again.title(this) == job.title(this)
    assert list(again._others) == ["sound"]


def test_a_pack_that_is_gone_is_told_in_a_sentence(capsys):
    with pytest.raises(SystemExit) as ended:
        Targets.asked_for(["sound"], main_process=True).title(SimpleNamespace(study="sound", pack="0" * 12))
    assert ended.value.code == 2
    assert "its study file or its data changed" in capsys.readouterr().err


def test_a_job_finds_a_study_that_says_how_to_prepare_a_dataset_beside_broken_ones():
    write("a_wrong", WRONG)
    stamp = Targets.asked_for(["sound"], main_process=True).plans["sound"].datasets["digits"].stamp(Path("results"))
    identity = stamp.stem.removeprefix("digits-")
    job = Targets.asked_for([], main_process=False)

    assert job.study_preparing(SimpleNamespace(dataset="digits", identity=identity)) in {
        "sound",
        "aside",
        "away",
        DEFAULT,
    }
    with pytest.raises(SystemExit):
        job.study_preparing(SimpleNamespace(dataset="digits", identity="0" * 12))


def test_time_doubles_and_memory_grows_with_each_attempt():
    found = Targets.asked_for(["sound"], main_process=True)
    pack = next(iter(found.plans["sound"].packs.values()))
    job = SimpleNamespace(study="sound", pack=pack.id)

    assert [found.minutes(job, attempt) for attempt in (1, 2, 3)] == [10, 20, 40]
    assert [found.memory_mb(job, attempt) for attempt in (1, 2)] == [pack.memory_mb, 2 * pack.memory_mb]
    assert found.gpus(job) == 1
    write("sound", HERE | {"execution": {"device": "cpu"}})
    assert Targets.asked_for(["sound"], main_process=True).gpus(job) == 0


def test_a_long_pack_gets_three_times_its_estimate():
    steps = {"protocol": {"training": {"steps": 100_000}}}
    grid = [{"datasets": ["digits"], "methods": {"vae": {}}, "dims": [4], "seeds": 1}]
    write("sound", {"grid": grid} | steps)
    found = Targets.asked_for(["sound"], main_process=True)
    (pack,) = found.plans["sound"].packs.values()

    assert 3 * pack.minutes > 11
    assert 0 <= found.minutes(SimpleNamespace(study="sound", pack=pack.id), 1) - 3 * pack.minutes < 1


def test_the_ending_counts_runs_and_says_once_what_is_wrong():
    ending = Targets.asked_for(["all"], main_process=True).ending()

    assert ending.lines[0] == "away: 2 missing of 2 runs; see reports/away/index.html"
    assert any("nowhere.npy" in line for line in ending.lines)
    assert "  6 missing: not started" in ending.lines
    assert not ending.failed  # what is missing is no failure


@pytest.mark.parametrize("what", ["run", "metric"])
def test_a_failed_run_and_a_failed_metric_make_the_ending_a_failure(fabricated, what: str) -> None:
    targets = Targets.asked_for(["sound"], main_process=True)
    (plan,) = targets.plans.values()
    for run in plan.runs:
        fabricated.finish(plan, run, {"mse_per_pixel": 0.1})
        fabricated.examples(plan, run, (1, 8, 8))
    assert not targets.ending().failed
    if what == "run":
        fabricated.finish(plan, plan.runs[0], {}, status="failed", reason="ValueError: a bug")
    else:
        failed = {"status": "failed", "value": None, "reason": "ValueError: a bug"}
        fabricated.measure(plan, plan.runs[0], "mse_per_pixel", failed)
    ending = targets.ending()
    assert ending.failed
    assert "ValueError: a bug" in ending.lines[1]


@pytest.mark.parametrize("lost", ["record.json", "metrics/*", "stored/examples-*"])
def test_a_stamp_never_outlives_what_it_stands_for(fabricated, lost: str) -> None:
    plan = Targets.asked_for(["sound"], main_process=True).plans["sound"]
    (pack,) = plan.packs.values()
    page = Path("reports/sound/index.html")
    page.parent.mkdir(parents=True)
    page.write_text("all is done")
    for run in pack.runs:
        fabricated.finish(plan, run, {"mse_per_pixel": 0.1})
        fabricated.examples(plan, run, (1, 8, 8))
    plan.stamp(pack).parent.mkdir(parents=True)
    plan.stamp(pack).write_text("{}")
    Targets.asked_for(["sound"], main_process=True)
    assert plan.stamp(pack).exists()
    assert page.stat().st_mtime > LONG_AGO
    next(plan.folder(pack.runs[0]).glob(lost)).unlink()
    before = plan.file.read_text()
    Targets.asked_for(["sound"], main_process=True)
    assert not plan.stamp(pack).exists()
    assert plan.file.read_text() != before  # snakemake goes by contents: the report has to be redone
    assert page.stat().st_mtime == LONG_AGO
