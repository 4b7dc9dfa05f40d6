"""Random programs: some of fixed seeds, and that one that is wrong would be noticed."""

from __future__ import annotations

import os
import signal
from typing import Any

import numpy as np
import pytest

import autograd
from autograd.program.native import NUMPY
from tests.autograd.program.native.plain import PLAIN
from tests.fuzzing import naive
from tests.fuzzing.__main__ import run_files
from tests.fuzzing.batched import batched_difference
from tests.fuzzing.compiled import compiled_difference
from tests.fuzzing.functions import FUNCTIONS
from tests.fuzzing.programs import Program, Step, difference, draw, run_naive, shortest


@pytest.mark.parametrize("first", range(0, 100, 20))
def test_programs_do_what_the_naive_engine_does(first: int) -> None:
    for seed in range(first, first + 20):
        program = draw(seed, in_place=seed % 4 != 0)
        found = difference(program)
        assert found is None or found.startswith("refused"), f"seed {seed}: {found}\n{program.text()}"


@pytest.mark.parametrize("seed", range(1, 11))
def test_compiled_steps_do_what_the_engine_does(seed: int) -> None:
    program = draw(seed, in_place=seed % 4 != 0)
    for backend in (NUMPY, PLAIN):
        found = compiled_difference(program, backend)
        assert found is None or found.startswith("refused"), f"{backend.name}: {found}\n{program.text()}"


@pytest.mark.parametrize("first", [1, 208, 1103])
def test_several_examples_at_once_do_what_each_does_alone(first: int) -> None:
    for seed in range(first, first + 10):
        program = draw(seed, in_place=seed % 4 != 0)
        found = batched_difference(program)
        assert found is None or found.startswith("refused"), f"seed {seed}: {found}\n{program.text()}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_naive_engine_against_differences(name: str) -> None:
    """Its derivatives are those of the functions of arrays, which it shares nothing with."""
    function, rng = FUNCTIONS[name], np.random.default_rng(0)
    starts = [rng.uniform(-1.5, 1.5, (3, 3)) for _ in range(function.arity)]
    options = function.options(rng, (3, 3))
    if "dtype" in options:
        options["dtype"] = "float64"
    u, v = ([rng.standard_normal((3, 3)) for _ in starts] for _ in range(2))
    value = lambda a, b: function.arrays(
        np, *[x + a * p + b * q for x, p, q in zip(starts, u, v, strict=True)], **options
    )
    found = function.duals(*[naive.Dual(*x, np.zeros((3, 3))) for x in zip(starts, u, v, strict=True)], **options)
    h = 1e-4
    np.testing.assert_allclose(found.parts[0], value(0, 0), atol=1e-12)
    np.testing.assert_allclose(found.parts[1], (value(h, 0) - value(-h, 0)) / (2 * h), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.parts[2], (value(0, h) - value(0, -h)) / (2 * h), rtol=1e-5, atol=1e-6)
    bend = (value(h, h) - value(h, -h) - value(-h, h) + value(-h, -h)) / (4 * h * h)
    np.testing.assert_allclose(found.parts[3], bend, rtol=1e-4, atol=1e-5)


WRONG = {
    "a sign": lambda g, x: -g * np.cos(x),
    "a factor": lambda g, x: 1.01 * g * np.cos(x),
    "second order alone": lambda g, x: (
        g * np.cos(x.data if isinstance(x, autograd.Tensor) else x)
    ),  # it leaves the graph
}


@pytest.mark.parametrize("how", WRONG)
def test_a_wrong_rule_is_noticed_and_shown_by_the_fewest_steps(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = autograd.elementwise(np.sin, x=WRONG[how])
    monkeypatch.setitem(FUNCTIONS, "sin", FUNCTIONS["sin"]._replace(arrays=lambda xp, x: wrong(x)))
    leaf = Step("leaf", 0, "", (), {"value": np.array([0.5, -0.25])})
    steps = [leaf, *(Step("call", k + 1, name, (k,), {}) for k, name in enumerate(["tanh", "sin", "cos", "square"]))]
    found = difference(Program(steps, 7))
    assert found is not None
    assert found.startswith("the bend" if how.startswith("second") else "the slope")
    fewest = shortest(Program(steps, 7), lambda p: difference(p) is not None)
    assert [step.name for step in fewest.steps][-1] == "sin"
    assert len(fewest.steps) <= 3


def test_a_wrong_value_is_noticed() -> None:
    program = Program([Step("leaf", 0, "", (), {"value": np.arange(3.0)}), Step("call", 1, "cube", (0,), {})], 0)
    right = run_naive(program)
    assert difference(program, lambda _: right) is None
    values: dict[int, Any] = {**right.values, 1: right.values[1] + 1e-5}
    assert (
        difference(program, lambda _: right._replace(values=values))
        == f"v1 is {values[1].tolist()}, not [0.0, 1.0, 8.0]"
    )
    values = {**right.values, 1: right.values[1].astype("f4")}
    assert "float32 (3,), not float64" in str(difference(program, lambda _: right._replace(values=values)))


def test_views_share_memory_in_the_naive_engine() -> None:
    x = naive.Dual(*np.ones((4, 3)))
    naive.assign(naive.linear(lambda a: a[::-1])(x), 0, naive.Dual(2.0, 3.0, 4.0, 5.0))
    assert [part.tolist() for part in x.parts] == [[1, 1, k] for k in (2, 3, 4, 5)]


def test_files_at_fault_are_told_and_end_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise AssertionError("what was read is not what was written")

    def swell() -> None:
        np.ones(1 << 40)

    files = [
        ("good", lambda: None),
        ("wrong", fail),
        ("bomb", swell),
        ("crash", lambda: os.kill(os.getpid(), signal.SIGKILL)),
    ]
    count, faults = run_files(files, None, None)
    assert (count["damaged files read"], faults) == (4, 3)
    shown = capsys.readouterr().out
    assert "wrong: AssertionError: what was read" in shown
    assert "bomb: numpy._core._exceptions._ArrayMemoryError" in shown
    assert "crash: died" in shown
    assert run_files(files, 2, None)[0]["damaged files read"] == 2
