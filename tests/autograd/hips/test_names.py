"""Every name of HIPS autograd 1.9.1 that its documentation or its clients use is there, by the same signature."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys

import numpy
import pytest

NAMES = {
    "autograd": """
        checkpoint deriv dict elementwise_grad grad grad_and_aux grad_named hessian hessian_tensor_product
        hessian_vector_product holomorphic_grad isinstance jacobian list make_ggnvp make_hvp make_jvp make_vjp
        multigrad_dict primitive tensor_jacobian_product tuple type value_and_grad vector_jacobian_product
        builtins core differential_operators extend misc numpy scipy test_util tracer util wrap_util""",
    "autograd.builtins": """
        DictBox SequenceBox container_take dict dict_ isinstance isinstance_ list list_ make_sequence tuple tuple_ type
        type_""",
    "autograd.core": """
        Box JVPNode Node SparseObject VJPNode VSpace backward_pass def_linear defjvp defjvp_argnum defjvp_argnums defvjp
        defvjp_argnum defvjp_argnums func getval isbox make_jvp make_vjp primitive primitive_jvps primitive_vjps
        primitive_with_deprecation_warnings toposort trace vspace""",
    "autograd.differential_operators": """
        _make_jvp _make_vjp checkpoint deriv elementwise_grad grad grad_and_aux grad_named hessian
        hessian_tensor_product hessian_vector_product holomorphic_grad jacobian make_ggnvp make_hvp make_jvp
        make_jvp_reversemode make_vjp multigrad_dict tensor_jacobian_product unary_to_nary value_and_grad
        vector_jacobian_product vspace""",
    "autograd.extend": """
        Box JVPNode SparseObject VJPNode VSpace def_linear defjvp defjvp_argnum defjvp_argnums defvjp defvjp_argnum
        defvjp_argnums notrace_primitive primitive register_notrace vspace""",
    "autograd.misc": "const_graph flatten",
    "autograd.misc.fixed_points": "fixed_point",
    "autograd.misc.flatten": "flatten flatten_func",
    "autograd.misc.optimizers": "adam rmsprop sgd unflatten_optimizer",
    "autograd.misc.tracers": "const_graph",
    "autograd.numpy": """
        array asarray builtins c_ concatenate fft linalg make_diagonal ndarray numpy_boxes numpy_vjps numpy_vspaces
        numpy_wrapper r_ random where""",
    "autograd.numpy.linalg": "T cholesky det eigh inv norm pinv slogdet solve svd",
    "autograd.numpy.numpy_boxes": "ArrayBox",
    "autograd.numpy.numpy_vjps": "match_complex metadata replace_zero unbroadcast unbroadcast_f",
    "autograd.numpy.numpy_vspaces": "ArrayVSpace ComplexArrayVSpace VSpace",
    "autograd.numpy.numpy_wrapper": "wrap_namespace",
    "autograd.numpy.random": "RandomState choice normal permutation rand randint randn seed uniform",
    "autograd.test_util": "check_equivalent check_grads check_jvp check_vjp combo_check scalar_close",
    "autograd.tracer": """
        Box Node TraceStack box_type_mappings box_types getval isbox new_box notrace_primitive primitive
        register_notrace subvals toposort trace trace_stack""",
    "autograd.util": "func quick_grad_check subval subvals toposort",
    "autograd.wrap_util": "unary_to_nary wraps",
}  # fmt: skip
WITH_SCIPY = {
    "autograd.scipy": "integrate linalg signal special stats",
    "autograd.scipy.integrate": "odeint",
    "autograd.scipy.linalg": """
        block_diag cholesky_banded expm solve_banded solve_sylvester solve_triangular solveh_banded sqrtm""",
    "autograd.scipy.signal": "convolve",
    "autograd.scipy.special": """
        beta betainc betaln digamma erf erfc erfcinv erfinv expit gamma gammainc gammaincc gammaln gammasgn i0 i1 iv ive
        j0 j1 jn logit logsumexp multigammaln polygamma psi rgamma y0 y1 yn""",
    "autograd.scipy.stats": "beta chi2 dirichlet gamma multivariate_normal norm poisson t",
    "autograd.scipy.stats.beta": "cdf logpdf pdf",
    "autograd.scipy.stats.chi2": "cdf logpdf pdf",
    "autograd.scipy.stats.dirichlet": "logpdf pdf",
    "autograd.scipy.stats.gamma": "cdf logpdf pdf",
    "autograd.scipy.stats.multivariate_normal": "entropy logpdf pdf",
    "autograd.scipy.stats.norm": "cdf logcdf logpdf logsf pdf sf",
    "autograd.scipy.stats.poisson": "cdf logpmf pmf",
    "autograd.scipy.stats.t": "cdf logcdf logpdf pdf",
}  # fmt: skip
SIGNATURES = {
    "core.backward_pass": "(g, end_node)",
    "core.def_linear": "(fun)",
    "core.make_jvp": "(fun, x)",
    "core.make_vjp": "(fun, x)",
    "core.vspace": "(value)",
    "extend.defjvp_argnum": "(fun, jvpmaker)",
    "extend.defvjp_argnum": "(fun, vjpmaker)",
    "extend.defvjp_argnums": "(fun, vjpmaker)",
    "misc.fixed_points.fixed_point": "(f, a, x0, distance, tol)",
    "misc.flatten.flatten": "(value)",
    "misc.flatten.flatten_func": "(func, example)",
    "misc.optimizers.adam": "(grad, x, callback=None, num_iters=100, step_size=0.001, b1=0.9, b2=0.999, eps=1e-08)",
    "misc.optimizers.rmsprop": "(grad, x, callback=None, num_iters=100, step_size=0.1, gamma=0.9, eps=1e-08)",
    "misc.optimizers.sgd": "(grad, x, callback=None, num_iters=200, step_size=0.1, mass=0.9)",
    "numpy.make_diagonal": "(D, offset=0, axis1=0, axis2=0)",
    "tracer.getval": "(x)",
    "tracer.isbox": "(x)",
    "tracer.new_box": "(value, trace, node)",
    "tracer.trace": "(start_node, fun, x)",
    "util.func": "(f)",
    "util.quick_grad_check": "(fun, arg0, extra_args=(), kwargs={}, verbose=True, eps=0.0001, rtol=0.0001, "
    "atol=1e-06, rs=None)",
    "util.subval": "(x, i, v)",
    "util.subvals": "(x, ivs)",
    "util.toposort": "(end_node, parents=operator.attrgetter('parents'))",
}


def missing(names: dict[str, str]) -> list[str]:
    return [
        f"{module}.{name}"
        for module, listed in names.items()
        for name in listed.split()
        if not hasattr(importlib.import_module(module), name)
    ]


def test_every_name_is_there() -> None:
    assert missing(NAMES) == []


def test_every_name_of_scipys_is_there() -> None:
    pytest.importorskip("scipy.stats")
    assert missing(WITH_SCIPY) == []


@pytest.mark.parametrize("path", SIGNATURES)
def test_what_is_called_by_position_may_be(path: str) -> None:
    """As many arguments by position, and as many of them without a default; names are the reader's."""
    module, _, name = path.rpartition(".")
    made = inspect.signature(getattr(importlib.import_module(f"autograd.{module}"), name))
    theirs = [part.strip() for part in SIGNATURES[path].strip("()").replace("()", "").split(",")]
    assert len(made.parameters) >= len(theirs)
    needed = [p for p in made.parameters.values() if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    assert len(needed) <= sum("=" not in part for part in theirs)


@pytest.mark.parametrize("module", ["numpy", "numpy.linalg", "numpy.fft"])
def test_every_function_of_numpys_is_there(module: str) -> None:
    theirs, made = importlib.import_module(module), importlib.import_module(f"autograd.{module}")
    names = [name for name in theirs.__all__ if callable(getattr(theirs, name)) and not name.startswith("_")]
    assert [name for name in names if name not in vars(made)] == []


def test_a_package_may_take_over_all_that_stands_in_numpys() -> None:
    taken: dict[str, object] = {}
    exec("from autograd.numpy import *", taken)
    taken.update(
        {name: value for name, value in vars(importlib.import_module("autograd.numpy")).items() if callable(value)}
    )
    assert "__getattr__" not in taken
    assert all(vars(taken[name])["__name__"] == f"autograd.numpy.{name}" for name in ("fft", "linalg", "random"))
    assert taken["ndarray"] is numpy.ndarray


@pytest.mark.parametrize("name", ["differential_operators._make_vjp", "wrap_util", "core.defvjp", "grad_named"])
def test_a_name_is_there_before_anything_else_was_loaded(name: str) -> None:
    subprocess.run([sys.executable, "-c", f"import autograd; autograd.{name}"], check=True)
