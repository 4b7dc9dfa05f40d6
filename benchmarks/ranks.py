"""What a training step costs on several processes: python -m nn.parallel -n 2 benchmarks/ranks.py

First what an exchange takes, and what a step takes on one process; from both what a step is to take on several:

    fixed + examples / ranks * each + exchanges * latency + bytes of gradients / bandwidth

and then what it takes. `fixed` and `each` are of one process with the whole batch and with a half of it. `apart` is
what the step on its share of the batch takes each process while all others do the same, and nothing is exchanged: no
transport can be faster than that, and where cores share a cache or a memory it is what limits them. All are the least
of several times, in ms; the machine is to have nothing else to do, and a core for each process.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
import nn
import optim
from autograd import Tensor, manual_seed
from nn import parallel
from nn.demo.training import lenet
from nn.parallel import group


def least(run: Callable[[], Any], times: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """The least time that a run takes, in ms."""
    taken = []
    for _ in range(times):
        start = clock()
        run()
        taken.append(clock() - start)
    return 1000 * min(taken)


def wide() -> Any:
    """Eight layers, 1024 wide."""
    return nn.Sequential(*[layer for _ in range(8) for layer in (nn.Linear(1024, 1024), nn.ReLU())])


def step(make: Callable[[], Any], shape: tuple[int, ...], examples: int, compiled: bool) -> Callable[[], Any]:
    """A training step on so many examples of this process."""
    manual_seed(0)
    rng = np.random.default_rng(0)
    x, t = Tensor(rng.standard_normal((examples, *shape)).astype("f")), Tensor(rng.integers(0, 10, examples))
    model = parallel.DistributedDataParallel(nn.SyncBatchNorm.convert_sync_batchnorm(make()))
    optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def learn(x: Tensor, t: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), t)
        loss.backward()
        optimizer.step()
        return loss.detach()

    run = autograd.compile(learn, state=(model, optimizer)) if compiled else learn
    for _ in range(4):
        run(x, t)
    return lambda: run(x, t)


def alone(make: Callable[[], Any], shape: tuple[int, ...], examples: int, compiled: bool, times: int) -> float:
    """The least processor time of a step on rank 0 as if there were no other rank; they wait."""
    before, group._World.group = group.world(), group.Group()
    found = least(step(make, shape, examples, compiled), times, time.thread_time) if before.rank == 0 else 0.0
    group._World.group = before
    return float(before.told(found))


def apart(make: Callable[[], Any], shape: tuple[int, ...], examples: int, compiled: bool, times: int) -> float:
    """The least time of a step on every rank at once, as if each were alone."""
    before, group._World.group = group.world(), group.Group()
    run = step(make, shape, examples, compiled)
    before.meet("a barrier")
    found = least(run, times)
    before.meet("a barrier")
    group._World.group = before
    return float(before.told(found))


def main() -> None:
    ranks = parallel.size()
    latency = least(lambda: parallel.all_reduce(1.0), 3000)
    long = np.ones(8 << 20, np.float32)
    per_byte = least(lambda: group.world().add_up(long), 15) / long.nbytes
    if parallel.rank() == 0:
        print(f"{ranks} ranks: an exchange {1000 * latency:.1f} µs, a megabyte {1e6 * per_byte:.3f} ms", flush=True)
    demo = (lambda: lenet(8)), (1, 8, 8), 6
    for name, (make, shape, exchanges), examples, compiled, times in (
        ("demo", demo, 32, False, 300),
        ("demo, compiled", demo, 32, True, 300),
        ("demo", demo, 256, False, 60),
        ("demo, compiled", demo, 256, True, 60),
        ("8 layers of 1024", (wide, (1024,), 3), 256, False, 12),
    ):
        whole, half = (alone(make, shape, n, compiled, times) for n in (examples, examples // 2))
        size = sum(p.nbytes for p in make().parameters())
        each = (whole - half) / (examples - examples // 2)
        said = whole - each * (examples - examples // ranks) + exchanges * latency + size * per_byte
        limit = apart(make, shape, examples // ranks, compiled, times)
        parallel.barrier()
        found = least(step(make, shape, examples // ranks, compiled), times)
        if parallel.rank() == 0:
            print(
                f"{name}, {examples} examples: alone {whole:.2f}, of which fixed {whole - examples * each:.2f}; "
                f"{said:.2f} is to be expected, a speed-up of {whole / said:.2f}; "
                f"apart {limit:.2f}, {whole / limit:.2f}; "
                f"found {found:.2f}, {whole / found:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
