"""What is learned by comparing: triplets, pairs, words, experts and quantiles."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
import nn
import optim
from autograd import Tensor
from nn import functional as F

from ..training import Program
from .common import kind, mlp, normal, nothing


@kind
def triplet_mining() -> Program:
    net = mlp(8, 16, 4)
    optimizer = optim.Adam(net.parameters(), 0.01)

    def step(x: Any, t: Any) -> Any:
        z = net(x)
        d = ((z[:, None] - z[None]) ** 2).sum(-1)
        same = t.data[:, None] == t.data[None]
        hardest_pos = np.where(same, d, -np.inf).max(axis=1)
        hardest_neg = np.where(same, np.inf, d).min(axis=1)
        loss = np.maximum(hardest_pos - hardest_neg + 0.5, 0).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return Program(
        step,
        [net, optimizer],
        lambda rng: (Tensor(normal(rng, 12, 8)), Tensor(rng.permutation(np.arange(12) % 4))),
        nothing,
    )


@kind
def contrastive_masked_write() -> Program:
    net = mlp(8, 16, 4)
    optimizer = optim.SGD(net.parameters(), 0.1)

    def step(a: Any) -> Any:
        z = F.normalize(net(a), dim=-1)
        sim = z @ z.T
        sim[np.arange(len(a)), np.arange(len(a))] = -np.inf
        loss = -F.log_softmax(sim, 1)[np.arange(len(a)), (np.arange(len(a)) + 1) % len(a)].mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return Program(step, [net, optimizer], lambda rng: (Tensor(normal(rng, 5, 8)),), nothing)


@kind
def topk() -> Program:
    net = mlp(8, 16, 6)
    optimizer = optim.Adam(net.parameters(), 0.01)

    def step(x: Any) -> Any:
        s = net(x)
        idx = np.argpartition(-s.data, 2, axis=1)[:, :2]
        top = np.take_along_axis(s, idx, 1)
        gate = autograd.softmax(top, 1)
        loss = (gate * top).sum() + (np.sort(s, axis=1)[:, -3:] ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return (loss, idx)

    return Program(step, [net, optimizer], lambda rng: (Tensor(normal(rng, 6, 8)),), nothing)


@kind
def embeddings_skipgram() -> Program:
    a, b = (nn.Embedding(20, 6), nn.Embedding(20, 6))
    optimizer = optim.Adagrad([*a.parameters(), *b.parameters()], 0.1)

    def step(c: Any, o: Any) -> Any:
        neg = autograd.generator().integers(0, 20, (len(c), 3))
        v, u, n = (a(c), b(o), b(neg))
        loss = -(F.logsigmoid((v * u).sum(-1)) + F.logsigmoid(-(n @ v[..., None])[..., 0]).sum(-1)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return Program(step, [a, b, optimizer], lambda rng: (rng.integers(0, 20, 8), rng.integers(0, 20, 8)), nothing)


@kind
def quantile_and_median() -> Program:
    net = mlp(8, 16, 1)
    optimizer = optim.Adam(net.parameters(), 0.01)

    def step(x: Any, y: Any) -> Any:
        e = y - net(x)[:, 0]
        loss = np.maximum(0.9 * e, -0.1 * e).mean() + np.median(abs(e)) + np.quantile(e**2, 0.75)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return Program(step, [net, optimizer], lambda rng: (normal(rng, 9, 8), normal(rng, 9)), nothing)


@kind
def gnn() -> Program:
    l1, l2 = (nn.Linear(4, 8), nn.Linear(8, 3))
    optimizer = optim.Adam([*l1.parameters(), *l2.parameters()], 0.01)

    def step(x: Any, src: Any, dst: Any, t: Any) -> Any:

        def conv(h: Any) -> Any:
            msg = h[src]
            deg = np.bincount(dst, minlength=7).astype(np.float32) + 1
            agg = np.zeros_like(h)
            agg[dst] += msg
            return (h + agg) / deg[:, None]

        out = l2(conv(np.tanh(l1(conv(x)))))
        loss = F.cross_entropy(out, t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return Program(
        step,
        [l1, l2, optimizer],
        lambda rng: (Tensor(normal(rng, 7, 4)), rng.integers(0, 7, 12), rng.integers(0, 7, 12), rng.integers(0, 3, 7)),
        nothing,
    )
