"""Improved precision and recall: blocks of one float64 product each, against `cdist` and `kthvalue` of whole matrices.

Goals: at least 3 times as fast for 10,000 × 10,000 points in 64 dimensions; 50,000 × 50,000 points in 2,048 dimensions
(Inception's features of as many images as the papers compare) in less than 8 GB, which this file measures by itself.
Usage: python -m benchmarks.neighbours [--points 50000] [--dim 2048]
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable

from torch import Tensor, cdist, get_num_threads, randn

from benchmarks.rounds import Comparison, alternating
from latentdim.metrics import improved_precision_recall
from latentdim.system.seeds import torch_stream

OURS, PLAIN = "blocks, float64", "cdist + kthvalue, float32"
DIM, K = 64, 3


def comparison(*, rounds: int, tiny: bool) -> Comparison:
    """Seconds of both, on two draws of one law; they must find the same but for rounding."""
    n = 200 if tiny else 10_000
    generator = torch_stream("benchmark", "neighbours")
    generated, reference = (randn(n, DIM, generator=generator) for _ in range(2))
    ours = improved_precision_recall(generated=generated, reference=reference, k=K)
    theirs = plain(generated, reference)
    if max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) > 2 / n:
        raise RuntimeError(f"precision and recall differ: {ours} and {theirs}")
    contenders = {
        OURS: lambda: seconds(lambda: improved_precision_recall(generated=generated, reference=reference, k=K)),
        PLAIN: lambda: seconds(lambda: plain(generated, reference)),
    }
    found = alternating(contenders, rounds)
    what = f"seconds for precision and recall of {n:,} and {n:,} points in {DIM} dimensions"
    return Comparison(what, PLAIN, OURS, found[PLAIN], found[OURS], least=3.0)


def plain(generated: Tensor, reference: Tensor) -> tuple[float, float]:
    """The same from three whole matrices of distances."""
    made_reach, real_reach = (cdist(x, x).kthvalue(K + 1, dim=1).values for x in (generated, reference))
    between = cdist(generated, reference)
    precision = (between <= real_reach).any(dim=1).double().mean()
    return float(precision), float((between <= made_reach[:, None]).any(dim=0).double().mean())


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Print seconds and the process's peak memory for two sets of a size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=50_000)
    parser.add_argument("--dim", type=int, default=2048)
    given = parser.parse_args()
    generator = torch_stream("benchmark", "neighbours", "large")
    made, real = (randn(given.points, given.dim, generator=generator) for _ in range(2))
    taken = seconds(lambda: improved_precision_recall(generated=made, reference=real, k=K))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{given.points:,} and {given.points:,} points in {given.dim:,} dimensions: {taken:,.0f} s on "
        f"{get_num_threads()} threads, {peak:.1f} GiB at most (goal: below 8)"
    )


if __name__ == "__main__":
    main()
