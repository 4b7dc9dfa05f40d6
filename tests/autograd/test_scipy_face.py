"""autograd.scipy: values as SciPy's, derivatives of first and second order as differences give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, elementwise_grad, grad, gradcheck, gradgradcheck, jacobian, vjp, vmap

scipy = pytest.importorskip("scipy")
for name in ("integrate", "linalg", "signal", "special", "stats"):
    pytest.importorskip(f"scipy.{name}")
integrate = pytest.importorskip("autograd.scipy.integrate")
linalg = pytest.importorskip("autograd.scipy.linalg")
misc = pytest.importorskip("autograd.scipy.misc")
signal = pytest.importorskip("autograd.scipy.signal")
special = pytest.importorskip("autograd.scipy.special")
stats = pytest.importorskip("autograd.scipy.stats")

draw = np.random.default_rng(0)
X = np.array([0.3, 0.62, 0.85])
P = np.array([0.7, 1.9, 4.2])
Q = np.array([2.6, 1.3, 0.4])
R = np.array([-1.7, 0.4, 2.3])
Z = R * (1 + 0.3j)

UFUNCS: dict[str, tuple[Any, ...]] = {
    "psi": (P,), "gamma": (P,), "gammaln": (P,), "rgamma": (P,), "beta": (P, Q), "betaln": (P, Q),
    "j0": (R,), "j1": (R,), "y0": (P,), "y1": (P,), "i0": (R,), "i1": (R,), "i0e": (R,), "i1e": (R,),
    "erf": (R,), "erfc": (R,), "erfcx": (R,), "erfinv": (X,), "erfcinv": (2 * X,), "dawsn": (R,),
    "ndtr": (R,), "log_ndtr": (10 * R,), "ndtri": (X,), "logit": (X,), "expit": (R,), "log_expit": (R,),
    "xlogy": (R, P), "xlog1py": (R, P), "entr": (P,), "rel_entr": (P, Q), "kl_div": (P, Q), "exp1": (P,), "expi": (P,),
}  # fmt: skip
OF_THE_LAST: dict[str, tuple[Any, ...]] = {
    "gammainc": (P, Q), "gammaincc": (P, Q), "betainc": (P, Q, X), "jv": (1.5, P), "yv": (1.5, P), "yn": (2, P),
    "iv": (1.5, P), "ive": (1.5, P), "kv": (1.5, P), "stdtr": (P, R),
}  # fmt: skip


def check(fun: Callable[..., Any], *inputs: Any, second: bool = True) -> None:
    assert gradcheck(fun, *inputs)
    if second:
        assert gradgradcheck(fun, *inputs)


@pytest.mark.parametrize("name", UFUNCS)
def test_ufuncs(name: str) -> None:
    ours, theirs, inputs = getattr(special, name), getattr(scipy.special, name), UFUNCS[name]
    np.testing.assert_array_equal(ours(*inputs), theirs(*inputs))
    check(theirs, *inputs)  # SciPy's own function on Tensors
    check(ours, *inputs)
    result = ours(*[x.astype(np.float32) for x in inputs[:1]], *inputs[1:])
    assert Tensor(result).dtype == theirs(inputs[0].astype(np.float32), *inputs[1:]).dtype


@pytest.mark.parametrize("name", OF_THE_LAST)
def test_ufuncs_of_their_last_argument(name: str) -> None:
    fun, (*orders, x) = getattr(scipy.special, name), OF_THE_LAST[name]
    check(lambda x: fun(*orders, x), x)
    np.testing.assert_array_equal(getattr(special, name)(*orders, x), fun(*orders, x))
    if not isinstance(orders[0], int):
        with pytest.raises(NotImplementedError, match=rf"{name}: its derivative by .* has no closed form"):
            grad(lambda v: fun(v, *orders[1:], x).sum())(orders[0])


def test_other_special_functions() -> None:
    for n in (0, 1, 3):
        check(lambda x, n=n: special.polygamma(n, x), P)
        np.testing.assert_array_equal(special.polygamma(n, P), scipy.special.polygamma(n, P))
    check(lambda x: special.multigammaln(x, 3), P + 2)
    np.testing.assert_allclose(special.multigammaln(P + 2, 3), scipy.special.multigammaln(P + 2, 3))
    assert grad(lambda x: (special.gammasgn(x) * x).sum())(R).tolist() == scipy.special.gammasgn(R).tolist()
    with pytest.raises(NotImplementedError):
        grad(lambda n: special.polygamma(n, P).sum())(1.0)


@pytest.mark.parametrize("function", [special.psi, special.gamma], ids=["psi", "gamma"])
def test_what_has_no_complex_values_names_what_the_user_knows(function: Any) -> None:
    """SciPy has no polygamma of complex numbers, and its own ufunc for that has a private name."""

    def slope(z: Any) -> Any:
        return np.real(grad(lambda z: np.real(function(z)))(z))

    with pytest.raises(TypeError, match="ufunc 'polygamma' not supported for the input types") as seen:
        grad(slope)(1 + 1j)
    assert "_zeta" not in str(seen.value)


@pytest.mark.parametrize("name", ["erf", "erfc", "erfcx", "dawsn", "exp1", "expi", "ndtr", "log_ndtr"])
def test_complex_numbers(name: str) -> None:
    check(getattr(special, name), Z)


@pytest.mark.parametrize("name", ["jv", "yv", "iv", "ive", "kv"])
def test_bessel_functions_of_complex_numbers(name: str) -> None:
    """ive is scaled by the real part's size, and so is not holomorphic."""
    check(lambda z: getattr(special, name)(1.5, z), Z)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_logsumexp(axis: Any, keepdims: bool) -> None:
    a, b = draw.normal(size=(2, 3)) * 3, draw.uniform(0.5, 2, size=(2, 3))
    for weights in (None, b):
        fun = lambda a, weights=weights: special.logsumexp(a, axis, weights, keepdims)
        np.testing.assert_allclose(fun(a), scipy.special.logsumexp(a, axis, weights, keepdims))
        check(fun, a)
    check(lambda b: special.logsumexp(a, axis, b, keepdims), b)
    assert special.logsumexp(np.array([1e4, -np.inf]), b=np.array([2.0, 1.0])) == 1e4 + np.log(2)
    assert misc.logsumexp is special.logsumexp
    for name in ("softmax", "log_softmax"):
        if not isinstance(axis, tuple):
            np.testing.assert_allclose(getattr(special, name)(a, axis), getattr(scipy.special, name)(a, axis))
            check(lambda a, name=name: getattr(special, name)(a, axis), a)


S = P[:, None]  # broadcasts against the values
DISTRIBUTIONS: dict[str, tuple[str, Any, tuple[Any, ...], int]] = {  # functions, values, parameters, how many smooth
    "norm": ("pdf cdf sf logpdf logcdf logsf", R, (Q, S), 3),
    "t": ("pdf logpdf", R, (P, Q, S), 4),
    "gamma": ("pdf logpdf", P, (Q, -0.5, S), 4),
    "beta": ("pdf logpdf", X, (P, Q), 3),
    "chi2": ("pdf logpdf", P, (Q,), 2),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distributions(name: str) -> None:
    functions, x, parameters, _ = DISTRIBUTIONS[name]
    for function in functions.split():
        ours, theirs = getattr(getattr(stats, name), function), getattr(getattr(scipy.stats, name), function)
        np.testing.assert_allclose(ours(x, *parameters), theirs(x, *parameters), rtol=1e-12)
        check(ours, x, *parameters)


def test_distribution_functions_by_the_value() -> None:
    for name, x, parameters in (("t", R, (P,)), ("gamma", P, (Q,)), ("beta", X, (P, Q)), ("chi2", P, (Q,))):
        ours, theirs = getattr(stats, name).cdf, getattr(scipy.stats, name).cdf
        np.testing.assert_allclose(ours(x, *parameters), theirs(x, *parameters))
        check(lambda x, ours=ours, parameters=parameters: ours(x, *parameters), x)
    check(lambda x, loc, scale: stats.t.logcdf(x, 3.0, loc, scale), R, Q, P)
    np.testing.assert_allclose(stats.t.logcdf(R, 3.0, Q, P), scipy.stats.t.logcdf(R, 3.0, Q, P))
    k = np.array([0.0, 2.0, 5.0])
    for function in ("logpmf", "pmf", "cdf"):
        ours, theirs = getattr(stats.poisson, function), getattr(scipy.stats.poisson, function)
        np.testing.assert_allclose(ours(k, S), theirs(k, S))
        check(lambda mu, ours=ours: ours(k, mu), P)


EVERYWHERE = np.array(
    [-np.inf, -1e10, -2, -1, -1e-300, 0, 1e-300, 0.3, 1, 1 + 1e-7, 2, 5.5, 1e10, 1e200, np.inf, np.nan]
)
ODD = (-1.0, 0.0, 0.5, 1.0, 2.0, 1e5, 1e12, np.nan)


@pytest.mark.parametrize("function", ["logpdf", "pdf", "cdf"])
@pytest.mark.parametrize("name", ["gamma", "chi2", "beta", "t", "norm"])
def test_distributions_everywhere(name: str, function: str) -> None:
    """Outside of the support, at its ends, and for parameters that are none: as SciPy."""
    ours, theirs = getattr(getattr(stats, name), function), getattr(getattr(scipy.stats, name), function)
    with np.errstate(all="ignore"):
        for shape in (None,) if name == "norm" else ODD:
            parameters = () if shape is None else (shape, 2.5) if name == "beta" else (shape,)
            for loc, scale in ((0.0, 1.0), (1.0, 2.0), (0.0, -1.0), (0.0, 0.0), (0.0, np.nan)):
                expected = theirs(EVERYWHERE, *parameters, loc, scale)
                np.testing.assert_allclose(ours(EVERYWHERE, *parameters, loc, scale), expected, rtol=1e-9)


@pytest.mark.parametrize("function", ["logpmf", "pmf", "cdf"])
def test_poisson_everywhere(function: str) -> None:
    counts = np.concatenate([EVERYWHERE, [3.0, 3.5]])
    for mu in ODD:
        with np.errstate(all="ignore"):
            expected = getattr(scipy.stats.poisson, function)(counts, mu)
            np.testing.assert_allclose(getattr(stats.poisson, function)(counts, mu), expected, rtol=1e-9)


def test_densities_are_constant_outside_of_their_support() -> None:
    x, out = np.array([-2.0, 0.5, 7.0]), np.array([1, 0, 1], bool)
    for fun in (lambda x, a: stats.beta.logpdf(x, a, 3.0), lambda x, a: stats.beta.cdf(x, a, 3.0)):
        slope = elementwise_grad(fun)(x, 2.0)
        np.testing.assert_array_equal(slope == 0, out)
    np.testing.assert_array_equal(elementwise_grad(lambda x: stats.gamma.logpdf(x, 2.0))(x) == 0, [True, False, False])
    assert grad(lambda a: stats.gamma.logpdf(-1.0, a))(2.0) == 0


def test_student_of_many_degrees_of_freedom_is_normal() -> None:
    """SciPy's logpdf had lost its digits at 1e12 (scipy#18386), and its slope by df is all rounding."""
    np.testing.assert_allclose(stats.t.logpdf(1.0, 1e12), stats.norm.logpdf(1.0), rtol=1e-12)
    np.testing.assert_allclose(stats.t.logpdf(1.0, np.inf), stats.norm.logpdf(1.0), rtol=1e-15)
    np.testing.assert_allclose(grad(stats.t.logpdf, 1)(1.0, 1e6), 5e-13, rtol=1e-5)  # (1 + 2x² - x⁴) / (4 df²)
    np.testing.assert_allclose(grad(stats.t.logpdf, 1)(2.0, 1e6), -7 / 4e12, rtol=1e-5)
    assert grad(stats.t.logpdf, 1)(1.0, np.inf) == 0


def test_distributions_of_vectors() -> None:
    x, mean, root = draw.normal(size=(5, 3)), draw.normal(size=3), draw.normal(size=(3, 3))
    cov = root @ root.T + np.eye(3)
    symmetric = lambda c: (c + c.T) / 2
    ours, theirs = stats.multivariate_normal, scipy.stats.multivariate_normal
    for function in ("pdf", "logpdf"):
        fun = lambda x, mean, cov, f=function: getattr(ours, f)(x, mean, symmetric(cov))
        np.testing.assert_allclose(fun(x, mean, cov), getattr(theirs, function)(x, mean, cov))
        np.testing.assert_allclose(fun(x[0], mean, cov), getattr(theirs, function)(x[0], mean, cov))
        check(fun, x[:2], mean, cov)
    np.testing.assert_allclose(ours.entropy(mean, cov), theirs.entropy(mean, cov))
    check(lambda cov: ours.entropy(mean, symmetric(cov)), cov)
    for given in [(x, mean, 2.0), (x[0], mean, np.ones(3)), (x[:, 0], 0.5, 2.0), (x[:, :1], mean[:1], 2.0), (0.3,)]:
        for f in ("pdf", "logpdf"):
            np.testing.assert_allclose(getattr(ours, f)(*given), getattr(theirs, f)(*given))
        np.testing.assert_allclose(ours.entropy(*given[1:]), theirs.entropy(*given[1:]))
    check(ours.logpdf, x[:2], mean, np.array(2.0))
    check(ours.logpdf, x[:2], mean, np.array([0.5, 1.0, 2.0]))
    with pytest.raises(ValueError, match=r"expected a covariance of shape \(3, 3\), \(3,\) or \(\), got \(2,\)"):
        ours.logpdf(x, mean, np.ones(2))
    flat = np.diag([1.0, 2.0, 0.0])
    x[:, 2] = mean[2]
    logpdf = lambda x, mean: ours.logpdf(x, mean, flat, allow_singular=True)
    np.testing.assert_allclose(logpdf(x, mean), theirs.logpdf(x, mean, flat, allow_singular=True))
    within = np.array([1.0, 1.0, 0.0])  # the space beyond which there is nothing
    check(lambda x, mean: logpdf(x * within, mean * within), x, mean)
    x[1, 2] += 1
    np.testing.assert_allclose(logpdf(x, mean), theirs.logpdf(x, mean, flat, allow_singular=True))
    with pytest.raises(ValueError, match="expected a positive semidefinite covariance"):
        ours.logpdf(x[0, :2], mean[:2], np.array([[1.0, 2.0], [2.0, 1.0]]))
    with pytest.raises(np.linalg.LinAlgError, match="the covariance is singular"):
        ours.logpdf(x[0], mean, flat)
    with pytest.raises(NotImplementedError, match="by a singular covariance"):
        grad(lambda cov: ours.logpdf(x[0], mean, cov, allow_singular=True))(flat)
    alpha, point = np.array([1.5, 2.5, 0.7]), np.array([0.2, 0.5, 0.3])
    for function in ("pdf", "logpdf"):
        fun = getattr(stats.dirichlet, function)
        np.testing.assert_allclose(fun(point, alpha), getattr(scipy.stats.dirichlet, function)(point, alpha))
        check(fun, point, alpha)
    columns = np.stack([point, point[::-1]], axis=1)
    np.testing.assert_allclose(stats.dirichlet.logpdf(columns, alpha), scipy.stats.dirichlet.logpdf(columns, alpha))


# ---- linalg ----------------------------------------------------------------------------------------------------------

M, N = draw.normal(size=(3, 3)), draw.normal(size=(3, 3))
POSITIVE = M @ M.T + np.eye(3)


def test_matrix_equations() -> None:
    check(linalg.sqrtm, POSITIVE)
    np.testing.assert_allclose(linalg.sqrtm(POSITIVE) @ linalg.sqrtm(POSITIVE), POSITIVE)
    check(linalg.sqrtm, N + 5 * np.eye(3))
    a, b = M + 4 * np.eye(3), N[:2, :2] + 3 * np.eye(2)
    check(linalg.solve_sylvester, a, b, draw.normal(size=(3, 2)))


V3 = np.array([0.9, -0.6, 1.1])


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("trans", [0, 1, 2])
def test_solve_triangular(lower: bool, trans: int) -> None:
    a, b = M + 3 * np.eye(3), N[:, :2]
    for unit in (False, True):
        for code in (trans, "NTC"[trans]):
            fun = lambda a, b, code=code, unit=unit: linalg.solve_triangular(a, b, code, lower, unit)
            for right in (V3, b):
                expected = scipy.linalg.solve_triangular(a, right, code, lower, unit)
                np.testing.assert_allclose(fun(a, right), expected)
        check(fun, a, b, second=not unit)
        check(fun, a, V3, second=False)
    assert gradcheck(fun, a + 0.3j * N, V3 + 1j)


def test_solve_banded() -> None:
    for lower, upper in ((1, 1), (2, 0), (1, 2)):
        ab = draw.normal(size=(lower + upper + 1, 5))
        ab[upper] += 5
        for b in (draw.normal(size=5), draw.normal(size=(5, 2))):
            fun = lambda ab, b, bands=(lower, upper): linalg.solve_banded(bands, ab, b)
            np.testing.assert_allclose(fun(ab, b), scipy.linalg.solve_banded((lower, upper), ab, b))
            check(fun, ab, b)
    with pytest.raises(ValueError, match="expected trans"):
        linalg.solve_triangular(M, V3, 3)


W = draw.normal(size=(4, 3))
U4 = np.array([1.0, 0.3, -0.2, 0.8])
C, D = M + 1j * N, V3 + np.array([4.0, 0.0, 0.0])
both = lambda a: a + a.T
MATRICES: dict[str, tuple[Any, ...]] = {  # SciPy's on arrays, what is written here on Tensors
    "expm": (linalg.expm, M), "expm of a stack": (linalg.expm, np.stack([M, N])), "complex expm": (linalg.expm, C),
    "logm": (linalg.logm, POSITIVE), "signm": (linalg.signm, POSITIVE - 2 * np.eye(3)), "sinm": (linalg.sinm, M),
    "complex cosm": (linalg.cosm, C), "tanm": (linalg.tanm, M / 3), "sinhm": (linalg.sinhm, M),
    "coshm": (linalg.coshm, M), "tanhm": (linalg.tanhm, M / 3),
    "power": (lambda a: linalg.fractional_matrix_power(a, 0.3), POSITIVE),
    "solve": (linalg.solve, M, V3),
    "solve transposed": (lambda a, b: linalg.solve(a, b, transposed=True, check_finite=False), M, W.T),
    "toeplitz": (linalg.toeplitz, V3 + 1j), "toeplitz by row": (linalg.toeplitz, V3, U4),
    "hankel": (linalg.hankel, V3), "hankel by row": (linalg.hankel, V3, U4), "circulant": (linalg.circulant, V3),
    "solve_toeplitz": (linalg.solve_toeplitz, D, V3),
    "solve_toeplitz by row": (lambda c, r, b: linalg.solve_toeplitz((c, r), b), D, V3, W.T),
    "solve_circulant": (linalg.solve_circulant, D, V3),
    "lyapunov": (linalg.solve_continuous_lyapunov, C, N + 0j),
    "discrete lyapunov": (linalg.solve_discrete_lyapunov, C / 5, C),
    "cholesky": (lambda a: linalg.cholesky(both(a)), POSITIVE),
    "lower cholesky": (lambda a: linalg.cholesky(both(a), lower=True), POSITIVE),
    "cho_solve": (lambda a, b: linalg.cho_solve(linalg.cho_factor(both(a)), b), POSITIVE, V3),
    "lower cho_solve": (lambda a, b: linalg.cho_solve(linalg.cho_factor(both(a), True), b), POSITIVE, W.T),
    "complex cho_solve": (
        lambda a, b: linalg.cho_solve(linalg.cho_factor(a @ np.conj(a.T) + np.eye(3)), b), C, V3 + 0j
    ),
    "lu": (lambda a: linalg.lu(a)[1:], M), "permuted lu": (lambda a: linalg.lu(a, permute_l=True), N),
    "lu_solve": (lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b), N, V3),
    "lu_solve transposed": (lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b, 1), N, W.T),
    "complex lu_solve": (lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b, 2), C, V3 + 1j),
    "qr": (linalg.qr, M), "economic qr": (lambda a: linalg.qr(a, mode="economic"), W),
    "r of qr": (lambda a: linalg.qr(a, mode="r")[0], M), "svd": (lambda a: linalg.svd(a)[1], W),
    "svdvals": (linalg.svdvals, W), "eigh": (lambda a: linalg.eigh(both(a))[0], M),
    "upper eigh": (lambda a: np.abs(linalg.eigh(both(a), lower=False)[1]), M),
    "generalized eigh": (lambda a, b: np.abs(linalg.eigh(both(a), both(b))[1]), M, POSITIVE),
    "generalized eigvalsh": (lambda a, b: linalg.eigvalsh(both(a), both(b), lower=False), M, POSITIVE),
    "polar": (linalg.polar, W), "left complex polar": (lambda a: linalg.polar(a, side="left"), C),
    "procrustes": (linalg.orthogonal_procrustes, M, N),
    "inv": (linalg.inv, M), "det": (linalg.det, M), "pinv": (linalg.pinv, W), "norm": (linalg.norm, W),
    "norm by axis": (lambda a: linalg.norm(a, 1, axis=0, keepdims=True), W),
    "block_diag": (linalg.block_diag, M, V3, W), "khatri_rao": (linalg.khatri_rao, M, W),
}  # fmt: skip


@pytest.mark.parametrize("case", MATRICES)
def test_matrices(case: str) -> None:
    fun, *inputs = MATRICES[case]
    several = lambda result: result if isinstance(result, tuple) else (result,)
    ours, theirs = several(fun(*map(Tensor, inputs))), several(fun(*inputs))
    for one, other in zip(ours, theirs, strict=True):
        assert isinstance(one, Tensor)
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one.data, other, rtol=1e-10, atol=1e-12)
    check(fun, *inputs)


def test_permutation_of_lu() -> None:
    for matrix in (M, N):
        p, low, up = linalg.lu(Tensor(matrix))
        np.testing.assert_array_equal(p, scipy.linalg.lu(matrix)[0])
        np.testing.assert_allclose((p @ low @ up).data, matrix)
        np.testing.assert_array_equal(linalg.lu(Tensor(matrix), p_indices=True)[0].argsort(), p.argmax(0))
    with pytest.raises(NotImplementedError, match=r"lu_factor: expected one square matrix, got shape \(4, 3\)"):
        linalg.lu(Tensor(W))


def test_what_has_no_rule() -> None:
    np.testing.assert_array_equal(linalg.schur(M), scipy.linalg.schur(M))
    assert linalg.LinAlgError is np.linalg.LinAlgError
    with pytest.raises(TypeError, match=r"scipy.linalg.schur: no derivative rule is known for Tensors"):
        linalg.schur(Tensor(M))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = linalg.nonsense


# ---- signal and integrate --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolve(mode: str) -> None:
    for a, b in (((6,), (3,)), ((3,), (3,)), ((2, 5), (2, 2))):
        A, B = draw.normal(size=a), draw.normal(size=b)
        np.testing.assert_allclose(signal.convolve(A, B, mode=mode), scipy.signal.convolve(A, B, mode), atol=1e-14)
        check(lambda A, B: signal.convolve(A, B, mode=mode), A, B)
    A, B = draw.normal(size=(2, 5, 3)), draw.normal(size=(4, 2, 2))
    fun = lambda A, B: signal.convolve(A, B, axes=([1], [2]), dot_axes=([0], [1]), mode=mode)
    out = fun(A, B)
    for i in range(3):
        for j in range(4):
            expected = sum(scipy.signal.convolve(A[k, :, i], B[j, k], mode) for k in range(2))
            np.testing.assert_allclose(out[i, j], expected, atol=1e-14)
    check(fun, A[:, :3, :2], B[:2])
    if mode == "valid":
        short, long = draw.normal(size=2), draw.normal(size=5)
        np.testing.assert_allclose(signal.convolve(short, long, mode=mode), np.convolve(short, long, mode), atol=1e-14)


def test_convolve_refuses() -> None:
    with pytest.raises(ValueError, match="expected mode"):
        signal.convolve(V3, V3, mode="middle")
    with pytest.raises(ValueError, match="do not go together"):
        signal.convolve(M, M[:2], axes=([], []), dot_axes=([0], [0]))


def test_odeint() -> None:
    def field(y, t, rate, p):
        return -rate * y + np.sin(t) * p["shift"] * y[::-1]

    y0, t, rate, shift = np.array([1.0, -0.5]), np.array([0.1, 0.4, 0.9]), 0.7, np.array([0.3, 0.6])
    fun = lambda y0, t, rate, shift: integrate.odeint(field, y0, t, (rate, {"shift": shift}), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(
        fun(y0, t, rate, shift), scipy.integrate.odeint(field, y0, t, (rate, {"shift": shift})), rtol=1e-6
    )
    assert gradcheck(fun, y0, t, rate, shift, tolerance=1e-4)
    single = lambda args: integrate.odeint(lambda y, t, rate: -rate * y, y0, t, args)
    np.testing.assert_array_equal(single(shift), single((shift,)))  # as SciPy takes it
    assert gradgradcheck(fun, y0, t[:2], rate, shift, eps=1e-4, tolerance=1e-4)
    with pytest.raises(TypeError, match="uses a tracked tensor from outside"):
        grad(lambda rate: integrate.odeint(lambda y, t: -rate * y, y0, t)[1, 0])(rate)
    decay = lambda y0: integrate.odeint(lambda y, t: [-y[0]], y0, [0.0, 1.0])[1]
    np.testing.assert_allclose(jacobian(decay)(np.ones(1)), [[np.exp(-1)]], rtol=1e-6)
    assert vjp(lambda t: integrate.odeint(lambda y, t: -y, 1.0, t), np.zeros(1))[1](np.ones((1, 1)))[0] == 0


def test_odeint_with_the_time_first() -> None:
    """And with what else SciPy takes that says something of the equation, which is not said of its adjoint."""

    def field(y, t, rate):
        return -rate * y + np.sin(t) * y[::-1]

    def slopes(y, t, rate):
        return np.array([[-rate, np.sin(t)], [np.sin(t), -rate]])

    y0, t, rate = np.array([1.0, -0.5]), np.array([0.1, 0.4, 0.9]), 0.7
    plain = {"rtol": 1e-11, "atol": 1e-11}
    expected = grad(lambda *given: integrate.odeint(field, *given[:2], given[2:], **plain)[-1].sum(), (0, 1, 2))
    for first in (False, True):
        turned = (lambda f: lambda t, y, *args: f(y, t, *args)) if first else lambda f: f
        for options in (
            {}, {"Dfun": turned(slopes)}, {"ml": 1, "mu": 1}, {"rtol": [1e-11, 1e-11], "atol": [1e-12, 1e-11]},
            {"tcrit": [0.5]}, {"h0": 0.01}, {"hmax": 0.1}, {"full_output": True},
        ):  # fmt: skip
            options = {**plain, **options, "tfirst": first}

            def fun(y0, t, rate, whole=False):
                made = integrate.odeint(turned(field), y0, t, (rate,), **options)  # noqa: B023
                return made if whole else (made[0] if options.get("full_output") else made)[-1].sum()  # noqa: B023

            for found, right in zip(grad(fun, (0, 1, 2))(y0, t, rate), expected(y0, t, rate), strict=True):
                np.testing.assert_allclose(found, right, rtol=1e-7)
            theirs = scipy.integrate.odeint(turned(field), y0, t, (rate,), **options)
            ours = fun(y0, t, rate, whole=True)
            if options.get("full_output"):
                np.testing.assert_array_equal(ours[0], theirs[0])
                np.testing.assert_equal(ours[1], theirs[1])
            else:
                np.testing.assert_array_equal(ours, theirs)


def test_softmax_of_lists() -> None:
    x = Tensor(1.0, requires_grad=True)
    for name in ("softmax", "log_softmax"):
        ours, theirs = getattr(special, name), getattr(scipy.special, name)
        np.testing.assert_allclose(ours([[1, 2], [3, 5]]), theirs([[1, 2], [3, 5]]))
        np.testing.assert_allclose(ours([x, 2.0]).data, theirs([1.0, 2.0]))
        assert ours([x, 2.0]).requires_grad


def test_logsumexp_with_factors() -> None:
    """The largest of the terms that count is taken out, not that of a term whose factor is 0."""
    a, b = np.array([1000.0, 0.0]), np.array([0.0, 1.0])
    assert special.logsumexp(a, b=b) == scipy.special.logsumexp(a, b=b) == 0
    np.testing.assert_array_equal(grad(lambda a: special.logsumexp(a, b=b))(a), [0, 1])
    assert grad(lambda b: special.logsumexp(a, b=b))(b)[0] > 1e300
    check(lambda a, b: special.logsumexp(a, b=b, axis=1), np.array([[3.0, -1, 2], [0, 1, 5]]), np.array([0.0, 2, 0.5]))
    assert special.logsumexp(Tensor(np.ones(2, "f")), b=np.ones(2, "f")).dtype == np.float32
    with np.errstate(divide="ignore"):
        assert special.logsumexp(a, b=np.zeros(2)) == -np.inf
    for given in (a, a.astype("f"), a.astype("e"), [1000, 0], np.array([1000, 0])):
        for factors in (b, [0, 1], [False, True], np.array([0, 1]), b.astype("f"), b.astype("e")):
            assert special.logsumexp(given, b=factors) == 0, "the factor 0 times an exponential that is inf is NaN"
            assert special.logsumexp(Tensor(given), b=Tensor(factors)).data == 0
    assert special.logsumexp(np.ones(2, "f"), b=2).dtype == np.float32
    x = Tensor(2.0, requires_grad=True)
    special.logsumexp([x, 2 * x], b=[x, 1.0]).backward()
    np.testing.assert_allclose(x.grad, (3 * np.exp(2) + 2 * np.exp(4)) / (2 * np.exp(2) + np.exp(4)))


def test_the_reciprocal_of_gamma_at_its_zeros() -> None:
    at = np.array([0.0, -1.0, -2.0, -3.0])
    np.testing.assert_allclose(elementwise_grad(special.rgamma)(at), [1, -1, 2, -6], rtol=1e-14)
    check(special.rgamma, np.array([-1.0, -0.5, 0.5, 2.0]))


def test_slopes_of_the_error_functions_where_they_are_small() -> None:
    for function, at in ((special.erfcx, 1000.0), (special.dawsn, 50.0), (special.log_ndtr, -1000.0)):
        check(function, np.array([at, -0.5, 0.5, 3.4, 3.6]))
    slope = elementwise_grad(special.erfcx)(np.array([1e3, 1e8]))
    np.testing.assert_allclose(slope, [-5.6418873e-7, -5.6418958e-17], rtol=1e-6)
    np.testing.assert_allclose(elementwise_grad(special.ndtri)(np.array([1e-300]))[0], 2.6973045e298, rtol=1e-7)


@pytest.mark.parametrize(
    ("name", "at", "order", "right"),
    [
        ("ndtri", 0.5, 2, 0), ("ndtri", 0.5, 3, (2 * np.pi) ** 1.5), ("erfcinv", 1.0, 2, 0),
        ("erfcinv", 1.0, 3, -np.pi * np.sqrt(np.pi) / 4), ("i0", 1e-10, 3, 3.75e-11),
        ("i0", -1e-5, 3, -3.7500000000520835e-6),
        ("i1", 1e-10, 2, 3.75e-11), ("i1", 1e-5, 2, 3.7500000000520835e-6), ("i1", 0.0, 3, 0.375),
        ("i1", 1e-20, 3, 0.375),
        ("i1", 8.0, 3, 342.95188612895375), ("i1", 20.0, 4, 38783137.98558059), ("i1", 710.0, 2, np.inf),
        ("i1e", 1e-10, 2, -0.9999999998125), ("i1e", -1e-20, 2, 1), ("i1e", 2.0, 2, -0.017828294012895792),
    ],
)  # fmt: skip
def test_higher_derivatives_where_a_formula_has_a_corner_or_two_large_terms(
    name: str, at: float, order: int, right: float
) -> None:
    function = getattr(special, name)
    for _ in range(order):
        function = grad(function)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(function(at), right, rtol=1e-11, atol=1e-14)


@pytest.mark.filterwarnings("ignore::scipy.linalg.LinAlgWarning", "ignore:The logm input matrix", "ignore:logm result")
@pytest.mark.parametrize("function", ["sqrtm", "logm", "signm"])
def test_functions_of_singular_matrices_without_a_derivative(function: str) -> None:
    for matrix in (np.diag([4.0, 1.0, 0.0]), np.ones((3, 3)), np.diag([1.0, 1.0], 1)):
        with np.errstate(all="ignore"):
            assert np.isnan(grad(lambda a: getattr(linalg, function)(a).real.sum())(matrix)).all()
    if function != "signm":  # whose derivative is 0 there, to rounding
        check(getattr(linalg, function), 2 * np.eye(3))
    check(linalg.expm, np.ones((3, 3)))


def test_powers_of_singular_matrices() -> None:
    at = np.diag([4.0, 1.0, 0.0])
    assert np.isnan(grad(lambda a: linalg.fractional_matrix_power(a, 0.5).sum())(at)).all()
    check(lambda a: linalg.fractional_matrix_power(a, 2), at)


def test_polar_decompositions_of_orthogonal_matrices() -> None:
    turn = np.linalg.qr(M)[0]
    check(linalg.polar, turn)
    check(lambda a: linalg.polar(a, side="left"), 2 * turn)
    check(linalg.orthogonal_procrustes, turn, np.eye(3))


def test_no_logarithm_of_nothing() -> None:
    """Where the factor of a logarithm of 0 is 0, so is the derivative."""
    assert grad(lambda y: special.xlogy(0.0, y))(0.0) == 0
    with np.errstate(divide="ignore"):
        assert grad(lambda y: special.xlogy(2.0, y))(0.0) == np.inf
    assert grad(lambda y: special.xlog1py(0.0, y))(-1.0) == 0
    assert grad(grad(lambda x: special.gammainc(1.0, x)))(0.0) == -1
    assert grad(grad(lambda x: special.betainc(1.0, 2.0, x)))(0.0) == -2


def test_xlog1py_where_its_logarithm_is_infinite() -> None:
    """At y = -1: 0 log 0 is 0 and flat in y; for another x the value is -x times infinity, and steeper than any."""
    with np.errstate(divide="ignore"):
        by_x, by_y = (grad(special.xlog1py, k) for k in (0, 1))
        assert special.xlog1py(0.0, -1.0) == 0
        assert by_y(0.0, -1.0) == 0
        assert by_y(2.0, -1.0) == np.inf
        assert by_y(-2.0, -1.0) == -np.inf
        assert by_x(2.0, -1.0) == -np.inf
        assert by_y(0.0, -0.5) == 0
        assert by_y(3.0, -0.5) == 6


@pytest.mark.parametrize("options", [{}, {"permute_l": True}, {"p_indices": True}])
def test_lu_of_many_matrices_at_once(options):
    many = draw.normal(size=(4, 3, 3))
    found = vmap(lambda a: linalg.lu(a, **options))(many)
    for i, a in enumerate(many):
        for part, expected in zip(found, scipy.linalg.lu(a, **options), strict=True):
            np.testing.assert_allclose(part[i], expected, atol=1e-12)
    fun = lambda a: (linalg.lu_solve(linalg.lu_factor(a), V3) ** 2).sum()
    np.testing.assert_allclose(vmap(grad(fun))(many), [grad(fun)(a) for a in many])
