"""Training programs, each written once: run by the engine and compiled, they must give the same to the last bit."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
import nn
import optim
from autograd import Tensor
from nn import functional as F

Step = Callable[..., Any]


class Program:
    """A training program: its step, the networks and optimizers that it changes, and its data.

    step     a function of one batch
    objects  what is compared after each step: modules and optimizers
    batch    rng -> the arguments of a step
    after    what is done between the steps, outside of what is compiled
    """

    def __init__(self, step: Step, objects: list[Any], batch: Callable[[Any], Any], after: Callable[[], Any]) -> None:
        self.step = step
        self.objects = objects
        self.batch = batch
        self.after = after

    def state(self) -> list[Any]:
        """Everything that can be seen from outside: values, gradients, optimizer's state."""
        found: list[Any] = []
        for item in self.objects:
            if isinstance(item, nn.Module):
                found += [np.array(p.data) for p in (*item.parameters(), *item.buffers())]
                found += [None if p.grad is None else np.array(p.grad.data) for p in item.parameters()]
            else:
                saved = copy.deepcopy(item.state_dict())
                found.append(saved["state"])
        return found


def _classes(features: int = 8, classes: int = 4, n: int = 12) -> Callable[[Any], Any]:
    def batch(rng: Any) -> Any:
        x = rng.standard_normal((n, features)).astype(np.float32)
        return Tensor(x), Tensor(rng.integers(0, classes, n))

    return batch


def _classifier(
    make: Callable[[], nn.Module], optimizer: Callable[[Any], Any], schedule: Callable[[Any], Any] | None = None,
    clip: bool = False, batch: Callable[[Any], Any] | None = None,
) -> Callable[[], Program]:  # fmt: skip
    def build() -> Program:
        network = make()
        chosen = optimizer(network.parameters())
        scheduler = None if schedule is None else schedule(chosen)

        def step(x: Any, t: Any) -> Any:
            chosen.zero_grad()
            loss = F.cross_entropy(network(x), t)
            loss.backward()
            norm = nn.utils.clip_grad_norm_(network.parameters(), 0.5) if clip else None
            chosen.step()
            return loss, norm

        return Program(step, [network, chosen], batch or _classes(), scheduler.step if scheduler else lambda: None)

    return build


def _mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 4))


def _matrices() -> nn.Module:
    return nn.Sequential(nn.Linear(8, 16, bias=False), nn.Tanh(), nn.Linear(16, 4, bias=False))


class _Complex(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        rng = np.random.default_rng(0)
        self.weight = nn.Parameter(
            (rng.standard_normal((8, 4)) + 1j * rng.standard_normal((8, 4))).astype(np.complex64)
        )
        self.scale = nn.Parameter(np.ones(4, np.float32))

    def forward(self, x: Any) -> Any:
        return abs(x @ self.weight) * self.scale


def _swa() -> Program:
    network = _mlp()
    chosen = optim.SGD(network.parameters(), 0.1)
    average = optim.swa_utils.AveragedModel(network)

    def step(x: Any, t: Any) -> None:
        chosen.zero_grad()
        F.cross_entropy(network(x), t).backward()
        chosen.step()
        average.update_parameters(network)

    return Program(step, [network, chosen, average], _classes(), lambda: None)


def _dropout() -> nn.Module:
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 4))


def _batch_norm() -> nn.Module:
    return nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.GELU(), nn.Linear(16, 4))


def _conv() -> nn.Module:
    return nn.Sequential(
        nn.Unflatten(1, (2, 2, 2)), nn.Conv2d(2, 4, 2, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(4, 4),
    )  # fmt: skip


def _transformer() -> nn.Module:
    return nn.Sequential(
        nn.Unflatten(1, (2, 4)), nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), nn.Flatten(), nn.Linear(8, 4)
    )


class _Recurrent(nn.Module):
    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.core = kind(4, 6, batch_first=True)
        self.head = nn.Linear(6, 4)

    def forward(self, x: Any) -> Any:
        return self.head(self.core(x.reshape(len(x), 2, 4))[0][:, -1])


def _embedding_batch(rng: Any) -> Any:
    return Tensor(rng.integers(0, 7, (6, 5))), Tensor(rng.integers(0, 4, 6))


class _Bag(nn.Module):
    """Words with tied weights: what is embedded is compared with the embedding again."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(7, 4)

    def forward(self, x: Any) -> Any:
        return (self.words(x).mean(axis=1) @ self.words.weight.T)[:, :4]


def _gan() -> Program:
    generator, critic = (
        nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2)),
        nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1)),
    )
    of_generator = optim.Adam(generator.parameters(), 1e-2, betas=(0.5, 0.9))
    of_critic = optim.RMSprop(critic.parameters(), 1e-2)

    def step(real: Any) -> Any:
        noise = autograd.generator().standard_normal((len(real), 3)).astype(np.float32)
        fake = generator(Tensor(noise))
        of_critic.zero_grad()
        loss = F.softplus(critic(fake.detach())).mean() + F.softplus(-critic(real)).mean()
        loss.backward()
        of_critic.step()
        of_generator.zero_grad()
        fooled = F.softplus(-critic(fake)).mean()
        fooled.backward()
        of_generator.step()
        return {"critic": loss, "generator": fooled}

    batch = lambda rng: (Tensor(rng.standard_normal((6, 2)).astype(np.float32)),)
    return Program(step, [generator, critic, of_generator, of_critic], batch, lambda: None)


def _second_order() -> Program:
    network = _mlp()
    optimizer = optim.SGD(network.parameters(), 0.05)

    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        x = Tensor(x.data, requires_grad=True)
        loss = F.cross_entropy(network(x), t)
        (slope,) = autograd.grad(loss, x, create_graph=True)
        penalty = ((slope**2).sum(axis=1) ** 0.5 - 1) ** 2
        (loss + penalty.mean()).backward()
        optimizer.step()
        return loss.detach(), penalty.detach()

    return Program(step, [network, optimizer], _classes(), lambda: None)


def _by_hand() -> Program:
    network = nn.Linear(8, 4)

    def step(x: Any, t: Any) -> Any:
        network.zero_grad()
        loss = F.mse_loss(network(x), F.one_hot(t, 4).astype(np.float32))
        loss.backward()
        with autograd.no_grad():
            for p in network.parameters():
                p -= 0.1 * p.grad
        return loss

    return Program(step, [network], _classes(), lambda: None)


def _another_array() -> Program:
    network = nn.Linear(8, 4)

    def step(x: Any, t: Any) -> Any:
        network.zero_grad()
        loss = F.cross_entropy(network(x), t)
        loss.backward()
        for p in network.parameters():
            p.data = p.data - 0.1 * p.grad.data
        return loss

    return Program(step, [network], _classes(), lambda: None)


def _accumulated() -> Program:
    network = _mlp()
    optimizer = optim.SGD(network.parameters(), 0.01, momentum=0.9)

    def step(x: Any, t: Any) -> Any:
        loss = F.cross_entropy(network(x), t)
        loss.backward()
        optimizer.step()
        return loss

    return Program(step, [network, optimizer], _classes(), lambda: None)


def _checkpointed() -> Program:
    first, second = _dropout(), nn.Linear(4, 4)
    optimizer = optim.SGD([*first.parameters(), *second.parameters()], 0.1)
    block = autograd.checkpoint(first)

    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(second(block(x)), t)
        loss.backward()
        optimizer.step()
        return loss

    return Program(step, [first, second, optimizer], _classes(), lambda: None)


def _hooked() -> Program:
    network = _mlp()
    optimizer = optim.SGD(network.parameters(), 0.1)
    for p in network.parameters():
        p.register_hook(lambda g: g.clip(-0.05, 0.05) * 2)

    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), t)
        loss.backward()
        optimizer.step()
        return loss

    return Program(step, [network, optimizer], _classes(), lambda: None)


def _scheduled_within() -> Program:
    network = _mlp()
    optimizer = optim.SGD(network.parameters(), 0.1, momentum=0.9)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, 7)

    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), t)
        loss.backward()
        optimizer.step()
        scheduler.step()
        return loss

    return Program(step, [network, optimizer], _classes(), lambda: None)


def _averaged() -> Program:
    network, mean = _mlp(), _mlp()
    optimizer = optim.Adam(network.parameters(), 1e-2)

    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), t)
        loss.backward()
        optimizer.step()
        with autograd.no_grad():
            for old, new in zip(mean.parameters(), network.parameters(), strict=True):
                old *= 0.9
                old += 0.1 * new
        return loss.item() > 100, loss

    return Program(step, [network, mean, optimizer], _classes(), lambda: None)


class _Attending(nn.Module):
    """A small language model with tied weights: its embedding's gradient comes from both of its ends."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(9, 8), nn.Embedding(6, 8)
        self.qkv, self.norm = nn.Linear(8, 24), nn.LayerNorm(8)

    def forward(self, index: Any) -> Any:
        x = self.words(index) + self.places(np.arange(index.shape[1]))
        q, k, v = (part.reshape(*x.shape[:2], 2, 4).swapaxes(1, 2) for part in np.split(self.qkv(self.norm(x)), 3, -1))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return F.linear(x + mixed.swapaxes(1, 2).reshape(x.shape), self.words.weight)


def _language() -> Program:
    network = _Attending()
    groups = [
        {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": 0.1},
        {"params": [p for p in network.parameters() if p.ndim < 2], "weight_decay": 0.0},
    ]
    optimizer = optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.95))

    def step(batch: Any) -> Any:
        loss = F.cross_entropy(network(batch[:, :-1]).reshape(-1, 9), batch[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return Program(step, [network, optimizer], lambda rng: (rng.integers(0, 9, (5, 7)),), lambda: None)


def _boltzmann() -> Program:
    network = nn.RBM(8, 5)
    optimizer = optim.SGD(network.parameters(), 0.1, momentum=0.5)

    def step(v: Any) -> Any:
        optimizer.zero_grad()
        loss = network.contrastive_divergence(v)
        loss.backward()
        optimizer.step()
        return loss.item()

    batch = lambda rng: ((rng.random((10, 8)) > 0.5).astype(np.float32),)
    return Program(step, [network, optimizer], batch, lambda: None)


def _variational() -> Program:
    encoder, decoder = nn.Linear(6, 4), nn.Linear(2, 6)
    optimizer = optim.RMSprop([*encoder.parameters(), *decoder.parameters()], 1e-2)

    def step(x: Any) -> Any:
        hidden = encoder(x)
        mean, spread = hidden[:, :2], hidden[:, 2:]
        noise = autograd.generator().standard_normal(mean.shape).astype(np.float32)
        error = decoder(mean + np.exp(spread / 2) * noise) - x
        loss = (error**2).sum() - 0.5 * (1 + spread - mean**2 - np.exp(spread)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    batch = lambda rng: (rng.standard_normal((5, 6)).astype(np.float32),)
    return Program(step, [encoder, decoder, optimizer], batch, lambda: None)


def _learning_to_learn() -> Program:
    network = nn.Linear(3, 1)
    optimizer = optim.SGD(network.parameters(), 0.1)

    def step(x: Any, y: Any) -> Any:
        w, b = network.weight, network.bias
        slopes = autograd.grad(((F.linear(x, w, b) - y) ** 2).mean(), [w, b], create_graph=True)
        after = ((F.linear(x, w - 0.1 * slopes[0], b - 0.1 * slopes[1]) - y) ** 2).mean()
        optimizer.zero_grad()
        after.backward()
        optimizer.step()
        return after

    draw = lambda rng, *shape: rng.standard_normal(shape).astype(np.float32)
    return Program(step, [network, optimizer], lambda rng: (draw(rng, 5, 3), draw(rng, 5, 1)), lambda: None)


def _policy() -> Program:
    network = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
    optimizer = optim.Adam(network.parameters(), 1e-2)

    def step(states: Any, actions: Any, returns: Any) -> Any:
        chosen = F.log_softmax(network(states), 1)[np.arange(len(actions)), actions]
        loss = -(chosen * returns).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    def batch(rng: Any) -> Any:
        states = Tensor(rng.standard_normal((6, 4)).astype(np.float32))
        return states, rng.integers(0, 2, 6), rng.standard_normal(6).astype(np.float32)

    return Program(step, [network, optimizer], batch, lambda: None)


SGD = lambda parameters: optim.SGD(parameters, 0.1)
MOMENTUM = lambda parameters: optim.SGD(parameters, 0.1, momentum=0.9)
ADAM = lambda parameters: optim.Adam(parameters, 1e-2)

PROGRAMS: dict[str, Callable[[], Program]] = {
    "sgd": _classifier(_mlp, SGD),
    "momentum": _classifier(_mlp, MOMENTUM),
    "nesterov": _classifier(
        _mlp, lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01, maximize=True)
    ),
    "dampening": _classifier(_mlp, lambda p: optim.SGD(p, 0.1, momentum=0.9, dampening=0.5)),
    "adam": _classifier(_mlp, ADAM),
    "amsgrad": _classifier(_mlp, lambda p: optim.Adam(p, 1e-2, amsgrad=True, weight_decay=0.1)),
    "adamw": _classifier(_mlp, lambda p: optim.AdamW(p, 1e-2)),
    "rmsprop": _classifier(_mlp, lambda p: optim.RMSprop(p, 1e-2, momentum=0.5, centered=True)),
    "radam": _classifier(_dropout, lambda p: optim.RAdam(p, 1e-2)),
    "nadam": _classifier(_mlp, lambda p: optim.NAdam(p, 1e-2)),
    "rprop": _classifier(_mlp, lambda p: optim.Rprop(p, 1e-2)),
    "adagrad": _classifier(_mlp, lambda p: optim.Adagrad(p, 1e-2)),
    "asgd": _classifier(_mlp, lambda p: optim.ASGD(p, 1e-2, t0=4)),
    "adafactor": _classifier(_mlp, lambda p: optim.Adafactor(p, 1e-2, weight_decay=0.01), clip=True),
    "muon": _classifier(_matrices, lambda p: optim.Muon(p, 1e-2, nesterov=True)),
    "complex": _classifier(_Complex, lambda p: optim.Adam(p, 1e-2, weight_decay=0.1)),
    "complex ascent": _classifier(_Complex, lambda p: optim.SGD(p, 1e-2, momentum=0.9, maximize=True)),
    "swa": _swa,
    "clipping": _classifier(_mlp, ADAM, clip=True),
    "schedule": _classifier(_mlp, MOMENTUM, lambda o: optim.lr_scheduler.ExponentialLR(o, 0.7)),
    "one cycle": _classifier(_mlp, ADAM, lambda o: optim.lr_scheduler.OneCycleLR(o, 0.1, total_steps=20)),
    "dropout": _classifier(_dropout, ADAM),
    "batch norm": _classifier(_batch_norm, ADAM),
    "convolution": _classifier(_conv, MOMENTUM),
    "transformer": _classifier(_transformer, lambda p: optim.AdamW(p, 1e-2), clip=True),
    "lstm": _classifier(lambda: _Recurrent(nn.LSTM), ADAM),
    "gru": _classifier(lambda: _Recurrent(nn.GRU), ADAM),
    "tied words": _classifier(_Bag, ADAM, batch=_embedding_batch),
    "gan": _gan,
    "second order": _second_order,
    "by hand": _by_hand,
    "another array": _another_array,
    "accumulated": _accumulated,
    "checkpoint": _checkpointed,
    "hooks": _hooked,
    "scheduled within": _scheduled_within,
    "averaged weights": _averaged,
    "language model": _language,
    "Boltzmann machine": _boltzmann,
    "variational": _variational,
    "learning to learn": _learning_to_learn,
    "policy": _policy,
}  # fmt: skip


def run(name: str, compiled: bool, calls: int = 10, backend: str = "numpy") -> tuple[list[Any], Any]:
    """What can be seen after each call, as results and state; and the function that was called."""
    autograd.manual_seed(0)
    program = PROGRAMS[name]()
    step = autograd.compile(program.step, backend=backend) if compiled else program.step
    rng = np.random.default_rng(1)
    seen = []
    for _ in range(calls):
        result = step(*program.batch(rng))
        seen.append((result, program.state()))
        program.after()
    return seen, step
