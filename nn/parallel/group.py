"""The processes that compute side by side, and how arrays go from one to the others.

Before anything is exchanged all ranks meet: each says what it is about to do. So ranks that have come apart are told
where each of them is, and are not left waiting for one another, or given one another's numbers.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np

from .ending import watch_over

PIECE = 1 << 20  # bytes: longer arrays are added up in pieces of so many, which caches hold
_SPINS = 0.005  # seconds that a rank looks for the others without a pause, where each has a core: a pause of 50 µs
_PAUSE = 5e-5  # takes two to ten times as long, and at each of the meetings in a step all wait for the latest
_let_others = getattr(os, "sched_yield", lambda: None)  # run, where they wait for this core: no pause where none does
_FRAME = 1024  # bytes: what ranks that meet exchange at once, so that small arrays need nothing else
_HEAD = 16  # of these, for what a rank is about to do and how much it brings
_INSTALL = "pip install 'backgraph[mpi]'"


@lru_cache(256)
def _of_arrays(what: str, shape: tuple[int, ...], dtype: Any) -> str:
    """What ranks are about to do with arrays; a dtype takes longer to be named than some to be exchanged."""
    return f"{what} of shape {shape} and {dtype}"


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Group:
    """One process alone: there is nobody to wait for, and nothing to exchange."""

    rank = 0
    size = 1

    def meet(self, what: str, *brought: int) -> list[list[int]]:
        """Wait until all ranks are here to do the same; the whole numbers that each has brought.

        Raises RuntimeError on all ranks where one is about to do something else, TimeoutError for one that is late.
        """
        found = self.exchange(what, np.array(brought, np.int64).view(np.uint8))
        return [part.view(np.int64).tolist() for part in found]

    def exchange(self, what: str, brought: Any) -> list[Any]:
        """Meet, and give what each has brought, as bytes; until the next meeting."""
        return [brought]

    def total(self, x: Any) -> Any:
        """The sum of the arrays of all ranks, in new memory."""
        return x

    def rows(self, x: Any) -> Any:
        """The rows of all ranks, one rank's after the other's."""
        return x if x.ndim else x.reshape(1)

    def sent(self, x: Any, root: int) -> Any:
        """The array of the rank `root`."""
        return x

    def told(self, value: Any) -> Any:
        """A value of Python's, that of rank 0."""
        return value

    def start(self, n: int) -> int:
        """How many rows the ranks before this one have, if each brings its number n."""
        return 0

    def add_up(self, flat: Any) -> None:
        """Replace a vector by the sum of those of all ranks. They are to have met."""


class Ranks(Group):
    """The processes that mpiexec has started.

    timeout  seconds that a rank waits for the others
    """

    def __init__(self, timeout: float) -> None:
        from mpi4py import MPI

        self.mpi = MPI
        self.world = MPI.COMM_WORLD
        self.comm = self.world.Dup()  # what the program itself sends does not get in the way
        self.rank, self.size = self.comm.rank, self.comm.size
        self.timeout = timeout
        here = self.world.Split_type(MPI.COMM_TYPE_SHARED)
        self.crowded = here.size > cores()  # then who waits is to leave the core to others
        here.Free()
        self.frame = np.zeros(_FRAME, np.uint8)
        self.table = np.zeros((self.size, _FRAME), np.uint8)
        self.meetings = 0
        self.calls: list[Any] = []  # to those who wait longest: requests, and what they send

    # ---- to meet ---------------------------------------------------------------------------------------------------

    def exchange(self, what: str, brought: Any) -> list[Any]:
        code, n = crc32(what.encode()), len(brought)
        self.frame[:_HEAD].view(np.int64)[:] = code, n
        if n <= _FRAME - _HEAD:
            self.frame[_HEAD : _HEAD + n] = brought
        self.meetings += 1
        request = self.comm.Iallgather(self.frame, self.table)
        if not request.Test():
            self._wait(request, what)
        codes, lengths = self.table.view(np.int64)[:, : _HEAD // 8].T.tolist()
        if any(other != code for other in codes):
            raise self._apart(what)
        if max(lengths) <= _FRAME - _HEAD:
            return [row[_HEAD : _HEAD + n] for row, n in zip(self.table, lengths, strict=True)]
        made = np.empty(sum(lengths), np.uint8)
        self._finish(self.comm.Iallgatherv(brought, [made, lengths]))
        return np.split(made, np.cumsum(lengths)[:-1])

    def _apart(self, what: str) -> RuntimeError:
        """What to raise, on all ranks, where they are about to do different things."""
        places = self.comm.allgather(what)
        said = "; ".join(f"rank {rank} is at {place}" for rank, place in enumerate(places))
        return RuntimeError(
            f"nn.parallel: expected all ranks to do the same, but {said}. Each has to make the same number of steps, "
            f"with arrays of the same shapes; nn.data.DistributedSampler gives each as many batches"
        )

    def _wait(self, request: Any, what: str) -> None:
        begin = time.monotonic()
        called = False
        while not request.Test():
            waited = time.monotonic() - begin
            if waited > _SPINS or self.crowded:
                time.sleep(_PAUSE)
            else:
                _let_others()
            if not called and waited > min(1.0, self.timeout / 2):
                called = True
                self._call()
            if waited > self.timeout:
                late = sorted(set(range(self.size)) - self._heard() - {self.rank})
                who = f"rank{'s' * (len(late) != 1)} {', '.join(map(str, late))}" if late else "another rank"
                raise TimeoutError(
                    f"nn.parallel: {who} of {self.size} {'is' if len(late) < 2 else 'are'} late: rank {self.rank} has "
                    f"waited {waited:.3g} seconds at {what}; where it may take longer, write "
                    f"nn.parallel.init(timeout={10 * self.timeout:g}) first"
                )

    def _call(self) -> None:
        """Tell all others that this rank has come to this meeting."""
        self.calls = [(request, sent) for request, sent in self.calls if not request.Test()]
        sent = np.array([self.meetings], np.int64)
        for other in range(self.size):
            if other != self.rank:
                self.calls.append((self.comm.Isend(sent, other, tag=1), sent))

    def _heard(self) -> set[int]:
        """The ranks that have told so of this meeting."""
        found, got = set(), np.zeros(1, np.int64)
        status = self.mpi.Status()
        while self.comm.Iprobe(tag=1, status=status):
            self.comm.Recv(got, status.source, tag=1)
            if got[0] == self.meetings:
                found.add(status.source)
        return found

    # ---- to exchange -----------------------------------------------------------------------------------------------

    def total(self, x: Any) -> Any:
        what = _of_arrays("the sum of arrays", x.shape, x.dtype)
        made = np.array(x, np.int64 if x.dtype.kind == "b" else np.float32 if x.dtype.char == "e" else None, order="C")
        flat = made.reshape(-1)
        if made.nbytes <= _FRAME - _HEAD:
            first, *parts = self.exchange(what, flat.view(np.uint8))
            np.copyto(flat, first.view(made.dtype))
            for part in parts:
                flat += part.view(made.dtype)
        else:
            self.meet(what)
            self.add_up(flat)
        return made.astype(x.dtype) if x.dtype.char == "e" else made

    def rows(self, x: Any) -> Any:
        x = np.array(x, order="C", ndmin=1)
        what = _of_arrays("the collection of rows", x.shape[1:], x.dtype)
        if 0 in x.shape[1:]:
            return np.empty((sum(n for (n,) in self.meet(what, len(x))), *x.shape[1:]), x.dtype)
        parts = self.exchange(what, x.reshape(-1).view(np.uint8))
        return np.concatenate(parts).view(x.dtype).reshape(-1, *x.shape[1:])

    def sent(self, x: Any, root: int) -> Any:
        self.meet(f"the copy of rank {root}'s array of shape {x.shape} and {x.dtype}")
        made = np.array(x, order="C")
        self._finish(self.comm.Ibcast(made.reshape(-1).view(np.uint8), root))
        return made

    def told(self, value: Any) -> Any:
        self.meet("what rank 0 tells")
        return self.comm.bcast(value)

    def start(self, n: int) -> int:
        return sum(m for (m,) in self.meet("the gradient of a collection of rows", n)[: self.rank])

    def add_up(self, flat: Any) -> None:
        length = max(1, PIECE // flat.itemsize)
        for start in range(0, len(flat), length):
            self._finish(self.comm.Iallreduce(self.mpi.IN_PLACE, flat[start : start + length]))

    def _finish(self, request: Any) -> None:
        """Wait for an exchange between ranks that have met."""
        while not request.Test():
            if self.crowded:
                time.sleep(_PAUSE)
            else:
                _let_others()

    # ---- the end ---------------------------------------------------------------------------------------------------

    def abort(self, status: int) -> None:
        """End the processes of all ranks, now."""
        sys.stdout.flush()
        sys.stderr.flush()
        self.world.Abort(status)
        os._exit(status)  # it may take a while, in which nothing else is to happen


class _World:
    """The group that this process is in, once that is known."""

    group: Group | None = None


def init(timeout: float = 1800.0) -> None:
    """Find the other ranks of this program, if mpiexec or `python -m nn.parallel` has started several.

    timeout  seconds that a rank waits for the others before it raises TimeoutError, and names who is late

    Whatever asks for ranks calls it, so it is needed only for its argument. From then on an exception that nobody
    catches, on any rank, is shown with the rank's number and ends them all; at its end each waits for the others.

    Raises ValueError for a timeout of 0 or less, ImportError where there are several ranks and no mpi4py.
    """
    if not timeout > 0:
        raise ValueError(f"nn.parallel.init: expected a timeout of more than 0 seconds, got {timeout}")
    if isinstance(_World.group, Ranks):
        _World.group.timeout = timeout
    if _World.group is not None:
        return
    _World.group = Group()
    if _is_started_by_mpi():
        _join(timeout)
    tasks = int(os.environ.get("SLURM_STEP_NUM_TASKS", 1))
    if tasks > 1 and _World.group.size == 1:
        warnings.warn(
            f"nn.parallel: Slurm has started {tasks} tasks, which do not know of each other, and each computes by "
            f"itself; write srun --mpi=pmi2, and see srun --mpi=list",
            stacklevel=2,
        )


def _join(timeout: float) -> None:
    try:
        ranks = Ranks(timeout)
    except ImportError as error:
        raise ImportError(
            f"nn.parallel: this process is one of several that were started together, for which mpi4py is needed "
            f"({error}); {_INSTALL}"
        ) from error
    if ranks.size > 1:
        _World.group = ranks
        watch_over(ranks)


def world() -> Group:
    """The group of all ranks."""
    if _World.group is None:
        init()
    assert _World.group is not None
    return _World.group


def rank() -> int:
    """Which of the processes this is, from 0; 0 where it is the only one.

    >>> rank(), size()
    (0, 1)
    """
    return world().rank


def size() -> int:
    """How many processes there are."""
    return world().size


def _is_started_by_mpi() -> bool:
    """Whether what starts the processes of MPI programs has left its signs in the environment."""
    signs = ("PMI_RANK", "PMI_FD", "PMI_PORT", "PMIX_RANK", "OMPI_COMM_WORLD_RANK", "MPI_LOCALRANKID", "PALS_RANKID")
    return "mpi4py.MPI" in sys.modules or any(sign in os.environ for sign in signs)
