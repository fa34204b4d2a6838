"""A copy of the project to run snakemake in, with studies, methods and data of a test's own; and a Slurm."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from latentdim.system.files import read_lines

ROOT = Path(__file__).resolve().parents[2]
START = ROOT / "tests" / "workflow" / "start_slurm.sh"
SECONDS = 240

Content = dict[str, object]
TRAINING = {"network": {"name": "mlp", "hidden": [8]}, "batch_size": 32, "steps": 5}
EVALUATION = {"n_generated": 200, "n_reference": 200, "n_covariance": 100}
POINTS = {"kind": "synthetic", "n": 2, "outputs": 8, "width": 8, "n_train": 400, "n_test": 200}


@dataclass(frozen=True)
class Project:
    """A checkout's workflow, methods and Snakefile, without its studies."""

    root: Path

    def study(
        self, name: str, *, datasets: Content | None = None, training: Content | None = None, **content: object
    ) -> Path:
        """Write a study file: by default one control, which trains nothing, on a few points; each run is a job."""
        path = self.root / "workflow" / "studies" / name / "study.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        grid = [{"datasets": ["points"], "methods": {"pca": {}}, "dims": [2, 4], "seeds": 1}]
        protocol = {"training": TRAINING | (training or {}), "evaluation": EVALUATION}
        study = {"title": name, "datasets": {"points": POINTS} | (datasets or {}), "protocol": protocol, "grid": grid}
        study |= {"metrics": ["mse_per_pixel"], "execution": {"pack_size": 1}} | content
        path.write_text(yaml.safe_dump(study, sort_keys=False))
        return path

    def environment(self, *first: Path) -> dict[str, str]:
        """Variables under which this copy is imported, and not the installed checkout."""
        paths = [*first, self.root / "workflow", self.root]
        return os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"}

    def command(self, *arguments: str, profile: str = "workflow/profiles/local") -> list[str]:
        """A snakemake command line."""
        return [sys.executable, "-m", "snakemake", *arguments, "--profile", profile]

    def snakemake(self, *arguments: str, code: int = 0, first: tuple[Path, ...] = (), **options: str) -> str:
        """Run snakemake, check its exit code, and return all that it printed."""
        done = subprocess.run(
            self.command(*arguments, **options), cwd=self.root, env=self.environment(*first),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout
        assert code != 2 or "Traceback" not in done.stdout, done.stdout
        return done.stdout

    def started(self, *arguments: str, **options: str) -> subprocess.Popen[str]:
        """Start snakemake in the background, in a session of its own; what it prints goes to ``printed.txt``."""
        with (self.root / "printed.txt").open("a") as printed:
            return subprocess.Popen(
                self.command(*arguments, **options), cwd=self.root, env=self.environment(), start_new_session=True,
                stdout=printed, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip

    @property
    def printed(self) -> str:
        """What snakemake, started in the background, has printed so far."""
        return (self.root / "printed.txt").read_text()

    @staticmethod
    def until(condition: Callable[[], object], seconds: float = 300.0) -> None:
        """Wait for a condition; a TimeoutError if it doesn't come true."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(condition)
            time.sleep(0.2)

    def journals(self) -> list[list[dict[str, object]]]:
        """The lines of every run's journal."""
        return [read_lines(path) for path in sorted((self.root / "results" / "runs").rglob("journal.jsonl"))]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh copy."""
    ignored = shutil.ignore_patterns("__pycache__", "studies")
    for name in ("workflow", "methods"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "Snakefile", tmp_path)
    (tmp_path / "slurm").symlink_to("workflow/profiles/slurm")
    return Project(tmp_path)


@dataclass(frozen=True)
class Slurm:
    """A Slurm to submit to.

    Attributes:
        folder: of the one that the tests started here; None where it is this machine's own.
    """

    folder: Path | None = None

    def act(self, action: str) -> None:
        """An action of start_slurm.sh, ``stop_controller`` and so on; a cluster of somebody's own skips the test."""
        if self.folder is None:
            pytest.skip("this machine's own Slurm is nothing to break")
        subprocess.run([START, action, self.folder], check=True, capture_output=True)


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """This machine's own Slurm, or one that is started here where that may be."""
    if shutil.which("sbatch") is None:
        pytest.skip("Slurm isn't installed here (on Debian: apt-get install slurm-wlm munge)")
    if subprocess.run(["sinfo"], capture_output=True, check=False).returncode == 0:
        yield Slurm()
        return
    if os.getuid() != 0 or not all(map(shutil.which, ("slurmctld", "slurmd", "munged"))):
        pytest.skip("no Slurm answers here, and one can only be started as root with slurmctld, slurmd and munged")
    folder = tmp_path_factory.mktemp("slurm")
    started = subprocess.run([START, "start", folder], capture_output=True, text=True, check=False)
    if started.returncode == 3:
        pytest.skip(started.stderr.strip())
    assert started.returncode == 0, started.stderr
    yield Slurm(folder)
    subprocess.run([START, "stop", folder], check=True)
