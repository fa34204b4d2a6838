"""Where an error comes from, in words: its type, what it says, and the line of the code that its reader wrote."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from traceback import FrameSummary, extract_tb

PACKAGE = Path(__file__).parents[1]
OTHERS = (PACKAGE, Path(sysconfig.get_path("stdlib")), Path(sys.prefix))  # whose code is no user's


def described(error: BaseException) -> str:
    """``ZeroDivisionError: division by zero (methods/mine/runner.py, line 12)``, on one line."""
    said = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split())
    name, place = type(error).__name__, place_of(error)
    text = f"{name}: {said}" if said else name
    return f"{text} ({place})" if place else text


def place_of(error: BaseException) -> str:
    """``methods/mine/runner.py, line 12``; empty where no line is known."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shortened(error.filename)}, line {error.lineno}"
    frames = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).suffix == ".py"]
    of_user = frames_of_user(error)
    return _worded((of_user or frames)[-1]) if frames else ""


def frames_of_user(error: BaseException) -> list[FrameSummary]:
    """The calls that led to an error, outermost first, as far as they stand in neither this package nor another one."""
    frames = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).suffix == ".py"]
    return [frame for frame in frames if not any(Path(frame.filename).is_relative_to(folder) for folder in OTHERS)]


def shortened(file: str) -> Path:
    """A file's path, relative to the working folder where it lies below it."""
    path = Path(file)
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _worded(frame: FrameSummary) -> str:
    return f"{shortened(frame.filename)}, line {frame.lineno}"
