"""How the C library keeps memory that was freed."""

from __future__ import annotations

import ctypes
from functools import cache

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # names in glibc's malloc.h
KEPT = 1 << 30  # bytes that may lie free at the end of the heap
FROM_THE_HEAP = 32 << 20  # bytes up to which a piece comes from there; the most that glibc takes


@cache
def keep_freed_memory() -> None:
    """Have the process keep what it frees, where glibc lets it.

    A training frees and takes the same few megabytes in every step; handed back to the system in between, each of their
    pages would come as a fault and be filled with zeros first. Nothing but time depends on it.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return
    mallopt(MMAP_THRESHOLD, FROM_THE_HEAP)
    mallopt(TRIM_THRESHOLD, KEPT)
