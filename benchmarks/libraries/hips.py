"""HIPS autograd: gradients of functions of a dictionary; the updates are by_hand.py's."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import autograd
import autograd.numpy as np
from autograd.scipy.signal import convolve
from autograd.scipy.special import logsumexp

from . import by_hand

NAME, VERSION = "HIPS autograd", version("autograd")


def make(workload: Any, w: Any, d: Any) -> Any:
    loss = globals().get(workload.name)
    if loss is None:
        return None
    found: dict[str, Any] = {}
    if workload.name == "hvp":
        vector = {name: d[f"v.{name}"] for name in w}
        product = autograd.make_hvp(mlp_small)(w, d)[0]
        return lambda: found.update(autograd.make_hvp(mlp_small)(w, d)[0](vector)), lambda: found if product else None
    gradients = autograd.grad(loss)
    if not workload.optimizer:
        return lambda: found.update(gradients(w, d)), lambda: found
    kind, *settings = workload.optimizer
    update = {"sgd": by_hand.sgd, "adam": by_hand.adam}[kind](w, *settings)
    return lambda: update(gradients(w, d)), lambda: w


def linear(w: Any, name: str, x: Any) -> Any:
    return np.dot(x, w[f"{name}.weight"].T) + w[f"{name}.bias"]


def cross_entropy(z: Any, t: Any) -> Any:
    return np.mean(logsumexp(z, axis=1) - z[np.arange(len(t)), t])


def relu(x: Any) -> Any:
    return np.maximum(x, 0)


def sigmoid(x: Any) -> Any:
    return 0.5 * (np.tanh(0.5 * x) + 1)


def small(w: Any, d: Any) -> Any:
    return np.sum(np.tanh(np.dot(w["x"], w["w"]) + w["b"]))


def chain(w: Any, d: Any) -> Any:
    y, a, b = w["y"], w["a"], w["b"]
    for _ in range(len(d["steps"])):
        y = y * a + b
    return y


def perceptron(w: Any, d: Any) -> Any:
    y = np.tanh(linear(w, "1", np.tanh(linear(w, "0", d["x"]))))
    return np.mean((y - d["t"]) ** 2)


def mlp_small(w: Any, d: Any) -> Any:
    return cross_entropy(linear(w, "1", np.tanh(linear(w, "0", d["x"]))), d["t"])


hvp = mlp_small


def mlp_large(w: Any, d: Any) -> Any:
    return cross_entropy(linear(w, "2", relu(linear(w, "1", relu(linear(w, "0", d["x"]))))), d["t"])


def conv(w: Any, name: str, x: Any, padding: int) -> Any:
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)), "constant")
    turned = w[f"{name}.weight"][:, :, ::-1, ::-1]
    y = convolve(x, turned, axes=([2, 3], [2, 3]), dot_axes=([1], [1]), mode="valid")
    return y + w[f"{name}.bias"].reshape(1, -1, 1, 1)


def pool(x: Any) -> Any:
    n, c, h, width = x.shape
    return np.max(np.max(x.reshape(n, c, h // 2, 2, width // 2, 2), axis=5), axis=3)


def memory(w: Any, d: Any) -> Any:
    x = d["x"]
    for k in range(20):
        x = np.tanh(linear(w, str(k), x))
    return np.mean((x - d["t"]) ** 2)


def lenet(w: Any, d: Any) -> Any:
    x = pool(relu(conv(w, "conv0", d["x"], 2)))
    x = pool(relu(conv(w, "conv1", x, 0))).reshape(len(x), -1)
    return cross_entropy(linear(w, "2", relu(linear(w, "1", relu(linear(w, "0", x))))), d["t"])


def lstm(w: Any, d: Any) -> Any:
    x = d["x"]
    time, batch, _ = x.shape
    wh = w["weight_hh_l0"].T
    n = wh.shape[0]
    inputs = np.dot(x, w["weight_ih_l0"].T) + (w["bias_ih_l0"] + w["bias_hh_l0"])
    h = c = np.zeros((batch, n), x.dtype)
    for k in range(time):
        a = inputs[k] + np.dot(h, wh)
        i, f, o = sigmoid(a[:, :n]), sigmoid(a[:, n : 2 * n]), sigmoid(a[:, 3 * n :])
        c = f * c + i * np.tanh(a[:, 2 * n : 3 * n])
        h = o * np.tanh(c)
    return np.mean(h * h)


def norm(x: Any, weight: Any, bias: Any) -> Any:
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return centred / np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + 1e-5) * weight + bias


def softmax(x: Any) -> Any:
    return np.exp(x - logsumexp(x, axis=-1, keepdims=True))


def gpt(w: Any, d: Any) -> Any:
    x = w["token.weight"][d["x"]] + w["place.weight"]
    b, t, width = x.shape
    future = np.triu(np.full((t, t), -np.inf, x.dtype), 1)
    for k in ("0", "1"):
        n = norm(x, w[f"{k}.norm1.weight"], w[f"{k}.norm1.bias"])
        qkv = np.transpose(linear(w, f"{k}.qkv", n).reshape(b, t, 3, 4, width // 4), (2, 0, 3, 1, 4))
        p = softmax(np.matmul(qkv[0], np.swapaxes(qkv[1], 2, 3)) * (width // 4) ** -0.5 + future)
        mixed = np.transpose(np.matmul(p, qkv[2]), (0, 2, 1, 3)).reshape(b, t, width)
        x = x + linear(w, f"{k}.proj", mixed)
        u = linear(w, f"{k}.up", norm(x, w[f"{k}.norm2.weight"], w[f"{k}.norm2.bias"]))
        x = x + linear(w, f"{k}.down", 0.5 * u * (1 + np.tanh((2 / np.pi) ** 0.5 * (u + 0.044715 * u * u * u))))
    z = linear(w, "head", norm(x, w["norm.weight"], w["norm.bias"]))
    return cross_entropy(z.reshape(b * t, -1), d["t"].reshape(-1))


def elementwise(w: Any, d: Any) -> Any:
    x, y = w["x"], w["y"]
    return np.sum((np.tanh(x * y) + np.sqrt(x)) * np.exp(-y) / (1 + x * x))


def reduce_norm(w: Any, d: Any) -> Any:
    h = norm(w["x"], w["weight"], w["bias"])
    return np.sum(softmax(h) * d["c"]) + np.sum(logsumexp(h, axis=1))
