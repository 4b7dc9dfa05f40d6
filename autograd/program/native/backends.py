"""Who makes functions of kernels: what there is, what is missing, and which is best.

A backend is a module with

    NAME       "numba" or "c"
    why_not()  why it cannot be used here, in words, or None
    build(kernels) -> functions
               for each Kernel (see form.py) a function of four integers, which gives 0 or 1; it does not hold the
               interpreter's lock while it runs, and may run in several threads at once. Equal kernels are compiled
               once, and kept on disk (see cache.py)

and, if it has more to give,

    instead(functions) -> {id: function}
               what takes the place of some of the functions that statements call, by their identities
    sequence() -> function
               what calls kernels one after another until one gives 1, which it gives then: it takes the address of
               their addresses, tables, rows and n, and how many they are
    PRODUCTS   up to how many multiplications a product of matrices is one for kernels

What is asked of it may raise CannotBuild, and then the next one is asked.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from . import numba_backend
from .c import backend as c_backend
from .form import Kernel

BEST = {backend.NAME: backend for backend in (c_backend, numba_backend)}
"""The backends by name, the fastest first."""

NAMES = ("numpy", *BEST, "auto")

INSTALL = "pip install 'backgraph[fast]'"


class Backend:
    """One of them, and why that one.

    name      "numpy" or one of BEST
    why       in words
    build, instead, products, sequence   of its module; of NumPy there is no `build`
    """

    def __init__(
        self, name: str, why: str, build: Callable[[Sequence[Kernel]], list[Any]] | None,
        instead: Callable[[Sequence[Any]], dict[int, Any]] = lambda functions: {}, products: int = 0,
        sequence: Callable[[], Callable[[int, int], int] | None] = lambda: None,
    ) -> None:  # fmt: skip
        self.name = name
        self.why = why
        self.build = build
        self.instead = instead
        self.products = products
        self.sequence = sequence

    def __reduce__(self) -> Any:
        return choose, (self.name,)

    def __repr__(self) -> str:
        return f"<backend {self.name}: {self.why}>"


NUMPY = Backend("numpy", "it gives the engine's results to the last bit", None)


def choose(name: str) -> Backend:
    """The backend of that name; of "auto", the best that there is.

    Raises ValueError for another name, ImportError for one that is not installed.
    """
    if name == "numpy":
        return NUMPY
    if name in BEST:
        found = BEST[name]
        missing = found.why_not()
        if missing is not None:
            raise ImportError(f"compile: backend={name!r} cannot be used: {missing}; {INSTALL}")
        return _backend(name, "it was asked for")
    if name != "auto":
        raise ValueError(f"compile: expected backend to be one of {', '.join(map(repr, NAMES))}, got {name!r}")
    missing = {}
    for best, found in BEST.items():
        why = found.why_not()
        if why is None:
            rest = "".join([f"; {other}: {said}" for other, said in missing.items()])
            return _backend(best, f"it is the fastest that is here{rest}")
        missing[best] = why
    said = "; ".join([f"{other}: {why}" for other, why in missing.items()])
    _note(f"compile: steps run on NumPy; {INSTALL} would make them faster ({said})")
    return Backend("numpy", f"nothing faster is installed ({said})", None)


def instead_of(backend: Backend, why_not: str) -> Backend:
    """The next one, where one turns out not to work."""
    rest = list(BEST)[list(BEST).index(backend.name) + 1 :]
    name = next((name for name in rest if BEST[name].why_not() is None), "numpy")
    said = f"{backend.name}: {why_not}"
    _note(f"compile: steps run on {name}, for {said}")
    return Backend(name, said, None) if name == "numpy" else _backend(name, said)


def _backend(name: str, why: str) -> Backend:
    found = BEST[name]
    more = {key.lower(): getattr(found, key) for key in ("instead", "PRODUCTS", "sequence") if hasattr(found, key)}
    return Backend(name, why, found.build, **more)


_noted: list[str] = []


def _note(text: str) -> None:
    """Say something once in a process."""
    if text not in _noted:
        _noted.append(text)
        warnings.warn(text, UserWarning, stacklevel=5)
