"""Classifiers and regressions, with what people add to a plain step."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

import autograd
import nn
import optim
from autograd import Tensor
from nn import functional as F

from ..training import Program
from .common import kind, mlp, normal, nothing, xt


@dataclasses.dataclass(eq=False)
class Batch:
    x: Any
    t: Any
    weight: float


@kind
def mixup() -> Program:
    net = mlp(8, 16, 4)
    optimizer = optim.SGD(net.parameters(), 0.1, momentum=0.9)
    rng = autograd.generator()

    def step(x: Any, t: Any) -> Any:
        lam = rng.beta(0.4, 0.4)
        perm = rng.permutation(len(x))
        xm = lam * x + (1 - lam) * x[perm]
        optimizer.zero_grad()
        out = net(xm)
        loss = lam * F.cross_entropy(out, t) + (1 - lam) * F.cross_entropy(out, t[perm])
        loss.backward()
        optimizer.step()
        return loss

    return Program(step, [net, optimizer], xt(), nothing)


@kind
def ema_lerp() -> Program:
    net = mlp(8, 16, 4)
    optimizer = optim.AdamW(net.parameters(), 0.001)
    shadow = {n: p.data.copy() for n, p in net.named_parameters()}

    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), t)
        loss.backward()
        optimizer.step()
        for n, p in net.named_parameters():
            shadow[n] = 0.9 * shadow[n] + 0.1 * p.data
        return (loss.item(), shadow["0.weight"].sum())

    return Program(step, [net, optimizer], xt(), nothing)


@kind
def accumulation() -> Program:
    net = mlp(8, 16, 4)
    optimizer = optim.SGD(net.parameters(), 0.1)

    def step(xs: Any, ts: Any) -> Any:
        optimizer.zero_grad()
        total = 0.0
        for x, t in zip(xs, ts, strict=True):
            loss = F.cross_entropy(net(x), t) / len(xs)
            loss.backward()
            total += loss.item()
        optimizer.step()
        return total

    return Program(
        step,
        [net, optimizer],
        lambda rng: ([Tensor(normal(rng, 4, 8)) for _ in range(3)], [Tensor(rng.integers(0, 4, 4)) for _ in range(3)]),
        nothing,
    )


@kind
def spectral_by_hand() -> Program:
    w = nn.Parameter(normal(np.random.default_rng(0), 6, 4))
    u = np.random.default_rng(1).standard_normal(6).astype(np.float32)
    buf = Tensor(u)
    optimizer = optim.SGD([w], 0.1)

    def step(x: Any, y: Any) -> Any:
        with autograd.no_grad():
            v = w.data.T @ buf.data
            v = v / np.linalg.norm(v)
            uu = w.data @ v
            uu = uu / np.linalg.norm(uu)
            buf.data[...] = uu
        sigma = uu @ w @ v
        loss = ((x @ (w / sigma).T - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return (loss, sigma.item())

    return Program(step, [optimizer], lambda rng: (normal(rng, 5, 4), normal(rng, 5, 6)), nothing)


@kind
def clip_by_hand_arrays() -> Program:
    net = mlp(8, 16, 4)
    optimizer = optim.SGD(net.parameters(), 0.1)

    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), t)
        loss.backward()
        total = np.sqrt(sum((p.grad.data**2).sum() for p in net.parameters()))
        scale = np.minimum(1.0, 0.5 / (total + 1e-06))
        for p in net.parameters():
            p.grad = p.grad * scale
        optimizer.step()
        return (loss, total)

    return Program(step, [net, optimizer], xt(), nothing)


@kind
def mixed_precision() -> Program:
    net = mlp(8, 16, 4)
    optimizer = optim.Adam(net.parameters(), 0.01)

    def step(x: Any, t: Any) -> Any:
        with autograd.enable_grad():
            half = {n: p.astype(np.float16) for n, p in net.named_parameters()}
            h = np.tanh(x.astype(np.float16) @ half["0.weight"].T + half["0.bias"])
            out = (h @ half["2.weight"].T + half["2.bias"]).astype(np.float32)
            loss = F.cross_entropy(out, t)
        optimizer.zero_grad()
        (loss * 1024.0).backward()
        finite = all(bool(np.isfinite(p.grad.data).all()) for p in net.parameters())
        if finite:
            for p in net.parameters():
                p.grad.data[...] = p.grad.data / 1024.0
            optimizer.step()
        return (loss.item(), finite)

    return Program(step, [net, optimizer], xt(), nothing)


@kind
def float16_params() -> Program:
    net = nn.Linear(8, 4, dtype=np.float16)
    optimizer = optim.SGD(net.parameters(), 0.1)

    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), t)
        (loss * 8).backward()
        for p in net.parameters():
            p.grad.data /= 8
        optimizer.step()
        return loss

    return Program(
        step,
        [net, optimizer],
        lambda rng: (Tensor(normal(rng, 6, 8, dtype=np.float16)), Tensor(rng.integers(0, 4, 6))),
        nothing,
    )


@kind
def dataclass_dict() -> Program:
    net = mlp(8, 16, 4)
    optimizer = optim.Adam(net.parameters(), 0.01)

    def step(batch: Any, extra: Any) -> Any:
        optimizer.zero_grad()
        losses = {
            "ce": F.cross_entropy(net(batch.x), batch.t) * batch.weight,
            "reg": sum((p**2).sum() for p in net.parameters()) * extra["reg"],
        }
        total = sum(losses.values())
        total.backward()
        optimizer.step()
        return ({k: v.item() for k, v in losses.items()}, Batch(batch.x, total, 1.0))

    return Program(
        step,
        [net, optimizer],
        lambda rng: (Batch(*xt()(rng), float(rng.random())), {"reg": 0.01, "names": ["a", "b"]}),
        nothing,
    )


@kind
def sam() -> Program:
    net = mlp(8, 16, 4)
    optimizer = optim.SGD(net.parameters(), 0.1, momentum=0.9)

    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        F.cross_entropy(net(x), t).backward()
        norm = np.sqrt(sum((p.grad.data**2).sum() for p in net.parameters())) + 1e-12
        eps = []
        for p in net.parameters():
            e = 0.05 * p.grad.data / norm
            p.data += e
            eps.append(e)
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), t)
        loss.backward()
        for p, e in zip(net.parameters(), eps, strict=True):
            p.data -= e
        optimizer.step()
        return loss

    return Program(step, [net, optimizer], xt(), nothing)


@kind
def pgd_loop() -> Program:
    net = mlp(8, 16, 4)
    optimizer = optim.SGD(net.parameters(), 0.1)

    def step(x: Any, t: Any) -> Any:
        delta = np.zeros_like(x.data)
        for _ in range(3):
            d = Tensor(delta, requires_grad=True)
            (g,) = autograd.grad(F.cross_entropy(net(x + d), t), d)
            delta = np.clip(delta + 0.05 * np.sign(g.data), -0.1, 0.1)
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x + delta), t)
        loss.backward()
        optimizer.step()
        return loss

    return Program(step, [net, optimizer], xt(), nothing)
