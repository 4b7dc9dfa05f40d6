"""The derivative rules, next to their functions.

From the bottom up, each importing only what stands before it:

    pieces           large arrays block by block
    contraction      einsum's rules
    roots            the slope of a root of squares
    elementwise      element by element
    indexing         x[index] and its adjoint
    shape            what moves elements and changes none
    products         matrix products and their kin
    reductions       sums, means, products, extrema
    sorting          sort, partition, quantiles
    joining          concatenate, stack, split
    creation         arrays made of Tensors
    series           differences, convolutions, interpolation
    sets             unique and its kin
    fft              Fourier transforms
    polar            the polar factor of a matrix, the nuclear norm
    linalg           inverses, decompositions, solutions
    factors          of stacks of matrices, as LAPACK gives them
    special          what NumPy lacks: softmax, erf, gamma, …
    draws            random numbers that follow the parameters of their distribution
    activations      pieces of lines and curves, of networks
    chains           the forward algorithm of hidden states
    standardization  to mean 0 and variance 1
    sliding          windows over an array, and what is made of them
    windowed         the same of arrays that are not NumPy's
    correlation      convolutions of networks
    fused            affine and multiply_add
    gates            those of a long short-term memory
    sequences        all of its steps
    pairs            all pairs of rows: their distances
    ranks            sums and copies over processes
    selecting        elements by their rank, and where they stand
    scattering       an array with others combined at places of it
    along            the same, and elements found, by an index along one axis
    spectra          of pieces of a signal
    strided          elements by where they lie in memory
    places           where the elements of arrays lie in memory
    items            whether an augmented assignment is that of an item
    assignment       t[i] = v, and what shares memory with t
    ufuncs           the methods of ufuncs, out= and where=
    methods          all of it as Tensor's operators and methods
    refused          what a Tensor has not, and what to write instead
    habits           what the package has not, and what to write instead
"""

# ruff: noqa: F401 (importing them is what completes Tensor and NumPy's functions)

from ..engine.blocks import by_blocks, in_blocks, write_later
from ..engine.halves import in_single
from ..engine.tensor import alike
from . import (
    correlation,
    creation,
    elementwise,
    fft,
    fused,
    gates,
    indexing,
    joining,
    linalg,
    methods,
    pairs,
    pieces,
    products,
    ranks,
    reductions,
    refused,
    series,
    sets,
    shape,
    sliding,
    sorting,
    special,
    ufuncs,
)  # fmt: skip
from .activations import elu, glu, hardsigmoid, hardtanh, leaky_relu, softshrink
from .along import (
    diagonal_matrix,
    each_along,
    gather_along,
    one_along,
    scatter_along,
    scatter_diagonal,
    scatter_mask,
    scatter_slices,
    slices_along,
)  # fmt: skip
from .assignment import writable
from .chains import reached
from .correlation import correlate, correlate_kernel, correlate_transpose
from .draws import gamma_draw
from .fused import affine, multiply_add
from .gates import lstm_gates
from .pairs import pair_distances
from .ranks import center_over_ranks, rows_of_ranks, sent_by_rank, sum_over_ranks
from .reductions import cumulative_trapezoid
from .scattering import scatter
from .selecting import greatest_so_far, middle, most_frequent, ranking, ranks_among, runs, topk
from .sequences import lstm
from .sliding import max_windows, spread_windows, sum_windows
from .special import gelu, gelu_tanh, hardswish, huber, log_softmax_at, logistic_loss, softsign
from .spectra import istft, stft
from .standardization import center, rescale, standardize
from .strided import as_strided, strided_scatter

__all__ = [
    "affine", "alike", "as_strided", "by_blocks", "center", "center_over_ranks", "correlate", "correlate_kernel",
    "correlate_transpose", "cumulative_trapezoid", "diagonal_matrix", "each_along", "elu", "gamma_draw", "gather_along",
    "gelu", "gelu_tanh", "glu", "greatest_so_far", "hardsigmoid", "hardswish", "hardtanh", "huber", "in_blocks",
    "in_single", "istft", "leaky_relu", "log_softmax_at", "logistic_loss", "lstm", "lstm_gates", "max_windows",
    "middle", "most_frequent", "multiply_add", "one_along", "pair_distances", "ranking", "ranks_among", "reached",
    "rescale", "rows_of_ranks", "runs", "scatter", "scatter_along", "scatter_diagonal", "scatter_mask",
    "scatter_slices", "sent_by_rank", "slices_along", "softshrink", "softsign", "spread_windows", "standardize", "stft",
    "strided_scatter", "sum_over_ranks", "sum_windows", "topk", "writable", "write_later",
]  # fmt: skip
