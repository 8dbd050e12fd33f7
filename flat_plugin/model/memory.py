"""Keeps freed memory, so that the arrays of the next batch need no new pages."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # names of mallopt(3)
_GIGABYTE = 1 << 30


def keep_freed_memory() -> bool:
    """Ask glibc to reuse the memory of freed arrays instead of giving it back to the system.

    Evaluating batches allocates and frees the same sizes over and over; without this, page faults
    take two thirds of the time. It concerns the whole process, so it is for programs (the command
    line, workers, benchmarks) to call, not for a library to do when imported.

    Returns:
        Whether the C library took it; elsewhere than on glibc nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _GIGABYTE) and mallopt(_TRIM_THRESHOLD, _GIGABYTE))
