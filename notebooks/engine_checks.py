"""How the three steps of notebook 14 are checked: a number that remembers, the order of the way back, the engine.

Each check takes what the reader wrote, and raises AssertionError, saying what is wrong, as those of checks.py do.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from checks import expect

from autograd import Tensor


def remembers(Number: Any) -> None:
    """Sums and products with their values, parents and rules, of numbers and with plain ones: step 1."""
    a, b = Number(2.0), Number(5.0)
    cases: list[tuple[str, Callable[[], Any], float, dict[str, float]]] = [  # the value, and what goes back to a and b
        ("a + b", lambda: a + b, 7.0, {"a": 3.0, "b": 3.0}),
        ("a * b", lambda: a * b, 10.0, {"a": 15.0, "b": 6.0}),
        ("a * a", lambda: a * a, 4.0, {"a": 12.0}),
        ("a + 1", lambda: a + 1, 3.0, {"a": 3.0}),
        ("1 + a", lambda: 1 + a, 3.0, {"a": 3.0}),
        ("4 * a", lambda: 4 * a, 8.0, {"a": 12.0}),
    ]
    for name, make, value, shares in cases:
        made = make()
        expect(isinstance(made, Number), f"{name} should be a Number, and is {type(made).__name__}")
        expect(made.value == value, f"with a = 2 and b = 5 the value of {name} is {value:g}, and yours {made.value:g}")
        sent = {id(a): 0.0, id(b): 0.0}
        for parent, rule in zip(made.parents, made.rules, strict=True):
            expect(isinstance(parent, Number), f"{name}: a parent is a {type(parent).__name__}, not a Number")
            sent[id(parent)] = sent.get(id(parent), 0.0) + rule(3.0)
        for which, right in shares.items():
            got = sent[id(a if which == "a" else b)]
            expect(got == right, f"{name}, with a = 2, b = 5 and g = 3: {which} should get {right:g}, and gets {got:g}")


class _Plain:
    """A number that has parents, and nothing else."""

    def __init__(self, *parents: _Plain) -> None:
        self.parents = parents


def _calls(run: Callable[[], Any]) -> int:
    """How many calls of Python functions it takes."""
    count = 0

    def watch(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


def _doubled(times: int, start: Any, double: Callable[[Any], Any]) -> Any:
    for _ in range(times):
        start = double(start)
    return start


ALONG_PATHS = "it walks along each path by itself, where each number is to be visited once"
TOO_DEEP = "it calls itself for each step back, and Python stops after about a thousand: keep a list of what is waiting"


def order(sort: Callable[..., Any]) -> None:
    """sort(result) lists result and all behind it, each once and before its parents: step 2."""
    a, b = _Plain(), _Plain()
    c = _Plain(a, b)
    late = _Plain(c, _Plain(_Plain(c, a)))  # c, at once and by a longer way
    early = _Plain(_Plain(_Plain(c, a)), c)
    deep = _doubled(5000, a, _Plain)
    short, long = (_doubled(k, a, lambda n: _Plain(n, n)) for k in (6, 12))
    expect(_calls(lambda: sort(long)) < 8 * _calls(lambda: sort(short)) + 200, ALONG_PATHS)
    for result in (a, c, late, early, long, deep):
        try:
            found = list(sort(result))
        except RecursionError:
            raise AssertionError(TOO_DEEP) from None
        behind, waiting = {id(result)}, [result]
        while waiting:
            for p in waiting.pop().parents:
                if id(p) not in behind:
                    behind.add(id(p))
                    waiting.append(p)
        turn = {id(n): k for k, n in enumerate(found)}
        expect(len(turn) == len(found), f"{len(found) - len(turn)} of the numbers stand in the list more than once")
        expect(turn.keys() == behind, f"of {len(behind)} numbers {len(turn.keys() & behind)} stand in the list")
        expect(found[0] is result, "the result itself should stand first")
        too_early = any(turn[id(n)] >= turn[id(p)] for n in found for p in n.parents)
        expect(not too_early, "a number stands before one that it went into: that share comes after its turn")


def own_engine(Number: Any) -> None:
    """The test that an engine of one's own must pass, step 3: values and gradients of expressions as here."""
    rng, near = np.random.default_rng(5), lambda a, b: bool(np.isclose(a, b, rtol=1e-12, atol=1e-12))
    expressions: dict[str, Callable[..., Any]] = {
        "a + b": lambda a, b: a + b,
        "a * b + 3": lambda a, b: a * b + 3,
        "2 * a - b": lambda a, b: 2 * a - b,
        "-a + 1 - b": lambda a, b: -a + 1 - b,
        "a * a * a": lambda a, b: a * a * a,  # the same number three times
        "(a * b).tanh() * (a + 1).exp()": lambda a, b: (a * b).tanh() * (a + 1).exp(),
        "(a + b) * (a + b) - a * b": lambda a, b: (a + b) * (a + b) - a * b,
        "(5 - a * b).tanh()": lambda a, b: (5 - a * b).tanh(),
        "c + (c * a).exp(), where c = a * b": lambda a, b: (c := a * b) + (c * a).exp(),
        "(c * a).exp() + c, where c = a * b": lambda a, b: ((c := a * b) * a).exp() + c,
    }
    for name, f in expressions.items():
        start = rng.normal(size=2) / 2
        ours = [Number(float(v)) for v in start]
        theirs = [Tensor(v, requires_grad=True) for v in start]
        result, expected = f(*ours), f(*theirs)
        value, at = expected.item(), f"at a = {start[0]:.3f}, b = {start[1]:.3f}"
        expect(near(result.value, value), f"{name} {at} is {value:.6f}, and yours {result.value:.6f}")
        result.backward()
        expected.backward()
        for which, n, t in zip("ab", ours, theirs, strict=True):
            right = 0.0 if t.grad is None else t.grad.item()
            expect(near(n.grad, right), f"e = {name} {at}: ∂e/∂{which} is {right:.6f}, and yours {n.grad:.6f}")
    x = Number(0.5)
    (x * x).backward()
    (3 * x).backward()
    expect(
        x.grad == 4.0,
        f"(x * x).backward(), then (3 * x).backward(), at 0.5: 1 + 3 add up, and yours is {x.grad:g}",
    )
    calls = [_calls(_doubled(k, Number(0.5), lambda n: n + n).backward) for k in (6, 12)]
    expect(calls[1] < 8 * calls[0] + 200, ALONG_PATHS)
    y = _doubled(40, x := Number(0.5), lambda n: n + n)  # 2⁴⁰ paths lead through this, and 41 numbers
    y.backward()
    expect(y.value == x.grad / 2 == 0.5 * 2**40, "y = y + y, done 40 times, has another value or gradient")
    x.grad = 0.0
    try:
        _doubled(5000, x, lambda n: n + 1.0).backward()
    except RecursionError:
        raise AssertionError(TOO_DEEP) from None
    expect(x.grad == 1.0, "a sum of 5,000 terms has another gradient")
