"""Plain NumPy with every derivative written out: the floor under an engine on NumPy, and in float64 the reference."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import by_hand_layers as layers

NAME, VERSION = "NumPy by hand", np.__version__
BLOCK = 32768  # elements of an update that stay in cache


def make(workload: Any, w: Any, d: Any) -> Any:
    gradients = globals()[workload.name]
    if not workload.optimizer:
        found: dict[str, Any] = {}
        return lambda: found.update(gradients(w, d)), lambda: found
    update = {"sgd": sgd, "adam": adam}[workload.optimizer[0]](w, *workload.optimizer[1:])
    return lambda: update(gradients(w, d)), lambda: w


def sgd(w: Any, lr: float, momentum: float) -> Any:
    if not momentum:

        def plain(g: Any) -> None:
            for name, value in w.items():
                value -= lr * g[name]

        return plain
    velocity = {name: np.zeros_like(value) for name, value in w.items()}

    def update(g: Any) -> None:
        for name, value in w.items():
            v = velocity[name]
            v *= momentum
            v += g[name]
            value -= lr * v

    return update


def adam(w: Any, lr: float, decay: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8) -> Any:
    moments = {
        name: (np.zeros(value.size, value.dtype), np.zeros(value.size, value.dtype)) for name, value in w.items()
    }
    t = 0

    def update(g: Any) -> None:
        nonlocal t
        t += 1
        size, root = lr / (1 - b1**t), (1 - b2**t) ** 0.5
        for name, value in w.items():
            flat, gradient = value.reshape(-1), g[name].reshape(-1)
            for i in range(0, flat.size, BLOCK):
                part = slice(i, i + BLOCK)
                x, h, m, v = flat[part], gradient[part], moments[name][0][part], moments[name][1][part]
                if decay:
                    x *= 1 - lr * decay
                m += (1 - b1) * (h - m)
                v *= b2
                v += (1 - b2) * (h * h)
                step = np.sqrt(v)
                step /= root
                step += eps
                x -= size * np.divide(m, step, out=step)

    return update


def small(w: Any, d: Any) -> Any:
    y = np.tanh(w["x"] @ w["w"] + w["b"])
    y.sum()
    g = 1 - y * y
    return {"x": g @ w["w"].T, "w": w["x"].T @ g, "b": g.sum(0)}


def chain(w: Any, d: Any) -> Any:
    y, a, b = w["y"], w["a"], w["b"]
    seen = []
    for _ in range(len(d["steps"])):
        seen.append(y)
        y = y * a + b
    g, ga, gb = np.ones_like(y), np.zeros_like(y), np.zeros_like(y)
    while seen:
        gb = gb + g
        ga = ga + g * seen.pop()
        g = g * a
    return {"y": g, "a": ga, "b": gb}


def perceptron(w: Any, d: Any) -> Any:
    x, t = d["x"], d["t"]
    h = np.tanh(x @ w["0.weight"].T + w["0.bias"])
    y = np.tanh(h @ w["1.weight"].T + w["1.bias"])
    error = y - t
    gy = error * (1 - y * y) * (2 / error.size)
    gh = gy @ w["1.weight"] * (1 - h * h)
    return {"1.weight": gy.T @ h, "1.bias": gy.sum(0), "0.weight": gh.T @ x, "0.bias": gh.sum(0)}


def mlp_small(w: Any, d: Any) -> Any:
    x, t = d["x"], d["t"]
    h = np.tanh(x @ w["0.weight"].T + w["0.bias"])
    _, gz = layers.cross_entropy(h @ w["1.weight"].T + w["1.bias"], t)
    gh = gz @ w["1.weight"]
    gh *= 1 - h * h
    return {"1.weight": gz.T @ h, "1.bias": gz.sum(0), "0.weight": gh.T @ x, "0.bias": gh.sum(0)}


def _dense(w: Any, x: Any, t: Any, count: int) -> Any:
    """Linear layers with ReLU between, cross-entropy at the end: gradients, and that of x."""
    g: dict[str, Any] = {}
    inputs = []
    for k in range(count):
        inputs.append(x)
        x = x @ w[f"{k}.weight"].T
        x += w[f"{k}.bias"]
        if k < count - 1:
            np.maximum(x, 0, out=x)
    _, gx = layers.cross_entropy(x, t)
    for k in reversed(range(count)):
        x = inputs.pop()
        g[f"{k}.weight"], g[f"{k}.bias"] = gx.T @ x, gx.sum(0)
        gx = gx @ w[f"{k}.weight"]
        if k:
            gx *= x > 0
    return g, gx


def mlp_large(w: Any, d: Any) -> Any:
    return _dense(w, d["x"], d["t"], 3)[0]


def _convolutional(w: Any, d: Any, plan: list[tuple[int, bool]], count: int) -> Any:
    """Convolutions (their padding, and whether a pooling follows), each with ReLU, then linear layers."""
    x = np.ascontiguousarray(d["x"].transpose(2, 1, 3, 0))  # (H, C, W, N): see by_hand_layers.py
    kept = []
    for n, (padding, pooled) in enumerate(plan):
        x, columns = layers.conv(x, w[f"conv{n}.weight"], w[f"conv{n}.bias"], padding)
        np.maximum(x, 0, out=x)
        kept.append((columns, x))
        if pooled:
            x = layers.pool(x)
    shape = x.shape
    flat = np.ascontiguousarray(x.transpose(3, 1, 0, 2)).reshape(shape[3], -1)
    g, gx = _dense(w, flat, d["t"], count)
    h, c, width, batch = shape
    gx = np.ascontiguousarray(gx.reshape(batch, c, h, width).transpose(2, 1, 3, 0))
    for n, (padding, pooled) in reversed(list(enumerate(plan))):
        columns, x = kept.pop()
        if pooled:
            gx = layers.pool_back(gx, x)
        gx *= x > 0
        weight = w[f"conv{n}.weight"]
        g[f"conv{n}.weight"], g[f"conv{n}.bias"] = layers.conv_weights_back(gx, columns, weight)
        if n:
            gx = layers.conv_back(gx, weight, padding)
    return g


def lenet(w: Any, d: Any) -> Any:
    return _convolutional(w, d, [(2, True), (0, True)], 3)


def vgg(w: Any, d: Any) -> Any:
    return _convolutional(w, d, [(1, False), (1, True), (1, False), (1, True)], 1)


def lstm(w: Any, d: Any) -> Any:
    x = d["x"]
    time, batch, _ = x.shape
    wi, wh = w["weight_ih_l0"], w["weight_hh_l0"]
    size = wh.shape[1]
    gates = (x.reshape(time * batch, -1) @ wi.T + (w["bias_ih_l0"] + w["bias_hh_l0"])).reshape(time, batch, 4 * size)
    h, c = np.zeros((time + 1, batch, size), x.dtype), np.zeros((time + 1, batch, size), x.dtype)
    squashed = np.empty_like(c)
    i, f, o, n = slice(0, size), slice(size, 2 * size), slice(3 * size, None), slice(2 * size, 3 * size)
    for k in range(time):
        a = gates[k]
        a += h[k] @ wh.T
        for part in (slice(0, 2 * size), o):
            a[:, part] = 0.5 * np.tanh(0.5 * a[:, part]) + 0.5
        np.tanh(a[:, n], out=a[:, n])
        c[k + 1] = a[:, f] * c[k] + a[:, i] * a[:, n]
        np.tanh(c[k + 1], out=squashed[k])
        np.multiply(a[:, o], squashed[k], out=h[k + 1])
    gh, gc = h[-1] * (2 / h[-1].size), np.zeros((batch, size), x.dtype)
    ga = np.empty_like(gates)
    for k in reversed(range(time)):
        a, s, to = gates[k], squashed[k], ga[k]
        gc = gc + gh * a[:, o] * (1 - s * s)
        to[:, o] = gh * s * a[:, o] * (1 - a[:, o])
        to[:, i] = gc * a[:, n] * a[:, i] * (1 - a[:, i])
        to[:, f] = gc * c[k] * a[:, f] * (1 - a[:, f])
        to[:, n] = gc * a[:, i] * (1 - a[:, n] * a[:, n])
        gc = gc * a[:, f]
        gh = to @ wh
    flat = ga.reshape(time * batch, -1)
    bias = flat.sum(0)
    return {
        "weight_ih_l0": flat.T @ x.reshape(time * batch, -1), "bias_ih_l0": bias, "bias_hh_l0": bias,
        "weight_hh_l0": flat.T @ h[:-1].reshape(time * batch, -1),
    }  # fmt: skip


def gpt(w: Any, d: Any) -> Any:
    g: dict[str, Any] = {}
    tokens = d["x"]
    batch, length = tokens.shape
    x = (w["token.weight"][tokens] + w["place.weight"]).reshape(batch * length, -1)
    back = []
    blocks = sum(name.endswith("qkv.weight") for name in w)
    for k in range(blocks):
        for block in (layers.attention_block, layers.feed_forward_block):
            x, undo = block(w, f"{k}.", x, batch)
            back.append(undo)
    h, undo_norm = layers.norm(x, w["norm.weight"], w["norm.bias"])
    _, gz = layers.cross_entropy(h @ w["head.weight"].T + w["head.bias"], d["t"].reshape(-1))
    g["head.weight"], g["head.bias"] = gz.T @ h, gz.sum(0)
    gx, g["norm.weight"], g["norm.bias"] = undo_norm(gz @ w["head.weight"])
    while back:
        gx = back.pop()(gx, g)
    chosen = np.zeros((len(w["token.weight"]), batch * length), gx.dtype)
    chosen[tokens.reshape(-1), np.arange(batch * length)] = 1
    g["token.weight"], g["place.weight"] = chosen @ gx, gx.reshape(batch, length, -1).sum(0)
    return g


def elementwise(w: Any, d: Any) -> Any:
    x, y = w["x"], w["y"]
    t, s, e = np.tanh(x * y), np.sqrt(x), np.exp(-y)
    below = 1 + x * x
    a = t + s
    z = a * e
    (z / below).sum()
    gz = 1 / below
    gbelow = -z * gz * gz
    ga = gz * e
    gt = ga * (1 - t * t)
    return {"x": gt * y + ga * 0.5 / s + gbelow * 2 * x, "y": gt * x - gz * a * e}


def reduce_norm(w: Any, d: Any) -> Any:
    h, undo = layers.norm(w["x"], w["weight"], w["bias"])
    p = np.exp(h - h.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    gh = d["c"] * p
    gh -= p * (gh.sum(1, keepdims=True) - 1)
    gx, gweight, gbias = undo(gh)
    return {"x": gx, "weight": gweight, "bias": gbias}


def memory(w: Any, d: Any) -> Any:
    inputs, g = [d["x"]], {}
    for k in range(20):
        h = inputs[-1] @ w[f"{k}.weight"].T
        h += w[f"{k}.bias"]
        inputs.append(np.tanh(h, out=h))
    h = inputs.pop()
    gx = (h - d["t"]) * (2 / h.size)
    for k in reversed(range(20)):
        h *= h
        np.subtract(1, h, out=h)
        gx *= h
        h = inputs.pop()
        g[f"{k}.weight"], g[f"{k}.bias"] = gx.T @ h, gx.sum(0)
        gx = gx @ w[f"{k}.weight"] if k else None
    return g


def hvp(w: Any, d: Any) -> Any:
    """Forward differentiation of mlp_small's gradient, by hand."""
    x, t = d["x"], d["t"]
    v = {name: d[f"v.{name}"] for name in w}
    h = np.tanh(x @ w["0.weight"].T + w["0.bias"])
    slope = 1 - h * h
    dh = slope * (x @ v["0.weight"].T + v["0.bias"])
    z = h @ w["1.weight"].T + w["1.bias"]
    dz = dh @ w["1.weight"].T + h @ v["1.weight"].T + v["1.bias"]
    p, gz = layers.cross_entropy(z, t)
    dgz = p * (dz - (p * dz).sum(1, keepdims=True)) / len(t)
    gh = gz @ w["1.weight"]
    dgh = (dgz @ w["1.weight"] + gz @ v["1.weight"]) * slope - gh * 2 * h * dh
    return {
        "1.weight": dgz.T @ h + gz.T @ dh, "1.bias": dgz.sum(0), "0.weight": dgh.T @ x, "0.bias": dgh.sum(0),
    }  # fmt: skip


def scaled(family: str, w: Any, x: Any) -> Any:
    """Only the families of dense layers."""
    if family not in ("depth", "width", "batch"):
        return None
    layers = [(w[f"{k}.weight"], w[f"{k}.bias"]) for k in range(len(w) // 2)]
    found: dict[str, Any] = {}

    def step() -> None:
        outputs = [x]
        for weight, bias in layers:
            y = outputs[-1] @ weight.T
            y += bias
            outputs.append(np.tanh(y, out=y))
        g = outputs[-1] * (2 / outputs[-1].size)
        for k in reversed(range(len(layers))):
            y = outputs.pop()
            g *= 1 - y * y
            found[f"{k}.weight"], found[f"{k}.bias"] = g.T @ outputs[-1], g.sum(0)
            if k:
                g = g @ layers[k][0]

    return step, lambda: found
