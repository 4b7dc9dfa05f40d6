"""tinygrad: a step under its TinyJit, with its own optimizers. It compiles with clang, which must be on the path."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from tinygrad import Context, Device, Tensor, TinyJit
from tinygrad.nn import optim

NAME, VERSION = "tinygrad", version("tinygrad")


def make(workload: Any, weights: Any, data: Any) -> Any:
    loss = globals().get(workload.name)
    if loss is None:
        return None
    w = {name: Tensor(value).realize() for name, value in weights.items()}
    d = {name: Tensor(value).is_param_(False).realize() for name, value in data.items()}
    if workload.name == "hvp":
        return hvp(w, d)
    parameters = list(w.values())
    if not workload.optimizer:

        @TinyJit
        def gradients() -> Any:
            return realized(loss(w, d).gradient(*parameters))

        found: dict[str, Any] = {}
        return finished(lambda: found.update(zip(w, gradients(), strict=True))), lambda: arrays(found)
    kind, lr, other = workload.optimizer
    if kind == "sgd":
        optimizer = optim.SGD(parameters, lr, other)
    else:
        optimizer = optim.AdamW(parameters, lr, weight_decay=other) if other else optim.Adam(parameters, lr)

    @TinyJit
    def update() -> None:
        optimizer.zero_grad()
        loss(w, d).backward()
        optimizer.step()

    def train() -> None:
        with Context(TRAINING=1):
            update()

    return finished(train), lambda: arrays(w)


def finished(run: Any) -> Any:
    """A step that waits for the device: it runs by itself."""

    def step() -> None:
        run()
        Device[Device.DEFAULT].synchronize()

    return step


def realized(tensors: Any) -> Any:
    Tensor.realize(*tensors)
    return tensors


def arrays(tensors: Any) -> Any:
    return {name: value.numpy() for name, value in tensors.items()}


def linear(w: Any, name: str, x: Any) -> Any:
    return x.linear(w[f"{name}.weight"].T, w[f"{name}.bias"])


def cross_entropy(z: Any, t: Any) -> Any:
    return z.sparse_categorical_crossentropy(t)


def small(w: Any, d: Any) -> Any:
    return (w["x"] @ w["w"] + w["b"]).tanh().sum()


def chain(w: Any, d: Any) -> Any:
    y, a, b = w["y"], w["a"], w["b"]
    for _ in range(d["steps"].shape[0]):
        y = y * a + b
    return y


def perceptron(w: Any, d: Any) -> Any:
    return (linear(w, "1", linear(w, "0", d["x"]).tanh()).tanh() - d["t"]).square().mean()


def mlp_small(w: Any, d: Any) -> Any:
    return cross_entropy(linear(w, "1", linear(w, "0", d["x"]).tanh()), d["t"])


def hvp(w: Any, d: Any) -> Any:
    parameters = list(w.values())

    @TinyJit
    def product() -> Any:
        first = mlp_small(w, d).gradient(*parameters)
        along = sum((g * d[f"v.{name}"]).sum() for name, g in zip(w, first, strict=True))
        return realized(along.gradient(*parameters))

    found: dict[str, Any] = {}
    return finished(lambda: found.update(zip(w, product(), strict=True))), lambda: arrays(found)


def dense(w: Any, x: Any, count: int) -> Any:
    for k in range(count - 1):
        x = linear(w, str(k), x).relu()
    return linear(w, str(count - 1), x)


def mlp_large(w: Any, d: Any) -> Any:
    return cross_entropy(dense(w, d["x"], 3), d["t"])


def memory(w: Any, d: Any) -> Any:
    x = d["x"]
    for k in range(20):
        x = linear(w, str(k), x).tanh()
    return (x - d["t"]).square().mean()


def conv(w: Any, name: str, x: Any, padding: int) -> Any:
    return x.conv2d(w[f"{name}.weight"], w[f"{name}.bias"], padding=padding).relu()


def lenet(w: Any, d: Any) -> Any:
    x = conv(w, "conv1", conv(w, "conv0", d["x"], 2).max_pool2d(), 0).max_pool2d()
    return cross_entropy(dense(w, x.flatten(1), 3), d["t"])


def vgg(w: Any, d: Any) -> Any:
    x = conv(w, "conv1", conv(w, "conv0", d["x"], 1), 1).max_pool2d()
    x = conv(w, "conv3", conv(w, "conv2", x, 1), 1).max_pool2d()
    return cross_entropy(linear(w, "0", x.flatten(1)), d["t"])


def lstm(w: Any, d: Any) -> Any:
    x = d["x"]
    time, batch, _ = x.shape
    wh = w["weight_hh_l0"].T
    n = wh.shape[0]
    inputs = x.linear(w["weight_ih_l0"].T, w["bias_ih_l0"] + w["bias_hh_l0"])
    h = c = Tensor.zeros(batch, n)
    for k in range(time):
        i, f, g, o = (inputs[k] + h @ wh).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
    return h.square().mean()


def norm(x: Any, weight: Any, bias: Any) -> Any:
    return x.layernorm() * weight + bias


def gpt(w: Any, d: Any) -> Any:
    x = w["token.weight"][d["x"]] + w["place.weight"]
    b, t, width = x.shape
    for k in ("0", "1"):
        n = norm(x, w[f"{k}.norm1.weight"], w[f"{k}.norm1.bias"])
        q, key, v = linear(w, f"{k}.qkv", n).reshape(b, t, 3, 4, width // 4).permute(2, 0, 3, 1, 4).chunk(3, dim=0)
        mixed = q[0].scaled_dot_product_attention(key[0], v[0], is_causal=True)
        x = x + linear(w, f"{k}.proj", mixed.transpose(1, 2).reshape(b, t, width))
        u = linear(w, f"{k}.up", norm(x, w[f"{k}.norm2.weight"], w[f"{k}.norm2.bias"]))
        x = x + linear(w, f"{k}.down", u.gelu())
    z = linear(w, "head", norm(x, w["norm.weight"], w["norm.bias"]))
    return cross_entropy(z.reshape(b * t, -1), d["t"].reshape(-1))


def elementwise(w: Any, d: Any) -> Any:
    x, y = w["x"], w["y"]
    return (((x * y).tanh() + x.sqrt()) * (-y).exp() / (1 + x * x)).sum()


def reduce_norm(w: Any, d: Any) -> Any:
    h = norm(w["x"], w["weight"], w["bias"])
    return (h.softmax(1) * d["c"]).sum() + h.logsumexp(1).sum()
