"""Einstein sums: what is to be done is planned once for each kind of sum and its shapes, and done by BLAS.

A `Contraction` names the axes of its one or two operands and of its result by labels, as einsum does. It is closed
under differentiation: a label of the result that no operand has is repeated along its axis, a label that stands twice
in the result fills the diagonal. So the VJP for an operand is again a contraction, of the gradient with the other one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.declare import linear, primitive
from ..engine.halves import in_single
from ..engine.left import PLAIN
from ..engine.primitive import Function

Labels = tuple[Any, ...]


class Contraction:
    """A sum of products over labelled axes.

    operands  the labels of each operand's axes
    result    the labels of the result's axes
    sizes     how long the axis of each label is

    Two operands become one `matmul`: axes that both have and the result keeps are its batch, axes that both have and
    the result lacks are summed. Orders of axes are chosen so that operands in C order are reshaped without a copy.
    """

    __slots__ = ("_steps", "_vjps", "operands", "result", "sizes")

    def __init__(self, operands: tuple[Labels, ...], result: Labels, sizes: dict[Any, int]) -> None:
        self.operands = operands
        self.result = result
        self.sizes = sizes
        self._vjps: list[Contraction | None] = [None] * len(operands)
        self._steps: Any = None

    def vjp(self, i: int) -> Contraction:
        """For operand i: of the gradient and the other operand; where i is 1, of the other operand and the gradient."""
        found = self._vjps[i]
        if found is None:
            inputs = list(self.operands)
            inputs[i] = self.result
            found = self._vjps[i] = contraction(tuple(inputs), self.operands[i], self.sizes)
        return found

    def __call__(self, *arrays: Any) -> Any:
        if self._steps is None:
            self._steps = _one(self) if len(arrays) == 1 else _two(self)
        return self._steps(*arrays)

    def __repr__(self) -> str:
        names: dict[Any, str] = {}
        spell: Any = lambda labels: "".join(names.setdefault(label, _letter(len(names))) for label in labels)
        return f"{','.join(map(spell, self.operands))}->{spell(self.result)}"


PLAIN.add(Contraction)


def _letter(k: int) -> str:
    return chr(ord("a") + k) if k < 26 else chr(ord("A") + k - 26)


_known: dict[Any, Contraction] = {}


def contraction(operands: tuple[Labels, ...], result: Labels, sizes: dict[Any, int]) -> Contraction:
    """The one Contraction of these labels and sizes."""
    labels = dict.fromkeys(label for part in (*operands, result) for label in part)
    key = operands, result, tuple([sizes[label] for label in labels])
    found = _known.get(key)
    if found is None:
        if len(_known) > 4096:
            _known.clear()
        found = _known[key] = Contraction(operands, result, sizes)
    return found


# ---- the steps ------------------------------------------------------------------------------------------------------


def _tidy(labels: Labels, keep: Any) -> tuple[Any, Labels]:
    """What makes an operand's labels distinct and sums those not in `keep`: a function, or None, and the labels."""
    steps: list[Any] = []
    while len(set(labels)) < len(labels):
        label = next(label for label in labels if labels.count(label) > 1)
        i = labels.index(label)
        j = labels.index(label, i + 1)
        steps.append(lambda x, i=i, j=j: x.diagonal(0, i, j))
        labels = (*labels[:i], *labels[i + 1 : j], *labels[j + 1 :], label)
    axes = tuple([i for i, label in enumerate(labels) if label not in keep])
    if axes:
        steps.append(in_single(lambda x: x.sum(axes, x.dtype)))
        labels = tuple([label for label in labels if label in keep])
    if not steps:
        return None, labels
    return lambda x: _apply(steps, x), labels


def _apply(steps: list[Any], x: Any) -> Any:
    for step in steps:
        x = step(x)
    return x


def _finish(have: Labels, result: Labels, sizes: dict[Any, int]) -> Any:
    """What brings distinct labels into the order of the result, repeats what is missing and fills diagonals."""
    distinct = tuple(dict.fromkeys(result))
    order = tuple([have.index(label) for label in distinct if label in have])
    steps: list[Any] = []
    if order != tuple(range(len(order))):
        steps.append(lambda x: x.transpose(order))
    if len(have) < len(distinct):
        index = tuple([slice(None) if label in have else None for label in distinct])
        shape = tuple([sizes[label] for label in distinct])
        steps.append(lambda x: np.broadcast_to(x[index], shape))
    if len(distinct) < len(result):
        steps.append(lambda x: _on_diagonal(x, distinct, result, sizes))
    return steps


def _on_diagonal(x: Any, distinct: Labels, result: Labels, sizes: dict[Any, int]) -> Any:
    made = np.zeros_like(x, shape=tuple([sizes[label] for label in result]))
    n = len(distinct)
    places = [np.arange(sizes[label]).reshape((-1,) + (1,) * (n - 1 - distinct.index(label))) for label in result]
    made[tuple(places)] = x
    return made


def _one(self: Contraction) -> Any:
    tidy, labels = _tidy(self.operands[0], self.result)
    steps = ([] if tidy is None else [tidy]) + _finish(labels, self.result, self.sizes)
    return lambda x: _apply(steps, x) if steps else x.view() if x.ndim else x.copy()


def _two(self: Contraction) -> Any:
    (of_x, of_y), result, sizes = self.operands, self.result, self.sizes
    tidy_x, of_x = _tidy(of_x, {*of_y, *result})
    tidy_y, of_y = _tidy(of_y, {*of_x, *result})
    in_x, in_y, in_result = set(of_x), set(of_y), set(result)
    summed = [label for label in of_x if label in in_y and label not in in_result]
    if not summed:
        return _product(of_x, of_y, tidy_x, tidy_y, self)
    batch = [label for label in dict.fromkeys(result) if label in in_x and label in in_y]
    keep_x = [label for label in of_x if label not in in_y]
    keep_y = [label for label in of_y if label not in in_x]
    # the result's order for what is kept spares a copy of the result, an operand's order one of the operand
    wanted_x = [label for label in dict.fromkeys(result) if label in keep_x]
    wanted_y = [label for label in dict.fromkeys(result) if label in keep_y]
    size: Any = lambda labels: math.prod([sizes[label] for label in labels])

    def cost(choice: Any) -> int:
        kx, ky, s = choice
        copied = 0 if _fits(of_x, batch, kx, s) else size(of_x)
        copied += 0 if _fits(of_y, batch, ky, s) else size(of_y)
        return copied + (0 if kx == wanted_x and ky == wanted_y else size(result))

    in_order_of_y = [label for label in of_y if label in summed]
    choices = [(kx, ky, s) for s in (summed, in_order_of_y) for kx in (wanted_x, keep_x) for ky in (wanted_y, keep_y)]
    keep_x, keep_y, summed = min(choices, key=cost)
    turned = _turned(result, keep_x, keep_y, batch)
    if turned:  # the result wants the other operand's axes first
        of_x, of_y, tidy_x, tidy_y, keep_x, keep_y = of_y, of_x, tidy_y, tidy_x, keep_y, keep_x
    order_x, shape_x, flip_x = _arrange(of_x, batch, keep_x, summed, sizes)
    order_y, shape_y, flip_y = _arrange(of_y, batch, keep_y, summed, sizes)
    flip_y = not flip_y  # y's summed axes come first
    have = (*batch, *keep_x, *keep_y)
    shape = tuple([sizes[label] for label in have])
    finish = _finish(have, result, sizes)
    reshape_x, reshape_y = (not len(kept) == len(summed) == 1 for kept in (keep_x, keep_y))
    reshape = not len(keep_x) == len(keep_y) == 1

    def run(x: Any, y: Any) -> Any:
        if turned:
            x, y = y, x
        if tidy_x is not None:
            x = tidy_x(x)
        if tidy_y is not None:
            y = tidy_y(y)
        if order_x is not None:
            x = x.transpose(order_x)
        if reshape_x:
            x = x.reshape(shape_x)
        if flip_x:
            x = x.swapaxes(-1, -2)
        if order_y is not None:
            y = y.transpose(order_y)
        if reshape_y:
            y = y.reshape(shape_y)
        if flip_y:
            y = y.swapaxes(-1, -2)
        made = x @ y
        if reshape:
            made = made.reshape(shape)
        for step in finish:
            made = step(made)
        return made

    return run


def _fits(labels: Labels, batch: list[Any], kept: list[Any], summed: list[Any]) -> bool:
    """Whether an operand in C order becomes (batch, kept, summed) by views only: each group together, in its order."""
    n, k = len(kept), len(summed)
    rest = [label for label in labels if label not in batch]
    if rest not in (kept + summed, summed + kept):
        return False
    text = list(labels)
    together: Any = lambda group: not group or text[(i := text.index(group[0])) : i + len(group)] == group
    return (n < 2 or together(kept)) and (k < 2 or together(summed))


def _arrange(labels: Labels, batch: list[Any], kept: list[Any], summed: list[Any], sizes: dict[Any, int]) -> Any:
    """The order of axes and the shape of an operand as a stack of matrices; and whether these are (summed, kept)."""
    rest = [label for label in labels if label not in batch]
    flipped = rest == summed + kept and bool(kept)
    groups = (summed, kept) if flipped else (kept, summed)
    order = tuple([labels.index(label) for label in (*batch, *groups[0], *groups[1])])
    shape = [sizes[label] for label in batch] + [math.prod([sizes[label] for label in group]) for group in groups]
    return None if order == tuple(range(len(order))) else order, tuple(shape), flipped


def _turned(result: Labels, keep_x: list[Any], keep_y: list[Any], batch: list[Any]) -> bool:
    kept = [label for label in dict.fromkeys(result) if label in keep_x or label in keep_y]
    return kept == keep_y + keep_x and bool(keep_x) and bool(keep_y)


def _product(of_x: Labels, of_y: Labels, tidy_x: Any, tidy_y: Any, self: Contraction) -> Any:
    """Nothing is summed over both operands: they are multiplied, in the order of the result."""
    have = tuple([label for label in dict.fromkeys(self.result) if label in of_x or label in of_y])
    align_x, align_y = _align(of_x, have), _align(of_y, have)
    finish = _finish(have, self.result, self.sizes)

    def run(x: Any, y: Any) -> Any:
        x = align_x(x if tidy_x is None else tidy_x(x))
        y = align_y(y if tidy_y is None else tidy_y(y))
        return _apply(finish, x * y)

    return run


def _align(labels: Labels, have: Labels) -> Any:
    order = tuple([labels.index(label) for label in have if label in labels])
    index = tuple([slice(None) if label in labels else None for label in have])
    return lambda x: x.transpose(order)[index]


# ---- the primitives -------------------------------------------------------------------------------------------------


def _contract_one(x: Any, plan: Contraction) -> Any:
    return plan(x)


def _contract_two(x: Any, y: Any, plan: Contraction) -> Any:
    return plan(x, y)


contract_one: Function = linear(
    _contract_one, name="einsum", views=True, x=lambda g, plan: contract_one(g, plan.vjp(0))
)
contract_two: Function = primitive(
    _contract_two, name="einsum", kind="bilinear", single=True,
    x=lambda g, y, plan: contract_two(g, y, plan.vjp(0)),
    y=lambda g, x, plan: contract_two(x, g, plan.vjp(1)),
)  # fmt: skip
