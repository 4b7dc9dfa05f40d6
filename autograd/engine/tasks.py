"""One task for each block, of arrays in blocks: what many small tasks make of it, one after the other.

A scheduler takes about a millisecond for a task, and a network makes dozens of a block, forward and back. Most of them
need nothing but their own block and what is there for all, and so are run together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from operator import getitem
from typing import Any


def as_few_tasks(arrays: list[Any]) -> list[Any]:
    """Dask's arrays, optimized by Dask, and then all that is done with a block between two exchanges as one task.

    With Dask's `optimization.fuse.active` false, or with a Dask before 2024.12, they stay as they are.
    """
    from dask import config
    from dask.core import flatten
    from dask.highlevelgraph import HighLevelGraph

    if config.get("optimization.fuse.active", None) is False:
        return arrays
    keys = list(flatten([array.__dask_keys__() for array in arrays]))
    graph = dict(arrays[0].__dask_optimize__(HighLevelGraph.merge(*(array.__dask_graph__() for array in arrays)), keys))
    if not all(hasattr(task, "dependencies") for task in graph.values()):
        return arrays
    few = joined(graph, keys)
    found = []
    for array in arrays:
        rebuild, rest = array.__dask_postpersist__()
        found.append(rebuild(few, *rest))
    return found


def joined(graph: Mapping[Any, Any], wanted: Collection[Any]) -> dict[Any, Any]:
    """A graph, Dask's tasks by their keys, in which those of one block are one task where they can be.

    A task joins those of its own block that it needs, where nothing else that it needs comes later than these. Else it
    is of a level above all that it needs. So levels rise from group to group, and no group waits for itself.

    wanted  the keys of what is to be computed, which all stay
    """
    from dask._task_spec import Task, TaskRef
    from dask.base import tokenize

    graph = _needed(graph, wanted)
    members = _grouped(graph)
    inside = {key: number for number, keys in enumerate(members) for key in keys}
    asked = set(wanted)
    for key, task in graph.items():
        asked.update(need for need in task.dependencies if inside.get(need) != inside.get(key))
    few = {key: task for key, task in graph.items() if key not in inside}
    for keys in members:
        if len(keys) == 1:
            few[keys[0]] = graph[keys[0]]
            continue
        needs = {need for key in keys for need in graph[key].dependencies}.difference(keys)
        outs = [key for key in keys if key in asked]
        last = outs[-1] if isinstance(outs[-1], tuple) else (outs[-1],)
        name = outs[0] if len(outs) == 1 else (f"block-{tokenize(outs)}", *last[1:])
        few[name] = Task(name, _Steps([graph[key] for key in keys], outs, list(needs)), *map(TaskRef, needs))
        if len(outs) > 1:
            few |= {key: Task(key, getitem, TaskRef(name), place) for place, key in enumerate(outs)}
    return few


def _needed(graph: Mapping[Any, Any], wanted: Collection[Any]) -> dict[Any, Any]:
    """What leads to the keys that are wanted: Dask leaves tasks in a graph that it has put others in the place of."""
    found: dict[Any, Any] = {}
    keys = list(wanted)
    for key in keys:
        if key in graph and key not in found:
            found[key] = graph[key]
            keys += graph[key].dependencies
    return found


def _grouped(graph: Mapping[Any, Any]) -> list[list[Any]]:
    """The keys of tasks that are to be one, each list in an order of work; without those of given values."""
    number = Counter(key[0] for key in graph if isinstance(key, tuple))
    group_of: dict[Any, _Group] = {}
    for key in _in_order(graph):
        task = graph[key]
        if not hasattr(task, "func") and not any(need in graph for need in task.dependencies):
            continue
        block = _block(key, number)
        before = {group_of[need].whole() for need in task.dependencies if need in group_of}
        level = max((group.level for group in before), default=-1)
        last = [group for group in before if group.level == level]
        if last and all(group.block == block for group in last) and (block is not None or len(last) == 1):
            for group in last[1:]:
                group.part_of = last[0]
            group_of[key] = last[0]
        else:
            group_of[key] = _Group(block, level if block is None and not last else level + 1)
    members: dict[_Group, list[Any]] = defaultdict(list)
    for key, group in group_of.items():
        members[group.whole()].append(key)
    return list(members.values())


class _Group:
    """Tasks that are to be one; of groups that became one, the first stands for all."""

    def __init__(self, block: Any, level: int) -> None:
        self.block, self.level = block, level
        self.part_of: _Group | None = None

    def whole(self) -> _Group:
        group = self
        while group.part_of is not None:
            group = group.part_of
        return group


def _block(key: Any, number: Mapping[Any, int]) -> Any:
    """Which block a key is of, also after its axes have been moved; None for what there is one of, for all blocks."""
    if not isinstance(key, tuple):
        return key
    return tuple(place for place in key[1:] if place) if number[key[0]] > 1 else None


def _in_order(graph: Mapping[Any, Any]) -> list[Any]:
    """The keys, each after those that it needs."""
    waits = {key: sum(need in graph for need in task.dependencies) for key, task in graph.items()}
    needed_by: dict[Any, list[Any]] = defaultdict(list)
    for key, task in graph.items():
        for need in task.dependencies:
            needed_by[need].append(key)
    made = [key for key, count in waits.items() if not count]
    for key in made:
        for later in needed_by[key]:
            waits[later] -= 1
            if not waits[later]:
                made.append(later)
    return made


class _Steps:
    """Tasks, one after the other, as one function of what they need; what no later one needs is let go."""

    def __init__(self, tasks: list[Any], outs: list[Any], needs: list[Any]) -> None:
        self.tasks, self.outs, self.needs = tasks, outs, needs

    def __call__(self, *values: Any) -> Any:
        last = {need: place for place, task in enumerate(self.tasks) for need in task.dependencies}
        known = dict(zip(self.needs, values, strict=True))
        for place, task in enumerate(self.tasks):
            known[task.key] = task(known)
            for need in task.dependencies:
                if last[need] == place and need not in self.outs:
                    del known[need]
        found = tuple(known[out] for out in self.outs)
        return found[0] if len(found) == 1 else found
