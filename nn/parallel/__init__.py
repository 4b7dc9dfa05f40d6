"""Training on many cores and machines: processes that compute side by side, over MPI.

Every function here does nothing for one process alone, so that one script serves both; started by

    python -m nn.parallel -n 2 train.py

it runs on two. It needs mpi4py and an MPI (pip install 'backgraph[mpi]' brings both).

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

from .distributed import DistributedDataParallel
from .exchange import all_gather, all_reduce, average, barrier, broadcast
from .group import init, rank, size
from .writing import save

__all__ = [
    "DistributedDataParallel", "all_gather", "all_reduce", "average", "barrier", "broadcast", "init", "rank", "save",
    "size",
]  # fmt: skip
