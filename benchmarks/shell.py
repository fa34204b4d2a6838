"""From the shell: commands that have little or nothing to do, against themselves as they were at commit 009b16d.

Each tree lies in a folder of its own, in alternating rounds. Goals: nothing to do in half the time, a one-second run in
0.6 of it, the peak memory of a run on images of MNIST's size 0.8 of it. Beside nothing to do stands what Snakemake
takes for itself, with a Snakefile of one rule whose output is there.
Usage: python -m benchmarks.shell [--rounds 5] [--tiny]
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.earlier import COMMIT, NOW, THEN, unpack
from benchmarks.project import without_gpu
from benchmarks.rounds import ROOT, Comparison, Finished, Section, command_line, environment, timed

TREES = ("Snakefile", "workflow", "methods", "pyproject.toml")
MNIST_SIZE = {"kind": "synthetic", "n": 8, "outputs": 784, "n_train": 60_000, "n_test": 10_000}
TITLE = "From the shell"
PLAIN = "plain Snakefile"
PLAIN_SNAKEFILE = """\
rule all:
    input: "out.txt"

rule make:
    output: "out.txt"
    shell: "touch {output}"
"""


def section(*, rounds: int, tiny: bool) -> Section:
    """Measure both trees."""
    with tempfile.TemporaryDirectory() as folder:
        trees = {NOW: Path(folder) / "now", THEN: Path(folder) / "then"}
        trees[THEN].mkdir()
        missing = unpack(COMMIT, trees[THEN], trees=TREES)
        if missing:
            return Section(TITLE, f"Not measured: {missing}")
        copy_tree(trees[NOW])
        for tree in trees.values():
            write(
                tree, "second", {"kind": "synthetic", "n": 4, "n_train": 2000, "n_test": 500}, steps=5 if tiny else 700
            )
            write(tree, "images", MNIST_SIZE, steps=2 if tiny else 100)
            for study in ("second", "images"):
                timed(latentdim("run", study), folder=tree, env=variables(tree))
            timed(nothing_to_do(), folder=tree, env=variables(tree))
        plain = Path(folder) / "plain"
        plain.mkdir()
        (plain / "Snakefile").write_text(PLAIN_SNAKEFILE)
        timed(nothing_to_do("all"), folder=plain, env=variables(plain))
        found = {
            what: {name: [] for name in (*trees, PLAIN)}
            for what in ("nothing to do", "latentdim --help", "latentdim status", "one second", "images")
        }  # fmt: skip
        for number in range(rounds):
            for name, tree in trees.items():
                # The earlier command makes no report; the present one is asked for none.
                for what, finished in measured(tree, *(["--no-report"] if name == NOW else [])).items():
                    found[what][name].append(finished)
            finished = timed(nothing_to_do("all"), folder=plain, env=variables(plain))
            found["nothing to do"][PLAIN].append(finished)
            print(f"  round {number + 1}/{rounds}", file=sys.stderr, flush=True)
    text = (
        f"Whole processes, against the tree of commit {COMMIT}, in seconds of the processor, of which what else runs "
        "takes none away. Nothing to do: `snakemake` on a finished study of one run, beside what it takes for a "
        "Snakefile of one rule. A one-second run: `latentdim run` on a training of 700 updates, its data prepared. "
        "Memory: the largest process of a run on 60,000 vectors of 784 values (MNIST's size, in float32)."
    )
    return Section(TITLE, text, tuple(compared(found)))


def measured(tree: Path, *run_options: str) -> dict[str, Finished]:
    """One round of one tree."""
    results = {
        "nothing to do": timed(nothing_to_do(), folder=tree, env=variables(tree)),
        "latentdim --help": timed(latentdim("--help"), folder=tree, env=variables(tree)),
        "latentdim status": timed(latentdim("status", "second"), folder=tree, env=variables(tree)),
    }
    for what, study in (("one second", "second"), ("images", "images")):
        kept = tree / "results" / "runs"
        kept.rename(tree / "kept")
        results[what] = timed(latentdim("run", study, *run_options), folder=tree, env=variables(tree))
        shutil.rmtree(kept)
        (tree / "kept").rename(kept)
    return results


def compared(found: dict[str, dict[str, list[Finished]]]) -> list[Comparison]:
    """The lines of the table."""
    goals = {"nothing to do": 0.5, "latentdim --help": None, "latentdim status": None, "one second": 0.6}
    lines = []
    for what, goal in goals.items():
        seconds = {name: tuple(one.cpu_seconds for one in runs) for name, runs in found[what].items()}
        lines.append(Comparison(f"{what}, seconds", NOW, THEN, seconds[NOW], seconds[THEN], most=goal))
        if seconds[PLAIN]:
            lines.append(Comparison(f"{what}, seconds", NOW, PLAIN, seconds[NOW], seconds[PLAIN]))
    memory = (tuple(one.memory_mb for one in found["images"][name]) for name in (NOW, THEN))
    return [*lines, Comparison("memory of a run, MB", NOW, THEN, *memory, most=0.8)]


def copy_tree(target: Path) -> None:
    """The working tree's own files."""
    for name in TREES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.mkdir(exist_ok=True)
            shutil.copy(source, target / name)


def write(tree: Path, name: str, data: dict[str, object], *, steps: int) -> None:
    """A study of one run. JSON is YAML too."""
    path = tree / "workflow" / "studies" / name / "study.yaml"
    path.parent.mkdir(parents=True)
    training = {"network": {"name": "mlp", "hidden": [64], "output": "linear"}, "batch_size": 64, "steps": steps}
    content = {
        "title": name,
        "in_all": False,
        "datasets": {"vectors": data},
        "protocol": {"training": training},
        "metrics": ["mse_per_pixel"],
        "grid": [{"datasets": ["vectors"], "methods": {"vae": {}}, "dims": [4], "seeds": 1}],
        "exhibits": [{"kind": "results", "name": "results"}],
    }
    path.write_text(json.dumps(content))


def nothing_to_do(*plain: str) -> list[str]:
    """Snakemake on the finished study; or on the target of a Snakefile that has no profile."""
    options = [*plain, "--cores", "1"] if plain else ["--profile", "workflow/profiles/local", "second"]
    return [sys.executable, "-m", "snakemake", *options]


def latentdim(*arguments: str) -> list[str]:
    """A command line of the suite."""
    return [sys.executable, "-m", "latentdim", *arguments]


def variables(tree: Path) -> dict[str, str]:
    """One thread, no GPU, this tree's packages first, and bytecode kept as wherever Python is used."""
    kept = without_gpu(environment(1)) | {"PYTHONPATH": os.pathsep.join((str(tree / "workflow"), str(tree)))}
    return {name: value for name, value in kept.items() if name != "PYTHONDONTWRITEBYTECODE"}


if __name__ == "__main__":
    command_line(section, __doc__, rounds=5)
