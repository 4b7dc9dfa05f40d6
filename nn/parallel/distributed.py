"""DistributedDataParallel: a module that every rank has, and trains with its own part of each batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import compress, islice
from typing import Any

import numpy as np

from autograd import generator, is_grad_enabled, tree
from autograd.engine.sinks import Sink, give, sink_of
from autograd.program.current import current_trace

from ..module import Module
from ..parameter import write
from ..shared import one_of
from .buckets import in_buckets, tensor_of
from .exchange import broadcast
from .group import Group, world
from .rows import rows_of


class DistributedDataParallel(Module):
    """A module whose gradients are those of the examples of all ranks; each gives it the examples of its own.

    module     the same on all ranks; they begin with the parameters and buffers of rank 0
    reduction  what the loss is of the examples that a rank has: their "mean", or their "sum"

    A backward pass leaves in `.grad`, on all ranks, the gradient of the loss of all examples together, so that the same
    step follows everywhere, and the same weights as of one process with the whole batch. With "mean" it begins, on each
    rank, with the share that this one's examples have in the batch, by the first axis of the first array that forward()
    gets; any number of examples will do, also none. So what else receives a gradient has that of the mean of all, too.

    Gradients are added up while the pass goes on, and lie side by side in memory: what holds one sees that of the next
    pass. A pass with create_graph=True or inputs= raises, and `autograd.grad` gives a rank's own. Random numbers that
    are drawn within forward() with the examples as their first axis (those of dropout) are those of the examples, on
    whichever rank these are. BatchNorm sees a rank's own examples only: convert the module first, by
    `nn.SyncBatchNorm.convert_sync_batchnorm`.

    Of one process it is the module itself, called as ever. Raises RuntimeError where ranks have different modules, or
    come to different places; TypeError for what is no module.

    Source: Li et al. 2020, "PyTorch Distributed: experiences on accelerating data parallel training".

    >>> import nn
    >>> model = nn.parallel.DistributedDataParallel(nn.Linear(2, 1))
    >>> model(Tensor(np.ones((4, 2), np.float32))).shape
    (4, 1)
    """

    def __init__(self, module: Module, *, reduction: str = "mean") -> None:
        super().__init__()
        if not isinstance(module, Module):
            raise TypeError(f"DistributedDataParallel: expected a Module, got {type(module).__name__}")
        one_of(reduction, ("mean", "sum"), "DistributedDataParallel", "reduction")
        self.module = module
        self.reduction = reduction
        group = world()
        self._reducer = None if group.size == 1 else Reducer(module, reduction, group)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        reducer = self._reducer
        if reducer is None:
            return self.module(*args, **kwargs)
        count = _count((args, kwargs))
        if is_grad_enabled():
            reducer.expect(count)
        if not self.training:
            return self.module(*args, **kwargs)
        with rows_of(reducer.group, count):
            return self.module(*args, **kwargs)

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Within it gradients are added up on each rank alone: those of all ranks by the next backward pass after it.

        >>> import nn
        >>> model = nn.parallel.DistributedDataParallel(nn.Linear(2, 1))
        >>> x = Tensor(np.ones((4, 2), np.float32))
        >>> with model.no_sync():
        ...     (model(x[:2]).mean() / 2).backward()
        >>> (model(x[2:]).mean() / 2).backward()
        >>> model.module.bias.grad
        Tensor([1.], dtype=float32)
        """
        reducer = self._reducer
        if reducer is None:
            yield
            return
        before, reducer.sync = reducer.sync, False
        try:
            yield
        finally:
            reducer.sync = before

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_reducer": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A copy has reducers of its own, as it has its own parameters."""
        self.__dict__.update(state)
        group = world()
        self.__dict__["_reducer"] = None if group.size == 1 else Reducer(self.module, self.reduction, group)


class Reducer(Sink):
    """Takes the gradients of a module's parameters, and adds them up over ranks.

    What it counts changes with every pass; in slots it is no part of what a compiled function takes for granted.
    """

    __slots__ = (
        "at_once", "buckets", "counts", "done", "elsewhere", "frozen", "group", "last", "mean", "named", "params",
        "passes", "places", "sync", "traced",
    )  # fmt: skip

    def __init__(self, module: Module, reduction: str, group: Group) -> None:
        self.group = group
        self.mean = reduction == "mean"
        self.sync = True
        self.passes = 0
        self.counts: set[int] = set()  # of examples, of the calls since the last backward pass
        self.last = 1
        named = list(module.named_parameters())
        group.meet(f"a DistributedDataParallel of {[(name, p.shape, str(p.dtype)) for name, p in named]}")
        for value in (*[p for _, p in named], *module.buffers()):
            write(value, broadcast(value.data))
        generator().bit_generator.state = group.told(generator().bit_generator.state)
        self.named = named
        self._lay()
        self.done = 0  # buckets that have been added up
        self.elsewhere: list[int] = []  # which parameters have a gradient on other ranks only
        self.traced: dict[int, Any] = {}  # the gradients of a pass that a program is made of

    def _lay(self) -> None:
        """Put the gradients of the parameters that are trained now into buckets."""
        self.params = [p for _, p in self.named if p.requires_grad]
        self.frozen = [p for _, p in self.named if not p.requires_grad]
        self.buckets = in_buckets(self.params, self.group.size)
        self.places = {id(p): (bucket, i) for bucket in self.buckets for i, p in enumerate(bucket.params)}

    def expect(self, count: int) -> None:
        """The module is called with so many examples, for a backward pass."""
        self.counts.add(count)
        if any(p.requires_grad for p in self.frozen):
            self.group.meet(
                f"training {[name for name, p in self.named if p.requires_grad]}, of which some were frozen"
            )
            self._lay()
        for p in self.params:
            if sink_of(p) is not self and p.requires_grad:
                give(p, self)

    def begin(self, nodes: int, tensors: list[Any]) -> Any:
        """All ranks begin a backward pass; by what its first gradient is to be multiplied."""
        counts, self.counts = self.counts, set()
        if len(counts) > 1:
            raise RuntimeError(
                f"DistributedDataParallel: expected calls with one number of examples before a backward pass, got "
                f"{sorted(counts)}, of which the share in a mean is not the same; with reduction='sum', divide "
                f"the loss by the number of all examples"
            )
        self.last = counts.pop() if counts else self.last
        self.traced.clear()
        keys = set(map(id, tensors))
        reached = [key in keys for key in self.places]
        if (trace := current_trace()) is None:
            return self._meet(_brought(self.last, nodes, reached), reached)
        if not self.sync or any(p.grad is not None for p in self.params):
            trace.fail("DistributedDataParallel adds gradients to others; forget these first, by optimizer.zero_grad()")
            return self._meet(_brought(self.last, nodes, reached), reached)
        return trace.exchange(partial(self._meet, _brought(self.last, -1, reached), reached))

    def _meet(self, mine: Any, reached: list[bool]) -> Any:
        """All ranks are here; by what the first gradient is to be multiplied."""
        self.passes += 1
        what = f"backward pass {self.passes} of DistributedDataParallel{'' if self.sync else ', within no_sync'}"
        found = self.group.exchange(what, mine)
        numbers = [part[:16].view(np.int64).tolist() for part in found]
        count, nodes = mine[:16].view(np.int64).tolist()
        self.at_once = nodes > 0 and all(other == nodes for _, other in numbers)  # else they may be in another order
        self.elsewhere = []
        said = mine[16:].tobytes()
        if any(part[16:].tobytes() != said for part in found):
            anywhere = np.any([part[16:] for part in found], 0)
            self.elsewhere = [k for k, own in enumerate(reached) if anywhere[k] and not own]
        self.done = 0
        if nodes >= 0:
            for bucket in self.buckets:
                bucket.begin()
        total = sum(other for other, _ in numbers)
        return np.array(count / total if self.mean and total else 1.0)

    def take(self, tensor: Any, gradient: Any, is_ours: bool) -> None:
        if current_trace() is not None:
            self.traced[id(tensor)] = gradient
            return
        bucket, i = self.places[id(tensor)]
        bucket.put(i, gradient, is_ours)
        if self.sync and self.at_once:
            while self.done < len(self.buckets) and not self.buckets[self.done].missing:
                self._add_up()

    def end(self) -> None:
        if (trace := current_trace()) is not None:
            given, self.traced = self.traced, {}
            has = [key in given for key in self.places]
            sums = trace.exchange(partial(self._sums, has), *[given[key] for key in self.places if key in given])
            for (bucket, i), g in zip(compress(self.places.values(), has), sums, strict=True):
                bucket.params[i].grad = tensor_of(g)
        elif self.sync:
            while self.done < len(self.buckets):
                self._add_up()
            places = list(self.places.values())
            for k in self.elsewhere:
                bucket, i = places[k]
                bucket.accept(i)

    def _sums(self, has: list[bool], *gradients: Any) -> list[Any]:
        """The gradients of some parameters, which are all there are, added up over ranks; and which `has` them."""
        if self.elsewhere:
            raise RuntimeError(
                "DistributedDataParallel: expected, within a compiled function, gradients of the same parameters on "
                "all ranks, got some that are missing on this one"
            )
        each = iter(gradients)
        all_of_them = iter([next(each) if one else None for one in has])
        found: list[Any] = []
        for bucket in self.buckets:
            found += bucket.sums(list(islice(all_of_them, len(bucket.params))), self.group)
        return list(compress(found, has))

    def _add_up(self) -> None:
        self.buckets[self.done].add_up(self.group)
        self.done += 1


def _brought(count: int, nodes: int, reached: list[bool]) -> Any:
    """What a rank tells the others as a backward pass begins, as bytes.

    count    of its examples
    nodes    of its graph; -1 where a program is run
    reached  of which parameters it has a gradient
    """
    return np.concatenate([np.array([count, nodes]).view(np.uint8), np.array(reached, np.uint8)])


def _count(arguments: Any) -> int:
    """The number of examples: the length of the first axis of the first array; 1 if there is none."""
    for value in tree.leaves(arguments):
        if shape := getattr(value, "shape", ()):
            return int(shape[0])
    return 1
