"""Each differentiable function by itself: NumPy's own time, recorded, and with the way back; `make bench-primitives`.

The elementwise ones are found in the registry; the others have a row here: name -> (function, shape, shape, ...), of a
size n. They are measured at n = 8, where overhead rules, and n = 512, where NumPy does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.engine.primitive import registry

Row = tuple[Any, ...]
SIZES = {"small": 8, "large": 512}
DOMAIN = {"arccosh": (1.1, 2.0)}  # of the values; of all others from 0.2 to 0.9


def _square(function: Callable[..., Any], *more: Any) -> Callable[[int], Row]:
    return lambda n: (lambda x: function(x, *more), (n, n))


def _matrix(function: Callable[..., Any]) -> Callable[[int], Row]:
    """Of a symmetric, positive definite matrix, smaller than the others: these are costly."""

    def form(x: Any) -> Any:
        n = x.shape[0]
        return x @ x.mT / n + np.eye(n, dtype=np.float32)

    return lambda n: (lambda x: function(form(x)), (max(n // 8, 4),) * 2)


ROWS: dict[str, Callable[[int], Row]] = {
    # products
    "matmul": lambda n: (np.matmul, (n, n), (n, n)),
    "matmul_stack": lambda n: (np.matmul, (16, n // 4, n // 4), (16, n // 4, n // 4)),
    "affine": lambda n: (autograd.ops.affine, (n, n), (n, n), (n,)),
    "multiply_add": lambda n: (autograd.ops.multiply_add, (n, n), (n,), (n,)),
    "einsum": lambda n: (lambda x, y: np.einsum("bij,bkj->bik", x, y), (4, n // 4, n // 4), (4, n // 4, n // 4)),
    "tensordot": lambda n: (lambda x, y: np.tensordot(x, y, 1), (n, n), (n, n)),
    "vecdot": lambda n: (np.vecdot, (n, n), (n, n)),
    "outer": lambda n: (np.outer, (n,), (n,)),
    "convolve": lambda n: (np.convolve, (8 * n,), (8,)),
    # sums and their kin
    **{
        f"{name}_{axis}": _square(lambda x, name=name, axis=axis: getattr(np, name)(x, axis=axis))
        for name in ("sum", "mean", "var", "std", "max", "prod", "cumsum", "cumprod", "median")
        for axis in (0, 1)
    },
    "sum_all": _square(np.sum),
    "norm": _square(np.linalg.norm),
    "quantile": _square(lambda x: np.quantile(x, 0.3, axis=1)),
    "sort": _square(np.sort),
    # shapes
    "reshape": _square(lambda x: np.reshape(x, (-1,))),
    "transpose": _square(np.transpose),
    "broadcast_to": lambda n: (lambda x: np.broadcast_to(x, (n, n)), (n,)),
    "concatenate": lambda n: (lambda x, y: np.concatenate([x, y]), (n, n), (n, n)),
    "stack": lambda n: (lambda x, y: np.stack([x, y]), (n, n), (n, n)),
    "split": _square(lambda x: np.split(x, 4)[1]),
    "pad": _square(lambda x: np.pad(x, 2)),
    "flip": _square(np.flip),
    "roll": _square(lambda x: np.roll(x, 3, axis=1)),
    "tril": _square(np.tril),
    "repeat": _square(lambda x: np.repeat(x, 2, axis=0)),
    "tile": _square(lambda x: np.tile(x, (2, 1))),
    "astype": _square(lambda x: x.astype(np.float64)),
    "copy": _square(np.copy),
    # places
    "getitem_slice": _square(lambda x: x[1:-1, ::2]),
    "getitem_rows": _square(lambda x: x[np.arange(x.shape[0]) // 2]),
    "take_along_axis": _square(lambda x: np.take_along_axis(x, np.zeros((x.shape[0], 1), int), 1)),
    "diagonal": _square(np.diagonal),
    "where": lambda n: (lambda x, y: np.where(x > y, x, y), (n, n), (n, n)),
    # elementwise, of more than arrays of floats
    "ldexp": _square(lambda x: np.ldexp(x, 2)),
    "polygamma": _square(lambda x: autograd.polygamma(1, x)),
    "clip": _square(lambda x: np.clip(x, 0.3, 0.6)),
    # linear algebra and transforms
    **{name: _matrix(getattr(np.linalg, name)) for name in ("inv", "det", "cholesky", "pinv")},
    "slogdet": _matrix(lambda x: np.linalg.slogdet(x)[1]),
    "solve": lambda n: (lambda x, y: np.linalg.solve(x @ x.mT + np.eye(4, dtype=np.float32), y), (n, 4, 4), (n, 4, 1)),
    "eigh": _matrix(lambda x: np.linalg.eigh(x)[0]),
    "svd": _matrix(lambda x: np.linalg.svd(x, full_matrices=False)[1]),
    "qr": _matrix(lambda x: np.linalg.qr(x)[1]),
    "fft": _square(lambda x: np.abs(np.fft.fft(x))),
    "rfft": _square(lambda x: np.abs(np.fft.rfft(x))),
    # what networks are made of
    **{name: _square(getattr(autograd, name), 1) for name in ("softmax", "log_softmax", "logsumexp")},
    "standardize": _square(lambda x: autograd.ops.standardize(x, -1, 1e-5)[0]),
    "lstm_gates": lambda n: (lambda z, c: autograd.ops.lstm_gates(z, c)[0], (4 * n, n), (n, n)),
    "correlate": lambda n: (autograd.ops.correlate, (8, 8, n // 8 + 4, n // 8 + 4), (8, 8, 3, 3)),
    "windows": lambda n: (lambda x: autograd.windows(x, 3), (4, 4, n // 8 + 4, n // 8 + 4)),
    "max_windows": lambda n: (lambda x: autograd.ops.max_windows(x, (2, 2), (2, 2)), (8, 8, n // 8 + 4, n // 8 + 4)),
}


def _elementwise() -> dict[str, Callable[[int], Row]]:
    """A row for each elementwise function of NumPy's that has a derivative, and for autograd's own.

    SciPy's, which are in the registry once they were imported, are left out.
    """
    found: dict[str, Any] = {}
    of_numpy = [made for key, made in registry.items() if getattr(np, getattr(key, "__name__", ""), None) is key]
    for made in (*of_numpy, *(getattr(autograd, name) for name in autograd.__all__)):
        record = getattr(made, "primitive", None)
        if record is not None and record.kind == "elementwise" and any(record.rules.values()) and not record.multiple:
            found[record.name] = made, len(record.rules)
    return {name: lambda n, f=made, k=k: (f, *[(n, n)] * k) for name, (made, k) in sorted(found.items())}


ROWS.update({name: row for name, row in _elementwise().items() if name not in ROWS})
MODES = ("numpy", "forward", "backward")


def prepared(name: str, mode: str, size: int) -> Callable[[], Any]:
    """What is measured: the function on arrays, on Tensors, or on Tensors with the gradients of them."""
    function, *shapes = ROWS[name](size)
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(*DOMAIN.get(name, (0.2, 0.9)), shape).astype(np.float32) for shape in shapes]
    if mode == "numpy":
        return lambda: function(*arrays)
    tensors = [Tensor(array, requires_grad=True) for array in arrays]
    if mode == "forward":
        return lambda: function(*tensors)
    seed = np.ones_like(function(*tensors).data)

    def both() -> list[Any]:
        for tensor in tensors:
            tensor.grad = None
        function(*tensors).backward(seed)
        return [tensor.grad for tensor in tensors]

    return both


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ROWS)
def test_function(benchmark: Any, name: str, size: str, mode: str) -> None:
    benchmark.group = f"{name}, {size}"
    benchmark(prepared(name, mode, SIZES[size]))
