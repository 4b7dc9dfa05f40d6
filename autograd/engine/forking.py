"""Locks in a forked child: one that another thread of the parent held there would be held for ever.

Of the threads only the one that forks goes on in the child, so there all locks are free, and are made so. Those within
NumPy's BLAS are not in reach: a child that is forked while another thread multiplies large matrices with OpenBLAS hangs
at its own first product, with plain arrays too, unless OPENBLAS_NUM_THREADS is 1. Nor, where there is no global lock,
are those that Python has for each dictionary instead: there a child may hang at the first name that it looks up.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any


def in_each_child(renew: Callable[[], Any]) -> None:
    """Have `renew` called in every forked child before anything else runs there."""
    if hasattr(os, "register_at_fork"):  # Windows does not fork
        os.register_at_fork(after_in_child=renew)


def free(lock: Any) -> None:
    """Make a lock of `threading` free, whoever holds it."""
    lock._at_fork_reinit()


def _load() -> None:
    """Load what is loaded late, here, by linecache and by weakref.finalize, while those are there that may be loading.

    A child that needs a module which another thread of the parent was loading waits for that thread for ever.
    """
    if threading.active_count() > 1:
        import atexit  # noqa: F401
        import dis  # noqa: F401
        import linecache  # noqa: F401
        import tokenize  # noqa: F401


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_load)
