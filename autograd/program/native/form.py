"""The lowered form of an island: loops over memory, in no language. A backend writes it as Numba's Python, or as C.

A `Kernel` is one function, `kernel(table, lo, hi, n)`:

    table  the address of an array of int64, in which the address of each buffer is, in the order of `Kernel.buffers`
    lo, hi the outermost loop runs over range(lo, hi), in a kernel that is `divided`; other kernels ignore them
    n      how many elements there are, in a kernel that is `flat`; other kernels ignore it

It gives 0, or 1 if an index was out of bounds: then nothing was read or written there, and what was written is void.

    Kernel      one or more Nests, run one after another
    Nest        loops of lengths `outer`, outermost first, round a row; a row is a sequence of Parts
    Row         instructions that run once for each row
    Loop        instructions that run for each c in range(inner): nothing that one c does depends on another one, but
                for what `Sum`, `Largest` and `Smallest` collect, which later Parts of the row use
    Access      an element of a buffer: at offset + Σ outer index · stride + c · inner, all in elements

Instructions name what they make by a number, which is made once in a Nest, and used in the Part in which it is made or,
if it was made in a Row or is collected by a Loop, in later Parts as well. Operands are such numbers, or `Number`s.

    Load(made, access)            the element
    Let(made, function, operands) a function of FUNCTIONS, of operands of `dtype`; comparisons give bool
    Cast(made, operand)           the operand as another dtype: from a float to an integer towards zero, to bool != 0
    Sum(made, operand)            in a Loop: the sum over c. Blocked or pairwise, so that it is no less accurate than
                                  NumPy's
    Largest, Smallest(made, op.)  in a Loop: over c, and NaN if one of them is NaN
    Store(access, operand)
    Add(access, operand)          adds the operand to what is there: sums over outer loops; what is there is set to 0 by
                                  an earlier Nest. In the order of the loops

A Nest that is `flat` has one loop, over n elements, in rows of ROW of them, the last one what is left: `outer` is (),
the `inner` stride of an Access is that from one element to the next, and lo and hi count rows. Rows may be run in any
order, and at the same time, where the kernel is divided.

Buffers of one kernel never overlap, and begin at a multiple of 4 bytes at least. A buffer that is `local` is the
kernel's own: it is given no address (its entry in the table is 0), holds one row, and each run of a kernel has its own.
All is done in the dtype that an instruction names: a float32 is not widened on the way. NaN, infinities, and signed
zeros are as in IEEE 754: no flag that says they do not occur; sums alone may be taken in another order. `Let` follows
NumPy: maximum and minimum give NaN if an operand is NaN, sign of NaN is NaN, exp, log, log1p, expm1 and tanh are within
2 ulp of NumPy's, and right at ±inf, NaN, ±0 and subnormals.
"""

from __future__ import annotations

from dataclasses import dataclass

ROW = 1024
"""Elements of a row of a flat nest."""


class CannotBuild(Exception):
    """A backend cannot make functions of kernels; says why."""


INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "less": "<", "less_equal": "<=", "greater": ">",
    "greater_equal": ">=", "equal": "==", "not_equal": "!=",
}  # fmt: skip
"""The functions that C and Python write between their operands, alike."""

FUNCTIONS = {
    "add": 2, "subtract": 2, "multiply": 2, "divide": 2, "negative": 1, "absolute": 1, "sqrt": 1, "reciprocal": 1,
    "sign": 1, "rint": 1, "exp": 1, "log": 1, "log1p": 1, "expm1": 1, "tanh": 1, "maximum": 2, "minimum": 2, "less": 2,
    "less_equal": 2, "greater": 2, "greater_equal": 2, "equal": 2, "not_equal": 2, "logical_and": 2, "logical_or": 2,
    "logical_not": 1, "isnan": 1, "isfinite": 1, "where": 3,
}  # fmt: skip
"""The functions of Let, and how many operands they take. Of `where` the first one is a bool, whatever the dtype."""


@dataclass(frozen=True)
class Buffer:
    """Memory: `size` elements of a dtype ("float32", "float64", "bool", "int64" or "int32")."""

    dtype: str
    size: int
    local: bool = False


@dataclass(frozen=True)
class Access:
    """An element of a buffer; with `index`, of as many elements as `bound`, the one that a number of the row says.

    index   None, or the name of an integer that is made in the same Row or before; negative ones count from the end
    bound   how many elements there are along that axis: beyond it, the kernel gives 1
    stride  from one of them to the next
    """

    buffer: int
    offset: int
    outer: tuple[int, ...]
    inner: int = 0
    index: int | None = None
    bound: int = 0
    stride: int = 0


@dataclass(frozen=True)
class Number:
    """A constant, of the dtype of the instruction that it stands in (in `where`, at the first place, a bool)."""

    value: float | int | bool


Operand = int | Number


@dataclass(frozen=True)
class Load:
    made: int
    dtype: str
    access: Access


@dataclass(frozen=True)
class Let:
    made: int
    dtype: str
    function: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True)
class Cast:
    made: int
    dtype: str
    operand: Operand
    before: str


@dataclass(frozen=True)
class Sum:
    made: int
    dtype: str
    operand: Operand


@dataclass(frozen=True)
class Largest:
    made: int
    dtype: str
    operand: Operand


@dataclass(frozen=True)
class Smallest:
    made: int
    dtype: str
    operand: Operand


@dataclass(frozen=True)
class Store:
    access: Access
    dtype: str
    operand: Operand


@dataclass(frozen=True)
class Add:
    access: Access
    dtype: str
    operand: Operand


Instruction = Load | Let | Cast | Sum | Largest | Smallest | Store | Add


@dataclass(frozen=True)
class Row:
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True)
class Loop:
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True)
class Nest:
    """Loops round rows. Without Loops among its parts, `inner` is 1 and nothing is done per element."""

    outer: tuple[int, ...]
    inner: int
    parts: tuple[Row | Loop, ...]
    flat: bool = False


@dataclass(frozen=True)
class Kernel:
    """One function. A kernel that is divided has one nest only, whose outermost loop the caller divides.

    Two kernels that are equal are one function: where the outermost loop or n are given by the caller, their lengths
    (and the sizes of buffers, which are a help for readers and checks only) are left 0.
    """

    buffers: tuple[Buffer, ...]
    nests: tuple[Nest, ...]
    divided: bool = False

    @property
    def flat(self) -> bool:
        return self.divided and self.nests[0].flat

    @property
    def may_fail(self) -> bool:
        """Whether an index may be out of bounds."""
        places = [
            i.access for nest in self.nests for part in nest.parts for i in part.instructions
            if isinstance(i, Load | Store | Add)
        ]  # fmt: skip
        return any(place.index is not None for place in places)
