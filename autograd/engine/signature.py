"""A primitive's parameters: what its recorder binds, and what is known by name of a recorded call."""

from __future__ import annotations

import functools

import numpy as np

from .primitive import Primitive


class Signature:
    """A function's parameters, read off its code (the module `inspect` would double the time of our import)."""

    def __init__(self, record: Primitive) -> None:
        function = record.function
        if isinstance(function, np.ufunc):
            self.positional, self.defaults = ["x", "y"][: function.nin], {}
            self.sequence, self.keywords, self.positional_only = None, [], function.nin
            return
        function = getattr(function, "_implementation", function)  # what NumPy's dispatcher wraps
        code = getattr(function, "__code__", None)
        if code is None:
            raise TypeError(
                f"primitive: {record.name} has no Python signature; give a def or a lambda that has one and calls it"
            )
        n, k = code.co_argcount, code.co_kwonlyargcount
        names = code.co_varnames
        self.positional, self.keywords = list(names[:n]), list(names[n : n + k])
        self.sequence = names[n + k] if code.co_flags & 0x04 else None
        self.positional_only = code.co_posonlyargcount
        given = function.__defaults__ or ()
        self.defaults = dict(zip(self.positional[n - len(given) :], given, strict=True))
        self.defaults.update(function.__kwdefaults__ or {})

    def names(self) -> list[str]:
        return self.positional + self.keywords + ([self.sequence] if self.sequence else [])

    def declared(self) -> str:
        parts = [f"{name}=None" if name in self.defaults else name for name in self.positional]
        if self.positional_only:
            parts.insert(self.positional_only, "/")
        if self.sequence or self.keywords:
            parts.append(f"*{self.sequence or ''}")
        parts += [f"{name}=None" if name in self.defaults else name for name in self.keywords]
        return ", ".join(parts)

    def passed(self, **instead: str) -> str:
        """The arguments of a call that passes all of them on."""
        parts = [instead.get(name, name) for name in self.positional]
        parts += [f"*{self.sequence}"] if self.sequence else []
        return ", ".join(parts + [f"{name}={instead.get(name, name)}" for name in self.keywords])


@functools.lru_cache(maxsize=1024)
def signature_of(record: Primitive) -> Signature | None:
    """Its parameters, or None of a function that does not tell them."""
    try:
        return Signature(record)
    except TypeError:
        return None
