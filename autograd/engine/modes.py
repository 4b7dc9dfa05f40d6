"""What is recorded, and how closely it is watched: grad modes, and the scopes that name parts of a graph.

All of it is per thread.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar, overload

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

Entry = tuple[Any, str, str]
"""One time that a scope was entered: (the entry around it or None, name, kind). Another time is another tuple."""


class Mode(threading.local):
    """The state of one thread.

    recording is False, True, or a function that is shown every operation: of anomaly mode, or of a drawing.
    """

    recording: bool | Callable[..., None] = True
    watch: Callable[..., None] | None = None
    entry: Entry | None = None  # the innermost scope that is open
    trace: Any = None  # what writes down the program of the function that is just being traced
    start: int | None = None  # when the outermost call of a transform began that is just running
    writes: Any = None  # versions.Writes, which keep what arrays held before they are written in place
    batch: Any = None  # the examples that the innermost vmap is just running
    draws: Any = None  # makes of a generator what is to draw in its place
    lender: Any = None  # who lends memory to what runs (see lending.py)
    once: Any = None  # in a backward pass what one rule has made for another (see once.py), () where there is nothing


mode = Mode()


class Changed(Exception):
    """A value that a program takes for granted is another one at this call. `args[0]`: which statement says so."""


class Untraceable(Exception):
    """Raised within a primitive's function, or a rule, where it does what cannot be followed inside.

    by  whose method `opaque` runs all of it as a whole: a batch of examples; None for the trace that is being taken
    """

    def __init__(self, what: Any, by: Any = None) -> None:
        super().__init__(what)
        self.by = by


def who_follows(error: BaseException) -> Any:
    """Who runs as a whole what could not be followed inside, if that is what an error says; else None.

    NumPy's own code may have put another error around it.
    """
    seen: BaseException | None = error
    while seen is not None and type(seen) is not Untraceable:
        seen = seen.__cause__ or seen.__context__
    return None if seen is None else seen.by or mode.trace


class _GradMode:
    """Sets whether operations are recorded, until it is left. Nests, survives exceptions, and decorates functions."""

    enabled: bool

    def __init__(self) -> None:
        self.before: list[bool | Callable[..., None]] = []

    def __enter__(self) -> None:
        self.before.append(mode.recording)
        _record(self.enabled)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        mode.recording = self.before.pop()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate a function, or a generator: its body runs in this mode, the code between its yields does not."""
        enabled = self.enabled
        if _is_generator(function):

            @functools.wraps(function)
            def generator(*args: Any, **kwargs: Any) -> Any:
                return (yield from _in_mode(enabled, function(*args, **kwargs)))

            return generator

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with _mode(enabled):
                return function(*args, **kwargs)

        return wrapped


def _is_generator(function: Any) -> bool:
    """As inspect.isgeneratorfunction, a module that is slow to import."""
    while isinstance(function, functools.partial):
        function = function.func
    code = getattr(function, "__code__", None)  # a method's too
    return code is not None and bool(code.co_flags & _GENERATOR)


_GENERATOR = 0x20
"""A flag of code: that it yields."""


class _Called(type):
    """The kind of a class that opens a `with` statement when it is called, and says so when it is not."""

    def __enter__(cls) -> None:
        raise TypeError(f"with {cls.__name__}: expected a call; write `with {cls.__name__}():`")

    def __exit__(cls, *error: object) -> None: ...


class _Switch(_GradMode, metaclass=_Called):
    """One that is either a context or, given a function, the function decorated: both `@no_grad()` and `@no_grad`."""

    @overload
    def __new__(cls) -> Self: ...
    @overload
    def __new__(cls, function: Decorated) -> Decorated: ...  # type: ignore[misc]
    def __new__(cls, *function: Any, **options: Any) -> Any:
        made = super().__new__(cls)
        if not function and not options:
            return made
        if options or len(function) > 1 or not callable(function[0]):
            got = ", ".join(
                [
                    *(type(v).__name__ if hasattr(v, "dtype") else repr(v) for v in function),
                    *(f"{name}=" for name in options),
                ]
            )
            raise TypeError(
                f"{cls.__name__}: expected nothing, or a function to decorate, got {got}; "
                f"write `with {cls.__name__}():`"
            )
        return made(*function)


class no_grad(_Switch):
    """Within it nothing is recorded; also a decorator. Per thread.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> with no_grad():
    ...     (x * 2).requires_grad
    False
    """

    enabled = False


class enable_grad(_Switch):
    """Within it operations are recorded again, inside a `no_grad` too; also a decorator. Per thread.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> with no_grad(), enable_grad():
    ...     (x * 2).requires_grad
    True
    """

    enabled = True


class set_grad_enabled(_GradMode):
    """Turns recording on or off at once; used in a `with` statement, until its end. Per thread.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> with set_grad_enabled(False):
    ...     (x * 2).requires_grad
    False
    """

    def __init__(self, enabled: bool) -> None:
        super().__init__()
        if callable(enabled) or isinstance(enabled, str):
            raise TypeError(
                f"set_grad_enabled: expected True or False, got a {type(enabled).__name__}; a function is decorated by "
                f"@set_grad_enabled(False)"
            )
        self.enabled = bool(enabled)
        self.start: bool | Callable[..., None] = mode.recording
        _record(self.enabled)

    def __enter__(self) -> None:
        self.before.append(self.start)
        _record(self.enabled)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        mode.recording = self.start  # a decorator changes nothing outside of the function
        return super().__call__(function)


def is_grad_enabled() -> bool:
    """Whether this thread records operations now.

    >>> is_grad_enabled()
    True
    """
    return mode.recording is not False


class scope:
    """Within it every recorded operation carries `name` (below the scope around it), so that drawings can group by it.

    name  what the group is called; "" for one that has only a kind
    kind  what it is, as drawings show it beside the name: a module's class

    >>> x = Tensor(1.0, requires_grad=True)
    >>> with scope("encoder"), scope("0"):
    ...     (x * 2).grad_fn.scope
    'encoder.0'
    """

    __slots__ = ("kind", "name")

    def __init__(self, name: str, kind: str = "") -> None:
        self.name = name
        self.kind = kind

    def __enter__(self) -> None:
        mode.entry = (mode.entry, self.name, self.kind)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        mode.entry = mode.entry[0] if mode.entry is not None else None


def _record(enabled: bool) -> None:
    mode.recording = (mode.watch or True) if enabled else False


@contextmanager
def _mode(enabled: bool) -> Iterator[None]:
    before = mode.recording
    _record(enabled)
    try:
        yield
    finally:
        mode.recording = before


def _in_mode(enabled: bool, body: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Run a generator so that each of its steps, and none of its consumer's, is in the mode."""
    try:
        with _mode(enabled):
            value = next(body)
        while True:
            try:
                sent = yield value
            except GeneratorExit:
                with _mode(enabled):
                    body.close()
                raise
            except BaseException as error:
                with _mode(enabled):
                    value = body.throw(error)
            else:
                with _mode(enabled):
                    value = body.send(sent)
    except StopIteration as end:
        return end.value
