"""What the tests run on several ranks: `programs.py FOLDER NAME ...` leaves there what the function returned."""

import pickle
import sys
import warnings
from pathlib import Path

import numpy as np

import autograd
import nn
import optim
from autograd import Tensor, manual_seed
from nn import parallel


def weights(module):
    """All parameters and buffers, one after the other."""
    return np.concatenate([np.asarray(value, np.float64).ravel() for value in module.state_dict().values()])


def share(n):
    """This rank's part of n examples, which are cut as evenly as can be."""
    rank, size = parallel.rank(), parallel.size()
    return slice(rank * n // size, (rank + 1) * n // size)


def exchange():
    """Every function, with the gradients of those that have them."""
    rank, found = parallel.rank(), {}
    x = Tensor(np.arange(3.0) + rank, requires_grad=True)
    y = parallel.all_reduce(x)
    (y * y * (rank + 1)).sum().backward()
    found["sum"], found["sum back"] = y.numpy(), x.grad.numpy()
    x = Tensor(np.arange(3.0) * (1 - rank), requires_grad=True)
    y = parallel.all_reduce(x, "max")
    y.sum().backward()
    found["max"], found["max back"] = y.numpy(), x.grad.numpy()
    x = Tensor(np.full((rank, 2), float(rank)), requires_grad=True)
    y = parallel.all_gather(x)
    (y * np.arange(len(y))[:, None]).sum().backward()
    found["rows"], found["rows back"] = y.numpy(), x.grad.numpy()
    x = Tensor(float(rank), requires_grad=True)
    y = parallel.all_gather(x)
    (y * y).sum().backward()
    found["numbers"], found["numbers back"] = y.numpy(), x.grad.numpy()
    x = Tensor(np.array([rank + 1.0]), requires_grad=True)
    y = parallel.broadcast(x, 1)
    (y * (rank + 3)).sum().backward()
    found["sent"], found["sent back"] = y.numpy(), x.grad.numpy()
    found["mean"] = parallel.all_reduce(rank, "mean")
    found["nan"] = parallel.all_reduce(np.array([np.nan if rank == 0 else 1.0, rank]), "max")
    found["bools"] = parallel.all_reduce(np.array([True, rank == 0]))
    found["halves"] = parallel.all_reduce(np.array([300, 0.1], np.float16))
    found["fortran"] = parallel.all_reduce(np.asfortranarray(np.arange(6.0).reshape(2, 3)) if rank else np.ones((2, 3)))
    found["long"] = parallel.all_reduce(np.arange(700_000, dtype=np.float32))[[0, 262_143, 262_144, 699_999]]
    found["complex"] = parallel.all_reduce(1j * rank)
    found["average"] = parallel.average(float(rank) if rank else np.nan, rank)
    parallel.barrier()
    return found


class Last(nn.Module):
    """What a recurrent network has come to."""

    def __init__(self):
        super().__init__()
        self.recurrent = nn.LSTM(2, 4, num_layers=2, batch_first=True, dropout=0.4, dtype=float)

    def forward(self, x):
        return self.recurrent(x)[0][:, -1]


def training(kind="plain", steps=200):
    """The weights after some steps, each with another number of examples."""
    manual_seed(0 if parallel.size() == 1 else parallel.rank())  # rank 0's hold
    layers = {
        "plain": [nn.Linear(6, 16, dtype=float), nn.Tanh(), nn.Linear(16, 3, dtype=float)],
        "norm": [
            nn.Linear(6, 16, dtype=float), nn.SyncBatchNorm(16, dtype=float), nn.ReLU(), nn.Unflatten(1, (4, 4)),
            nn.SyncBatchNorm(4, affine=False, momentum=None, dtype=float), nn.Flatten(), nn.Linear(16, 3, dtype=float),
        ],
        "dropout": [nn.Linear(6, 16, dtype=float), nn.Dropout(0.4), nn.Tanh(), nn.Linear(16, 3, dtype=float)],
        "recurrent": [nn.Unflatten(1, (3, 2)), Last(), nn.Linear(4, 3, dtype=float)],
    }  # fmt: skip
    module = nn.Sequential(*layers[kind])
    module[0 if kind == "plain" else -1].requires_grad_(False)  # and trained later
    model = parallel.DistributedDataParallel(module)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    rng = np.random.default_rng(5)
    losses = []
    for step in range(int(steps)):
        n = int(rng.integers(2, 12))  # on some ranks there may be none
        x, t = rng.standard_normal((n, 6)), rng.integers(0, 3, n)
        mine = share(n)
        if step == 3:
            module.requires_grad_()
        optimizer.zero_grad(set_to_none=step % 2 == 0)
        loss = nn.functional.cross_entropy(model(Tensor(x[mine])), t[mine])
        penalty = 0.01 * sum((p * p).sum() for p in model.parameters())
        (loss + penalty).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        losses.append(parallel.average(loss.item(), mine.stop - mine.start))
    return {"weights": weights(module), "losses": losses}


class Task:
    """A training on 41 examples in batches of 12, which can stop after any step and go on with other ranks."""

    def __init__(self):
        rng = np.random.default_rng(8)
        x, t = rng.standard_normal((41, 5)), rng.integers(0, 3, 41)
        manual_seed(4)
        layers = [nn.Linear(5, 9, dtype=float), nn.BatchNorm1d(9, dtype=float), nn.ReLU(), nn.Dropout(0.2)]
        module = nn.Sequential(*layers, nn.Linear(9, 3, dtype=float))
        self.model = parallel.DistributedDataParallel(nn.SyncBatchNorm.convert_sync_batchnorm(module))
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1, momentum=0.9)
        data = nn.data.TensorDataset(Tensor(x), Tensor(t))
        self.loader = nn.data.DataLoader(data, 12, sampler=nn.data.DistributedSampler(data, split_batches=True))
        self.seen = []

    def state(self):
        return {
            "model": self.model.module.state_dict(), "optimizer": self.optimizer.state_dict(),
            "loader": self.loader.state_dict(), "random": autograd.generator().bit_generator.state,
        }  # fmt: skip

    def restore(self, state):
        self.model.module.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.loader.load_state_dict(state["loader"])
        autograd.generator().bit_generator.state = state["random"]

    def run(self, steps):
        while steps:
            for x, t in self.loader:
                self.optimizer.zero_grad()
                nn.functional.cross_entropy(self.model(x), t).backward()
                self.optimizer.step()
                self.seen.append(len(t))
                steps -= 1
                if not steps:
                    return


def stopped(path, before, after):
    """The weights after some steps, a checkpoint, and some more of a task that begins where the checkpoint was."""
    task = Task()
    task.run(int(before))
    parallel.save(path, task.state())
    task = Task()
    task.restore(autograd.load(path))
    task.run(int(after))
    parallel.save(path, task.state())
    return {"weights": weights(task.model.module), "seen": task.seen}


def resumed(path, steps):
    """The weights after some more steps than those of a checkpoint."""
    task = Task()
    task.restore(autograd.load(path))
    task.run(int(steps))
    return {"weights": weights(task.model.module)}


def compiled(kind, compile):
    """The weights after steps that are compiled or not, some of them with fewer examples; and how many programs ran."""
    manual_seed(4)
    layers = [nn.Conv2d(1, 4, 3, dtype=float), nn.BatchNorm2d(4, dtype=float), nn.ReLU(), nn.Flatten()]
    layers += [nn.Dropout(0.2)] if kind == "dropout" else []
    module = nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(*layers, nn.Linear(16, 3, dtype=float)))
    model = parallel.DistributedDataParallel(module)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def learn(x, t):
        optimizer.zero_grad()
        y = model(x)
        if kind == "own" and bool(y.data.max() > 0.5):
            y = y + 0
        loss = nn.functional.cross_entropy(y, t)
        loss.backward()
        if kind == "common":
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        return loss.detach()

    step = autograd.compile(learn, state=(model, optimizer)) if compile == "True" else learn
    rng = np.random.default_rng(9)
    for i in range(24):
        n = 7 if i % 6 == 5 else 11 if i % 6 == 2 else 12  # of 11, the second of two ranks has as many as of 12
        x, t = rng.standard_normal((n, 1, 4, 4)), rng.integers(0, 3, n)
        with warnings.catch_warnings(category=RuntimeWarning, action="ignore"):  # the engine runs, and why
            step(Tensor(x[share(n)]), Tensor(t[share(n)]))
    return {"weights": weights(module), "programs": len(step.programs) if compile == "True" else 0}


def accumulation():
    """Several passes for one step: with no_sync, and without it."""
    manual_seed(3)
    module = nn.Sequential(nn.Linear(4, 8, dtype=float), nn.Tanh(), nn.Linear(8, 2, dtype=float))
    model = parallel.DistributedDataParallel(module)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    rng = np.random.default_rng(6)

    def go(n):
        x, t = rng.standard_normal((n, 4)), rng.integers(0, 2, n)
        mine = share(n)
        (nn.functional.cross_entropy(model(Tensor(x[mine])), t[mine]) / 3).backward()

    for step in range(20):
        optimizer.zero_grad()
        if step % 2:
            with model.no_sync():
                go(5)
                go(8)
            go(3)
        else:  # each adds up over ranks, to what all have
            for n in (5, 8, 3):
                go(n)
        optimizer.step()
    return {"weights": weights(module)}


def parts():
    """Parameters that only some of the ranks use, or none, in some of the steps."""
    manual_seed(3)
    module = nn.ModuleDict({name: nn.Linear(2, 2, dtype=float) for name in "abc"})

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = module

        def forward(self, x, which):
            return sum(self.parts[name](x) for name in which)

    model = parallel.DistributedDataParallel(Model())
    for which in ("a", "ab"[parallel.rank() % 2], "ab"):
        for p in model.parameters():
            p.grad = None
        model(Tensor(np.ones((2, 2)) * (parallel.rank() + 1)), which).mean().backward()
    return {name: None if p.grad is None else p.grad.numpy() for name, p in module.named_parameters()}


if __name__ == "__main__":
    folder, name, *arguments = sys.argv[1:]
    made = globals()[name](*arguments)
    (Path(folder) / f"{parallel.rank()}.pickle").write_bytes(pickle.dumps(made))
