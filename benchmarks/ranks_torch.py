"""The training steps of benchmarks/ranks.py in PyTorch's DistributedDataParallel (gloo), on as many processes.

    .venv-peers/bin/python benchmarks/ranks_torch.py 2

with the Python of the environment that `make bench-peers` made; `make bench-ranks` runs both. SyncBatchNorm is for GPUs
alone in PyTorch (2.13 raises on a CPU), so that its BatchNorm2d keeps to the examples of its rank, which spares it two
exchanges a layer.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn


def lenet() -> Any:
    """The demo's network, for images of 8 by 8."""
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10)),
    )


def wide() -> Any:
    """Eight layers, 1024 wide."""
    return nn.Sequential(*[layer for _ in range(8) for layer in (nn.Linear(1024, 1024), nn.ReLU())])


def least(make: Callable[[], Any], shape: tuple[int, ...], examples: int, times: int, ranks: int) -> float:
    """The least time of a training step on so many examples of this process, in ms."""
    torch.manual_seed(0)
    x, t = torch.randn(examples, *shape), torch.randint(0, 10, (examples,))
    network: Any = make()
    if ranks > 1:
        network = nn.parallel.DistributedDataParallel(network)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    taken = []
    for _ in range(times + 4):
        start = time.perf_counter()
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x), t).backward()
        optimizer.step()
        taken.append(time.perf_counter() - start)
    return 1000 * min(taken[4:])


def work(rank: int, ranks: int) -> None:
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", rank=rank, world_size=ranks)
    for name, make, shape, examples, times in (
        ("demo", lenet, (1, 8, 8), 32, 300),
        ("demo", lenet, (1, 8, 8), 256, 60),
        ("8 layers of 1024", wide, (1024,), 256, 12),
    ):
        alone = least(make, shape, examples, times, 1) if rank == 0 else 0.0
        torch.distributed.barrier()
        found = least(make, shape, examples // ranks, times, ranks)
        if rank == 0:
            print(f"{name}, {examples} examples: alone {alone:.2f}; found {found:.2f}, {alone / found:.2f}", flush=True)
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "29517")
    processes = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    torch.multiprocessing.spawn(work, args=(processes,), nprocs=processes)
