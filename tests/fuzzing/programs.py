"""Random programs: drawn, run in an engine, compared, and cut down to the shortest that still differs.

A program is a list of steps, each of which makes a value or changes one in place. It runs in the naive engine as it is
drawn, so that what NumPy refuses is never in it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import autograd

from . import naive
from .functions import FUNCTIONS, index

SHAPES = [(), (1,), (3,), (2, 3), (2, 1), (1, 3), (3, 3), (2, 2, 2), (0, 2), (0,), (2, 0, 3), (5, 1, 4), (40,)]
LIMIT = 50.0  # no value grows beyond
AUGMENTED = {"+": "add", "-": "subtract", "*": "multiply"}


class Step(NamedTuple):
    """What is done; `out` is the number of the value that it makes, or changes.

    kind     leaf, data (no gradient), call, constant (a call under no_grad), detach, checkpoint (a call),
             hook, assign, item (x[i] += y), augment (x += y), out (x + y put into an array that is there)
    name     the function's
    inputs   numbers of values
    options  what else it is given
    """

    kind: str
    out: int
    name: str
    inputs: tuple[int, ...]
    options: dict[str, Any]


IN_PLACE = ("assign", "item", "augment", "out")


class Program(NamedTuple):
    """Its steps; and the seed of the directions and weights that it is differentiated with."""

    steps: list[Step]
    seed: int

    def text(self) -> str:
        return "\n".join(
            f"  v{s.out} {'←' if s.kind in IN_PLACE else '='} {s.kind} {s.name} {[f'v{i}' for i in s.inputs]} "
            f"{s.options}"
            for s in self.steps
        )


class Result(NamedTuple):
    """Every value at the end; the gradient along u, and the second derivative along u and v."""

    values: dict[int, Any]
    slope: Any
    bend: Any


# ---- drawing ---------------------------------------------------------------------------------------------------------


def draw(seed: int, in_place: bool = True) -> Program:
    """A program of up to twenty steps."""
    rng = np.random.default_rng(seed)
    program = Program([], seed)
    values: dict[int, naive.Dual] = {}
    for n in range(int(rng.integers(1, 4))):
        shape, dtype = SHAPES[rng.integers(len(SHAPES))], ["f8", "f4", "f8"][rng.integers(3)]
        _try(program, Step("leaf", n, "", (), {"value": rng.uniform(-1.5, 1.5, shape).astype(dtype)}), values)
    kinds = ["call"] * 10 + ["checkpoint", "constant", "detach", "data"]
    kinds += ["hook", "view", "view", "view", *IN_PLACE, *IN_PLACE] if in_place else []
    for _ in range(int(rng.integers(3, 18))):
        step = _step(rng, kinds[rng.integers(len(kinds))], values, program)
        if step is not None:
            _try(program, step, values)
    return program


def _step(rng: Any, kind: str, values: dict[int, naive.Dual], program: Program) -> Step | None:
    known, new = list(values), len(program.steps) + len(values) + 1
    pick = lambda: int(known[rng.integers(len(known))])
    if kind == "data":
        shape = SHAPES[rng.integers(len(SHAPES))]
        value = rng.integers(-2, 3, shape) if rng.random() < 0.5 else rng.uniform(-1, 1, shape)
        return Step("data", new, "", (), {"value": value})
    if kind == "detach":
        return Step("detach", new, "", (pick(),), {})
    if kind == "hook":  # of what was made just now, and is no view
        last = program.steps[-1]
        fresh = last.kind in ("call", "checkpoint") and not FUNCTIONS[last.name].views
        return Step("hook", last.out, "", (), {"factor": 0.5}) if fresh and last.out in values else None
    if kind in IN_PLACE:
        target = pick()
        x = values[target].value
        if x.dtype.kind != "f" or any(target == s.out for s in program.steps if s.kind == "leaf"):
            return None
        if any(np.shares_memory(x, values[s.out].value) for s in program.steps if s.kind == "leaf"):
            return None
        if kind in ("assign", "item"):
            at = index(rng, x.shape)
            return Step(kind, target, _sign(rng), (pick(),), {"index": at})
        return Step(kind, target, _sign(rng), (pick(), pick()) if kind == "out" else (pick(),), {})
    names = [name for name, function in FUNCTIONS.items() if function.views or kind != "view"]
    name = names[rng.integers(len(names))]
    function = FUNCTIONS[name]
    inputs = tuple(pick() for _ in range(function.arity))
    try:
        options = function.options(rng, np.broadcast_shapes(*[values[i].value.shape for i in inputs]))
    except ValueError:  # of no axes none can be drawn
        return None
    return Step("call" if kind == "view" else kind, new, name, inputs, options)


def _sign(rng: Any) -> str:
    return list(AUGMENTED)[rng.integers(len(AUGMENTED))]


def _try(program: Program, step: Step, values: dict[int, naive.Dual]) -> None:
    """Add a step that NumPy can do, and that makes no large numbers."""
    trial = Program([*program.steps, step], program.seed)
    try:
        found = run_naive(trial).values
    except (ValueError, TypeError, IndexError, np.exceptions.AxisError, np.linalg.LinAlgError):
        return
    if all(np.all(np.abs(v) < LIMIT) and v.size < 200 for v in found.values()):
        program.steps.append(step)
        values.clear()
        values.update(_naive_values(program))


# ---- running ---------------------------------------------------------------------------------------------------------


def directions(program: Program) -> dict[int, tuple[Any, Any]]:
    """For each leaf, two directions to differentiate along."""
    made = {}
    for step in program.steps:
        if step.kind == "leaf":
            rng = np.random.default_rng([program.seed, step.out])
            made[step.out] = tuple(rng.standard_normal(step.options["value"].shape) for _ in range(2))
    return made


def weights(program: Program, values: dict[int, Any]) -> dict[int, Any]:
    """For each value that is there at the end, what it counts in the loss."""
    return {
        k: np.random.default_rng([program.seed, 1, k]).standard_normal(np.shape(v)) for k, v in values.items()
    }  # fmt: skip


@np.errstate(all="ignore")
def run_naive(program: Program) -> Result:
    values = _naive_values(program)
    loss = naive.Dual(0.0, 0.0, 0.0, 0.0)
    arrays = {k: v.value for k, v in values.items()}
    for k, w in weights(program, arrays).items():
        loss = naive.add(loss, naive.total(naive.multiply(naive.linear(np.float64)(values[k]), naive.Dual.constant(w))))
    return Result(arrays, loss.parts[1], loss.parts[3])


@np.errstate(all="ignore")
def _naive_values(program: Program) -> dict[int, naive.Dual]:
    along = directions(program)
    values: dict[int, naive.Dual] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for step in program.steps:
            inputs = [values[i] for i in step.inputs]
            if step.kind == "leaf":
                value = step.options["value"]
                u, v = (d.astype(value.dtype) for d in along[step.out])
                values[step.out] = naive.Dual(value.copy(), u, v, np.zeros_like(value))
            elif step.kind == "data":
                values[step.out] = naive.Dual.constant(step.options["value"].copy())
            elif step.kind == "detach":
                values[step.out] = naive.Dual.constant(inputs[0].value.copy())
            elif step.kind == "hook":
                naive.scaled_gradient(values[step.out], step.options["factor"])
            elif step.kind == "assign":
                naive.assign(values[step.out], step.options["index"], inputs[0])
            elif step.kind == "item":
                part = naive.linear(lambda x, i: x[i])(values[step.out], step.options["index"])
                made = _cast(FUNCTIONS[AUGMENTED[step.name]].duals(part, inputs[0]), part)
                naive.assign(values[step.out], step.options["index"], made)
            elif step.kind in ("augment", "out"):
                target = values[step.out]
                x, y = inputs if step.kind == "out" else (target, inputs[0])
                naive.assign(target, ..., _cast(FUNCTIONS[AUGMENTED[step.name]].duals(x, y), target))
            else:
                made = FUNCTIONS[step.name].duals(*inputs, **step.options)
                values[step.out] = naive.Dual.constant(made.value.copy()) if step.kind == "constant" else made
    return values


def _cast(made: naive.Dual, target: naive.Dual) -> naive.Dual:
    """As an augmented assignment takes it: of the same shape, and no float into integers."""
    if made.value.shape != target.value.shape:
        raise ValueError("the result has another shape")
    return naive.Dual(*[part.astype(target.value.dtype, casting="same_kind") for part in made.parts])


def run_ours(program: Program) -> Result:
    """In the engine that is checked."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        starts = started(program)
        values, loss = followed(program, starts)
        leaves = [starts[step.out] for step in program.steps if step.kind == "leaf"]
        derivatives = _derivatives(loss, leaves, directions(program))
        return Result({k: v.data for k, v in values.items()}, *derivatives)


def started(program: Program) -> dict[int, Any]:
    """Its leaves and what has no gradient, as Tensors."""
    first = [step for step in program.steps if step.kind in ("leaf", "data")]
    return {s.out: autograd.Tensor(s.options["value"], requires_grad=s.kind == "leaf") for s in first}


def followed(program: Program, starts: dict[int, Any]) -> tuple[dict[int, Any], Any]:
    """All values, and a weighted sum of them."""
    values: dict[int, Any] = {}
    for step in program.steps:
        inputs = [values[i] for i in step.inputs]
        if step.kind in ("leaf", "data"):
            values[step.out] = starts[step.out]
        elif step.kind == "detach":
            values[step.out] = inputs[0].detach().copy()
        elif step.kind == "hook":
            if values[step.out].requires_grad:
                values[step.out].register_hook(lambda g, factor=step.options["factor"]: g * factor)
        elif step.kind in IN_PLACE:
            _change(step, values, inputs)
        else:
            values[step.out] = _called(step, inputs)
    loss = autograd.Tensor(0.0)
    for k, w in weights(program, values).items():
        loss = loss + (values[k].astype(np.float64) * w).sum()
    return values, loss


def _change(step: Step, values: dict[int, Any], inputs: list[Any]) -> None:
    """The statement itself, for Python and the engine treat `t += v` and `t[i] += v` each in its own way."""
    target, at = values[step.out], step.options.get("index")
    if step.kind == "assign":
        target[at] = inputs[0]
    elif step.kind == "out":
        getattr(np, AUGMENTED[step.name])(*inputs, out=target)
    else:
        names = {"target": target, "at": at, "y": inputs[0]}
        exec(f"target{'[at]' if step.kind == 'item' else ''} {step.name}= y", names)


def _called(step: Step, inputs: list[Any]) -> Any:
    call: Callable[..., Any] = lambda *xs: FUNCTIONS[step.name].arrays(np, *xs, **step.options)
    if step.kind == "checkpoint":
        return autograd.checkpoint(call)(*inputs)
    if step.kind == "constant":
        with autograd.no_grad():
            return call(*inputs).copy()
    return call(*inputs)


def _derivatives(loss: Any, inputs: list[Any], along: dict[int, Any]) -> tuple[Any, Any]:
    if not loss.requires_grad:
        return 0.0, 0.0
    first = autograd.grad(loss, inputs, create_graph=True, allow_unused=True)
    slope = autograd.Tensor(0.0)
    for (u, _), g in zip(along.values(), first, strict=True):
        if g is not None:
            slope = slope + (g * u.astype(g.dtype)).sum()
    bend = 0.0
    if slope.requires_grad:
        second = autograd.grad(slope, inputs, allow_unused=True)
        bend = sum(float((g.data * v).sum()) for (_, v), g in zip(along.values(), second, strict=True) if g is not None)
    return slope.item(), bend


# ---- comparing -------------------------------------------------------------------------------------------------------


def difference(program: Program, run: Callable[[Program], Result] = run_ours) -> str | None:
    """What an engine does otherwise than the naive one; None where it agrees.

    An engine may refuse, in words, to change in place what it needs or cannot follow: "refused: " and the words.
    """
    expected = run_naive(program)
    try:
        found = run(program)
    except Exception as error:
        words = isinstance(error, RuntimeError) or str(error).startswith(("assignment:", "augmented assignment:"))
        if words and any(step.kind in IN_PLACE for step in program.steps):
            return f"refused: {error}"
        return f"{type(error).__name__}: {error}"
    single = any(np.asarray(v).dtype == np.float32 for v in expected.values.values())
    close = 2e-3 if single else 1e-7
    for k, value in expected.values.items():
        got = found.values[k]
        if got.shape != value.shape or got.dtype != value.dtype:
            return f"v{k} is {got.dtype} {got.shape}, not {value.dtype} {value.shape}"
        if not np.allclose(got, value, rtol=close, atol=close):
            return f"v{k} is {got.tolist()}, not {value.tolist()}"
    orders = [("slope", found.slope, expected.slope), ("bend", found.bend, expected.bend)]
    hooked = any(step.kind == "hook" for step in program.steps)  # it is met again on the way back if a rule saved `out`
    for what, got, value in orders[:1] if hooked else orders:
        if not np.isclose(got, value, rtol=close, atol=close * 10):
            return f"the {what} is {got}, not {value}"
    return None


def shortest(program: Program, differs: Callable[[Program], bool]) -> Program:
    """The program without every step that it differs without as well."""
    steps = list(program.steps)
    shrunk = True
    while shrunk:
        shrunk = False
        for k in reversed(range(len(steps))):
            trial = Program(steps[:k] + steps[k + 1 :], program.seed)
            try:
                found = differs(trial)
            except (KeyError, ValueError, IndexError, TypeError):
                continue  # something else needed that step
            if found:
                steps, shrunk = trial.steps, True
    return Program(steps, program.seed)
