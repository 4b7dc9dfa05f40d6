"""A kernel as C: loops as one writes them by hand, with what a compiler needs to know to make vectors of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..form import (
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
from .functions import HEAD, functions
from .patterns import Product, product_of

TYPES = {"float32": "float", "float64": "double", "bool": "uint8_t", "int64": "int64_t", "int32": "int32_t"}
LOCALS = {**TYPES, "bool": "int"}
"""What a value is between being loaded and stored. Neither is a `_Bool`: gcc makes no vectors of it beside floats."""

SIZES = {"float32": 4, "float64": 8, "bool": 1, "int64": 8, "int32": 4}

_BLOCK = 1024
"""Elements: longer rows are summed in blocks of so many, and these in double precision."""

_STACK = 1 << 16
"""Bytes: of so many, buffers of a kernel's own are on the stack."""

_SPACE = 1 << 14
"""Elements: of so many of its second factor a product makes a copy at a time."""

_OF_BOOLS = {"add": "|", "multiply": "&", "logical_and": "&", "logical_or": "|"}
_BY_DTYPE = frozenset(("exp", "expm1", "log", "log1p", "tanh"))
_INDEX = "ijklmnop"

PRODUCTS_OF = "product_{}"
"""What a library calls the function for products of matrices of a dtype, of which it is told the address."""


_PRODUCT = """void (*{name})(const {type} *, int64_t, int64_t, const {type} *, int64_t, int64_t, {type} *,
    int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, {type} *);
"""


def source(kernels: Sequence[Kernel]) -> tuple[str, list[str]]:
    """The text of functions kernel0, kernel1, ... (table, lo, hi, n), and the dtypes of which it has products."""
    dtypes: set[str] = set()
    products: set[str] = set()
    made = []
    for k, kernel in enumerate(kernels):
        writer = _Source(kernel)
        made.append(writer.function(f"kernel{k}"))
        dtypes |= writer.dtypes
        products |= writer.products
    told = "".join(_PRODUCT.format(name=PRODUCTS_OF.format(dtype), type=TYPES[dtype]) for dtype in sorted(products))
    text = HEAD + told + "".join(functions(dtype) for dtype in sorted(dtypes)) + "\n".join(made)
    return text, sorted(products)


class _Source:
    """Writes one kernel.

    dtypes    those of whose exp, log, ... it needs
    products  those of which it has products of matrices
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.dtypes: set[str] = set()
        self.products: set[str] = set()
        self.lines: list[str] = []

    def function(self, name: str) -> str:
        for nest in self.kernel.nests:
            self._nest(nest)
        sizes = [SIZES[b.dtype] * b.size for b in self.kernel.buffers if b.local]
        where = "" if sum(sizes) <= _STACK else "static _Thread_local "
        head = ["const int64_t *table = (const int64_t *)(intptr_t)where;"]
        for k, b in enumerate(self.kernel.buffers):
            kind = TYPES[b.dtype]
            if b.local:
                head.append(f"{where}{kind} x{k}[{max(1, b.size)}] __attribute__((aligned(64)));")
            else:
                head.append(f"{kind} *restrict const x{k} = ({kind} *)(intptr_t)table[{k}];")
        body = "".join(f"    {line}\n" for line in [*head, *self.lines, "return 0;"])
        return f"int {name}(int64_t where, int64_t lo, int64_t hi, int64_t n) {{\n{body}}}\n"

    def _put(self, depth: int, *lines: str) -> None:
        self.lines += ["    " * depth + line for line in lines]

    # ---- loops -----------------------------------------------------------------------------------------------------

    def _nest(self, nest: Nest) -> None:
        if not self.kernel.divided and (product := product_of(nest)) is not None:
            self._product(product)
            return
        depth = 0
        if nest.flat:
            self._put(0, "for (int64_t r = lo; r < hi; r++) {")
            self._put(1, f"const int64_t length = n - {ROW} * r < {ROW} ? n - {ROW} * r : {ROW};")
            depth = 1
        for k, count in enumerate(nest.outer):
            name = _INDEX[k]
            ends = ("lo", "hi") if k == 0 and self.kernel.divided else ("0", str(count))
            self._put(depth, f"for (int64_t {name} = {ends[0]}; {name} < {ends[1]}; {name}++) {{")
            depth += 1
        self._put(depth, "{")
        for part in nest.parts:
            if isinstance(part, Loop):
                self._loop(nest, part, depth + 1)
            else:
                for i in part.instructions:
                    self._bound(i, depth + 1)
                    self._put(depth + 1, self._instruction(i, False, nest))
        for level in range(depth, -1, -1):
            self._put(level, "}")

    def _product(self, product: Product) -> None:
        """A product of matrices, as a call."""
        self.products.add(product.dtype)
        pairs = zip((product.a, product.b, product.total), product.steps, strict=True)
        given = [f"x{place.buffer} + {place.offset}, {s}, {t}" for place, (s, t) in pairs]
        m, k, n = product.lengths
        pair = 128 // SIZES[product.dtype]  # elements of two vectors
        deep = min(k, _SPACE // 32)
        wide = min(-(-n // pair), max(1, _SPACE // deep // pair)) * pair
        self._put(0, "{")
        self._put(1, f"{TYPES[product.dtype]} space[{deep * wide}] __attribute__((aligned(64)));")
        self._put(1, f"{PRODUCTS_OF.format(product.dtype)}({', '.join(given)}, {m}, {k}, {n}, {deep}, {wide}, space);")
        self._put(0, "}")

    def _loop(self, nest: Nest, part: Loop, depth: int) -> None:
        length = "length" if nest.flat else str(nest.inner)
        sums = [i for i in part.instructions if isinstance(i, Sum)]
        extremes = [i for i in part.instructions if isinstance(i, Largest | Smallest)]
        for i in part.instructions:
            self._bound(i, depth)
        for i in extremes:
            self._put(depth, f"{TYPES[i.dtype]} v{i.made} = {_start(i)};", f"int odd{i.made} = 0;")
        blocked = bool(sums) and nest.inner > _BLOCK
        for i in sums:
            kind = "double" if blocked and i.dtype.startswith("float") else TYPES[i.dtype]
            self._put(depth, f"{kind} {'t' if blocked else 'v'}{i.made} = 0;")
        if blocked:
            self._put(depth, f"for (int64_t start = 0; start < {length}; start += {_BLOCK}) {{")
            self._put(depth + 1, *[f"{TYPES[i.dtype]} v{i.made} = 0;" for i in sums])
            ends = "start", f"(start + {_BLOCK} < {length} ? start + {_BLOCK} : {length})"
        else:
            ends = "0", length
        inside = depth + blocked
        clauses = "".join(f" reduction(+:v{i.made})" for i in sums)
        for i in extremes:
            clauses += f" reduction({'max' if isinstance(i, Largest) else 'min'}:v{i.made}) reduction(|:odd{i.made})"
        self._put(inside, f"#pragma omp simd{clauses}")
        self._put(inside, f"for (int64_t c = {ends[0]}; c < {ends[1]}; c++) {{")
        for i in part.instructions:
            self._put(inside + 1, self._instruction(i, True, nest))
        self._put(inside, "}")
        if blocked:
            self._put(inside, *[f"t{i.made} += v{i.made};" for i in sums])
            self._put(depth, "}")
            self._put(depth, *[f"const {TYPES[i.dtype]} v{i.made} = ({TYPES[i.dtype]})t{i.made};" for i in sums])
        for i in extremes:
            if i.dtype.startswith("float"):
                self._put(depth, f"if (odd{i.made}) v{i.made} = {_real(math.nan, i.dtype)};")

    def _bound(self, i: Instruction, depth: int) -> None:
        """Before an index is used: whether it is one, and from the front."""
        if isinstance(i, Load | Store | Add) and i.access.index is not None:
            index, bound = f"v{i.access.index}", i.access.bound
            self._put(depth, f"if ({index} < -{bound} || {index} >= {bound}) return 1;")

    # ---- instructions ----------------------------------------------------------------------------------------------

    def _element(self, access: Access, in_loop: bool, nest: Nest) -> str:
        buffer = self.kernel.buffers[access.buffer]
        terms = [str(access.offset)] if access.offset else []
        if nest.flat and not buffer.local:
            terms.append(_times("r", ROW * access.inner))
        terms += [_times(_INDEX[k], stride) for k, stride in enumerate(access.outer) if stride]
        if in_loop and access.inner:
            terms.append(_times("c", access.inner))
        if access.index is not None:
            v = f"v{access.index}"
            terms.append(_times(f"({v} < 0 ? {v} + {access.bound} : {v})", access.stride))
        return f"x{access.buffer}[{' + '.join(terms) or '0'}]"

    def _instruction(self, i: Instruction, in_loop: bool, nest: Nest) -> str:
        if isinstance(i, Store | Add):
            mark = "+=" if isinstance(i, Add) else "="
            return f"{self._element(i.access, in_loop, nest)} {mark} {self._operand(i.operand, i.dtype)};"
        if isinstance(i, Sum):
            return f"v{i.made} += {self._operand(i.operand, i.dtype)};"
        if isinstance(i, Largest | Smallest):
            given = self._operand(i.operand, i.dtype)
            mark = ">" if isinstance(i, Largest) else "<"
            return f"v{i.made} = {given} {mark} v{i.made} ? {given} : v{i.made}; odd{i.made} |= {given} != {given};"
        if isinstance(i, Load):
            return f"const {LOCALS[i.dtype]} v{i.made} = {self._element(i.access, in_loop, nest)};"
        if isinstance(i, Cast):
            given = self._operand(i.operand, i.before)
            made = f"{given} != 0" if i.dtype == "bool" else f"({TYPES[i.dtype]}){given}"
            return f"const {LOCALS[i.dtype]} v{i.made} = {made};"
        return f"const {LOCALS[_result(i)]} v{i.made} = {self._value(i)};"

    def _value(self, i: Let) -> str:
        name, real = i.function, i.dtype.startswith("float")
        if name == "where":
            given = [self._operand(operand, i.dtype) for operand in i.operands[1:]]
            return f"{self._operand(i.operands[0], 'bool')} ? {given[0]} : {given[1]}"
        given = [self._operand(operand, i.dtype) for operand in i.operands]
        x = given[0]
        if name in _OF_BOOLS and i.dtype == "bool":
            return f"{x} {_OF_BOOLS[name]} {given[1]}"
        if name in INFIX:
            return f"{x} {INFIX[name]} {given[1]}"
        if name in ("logical_and", "logical_or"):
            return f"({x} != 0) {_OF_BOOLS[name]} ({given[1]} != 0)"
        if name in ("maximum", "minimum"):
            less, mark = ("<", ">") if name == "maximum" else (">", "<")
            bound = i.operands[1]
            if isinstance(bound, Number) and bound.value == bound.value:  # no NaN: then it is one instruction
                return f"{x} {less} {given[1]} ? {given[1]} : {x}"
            odd = f" | ({x} != {x})" if real else ""  # not ||, which may become a branch
            return f"({x} {mark}= {given[1]}){odd} ? {x} : {given[1]}"
        if name in _BY_DTYPE:
            self.dtypes.add(i.dtype)
            return f"{name}_{i.dtype}({x})"
        suffix = "f" if i.dtype == "float32" else ""
        sign = f"({x} > 0) - ({x} < 0)"
        return {
            "negative": f"-{x}",
            "reciprocal": f"1 / {x}",
            "logical_not": f"!{x}",
            "isnan": f"{x} != {x}",
            "isfinite": f"__builtin_fabs{suffix}({x}) < __builtin_inf{suffix}()" if real else "1",
            "sqrt": f"__builtin_sqrt{suffix}({x})",
            "rint": f"__builtin_rint{suffix}({x})",
            "absolute": f"__builtin_fabs{suffix}({x})" if real else f"{x} < 0 ? -{x} : {x}",
            "sign": f"{x} != {x} ? {x} : ({TYPES[i.dtype]})({sign})" if real else sign,
        }[name]

    def _operand(self, operand: Operand, dtype: str) -> str:
        if not isinstance(operand, Number):
            return f"v{operand}"
        if dtype == "bool":
            return str(int(bool(operand.value)))
        return _real(operand.value, dtype) if dtype.startswith("float") else f"INT64_C({int(operand.value)})"


def _result(i: Let) -> str:
    comparisons = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
    logical = ("logical_and", "logical_or", "logical_not", "isnan", "isfinite")
    return "bool" if i.function in (*comparisons, *logical) else i.dtype


def _real(value: float, dtype: str) -> str:
    suffix = "f" if dtype == "float32" else ""
    value = float(value)
    if math.isnan(value):
        return f'__builtin_nan{suffix}("")'
    if math.isinf(value):
        return f"{'-' if value < 0 else ''}__builtin_inf{suffix}()"
    return (
        f"({TYPES[dtype]}){value!r}" if value >= 0 and math.copysign(1, value) > 0 else f"({TYPES[dtype]})({value!r})"
    )


def _start(i: Largest | Smallest) -> str:
    low = isinstance(i, Largest)
    if i.dtype.startswith("float"):
        return _real(-math.inf if low else math.inf, i.dtype)
    return {"int64": "INT64_", "int32": "INT32_"}[i.dtype] + ("MIN" if low else "MAX")


def _times(name: str, count: int) -> str:
    return name if count == 1 else f"{count} * {name}"
