"""Derivatives of derivatives, linear algebra, and numbers that are not single precision."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
import nn
import optim
from autograd import Tensor
from nn import functional as F

from ..training import Program
from .common import kind, mlp, normal, nothing, xt


@kind
def maml_functional() -> Program:
    params = [
        normal(np.random.default_rng(0), 3, 5),
        np.zeros(5, np.float32),
        normal(np.random.default_rng(1), 5, 1),
        np.zeros(1, np.float32),
    ]

    def net(ps: Any, x: Any) -> Any:
        return np.tanh(x @ ps[0] + ps[1]) @ ps[2] + ps[3]

    loss = lambda ps, x, y: ((net(ps, x) - y) ** 2).mean()

    def inner(ps: Any, x: Any, y: Any, steps: Any = 3) -> Any:
        for _ in range(steps):
            g = autograd.grad(loss)(ps, x, y)
            ps = [p - 0.1 * d for p, d in zip(ps, g, strict=True)]
        return ps

    def meta(ps: Any, tasks: Any) -> Any:
        total = 0.0
        for x, y, x2, y2 in tasks:
            total = total + loss(inner(ps, x, y), x2, y2)
        return total / len(tasks)

    def step(ps: Any, tasks: Any) -> Any:
        value, g = autograd.value_and_grad(meta)(ps, tasks)
        return (value, [p - 0.01 * d for p, d in zip(ps, g, strict=True)])

    return Program(
        step,
        [],
        lambda rng: (
            params,
            [(normal(rng, 4, 3), normal(rng, 4, 1), normal(rng, 4, 3), normal(rng, 4, 1)) for _ in range(2)],
        ),
        nothing,
    )


@kind
def neural_ode() -> Program:
    f = mlp(3, 8, 2)
    optimizer = optim.Adam(f.parameters(), 0.01)

    def step(y0: Any, y1: Any, dt: Any) -> Any:
        y = y0
        t = 0.0
        for _ in range(8):
            inp = np.concatenate([y, np.full_like(y[:, :1], t)], axis=1)
            k1 = f(inp)
            k2 = f(np.concatenate([y + 0.5 * dt * k1, np.full_like(y[:, :1], t + 0.5 * dt)], axis=1))
            y = y + dt * k2
            t = t + dt
        loss = ((y - y1) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return Program(
        step, [f, optimizer], lambda rng: (normal(rng, 4, 2), normal(rng, 4, 2), 0.1 + 0.05 * rng.random()), nothing
    )


@kind
def pinn() -> Program:
    net = mlp(1, 8, 1)
    optimizer = optim.Adam(net.parameters(), 0.01)

    def step(x: Any) -> Any:
        x = x.requires_grad_()
        u = net(x)
        (du,) = autograd.grad(u.sum(), x, create_graph=True)
        (ddu,) = autograd.grad(du.sum(), x, create_graph=True)
        loss = ((ddu + u) ** 2).mean() + (net(Tensor(np.zeros((1, 1), np.float32))) - 1).sum() ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return Program(step, [net, optimizer], lambda rng: (Tensor(normal(rng, 6, 1)),), nothing)


@kind
def newton_hessian() -> Program:

    def f(w: Any, x: Any, y: Any) -> Any:
        return np.log(1 + np.exp(-y * (x @ w))).mean() + 0.01 * (w @ w)

    def step(w: Any, x: Any, y: Any) -> Any:
        g = autograd.grad(f)(w, x, y)
        h = autograd.hessian(f)(w, x, y)
        return w - np.linalg.solve(h, g)

    w = np.zeros(3)
    return Program(step, [], lambda rng: (w, rng.standard_normal((8, 3)), np.sign(rng.standard_normal(8))), nothing)


@kind
def per_example_gradients() -> Program:

    def f(w: Any, x: Any, y: Any) -> Any:
        return ((np.tanh(x @ w) - y) ** 2).sum()

    def step(w: Any, x: Any, y: Any) -> Any:
        g = autograd.vmap(autograd.grad(f), in_axes=(None, 0, 0))(w, x, y)
        n = np.sqrt((g**2).sum(axis=(1, 2), keepdims=True))
        noise = autograd.generator().standard_normal(w.shape)
        return (g / np.maximum(1, n)).mean(0) + 0.1 * noise

    return Program(
        step, [], lambda rng: (np.ones((3, 2)), rng.standard_normal((5, 3)), rng.standard_normal((5, 2))), nothing
    )


@kind
def hmc() -> Program:

    def energy(q: Any) -> Any:
        return 0.5 * (q**2).sum() + np.cos(3 * q).sum()

    slope = autograd.grad(energy)

    def step(q: Any) -> Any:
        rng = autograd.generator()
        p = rng.standard_normal(q.shape)
        q0, p0 = (q, p)
        p = p - 0.05 * slope(q)
        for k in range(4):
            q = q + 0.1 * p
            if k < 3:
                p = p - 0.1 * slope(q)
        p = p - 0.05 * slope(q)
        accept = np.log(rng.random()) < energy(q0) + 0.5 * (p0**2).sum() - energy(q) - 0.5 * (p**2).sum()
        return (np.where(accept, q, q0), accept)

    return Program(step, [], lambda rng: (rng.standard_normal(3),), nothing)


@kind
def gp_cholesky() -> Program:
    th = nn.Parameter(np.zeros(3))
    optimizer = optim.Adam([th], 0.01)

    def step(x: Any, y: Any) -> Any:
        part, s, n = (np.exp(th[0]), np.exp(th[1]), np.exp(th[2]))
        keys = s * np.exp(-0.5 * ((x[:, None] - x) / part) ** 2) + n * np.eye(len(x))
        factor = np.linalg.cholesky(keys)
        a = np.linalg.solve(factor.T, np.linalg.solve(factor, y))
        nll = 0.5 * y @ a + np.log(np.diag(factor)).sum()
        optimizer.zero_grad()
        nll.backward()
        optimizer.step()
        return nll.item()

    return Program(step, [optimizer], lambda rng: (rng.standard_normal(8), rng.standard_normal(8)), nothing)


@kind
def einsum_tensor_train() -> Program:
    cores = [
        nn.Parameter(normal(np.random.default_rng(k), *s)) for k, s in enumerate([(1, 3, 2), (2, 3, 2), (2, 3, 1)])
    ]
    optimizer = optim.Adam(cores, 0.01)

    def step(y: Any) -> Any:
        full = np.einsum("aib,bjc,ckd->ijk", *cores)
        loss = ((full - y) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return Program(step, [optimizer], lambda rng: (normal(rng, 3, 3, 3),), nothing)


@kind
def fft_layer() -> Program:
    w = nn.Parameter(
        (np.random.default_rng(0).standard_normal((5,)) + 1j * np.random.default_rng(1).standard_normal(5)).astype(
            np.complex64
        )
    )
    lin = nn.Linear(8, 4)
    optimizer = optim.Adam([w, *lin.parameters()], 0.01)

    def step(x: Any, t: Any) -> Any:
        h = np.fft.irfft(np.fft.rfft(x, axis=1) * w, 8, axis=1)
        loss = F.cross_entropy(lin(np.tanh(h)), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return Program(step, [lin, optimizer], xt(), nothing)


@kind
def zero_d() -> Program:
    a, b = (nn.Parameter(np.array(0.5)), nn.Parameter(np.array(-0.2)))
    optimizer = optim.Adam([a, b], 0.1)

    def step(x: Any, y: Any) -> Any:
        loss = (np.exp(a * x) + b - y) ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return (loss, a.item())

    return Program(step, [optimizer], lambda rng: (np.float64(rng.random()), float(rng.random())), nothing)
