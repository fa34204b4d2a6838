"""Examples that are copies of others: a held-out one that is trained on, too, tells nothing of unseen ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from latentdim.intrinsic.rows import digest_of

ADVICE = (
    "Give every example once: with copies on both sides, learning examples by heart looks like learning what they have "
    "in common. Where rounding made them equal, give values of more digits.",
)


@dataclass(frozen=True)
class Copies:
    """How many there are.

    Attributes:
        n_examples: trained on and held out.
        n_copies: of them, equal to an earlier one.
        n_test: held out.
        n_seen: of these, equal to a training example.
    """

    n_examples: int
    n_copies: int
    n_test: int
    n_seen: int

    @property
    def most(self) -> bool:
        """Whether more than half of the examples are copies, so that held-out errors say nothing."""
        return 2 * self.n_copies > self.n_examples

    def sentences(self) -> tuple[str, ...]:
        """What a reader must know of them; nothing where there are none."""
        if not self.n_copies:
            return ()
        seen = (
            f"; {self.n_seen:,} of the {self.n_test:,} held-out ones are also among those trained on, and for them the "
            "held-out error is not held out"
        )
        return (
            f"{self.n_copies:,} of the {self.n_examples:,} examples are copies of others{seen * bool(self.n_seen)}.",
        )


def copies_in(prepared: Path) -> Copies:
    """Count them in the prepared arrays of a folder."""
    train, test = (np.load(prepared / f"{part}.npy", mmap_mode="r", allow_pickle=False) for part in ("train", "test"))
    trained = {digest_of(row) for row in train}
    held_out = [digest_of(row) for row in test]
    n_examples, n_distinct = len(train) + len(test), len(trained.union(held_out))
    return Copies(n_examples, n_examples - n_distinct, len(test), sum(one in trained for one in held_out))
