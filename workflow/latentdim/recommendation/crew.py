"""Processes that bring runs up to date, as many as there are cores for, alive from the first batch to the last.

Each is `python -m latentdim.recommendation.worker`, told runs line by line. Its standard input ends when this process
does, however that ends, and then so does it, after the run that it is at.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from latentdim.plan.plan import Plan
from latentdim.plan.run import Run
from latentdim.system.machine import gpus

INTERRUPTED = 130
REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # signals by which a process is asked to stop
SECONDS_TO_END = 10.0  # what a worker has after its last word


class Stopped(Exception):
    """A worker was asked to stop."""


class Died(Exception):
    """A worker ended by itself; the sentence says how."""


@dataclass
class Crew:
    """So many workers, started when there is something to do."""

    size: int
    results: Path
    device: str
    workers: list[subprocess.Popen[str]] = field(default_factory=list)

    def bring_up_to_date(self, plan: Plan, runs: Sequence[Run], *, told: Callable[[Run], None]) -> None:
        """Have every run trained and measured, or its reason recorded.

        Args:
            told: called after each run, in this process.

        Raises:
            Stopped: if a worker was interrupted.
            Died: if one ended by itself.
        """
        waiting: queue.SimpleQueue[Run] = queue.SimpleQueue()
        ended: queue.SimpleQueue[Run | Stopped | Died] = queue.SimpleQueue()
        for run in runs:
            waiting.put(run)

        def served(worker: subprocess.Popen[str]) -> None:
            try:
                while True:
                    run = waiting.get_nowait()
                    _have_done(worker, plan.path, run)
                    ended.put(run)
            except queue.Empty:
                return
            except (Stopped, Died) as end:
                ended.put(end)

        self._gather()
        for worker in self.workers:
            threading.Thread(target=served, args=(worker,), daemon=True).start()
        for _ in runs:
            done = ended.get()
            if isinstance(done, Exception):
                raise done
            told(done)

    def _gather(self) -> None:
        """Start what hasn't been started."""
        environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        command = [sys.executable, "-m", "latentdim.recommendation.worker", str(self.results), self.device]
        pipe = subprocess.PIPE
        while len(self.workers) < self.size:
            self.workers.append(subprocess.Popen(
                command, stdin=pipe, stdout=pipe, text=True, env=environment,
                start_new_session=True,  # else a terminal's interruption would reach them twice, and cut saving short
            ))  # fmt: skip

    def dismiss(self, *, at_once: bool) -> None:
        """Have the workers end; ``at_once`` with the state of their trainings saved, else after what they are at."""
        for worker in self.workers:
            with suppress(OSError):
                worker.send_signal(signal.SIGTERM) if at_once else None
                if worker.stdin:
                    worker.stdin.close()
        for worker in self.workers:
            worker.wait()


def _have_done(worker: subprocess.Popen[str], study: Path, run: Run) -> None:
    """Have one run brought up to date.

    Raises:
        Stopped: if the worker was interrupted at it.
        Died: if it ended by itself.
    """
    assert worker.stdin
    assert worker.stdout
    answer = ""
    with suppress(OSError, ValueError):  # pipes of a worker that has ended
        worker.stdin.write(f"{study}\t{run.path}\n")
        worker.stdin.flush()
        answer = worker.stdout.readline().strip()
    if answer == "interrupted":
        raise Stopped
    if answer != "ended":
        raise _end_of(worker)


def _end_of(worker: subprocess.Popen[str]) -> Stopped | Died:
    """What became of a worker that said nothing more."""
    try:
        status = worker.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        return Died("a process that trains closed its output without ending")
    if -status in REQUESTS or status == INTERRUPTED:
        return Stopped()
    if status < 0:
        memory = ", as the system does where memory runs out" if -status == signal.SIGKILL else ""
        return Died(f"a process that trains was ended by signal {-status} ({signal.strsignal(-status)}){memory}")
    return Died(f"a process that trains ended with exit status {status}; its own message, if any, stands above")


@contextmanager
def crew(n: int, *, results: Path, device: str) -> Iterator[Crew]:
    """So many workers, dismissed at the end of the block; with GPUs at most one for each of them."""
    count = min(n, len(gpus())) if device != "cpu" and gpus() else n
    made, at_once = Crew(max(1, count), results, device), True
    try:
        yield made
        at_once = False
    finally:
        made.dismiss(at_once=at_once)
