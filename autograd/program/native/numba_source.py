"""A kernel as Python for Numba: loops as one writes them by hand."""

from __future__ import annotations

import math
from typing import Any

from .form import (
    INFIX,
    ROW,
    Access,
    Add,
    Cast,
    Instruction,
    Kernel,
    Largest,
    Let,
    Load,
    Loop,
    Nest,
    Number,
    Operand,
    Smallest,
    Store,
    Sum,
)

_BLOCK = 512
"""Elements: longer rows are summed in blocks of so many, and the blocks in double precision."""

_INFIX = {**INFIX, "logical_and": "&", "logical_or": "|"}
_LONGEST = 72  # characters: what is used once stands where it is used, as long as it can be read


def source(kernel: Kernel) -> str:
    """The text of a module that defines `kernel(table, lo, hi, n)`."""
    writer = _Source(kernel)
    for nest in kernel.nests:
        writer.nest(nest)
    body = [*writer.head, *writer.lines, "return 0"]
    uses = ", ".join(sorted(writer.uses))
    return (
        "import numpy as np\nfrom numba import njit\n"
        + (f"from autograd.program.native.numba_maths import {uses}\n" if uses else "")
        + f"\n\n@njit({SIGNATURE!r}, nogil=True, error_model='numpy', no_cfunc_wrapper=True, cache=CACHE)\n"
        + "def kernel(table_address, lo, hi, n):\n"
        + "".join(f"    {line}\n" for line in body)
    )


SIGNATURE = "int64(int64, int64, int64, int64)"


class _Source:
    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.uses: set[str] = {"int64_at"}
        self.lines: list[str] = []
        self.head = [f"table = int64_at(table_address, 0, {len(kernel.buffers)})"]
        for k, buffer in enumerate(kernel.buffers):
            if buffer.local:
                self.head.append(f"x{k} = np.empty({buffer.size}, np.{_numpy(buffer.dtype)})")
        self._wholes: set[int] = set()

    def put(self, depth: int, *lines: str) -> None:
        self.lines += ["    " * depth + line for line in lines]

    def nest(self, nest: Nest) -> None:
        self._names: dict[int, str] = {}
        self._checked: set[int] = set()  # indices that are known to be within bounds
        self._row_of: dict[Any, str] = {}
        depth = 0
        if nest.flat:
            self.put(0, "for r in range(lo, hi):", f"    length = min({ROW}, n - {ROW} * r)")
            depth = 1
        for k, n in enumerate(nest.outer):
            self.put(depth, f"for {_index(k)} in range({'lo, hi' if k == 0 and self.kernel.divided else n}):")
            depth += 1
        for k, part in enumerate(nest.parts):
            later = {operand for other in nest.parts[k + 1 :] for i in other.instructions for operand in used(i)}
            if isinstance(part, Loop):
                self._loop(nest, part, depth, later)
            else:
                self._inline(part.instructions, depth, later, False)

    # ---- loops -------------------------------------------------------------------------------------------------------

    def _loop(self, nest: Nest, part: Loop, depth: int, later: set[int]) -> None:
        length = "length" if nest.flat else str(nest.inner)
        for i in part.instructions:
            if isinstance(i, Load | Store | Add):
                self._row(i.access, nest, depth, length)
        sums = [i for i in part.instructions if isinstance(i, Sum)]
        blocked = bool(sums) and nest.inner > _BLOCK
        for i in part.instructions:
            if isinstance(i, Sum | Largest | Smallest):
                name = f"v{i.made}"
                self._names[i.made] = name
                wide = (
                    "np.float64" if blocked and isinstance(i, Sum) and i.dtype.startswith("float") else _kind(i.dtype)
                )
                self.put(depth, f"{name} = {wide}({_start(i)})")
        if blocked:
            self.put(depth, f"for start in range(0, {length}, {_BLOCK}):")
            for i in sums:
                self.put(depth + 1, f"s{i.made} = {_kind(i.dtype)}(0)")
            self.put(depth + 1, f"for c in range(start, min(start + {_BLOCK}, {length})):")
            self._inline(part.instructions, depth + 2, later, True, blocked)
            for i in sums:
                self.put(depth + 1, f"v{i.made} += s{i.made}")
            for i in sums:
                self.put(depth, f"v{i.made} = {_kind(i.dtype)}(v{i.made})")
        else:
            self.put(depth, f"for c in range({length}):")
            self._inline(part.instructions, depth + 1, later, True)

    def _row(self, access: Access, nest: Nest, depth: int, length: str) -> None:
        """The part of a buffer that is a row, as an array."""
        key = access.buffer, access.offset, access.outer, access.inner
        if key in self._row_of:
            return
        buffer = self.kernel.buffers[access.buffer]
        if buffer.local:
            self._row_of[key] = f"x{access.buffer}"
            return
        name = (
            f"x{access.buffer}"
            if f"x{access.buffer}" not in self._row_of.values()
            else f"x{access.buffer}_{len(self._row_of)}"
        )
        self._row_of[key] = name
        at = self._use(f"{buffer.dtype}_at")
        offset = f"{ROW * access.inner} * r" if nest.flat else self._offset(access.outer)
        if access.offset:
            offset = f"{access.offset} + {offset}" if offset != "0" else str(access.offset)
        count = length if access.inner == 1 else f"{access.inner} * {length}"
        self.put(depth, f"{name} = {at}(table[{access.buffer}], {offset}, {count})")

    def _offset(self, outer: tuple[int, ...]) -> str:
        terms = [f"{stride} * {_index(k)}" if stride != 1 else _index(k) for k, stride in enumerate(outer) if stride]
        return " + ".join(terms) or "0"

    def _element(self, access: Access, in_loop: bool) -> str:
        """An element as the text of an expression."""
        buffer = self.kernel.buffers[access.buffer]
        if in_loop:
            name = self._row_of[access.buffer, access.offset, access.outer, access.inner]
            at = f"{access.inner} * c" if access.inner != 1 else "c"
            return f"{name}[{access.offset} + {at}]" if buffer.local and access.offset else f"{name}[{at}]"
        offset = self._offset(access.outer)
        parts = [str(access.offset)] if access.offset else []
        parts += [offset] if offset != "0" else []
        if access.index is not None:
            named = self._names[access.index]
            parts.append(f"{access.stride} * {named}" if access.stride != 1 else named)
        place = " + ".join(parts) or "0"
        if buffer.local:
            return f"x{access.buffer}[{place}]"
        return f"{self._use(f'{buffer.dtype}_at')}(table[{access.buffer}], {place}, 1)[0]"

    # ---- instructions ------------------------------------------------------------------------------------------------

    def _inline(
        self, instructions: tuple[Instruction, ...], depth: int, later: set[int], in_loop: bool, blocked: bool = False
    ) -> None:
        counts: dict[int, int] = {}
        for i in instructions:
            for operand in used(i):
                counts[operand] = counts.get(operand, 0) + 1
        for i in instructions:
            if isinstance(i, Store | Add):
                self._bound(i.access, depth)
                mark = "+=" if isinstance(i, Add) else "="
                self.put(depth, f"{self._element(i.access, in_loop)} {mark} {self._operand(i.operand, i.dtype)}")
                continue
            if isinstance(i, Sum | Largest | Smallest):
                self.put(depth, self._collect(i, blocked))
                continue
            if isinstance(i, Load):
                self._bound(i.access, depth)
                text = self._element(i.access, in_loop)
            else:
                text = self._expression(i)
            once = counts.get(i.made, 0) == 1 and i.made not in later
            if once and not isinstance(i, Load) and len(text) < _LONGEST:
                self._names[i.made] = text if _is_call(i) else f"({text})"
            else:
                self._names[i.made] = f"v{i.made}"
                self.put(depth, f"v{i.made} = {text}")

    def _bound(self, access: Access, depth: int) -> None:
        """Check an index, and count it from the front."""
        if access.index is None or access.index in self._checked:
            return
        self._checked.add(access.index)
        name = self._names[access.index]
        self.put(depth, f"if {name} < 0:", f"    {name} += {access.bound}")
        self.put(depth, f"if {name} < 0 or {name} >= {access.bound}:", "    return 1")

    def _collect(self, i: Sum | Largest | Smallest, blocked: bool) -> str:
        name, given = self._names[i.made], self._operand(i.operand, i.dtype)
        if isinstance(i, Sum):
            name = f"s{i.made}" if blocked else name
            return f"{name} = {self._use('plus')}({name}, {given})"
        return f"{name} = {self._use(self._choice(isinstance(i, Largest), i.dtype))}({name}, {given})"

    @staticmethod
    def _choice(largest: bool, dtype: str) -> str:
        if dtype.startswith("float"):
            return "maximum" if largest else "minimum"
        return "larger" if largest else "smaller"

    def _expression(self, i: Any) -> str:
        if isinstance(i, Cast):
            given = self._operand(i.operand, i.before)
            return f"{given} != 0" if i.dtype == "bool" else f"{_kind(i.dtype)}({given})"
        assert isinstance(i, Let)
        if i.function == "where":
            condition = self._operand(i.operands[0], "bool")
            return " ".join(
                [self._operand(i.operands[1], i.dtype), "if", condition, "else", self._operand(i.operands[2], i.dtype)]
            )
        arguments = [self._operand(operand, i.dtype) for operand in i.operands]
        name = i.function
        if name in _INFIX:
            return f"{arguments[0]} {_INFIX[name]} {arguments[1]}"
        if name == "negative":
            return f"-{arguments[0]}"
        if name == "reciprocal":
            return f"{_kind(i.dtype)}(1) / {arguments[0]}"
        if name == "logical_not":
            return f"not {arguments[0]}"
        if name == "isnan":
            return f"{arguments[0]} != {arguments[0]}"
        if name == "isfinite":
            return f"abs({arguments[0]}) < {_kind(i.dtype)}(np.inf)"
        if name in ("maximum", "minimum"):
            return f"{self._use(self._choice(name == 'maximum', i.dtype))}({arguments[0]}, {arguments[1]})"
        if name in ("sqrt", "rint", "absolute"):
            return f"{'abs' if name == 'absolute' else f'np.{name}'}({arguments[0]})"
        return f"{self._use(f'{i.dtype}_{name}')}({', '.join(arguments)})"

    def _operand(self, operand: Operand, dtype: str) -> str:
        if isinstance(operand, Number):
            value = operand.value
            if dtype == "bool":
                return repr(bool(value))
            said = repr(value)
            if isinstance(value, float) and not math.isfinite(value):
                said = "np.nan" if value != value else "np.inf" if value > 0 else "-np.inf"
            return f"{_kind(dtype)}({said})"
        return self._names[operand]

    def _use(self, name: str) -> str:
        self.uses.add(name)
        return name


def used(i: Any) -> list[int]:
    """The numbers that an instruction uses."""
    found = list(i.operands) if isinstance(i, Let) else [] if isinstance(i, Load) else [i.operand]
    if isinstance(i, Load | Store | Add) and i.access.index is not None:
        found.append(i.access.index)
    return [operand for operand in found if isinstance(operand, int)]


def _is_call(i: Instruction) -> bool:
    """Whether its text is that of one call, which needs no parentheses."""
    if isinstance(i, Cast):
        return i.dtype != "bool"
    operators = {*_INFIX, "negative", "reciprocal", "where", "logical_not", "isnan", "isfinite"}
    return isinstance(i, Let) and i.function not in operators


def _index(k: int) -> str:
    return "ijklmnop"[k]


def _numpy(dtype: str) -> str:
    return "bool_" if dtype == "bool" else dtype


def _kind(dtype: str) -> str:
    return f"np.{_numpy(dtype)}"


def _start(i: Any) -> str:
    if isinstance(i, Sum):
        return "0"
    if i.dtype.startswith("float"):
        return "-np.inf" if isinstance(i, Largest) else "np.inf"
    low, high = {"int64": (-(2**63), 2**63 - 1), "int32": (-(2**31), 2**31 - 1)}[i.dtype]
    return str(low if isinstance(i, Largest) else high)
