"""Programs whose elementwise work and sums are loops in machine code. From the bottom up:

    cache            what is compiled, on disk
    form             the lowered form: loops over memory, in no language
    steps            statements as functions of elements, and where these lie
    lowering         what each of NumPy's functions is in steps
    sums             products that are added to something
    nests            steps joined to nests of loops
    building         nests written down in the lowered form
    kernels          the steps of an island as calls of kernels
    expansions       what the engine's own functions do, in NumPy's
    kept             these calls, found again by what they are of
    groups           which statements of a program are an island
    numba_maths, numba_source, numba_backend    kernels in Numba
    c                kernels in C, and convolution
    backends         who compiles kernels, and which is best
    threads          a second thread
    code             a program that calls kernels

How it goes: `groups` finds the statements between two products that work by elements, `lowering` says what they do to
which memory, `nests` and `building` make loops of that, and a backend makes functions of these. What an island alone
uses is never in memory, where it need not be.
"""

from __future__ import annotations

from .backends import NUMPY, Backend, choose
from .code import code_of
from .groups import Island, bytes_of

__all__ = ["NUMPY", "Backend", "Island", "bytes_of", "choose", "code_of"]
