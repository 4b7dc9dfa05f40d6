"""The layers of by_hand.py, forward and backward.

Images stand in memory as (height, channels, width, batch): then every slice along the height or the width is long
contiguous runs, and the matrices of a convolution, one for each row of its result, are a strided view.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def cross_entropy(z: Any, t: Any) -> Any:
    """The softmax of scores (n, classes), and the gradient of their mean cross-entropy."""
    p = z - z.max(1, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(1, keepdims=True)
    n = len(t)
    g = p / n
    g[np.arange(n), t] -= 1 / n
    return p, g


def _columns(x: Any, k: int, padding: int) -> Any:
    """The k horizontal shifts (H + 2p, k, C, W', N) of an image, as the matrices (H', k·k·C, W'·N) of a convolution."""
    height, channels, width, batch = x.shape
    out_height, out_width = height + 2 * padding - k + 1, width + 2 * padding - k + 1
    shifts = np.zeros((height + 2 * padding, k, channels, out_width, batch), x.dtype)
    inner = shifts[padding : padding + height]
    for j in range(k):
        first, last = max(0, padding - j), min(out_width, width + padding - j)
        inner[:, j, :, first:last] = x[:, :, first + j - padding : last + j - padding]
    row, item = shifts.strides[0], x.itemsize
    shape = (out_height, k * k * channels, out_width * batch)
    return np.lib.stride_tricks.as_strided(shifts, shape, (row, out_width * batch * item, item), writeable=False)


def _matrix(weight: Any) -> Any:
    return np.ascontiguousarray(weight.transpose(0, 2, 3, 1)).reshape(len(weight), -1)


def conv(x: Any, weight: Any, bias: Any, padding: int) -> Any:
    k = weight.shape[-1]
    columns = _columns(x, k, padding)
    y = _matrix(weight) @ columns
    y += bias[:, None]
    return y.reshape(*y.shape[:2], -1, x.shape[3]), columns


def conv_weights_back(g: Any, columns: Any, weight: Any) -> Any:
    fan_out, fan_in, k, _ = weight.shape
    flat = g.reshape(len(g), fan_out, -1)
    gw = (flat @ columns.swapaxes(1, 2)).sum(0)
    return gw.reshape(fan_out, k, k, fan_in).transpose(0, 3, 1, 2), flat.sum((0, 2))


def conv_back(g: Any, weight: Any, padding: int) -> Any:
    """The gradient of a convolution's input: with many channels the turned convolution, else row by row."""
    fan_out, fan_in, k, _ = weight.shape
    if fan_in >= 16:
        turned = weight[:, :, ::-1, ::-1].swapaxes(0, 1)
        y = _matrix(turned) @ _columns(g, k, k - 1 - padding)
        return y.reshape(*y.shape[:2], -1, g.shape[3])
    height, _, out_width, batch = g.shape
    shifts = np.zeros((height + k - 1, k, fan_in, out_width, batch), g.dtype)
    matrix = _matrix(weight).T
    for row in range(height):
        shifts[row : row + k] += (matrix @ g[row].reshape(fan_out, -1)).reshape(k, k, fan_in, out_width, batch)
    gx = np.zeros((height + k - 1, fan_in, out_width + k - 1, batch), g.dtype)
    for j in range(k):
        gx[:, :, j : j + out_width] += shifts[:, j]
    return gx[padding : len(gx) - padding, :, padding : gx.shape[2] - padding] if padding else gx


def pool(x: Any) -> Any:
    """The maximum of each 2×2 window."""
    rows = np.maximum(x[0::2], x[1::2])
    return np.maximum(rows[:, :, 0::2], rows[:, :, 1::2])


def pool_back(g: Any, x: Any) -> Any:
    """Its gradient, for inputs that have passed a ReLU: a tie is one of zeros, where no gradient goes on anyway."""
    rows = np.maximum(x[0::2], x[1::2])
    grows = np.empty_like(rows)
    left = rows[:, :, 0::2] >= rows[:, :, 1::2]
    np.multiply(g, left, out=grows[:, :, 0::2])
    np.subtract(g, grows[:, :, 0::2], out=grows[:, :, 1::2])
    gx = np.empty_like(x)
    np.multiply(grows, x[0::2] >= x[1::2], out=gx[0::2])
    np.subtract(grows, gx[0::2], out=gx[1::2])
    return gx


def norm(x: Any, weight: Any, bias: Any) -> Any:
    """Layer normalisation of rows, and what gives its gradients."""
    centred = x - x.mean(1, keepdims=True)
    scale = 1 / np.sqrt((centred * centred).mean(1, keepdims=True) + 1e-5)
    centred *= scale
    y = centred * weight
    y += bias

    def undo(g: Any) -> Any:
        gn = g * weight
        product = g * centred
        gweight = product.sum(0)
        product *= weight
        gn -= gn.mean(1, keepdims=True)
        gn -= centred * product.mean(1, keepdims=True)
        gn *= scale
        return gn, gweight, g.sum(0)

    return y, undo


def attention_block(w: Any, at: str, x: Any, batch: int) -> Any:
    """x + projection(attention(norm(x))), causal, with 4 heads; `undo(gradient, gradients)` goes back."""
    heads, rows = 4, len(x)
    n, undo_norm = norm(x, w[f"{at}norm1.weight"], w[f"{at}norm1.bias"])
    qkv = n @ w[f"{at}qkv.weight"].T + w[f"{at}qkv.bias"]
    width, length = x.shape[1], rows // batch
    parts = np.ascontiguousarray(qkv.reshape(batch, length, 3, heads, width // heads).transpose(2, 0, 3, 1, 4))
    q, k, v = parts
    size = (width // heads) ** -0.5
    future = np.triu(np.full((length, length), -np.inf, x.dtype), 1)
    p = q @ k.swapaxes(2, 3)
    p *= size
    p += future
    p -= p.max(3, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(3, keepdims=True)
    mixed = np.ascontiguousarray((p @ v).transpose(0, 2, 1, 3)).reshape(rows, width)
    y = mixed @ w[f"{at}proj.weight"].T
    y += w[f"{at}proj.bias"]
    y += x

    def undo(g: Any, gs: Any) -> Any:
        gs[f"{at}proj.weight"], gs[f"{at}proj.bias"] = g.T @ mixed, g.sum(0)
        gmixed = (g @ w[f"{at}proj.weight"]).reshape(batch, length, heads, -1).transpose(0, 2, 1, 3)
        gp = gmixed @ v.swapaxes(2, 3)
        gp -= (gp * p).sum(3, keepdims=True)
        gp *= p
        gp *= size
        gparts = np.empty_like(parts)
        gparts[0], gparts[1], gparts[2] = gp @ k, gp.swapaxes(2, 3) @ q, p.swapaxes(2, 3) @ gmixed
        gqkv = np.ascontiguousarray(gparts.transpose(1, 3, 0, 2, 4)).reshape(rows, 3 * width)
        gs[f"{at}qkv.weight"], gs[f"{at}qkv.bias"] = gqkv.T @ n, gqkv.sum(0)
        gx, gs[f"{at}norm1.weight"], gs[f"{at}norm1.bias"] = undo_norm(gqkv @ w[f"{at}qkv.weight"])
        return gx + g

    return y, undo


def feed_forward_block(w: Any, at: str, x: Any, batch: int) -> Any:
    """x + down(gelu(up(norm(x)))), with GELU in its tanh form."""
    n, undo_norm = norm(x, w[f"{at}norm2.weight"], w[f"{at}norm2.bias"])
    u = n @ w[f"{at}up.weight"].T
    u += w[f"{at}up.bias"]
    c = (2 / np.pi) ** 0.5
    square = u * u
    t = np.tanh(c * u * (1 + 0.044715 * square))
    a = 0.5 * u * (1 + t)
    y = a @ w[f"{at}down.weight"].T
    y += w[f"{at}down.bias"]
    y += x

    def undo(g: Any, gs: Any) -> Any:
        gs[f"{at}down.weight"], gs[f"{at}down.bias"] = g.T @ a, g.sum(0)
        gu = g @ w[f"{at}down.weight"]
        gu *= 0.5 * (1 + t) + 0.5 * u * (1 - t * t) * (c * (1 + 3 * 0.044715 * square))
        gs[f"{at}up.weight"], gs[f"{at}up.bias"] = gu.T @ n, gu.sum(0)
        gx, gs[f"{at}norm2.weight"], gs[f"{at}norm2.bias"] = undo_norm(gu @ w[f"{at}up.weight"])
        return gx + g

    return y, undo
