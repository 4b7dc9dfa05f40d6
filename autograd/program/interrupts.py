"""Ctrl-C while a program changes parameters: it waits until all of them are changed. And locks after a fork.

Python raises KeyboardInterrupt between any two statements. In the main thread, and where nobody has put another handler
in place, a program that changes what outlives it takes the signal, and raises the error when it is through.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # the functions of `signal` without its enums
import threading
from typing import Any
from weakref import WeakSet

from ..engine.forking import in_each_child

_MAIN = threading.main_thread().ident
_came: list[Any] = []


def hold() -> bool:
    """Let Ctrl-C wait from now on; whether it does."""
    if threading.get_ident() != _MAIN or _signal.getsignal(_signal.SIGINT) is not _signal.default_int_handler:
        return False
    _signal.signal(_signal.SIGINT, _wait)
    return True


def release(held: bool) -> None:
    """Let it through again, and raise KeyboardInterrupt if it came meanwhile."""
    if held:
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
        if _came:
            _came.clear()
            raise KeyboardInterrupt


def _wait(number: int, frame: Any) -> None:
    _came.append(number)


_locked: WeakSet[Any] = WeakSet()


def free_in_children(owner: Any) -> None:
    """Have an object renewed in each forked child, where the thread that held its lock does not go on."""
    _locked.add(owner)


def _renew() -> None:
    for owner in list(_locked):
        owner.renew()


in_each_child(_renew)
