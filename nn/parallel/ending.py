"""How a program of several ranks ends: all together, and the first that fails says why."""

from __future__ import annotations

import atexit
import io
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from types import TracebackType
from typing import Any


def watch_over(ranks: Any) -> None:
    """From now on an error that nobody catches on this rank ends all of them, and this one's end waits for theirs."""
    show = sys.excepthook

    def fail(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        tell(ranks, lambda: show(kind, error, where))

    def finish() -> None:
        ranks.timeout = float("inf")  # another may still be at work, alone, and is no later for that
        try:
            ranks.meet("the end of the program")
        except RuntimeError:  # the others say it
            return

    sys.excepthook = fail
    atexit.register(finish)


def tell(ranks: Any, show: Callable[[], Any], status: int = 1) -> None:
    """Show what went wrong on this rank, and end all."""
    with redirect_stderr(io.StringIO()) as said:
        show()
    sys.stdout.flush()
    sys.stderr.write(f"\nrank {ranks.rank} of {ranks.size}:\n{said.getvalue()}")  # at once: other ranks write as well
    sys.stderr.flush()
    time.sleep(PASSING)
    ranks.abort(status)


PASSING = 0.2
"""Seconds in which what was written reaches whoever started the ranks, who passes nothing on once all are ended."""
