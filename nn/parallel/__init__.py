"""Training on many cores and machines: processes that compute side by side, over MPI.

Every function here does nothing for one process alone, so that one script serves both; started by

    python -m nn.parallel -n 2 train.py

it runs on two. It needs mpi4py and an MPI (pip install 'backgraph[mpi]' brings both).

>>> import nn, optim
>>> _ = manual_seed(0)
>>> data = nn.data.digits()
>>> network = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 10))
>>> network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # with the statistics of all ranks
>>> model = nn.parallel.DistributedDataParallel(network)
>>> optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
>>> sampler = nn.data.DistributedSampler(data, split_batches=True)  # the batch size is that of all ranks together
>>> for epoch in range(2):
...     for images, labels in nn.data.DataLoader(data, 64, sampler=sampler):
...         optimizer.zero_grad()
...         loss = nn.functional.cross_entropy(model(images), labels)
...         loss.backward()  # leaves the gradients of all ranks' examples, on all of them
...         optimizer.step()
>>> mean = nn.parallel.average(loss.item(), len(labels))
>>> if nn.parallel.rank() == 0:
...     print(mean < 1)
True

From the bottom up, each importing only what stands before it:

    ending       how a program of several ranks ends
    group        the ranks, and how arrays go from one to the others
    exchange     sums, means and extrema over ranks, their rows
    writing      a checkpoint of all ranks in one file
    rows         random numbers by example
    buckets      gradients side by side
    distributed  a module that every rank trains with its own part of each batch
    script       what each process runs that `python -m nn.parallel` starts
"""

from ..names import explained

try:
    from .distributed import DistributedDataParallel
    from .exchange import all_gather, all_reduce, average, barrier, broadcast
    from .group import init, rank, size
    from .writing import save
except ImportError as error:
    raise explained(error) from error

__all__ = [
    "DistributedDataParallel", "all_gather", "all_reduce", "average", "barrier", "broadcast", "init", "rank", "save",
    "size",
]  # fmt: skip
