"""SmallPebble; it has neither tanh nor ReLU: they are written with its exp and its leaky ReLU."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
import smallpebble as sp

from . import by_hand

NAME, VERSION = "SmallPebble", version("smallpebble")


def make(workload: Any, w: Any, d: Any) -> Any:
    loss = globals().get(workload.name)
    if loss is None:
        return None
    v = {name: sp.Variable(value) for name, value in w.items()}
    c = {name: sp.Variable(value) if value.dtype.kind == "f" else value for name, value in d.items()}
    found: dict[str, Any] = {}

    def gradients() -> Any:
        all_gradients = sp.get_gradients(loss(v, c))
        found.update({name: all_gradients[value] for name, value in v.items()})
        return found

    if not workload.optimizer:
        return gradients, lambda: found
    kind, *settings = workload.optimizer
    update = {"sgd": by_hand.sgd, "adam": by_hand.adam}[kind](w, *settings)
    return lambda: update(gradients()), lambda: w


def constant(value: Any) -> Any:
    return sp.Variable(np.array(value, np.float32))


def tanh(x: Any) -> Any:  # x only once: gradients take every path through the graph by itself
    return constant(1) - constant(2) / (sp.exp(constant(2) * x) + constant(1))


def relu(x: Any) -> Any:
    return sp.leaky_relu(x, 0.0)


def linear(w: Any, name: str, x: Any) -> Any:
    return sp.matmul(x, sp.matrix_transpose(w[f"{name}.weight"])) + w[f"{name}.bias"]


def cross_entropy(z: Any, t: Any) -> Any:
    z = z - sp.Variable(z.array.max(axis=1, keepdims=True))  # its own takes the logarithm of a softmax that may be 0
    wanted = sp.getitem(z, (np.arange(len(t)), t))
    return sp.sum(sp.log(sp.sum(sp.exp(z), axis=1)) - wanted) / constant(len(t))


def mean_square(x: Any) -> Any:
    return sp.sum(sp.square(x)) / constant(x.array.size)


def small(w: Any, d: Any) -> Any:
    return sp.sum(tanh(sp.matmul(w["x"], w["w"]) + w["b"]))


def chain(w: Any, d: Any) -> Any:
    y, a, b = w["y"], w["a"], w["b"]
    for _ in range(len(d["steps"])):
        y = y * a + b
    return y


def perceptron(w: Any, d: Any) -> Any:
    return mean_square(tanh(linear(w, "1", tanh(linear(w, "0", d["x"])))) - d["t"])


def mlp_small(w: Any, d: Any) -> Any:
    return cross_entropy(linear(w, "1", tanh(linear(w, "0", d["x"]))), d["t"])


def dense(w: Any, x: Any, count: int) -> Any:
    for k in range(count - 1):
        x = relu(linear(w, str(k), x))
    return linear(w, str(count - 1), x)


def mlp_large(w: Any, d: Any) -> Any:
    return cross_entropy(dense(w, d["x"], 3), d["t"])


def memory(w: Any, d: Any) -> Any:
    x = d["x"]
    for k in range(20):
        x = tanh(linear(w, str(k), x))
    return mean_square(x - d["t"])


def axes(x: Any, order: tuple[int, ...]) -> Any:
    """x with its axes in another order, of which SmallPebble can only swap the last two."""
    return sp.Variable(x.array.transpose(order), [(x, lambda g: g.transpose(np.argsort(order)))])


def conv(w: Any, name: str, x: Any, padding: str) -> Any:
    return relu(sp.conv2d(x, axes(w[f"{name}.weight"], (2, 3, 1, 0)), padding) + w[f"{name}.bias"])


def pool(x: Any) -> Any:
    return sp.maxpool2d(x, 2, 2, "VALID", (2, 2))


def flat(x: Any) -> Any:
    return sp.reshape(axes(x, (0, 3, 1, 2)), (len(x.array), -1))


def lenet(w: Any, d: Any) -> Any:
    x = pool(conv(w, "conv1", pool(conv(w, "conv0", axes(d["x"], (0, 2, 3, 1)), "SAME")), "VALID"))
    return cross_entropy(dense(w, flat(x), 3), d["t"])


def vgg(w: Any, d: Any) -> Any:
    x = pool(conv(w, "conv1", conv(w, "conv0", axes(d["x"], (0, 2, 3, 1)), "SAME"), "SAME"))
    x = pool(conv(w, "conv3", conv(w, "conv2", x, "SAME"), "SAME"))
    return cross_entropy(linear(w, "0", flat(x)), d["t"])


def elementwise(w: Any, d: Any) -> Any:
    x, y = w["x"], w["y"]
    root = sp.exp(sp.log(x) * constant(0.5))
    return sp.sum((tanh(x * y) + root) * sp.exp(-y) / (constant(1) + sp.square(x)))
