"""MyGrad; the updates are by_hand.py's."""

from __future__ import annotations

from typing import Any

import mygrad as mg
import numpy as np
from mygrad import nnet

from . import by_hand

NAME, VERSION = "MyGrad", mg.__version__


def make(workload: Any, w: Any, d: Any) -> Any:
    loss = globals().get(workload.name)
    if loss is None:
        return None
    mg.turn_memory_guarding_off()
    t = {name: mg.tensor(value, copy=False) for name, value in w.items()}
    found: dict[str, Any] = {}

    def gradients() -> Any:
        loss(t, d).backward()
        found.update({name: value.grad for name, value in t.items()})
        for value in t.values():
            value.null_grad()
        return found

    if not workload.optimizer:
        return gradients, lambda: found
    kind, *settings = workload.optimizer
    update = {"sgd": by_hand.sgd, "adam": by_hand.adam}[kind](w, *settings)
    return lambda: update(gradients()), lambda: w


def linear(w: Any, name: str, x: Any) -> Any:
    rows = x.reshape(-1, x.shape[-1])  # its products of stacked matrices are much slower
    return (mg.matmul(rows, w[f"{name}.weight"].T) + w[f"{name}.bias"]).reshape(*x.shape[:-1], -1)


def cross_entropy(z: Any, t: Any) -> Any:
    return nnet.losses.softmax_crossentropy(z, t)


def relu(x: Any) -> Any:
    return nnet.activations.relu(x)


def small(w: Any, d: Any) -> Any:
    return mg.tanh(w["x"] @ w["w"] + w["b"]).sum()


def chain(w: Any, d: Any) -> Any:
    y, a, b = w["y"], w["a"], w["b"]
    for _ in range(len(d["steps"])):
        y = y * a + b
    return y


def perceptron(w: Any, d: Any) -> Any:
    y = mg.tanh(linear(w, "1", mg.tanh(linear(w, "0", d["x"]))))
    return ((y - d["t"]) ** 2).mean()


def mlp_small(w: Any, d: Any) -> Any:
    return cross_entropy(linear(w, "1", mg.tanh(linear(w, "0", d["x"]))), d["t"])


def dense(w: Any, x: Any, count: int) -> Any:
    for k in range(count - 1):
        x = relu(linear(w, str(k), x))
    return linear(w, str(count - 1), x)


def mlp_large(w: Any, d: Any) -> Any:
    return cross_entropy(dense(w, d["x"], 3), d["t"])


def conv(w: Any, name: str, x: Any, padding: int) -> Any:
    y = nnet.layers.conv_nd(x, w[f"{name}.weight"], stride=1, padding=padding)
    return relu(y + w[f"{name}.bias"].reshape(1, -1, 1, 1))


def pool(x: Any) -> Any:
    return nnet.layers.max_pool(x, (2, 2), 2)


def memory(w: Any, d: Any) -> Any:
    x = d["x"]
    for k in range(20):
        x = mg.tanh(linear(w, str(k), x))
    return mg.mean((x - d["t"]) ** 2)


def lenet(w: Any, d: Any) -> Any:
    x = pool(conv(w, "conv1", pool(conv(w, "conv0", d["x"], 2)), 0))
    return cross_entropy(dense(w, x.reshape(len(x), -1), 3), d["t"])


def vgg(w: Any, d: Any) -> Any:
    x = pool(conv(w, "conv1", conv(w, "conv0", d["x"], 1), 1))
    x = pool(conv(w, "conv3", conv(w, "conv2", x, 1), 1))
    return cross_entropy(linear(w, "0", x.reshape(len(x), -1)), d["t"])


def sigmoid(x: Any) -> Any:
    return nnet.activations.sigmoid(x)


def lstm(w: Any, d: Any) -> Any:
    x = d["x"]
    time, batch, _ = x.shape
    wh = w["weight_hh_l0"].T
    n = wh.shape[0]
    inputs = mg.matmul(x, w["weight_ih_l0"].T) + (w["bias_ih_l0"] + w["bias_hh_l0"])
    h: Any = np.zeros((batch, n), x.dtype)
    c: Any = h
    for k in range(time):
        a = inputs[k] + mg.matmul(h, wh)
        i, f, o = sigmoid(a[:, :n]), sigmoid(a[:, n : 2 * n]), sigmoid(a[:, 3 * n :])
        c = f * c + i * mg.tanh(a[:, 2 * n : 3 * n])
        h = o * mg.tanh(c)
    return (h * h).mean()


def norm(x: Any, weight: Any, bias: Any) -> Any:
    centred = x - mg.mean(x, axis=-1, keepdims=True)
    return centred / mg.sqrt(mg.mean(centred * centred, axis=-1, keepdims=True) + 1e-5) * weight + bias


def softmax(x: Any) -> Any:
    return nnet.activations.softmax(x, axis=-1)


def gpt(w: Any, d: Any) -> Any:
    x = w["token.weight"][d["x"]] + w["place.weight"]
    b, t, width = x.shape
    future = np.triu(np.full((t, t), -np.inf, x.dtype), 1)
    for k in ("0", "1"):
        n = norm(x, w[f"{k}.norm1.weight"], w[f"{k}.norm1.bias"])
        qkv = linear(w, f"{k}.qkv", n).reshape(b, t, 3, 4, width // 4).transpose(2, 0, 3, 1, 4)
        p = softmax(mg.matmul(qkv[0], mg.swapaxes(qkv[1], 2, 3)) * np.float32((width // 4) ** -0.5) + future)
        x = x + linear(w, f"{k}.proj", mg.matmul(p, qkv[2]).transpose(0, 2, 1, 3).reshape(b, t, width))
        u = linear(w, f"{k}.up", norm(x, w[f"{k}.norm2.weight"], w[f"{k}.norm2.bias"]))
        half, c, cube = map(np.float32, (0.5, (2 / np.pi) ** 0.5, 0.044715))  # a Python number would make it float64
        x = x + linear(w, f"{k}.down", half * u * (1 + mg.tanh(c * (u + cube * u * u * u))))
    z = linear(w, "head", norm(x, w["norm.weight"], w["norm.bias"]))
    return cross_entropy(z.reshape(b * t, -1), d["t"].reshape(-1))


def elementwise(w: Any, d: Any) -> Any:
    x, y = w["x"], w["y"]
    return ((mg.tanh(x * y) + mg.sqrt(x)) * mg.exp(-y) / (1 + x * x)).sum()


def reduce_norm(w: Any, d: Any) -> Any:
    h = norm(w["x"], w["weight"], w["bias"])
    return (softmax(h) * d["c"]).sum() + nnet_logsumexp(h).sum()


def nnet_logsumexp(x: Any) -> Any:
    highest = x.data.max(axis=1, keepdims=True)
    return mg.log(mg.exp(x - highest).sum(axis=1)) + highest[:, 0]
