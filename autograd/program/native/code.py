"""A program that runs on NumPy, and calls kernels for all that works by elements."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from ..code_numpy import Code
from ..memory import is_placed, laid, order_of
from ..program import Program
from ..recycling import Bound
from ..running import ask_once, to_run
from ..spelling import named
from ..values import Statement, Value
from .backends import Backend, instead_of
from .form import CannotBuild
from .groups import Island, find, lays_by_itself
from .kernels import LARGE, Call, Clear, Total
from .steps import Memory
from .threads import divided


class NativeCode(Code):
    """Code whose islands are kernels; the arrays that these work on are told by their addresses."""

    def __init__(
        self, program: Program, moving: Iterable[Value], owners: Mapping[Value, Any] | None, backend: Backend
    ) -> None:  # fmt: skip
        assert backend.build is not None
        self._backend, self._build = backend, backend.build
        super().__init__(program, moving, owners)

    lends = False  # what stands for the engine's functions in C asks for nothing

    # ---- plan --------------------------------------------------------------------------------------------------------

    def _begin_to_group(self, outgoing: set[Value]) -> None:
        super()._begin_to_group(outgoing)
        memory = Memory(self.program.written(), self._backend.products)
        found = find(self.program.statements, self._free, outgoing, memory)
        self._found = found
        self.groups = [step for _, step in found if isinstance(step, Island)]
        self._lying = {value for island in self.groups for value in island.results}
        self._inner = {value for island in self.groups for value in island.inner}
        self._made = {value for island in self.groups for value in island.made}
        self.calls = [call for island in self.groups for call in island.calls if isinstance(call, Call)]

    def _may_lie(self, statement: Statement, value: Value) -> bool:
        return value in self._lying or (value not in self._made and is_placed(statement, value, self.lends))

    def _group(self, outgoing: set[Value]) -> list[tuple[int, Any]]:
        """All but the views that kernels alone use."""
        needed = set(self.program.outgoing())
        steps = []
        for i, step in reversed(self._found):
            if isinstance(step, Statement):
                if step.is_view and step.kind == "call" and needed.isdisjoint(step.results):
                    continue
                needed.update(step.values())
            steps.append((i, step))
        for value in self._lying:
            if value.number >= 1_000_000:  # of no statement of the program
                self._fixed.add(value)
        return steps[::-1]

    def _parts(self, step: Any) -> list[Any]:
        return step.parts() if isinstance(step, Island) else [step]

    # ---- memory ------------------------------------------------------------------------------------------------------

    def rebind(self, states: Collection[Value]) -> bool:
        """Take the arrays that some states now have; False also if two share memory that did not."""
        roots = {value.root for value in states}
        arrays: list[Any] = [(value.root, value.array) for value in self.program.states if value not in self.moving]
        spans = sorted([(*np.lib.array_utils.byte_bounds(array), id(root), root) for root, array in arrays])
        for (_, end, _, first), (start, _, _, second) in pairwise(spans):
            if start < end and first is not second and not roots.isdisjoint((first, second)):
                return False
        return super().rebind(states)

    def _refresh(self, bound: Bound, values: Collection[Value]) -> None:
        super()._refresh(bound, values)
        changed = set(values)
        for k, call in enumerate(self.calls):
            if f"table{k}" in bound.space and changed.isdisjoint(call.bases):
                continue
            table = np.zeros(len(call.bases), np.int64)
            for n, (base, start) in enumerate(zip(call.bases, call.starts, strict=True)):
                array = None if base is None else self._array_of(base, bound)
                if base is not None and array is not None:
                    table[n] = address(array) + start * base.dtype.itemsize
            bound.space[f"table{k}"], bound.space[f"at{k}"] = table, address(table)
        for first, calls in self._sequences.items():
            rows = [(address_of(self._functions[k]), bound.space[f"at{k}"], self.calls[k].rows, self.calls[k].n)
                    for k in calls]  # fmt: skip
            together = np.array(rows, np.int64)
            bound.space[f"rows{first}"], bound.space[f"all{first}_at"] = together, address(together)

    def _array_of(self, base: Value, bound: Bound) -> Any:
        """The array that a base is, as far as it is the same at each call."""
        if base in self._slots:
            return self._spelling.space[f"slot{base.number}"]
        if base.kind == "constant":
            return base.array
        return bound.arrays.get(base) if base in self._fixed or base in self.placement.places else None

    # ---- text --------------------------------------------------------------------------------------------------------

    def _emit(self) -> None:
        self._slots: set[Value] = set()
        self._sequence = self._backend.sequence()
        self._sequences: dict[int, list[int]] = {}  # by the number of the first one: calls that are made as one
        self._functions = functions = self._build([call.kernel for call in self.calls])
        instead = self._backend.instead([s.function for s in self.program.statements])
        for k, function in enumerate(functions):
            self._spelling.space[f"kernel{k}"] = function
        self._spelling.space |= {
            "divided": divided,
            "address": address,
            "laid_as": laid_as,
            "out_of_bounds": out_of_bounds,
            "sequence": self._sequence,
        }
        self._call_numbers = {id(call): k for k, call in enumerate(self.calls)}
        super()._emit()
        space = self._spelling.space
        space |= {name: instead[id(item)] for name, item in space.items() if id(item) in instead}

    def _statement(self, statement: Statement, i: int) -> list[str]:
        """It, and where the engine's function laid its result in another way than in the trace, a copy as there."""
        lines = super()._statement(statement, i)
        for value in lays_by_itself(statement):
            if self._is_loose(value):
                lines.append(f"if {named(value)}.strides != {value.strides}:")
                lines.append(f"    {named(value)} = laid_as({named(value)}, {value.strides})")
        return lines

    def _as_one(self, group: Any) -> list[str]:
        if not isinstance(group, Island):
            return super()._as_one(group)
        lines = [self._fresh(value) for value in group.results if value not in self._fixed and value in group.made]
        for base in group.used:
            if self._is_loose(base) and (base.python or not base.shape) and base not in group.writes:
                if base not in self._slots:
                    self._slots.add(base)
                    self._spelling.space[f"slot{base.number}"] = np.empty((), base.dtype)
                lines.append(f"slot{base.number}[()] = {self._spelling.name(base)}")
        for together, part in itertools.groupby(group.calls, self._is_in_sequence):
            calls = list(part)
            if together and len(calls) > 1:
                lines += self._in_sequence(calls, group)
                continue
            for call in calls:
                if isinstance(call, Call):
                    lines += self._call(call, group)
                elif isinstance(call, Clear):
                    lines.append(f"{self._spelling.name(call.base)}.fill(0)")
                else:
                    lines.append(self._total(call))
        return lines

    def _is_in_sequence(self, call: Call | Clear | Total) -> bool:
        """Whether a call may be made by machine code, with those beside it."""
        return self._sequence is not None and isinstance(call, Call) and not _is_divided(call)

    def _in_sequence(self, calls: list[Any], island: Island) -> list[str]:
        """Calls of kernels, one after another, as one call."""
        numbers = [self._call_numbers[id(call)] for call in calls]
        self._sequences[numbers[0]] = numbers
        lines = [line for call in calls for line in self._addresses(call)]
        made = f"sequence(all{numbers[0]}_at, {len(calls)})"
        return [*lines, self._checked(made, any(call.kernel.may_fail for call in calls), island)]

    def _is_loose(self, base: Value) -> bool:
        """Whether a base is another array at each call."""
        return base.kind != "constant" and base not in self._fixed and base not in self.placement.places

    def _fresh(self, value: Value) -> str:
        """Memory for what leaves the program."""
        order = order_of(value)
        shape = tuple([value.shape[axis] for axis in order])
        empty, dtype = map(self._spelling.constant, (np.empty, value.dtype))
        back = tuple(sorted(range(len(order)), key=order.__getitem__))
        turned = "" if order == tuple(range(len(order))) else f".transpose({back})"
        return f"{named(value)} = {empty}({shape}, {dtype}){turned}"

    def _total(self, call: Total) -> str:
        """The sum of parts, put into all of an array, in the order of its memory."""
        add, name = self._spelling.constant(np.add.reduce), self._spelling.name(call.base)
        order = order_of(call.base)
        turned = "" if order == tuple(range(len(order))) else f".transpose({order})"
        return f"{add}({self._spelling.name(call.parts)}, 0, None, {name}{turned}.reshape(-1))"

    def _call(self, call: Call, island: Island) -> list[str]:
        k = self._call_numbers[id(call)]
        made = f"kernel{k}(at{k}, 0, {call.rows}, {call.n})"
        if _is_divided(call):
            made = f"divided(kernel{k}, at{k}, {call.rows}, {call.n})"
        return [*self._addresses(call), self._checked(made, call.kernel.may_fail, island)]

    def _addresses(self, call: Call) -> list[str]:
        """Lines that tell a kernel where that is which is another array at each call."""
        k = self._call_numbers[id(call)]
        lines = []
        for n, (base, start) in enumerate(zip(call.bases, call.starts, strict=True)):
            if base is not None and self._is_loose(base) and base not in self._slots:
                offset = f" + {start * base.dtype.itemsize}" if start else ""
                lines.append(f"table{k}[{n}] = address({named(base)}){offset}")
        return lines

    def _checked(self, made: str, may_fail: bool, island: Island) -> str:
        if not may_fail:
            return made
        names = "".join([f"({self._spelling.name(base)}, {bound}), " for base, bound in island.indices])
        return f"if {made}: out_of_bounds({names.rstrip(', ')})"


def _is_divided(call: Call) -> bool:
    """Whether a second thread may be worth it."""
    return call.kernel.divided and call.size >= 4 * LARGE


def address_of(function: Any) -> int:
    """Where the machine code of a function of ctypes is."""
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def address(array: Any) -> int:
    """Where the first element of an array is."""
    where: int = array.__array_interface__["data"][0]
    return where


def laid_as(array: Any, strides: tuple[int, ...]) -> Any:
    """A copy with these strides."""
    made = laid(array.shape, array.dtype, strides)
    made[...] = array
    return made


def out_of_bounds(*indices: tuple[Any, int]) -> None:
    """Raise the error that NumPy does for the first index that names no element."""
    for array, bound in indices:
        for index in np.ravel(array).tolist():
            if not -bound <= index < bound:
                raise IndexError(f"index {index} is out of bounds for axis 1 with size {bound}")


def code_of(
    backend: Backend, program: Program, moving: Iterable[Value] = (), owners: Mapping[Value, Any] | None = None
) -> Code:  # fmt: skip
    """A program made to run, as a backend has it, or the next one where that cannot."""
    program = to_run(program)
    while backend.build is not None:
        try:
            return NativeCode(program, moving, owners, backend)
        except CannotBuild as error:
            backend = instead_of(backend, str(error))
    ask_once(program)
    return Code(program, moving, owners)
