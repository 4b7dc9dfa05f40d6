"""Random networks and their training, run by PyTorch (make_networks.py) and by this library (tests/nn).

What is drawn comes from a RandomState, whose streams never change: the layers, the optimizer, the parameters and the
data. So the figures of a seed are the same wherever the names mean the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

IMAGES, SEQUENCES, STEPS = range(40), range(100, 125), 5

IN_PLACE = ["ReLU", "SiLU", "ELU", "Mish", "LeakyReLU", "Hardswish", "CELU", "SELU", "ReLU6", "Hardtanh"]
ACTIVATIONS = [
    *IN_PLACE, "GELU", "Tanh", "Softplus", "PReLU", "Sigmoid", "Softsign", "LogSigmoid", "Softshrink", "Tanhshrink",
]  # fmt: skip


class Draw:
    """Choices, one after the other, of one seed."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.RandomState(seed)

    def one(self, *values: Any) -> Any:
        return values[self.random.randint(len(values))]

    def often(self, share: float) -> bool:
        return bool(self.random.random_sample() < share)

    def normal(self, *shape: int) -> Any:
        return self.random.standard_normal(shape)


def images(draw: Draw, nn: Any) -> tuple[Any, Callable[[], Any]]:
    """A network of images, and what draws a batch for it."""
    c = first = draw.one(1, 2, 3)
    h = size = draw.one(6, 8, 9)
    layers: list[Any] = []
    for _ in range(draw.one(2, 3, 4, 5, 6)):
        kind = draw.one("conv", "conv", "depthwise", "norm", "activation", "pool", "up", "transposed", "shuffle", "lrn")
        if kind == "conv":
            out, k, stride = draw.one(2, 4, 6), draw.one(1, 2, 3), draw.one(1, 1, 2)
            padding, dilation = draw.one(0, 1, 2), draw.one(1, 1, 2)
            groups = 2 if c % 2 == 0 and draw.often(0.3) else 1
            mode = draw.one("zeros", "reflect", "circular", "replicate")
            new = (h + 2 * padding - dilation * (k - 1) - 1) // stride + 1
            if new >= 1 and padding < h:
                layers.append(nn.Conv2d(c, out, k, stride, padding, dilation, groups, padding_mode=mode))
                c, h = out, new
        elif kind == "depthwise":
            layers.append(nn.Conv2d(c, 2 * c, 3, 1, 1, groups=c, bias=False))
            c *= 2
        elif kind == "norm" and h > 1:
            affine = {"affine": True, "track_running_stats": True}
            layers.append(draw.one(nn.BatchNorm2d(c), nn.GroupNorm(1, c), nn.InstanceNorm2d(c, **affine)))
        elif kind == "activation":
            name = draw.one(*ACTIVATIONS)
            inplace = {"inplace": True} if name in IN_PLACE and draw.often(0.4) else {}
            layers.append(getattr(nn, name)(**inplace))
        elif kind == "pool" and h >= 3:
            k, stride = draw.one(2, 3), draw.one(1, 2)
            layers.append(draw.one(nn.MaxPool2d(k, stride), nn.AvgPool2d(k, stride), nn.LPPool2d(2, k, stride)))
            h = (h - k) // stride + 1
        elif kind == "up" and h < 12:
            layers.append(nn.Upsample(scale_factor=2, mode=draw.one("nearest", "bilinear", "bicubic")))
            h *= 2
        elif kind == "transposed" and h < 12:
            layers.append(nn.ConvTranspose2d(c, 3, 3, 2, 1, 1))
            c, h = 3, 2 * h
        elif kind == "shuffle" and c % 4 == 0:
            layers.append(nn.PixelShuffle(2))
            c, h = c // 4, 2 * h
        elif kind == "lrn":
            layers.append(nn.LocalResponseNorm(3))
    end = draw.one(nn.AdaptiveAvgPool2d(1), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.AdaptiveAvgPool2d((2, 1)))
    head = nn.Conv2d(c, 2, 1)  # so that something is trained in every network
    return nn.Sequential(*layers, head, end), lambda: draw.normal(3, first, size, size)


def sequences(draw: Draw, nn: Any) -> tuple[Any, Callable[[], Any]]:
    """A network of sequences, and what draws a batch for it."""
    width, batch_first = draw.one(4, 8), draw.one(True, False)
    kinds = [draw.one("recurrent", "recurrent", "encoder", "norm", "linear") for _ in range(draw.one(1, 2, 3))]

    class Recurrent(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            two = draw.one(True, False)
            kind, layers = draw.one(nn.LSTM, nn.GRU, nn.RNN), draw.one(1, 2)
            self.layer = kind(width, width // 2 if two else width, layers, bidirectional=two, batch_first=batch_first)

        def forward(self, x: Any) -> Any:
            output, state = self.layer(x)
            return output + (state[0] if isinstance(state, tuple) else state).mean()

    def layer(kind: str) -> Any:
        if kind == "recurrent":
            return Recurrent()
        if kind == "encoder":
            options = {"batch_first": batch_first, "norm_first": draw.one(True, False), "bias": draw.often(0.7)}
            return nn.TransformerEncoderLayer(width, 2, 6, 0.0, draw.one("relu", "gelu"), **options)
        if kind == "norm":
            return draw.one(nn.LayerNorm(width), nn.RMSNorm(width))
        return nn.Sequential(nn.Linear(width, 2 * width), nn.GLU())

    network = nn.Sequential(nn.Embedding(9, width), *map(layer, kinds), nn.Linear(width, 2))
    return network, lambda: draw.random.randint(0, 9, (3, 5))


def optimizer(draw: Draw, optim: Any, params: Any) -> Any:
    """One whose step does not turn what is rounded off into whole steps where a gradient is 0: eps is large."""
    return draw.one(
        lambda: optim.SGD(params, 0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda: optim.Adam(params, 1e-2, eps=1e-3),
        lambda: optim.AdamW(params, 1e-2, eps=1e-3, amsgrad=True),
        lambda: optim.RMSprop(params, 1e-3, eps=1e-3, momentum=0.5),
        lambda: optim.Adagrad(params, 0.01, eps=1e-3),
        lambda: optim.Adadelta(params, eps=1e-3),
        lambda: optim.Adamax(params, eps=1e-2),
    )()


def curve(seed: int, nn: Any, optim: Any, tensor: Callable[[Any], Any]) -> list[float]:
    """Of each step the loss and the norm of all gradients, and at last the sum of squares of an evaluation."""
    draw = Draw(seed)
    network, batch = (images if seed in IMAGES else sequences)(draw, nn)
    network = network.double()
    state = {}
    for name, value in network.state_dict().items():
        known = "running" in name or name.endswith("tracked")
        state[name] = value if known else tensor(draw.normal(*value.shape) * 0.5)
    network.load_state_dict(state)
    stepper = optimizer(draw, optim, list(network.parameters()))
    found = []
    for _ in range(STEPS):
        output = network(tensor(batch()))
        loss = ((output * tensor(draw.normal(*output.shape))) ** 2).mean()
        stepper.zero_grad()
        loss.backward()
        found += [float(loss.item()), float(nn.utils.clip_grad_norm_(network.parameters(), 10.0))]
        stepper.step()
    network.eval()
    return [*found, float((network(tensor(batch())) ** 2).sum().item())]
