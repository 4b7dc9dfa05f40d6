"""Derivative rules against differences: the full Jacobian, of first and of second order.

Every real and imaginary part of every input is moved by a small step, and what each part of each result does is
compared with what the backward pass says. The comparison is relative to the largest entry of the Jacobian of that
result and that input: nothing is right merely because it is small.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.modes import enable_grad
from ..engine.sweep import gradients
from ..engine.tensor import Tensor, wrap
from .shared import check_function

_KINK = 1e-3  # one-sided slopes that differ by more of their size than this are looked at more closely
_ROUNDING = 8 * np.finfo(np.float64).eps  # of a difference of two results, relative to them


def gradcheck(fun: Callable[..., Any], *inputs: Any, eps: float = 1e-6, tolerance: float = 1e-5) -> bool:
    """Compare the gradients of `fun` at `inputs` with central differences; True, or an error that says what differs.

    fun        takes Tensors of the inputs' shapes, returns a Tensor or a tuple or list of them, of any shapes
    inputs     arrays, Tensors or numbers, float64 or complex128; they are copied, so nothing happens to them
    eps        the step of the differences, relative to an element where that is larger than 1
    tolerance  the difference allowed between the two, relative to the largest derivative of that result by that input

    For complex values the real and imaginary parts count as two real ones, so nothing need be holomorphic.

    Raises AssertionError for a derivative that is wrong (with function, argument, index and both values) and for a
    `fun` that changes its inputs or does not repeat its results; TypeError for other dtypes, float32 too, where
    differences say little; ValueError for a value that is not finite, and for a kink within a step of the input.

    >>> gradcheck(lambda x, y: np.sin(x) * y, np.array([0.5, 2.0]), 3.0)
    True
    >>> wrong = primitive(lambda x: x * x, name="wrong", x=lambda g, x: g * x)
    >>> gradcheck(wrong, 3.0)
    Traceback (most recent call last):
    AssertionError: gradcheck: wrong: d result[()] / d argument 0[()]: the backward pass gives 3.0, differences give 6.0
    """
    check_function("gradcheck", fun)
    _check("gradcheck", _name(fun), fun, [_copied("gradcheck", i, x) for i, x in enumerate(inputs)], eps, tolerance)
    return True


def gradgradcheck(fun: Callable[..., Any], *inputs: Any, eps: float = 1e-6, tolerance: float = 1e-5) -> bool:
    """Compare the second derivatives of `fun` at `inputs` with central differences of its gradients.

    As `gradcheck`, which is to be run beside it: here the function under test is the recorded backward pass of `fun`,
    as a function of the inputs and of the gradients that it starts from (drawn once, the same in each call).

    Raises what `gradcheck` raises, and AssertionError where a backward pass gives another gradient recorded than not.

    >>> gradgradcheck(lambda x, y: np.sin(x) * y, np.array([0.5, 2.0]), 3.0)
    True
    """
    check_function("gradgradcheck", fun)
    name = _name(fun)
    arrays = [_copied("gradgradcheck", i, x) for i, x in enumerate(inputs)]
    draw = np.random.default_rng(0)
    seeds = []
    for i, out in enumerate(_results("gradgradcheck", name, fun(*[wrap(x.copy()) for x in arrays]))):
        seed = draw.uniform(0.5, 1.5, out.shape)
        if out.dtype.kind == "c":
            seed = seed + 1j * draw.uniform(0.5, 1.5, out.shape)
        seeds.append(_copied("gradgradcheck", i, seed))
    n = len(arrays)

    def backward_of(*values: Tensor) -> list[Any]:
        with enable_grad():
            xs = [value if value.requires_grad else wrap(value._content).requires_grad_() for value in values[:n]]
            outs = _results("gradgradcheck", name, fun(*xs))
            pairs = [(out, v) for out, v in zip(outs, values[n:], strict=True) if getattr(out, "requires_grad", False)]
            recorded = _gradients(pairs, xs, create_graph=True)
            for i, (a, b) in enumerate(zip(recorded, _gradients(pairs, xs), strict=True)):
                if not np.allclose(a.data, b.data, rtol=1e-9, atol=1e-9 * _largest(b.data)):
                    raise AssertionError(
                        f"gradgradcheck: {name}: the gradient of argument {i} is {a.data} when the backward pass is "
                        f"recorded, but {b.data} when it is not"
                    )
        return recorded

    _check("gradgradcheck", f"the gradient of {name}", backward_of, [*arrays, *seeds], eps, tolerance)
    return True


def _gradients(pairs: list[tuple[Any, Any]], inputs: list[Tensor], create_graph: bool = False) -> list[Tensor]:
    if not pairs:
        return [wrap(np.zeros_like(x._content)) for x in inputs]
    outs, seeds = zip(*pairs, strict=True)
    found = gradients(outs, inputs, seeds, True, create_graph)
    return [wrap(np.zeros_like(x._content)) if g is None else g for g, x in zip(found, inputs, strict=True)]


def _check(who: str, name: str, fun: Callable[..., Any], arrays: list[Any], eps: float, tolerance: float) -> None:
    base, analytical = _analytical(who, name, fun, arrays)
    for i, array in enumerate(arrays):
        numerical = _numerical(who, name, fun, arrays, i, base, eps)
        for k, values in enumerate(base):
            central, bend = numerical[k]
            _compare(who, name, array, i, values, None if len(base) == 1 else k, analytical[k][i], central, bend, eps,
                     tolerance)  # fmt: skip


def _analytical(who: str, name: str, fun: Callable[..., Any], arrays: list[Any]) -> tuple[list[Any], list[list[Any]]]:
    """The results, as arrays; and for each result and input the Jacobian that the backward pass gives."""
    leaves = [Tensor(array, requires_grad=True) for array in arrays]
    with enable_grad():
        outs = _results(who, name, fun(*leaves))
    base = [np.array(_plain(out), order="C") for out in outs]
    jacobians = []
    for array, out in zip(base, outs, strict=True):
        rows = _parts(array).size
        blocks = [np.zeros((rows, _parts(array).size)) for array in arrays]
        jacobians.append(blocks)
        if isinstance(out, Tensor) and out.requires_grad:
            for row in range(rows):
                seed = np.zeros_like(out._content, order="C")
                _parts(seed)[row] = 1
                for block, g in zip(blocks, gradients([out], leaves, [seed], True), strict=True):
                    if g is not None:
                        block[row] = _parts(g)
    for i, (leaf, array) in enumerate(zip(leaves, arrays, strict=True)):
        if not np.array_equal(leaf._content, array):
            raise AssertionError(f"{who}: {name} changed its argument {i}, or its backward pass did")
    again = _results(who, name, fun(*[wrap(array.copy()) for array in arrays]))
    for values, out in zip(base, again, strict=True):
        if not np.allclose(values, _plain(out), rtol=1e-10, atol=1e-10 * _largest(values)):
            raise AssertionError(f"{who}: {name} gives another result when called again; is it random?")
    return base, jacobians


def _numerical(
    who: str, name: str, fun: Callable[..., Any], arrays: list[Any], i: int, base: list[Any], eps: float
) -> list[tuple[Any, Any]]:
    """For each result, its Jacobian by the i-th input from central differences; and how far one-sided ones disagree."""
    n = _parts(arrays[i]).size
    before = [_parts(values) for values in base]
    found = [(np.zeros((values.size, n)), np.zeros((values.size, n))) for values in before]

    def slopes(column: int, step: float) -> list[tuple[Any, Any]]:
        """Forward and backward difference of each result."""
        results = []
        for sign in (1, -1):
            moved = [array.copy() for array in arrays]
            part = _parts(moved[i])
            start = part[column]
            part[column] += sign * step
            distance = part[column] - start
            outs = _results(who, name, fun(*[wrap(array) for array in moved]))
            results.append([(_parts(out) - values) / distance for out, values in zip(outs, before, strict=True)])
        return list(zip(*results, strict=True))

    for column in range(n):
        step = eps * max(1.0, abs(_parts(arrays[i])[column]))
        closer: list[tuple[Any, Any]] | None = None
        for k, (ahead, behind) in enumerate(slopes(column, step)):
            central, bend = (ahead + behind) / 2, np.abs(ahead - behind)
            scale = max(_largest(ahead), _largest(behind))
            doubtful = bend > _KINK * scale + 2 * _ROUNDING * np.abs(before[k]) / step
            if scale > 1e-8 * max(1.0, _largest(before[k])) and doubtful.any():
                # Half the step halves the bend of a smooth function, and leaves the slope in the middle what it is.
                closer = slopes(column, step / 2) if closer is None else closer
                half, half_bend = sum(closer[k]) / 2, np.abs(closer[k][0] - closer[k][1])
                kinked = doubtful & ((half_bend > 0.75 * bend) | (np.abs(half - central) > 0.1 * bend))
                if kinked.any():
                    row = int(np.argmax(kinked))
                    raise ValueError(
                        f"{who}: {name} has a kink within {step:.1e} of argument {i}[{_index(arrays[i], column)}]: "
                        f"one-sided differences give {behind[row]:.6g} and {ahead[row]:.6g}; choose inputs away from it"
                    )
            found[k][0][:, column], found[k][1][:, column] = central, bend
    return found


def _compare(
    who: str, name: str, array: Any, i: int, values: Any, k: int | None, analytical: Any, central: Any, bend: Any,
    eps: float, tolerance: float,
) -> None:  # fmt: skip
    if not central.size:
        return
    if not np.isfinite(analytical).all():
        row, column = np.argwhere(~np.isfinite(analytical))[0]
        raise ValueError(
            f"{who}: {name}: the derivative by argument {i}[{_index(array, column)}] is {analytical[row, column]}"
        )
    scale = max(_largest(analytical), _largest(central))
    allowed = tolerance * scale + _ROUNDING * np.abs(_parts(values))[:, None] / eps
    size = max(1.0, _largest(values), _largest(array))
    if scale < 1e-8 * size:  # a derivative of zero shows as rounding: its own, and that of slopes, which then disagree
        allowed = allowed + 10 * _largest(bend) + _ROUNDING * size
    excess = np.abs(analytical - central) - allowed
    if (excess > 0).any():
        row, column = np.unravel_index(np.argmax(excess), excess.shape)
        where = "result" if k is None else f"result {k}"
        raise AssertionError(
            f"{who}: {name}: d {where}[{_index(values, int(row))}] / d argument {i}[{_index(array, int(column))}]: "
            f"the backward pass gives {analytical[row, column]:.9}, differences give {central[row, column]:.9}"
        )


# ---- values ----------------------------------------------------------------------------------------------------------


def _parts(value: Any) -> Any:
    """An array's real numbers as one vector: of a complex array the real and imaginary parts in turn. A view."""
    array = np.ascontiguousarray(_plain(value))
    return array.reshape(-1).view(np.float64)


def _copied(who: str, i: int, value: Any) -> Any:
    if isinstance(value, tuple | list) and any(isinstance(item, Tensor) for item in value):
        raise TypeError(
            f"{who}: expected arrays as inputs, got a {type(value).__name__}; pass them one by one: {who}(f, x, y)"
        )
    array = np.array(_plain(value), order="C")
    if array.dtype not in (np.float64, np.complex128):
        raise TypeError(
            f"{who}: expected float64 or complex128 for argument {i}, got {array.dtype}; convert it, or, if it is not "
            f"to be differentiated, close over it"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{who}: argument {i} has values that are not finite")
    return array


def _results(who: str, name: str, result: Any) -> list[Any]:
    results = list(result) if isinstance(result, tuple | list) else [result]
    for k, out in enumerate(results):
        dtype = getattr(out, "dtype", np.result_type(type(out)) if isinstance(out, float | complex) else type(out))
        if dtype not in (np.float64, np.complex128):
            raise TypeError(f"{who}: expected float64 or complex128 as result {k} of {name}, got {dtype}")
        data = _plain(out)
        if not np.isfinite(data).all():
            raise ValueError(f"{who}: {name} gives values that are not finite: {data}")
    return results


def _plain(value: Any) -> Any:
    return value._content if isinstance(value, Tensor) else value


def _largest(array: Any) -> float:
    return float(np.max(np.abs(array), initial=0.0))


def _index(array: Any, column: int) -> str:
    """Where the real number at `column` of `_parts` stands in the array."""
    part = ""
    if array.dtype.kind == "c":
        column, which = divmod(column, 2)
        part = ".imag" if which else ".real"
    index = np.unravel_index(column, array.shape)
    return f"{tuple(int(n) for n in index)}{part}" if len(index) != 1 else f"{int(index[0])}{part}"


def _name(fun: Any) -> str:
    return str(getattr(fun, "__name__", None) or type(fun).__name__)
