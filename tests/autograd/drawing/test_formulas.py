"""The formula of every rule is true: evaluated, it gives what the engine's VJP gives."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor, draw, logsumexp, ops, primitive
from autograd.drawing.formulas import Formula, environment, formula
from autograd.drawing.reading import KNOWN, WORDS
from autograd.drawing.textbook import FILLED_UP, MATRIX_FUNCTIONS, OF_MATRICES, SCIPYS, TALL, TEXTBOOK
from autograd.engine.broadcasting import sum_to
from autograd.engine.node import Node, walk
from autograd.engine.primitive import Cotangents, Primitive, registry, rule_of
from autograd.engine.sums import total_of_product
from autograd.engine.sweep import _fit
from autograd.ops.joining import crop
from autograd.ops.pairs import pair_products, pair_sums
from autograd.ops.sliding import from_max
from autograd.ops.special import bell, log_softmax_at
from autograd.ops.standardization import center, rescale, standardize
from autograd.ops.ufuncs import scatter_add

scipy = pytest.importorskip("scipy")
linalg = pytest.importorskip("autograd.scipy.linalg")  # which load SciPy's
special = pytest.importorskip("autograd.scipy.special")

FILES = ["elementwise", "reductions", "special", "sorting", "products", "linalg", "indexing", "shape", "fft", "ufuncs"]
ROWS_OF = ("TABLE", "ROWS")


def cases(name: str) -> Iterator[tuple[Any, list[Any]]]:
    """The rows of the tables that test a family of functions, each as a function and its inputs."""
    module = importlib.import_module(f"..ops.test_{name}", __package__)
    for table in [getattr(module, table) for table in ROWS_OF if hasattr(module, table)]:
        if isinstance(table, dict):
            yield from ((function, list(inputs)) for function, inputs in table.values())
            continue
        for item in table:
            row = item.values[0]
            if hasattr(row, "inputs"):
                yield row, row.inputs()


def tensors(value: Any) -> list[Tensor]:
    items = value if isinstance(value, tuple | list) else (value,)
    return [item for item in items if isinstance(item, Tensor) and item._node is not None]


def record(function: Any, inputs: list[Any]) -> list[Node]:
    given = [Tensor(x, requires_grad=True) if np.asarray(x).dtype.kind in "fc" else x for x in inputs]
    with np.errstate(all="ignore"):
        return walk([result._node for result in tensors(function(*given)) if result._node is not None])


def cotangent(node: Node, nodes: list[Node], rng: np.random.Generator) -> Any:
    def like(shape: Any, dtype: Any) -> Any:
        values = rng.normal(size=shape) + (1j * rng.normal(size=shape) if dtype.kind == "c" else 0)
        return np.asarray(values, dtype)

    if type(node.shape) is tuple:
        return like(node.shape, node.dtype)
    picks = [other for other in nodes if node in other.parents and other.name == "output"]
    parts: list[Any] = [None] * picks[0].saved[1]  # type: ignore[index]
    for pick in picks:
        parts[pick.saved[0]] = like(pick.shape, pick.dtype)  # type: ignore[index]
    return Cotangents(parts)


def evaluate(found: Formula, node: Node, k: int, g: Any) -> Any:
    assert node.plan is not None
    assert node.saved is not None
    saved = dict(zip(node.plan.names, node.saved, strict=True))
    arrays = {}
    for symbol, what in found.arrays.items():
        arrays[symbol] = g if what == "g" else saved[what[0]][what[1]] if type(what) is tuple else saved[what]
    return eval(found.code, {**environment(node, k), **arrays})


def check(nodes: list[Node], seen: set[Primitive] | None = None) -> None:
    rng = np.random.default_rng(3)
    for node in nodes:
        for k, parent in enumerate(node.parents):
            assert node.plan is not None
            if seen is not None:
                seen.add(node.plan.primitive)
            g = cotangent(node, nodes, rng)
            found = formula(node, k, lambda argument, value: f"<{argument}>", "<out>")
            with np.errstate(all="ignore"):
                want, got = node.plan.vjps[k](g, node.saved), evaluate(found, node, k, g)
            if want is None or isinstance(want, tuple | list):
                continue
            if want.shape != parent.shape:
                want = _fit(want, parent, node)
            if parent.dtype is not None and parent.dtype.kind != "c":
                want, got = want.real, got.real  # the sweep gives a gradient its input's dtype
            assert got.shape == want.shape, found
            np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-9, err_msg=f"{node.name}: {found}")
            assert strange_names(found.text) == set(), f"{node.name}: {found.text}"
            assert_known_or_said(found.text, node, k)
            if "∂" in found.text and seen is not None:
                UNTOLD.setdefault(f"{node.name}.{node.plan.inputs[k]}", set()).add(why_untold(node, k))
            symbols = re.findall(r"_\d+_", found.code)
            assert all(symbol in found.arrays for symbol in symbols)
            assert "_0_" not in found.text


def why_untold(node: Node, k: int) -> str:
    """Why a formula says no more than that it is a derivative, where there is a reason."""
    assert node.plan is not None
    input, shape = node.plan.inputs[k], node.parents[k].shape
    if rule_of(node.plan.primitive, input).__name__ in FILLED_UP:
        return "columns fill up a basis"
    if f"{node.name}.{input}" in TALL and shape[-2] < shape[-1]:
        return "wide"
    saved = [part for value in node.saved for part in (value if isinstance(value, tuple) else (value,))]  # type: ignore
    return "complex" if any(np.iscomplexobj(part) for part in saved) else "no reason"


UNTOLD: dict[str, set[str]] = {}


def strange_names(text: str) -> set[str]:
    """The functions in a formula that a reader does not know: neither NumPy's nor public, nor plain words."""
    called = set(re.findall(r"(?<![\w.])(\w+)\(", text))
    return called - KNOWN - set(autograd.__all__) - OWN


OWN = {"rule", "looped"}
"""The rules that tests declare: they are called by the name that they have there."""


def assert_known_or_said(before: str, node: Node, k: int) -> None:
    """Once its values are freed a node's formula is the same, as long as its constants are still there.

    How its inputs lay in memory is forgotten, by which two ways to write a product differ.
    """
    saved, node.saved = node.saved, None
    if node.plan is not None and node.plan.left:
        node.left = saved if node.plan.left is True else node.plan.left(saved)
    after = formula(node, k, lambda argument, value: f"<{argument}>", "<out>").text
    node.saved = saved
    plain = re.sub(r"^\((ḡ.*)\.T @ (<x>.*)\)\.(T|swapaxes\(-1, -2\))$", r"\2.T @ \1", before)
    assert after in (before, plain), f"{node.name}: {before} became {after}"


SEEN: set[Primitive] = set()


@pytest.mark.parametrize("name", FILES)
def test_formulas_of_every_row_are_true(name: str) -> None:
    n = 0
    for function, inputs in cases(name):
        check(record(function, inputs), SEEN)
        n += 1
    assert n or name == "ufuncs"


def test_a_wrong_formula_would_be_found() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    nodes = walk([(x * x).grad_fn])  # type: ignore[list-item]
    found = formula(nodes[0], 0, lambda argument, value: str(argument), "out")
    wrong = Formula(found.code.replace("*", "+"), found.arrays, found.text)
    g = np.array([3.0, 5.0])
    assert np.any(evaluate(wrong, nodes[0], 0, g) != evaluate(found, nodes[0], 0, g))


def array(*shape: int) -> Tensor:
    return Tensor(np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape), requires_grad=True)


def assigned(index: Any, value: Any) -> Tensor:
    made = array(3) * 2.0
    made[index] = value
    return made


X, W, B, V = array(4, 3), array(3, 2), array(2), array(3)
TEXTS = [
    (lambda: X @ W, ["ḡ @ W.T", "X.T @ ḡ"]),
    (lambda: (X @ W) + B, ["ḡ", "ḡ.sum(0)"]),
    (lambda: X * array(4, 1), ["ḡ * x1", "(ḡ * X).sum(1, keepdims=True)"]),
    (lambda: X * V, ["ḡ * V", "(ḡ * X).sum(0)"]),
    (lambda: X**2, ["ḡ * (2 * X)"]),
    (lambda: X.tanh(), ["ḡ * (1 - v1 * v1)"]),
    (lambda: X.sum(), ["broadcast_to(ḡ, (4, 3))"]),
    (lambda: X.mean(axis=0, keepdims=True), ["broadcast_to(ḡ / 4, (4, 3))"]),
    (lambda: X.T, ["ḡ.T"]),
    (lambda: np.stack([V.sum(), V.sum()]), ["ḡ[0]", "ḡ[1]"]),
    (lambda: X**4, ["ḡ * (4 * (X * X * X))"]),
    (lambda: array(5, 4, 3) * array(4, 1), ["ḡ * x2", "(ḡ * x1).sum((0, 2)).reshape((4, 1))"]),
    (lambda: array(5, 4, 3) * array(1, 3), ["ḡ * x2", "(ḡ * x1).sum((0, 1)).reshape((1, 3))"]),
    (lambda: array(5, 4, 3) * array(1, 1), ["ḡ * x2", "(ḡ * x1).sum().reshape((1, 1))"]),
    (lambda: array(5, 4, 3) + array(), ["ḡ", "ḡ.sum()"]),
    (lambda: array(5, 4, 3) @ W, ["ḡ @ W.T", "x1.reshape(20, 3).T @ ḡ.reshape(20, 2)"]),
    (
        lambda: array(2, 1, 4, 3) @ array(5, 3, 2),
        ["(ḡ @ x2.swapaxes(-1, -2)).sum(1, keepdims=True)", "(x1.swapaxes(-1, -2) @ ḡ).sum(0)"],
    ),
    (lambda: X[1:3, ::2], ["scatter_add(ḡ, np.s_[1:3, ::2], (4, 3))"]),
    (lambda: autograd.windows(X, (2, 2)), ["fold(ḡ, (4, 3))"]),
    (lambda: assigned(1, array()), ["ḡ with [1] = 0", "ḡ[1]"]),
    (lambda: assigned(np.s_[1:], 0.0), ["ḡ with [1:] = 0"]),
    (lambda: X * Tensor(3.0), ["ḡ * 3"]),
    (lambda: X * Tensor(-3.0), ["ḡ * (-3)"]),
    (lambda: np.concatenate([X, X]), ["ḡ[0:4, :]", "ḡ[4:8, :]"]),
    (lambda: np.einsum("ij,jk->ik", X, W), ["np.einsum('ab,cb->ac', ḡ, W)", "np.einsum('ab,ac->bc', X, ḡ)"]),
    (lambda: 2 / V, ["-ḡ * v1 / V"]),
    (lambda: np.logaddexp(0, V), ["ḡ * sigmoid(V)"]),
    (lambda: np.logaddexp(V, 0), ["ḡ * sigmoid(V)"]),
    (
        lambda: autograd.ops.multiply_add(array(5, 2), B, array(1, 2)),
        ["ḡ * B", "(ḡ * x1).sum(0)", "ḡ.sum(0, keepdims=True)"],
    ),
    (lambda: V @ W, ["W @ ḡ", "np.outer(V, ḡ)"]),
    (lambda: X @ V, ["np.outer(ḡ, V)", "X.T @ ḡ"]),
    (lambda: np.einsum("ii->", X[:3]), ["np.einsum(',ab->ab', ḡ, np.eye(3))"]),
    (lambda: np.einsum("ijk->j", array(2, 4, 3)), ["np.einsum('a,b,c->bac', ḡ, np.ones(2), np.ones(3))"]),
    (lambda: autograd.softmax(X, -1), ["(ḡ - (ḡ * v1).sum(-1, keepdims=True)) * v1"]),
    (lambda: np.abs(X), ["ḡ * np.sign(X)"]),
    (lambda: X * 2j, ["(ḡ * 2j).real"]),
    (lambda: np.take(V, np.array([0, 2])), ["scatter_add(ḡ, (c1,), (3,))"]),
    (lambda: array(5, 4, 3) @ array(5, 3, 2), ["ḡ @ x2.swapaxes(-1, -2)", "x1.swapaxes(-1, -2) @ ḡ"]),
]


@pytest.mark.parametrize(("make", "texts"), TEXTS)
def test_texts(make: Any, texts: list[str]) -> None:
    result = make()
    drawn = draw(result, names={"X": X, "W": W, "B": B, "V": V})
    last = next(box.id for box in drawn.graph.boxes if box.output)
    assert [arrow.formula for arrow in drawn.graph.arrows if arrow.kind == "backward" and arrow.tail == last] == texts
    check(walk([result._node]))


def test_rules_of_other_forms() -> None:
    scale = 3.0

    def rule(g: Any, x: Any, power: Any) -> Any:
        if power > 1:
            return g * power * x ** (power - 1)
        return g

    def looped(g: Any, x: Any) -> Any:
        total = g
        for _ in range(2):
            total = total + g * x
        return total

    first = primitive(lambda x, power: x**power, name="first", x=rule)
    second = primitive(lambda x: x * scale, name="second", x=lambda g: g * scale)
    third = primitive(lambda x: x + x * x, name="third", x=looped)
    texts = []
    for made in (first(V, 3), first(V, 1), second(V), third(V)):
        check(walk([made._node]))
        texts.append(draw(made, names={"V": V}).graph.arrows[-1].formula)
    assert texts == ["ḡ * 3 * V ** 2", "ḡ", "ḡ * 3.0", "looped(ḡ, V)"]


def test_a_rule_in_the_style_of_hips_is_a_derivative() -> None:
    from autograd.extend import defvjp
    from autograd.extend import primitive as plain

    @plain
    def cube(x: Any) -> Any:
        return x**3

    defvjp(cube, lambda ans, x: lambda g: g * 3 * x**2)
    made = cube(V)
    check(walk([made._node]))
    assert draw(made, names={"V": V}).graph.arrows[-1].formula == "ḡ · ∂v1/∂V"


def test_after_the_values_were_freed() -> None:
    loss = ((X @ W + B) ** 2).sum()
    loss.backward()
    X.grad = W.grad = B.grad = None
    drawn = draw(loss, names={"X": X, "W": W, "B": B})
    assert [arrow.formula for arrow in drawn.graph.arrows if arrow.kind == "backward"] == [
        "ḡ @ W.T", "X.T @ ḡ", "ḡ", "ḡ.sum(0)", "ḡ * (2 * v2)", "broadcast_to(ḡ, (4, 2))"
    ]  # fmt: skip
    assert drawn.graph.notes == ()


def test_a_constant_that_nobody_holds_is_gone_once_it_was_freed() -> None:
    loss = (X[1:] * np.full((3, X.shape[1]), 2.0)).sum()
    assert "X[1:]" in draw(loss, names={"X": X}).text()
    loss.backward()
    X.grad = None
    drawn = draw(loss, names={"X": X})
    assert "X[1:]" in drawn.text()
    assert "v1 * …" in drawn.text()
    assert "freed" in drawn.graph.notes[0]


def test_a_freed_step_of_training_names_no_helper() -> None:
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3)
    )
    net = nn.Sequential(net, nn.LayerNorm(3))
    loss = nn.functional.cross_entropy(net(np.ones((2, 1, 6, 6), np.float32)), np.array([0, 1]))
    before = draw(loss, names=net)
    loss.backward()
    after = draw(loss, names=net)
    assert [(a.tail, a.head) for a in before.graph.arrows if a.kind == "backward"] == [
        (a.tail, a.head) for a in after.graph.arrows if a.kind == "backward"
    ]
    for drawn in (before, after):
        assert all(strange_names(arrow.formula) == set() for arrow in drawn.graph.arrows)


# ---- against finite differences, and the rows of what no other table has --------------------------------------------

_R = np.random.default_rng(5)
A, S, P4 = _R.normal(size=(4, 3)), _R.normal(size=(3, 3)) + 3 * np.eye(3), _R.normal(size=(2, 2, 5, 5))
KERNEL, INDEX = _R.normal(size=(4, 2, 3, 3)), np.array([0, 2, 0])
GEOMETRY = ((1, 1), ((0, 0), (0, 0)), (1, 1))
MADE: dict[str, tuple[Any, list[Any]]] = {
    "multiply": (lambda x, y: x * y, [A, A[0] + 2]),
    "power": (lambda x: (x * x + 1) ** 1.5, [A]),
    "tanh": (np.tanh, [A]),
    "where": (lambda x, y: np.where(A > 0, x, y), [A, A + 1]),
    "sum": (lambda x: x.sum(axis=1), [A]),
    "mean": (lambda x: x.mean(axis=0, keepdims=True), [A]),
    "max": (lambda x: x.max(axis=0), [A]),
    "var": (lambda x: x.var(axis=1), [A]),
    "cumsum": (lambda x: np.cumsum(x, axis=0), [A]),
    "matmul": (lambda x, y: x @ y, [A, S]),
    "matmul of a vector": (lambda x, y: x @ y, [A, S[0]]),
    "einsum": (lambda x, y: np.einsum("ij,kj->ik", x, y), [A, S]),
    "einsum of one": (lambda x: np.einsum("ij->j", x), [A]),
    "einsum of three": (lambda x, y: np.einsum("ij,jk,k->ik", x, y, S[0]), [A, S]),
    "inv": (np.linalg.inv, [S]),
    "reshape": (lambda x: x.reshape(2, 6), [A]),
    "new axis": (lambda x: x[:, None], [A]),
    "transpose": (lambda x: x.T, [A]),
    "concatenate": (lambda x, y: np.concatenate([x, y]), [A, S]),
    "split": (lambda x: np.split(x, 2), [A]),
    "basic index": (lambda x: x[1:, 0], [A]),
    "index": (lambda x: x[INDEX], [A]),
    "sort": (lambda x: np.sort(x, axis=0), [A]),
    "softmax": (lambda x: autograd.softmax(x, axis=-1), [A]),
    "logsumexp": (lambda x: autograd.logsumexp(x, axis=0), [A]),
    "silu": (autograd.silu, [A]),
    "gelu": (autograd.ops.gelu, [A]),
    "gelu_tanh": (autograd.ops.gelu_tanh, [A]),
    "elu": (lambda x: autograd.ops.elu(x, 0.5, 2.0), [A]),
    "leaky_relu": (lambda x: autograd.ops.leaky_relu(x, 0.5), [A]),
    "hardtanh": (autograd.ops.hardtanh, [A]),
    "hardsigmoid": (autograd.ops.hardsigmoid, [A]),
    "glu": (lambda x: autograd.ops.glu(x, 0), [A]),
    "softshrink": (autograd.ops.softshrink, [A]),
    "affine": (autograd.ops.affine, [A, S[:2], A[0, :2]]),
    "affine of more axes": (autograd.ops.affine, [P4, _R.normal(size=(3, 5)), A[0]]),
    "multiply_add": (autograd.ops.multiply_add, [A, A[0], A[1]]),
    "center": (lambda x: autograd.ops.center(x, -1), [A]),
    "standardize": (lambda x: autograd.ops.standardize(x, -1, 0.1), [A]),
    "rescale": (lambda x: autograd.ops.rescale(x, -1, 0.1), [A]),
    "log_softmax_at": (lambda x: log_softmax_at(x, np.array([0, 2, 1, 1])), [A]),
    "lstm_gates": (autograd.ops.lstm_gates, [_R.normal(size=(8, 3)), _R.normal(size=(2, 3))]),
    "reached": (
        lambda x: autograd.ops.reached(x, np.zeros((2, 3), bool), np.array([4, 4]))[:, 1:],
        [_R.normal(size=(4, 2, 3))],
    ),
    "pair_products": (pair_products, [A, A + A[::-1]]),
    "pair_sums": (pair_sums, [_R.normal(size=6), A]),
    "pair_distances": (autograd.ops.pair_distances, [A]),
    "bell": (lambda x: bell(x, -0.5, 2.0), [A]),
    "total_of_product": (lambda x, y: total_of_product(x, y, (0,)), [A, A + 1]),
    "sum_to": (lambda x: sum_to(x, (1, 3)), [A]),
    "scatter_add": (lambda x: scatter_add(x, (INDEX,), (4, 3)), [S]),
    "crop": (lambda x: crop(x, ((1, 0), (0, 1))), [A]),
    "bincount": (lambda x: np.bincount(INDEX, weights=x), [A[0]]),
    "correlate": (autograd.ops.correlate, [P4, KERNEL]),
    "correlate_transpose": (
        lambda y, w: autograd.ops.correlate_transpose(y, w, (5, 5), *GEOMETRY), [_R.normal(size=(2, 4, 3, 3)), KERNEL]
    ),
    "correlate_kernel": (
        lambda y, x: autograd.ops.correlate_kernel(y, x, (3, 3), *GEOMETRY), [_R.normal(size=(2, 4, 3, 3)), P4]
    ),
    "windows": (lambda x: autograd.windows(x, (2, 2)), [A]),
    "fold": (lambda x: autograd.fold(x, (4, 3)), [_R.normal(size=(3, 2, 2, 2))]),
    "sum_windows": (lambda x: autograd.ops.sum_windows(x, (2, 2)), [A]),
    "spread_windows": (lambda x: autograd.ops.spread_windows(x, (4, 3), (2, 2), 1, 0, 1), [_R.normal(size=(3, 2))]),
    "max_windows": (lambda x: autograd.ops.max_windows(x, (2, 2)), [A]),
    "i1_slope": (autograd.ops.special.i1_slope, [A]),
    "i_over_power": (lambda x: autograd.ops.special.i_over_power(2, x), [A]),
    "from_max": (lambda g: from_max(g, A, autograd.ops.max_windows(A, (2, 2)), (2, 2), 1, 0, 1), [A + 1]),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_formulas_against_finite_differences(name: str) -> None:
    """The chain of the formulas alone, evaluated from the results back to the inputs, is the slope of the function."""
    function, inputs = MADE[name]
    given = [Tensor(x, requires_grad=True) for x in inputs]
    results = tensors(function(*given))
    nodes = walk([result._node for result in results if result._node is not None])
    check(nodes, SEEN)
    rng = np.random.default_rng(6)
    weights = [rng.normal(size=result.shape) for result in results]
    gradients: dict[int, Any] = {}

    def add(node: Node, g: Any) -> None:
        if isinstance(g, tuple):
            g = Cotangents(g)
        gradients[node.order] = gradients[node.order] + g if node.order in gradients else g

    for result, weight in zip(results, weights, strict=True):
        assert result._node is not None
        add(result._node, weight)
    for node in nodes:
        for k, parent in enumerate(node.parents):
            found = formula(node, k, lambda argument, value: f"<{argument}>", "<out>")
            add(parent, evaluate(found, node, k, gradients[node.order]))

    def value(arrays: list[Any]) -> float:
        made = function(*arrays)
        parts = made if isinstance(made, tuple | list) else [made]
        return sum(float((weight * part).sum()) for weight, part in zip(weights, parts, strict=True))

    for i, x in enumerate(inputs):
        for place in list(np.ndindex(x.shape))[:12]:
            step = np.zeros(x.shape)
            step[place] = 1e-6
            up, down = ([*inputs[:i], x + sign * step, *inputs[i + 1 :]] for sign in (1, -1))
            slope = (value(up) - value(down)) / 2e-6
            np.testing.assert_allclose(gradients[given[i]._node.order][place], slope, rtol=1e-5, atol=1e-6)


SHORT = {"correlate", "conv_transpose", "fold", "spread_over_windows", "to_the_maximum_of_each_window"}
SHORT |= {"at_the_maximum_of_each_window", "forward_backward", "one_hot", "index_along", "sum_over_pairs"}
SHORT |= {"products_of_pairs", "total_of_product"}
"""Words without the geometry that they would need to be run."""


@pytest.mark.parametrize("name", MADE)
def test_what_is_shown_is_true_as_well(name: str) -> None:
    """The words, where they are Python: what stands for a helper stands for that helper, and no other of its name."""
    function, inputs = MADE[name]
    said = {
        **vars(ops),
        **vars(autograd),
        **SAID,
        "broadcast_to": np.broadcast_to,
        "where": np.where,
        "scatter_add": scatter_add,
    }
    for node in record(function, inputs):
        for k in range(len(node.parents)):
            assert node.plan is not None
            text = formula(node, k, lambda argument, value: str(argument), "out").text
            if re.search("[^ -~ḡ]", text) or " with [" in text or SHORT & set(CALLS.findall(text)):
                continue
            saved = dict(zip(node.plan.names, node.saved, strict=True))
            known = {name: value for name, value in saved.items() if type(name) is str}
            if not set(re.findall(r"(?<![.\w])[a-z]\w*(?![\w(=])", text)) <= {*known, *said, "None", "True", "False"}:
                continue
            if type(node.shape) is not tuple or type(node.parents[k].shape) is not tuple:
                continue
            g = np.random.default_rng(8).normal(size=node.shape)
            wanted = _fit(node.plan.vjps[k](g, node.saved), node.parents[k], node)
            found = eval(text, {**said, **known, "ḡ": g})
            np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-9, err_msg=f"{node.name}: {text}")


CALLS = re.compile(r"\w+(?=\()")


def test_words_stand_for_one_helper() -> None:
    """Of two helpers of one name a reader would be shown the words of the other."""
    homes: dict[str, set[str]] = {}
    for found in pkgutil.walk_packages(autograd.__path__, "autograd."):
        if re.match(r"autograd\.(engine|ops|scipy)\.", found.name):
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                if callable(value) and getattr(value, "__module__", "") == found.name:
                    homes.setdefault(name.lstrip("_"), set()).add(found.name)
    for words in WORDS:
        home, _, name = words.rpartition(".")
        where = {place.rpartition(".")[2] for place in homes.get(name, set())} - {"windowed", "series"}  # other ways
        assert home in where if home else len(where) < 2, f"{words}: {where}"


def test_formulas_of_a_recorded_backward_pass_are_true() -> None:
    """The rules' own rules: they are reached only where a gradient is itself differentiated."""
    names = "cumsum max_windows sum_windows windows sort correlate log_softmax_at index silu gelu gelu_tanh elu glu"
    for name in names.split():
        function, inputs = MADE[name]
        given = [Tensor(x, requires_grad=True) for x in inputs]
        total = sum((result * result).sum() for result in tensors(function(*given)))
        slopes = autograd.grad(total, given, create_graph=True)
        check(walk([slope._node for slope in slopes if slope._node is not None]), SEEN)


UNSEEN = {"qr", "svd", "all_gather", "all_reduce", "broadcast", "center_over_ranks", "geqrf", "ldl_factor", "ldl_solve"}
UNSEEN |= {"through_what_counts", "gamma_draw", "gamma_slope", "lstm_steps"}
"""The primitives that rows need not reach: those of whole bases refuse most gradients, and these are random; those of
several processes are looked at where there are some, in tests/nn/parallel; factors as LAPACK has them have none; nor do
books say what of a pseudoinverse goes through the singular values that count; and how a random number moves is no
difference of the function's values (tests/autograd/ops/test_draws.py); a whole sequence is many of lstm_gates."""


def test_all_rules_were_seen() -> None:
    """Every differentiable function of the engine was among the rows."""
    if not SEEN:
        pytest.skip("runs after the rows")
    numpys = {
        id(value) for module in (np, np.linalg, np.fft) for value in vars(module).values()
    }  # SciPy's are elsewhere
    known = {made.primitive for key, made in registry.items() if id(key) in numpys and hasattr(made, "primitive")}
    for item in pkgutil.iter_modules(ops.__path__):
        values = vars(importlib.import_module(f"autograd.ops.{item.name}")).values()
        known |= {value.primitive for value in values if isinstance(getattr(value, "primitive", None), Primitive)}
    known = {record for record in known if any(record.rules.values())}
    assert {record.name for record in known - SEEN} <= UNSEEN


NO_BOOKS = {
    "cholesky.a": {"complex"},
    "eig.a": {"complex"},
    "eigh.a": {"complex"},
    "eigvalsh.a": {"complex"},
    "lstsq.a": {"complex"},
    "polar_factor.a": {"complex", "wide"},
    "qr.a": {"complex", "wide", "columns fill up a basis"},
    "slogdet.a": {"complex"},
    "svd.a": {"complex", "columns fill up a basis"},
    "svdvals.x": {"complex"},
}
"""What says no more than ḡ · ∂v/∂x, and of which arguments. Complex vectors are unique up to a phase, and LAPACK's
choice of it is differentiated with them; of columns that fill up a basis, and of a wide matrix, books say nothing."""


def test_what_is_not_told_is_known() -> None:
    if not SEEN:
        pytest.skip("runs after the rows")
    assert UNTOLD.keys() <= NO_BOOKS.keys()
    assert {name: reasons - NO_BOOKS[name] for name, reasons in UNTOLD.items()} == {name: set() for name in UNTOLD}


def test_the_gradient_of_a_convolutions_bias_is_one_sum() -> None:
    x, w, b = np.ones((2, 1, 5, 5)), np.ones((4, 1, 3, 3)), Tensor(np.ones(4), requires_grad=True)
    text = autograd.draw(autograd.ops.correlate(x, w, b=b), names={"b": b}).dot
    assert "ḡ.sum((0, 2, 3))" in text
    assert "reshape" not in text


# ---- as a book says it -----------------------------------------------------------------------------------------------

BOOK: dict[str, tuple[Any, Any]] = {
    "max.a": (lambda a: np.max(a, axis=1), A),
    "min.a": (lambda a: np.min(a), A),
    "prod.a": (lambda a: np.prod(a, axis=0), A),
    "std.a": (lambda a: np.std(a, axis=1, ddof=1), A),
    "var.a": (lambda a: np.var(a, axis=(0, 1)), A),
    "logsumexp.x": (lambda a: logsumexp(a, axis=1), A),
    "norm.x": (lambda a: np.linalg.norm(a, axis=1, keepdims=True), A),
    "norm.x of complex numbers": (lambda a: np.linalg.norm(a, axis=1, keepdims=True), A + 1j),
    "norm.x of other powers": (lambda a: np.linalg.norm(a, 3, axis=1, keepdims=True), A + 1j),
    "std.a of complex numbers": (lambda a: np.std(a, axis=1, ddof=1), A + 1j),
    "var.a of complex numbers": (lambda a: np.var(a, axis=(0, 1)), A + 1j),
    "leaky_relu.x": (lambda a: ops.leaky_relu(a, 0.2), A),
    "hypot.x": (lambda a: np.hypot(a, 2.0), A),
    "hypot.y": (lambda a: np.hypot(2.0, a), A),
    "arctan2.x": (lambda a: np.arctan2(a, np.full_like(A, 2.0)), A),
    "arctan2.y": (lambda a: np.arctan2(np.full_like(A, 2.0), a), A),
    "sort.a": (lambda a: np.sort(a, axis=0), A),
    "softmax.x": (lambda a: autograd.softmax(a, 1), A),
    "log_softmax.x": (lambda a: autograd.log_softmax(a, 1), A),
    "standardize.x": (lambda a: standardize(a, 1, 0.1)[0], A),
    "rescale.x": (lambda a: rescale(a, 1, 0.1)[0], A),
    "center.x": (lambda a: center(a, 1)[0], A),
    "split.ary": (lambda a: np.split(a, 2, axis=0)[0], A),
    "arcsinh.x": (np.arcsinh, A + 1j),
    "arctan.x": (np.arctan, A + 1j),
    "cumprod.a": (lambda a: np.cumprod(a, axis=1), A),
    "cumsum.a": (lambda a: np.cumsum(a, axis=1), A),
    "reversed_cumsum.a": (lambda a: ops.reductions.reversed_cumsum(a, 1), A),
    "frexp.x": (np.frexp, A),
    "glu.x": (lambda a: autograd.ops.glu(a, 0), A),
    "inverse_mills.x": (ops.special.inverse_mills, A),
    "mills_excess.x": (ops.special.mills_excess, A),
    "lstm_gates.z": (lambda z: ops.lstm_gates(z, Tensor(A[:2], requires_grad=True))[0], A.repeat(2, 0)),
    "lstm_gates.c": (lambda c: ops.lstm_gates(Tensor(A.repeat(2, 0), requires_grad=True), c)[0], A[:2]),
    "rfft.a": (lambda a: np.fft.rfft(a, axis=0, norm="ortho"), A),
    "irfft.a": (lambda a: np.fft.irfft(a, axis=0), A + 1j),
    "irfft.a of an odd number": (lambda a: np.fft.irfft(a, 5, axis=0, norm="forward"), A[:3] * 1j),
    "prod.a of a part": (lambda a: np.prod(a, axis=0, where=A > 0, initial=2.0), A),
    # of matrices, and of stacks of them
    "cholesky.a": (np.linalg.cholesky, S @ S.T),
    "det.a": (np.linalg.det, S),
    "pinv.a": (np.linalg.pinv, A),
    "pinv.a of a wide matrix": (np.linalg.pinv, A.T),
    "eig.a": (lambda a: np.linalg.eig(a)[0], np.diag([1.0, 4.0, 9.0]) + S / 9),
    "eigh.a": (lambda a: np.linalg.eigh(a)[0], S + S.T),
    "eigh.a of the upper triangle": (lambda a: np.linalg.eigh(a, "U")[0], S + S.T),
    "eigvals.a": (np.linalg.eigvals, np.array([[0.0, 2, 1], [-1, 0, 3], [0, 1, 1]])),
    "eigvalsh.a": (np.linalg.eigvalsh, S + S.T),
    "lstsq.a": (lambda a: np.linalg.lstsq(a, A + 1)[0], A),
    "lstsq.a of a vector": (lambda a: np.linalg.lstsq(a, A[:, 0] + 1)[0], A),
    "lstsq.a of too few equations": (lambda a: np.linalg.lstsq(a, A[:2] + 1)[0], A[:2]),
    "polar_factor.a": (ops.polar.polar_factor, A),
    "polar_factor.a of a square": (ops.polar.polar_factor, S),
    "qr.a": (lambda a: np.linalg.qr(a)[0], A),
    "slogdet.a": (lambda a: np.linalg.slogdet(a)[1], S),
    "solve.a of a vector": (lambda a: np.linalg.solve(a, S[0]), S),
    "solve.b of a vector": (lambda b: np.linalg.solve(S, b), S[0]),
    "svd.a": (lambda a: np.linalg.svd(a, False)[0], A),
    "svd.a of a wide matrix": (lambda a: np.linalg.svd(a, False)[0], A.T),
    "svdvals.x": (lambda x: np.linalg.svd(x, compute_uv=False), A),
    **{
        f"{name} of a stack": (row, np.stack([x, x + 0.1 * np.eye(*x.shape)]))
        for name, row, x in (
            ("cholesky.a", np.linalg.cholesky, S @ S.T),
            ("eigh.a", lambda a: np.linalg.eigh(a)[0], S + S.T),
            ("det.a", np.linalg.det, S),
            ("eigvalsh.a", np.linalg.eigvalsh, S + S.T),
            ("pinv.a", np.linalg.pinv, A),
            ("qr.a", lambda a: np.linalg.qr(a)[0], A),
            ("slogdet.a", lambda a: np.linalg.slogdet(a)[1], S),
            ("svd.a", lambda a: np.linalg.svd(a, False)[0], A),
            ("svdvals.x", lambda x: np.linalg.svd(x, compute_uv=False), A),
        )
    },
    # SciPy's
    "beta.x": (lambda x: special.beta(x, 2.0), A**2 + 1),
    "beta.y": (lambda y: special.beta(2.0, y), A**2 + 1),
    "betainc.x": (lambda x: special.betainc(2.0, 3.0, x), A**2 / 20),
    "betaln.x": (lambda x: special.betaln(x, 2.0), A**2 + 1),
    "betaln.y": (lambda y: special.betaln(2.0, y), A**2 + 1),
    "dawsn.x": (special.dawsn, A),
    "erfcx.x": (special.erfcx, A),
    "gammainc.y": (lambda y: special.gammainc(2.0, y), A**2),
    "gammaincc.y": (lambda y: special.gammaincc(2.0, y), A**2),
    "i0e.x": (special.i0e, A),
    "i1e.x": (special.i1e, A),
    "polygamma.x": (lambda x: special.polygamma(2, x), A**2 + 1),
    "rgamma.x": (special.rgamma, A**2 + 1),
    "stdtr.y": (lambda y: special.stdtr(3.0, y), A),
    **{f"{name}.A": (getattr(linalg, name), S @ S.T / 9) for name in MATRIX_FUNCTIONS[:-1]},
    "fractional_matrix_power.A": (lambda a: linalg.fractional_matrix_power(a, 0.5), S @ S.T),
    "solve_sylvester.a": (lambda a: linalg.solve_sylvester(a, S, S + 1), S),
    "solve_sylvester.b": (lambda b: linalg.solve_sylvester(S, b, S + 1), S),
    "solve_sylvester.q": (lambda q: linalg.solve_sylvester(S, S, q), S),
    "sqrtm.A": (linalg.sqrtm, S @ S.T),
    "solve_triangular.b": (lambda b: linalg.solve_triangular(S, b, lower=True), S[0]),
    "solve_triangular.a": (lambda a: linalg.solve_triangular(a, S), S),
    "solve_triangular.a of the lower one, transposed": (lambda a: linalg.solve_triangular(a, S[0], 1, lower=True), S),
    # in words that WORDS has
    "i1.x": (ops.special.i1, A),
    "i1_slope.x": (ops.special.i1_slope, A),
    "i_over_power.x": (lambda x: ops.special.i_over_power(2, x), A),
    "log_ndtr.x": (ops.special.log_ndtr, A),
    "lstsq.b": (lambda b: np.linalg.lstsq(A, b)[0], A[:, 0]),
    "nuclear_norm.a": (ops.polar.nuclear_norm, S),
}
NO_PYTHON = {"median.a", "quantile.a", "percentile.a", "repeat.a", "tile.A", "gelu_tanh_slope.x"}
"""No name of NumPy's says it."""


def to_triangle(x: Any, which: str) -> Any:
    both = x + x.mT
    return (np.tril if which == "L" else np.triu)(both) - both * np.eye(x.shape[-1]) / 2


def inverse_gaps(w: Any) -> Any:
    gaps = w[..., None, :] - w[..., :, None]
    return np.divide(1, gaps, out=np.zeros_like(gaps), where=gaps != 0)


def add_conjugate_pairs(x: Any, axis: int) -> Any:
    n = x.shape[axis]
    x = np.moveaxis(x, axis, 0)
    return np.moveaxis(np.stack([x[k] + (x[-k].conj() if k != -k % n else 0) for k in range(n // 2 + 1)]), 0, axis)


def polar_factor(a: Any) -> Any:
    u, _, vh = np.linalg.svd(a, False)
    return u @ vh


def frechet_derivative(function: Any, a: Any, along: Any, *t: Any) -> Any:
    return function(np.block([[a, along], [0 * a, a]]), *t)[: len(a), len(a) :]


def solve_triangular(a: Any, b: Any, trans: int, lower: bool) -> Any:
    return scipy.linalg.solve_triangular(a, b, trans, lower)


def to_the_cell(g: Any, out: Any) -> Any:
    return g[1] + g[0] * np.split(out[2], 4)[3] * (1 - out[3] ** 2)


def to_the_gates(g: Any, c: Any, out: Any) -> Any:
    (i, f, n, o), m = np.split(out[2], 4), to_the_cell(g, out)
    return np.concatenate([m * n * i * (1 - i), m * c * f * (1 - f), m * i * (1 - n**2), g[0] * out[3] * o * (1 - o)])


SPECIAL = ("beta", "digamma", "erfcx", "gamma", "i0e", "i1", "i1e", "iv", "polygamma")
SAID = {
    **{name: getattr(scipy.linalg, name) for name in (*MATRIX_FUNCTIONS, "solve_sylvester")},
    **{name: getattr(scipy.special, name) for name in SPECIAL},
    "frechet_derivative": frechet_derivative, "solve_triangular": solve_triangular,
    "np": np, "add_conjugate_pairs": add_conjugate_pairs, "inverse_gaps": inverse_gaps,
    "lyapunov": scipy.linalg.solve_continuous_lyapunov, "minus_transpose": lambda x: x - x.mT,
    "forget_gate": lambda out: np.split(out[2], 4)[1], "to_the_cell": to_the_cell, "to_the_gates": to_the_gates,
    "ndtr": scipy.special.ndtr, "outside_of": lambda q, x: x - q @ q.mT @ x, "polar_factor": polar_factor,
    "symmetric_from_lower": lambda x: np.tril(x) + np.tril(x, -1).mT, "to_triangle": to_triangle,
}  # fmt: skip
"""The words in which a book's formulas are, as docs/drawing.md explains them."""

NOT_FED = {"standardize.x": (1, 2), "rescale.x": (1,), "center.x": (1,), "split.ary": (), "lstm_gates.z": (2, 3)}
NOT_FED["lstm_gates.c"] = (2, 3)
"""Results that are only kept for the backward pass, or have no part in the words."""


def test_every_word_of_the_book_is_looked_at() -> None:
    names = {name for name in (*TEXTBOOK, *OF_MATRICES, *SCIPYS) if not name.startswith("nan")}
    assert names <= {*BOOK, *NO_PYTHON}


@pytest.mark.parametrize("row", BOOK)
def test_what_a_book_says_is_the_derivative(row: str) -> None:
    """The words, run as Python: they leave out what a rule does at zeros and ties, and nothing else."""
    function, x = BOOK[row]
    name, argument = row.split(" ")[0].split(".")
    node = next(node for node in record(function, [x]) if node.name == name)
    assert node.plan is not None
    k = node.plan.inputs.index(argument)
    text = formula(node, k, lambda argument, value: str(argument), "out").text
    assert "∂" not in text
    saved = dict(zip(node.plan.names, node.saved, strict=True))
    out = saved["out"] if "out" in saved else function(x)
    rng = np.random.default_rng(7)
    g: Any
    if node.shape != "several":
        g = np.asarray(rng.normal(size=np.shape(out)), node.dtype)
    else:
        parts = saved.get(
            "out", (A[:2], A[2:]) if name == "split" else np.linalg.slogdet(x) if name == "slogdet" else None
        )
        g = [None if i in NOT_FED.get(row, ()) else rng.normal(size=np.shape(part)) for i, part in enumerate(parts)]
    wanted = node.plan.vjps[k](g, node.saved)
    found = eval(text, {**saved, **SAID, "ḡ": g, "out": out})
    wanted = wanted if np.iscomplexobj(x) else wanted.real  # the sweep gives a gradient its input's dtype
    np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(
    "function",
    [
        lambda a: np.var(a, where=A > 0),
        lambda a: np.std(a, axis=0, where=A.min() < A),
        lambda a: np.max(a, where=A < 1, initial=-9.0),
        lambda a: np.max(a, axis=1, initial=0.5),
    ],
)
def test_a_book_says_nothing_of_a_part(function: Any) -> None:
    """Of some elements, or of others besides, the words for all of them would be wrong."""
    node = next(node for node in record(function, [A]) if node.plan and f"{node.name}.a" in TEXTBOOK)
    text = formula(node, 0, lambda argument, value: "x", "out").text
    whole = formula(record(getattr(np, node.name), [A])[0], 0, lambda argument, value: "x", "out").text
    assert text != whole
    assert f"/ {A.size}" not in text


@pytest.mark.parametrize("function", [np.linalg.pinv, lambda a, rcond: np.linalg.lstsq(a, A[:, 0], rcond)[0]])
def test_a_book_leaves_no_singular_value_out(function):
    x = Tensor(A, requires_grad=True, name="x")
    assert "⇠ ḡ · ∂v1/∂x" in str(draw(function(x, 0.9).sum()))
    assert "∂" not in str(draw(function(x, 1e-16).sum()))
