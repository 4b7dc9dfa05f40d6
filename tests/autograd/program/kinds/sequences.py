"""Sequences: recurrent networks, attention, and the algorithms over time steps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd
import nn
import optim
from autograd import Tensor
from nn import functional as F

from ..training import Program
from .common import kind, mlp, normal, nothing


class Seq(nn.Module):
    def __init__(self: Any) -> None:
        super().__init__()
        self.emb, self.enc, self.cell, self.out = (
            nn.Embedding(9, 6),
            nn.GRU(6, 8, batch_first=True),
            nn.GRUCell(6, 8),
            nn.Linear(8, 9),
        )

    def forward(self: Any, src: Any, tgt: Any, forced: Any) -> Any:
        _, h = self.enc(self.emb(src))
        h = h[0]
        tok = tgt[:, 0]
        outs = []
        for k in range(tgt.shape[1] - 1):
            h = self.cell(self.emb(tok), h)
            o = self.out(h)
            outs.append(o)
            tok = tgt[:, k + 1] if forced[k] else o.data.argmax(axis=1)
        return np.stack(outs, axis=1)


@kind
def teacher_forcing() -> Program:
    net = Seq()
    optimizer = optim.Adam(net.parameters(), 0.01)

    def step(src: Any, tgt: Any, forced: Any) -> Any:
        optimizer.zero_grad()
        out = net(src, tgt, forced)
        loss = F.cross_entropy(out.reshape(-1, 9), tgt[:, 1:].reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return Program(
        step,
        [net, optimizer],
        lambda rng: (rng.integers(0, 9, (4, 5)), rng.integers(0, 9, (4, 4)), [True, False, True]),
        nothing,
    )


@kind
def crf() -> Program:
    transitions = nn.Parameter(normal(np.random.default_rng(0), 3, 3))
    emit = nn.Linear(4, 3)
    optimizer = optim.Adam([transitions, *emit.parameters()], 0.01)

    def step(x: Any, tags: Any) -> Any:
        e = emit(x)
        alpha = e[0]
        for k in range(1, len(x)):
            alpha = autograd.logsumexp(alpha[:, None] + transitions, axis=0) + e[k]
        logz = autograd.logsumexp(alpha)
        score = e[np.arange(len(x)), tags].sum() + transitions[tags[:-1], tags[1:]].sum()
        loss = logz - score
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        best = e.data[0]
        back = []
        for k in range(1, len(x)):
            s = best[:, None] + transitions.data
            back.append(s.argmax(axis=0))
            best = s.max(axis=0) + e.data[k]
        return (loss, best.argmax(), np.stack(back))

    return Program(step, [emit, optimizer], lambda rng: (Tensor(normal(rng, 6, 4)), rng.integers(0, 3, 6)), nothing)


@kind
def beam() -> Program:
    net = mlp(4, 8, 5)

    def step(h: Any) -> Any:
        scores = np.zeros((1,), dtype=np.float32, like=h)
        beams = h[None]
        tokens = []
        for _ in range(3):
            logp = F.log_softmax(net(beams), 1).data
            total = (scores[:, None] + logp).reshape(-1)
            top = np.argsort(-total)[:3]
            scores = total[top]
            tokens.append((top // 5, top % 5))
            beams = beams[top // 5] * 0.9 + (top % 5)[:, None].astype(np.float32) * 0.1
        return (scores, tokens)

    return Program(step, [net], lambda rng: (normal(rng, 4),), nothing)


@kind
def masked_attention() -> Program:
    q, k, v, o = (nn.Linear(8, 8) for _ in range(4))
    ps = [p for m in (q, k, v, o) for p in m.parameters()]
    optimizer = optim.Adam(ps, 0.01)

    def step(x: Any, lengths: Any, y: Any) -> Any:
        n, t, c = x.shape
        split = lambda a: a.reshape(n, t, 2, 4).swapaxes(1, 2)
        queries, keys, values = (split(q(x)), split(k(x)), split(v(x)))
        att = queries @ keys.swapaxes(-1, -2) / math.sqrt(4)
        mask = np.arange(t)[None] >= lengths[:, None]
        att = np.where(mask[:, None, None], -np.inf, att)
        w = F.dropout(autograd.softmax(att, -1), 0.1)
        out = o((w @ values).swapaxes(1, 2).reshape(n, t, c))
        keep = (~mask)[..., None].astype(np.float32)
        loss = ((out - y) ** 2 * keep).sum() / keep.sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return (loss, w.detach())

    return Program(
        step,
        [q, k, v, o, optimizer],
        lambda rng: (Tensor(normal(rng, 3, 5, 8)), rng.integers(1, 6, 3), Tensor(normal(rng, 3, 5, 8))),
        nothing,
    )


@kind
def ctc_like() -> Program:
    net = nn.Linear(4, 5)
    optimizer = optim.Adam(net.parameters(), 0.01)

    def step(x: Any, target: Any) -> Any:
        lp = F.log_softmax(net(x), -1)
        loss = F.ctc_loss(lp, target, np.array([8, 8]), np.array([3, 2]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return Program(
        step, [net, optimizer], lambda rng: (Tensor(normal(rng, 8, 2, 4)), rng.integers(1, 5, (2, 3))), nothing
    )


@kind
def kalman() -> Program:
    transition = nn.Parameter(np.eye(2) * 0.9)
    optimizer = optim.SGD([transition], 0.001)

    def step(ys: Any) -> Any:
        m, covariance = (np.zeros(2), np.eye(2))
        observed = np.array([[1.0, 0.0]])
        noise = np.eye(1) * 0.1
        queries = np.eye(2) * 0.01
        nll = 0.0
        for y in ys:
            m = transition @ m
            covariance = transition @ covariance @ transition.T + queries
            spread = observed @ covariance @ observed.T + noise
            e = y - observed @ m
            keys = covariance @ observed.T @ np.linalg.inv(spread)
            nll = nll + 0.5 * (e @ np.linalg.solve(spread, e) + np.linalg.slogdet(spread)[1])
            m = m + keys @ e
            covariance = covariance - keys @ spread @ keys.T
        optimizer.zero_grad()
        nll.backward()
        optimizer.step()
        return nll.item()

    return Program(step, [optimizer], lambda rng: (rng.standard_normal((5, 1)),), nothing)
