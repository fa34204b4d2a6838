"""Prepared arrays are the pages of one file for all processes; none of them holds a copy."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROWS = 20_000  # of 3 × 32 × 32 bytes: 61 MB

# Reads all of it as training does, and prints by how many MB the process's own memory and the mapped files grew.
SCRIPT = """
from pathlib import Path
import torch
from latentdim.study.protocol import Training
from latentdim.training.data import load_data

def now(kind):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind)) / 1000

def total_of(stop):
    return sum(data.batch(data.train, start, start + 100).sum().item() for start in range(0, stop, 100))

torch.set_num_threads(1)
data = load_data(Path("prepared"), Training(batch_size=100, epochs=1, n_validation=100), device=torch.device("cpu"))
total_of(300)  # what the first batches take
before = now("RssAnon"), now("RssFile")
total = total_of(len(data.train))
print(now("RssAnon") - before[0], now("RssFile") - before[1], total)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="counts pages as Linux tells them")
def test_reading_all_images_takes_no_memory_of_the_process_s_own():
    Path("prepared").mkdir()
    np.save("prepared/train.npy", np.full((ROWS, 3, 32, 32), 255, np.uint8))
    np.save("prepared/test.npy", np.zeros((10, 3, 32, 32), np.uint8))
    np.save("prepared/train_labels.npy", np.zeros(ROWS, np.int64))
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    own, mapped, total = map(float, done.stdout.split())
    assert total == pytest.approx((ROWS - 100) * 3072)  # every byte was read
    assert mapped > 50  # as pages of the file
    assert own < 20  # none of the 61 MB
