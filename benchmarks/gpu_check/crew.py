"""Several processes on one device, each training a run of its own, timed from a common start to the last one's end.

Usage of one member: python -m benchmarks.gpu_check.crew SEED DEVICE IMAGES [--tiny]; orders come as lines of JSON.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch

from benchmarks.images import Images
from benchmarks.rounds import ROOT, environment

PATIENCE_SECONDS = 120.0  # with a process that has just been started, too


@dataclass(frozen=True)
class Order:
    """What each member trains: a method on one of the two networks, named."""

    method: str
    network: str
    precision: str


class Crew:
    """The processes, started as the block begins and ended with it; their members stay idle between orders."""

    def __init__(self, *, size: int, device: torch.device, images: Images, tiny: bool) -> None:
        self.size, self.device, self.images, self.tiny = size, device, images, tiny
        self.members: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        variables = environment(1, ROOT, ROOT / "workflow")
        for seed in range(self.size):
            member = [str(seed), self.device.type, str(self.images.root), *["--tiny"] * self.tiny]
            command = [sys.executable, "-m", __spec__.name, *member]
            self.members.append(
                subprocess.Popen(
                    command, cwd=ROOT, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """End the members."""
        for member in self.members:
            member.kill()
            member.communicate()
        self.members = []

    def seconds(self, order: Order, updates: int) -> float:
        """Seconds until all members have done so many updates, all from the same moment on.

        Raises:
            RuntimeError: with the reason, if one of them can't; the crew is then at its end.
        """
        if not self.members:
            raise RuntimeError("a process ended on an earlier order")
        try:
            self.answers(asdict(order) | {"updates": updates})  # warm, and waiting for the start
            started = time.monotonic()
            return max(answer["stopped"] for answer in self.answers({"go": True})) - started
        except (RuntimeError, OSError):
            self.end()  # what the others still have to say would be taken for answers to the next order
            raise

    def answers(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """What each member says to a message."""
        for member in self.members:
            assert member.stdin is not None
            print(json.dumps(message), file=member.stdin, flush=True)
        return [answer(member) for member in self.members]


def answer(member: subprocess.Popen[str]) -> dict[str, Any]:
    """A member's next line.

    Raises:
        RuntimeError: if it says that it failed, or nothing for too long.
    """
    assert member.stdout is not None
    if not select.select([member.stdout], [], [], PATIENCE_SECONDS)[0]:
        raise RuntimeError(f"a process said nothing for {PATIENCE_SECONDS:g} s")
    line = member.stdout.readline()
    found: dict[str, Any] = json.loads(line) if line else {"failed": f"it ended with {member.wait()}"}
    if "failed" in found:
        raise RuntimeError(f"one of the processes: {found['failed']}")
    return found


def serve(seed: int, device: torch.device, images: Images, *, tiny: bool) -> None:
    """Carry out orders until there are no more."""
    from benchmarks.gpu_check import engine
    from benchmarks.gpu_check.stopwatch import timed

    def now() -> float:
        engine.synchronise(device)
        return time.monotonic()

    def ready() -> float:
        engine.synchronise(device)
        say({"ready": True})
        sys.stdin.readline()
        return time.monotonic()

    for line in sys.stdin:
        order = json.loads(line)
        try:
            (network,) = (workload for workload in engine.networks(tiny=tiny) if workload.name == order["network"])
            workload = engine.of_method(network, order["method"])
            make = engine.tasks(workload, images, device, precision=order["precision"], seed=seed)
            _, stopped = timed(make, order["method"], updates=order["updates"], begin=ready, end=now)
        except Exception as error:  # told to whoever gave the order
            say({"failed": f"{type(error).__name__}: {error}"})
        else:
            say({"stopped": stopped})


def say(message: dict[str, Any]) -> None:
    """Write a line to whoever gave the order."""
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    _, which, where, root, *flags = sys.argv
    serve(int(which), torch.device(where), Images(Path(root), real=False), tiny="--tiny" in flags)
