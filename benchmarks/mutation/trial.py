"""One trial: some test files on one tree, in a process of its own, until the first failure or the end of its time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

# Imported once by the server that each trial is forked from; nothing of ours is.
PRELOADED = ["torch", "pytest", "scipy.stats", "sklearn.cluster", "sklearn.metrics"]
LEFT_OUT = "not slow and not gpu and not slurm"
NO_TESTS = 5  # pytest's code where all of a file's tests are left out


@dataclass
class Trial:
    """What came of it.

    Attributes:
        passed: seconds that each file took which passed, in their order.
        failed: the file that failed, or that the time ended in; None where all passed.
        seconds: that this file had run by then.
        in_time: false where the time ended.
    """

    passed: dict[str, float] = field(default_factory=dict)
    failed: str | None = None
    seconds: float = 0.0
    in_time: bool = True


def server() -> multiprocessing.context.ForkServerContext:
    """Where trials are forked from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def tried(tree: Path, files: Sequence[str], *, limit: float) -> Trial:
    """Run test files (from the tree's root) one after the other, for at most ``limit`` seconds."""
    context, trial, end = server(), Trial(), time.monotonic() + limit
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(tree, list(files), sender), daemon=True)
    process.start()
    sender.close()
    for file in files:
        started = time.monotonic()
        passed, in_time = False, receiver.poll(max(0.0, end - started))
        with suppress(EOFError):  # the process died
            passed = in_time and receiver.recv()
        seconds = time.monotonic() - started
        if not passed:
            trial.failed, trial.seconds, trial.in_time = file, seconds, in_time
            break
        trial.passed[file] = seconds
    _end(process)
    return trial


def _run(tree: Path, files: Sequence[str], sender: Connection) -> None:
    os.setsid()  # what tests start ends with it
    os.chdir(tree)
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(tree / "workflow"), str(tree)]
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:2])
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    import pytest

    for file in files:
        code = pytest.main([file, "-x", "-q", "-p", "no:cacheprovider", "-m", LEFT_OUT])
        sender.send(int(code) in {0, NO_TESTS})


def _end(process: multiprocessing.process.BaseProcess) -> None:
    process.join(timeout=0.2 if process.exitcode is None else None)
    if process.pid is not None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.join()
