"""``latentdim recommend``: how many dimensions do these data need?"""

from __future__ import annotations

import argparse
import signal
import sys
from types import FrameType
from typing import NoReturn

from latentdim.system.counting import counted, duration


def recommend(given: argparse.Namespace) -> int:
    """Answer for some data; 3 where there is no answer."""
    from latentdim.recommendation.crew import INTERRUPTED, Died, Stopped
    from latentdim.recommendation.recommending import Request, recommended, to_stderr

    signal.signal(signal.SIGTERM, _interrupt)
    request = Request(
        given.data, budget=given.budget, seeds=given.seeds, device=given.device, out=given.out, results=given.results,
        size=given.size, array=given.array,
    )  # fmt: skip
    try:
        answer = recommended(request, say=to_stderr)
    except Stopped:
        print("interrupted; run the same command again to go on", file=sys.stderr)
        return INTERRUPTED
    except Died as death:
        print(f"{death}; the same command again goes on from the trainings that are done", file=sys.stderr)
        return 1
    print(answer.headline)
    for sentence in (*answer.reasons, *answer.advice):
        print(sentence)
    print(f"{counted(int(answer.costs['runs']), 'training')}, {duration(answer.costs['train_seconds'])} of one core")
    return answer.exit_code


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
