"""What leaves the graph says so: each way to make a plain value of a tracked Tensor, in three places."""

from __future__ import annotations

import cmath
import copy
import json
import logging
import math
import pickle
import re
import statistics
import subprocess
import sys
import types
import warnings
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd.numpy as anp
import nn
import optim
from autograd import Tensor, checkpoint, detect_anomaly, grad, hessian, jacobian, jvp, no_grad, value_and_grad, vjp
from nn.data import default_collate, transforms

scipy = pytest.importorskip("scipy")
for _name in ("fft", "integrate", "interpolate", "linalg", "optimize", "signal", "sparse.linalg", "special", "stats"):
    pytest.importorskip(f"scipy.{_name}")
stats = scipy.stats

V = np.array([0.5, 2.0, 3.0])
MASKED = np.ma.array([2.0, 3.0, 4.0], mask=[False, True, False])
SPARSE = scipy.sparse.csr_array(np.diag([1.0, 2.0, 3.0]))


def _set_element(x: Any) -> Any:
    plain = np.zeros(3)
    plain[0] = x[0]
    return plain


def _set_slice(x: Any) -> Any:
    plain = np.zeros(3)
    plain[:] = x
    return plain


def _set_masked(x: Any) -> Any:
    masked = MASKED.copy()
    masked[:] = x
    return masked


def _fill_diagonal(x: Any) -> Any:
    plain = np.zeros((3, 3))
    np.fill_diagonal(plain, x)
    return plain


def _put(x: Any) -> Any:
    plain = np.zeros(3)
    plain.put([0, 1, 2], x)
    return plain


def _copied_attributes(x: Any) -> Any:
    holder = types.SimpleNamespace(value=x * 2)
    return copy.deepcopy(holder).value


JOINED: dict[str, Callable[[Any], Any]] = {
    "Tensor": lambda x: Tensor(x) ** 2,
    "Tensor of what was computed": lambda x: Tensor(x**3),
    "Tensor with requires_grad": lambda x: Tensor(x * x, requires_grad=True) * x,
    "Tensor of another dtype": lambda x: Tensor(x, dtype=np.complex128).real ** 2,
    "Tensor of a list": lambda x: Tensor([x[0] ** 2, x[1] * 3]),
    "Tensor of a list, with numbers": lambda x: Tensor([[x[0], 1.0], [2.0, x[1] * x[2]]]),
    "Tensor of a tuple of rows": lambda x: Tensor((x, x * x), requires_grad=True),
    "fixed_quad": lambda x: scipy.integrate.fixed_quad(lambda u: np.exp(u * x[0]), 0, 1)[0],
    "copy.copy": lambda x: copy.copy(x * 2) ** 2,
    "copy.deepcopy": lambda x: copy.deepcopy(x * 2) ** 2,
    "deepcopy of what holds one": lambda x: _copied_attributes(x) ** 2,
    "method copy": lambda x: x.copy() ** 2,
    "fraction": lambda x: Fraction(1, 2) * x + x / Fraction(1, 3),
    "exponent that is a fraction": lambda x: x ** Fraction(3, 2),
    "numpy.dot": lambda x: np.dot(np.outer(V, V), x) ** 2,
    "plain @": lambda x: (np.outer(V, V) @ x) ** 2,
    "asarray of autograd.numpy": lambda x: anp.asarray([x[0] * x[1], x[2]]),
    "polyval": lambda x: np.polyval(x, V),
    "vander": lambda x: np.vander(x) ** 2,
    "sum of Python's": lambda x: sum(x) ** 2,
    "max of Python's": lambda x: max(x) ** 2,
    "math.prod": lambda x: math.prod(x),
    "elements in a list": lambda x: np.stack(list(x)) ** 2,
    "flat": lambda x: np.stack(list(x.flat)) ** 2,
}
"""What stays joined, in every place, with the right gradient."""

CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "float": lambda x: float(x[0]),
    "float of a sum": lambda x: 2 * float((x * x).sum()) + 1,
    "complex": lambda x: complex(x[0]),
    "numpy.float64": lambda x: np.float64(x[0]),
    "numpy.array": lambda x: np.array(x),
    "numpy.asarray": lambda x: np.asarray(x),
    "numpy.asarray with a dtype": lambda x: np.asarray(x, dtype=np.float32),
    "numpy.array of objects": lambda x: np.array(x, dtype=object),
    "numpy.array of a list": lambda x: np.array([x[0], x[1]]),
    "numpy.asanyarray": lambda x: np.asanyarray(x),
    "numpy.ascontiguousarray": lambda x: np.ascontiguousarray(x.T),
    "numpy.asfortranarray": lambda x: np.asfortranarray(x),
    "numpy.require": lambda x: np.require(x, requirements="C"),
    "numpy.asarray_chkfinite": lambda x: np.asarray_chkfinite(x),
    "numpy.full": lambda x: np.full((2, 3), x),
    "numpy.mean of a list": lambda x: np.mean([x[0], x[1]]),
    "numpy.sum of a list": lambda x: np.sum([x[0], x[1]]),
    "numpy.r_": lambda x: np.r_[x[0], 1.0],
    "numpy.vectorize": lambda x: np.vectorize(lambda v: v * v)(x),
    "numpy.fromiter": lambda x: np.fromiter((v for v in x), float),
    "numpy.ndenumerate": lambda x: list(np.ndenumerate(x)),
    "an element of a plain array": _set_element,
    "a slice of a plain array": _set_slice,
    "put of a plain array": _put,
    "numpy.fill_diagonal": _fill_diagonal,
    "asarray of flat": lambda x: np.asarray(x.flat),
    "random numbers": lambda x: np.random.default_rng(0).normal(x),
    "a choice": lambda x: np.random.default_rng(0).choice(3, p=x / x.sum()),
    "comparison of floats": lambda x: float(x[0]) < 1,
    "pickle": lambda x: pickle.loads(pickle.dumps(x * 2)),
    "Parameter": lambda x: nn.Parameter(x),
    "Parameter of a list": lambda x: nn.Parameter([x[0], x[1] * 2]),
}
"""What the program itself converts: it warns; where a function is differentiated and in anomaly mode it is refused."""

COMPUTATIONS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "math.sin": (lambda x: math.sin(x[0]), "numpy.sin"),
    "math.log with a base": (lambda x: math.log(x[0], 2), "numpy.log"),
    "math.hypot": (lambda x: math.hypot(x[0], x[1]), "numpy.hypot"),
    "math.fsum": (lambda x: math.fsum([x[0], x[1]]), "np.sum"),
    "math.erf": (lambda x: math.erf(x[0]), "autograd.erf"),
    "math.lgamma": (lambda x: math.lgamma(x[0]), "autograd.gammaln"),
    "math.ulp": (lambda x: math.ulp(x[0]), "write it with functions of NumPy"),
    "cmath.exp": (lambda x: cmath.exp(x[0]), "numpy.exp"),
    "dot of a plain array": (lambda x: np.outer(V, V).dot(x), "write X @ w"),
    "dot of an expression": (lambda x: (np.outer(V, V) + 1).T.dot(x), "write X @ w"),
    "from_dlpack": (lambda x: np.from_dlpack(x), "export .detach"),
    "spsolve": (lambda x: scipy.sparse.linalg.spsolve(SPARSE.tocsc(), x), "use autograd.scipy.sparse.linalg.spsolve"),
    "scipy.linalg.cholesky": (lambda x: scipy.linalg.cholesky(np.diag(V) * x), "autograd.scipy.linalg.cholesky"),
    "scipy.linalg.solve": (lambda x: scipy.linalg.solve(np.eye(3), x), "autograd.scipy.linalg.solve"),
    "scipy.special.logsumexp": (lambda x: scipy.special.logsumexp(x), "autograd.scipy.special.logsumexp"),
    "scipy.fft.fft": (lambda x: scipy.fft.fft(x), "numpy.fft.fft"),
    "solve_ivp": (lambda x: scipy.integrate.solve_ivp(lambda t, y: -y, (0, 1), x).y, "scipy.integrate.solve_ivp"),
    "quadrature of numbers": (lambda x: scipy.integrate.trapezoid(x), "numpy.trapezoid"),
    "a distribution": (lambda x: scipy.stats.norm.logpdf(0.5, x), "autograd.scipy.stats.norm.logpdf"),
    "a distribution by a shorter name": (
        lambda x: stats.norm.logpdf(0.5, x),
        "scipy.stats.norm.logpdf: expected a plain value",
    ),
    "a distribution without derivative": (lambda x: scipy.stats.cauchy.pdf(x), "functions of NumPy"),
    "convolve": (lambda x: scipy.signal.convolve(x, x), "autograd.scipy.signal.convolve"),
    "spline": (lambda x: scipy.interpolate.CubicSpline(V, x), "scipy.interpolate.CubicSpline: expected"),
    "a solver's residuals": (lambda x: scipy.optimize.least_squares(lambda p: p - x, V), "least_squares: expected"),
    "statistics": (lambda x: statistics.fmean([x[0], x[1]]), "statistics.fmean: expected"),
    "odeint": (lambda x: scipy.integrate.odeint(lambda y, t: -y, x, [0.0, 1.0]), "autograd.scipy.integrate.odeint"),
    "quad": (lambda x: scipy.integrate.quad(lambda u: u * x[0], 0, 1), "integrate.fixed_quad"),
    "quad_vec": (lambda x: scipy.integrate.quad_vec(lambda u: u * x, 0, 1), "integrate.fixed_quad"),
    "masked *": (lambda x: MASKED * x, "np.where"),
    "masked array": (lambda x: np.ma.array(x, mask=[0, 1, 0]), "np.where"),
    "numpy.ma's function": (lambda x: np.ma.multiply(x, MASKED), "np.where"),
    "numpy.ma's getdata": (lambda x: np.ma.getdata(x), "np.where"),
    "numpy.ma's median": (lambda x: np.ma.median(x), "np.where"),
    "assignment to a masked array": (_set_masked, "np.where"),
    "polynomial by its coefficients": (lambda x: np.polynomial.chebyshev.chebval(2.0, x), "write it with functions"),
    "Polynomial": (lambda x: np.polynomial.Polynomial(x), "write it with functions"),
}
"""What another library would compute with, and what the error says to write: refused in every place."""

SILENT: dict[str, Callable[[Any], Any]] = {
    "str": lambda x: str(x) + repr(x),
    "format": lambda x: f"{x[0]:.3f} {x}",
    "format of %": lambda x: "%.3f %s" % (1.0, x[0]) + "%.2f" % x[0],  # noqa: UP031
    "method format": lambda x: "{:.3f}".format(x[0]),  # noqa: UP032
    "item": lambda x: x[0].item() + x.item(1),
    "tolist": lambda x: json.dumps(x.tolist()),
    "data": lambda x: np.asarray(x.data) + np.array(x.numpy()),
    "detach": lambda x: np.asarray(x.detach()) + float(x.detach()[0]),
    "if": lambda x: 1 if x[0] > 0 and x.sum() else 0,
    "bool": lambda x: bool(x[0]),
    "int": lambda x: V[int(x[1])],
    "integers": lambda x: np.asarray(x, dtype=int),
    "isnan": lambda x: np.isnan(x).any() or not np.isfinite(x).all(),
    "math.isnan": lambda x: math.isnan(x[0]) or not math.isfinite(x[0]) or math.isinf(x[0]),
    "math.isclose": lambda x: math.isclose(x[0], 0.5),
    "math.floor": lambda x: math.floor(x[0]) + math.ceil(x[0]),
    "allclose": lambda x: np.allclose(x, V) and np.array_equal(x, V),
    "numpy.testing": lambda x: np.testing.assert_allclose(x, x * 1),
    "numpy.testing, equal": lambda x: np.testing.assert_array_equal(x * 2, 2 * x),
    "approx": lambda x: (x[0] == pytest.approx(0.5), pytest.approx(x[0]) == 0.5, x.sum() != pytest.approx(1.0)),
    "argmax": lambda x: x.argmax() + np.searchsorted(x, 1.0),
    "sorted": lambda x: sorted(x),
    "logging": lambda x: logging.getLogger("test").warning("%.3f %s", x[0], x),
    "no_grad": lambda x: _within(no_grad(), lambda: float(x[0]) + math.sin(x[0]) + np.asarray(x).sum()),
    "value in no_grad": lambda x: _within(no_grad(), lambda: (MASKED * x, nn.Parameter(x), np.from_dlpack(x))),
}
"""What loses nothing, or says that it means the value alone: silent in every place."""


def _within(context: Any, function: Callable[[], Any]) -> Any:
    with context:
        return function()


def _refused(run: Callable[[], Any]) -> str:
    """The text of the error. NumPy and pickle may wrap it in one of their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises((TypeError, ValueError)) as raised:
            run()
    error: BaseException = raised.value
    while error.__cause__ is not None:
        error = error.__cause__
    assert type(error) is TypeError
    text = str(error)
    assert "count as a constant" in text, text
    assert f"{__file__}:" in text, text
    return text


def _in_a_transform(fun: Callable[[Any], Any]) -> Callable[[], Any]:
    def run() -> None:
        def loss(x: Any) -> Any:
            fun(x)
            return x.sum()

        grad(loss)(V)

    return run


def _in_anomaly_mode(fun: Callable[[Any], Any]) -> Callable[[], Any]:
    return lambda: _within(detect_anomaly(), lambda: fun(Tensor(V, requires_grad=True) * 1))


@pytest.mark.filterwarnings("ignore:Output seems independent")  # of the Hessian, where the function is linear
@pytest.mark.parametrize("case", JOINED)
def test_joined(case: str) -> None:
    fun = JOINED[case]

    def total(x: Any) -> Any:
        return fun(x).sum()

    slopes = [(total(Tensor(V + h)) - total(Tensor(V - h))).item() / 2e-6 for h in 1e-6 * np.eye(3)]
    assert any(slopes)
    x = Tensor(V, requires_grad=True)
    total(x).backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.data, slopes, rtol=1e-6)
    np.testing.assert_allclose(grad(total)(V), slopes, rtol=1e-6)
    np.testing.assert_allclose(value_and_grad(total)(V)[1], slopes, rtol=1e-6)
    np.testing.assert_allclose(jacobian(total)(V), slopes, rtol=1e-6)
    np.testing.assert_allclose(vjp(total, V)[1](1.0)[0], slopes, rtol=1e-6)
    np.testing.assert_allclose(jvp(total, (V,), (np.ones(3),))[1], np.sum(slopes), rtol=1e-6)
    assert np.shape(hessian(total)(V)) == (3, 3)
    with detect_anomaly():
        x = Tensor(V, requires_grad=True)
        total(x).backward()
        np.testing.assert_allclose(x.grad.data, slopes, rtol=1e-6)
    with no_grad():
        assert not total(x).requires_grad
    assert not total(Tensor(V)).requires_grad or "requires_grad" in case or "rows" in case


@pytest.mark.parametrize("case", CONVERSIONS)
def test_conversions(case: str) -> None:
    fun = CONVERSIONS[case]
    with pytest.warns(UserWarning, match="through which no gradient flows; write .detach") as caught:
        value = fun(Tensor(V, requires_grad=True))
    for warning in caught:
        assert warning.filename == __file__
    assert repr(value).replace(", requires_grad=True", "") == repr(fun(Tensor(V))).replace(", requires_grad=True", "")
    _refused(_in_a_transform(fun))
    _refused(_in_anomaly_mode(fun))


@pytest.mark.parametrize("case", COMPUTATIONS)
def test_computations(case: str) -> None:
    fun, instead = COMPUTATIONS[case]
    for run in (lambda: fun(Tensor(V, requires_grad=True) * 1), _in_a_transform(fun), _in_anomaly_mode(fun)):
        assert instead in _refused(run)
    fun(Tensor(V))  # nothing depends on it


@pytest.mark.parametrize("case", SILENT)
def test_silent(case: str) -> None:
    fun = SILENT[case]
    fun(Tensor(V, requires_grad=True))
    _in_a_transform(fun)()
    _in_anomaly_mode(fun)()


# ---- the words -------------------------------------------------------------------------------------------------------


def test_a_warning_comes_once_for_each_place() -> None:
    code = """
import numpy as np
from autograd import Tensor
x = Tensor([1.0, 2.0], requires_grad=True)
for i in range(3):
    total = float(x[i % 2])
    np.asarray(x[:i])
first = np.mean([x[0], x[1]])
"""
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    said = [line for line in done.stderr.splitlines() if "UserWarning" in line]
    assert [line.split(": ")[0] for line in said] == ["<string>:6", "<string>:7", "<string>:8"]
    assert [line.split(": ")[2] for line in said] == ["float", "np.asarray", "np.mean"]


def test_the_remedies() -> None:
    x = Tensor(V, requires_grad=True)
    for fun, instead in (
        (_set_element, "np.zeros(shape, like=x)"),
        (lambda x: nn.Parameter(x), "an attribute that is none"),
        (lambda x: np.array([x[0], x[1]]), "join Tensors with np.stack"),
    ):
        with pytest.warns(UserWarning, match=re.escape(instead)):
            fun(x)


def test_ufuncs_of_scipy_are_recorded() -> None:
    code = """
import scipy.special
import scipy.stats
from autograd import Tensor
x = Tensor([0.0], requires_grad=True)
scipy.special.expit(x).sum().backward()
print(x.grad.item(), scipy.special.ndtr(x, out=Tensor([1.0])).requires_grad)
"""
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.split() == ["0.25", "True"]
    for x in (Tensor(V), Tensor(V, requires_grad=True)):
        with pytest.raises(TypeError, match=r"^scipy.special.kolmogorov: no derivative rule is known"):
            scipy.special.kolmogorov(x)


def test_a_name_is_known_however_it_was_imported() -> None:
    from math import sin as sine

    x = Tensor(V, requires_grad=True)
    assert "math.sin: expected" in _refused(lambda: sine(x[0]))
    assert "math.cos: expected" in _refused(lambda: [math.cos(v) for v in x])
    functions = [math.tan]
    with pytest.warns(UserWarning, match=r"^float: a tensor"):  # it is not seen which function it is
        functions[0](x[0])


# ---- who asks --------------------------------------------------------------------------------------------------------


def _package(name: str) -> Callable[[Any], Any]:
    """A function of a package that is not installed, which makes an array of what it gets."""
    module = types.ModuleType(name)
    exec("import numpy as np\ndef convert(x):\n    return np.asarray(x) * 2\n", vars(module))
    convert: Callable[[Any], Any] = module.convert
    return convert


@pytest.mark.parametrize("name", ["pandas.core.frame", "sklearn.base", "torch", "jax._src.numpy"])
def test_packages_that_compute(name: str) -> None:
    convert = _package(name)
    text = _refused(lambda: convert(Tensor(V, requires_grad=True)))
    assert text.startswith(name.partition(".")[0])
    assert ("to_numpy" in text) == (name == "pandas.core.frame")
    convert(Tensor(V))


@pytest.mark.parametrize("name", ["matplotlib.axes", "seaborn._base", "plotly.graph_objs", "IPython.core.display"])
def test_packages_that_show(name: str) -> None:
    convert = _package(name)
    convert(Tensor(V, requires_grad=True))
    _in_a_transform(convert)()
    _in_anomaly_mode(convert)()


def test_packages_that_nobody_knows() -> None:
    convert = _package("somebodys.package")
    with pytest.warns(UserWarning, match="np.asarray"):
        convert(Tensor(V, requires_grad=True))
    with pytest.raises(TypeError, match="count as a constant"):
        _in_a_transform(convert)()


def test_plots(tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    def show(x: Any) -> None:
        figure, axes = plt.subplots()
        axes.plot(x, x * x, label=f"{x[0]:.2f}")
        axes.scatter(x, x)
        axes.bar([0, 1, 2], x)
        axes.imshow(np.outer(x, x))
        axes.axhline(x[0])
        axes.set_ylim(x[0], x[1])
        axes.plot([x[0], x[1]])
        axes.hist(x)
        axes.fill_between(V, x, x * 2)
        axes.errorbar(V, x, yerr=x)
        figure.savefig(tmp_path / "plot.png")
        plt.close(figure)

    show(Tensor(V, requires_grad=True))
    _in_a_transform(show)()
    _in_anomaly_mode(show)()


# ---- copies ----------------------------------------------------------------------------------------------------------


def test_a_copy_of_a_leaf_is_a_leaf() -> None:
    for make in (copy.copy, copy.deepcopy):
        for leaf in (Tensor(V, requires_grad=True, name="w"), nn.Parameter(V)):
            made = make(leaf)
            assert made.is_leaf
            assert made.requires_grad
            assert (type(made), made.name) == (type(leaf), leaf.name)
            (made * 2).sum().backward()
            assert leaf.grad is None
    computed = Tensor(V, requires_grad=True) * 2
    computed.name = "h"
    made = copy.deepcopy(computed)
    assert made.name == "h"
    assert made.data is not computed.data
    with no_grad():
        assert not copy.deepcopy(computed).requires_grad


def test_a_parameter_is_a_leaf() -> None:
    x = Tensor(V, requires_grad=True)
    with pytest.warns(UserWarning, match="nn.Parameter"):
        made = nn.Parameter(x * 2)
    assert made.is_leaf
    nn.Parameter((x * 2).detach())
    nn.Parameter(Tensor(V))


def test_lists_of_tensors_are_joined() -> None:
    a, b = Tensor(1.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    Tensor([a, b]).mean().backward()
    assert a.grad is not None
    assert b.grad is not None
    assert (a.grad.item(), b.grad.item()) == (0.5, 0.5)
    assert Tensor([a, b], dtype=np.float32).dtype == np.float32
    assert not Tensor([a.detach(), 2.0]).requires_grad
    np.testing.assert_array_equal(Tensor([]).data, [])


def test_batches_and_augmented_images_stay_joined() -> None:
    images = Tensor(np.arange(150.0).reshape(2, 3, 5, 5), requires_grad=True)
    rng = np.random.default_rng(0)
    for fun in (
        lambda x: transforms.normalize(x, mean=[1.0, 2.0, 3.0], std=2.0),
        lambda x: transforms.random_crop(x, 3, 1, rng=np.random.default_rng(0)),
        lambda x: transforms.random_flip(x, rng=np.random.default_rng(0)),
        lambda x: default_collate([x[0], x[1] * 2]),
    ):
        made = fun(images)
        np.testing.assert_array_equal(made.data, fun(images.detach()).data)
        seed = rng.standard_normal(made.shape)
        (slope,) = grad(made, images, seed)
        step = rng.standard_normal(images.shape)
        moved = fun(images.detach() + step).data - fun(images.detach()).data
        np.testing.assert_allclose((slope.data * step).sum(), (seed * moved).sum())


def test_a_scheduler_and_lbfgs_take_the_loss_itself() -> None:
    w = nn.Parameter(V)
    optimizer = optim.LBFGS([w])

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (w**2).sum()
        loss.backward()
        return loss

    loss = optimizer.step(closure)
    optim.lr_scheduler.ReduceLROnPlateau(optimizer).step(loss)
    with detect_anomaly():
        optim.lr_scheduler.ReduceLROnPlateau(optimizer).step((w**2).sum())


def test_inside_a_checkpoint() -> None:
    x = Tensor(V, requires_grad=True)
    with pytest.warns(UserWarning, match="float"):
        checkpoint(lambda x: x * float(x[0]))(x)


# ---- what NumPy lets see ---------------------------------------------------------------------------------------------


def test_masked_arrays_are_refused() -> None:
    for x in (Tensor(V), Tensor(V, requires_grad=True)):
        for fun in (lambda x: x * MASKED, lambda x: Tensor(MASKED), lambda x: np.hypot(x, MASKED)):
            with pytest.raises(TypeError, match=r"whose mask would be lost; fill it"):
                fun(x)
    np.testing.assert_array_equal(Tensor(MASKED.filled(0.0)).data, [2.0, 0.0, 4.0])


def test_what_holds_no_numbers_is_refused() -> None:
    for value in (np.timedelta64(1, "s"), ["a", "b", "c"], _Words()):
        with pytest.raises(TypeError, match="expected numbers to compute with"):
            Tensor(V, requires_grad=True) * value
    assert (Tensor(np.float32(V)) * Fraction(1, 2)).dtype == np.float32


class _Words:
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(["a", "b", "c"])


@pytest.mark.parametrize("tracked", [False, True])
def test_sparse_arrays_leave_it_to_tensors_to_compute(tracked: bool) -> None:
    x = Tensor(V, requires_grad=tracked)
    for made in (SPARSE @ x, x @ SPARSE, SPARSE.dot(x), (SPARSE * x).sum(0)):
        assert isinstance(made, Tensor)
        assert made.requires_grad is tracked
        np.testing.assert_array_equal(made.data, V * [1, 2, 3])


class Series:
    """As pandas' tables: numbers that a function of this library does not take for an array."""

    dtype, shape, ndim = np.dtype(float), (2,), 1

    def to_numpy(self) -> Any:
        return np.array([1.0, 2.0])


def test_tables_are_told_from_arrays() -> None:
    with pytest.raises(TypeError, match=r"grad: expected .*, got Series; take .to_numpy\(\) of it"):
        grad(lambda x: (x**2).sum())(Series())
    for layer, who in ((nn.Linear(2, 1), "linear"), (nn.Conv1d(1, 1, 1), "conv1d"), (nn.GRU(2, 1), "GRU")):
        with pytest.raises(TypeError, match=rf"{who}: expected a Tensor or an array, got a Series; take its .to_numpy"):
            layer(Series())
