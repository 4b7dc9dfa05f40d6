"""`trace`: the program that a function amounts to for arguments like these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.tensor import Tensor
from ..transforms.tree import leaves
from .capture import Capture
from .cost import cost
from .passes import improve
from .places import Surroundings
from .printing import arrays, source
from .program import Program
from .snapshot import unchanged


def trace(fun: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Program:
    """The program of NumPy's functions that `fun(*args, **kwargs)` amounts to, for arguments like these.

    fun  a function of arrays, Tensors, and containers of them: also one that `grad` or `value_and_grad` gives, or a
         whole training step. Parameters, buffers and an optimizer's arrays that it uses are the program's state.

    `fun` is called once, on stand-ins that write down what NumPy is asked to do; parameters, optimizers, lists, dicts
    and the generator of random numbers are then as they were before. What the program takes for granted (a branch that
    depends on a value) is in it as a check.

    Raises TypeError, with the line, where a value leaves the trace otherwise, as by `np.asarray(x)` or `print(x)`.

    >>> program = trace(lambda x, y: np.tanh(x @ y).sum(), np.ones((2, 3)), np.ones(3))
    >>> len(program.statements)
    3
    """
    if not callable(fun):
        raise TypeError(f"trace: expected a function, got {type(fun).__name__}")
    around = Surroundings(fun)
    around.add([leaf for leaf in leaves((args, kwargs)) if not isinstance(leaf, Tensor | np.ndarray)])
    with unchanged(around, args, kwargs):
        captured = Capture(fun, args, kwargs, around, strict=True)
    return improve(captured.program)


Program.source = property(source)  # type: ignore[assignment,method-assign,misc]
Program.arrays = property(arrays)  # type: ignore[assignment,method-assign,misc]
Program.cost = property(cost)  # type: ignore[assignment,method-assign,misc]
