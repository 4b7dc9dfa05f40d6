"""A second thread for the rows of a large kernel. Kernels do not hold the interpreter's lock."""

from __future__ import annotations

import functools
import itertools
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

from ...engine.forking import in_each_child

Function = Callable[[int, int, int, int], int]

_PARTS = 8
"""Into how many parts the rows are divided: who is done with one takes the next, for another process may be running."""

_busy = threading.Lock()
_pool: list[ThreadPoolExecutor] = []


@functools.cache
def count() -> int:
    """How many threads there may be: one, or two where there are two processors and nobody says otherwise."""
    try:
        processors = len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        processors = os.cpu_count() or 1
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        said = os.environ.get(name, "")
        if said.isdigit() and int(said):
            processors = min(processors, int(said))
    return min(2, processors)


def divided(function: Function, table: int, rows: int, n: int) -> int:
    """Run a kernel that is divided in two threads, or in one where the other is at work for somebody else."""
    if count() < 2 or rows < 2 or not _busy.acquire(blocking=False):
        return function(table, 0, rows, n)
    try:
        if not _pool:
            _pool.append(ThreadPoolExecutor(1, thread_name_prefix="autograd"))
        parts = min(_PARTS, rows)
        ends = [rows * k // parts for k in range(parts + 1)]
        turn = itertools.count()  # its next() is one step of the interpreter's

        def work() -> int:
            failed = 0
            while (k := next(turn)) < parts:
                failed |= function(table, ends[k], ends[k + 1], n)
            return failed

        other = _pool[0].submit(work)
        try:
            failed = work()
        finally:  # whatever came: nobody may be at work on memory that is used again
            if not other.cancel():  # it has begun; else there is nothing left for it
                wait([other])
        return failed if other.cancelled() else failed | other.result()
    finally:
        _busy.release()


def _renew() -> None:
    """A forked child has no second thread, and nobody who would release the lock."""
    global _busy
    _busy = threading.Lock()
    _pool.clear()


in_each_child(_renew)
