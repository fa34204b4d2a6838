"""What a fit takes: memory of its own time, company on the device, and a GPU's energy where there is one."""

from __future__ import annotations

import json
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pynvml
import pytest
import torch
import yaml

from latentdim.cli.main import main
from latentdim.harness import usage
from latentdim.harness.usage import energy_joules, metered
from latentdim.system import occupancy
from latentdim.system.occupancy import occupying

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    """Other runs of this machine aren't this test's business."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_the_peak_is_that_of_the_block_and_not_of_what_came_before():
    before = np.ones(60_000_000)  # 480 MB
    del before
    with metered(CPU) as first:
        inside = np.ones(25_000_000)  # 200 MB
        del inside
    if first.usage["memory_since"] != "training":
        pytest.skip("this system can't set a process's peak back")
    assert 150 < first.usage["peak_memory_mb"] - first.usage["memory_before_mb"] < 300
    with metered(CPU) as second:
        pass
    assert second.usage["peak_memory_mb"] < first.usage["peak_memory_mb"] - 150


def test_a_system_that_cannot_set_the_peak_back_is_told(monkeypatch):
    def refuse(path: Path, text: str) -> None:
        raise PermissionError(path)

    monkeypatch.setattr(Path, "write_text", refuse)
    with metered(CPU) as found:
        pass
    assert found.usage["memory_since"] == "process"
    assert found.usage["peak_memory_mb"] >= found.usage["memory_before_mb"] > 0


def test_company_on_the_device_is_counted():
    with occupying("cpu"), metered(CPU) as alone:
        pass
    with occupying("cpu"), occupying("cpu"), metered(CPU) as crowded:
        pass
    assert (alone.usage["shared_by"], crowded.usage["shared_by"]) == (1, 2)


def test_the_record_s_form_is_plain_json():
    with metered(CPU) as found:
        pass
    assert json.loads(json.dumps(found.usage)) == found.usage
    assert found.usage["energy_joules"] is None


class Driver:
    """Stands for the driver: a counter that gains 1.5 J at each reading, or a function that fails."""

    def __init__(self, failing: str = "") -> None:
        self.failing, self.millijoules, self.called = failing, 7_000, []

    def put(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """In the place of NVML's functions."""
        for name in (
            "nvmlInit", "nvmlShutdown", "nvmlDeviceGetHandleByUUID", "nvmlDeviceGetTotalEnergyConsumption",
        ):  # fmt: skip
            monkeypatch.setattr(pynvml, name, partial(self.call, name))

    def call(self, name: str, *arguments: object) -> object:
        self.called.append(name)
        if name == self.failing:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        if name == "nvmlDeviceGetHandleByUUID":
            assert arguments == ("GPU-1234",)
            return "the GPU"
        if name == "nvmlDeviceGetTotalEnergyConsumption":
            assert arguments == ("the GPU",)
            self.millijoules += 1_500
            return self.millijoules
        return None


@pytest.fixture
def gpu(monkeypatch):
    """A GPU that only exists in this test."""
    monkeypatch.setattr(usage, "device_key", lambda device: "GPU-1234")
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: None)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 1_000_000)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 5_000_000)
    return torch.device("cuda")


def test_a_gpu_s_energy_is_what_its_counter_gained_in_joules(gpu, monkeypatch):
    Driver().put(monkeypatch)
    with metered(gpu) as found:
        pass
    assert found.usage["energy_joules"] == 1.5
    assert (found.usage["memory_before_mb"], found.usage["peak_memory_mb"]) == (1.0, 5.0)


@pytest.mark.parametrize("failing", ["nvmlInit", "nvmlDeviceGetHandleByUUID", "nvmlDeviceGetTotalEnergyConsumption"])
def test_a_gpu_that_cannot_tell_its_energy_reports_none(gpu, monkeypatch, failing):
    driver = Driver(failing)
    driver.put(monkeypatch)
    assert energy_joules(gpu) is None
    assert ("nvmlShutdown" in driver.called) == (failing != "nvmlInit")


def test_without_the_driver_s_library_there_is_no_energy(gpu, monkeypatch):
    def missing() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", missing)
    assert energy_joules(gpu) is None
    assert energy_joules(CPU) is None


def test_watching_ends_with_the_block(monkeypatch):
    looked = []
    monkeypatch.setattr(occupancy, "occupants", lambda device, home=None: looked.append(device) or 1)
    with pytest.raises(RuntimeError), metered(CPU):
        raise RuntimeError
    assert looked == ["cpu", "cpu"]


COSTS = ["train_seconds", "examples_per_second", "energy", "peak_memory", "parameters", "prior_refresh_seconds"]
STUDY = {
    "title": "Costs",
    "datasets": {"points": {"kind": "synthetic", "n": 3, "outputs": 8, "width": 8, "n_train": 300, "n_test": 200}},
    "protocol": {"training": {"steps": 60, "batch_size": 16, "network": {"hidden": [8]}}},
    "metrics": COSTS,
    "grid": [{"datasets": ["points"], "methods": {"ard_vae": {}, "pca": {}}, "dims": [2], "seeds": 1}],
}


def costs_of(method: str, folder: Path) -> dict[str, dict[str, object]]:
    files = folder.glob(f"runs/*/{method}/*/*/*/metrics/*.json")
    return {found["metric"]: found for found in (json.loads(path.read_text()) for path in files)}


def recorded(method: str, folder: Path) -> dict[str, dict[str, object]]:
    (path,) = folder.glob(f"runs/*/{method}/*/*/*/record.json")
    found: dict[str, dict[str, object]] = json.loads(path.read_text())
    return found


def bring_up_to_date(folder: Path, **changes: object) -> int:
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY | changes))
    return main(["run", str(folder / "study.yaml"), "--results", str(folder), "--device", "cpu", "--no-report"])


def test_a_run_records_what_it_used_and_its_costs_are_measured_from_that(tmp_path):
    assert bring_up_to_date(tmp_path) == 0
    record, costs = recorded("ard_vae", tmp_path), costs_of("ard_vae", tmp_path)
    assert record["usage"]["shared_by"] == 1
    assert costs["train_seconds"]["value"] == record["timing"]["train_seconds"] > 0
    assert costs["examples_per_second"]["value"] == record["timing"]["examples_per_second"]
    assert costs["parameters"]["value"] == record["n_parameters"]
    assert costs["prior_refresh_seconds"]["value"] > 0
    assert costs["energy"]["reason"] == "the device reports no energy"
    if record["usage"]["memory_since"] == "training":
        assert costs["peak_memory"]["value"] == record["usage"]["peak_memory_mb"]
    control = costs_of("pca", tmp_path)
    assert control["parameters"]["value"] == 0
    assert "closed form" in control["train_seconds"]["reason"]
    assert "isn't estimated" in control["prior_refresh_seconds"]["reason"]


def test_company_spoils_a_training_s_timings_for_good_and_a_refresh_s_until_it_is_gone(tmp_path):
    with occupying("cpu"):
        assert bring_up_to_date(tmp_path) == 0
    costs = costs_of("ard_vae", tmp_path)
    refused = {name for name in COSTS if costs[name]["status"] == "refused"}
    assert refused == set(COSTS) - {"peak_memory", "parameters", "prior_refresh_seconds"}
    assert "2 runs shared the device" in costs["train_seconds"]["reason"]
    assert costs["prior_refresh_seconds"]["status"] == "postponed"
    assert "2 runs shared the device" in costs["prior_refresh_seconds"]["reason"]
    assert bring_up_to_date(tmp_path) == 0
    costs = costs_of("ard_vae", tmp_path)
    assert costs["prior_refresh_seconds"]["value"] > 0
    assert costs["train_seconds"]["status"] == "refused"


def test_a_model_that_was_only_restored_has_no_costs_of_its_own(tmp_path):
    assert bring_up_to_date(tmp_path, metrics=["active"]) == 0
    (path,) = tmp_path.glob("runs/*/ard_vae/*/*/*/record.json")
    path.unlink()
    assert bring_up_to_date(tmp_path) == 0
    assert recorded("ard_vae", tmp_path)["usage"] is None
    assert "restored" in costs_of("ard_vae", tmp_path)["peak_memory"]["reason"]
