"""Names that are loaded when they are first used, so that `import nn` costs next to nothing. (PEP 562)"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any


def explained(error: ImportError) -> ImportError:
    """The error, or one that says more where the package `autograd` that was found is not the one that is meant.

    HIPS autograd has the same import name: installed later it overwrites this one, and beside it one hides the other.
    """
    if not (error.name or "").startswith("autograd") or str(error).startswith("nn: "):  # said already, further in
        return error
    return ImportError(
        f"nn: expected the package autograd of backgraph, got that of another distribution ({error}); HIPS autograd "
        f"has the same import name, so keep one of the two: pip uninstall autograd, then "
        f"pip install --force-reinstall backgraph, which has HIPS's modules too",
        name="autograd",
    )


class Names:
    """What a module offers from other modules of nn, each of which is imported when one of its names is first used.

    place  the globals of the offering module; its `__all__` is read, `__getattr__` and `__dir__` are put there

    >>> import nn
    >>> nn.Linnear  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    AttributeError: module 'nn' has no attribute 'Linnear'...
    """

    def __init__(self, place: dict[str, Any]) -> None:
        self.place = place
        self.homes: dict[str, str] = {}
        place["__getattr__"] = self.load
        place["__dir__"] = lambda: sorted({*place, *self.homes})

    def are_in(self, module: str) -> None:
        """The names that `__all__` has got since the last call are defined in that module."""
        self.homes.update(dict.fromkeys(self.place["__all__"][len(self.homes) :], module))

    def are_modules(self) -> None:
        """The names that `__all__` has got since the last call are modules themselves."""
        self.are_in("")

    def load(self, name: str) -> Any:
        """The value of a name, which from then on is an ordinary global."""
        if name not in self.homes:
            module = sys.modules[self.place["__name__"]]
            from .habits import instead

            place = module.__name__
            of_nn = place == "nn" and not name.startswith("_")
            said = instead(place, name, self.homes, import_module("nn.functional").__all__ if of_nn else ())
            raise AttributeError(f"module {place!r} has no attribute {name!r}{said}", name=name, obj=module)
        home = self.homes[name]
        try:
            value = getattr(import_module(f"nn.{home}"), name) if home else import_module(f"nn.{name}")
        except ImportError as error:
            raise explained(error) from error
        self.place[name] = value
        return value
