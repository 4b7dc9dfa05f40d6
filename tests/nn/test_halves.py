"""float16 against PyTorch, where intermediate values, but not the results, leave the range or the digits of halves.

The reference is the same computation in double precision, rounded once; and what PyTorch gives of halves, but for the
rows of PYTORCH_DIFFERS.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from nn.parameter import write

from ..loading import script
from .cases import Call, calls

FOLDER = Path(__file__).parent.parent / "reference"
table = script(FOLDER / "halves_cases.py")


def read() -> dict[str, dict[str, Any]]:
    """The reference values: of "label/exact" and "label/half" the result and the gradients, by name."""
    found: dict[str, dict[str, Any]] = {}
    with np.load(FOLDER / "halves.npz") as archive:
        numbers, start = archive["numbers"], 0
        for line in str(archive["names"]).splitlines():
            path, size = line.split(" ")
            row, name = path.rsplit("/", 1)
            found.setdefault(row, {})[name] = numbers[start : start + int(size)]
            start += int(size)
    return found


REFERENCE = read()

PYTORCH_DIFFERS = {  # whose own intermediate results are inf, 0 or stand still at 2048
    "nanmean-0", "prod-0", "rows-0", "vecdot-0", "cross-0", "F.glu-0", "arctan2-0",
    "F.normalize-3", "F.local_response_norm-0", "F.mse_loss-0", "F.poisson_nll_loss-0", "F.gaussian_nll_loss-0",
    "F.cross_entropy-1", "F.soft_margin_loss-0", "F.cosine_embedding_loss-0", "F.lp_pool2d-0", "F.embedding-0",
    "F.embedding_bag-0",
}  # fmt: skip
IN_STEPS = {  # what lies between two steps, or is kept for the backward pass, is of halves, as in PyTorch
    "tanh", "sigmoid", "F.log_softmax", "nn.MultiheadAttention", "nn.LSTM", "nn.GRU", "nn.RNN",
}  # fmt: skip

OURS: dict[str, Callable[..., Any]] = {
    "sum": lambda x: x.sum(0), "mean": lambda x: x.mean(0), "nansum": lambda x: np.nansum(x, 0),
    "nanmean": lambda x: np.nanmean(x, 0), "var": lambda x: x.var(0), "std": lambda x: x.std(0),
    "norm": lambda x, p=2.0: np.linalg.norm(x, p, 0), "prod": lambda x: x.prod(0), "cumsum": lambda x: x.cumsum(0),
    "cumprod": lambda x: x.cumprod(0), "max": lambda x: x.max(0), "min": lambda x: x.min(0),
    "logsumexp": lambda x: autograd.logsumexp(x, 0), "average": lambda x, w: np.average(x, 0, w),
    "trapezoid": lambda x: np.trapezoid(x, axis=0), "dist": lambda x, y: np.linalg.norm(x - y, axis=-1),
    "broadcast_product": lambda x, y: x * y, "rows": lambda x, i: x[i], "matmul": np.matmul,
    "einsum": lambda x, y, z: np.einsum("i,ij,j->", x, y, z), "vecdot": np.vecdot, "outer": np.outer,
    "cross": np.cross, "sigmoid": autograd.sigmoid, "tanh": np.tanh, "arctan": np.arctan, "arcsinh": np.arcsinh,
    "erf": autograd.erf, "hypot": np.hypot, "logaddexp": np.logaddexp, "log10": np.log10, "log2": np.log2,
    "arctan2": np.arctan2, "power": lambda x, exponent: x**exponent, "tan": np.tan, "logit": autograd.logit,
    "xlogy": autograd.xlogy,
}  # fmt: skip


def run(number: int) -> dict[str, Any]:
    case = table.cases[number]
    inputs, random = table.drawn(number)
    known: dict[int, Any] = {}
    leaves: list[Any] = []
    for k, array in enumerate(inputs):
        if id(array) not in known:
            leaf = array.dtype == np.float16 and k not in case.fixed
            known[id(array)] = Tensor(array, requires_grad=True) if leaf else array
            leaves += [known[id(array)]] if leaf else []
    values, options = table.arguments(number, [known[id(array)] for array in inputs], np.array)
    if case.name.startswith("nn."):
        module = getattr(nn, case.name[3:])(*options["args"]).half()
        for parameter in module.parameters():
            write(parameter, table.parameter(random, parameter.shape))
        output = module(*values)
        leaves += module.parameters()
    elif case.name.startswith("F."):
        output = getattr(nn.functional, case.name[2:])(*values, **options)
    else:
        output = OURS[case.name](*values, **options)
    result = output[0] if isinstance(output, tuple) else output
    result.backward(table.weights(random, result.shape))
    found = {"out": result.data, **{f"grad{k}": leaf.grad.data for k, leaf in enumerate(leaves)}}
    assert all(value.dtype == np.float16 for value in found.values())
    return {name: table.sample(value) for name, value in found.items()}


@pytest.mark.parametrize("number", range(len(table.cases)), ids=table.label)
def test_as_computed_in_double_precision_and_rounded_once(number: int) -> None:
    found, exact = run(number), REFERENCE[f"{table.label(number)}/exact"]
    assert found.keys() == exact.keys()
    for name, value in exact.items():
        assert np.isfinite(value).all(), name
        largest = np.abs(value).max(initial=0).astype(float)
        error = np.abs(found[name].astype(float) - value)
        if table.cases[number].name in IN_STEPS:
            assert (error <= 0.01 * np.abs(value) + 0.004 * largest).all(), name
        else:
            assert (error <= 2 * np.spacing(np.abs(value)).astype(float)).all(), name


@pytest.mark.parametrize(
    "number", [k for k in range(len(table.cases)) if f"{table.label(k)}/half" in REFERENCE], ids=table.label
)
def test_as_pytorch(number: int) -> None:
    found, given = run(number), REFERENCE[f"{table.label(number)}/half"]
    close = [agree(found[name].astype(float), value.astype(float)) for name, value in given.items()]
    assert all(close) != (table.label(number) in PYTORCH_DIFFERS)


def agree(ours: Any, theirs: Any) -> bool:
    """Whether they differ by no more than the rounding of intermediate results."""
    if not np.isfinite(theirs).all():
        return False
    return bool((np.abs(ours - theirs) <= 0.03 * np.abs(theirs) + 0.01 * np.abs(theirs).max(initial=0)).all())


# ---- everything else, on ordinary numbers ----------------------------------------------------------------------------


def firsts() -> dict[str, Call]:
    """Of each module and function the first call that there is a table of."""
    made: dict[str, Call] = {}
    for call in calls():
        name = call.label.partition("-")[2]
        if name and name != "BCELoss":  # whose input has a probability of 0, where the gradient is no half
            made.setdefault(name, call)
    return made


FIRSTS = firsts()


def converted(value: Any, dtype: Any, leaves: list[Any]) -> Any:
    """Arrays of floats as leaves of that dtype, of the values that halves have; one array is one leaf."""
    if isinstance(value, tuple | list):
        return type(value)(converted(item, dtype, leaves) for item in value)
    if isinstance(value, dict):
        return {name: converted(item, dtype, leaves) for name, item in value.items()}
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
        return value
    for array, leaf in leaves:
        if array is value:
            return leaf
    leaves.append((value, Tensor(half(value).astype(dtype), requires_grad=True)))
    return leaves[-1][1]


def tensors(value: Any) -> list[Any]:
    if isinstance(value, tuple | list):
        return [tensor for item in value for tensor in tensors(item)]
    return [value] if isinstance(value, Tensor) and value.dtype.kind == "f" else []


def half(value: Any) -> Any:
    return value.astype(np.float16)


def everything(call: Call, dtype: Any) -> list[Any]:
    """The results of a call in that dtype, and the gradients of its inputs and parameters."""
    autograd.manual_seed(0)
    function, args, kwargs = call.make()
    leaves: list[Any] = []
    args, kwargs = converted(args, dtype, leaves), converted(kwargs, dtype, leaves)
    parameters: list[Any] = []
    if isinstance(function, nn.Module):
        parameters = list(function.half().to(dtype).parameters())
    results = tensors(function(*args, **kwargs))
    seeds = np.random.default_rng(0)
    for result in results:
        if result.requires_grad:
            result.backward(half(seeds.normal(size=result.shape)).astype(dtype), retain_graph=True)
    gradients = [leaf.grad for leaf in [*(leaf for _, leaf in leaves), *parameters]]
    return [result.data for result in results] + [None if g is None else g.data for g in gradients]


@pytest.mark.parametrize("name", FIRSTS)
@pytest.mark.filterwarnings("ignore:(l1|mse)_loss")
def test_halves_stay_halves_and_near_what_double_precision_gives(name: str) -> None:
    found, exact = (everything(FIRSTS[name], dtype) for dtype in (np.float16, np.float64))
    for got, expected in zip(found, exact, strict=True):
        assert (got is None) == (expected is None)
        if got is not None:
            assert got.dtype == np.float16
            finite = np.abs(expected[np.abs(expected) < np.inf])
            np.testing.assert_allclose(got, expected, rtol=0.01, atol=0.01 * finite.max(initial=0) + 1e-4)
