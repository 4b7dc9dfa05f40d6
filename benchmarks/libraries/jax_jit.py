"""JAX, compiled: `jax.jit` of the whole step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as np
from jax.scipy.special import logsumexp

NAME, VERSION = "JAX (jit)", jax.__version__


def make(workload: Any, weights: Any, data: Any) -> Any:
    w = {name: np.asarray(value) for name, value in weights.items()}
    d = {name: np.asarray(value) for name, value in data.items()}
    loss = globals()[workload.name]
    if workload.name == "hvp":
        vector = {name: d[f"v.{name}"] for name in w}
        run = jax.jit(lambda w, v: jax.jvp(jax.grad(lambda u: mlp_small(u, d)), (w,), (v,))[1])
        state: list[Any] = [None]

        def product() -> None:
            state[0] = jax.block_until_ready(run(w, vector))

        return product, lambda: state[0]
    if not workload.optimizer:
        gradients = jax.jit(jax.grad(loss))
        state = [None]

        def step() -> None:
            state[0] = jax.block_until_ready(gradients(w, d))

        return step, lambda: state[0]
    kind, *settings = workload.optimizer
    zeros = {name: np.zeros_like(value) for name, value in w.items()}
    update = jax.jit(lambda w, m, v, t: {"sgd": sgd, "adam": adam}[kind](w, m, v, t, jax.grad(loss)(w, d), *settings))
    state = [w, zeros, zeros, np.float32(0)]

    def train() -> None:
        state[:] = jax.block_until_ready(update(*state))

    return train, lambda: state[0]


def sgd(w: Any, m: Any, v: Any, t: Any, g: Any, lr: float, momentum: float) -> Any:
    m = {name: momentum * m[name] + g[name] for name in w}
    return {name: w[name] - lr * m[name] for name in w}, m, v, t


def adam(w: Any, m: Any, v: Any, t: Any, g: Any, lr: float, decay: float) -> Any:
    t = t + 1
    m = {name: 0.9 * m[name] + 0.1 * g[name] for name in w}
    v = {name: 0.999 * v[name] + 0.001 * g[name] ** 2 for name in w}

    def moved(name: str) -> Any:
        step = m[name] / (1 - 0.9**t) / (np.sqrt(v[name] / (1 - 0.999**t)) + 1e-8)
        return w[name] * (1 - lr * decay) - lr * step

    return {name: moved(name) for name in w}, m, v, t


def linear(w: Any, name: str, x: Any) -> Any:
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def cross_entropy(z: Any, t: Any) -> Any:
    return np.mean(logsumexp(z, axis=1) - z[np.arange(len(t)), t])


def small(w: Any, d: Any) -> Any:
    return np.sum(np.tanh(w["x"] @ w["w"] + w["b"]))


def chain(w: Any, d: Any) -> Any:
    return jax.lax.scan(lambda y, _: (y * w["a"] + w["b"], None), w["y"], None, len(d["steps"]))[0]


def perceptron(w: Any, d: Any) -> Any:
    y = np.tanh(linear(w, "1", np.tanh(linear(w, "0", d["x"]))))
    return np.mean((y - d["t"]) ** 2)


def mlp_small(w: Any, d: Any) -> Any:
    return cross_entropy(linear(w, "1", np.tanh(linear(w, "0", d["x"]))), d["t"])


hvp = mlp_small


def dense(w: Any, x: Any, count: int) -> Any:
    for k in range(count - 1):
        x = jax.nn.relu(linear(w, str(k), x))
    return linear(w, str(count - 1), x)


def mlp_large(w: Any, d: Any) -> Any:
    return cross_entropy(dense(w, d["x"], 3), d["t"])


def conv(w: Any, name: str, x: Any, p: int) -> Any:
    y = jax.lax.conv_general_dilated(x, w[f"{name}.weight"], (1, 1), ((p, p), (p, p)))
    return jax.nn.relu(y + w[f"{name}.bias"].reshape(1, -1, 1, 1))


def pool(x: Any) -> Any:
    return jax.lax.reduce_window(x, -np.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")


def memory(w: Any, d: Any) -> Any:
    x = d["x"]
    for k in range(20):
        x = np.tanh(linear(w, str(k), x))
    return np.mean((x - d["t"]) ** 2)


def lenet(w: Any, d: Any) -> Any:
    x = pool(conv(w, "conv1", pool(conv(w, "conv0", d["x"], 2)), 0))
    return cross_entropy(dense(w, x.reshape(len(x), -1), 3), d["t"])


def vgg(w: Any, d: Any) -> Any:
    x = pool(conv(w, "conv1", conv(w, "conv0", d["x"], 1), 1))
    x = pool(conv(w, "conv3", conv(w, "conv2", x, 1), 1))
    return cross_entropy(linear(w, "0", x.reshape(len(x), -1)), d["t"])


def lstm(w: Any, d: Any) -> Any:
    inputs = d["x"] @ w["weight_ih_l0"].T + (w["bias_ih_l0"] + w["bias_hh_l0"])

    def cell(state: Any, x: Any) -> Any:
        h, c = state
        i, f, g, o = np.split(x + h @ w["weight_hh_l0"].T, 4, 1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * np.tanh(g)
        return (jax.nn.sigmoid(o) * np.tanh(c), c), None

    zero = np.zeros((inputs.shape[1], 128), inputs.dtype)
    h = jax.lax.scan(cell, (zero, zero), inputs)[0][0]
    return np.mean(h * h)


def norm(x: Any, weight: Any, bias: Any) -> Any:
    centred = x - x.mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt((centred * centred).mean(-1, keepdims=True) + 1e-5) * weight + bias


def gpt(w: Any, d: Any) -> Any:
    x = w["token.weight"][d["x"]] + w["place.weight"]
    b, t, width = x.shape
    future = np.triu(np.full((t, t), -np.inf, x.dtype), 1)
    for k in ("0", "1"):
        n = norm(x, w[f"{k}.norm1.weight"], w[f"{k}.norm1.bias"])
        q, key, v = linear(w, f"{k}.qkv", n).reshape(b, t, 3, 4, width // 4).transpose(2, 0, 3, 1, 4)
        p = jax.nn.softmax(q @ key.swapaxes(2, 3) * (width // 4) ** -0.5 + future)
        x = x + linear(w, f"{k}.proj", (p @ v).transpose(0, 2, 1, 3).reshape(b, t, width))
        n = norm(x, w[f"{k}.norm2.weight"], w[f"{k}.norm2.bias"])
        x = x + linear(w, f"{k}.down", jax.nn.gelu(linear(w, f"{k}.up", n), approximate=True))
    z = linear(w, "head", norm(x, w["norm.weight"], w["norm.bias"]))
    return cross_entropy(z.reshape(b * t, -1), d["t"].reshape(-1))


def elementwise(w: Any, d: Any) -> Any:
    x, y = w["x"], w["y"]
    return np.sum((np.tanh(x * y) + np.sqrt(x)) * np.exp(-y) / (1 + x * x))


def reduce_norm(w: Any, d: Any) -> Any:
    h = norm(w["x"], w["weight"], w["bias"])
    return np.sum(jax.nn.softmax(h) * d["c"]) + np.sum(logsumexp(h, axis=1))
