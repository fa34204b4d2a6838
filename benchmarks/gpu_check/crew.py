"""Several processes on one device, each training a run of its own, timed from a common start to the last one's end.

Usage of one member: python -m benchmarks.gpu_check.crew SEED DEVICE IMAGES [--tiny]; orders come as lines of JSON.
"""

from __future__ import annotations

import json
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
        for member in self.members:
            member.kill()
            member.communicate()

    def seconds(self, order: Order, updates: int) -> float:
        """Seconds until all members have done so many updates, all from the same moment on.

        Raises:
            RuntimeError: with the reason, if one of them can't.
        """
        for member in self.members:
            tell(member, asdict(order) | {"updates": updates})
        answers = [self.answer(member) for member in self.members]  # warm, and waiting for the start
        started = time.monotonic()
        for member in self.members:
            tell(member, {"go": True})
        answers = [self.answer(member) for member in self.members]
        return max(answer["stopped"] for answer in answers) - started

    def answer(self, member: subprocess.Popen[str]) -> dict[str, Any]:
        """A member's next line."""
        assert member.stdout is not None
        line = member.stdout.readline()
        found: dict[str, Any] = json.loads(line) if line else {"failed": f"it ended with {member.wait()}"}
        if "failed" in found:
            raise RuntimeError(f"a process of the five: {found['failed']}")
        return found


def tell(member: subprocess.Popen[str], message: dict[str, Any]) -> None:
    """Write a line to a member."""
    assert member.stdin is not None
    member.stdin.write(json.dumps(message) + "\n")
    member.stdin.flush()


def serve(seed: int, device: torch.device, images: Images, *, tiny: bool) -> None:
    """Carry out orders until there are no more."""
    from benchmarks.gpu_check import engine

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
            _, stopped = engine.timed(make, order["method"], updates=order["updates"], started=ready, stopped=now)
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
