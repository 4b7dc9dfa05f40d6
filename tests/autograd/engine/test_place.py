"""Where the program stands, and what it is just calling: read from its instructions."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from math import sin as sine
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, primitive
from autograd.engine.place import Doing, caller, line_of, outside


class Probe:
    """Something that Python and NumPy ask for a number or an array; it looks at who asks."""

    def look(self) -> None:
        frame = sys._getframe(2)
        self.doing = Doing.of(frame)
        self.called = self.doing.called(frame)

    def __float__(self) -> float:
        self.look()
        return 1.0

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        self.look()
        return np.ones(2)

    def __eq__(self, other: Any) -> Any:
        self.look()
        return True

    __hash__ = None  # type: ignore[assignment]


X = np.eye(2)


def _set(p: Any) -> None:
    X[0] = p


def _a_chain(p: Any) -> None:
    (X + 1).T.dot(
        p,
    )


def _a_local_name(p: Any) -> None:
    local = math.cos
    local(p if p is not None else 1)


ROWS: dict[str, tuple[Callable[[Any], Any], str, tuple[str, ...], Any]] = {
    "a function of a module": (lambda p: math.sin(p), "CALL", ("math", "sin"), math.sin),
    "imported by its name": (lambda p: sine(p), "CALL", ("sine",), math.sin),
    "a builtin": (lambda p: float(p), "CALL", ("float",), float),
    "a local name": (_a_local_name, "CALL", ("local",), math.cos),
    "within other calls": (lambda p: max(math.exp(p), math.sqrt(4.0)), "CALL", ("math", "exp"), math.exp),
    "with keywords": (lambda p: np.asarray(p, dtype=float), "CALL", ("np", "asarray"), np.asarray),
    "a list": (lambda p: [math.exp(q) for q in [p]], "CALL", ("math", "exp"), math.exp),
    "a method": (lambda p: X.dot(p), "CALL", ("X", "dot"), None),
    "a method of an expression": (lambda p: (X + 1).dot(p), "CALL", ("", "dot"), None),
    "a method of a call": (lambda p: np.log(X + 1).dot(p), "CALL", ("", "dot"), None),
    "a method of a part": (lambda p: X.T.dot(p), "CALL", ("X", "T", "dot"), None),
    "what has no name": (lambda p: [math.sin][0](p), "CALL", ("",), None),
    "text": (lambda p: "%.1f" % p, "BINARY_OP %", (), None),  # noqa: UP031
    "assignment": (_set, "STORE_SUBSCR", (), None),
    "comparison": (lambda p: p == 1, "COMPARE_OP", (), None),
}


@pytest.mark.parametrize("case", ROWS)
def test_what_is_called(case: str) -> None:
    run, operation, names, called = ROWS[case]
    probe = Probe()
    run(probe)
    assert probe.doing.operation == operation
    assert probe.doing.names == names
    assert probe.called is called


def test_a_method_in_a_chain_over_several_lines() -> None:
    probe = Probe()
    _a_chain(probe)
    assert probe.doing.names[-1] == "dot"
    assert probe.called is None


def test_the_line_of_the_program() -> None:
    seen = []

    def look(x: Any) -> Any:
        seen.append(caller())
        return x * 1

    f = primitive(look, name="look", x=lambda g: g)
    f(Tensor(1.0))
    np.testing.assert_array_equal(f(Tensor(1.0)) * 2, 2)
    for line in seen:
        assert line.startswith(f"{__file__}:")
    frame = outside(sys._getframe())
    assert frame is sys._getframe()
    line = line_of(frame)  # this one
    assert line.endswith(": line = line_of(frame)  # this one")
    assert outside(None) is None
