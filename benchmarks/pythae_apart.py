"""pythae in a folder of its own, beside the locked environment, which it would otherwise add packages to."""

from __future__ import annotations

import shutil
import subprocess
import sys

from benchmarks.rounds import ROOT

FOLDER = ROOT / ".venv-bench"
PACKAGES = ("pythae==0.1.2", "imageio==2.38.1")  # all that the environment lacks; torch and the rest are the lock's


def installed() -> bool:
    """Install pythae where it isn't yet. False, with a sentence, where that can't be done: its lines are left out."""
    if (FOLDER / "pythae").is_dir():
        return True
    local = ROOT / ".uv" / "bin" / "uv"
    uv = str(local) if local.exists() else shutil.which("uv")
    tool = [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
    done = subprocess.run(
        [*tool, "--quiet", "--no-deps", "--target", str(FOLDER), *PACKAGES], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"pythae is left out, it can't be installed: {done.stderr.strip()[-300:]}", file=sys.stderr)
        shutil.rmtree(FOLDER, ignore_errors=True)
    return done.returncode == 0


def pythae_version() -> str:
    """The installed version, or a dash."""
    return PACKAGES[0].partition("==")[2] if (FOLDER / "pythae").is_dir() else "—"
