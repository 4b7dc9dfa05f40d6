"""Models that draw, and those that act: two optimizers, random numbers, targets without a gradient."""

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
def wgan_gp() -> Program:
    generator, critic = (mlp(3, 8, 2), mlp(2, 8, 1))
    of_generator, of_critic = (
        optim.Adam(generator.parameters(), 0.001, betas=(0, 0.9)),
        optim.Adam(critic.parameters(), 0.001, betas=(0, 0.9)),
    )

    def step(real: Any, z: Any, eps: Any) -> Any:
        fake = generator(z)
        mix = (eps * real + (1 - eps) * fake.detach()).detach().requires_grad_()
        (g,) = autograd.grad(critic(mix).sum(), mix, create_graph=True)
        pen = ((np.linalg.norm(g, axis=1) - 1) ** 2).mean()
        of_critic.zero_grad()
        loss_of_critic = critic(fake.detach()).mean() - critic(real).mean() + 10 * pen
        loss_of_critic.backward()
        of_critic.step()
        of_generator.zero_grad()
        loss_of_generator = -critic(generator(z)).mean()
        loss_of_generator.backward()
        of_generator.step()
        return (loss_of_critic.item(), loss_of_generator.item())

    return Program(
        step,
        [generator, critic, of_generator, of_critic],
        lambda rng: (
            Tensor(normal(rng, 6, 2)),
            Tensor(normal(rng, 6, 3)),
            Tensor(rng.random((6, 1)).astype(np.float32)),
        ),
        nothing,
    )


@kind
def diffusion() -> Program:
    net = mlp(3, 16, 2, act=nn.SiLU)
    optimizer = optim.AdamW(net.parameters(), 0.001)
    betas = np.linspace(0.0001, 0.02, 20, dtype=np.float32)
    alphas = np.cumprod(1 - betas)

    def step(x: Any) -> Any:
        rng = autograd.generator()
        t = rng.integers(0, 20, len(x))
        noise = rng.standard_normal(x.shape).astype(np.float32)
        a = alphas[t][:, None]
        xt_ = np.sqrt(a) * x + np.sqrt(1 - a) * noise
        pred = net(np.concatenate([xt_, (t / 20).astype(np.float32)[:, None]], axis=1))
        loss = ((pred - noise) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return Program(step, [net, optimizer], lambda rng: (normal(rng, 8, 2),), nothing)


@kind
def vq() -> Program:
    code = nn.Parameter(normal(np.random.default_rng(0), 5, 3))
    enc = nn.Linear(6, 3)
    dec = nn.Linear(3, 6)
    optimizer = optim.Adam([code, *enc.parameters(), *dec.parameters()], 0.01)

    def step(x: Any) -> Any:
        z = enc(x)
        d = (z**2).sum(1, keepdims=True) - 2 * z @ code.T + (code**2).sum(1)
        idx = np.argmin(d.data, axis=1)
        q = code[idx]
        st = z + (q - z).detach()
        loss = F.mse_loss(dec(st), x) + F.mse_loss(q, z.detach()) + 0.25 * F.mse_loss(z, q.detach())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return (loss, np.bincount(idx, minlength=5))

    return Program(step, [enc, dec, optimizer], lambda rng: (Tensor(normal(rng, 7, 6)),), nothing)


@kind
def flow() -> Program:
    s, t_ = (mlp(1, 8, 1), mlp(1, 8, 1))
    optimizer = optim.Adam([*s.parameters(), *t_.parameters()], 0.01)

    def step(x: Any) -> Any:
        a, b = (x[:, :1], x[:, 1:])
        logdet = 0.0
        for _ in range(3):
            sc = np.tanh(s(a))
            b = b * np.exp(sc) + t_(a)
            logdet = logdet + sc.sum(1)
            a, b = (b, a)
        z = np.concatenate([a, b], 1)
        loss = (0.5 * (z**2).sum(1) - logdet).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return Program(step, [s, t_, optimizer], lambda rng: (normal(rng, 6, 2),), nothing)


@kind
def ppo() -> Program:
    net = mlp(4, 8, 2)
    value = mlp(4, 8, 1)
    optimizer = optim.Adam([*net.parameters(), *value.parameters()], 0.01)

    def step(states: Any, actions: Any, old: Any, adv: Any, ret: Any) -> Any:
        for _ in range(3):
            logp = F.log_softmax(net(states), 1)
            chosen = np.take_along_axis(logp, actions[:, None], 1)[:, 0]
            ratio = np.exp(chosen - old)
            surr = np.minimum(ratio * adv, np.clip(ratio, 0.8, 1.2) * adv)
            vloss = F.mse_loss(value(states)[:, 0], ret)
            loss = -surr.mean() + 0.5 * vloss
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 0.5)
            optimizer.step()
        return (loss.item(), (abs(ratio.data - 1) > 0.2).mean())

    return Program(
        step,
        [net, value, optimizer],
        lambda rng: (
            normal(rng, 7, 4),
            rng.integers(0, 2, 7),
            normal(rng, 7) * np.float32(0.1) - np.float32(0.7),
            normal(rng, 7),
            normal(rng, 7),
        ),
        nothing,
    )


@kind
def dqn() -> Program:
    import copy

    q = mlp(4, 8, 3)
    target = copy.deepcopy(q)
    optimizer = optim.RMSprop(q.parameters(), 0.01)

    def step(s: Any, a: Any, r: Any, s2: Any, done: Any) -> Any:
        with autograd.no_grad():
            best = target(s2).max(axis=1)
            y = r + 0.99 * best * (1 - done.astype(np.float32))
        loss = F.smooth_l1_loss(q(s)[np.arange(len(a)), a], y)
        optimizer.zero_grad()
        loss.backward()
        for p in q.parameters():
            p.grad.data.clip(-1, 1, out=p.grad.data)
        optimizer.step()
        with autograd.no_grad():
            for p, t in zip(q.parameters(), target.parameters(), strict=True):
                t.data[...] += 0.05 * (p.data - t.data)
        return loss

    return Program(
        step,
        [q, target, optimizer],
        lambda rng: (normal(rng, 6, 4), rng.integers(0, 3, 6), normal(rng, 6), normal(rng, 6, 4), rng.random(6) < 0.3),
        nothing,
    )
