"""Arrays that are not NumPy's but speak its protocols flow through: nothing converts them on the way.

`Strict` refuses every conversion to an ndarray, `Device` is an array as a GPU's are; `dask.array` is lazy, and computed
only at the end; where CuPy and a GPU are at hand, arrays on the GPU stay there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, checkpoint, grad, hvp, jacobian, jvp, no_grad, value_and_grad, vjp, vmap
from autograd.ops import special
from autograd.ops.polar import polar_factor

from ..arrays import KINDS as OTHERS
from ..arrays import LACKING, Strict, plain
from .calls import CALLS
from .test_surface import filled, leaves

da = pytest.importorskip("dask.array")


KINDS = {
    "strict": Strict,
    "dask": lambda array: da.from_array(np.asarray(array), chunks=(2,) + (3,) * (np.ndim(array) - 1)),
    **OTHERS,
}

A = np.array([[0.3, -1.2, 2.0], [0.7, 1.5, -0.4], [1.1, 0.2, 0.8]])
B = np.array([[1.3, 0.4, 0.9], [2.1, 0.6, 1.4], [0.5, 1.7, 0.2]])
V = np.array([0.9, 0.6, 1.1])

FUNCTIONS = {
    "arithmetic": (lambda x, y: (x + y) * x / y - x**2, A, B),
    "powers": (lambda x, y: x**3 + y**0.5 + np.square(x) + np.sqrt(y), A, B),
    "exponentials": (lambda x, y: np.exp(x) * np.log(y) + np.log1p(y) + np.expm1(x), A, B),
    "trigonometric": (lambda x, y: np.sin(x) * np.cos(y) + np.arctan(x) + np.tanh(y), A, B),
    "broadcasting": (lambda x, y: x * y + y[:, None] - 2.0, A, V),
    "maximum": (lambda x, y: np.maximum(x, y) - np.minimum(x, 0.5 * y), A, B),
    "where": (lambda x, y: np.where(x > y, x * 2, y * y), A, B),
    "absolute": (lambda x, y: np.abs(x) * y, A, B),
    "sum and mean": (lambda x, y: x.sum(axis=0) * y.mean(axis=1) + (x * y).sum(), A, B),
    "max and min": (lambda x, y: x.max(axis=1) - y.min(axis=0), A, B),
    "matmul": (lambda x, y: x @ y + (x @ y[0])[:, None], A, B),
    "reshape": (lambda x, y: x.reshape(-1) * y.T.reshape(9), A, B),
    "transpose": (lambda x, y: np.transpose(x) @ np.swapaxes(y, 0, 1), A, B),
    "indexing": (lambda x, y: x[1:] * y[:2] + x[0] - y[-1, None], A, B),
    "joining": (lambda x, y: np.concatenate([x, y], axis=1) + np.concatenate([y, x], axis=1), A, B),
    "stack": (lambda x, y: np.stack([x, y]) * 2, A, B),
    "astype": (lambda x, y: x.astype(np.float32) * y, A, B),
    "sigmoid": (lambda x, y: autograd.sigmoid(x) * autograd.softplus(y), A, B),
    "relu": (lambda x, y: autograd.relu(x) * y, A, B),
    "softmax": (lambda x, y: autograd.softmax(x, axis=1) * y, A, B),
    "logsumexp": (lambda x, y: autograd.logsumexp(x, axis=1) * y[0], A, B),
    "var": (lambda x, y: x.var(axis=0) + y.std(axis=1), A, B),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", FUNCTIONS)
def test_values_and_gradients(case: str, kind: str) -> None:
    fun, *arrays = FUNCTIONS[case]

    def run(make: Any, create_graph: bool) -> list[Any]:
        inputs = [Tensor(make(array), requires_grad=True) for array in arrays]
        out = fun(*inputs)
        total = (out * out).sum()
        first = grad(total, inputs, create_graph=create_graph)
        if not create_graph:
            return [out, *first]
        return [*first, *grad(sum((g * g).sum() for g in first), inputs, allow_unused=True)]

    kept = type(KINDS[kind](A))
    for create_graph in (False, True):
        expected = run(lambda array: array.copy(), create_graph)
        for got, wanted in zip(run(KINDS[kind], create_graph), expected, strict=True):
            assert type(got.data) is kept
            assert got.dtype == wanted.dtype
            assert got.shape == wanted.shape
            np.testing.assert_allclose(plain(got), wanted.data, rtol=1e-6 if case == "astype" else 1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_training_steps(kind: str) -> None:
    """A small network learns, on both kinds of arrays the same: backward, accumulation and updates in place."""
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(8, 3)), draw.normal(size=(8, 2))
    first, second = draw.normal(size=(3, 4)), draw.normal(size=(4, 2))

    def train(make: Any) -> list[Any]:
        inputs, targets = Tensor(make(x)), Tensor(make(y))
        params = [Tensor(make(p), requires_grad=True) for p in (first, np.zeros(4), second)]
        losses = []
        for _ in range(4):
            out = np.tanh(inputs @ params[0] + params[1]) @ params[2]
            loss = ((out - targets) ** 2).mean()
            loss.backward()
            losses.append(loss)
            with no_grad():
                for p in params:
                    p.data = p.data - 0.1 * p.grad.data
                    p.grad = None
        return losses + params

    for got, wanted in zip(train(KINDS[kind]), train(np.array), strict=True):
        assert type(got.data) is type(KINDS[kind](A))
        np.testing.assert_allclose(plain(got), wanted.data, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_transforms(kind: str) -> None:
    make = KINDS[kind]
    fun = lambda p: (np.tanh(p["w"] @ p["b"]) ** 2).sum()
    params, usual = {"w": make(A), "b": make(V)}, {"w": A, "b": V}
    value, g = value_and_grad(fun)(params)
    expected_value, expected = value_and_grad(fun)(usual)
    assert type(g["w"]) is type(make(A))
    np.testing.assert_allclose(plain(value), expected_value)
    safe = grad(checkpoint(fun))(params)
    moved = hvp(fun, (params,), (params,))[1][0]
    expected_moved = hvp(fun, (usual,), (usual,))[1][0]
    for key in usual:
        np.testing.assert_allclose(plain(g[key]), expected[key])
        np.testing.assert_allclose(plain(safe[key]), expected[key])
        np.testing.assert_allclose(plain(moved[key]), expected_moved[key])
    vector = lambda x: np.sin(x) * x.sum()
    np.testing.assert_allclose(plain(jvp(vector, (make(V),), (make(V),))[1]), jvp(vector, (V,), (V,))[1])
    np.testing.assert_allclose(plain(vjp(vector, make(V))[1](make(V))[0]), vjp(vector, V)[1](V)[0])
    np.testing.assert_allclose(plain(jacobian(vector)(make(V))), jacobian(vector)(V))


def test_dask_stays_lazy() -> None:
    computed = []

    def watched(block: Any) -> Any:
        computed.append(1)
        return block

    x = Tensor(da.from_array(A, chunks=3).map_blocks(watched, dtype=float, meta=np.empty((0, 0))), requires_grad=True)
    (np.exp(x) @ x).sum().backward()
    assert not computed
    x.grad.data.compute()
    assert computed


def test_the_strict_array_is_strict() -> None:
    for convert in (np.asarray, float, list, lambda x: np.zeros(3) + np.array(x)):
        with pytest.raises(AssertionError, match="converted"):
            convert(Strict(V))


@pytest.mark.parametrize("index", [[2, 0], np.array([1, 1, 2]), np.array([True, False, True])], ids=str)
def test_dask_indexes_with_a_list(index: Any) -> None:
    """Dask takes one list of indices at a time: rows that are taken twice get both gradients."""
    x = Tensor(da.from_array(A, chunks=2), requires_grad=True)
    taken = x[index]
    weight = np.arange(A[index].size, dtype=float).reshape(A[index].shape)
    (taken * weight).sum().backward()
    expected = np.zeros_like(A)
    np.add.at(expected, index, weight)
    np.testing.assert_array_equal(plain(taken), A[index])
    np.testing.assert_array_equal(plain(x.grad), expected)


@pytest.mark.parametrize("upper", [False, True])
def test_the_factor_of_cholesky_is_numpys(upper: bool) -> None:
    """Dask's own is the upper one."""
    matrix = A @ A.T + np.eye(3)
    x, usual = (Tensor(make(matrix), requires_grad=True) for make in (da.from_array, np.copy))
    factor, expected = (np.linalg.cholesky(t, upper=upper) for t in (x, usual))
    np.testing.assert_allclose(np.asarray(factor.data), expected.data)
    weights = np.arange(1.0, 10.0).reshape(3, 3)
    for result in (factor, expected):
        (result * weights).sum().backward()
    np.testing.assert_allclose(np.asarray(x.grad.data), usual.grad.data)


@pytest.mark.parametrize(("dtype", "made"), [(None, "f4"), ("f4", "f4"), ("f8", "f8")])
def test_a_tensor_of_another_array_is_a_copy_of_the_dtype_that_is_asked_for(dtype: Any, made: str) -> None:
    source = Strict(np.ones(2, "f4"))
    x = Tensor(source, dtype=dtype)
    assert type(x.data) is Strict
    assert x.dtype == made
    source[0] = 5.0
    assert x.data._array.tolist() == [1, 1]


OWN = {
    **{f.__name__: (f, A) for f in (special.erf, special.erfc, special.ndtr, special.log_ndtr)},
    **{f.__name__: (f, A) for f in (special.inverse_mills, special.mills_excess)},
    **{f.__name__: (f, B) for f in (special.gammaln, special.i1_slope)},
    "polygamma": (lambda x: special.polygamma(1, x), B),
    "logit": (lambda x: special.logit(x / 3), B),
    "xlogy": (special.xlogy, B, B + 1),
    "polar factor": (polar_factor, A),
    "nuclear norm": (lambda x: np.linalg.norm(x, "nuc"), A),
    "qr": (lambda x: np.linalg.qr(x)[1], A),
    "svd": (lambda x: np.linalg.svd(x, full_matrices=False)[1], A),
    "sign of complex numbers": (lambda x: np.sign(x * (1 + 1j)).real, A),
    "einsum": (lambda x, y: np.einsum("ij,jk->ik", x, y), A, B),
    "pad": (lambda x: np.pad(x, 1), A),
    "power 0": (lambda x: np.linalg.matrix_power(x, 0) + x, A),
    "roots, two of 0": (lambda x: np.abs(np.roots(np.concatenate([x, 0 * x[:2]]))), V),
    "cond of stacks, one singular": (lambda x: np.linalg.cond(x, 1)[1], np.stack([0 * A, A])),
    "pad by means": (lambda x: np.pad(x, 1, "mean"), A),
    "polar factor of stacks, one singular": (lambda x: polar_factor(x[:, :, :2])[1], np.stack([0 * A, A])),
    "pinv without what does not count": (lambda x: np.linalg.pinv(x, 0.5), A),
    "checkpoint": (checkpoint(np.sin), A),
    "vmap": (vmap(lambda row: np.sin(row) * row.sum()), A),
    "vmap of grad": (vmap(grad(lambda row: (np.sin(row) ** 2).sum())), A),
}
"""What NumPy has not, and rules that the calls below do not reach: the function and its arguments."""


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("case", OWN)
def test_functions_of_our_own(case: str, kind: str) -> None:
    function, *arrays = OWN[case]

    def run(make: Any) -> list[Any]:
        inputs = [Tensor(make(array), requires_grad=True) for array in arrays]
        out = function(*inputs)
        return [out, *grad((out * out).sum(), inputs)]

    for got, expected in zip(run(OTHERS[kind]), run(np.copy), strict=True):
        assert type(got.data) is type(OTHERS[kind](A))
        np.testing.assert_allclose(plain(got), expected.data, rtol=1e-9, atol=1e-12)


COMPLEX = {
    "eig": lambda a: np.linalg.eig(a)[1],
    "eigh": lambda a: np.linalg.eigh(a @ np.conj(a).T)[1][:, :1],
    "svd": lambda a: np.linalg.svd(a)[1],
    "qr": lambda a: np.linalg.qr(a)[0],
    "cholesky": lambda a: np.linalg.cholesky(a @ np.conj(a).T),
    "inv": np.linalg.inv,
    "pinv": np.linalg.pinv,
    "det": np.linalg.det,
    "slogdet": lambda a: np.linalg.slogdet(a)[1],
    "solve": lambda a: np.linalg.solve(a, a.T),
}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("name", COMPLEX)
def test_linear_algebra_of_complex_matrices(name: str, kind: str) -> None:
    def run(make: Any) -> list[Any]:
        a = Tensor(make(A + 1j * B), requires_grad=True)
        out = COMPLEX[name](a)
        return [out, grad((np.abs(out) ** 4).sum(), [a])[0]]

    for got, expected in zip(run(OTHERS[kind]), run(np.copy), strict=True):
        assert type(got.data) is type(OTHERS[kind](A))
        np.testing.assert_allclose(plain(got), expected.data, rtol=1e-9, atol=1e-12)


# ---- every function of NumPy's ---------------------------------------------------------------------------------------

WHOLE = "invert bitwise_count bitwise_and bitwise_or bitwise_xor left_shift right_shift gcd lcm"
DTYPES = {**dict.fromkeys([*WHOLE.split(), "unravel_index", "ravel_multi_index", "ix_"], "i8")}
DTYPES |= {"packbits": "u1", "unpackbits": "u1"}
WITHOUT = {"spacing", "nanquantile", "nanpercentile", "histogram", "histogram_bin_edges", "einsum_path"}
"""What is computed by a function that CuPy has not."""


def moved(value: Any, make: Any) -> Any:
    """All arrays of NumPy's in another kind."""
    if type(value) in (tuple, list):
        return type(value)(moved(item, make) for item in value)
    if type(value) is dict:
        return {name: moved(item, make) for name, item in value.items()}
    return make(value) if isinstance(value, np.ndarray) else value


def run(name: str, make: Any) -> list[Any]:
    """The results of a function of NumPy's, and the gradients of their squares."""
    row, function, inputs = CALLS[name], np, []
    for part in name.split("."):
        function = getattr(function, part)

    def tracked(array: Any) -> Tensor:
        inputs.append(Tensor(make(array), requires_grad=array.dtype.kind in "fc"))
        return inputs[-1]

    args, options = filled((row.args, row.options), DTYPES.get(name, "f8"), tracked)
    found = list(leaves(row.run(function, moved(args, make), moved(options, make))))
    out = [value for value in found if isinstance(value, Tensor) and value.requires_grad]
    total = sum((np.absolute(value) ** 2).sum() for value in out)
    return [*found, *(grad(total, [x for x in inputs if x.requires_grad], allow_unused=True) if out else ())]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize(
    "name", [name for name in CALLS if name.split(".")[-1] in dir(np) + dir(np.linalg) + dir(np.fft)]
)
def test_every_function(name: str, kind: str) -> None:
    make = OTHERS[kind]
    if name in WITHOUT:
        assert {"histogram"} == WITHOUT - LACKING
        with pytest.raises(TypeError, match="CuPy has no"):
            run(name, OTHERS["device"])
        return
    with np.errstate(all="ignore"):
        for got, expected in zip(run(name, make), run(name, np.copy), strict=True):
            if isinstance(expected, Tensor):
                assert type(got.data) is type(make(A))
                assert got.dtype == expected.dtype
            expected = plain(expected)
            if isinstance(expected, np.ndarray | np.generic):
                np.testing.assert_allclose(plain(got), expected, rtol=1e-7, atol=1e-9)
