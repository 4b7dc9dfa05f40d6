"""A function recorded once, then repeated without its Python code: only what depends on its arguments is computed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ...transforms.tree import leaves
from ..repeating import Repeatable

__all__ = ["const_graph"]


def const_graph(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """A function of the arguments that are not given here, which calls `fun` once and then repeats its operations.

    What does not depend on those arguments is kept from the first call: so are the way that conditions and loops took,
    the numbers that were drawn, and what no derivative leads through, a comparison or an index. Derivatives that `fun`
    takes are repeated too. Arguments of other shapes or dtypes begin with a call of their own. The function that is
    returned can be differentiated.

    Raises ValueError at the first call if the result does not depend on its arguments or if something else that is
    tracked went in, TypeError if no argument is floating.

    >>> from autograd.misc import const_graph
    >>> def slope(a, x):
    ...     print("called")
    ...     return a * grad(lambda x: x**3)(x)
    >>> double = const_graph(slope, 2.0)
    >>> double(1.0), double(3.0)
    called
    (np.float64(6.0), np.float64(54.0))
    """
    rest = functools.partial(fun, *args, **kwargs)
    recorded: dict[Any, Repeatable] = {}

    @functools.wraps(fun)
    def repeat(*values: Any) -> Any:
        kind = tuple([(np.shape(leaf), getattr(leaf, "dtype", type(leaf))) for leaf in leaves(values)])
        if kind in recorded:
            return recorded[kind](*values)
        made = Repeatable("const_graph", rest, values)
        if not any(made.outs):
            raise ValueError("const_graph: the result does not depend on the arguments; call the function itself")
        recorded[kind] = made
        return made.value

    return repeat
