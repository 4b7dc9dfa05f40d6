"""All of NumPy's surface: every name in one class; NumPy's dtypes, views and errors; derivatives of every function."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradgradcheck
from autograd import surface as table
from autograd.engine.primitive import registry
from autograd.ops.creation import LIKE

from .calls import CALLS, Call, Of

DTYPES = ["?", "u1", "i4", "i8", "f2", "f4", "f8", "c8", "c16"]


def found(name: str) -> Any:
    place: Any = np
    for part in name.split("."):
        place = getattr(place, part, None)
    return place


HERE = {name: (found(name), row) for name, row in CALLS.items() if found(name) is not None}
KIND = {row.name.removeprefix("numpy."): row.kind for row in table.surface()}


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple | list):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    else:
        yield value


def filled(value: Any, kind: str, wrap: Any = lambda array: array) -> Any:
    """The arguments with arrays in place of `Of`."""
    if isinstance(value, Of):
        return wrap(value.array(kind))
    if type(value) in (tuple, list):
        return type(value)(filled(item, kind, wrap) for item in value)
    if type(value) is dict:
        return {name: filled(item, kind, wrap) for name, item in value.items()}
    return value


def given(row: Call, kind: str, wrap: Any = lambda array: array) -> Any:
    """The arguments and the options of a row."""
    return filled((row.args, row.options), kind, wrap)


def outcome(row: Call, function: Any, args: Any, options: Any) -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return row.run(function, args, options)
        except Exception as error:
            return error


def shape_of(value: Any) -> Any:
    """What containers a result comes in."""
    if isinstance(value, tuple | list):
        return type(value).__name__, [shape_of(item) for item in value]
    return ()


def same(got: Any, expected: Any) -> None:
    if isinstance(expected, Exception):
        assert isinstance(got, Exception), f"NumPy raises {expected!r}, this gives {got!r}"
        ours, theirs = type(got), type(expected)
        assert issubclass(ours, theirs) or issubclass(theirs, ours), (got, expected)
        return
    if isinstance(got, Exception):
        raise got
    assert shape_of(got) == shape_of(expected)
    for result, value in zip(leaves(got), leaves(expected), strict=True):
        if isinstance(result, Tensor):
            assert isinstance(result.data, np.ndarray)
            result = result.data
        if not isinstance(value, np.ndarray | np.generic):
            assert result == value
            continue
        value = np.asarray(value)
        assert (np.asarray(result).dtype, np.shape(result)) == (value.dtype, value.shape)
        if value.dtype.kind in "fc" and value.size:
            eps = float(np.finfo(value.dtype).eps)
            top = float(np.nanmax(abs(np.where(np.isfinite(value), value, 0)), initial=1.0))
            np.testing.assert_allclose(result, value, rtol=100 * eps, atol=100 * eps * top)
        else:
            np.testing.assert_array_equal(result, value)


# ---- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", [np, np.linalg, np.fft], ids=lambda module: module.__name__)
def test_every_function_is_in_one_class(module: Any) -> None:
    for name, function in table.functions(module):
        assert len(table.classes_of(name, function)) == 1, name


def test_every_method_is_in_one_class() -> None:
    for name in dir(np.ndarray):
        if not name.startswith("_"):
            assert len(table.classes_of_method(name)) == 1, name
            assert hasattr(Tensor, name), name


def test_a_name_of_no_class_or_of_two_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(np, "brand_new", lambda x: x, raising=False)
    with pytest.raises(LookupError, match=r"numpy.brand_new, got \[\]"):
        table.surface()
    monkeypatch.undo()
    monkeypatch.setitem(table.UNDISPATCHED, "sum", ("plain", ""))
    with pytest.raises(LookupError, match=r"numpy.sum, got \[\('plain', ''\), \('diff"):
        table.surface()


def test_the_page_is_current() -> None:
    page = (Path(__file__).parents[2] / "docs" / "numpy.md").read_text()
    if f"in NumPy {'.'.join(np.__version__.split('.')[:2])}." not in page:
        pytest.skip("the page was made with another NumPy")
    assert page == table.page(), "run python -m autograd.surface"


def test_every_function_has_a_row() -> None:
    known = {function for function, made in registry.items() if function not in LIKE and not hasattr(made, "refused")}
    public = {value for module in (np, np.linalg, np.fft) for _, value in table.functions(module)}
    covered = [function for function, _ in HERE.values()]
    assert not [function for function in known & public if function not in covered]


# ---- every function, every dtype -------------------------------------------------------------------------------------


def compared(name: str, row: Call, kind: str) -> None:
    """A call on Tensors and the same on arrays: value, dtype, container or error; inputs; memory."""
    function = found(name)
    arrays: list[Any] = []
    tensors: list[Tensor] = []
    expected = outcome(row, function, *given(row, kind, lambda x: arrays.append(x) or x))
    got = outcome(row, function, *given(row, kind, lambda x: tensors.append(Tensor(x)) or tensors[-1]))
    try:
        same(got, expected)
        for array, tensor in zip(arrays, tensors, strict=True):
            np.testing.assert_array_equal(tensor.data, array)
        for result, value in zip(leaves(got), leaves(expected), strict=True):
            if isinstance(value, np.ndarray):
                data = getattr(result, "_content", result)
                for array, tensor in zip(arrays, tensors, strict=True):
                    assert np.shares_memory(data, tensor.data) == np.shares_memory(value, array), "memory"
    except Exception as error:
        error.add_note(f"{name}{row.args} of {kind}")
        raise


@pytest.mark.parametrize("name", HERE)
def test_as_numpy(name: str) -> None:
    """Value, dtype, containers and error are NumPy's; inputs stay; memory is shared exactly where NumPy shares it."""
    for kind in DTYPES:
        compared(name, HERE[name][1], kind)


OF_SEVERAL = [name for name, (_, row) in HERE.items() if sum(isinstance(value, Of) for value in row.args) > 1]


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_python_numbers_as_numpy(name: str) -> None:
    """A Python number in the place of an array: NumPy's value and dtype, or its error."""
    row = HERE[name][1]
    places = [i for i, value in enumerate(row.args) if isinstance(value, Of) and (row.through is None or i)]
    numbers: list[Any] = [True, 2, 0.5, 1j]
    for kind in ("i4", "f4", "f8", "c8"):
        for i in places:
            for number in numbers[: 3 if row.through and kind[0] != "c" else 4]:
                args = tuple(number if k == i else value for k, value in enumerate(row.args))
                compared(name, row._replace(args=args), kind)


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_lists_as_numpy(name: str) -> None:
    """A list in the place of an array: NumPy's value and dtype, and the gradients of the others."""
    function, row = HERE[name]
    places = [i for i, value in enumerate(row.args) if isinstance(value, Of) and (row.through is None or i)]
    for i in places:
        args = tuple(value.array("f8").tolist() if k == i else value for k, value in enumerate(row.args))
        compared(name, row._replace(args=args), "f8")
        if KIND[name] == "differentiable":
            slopes = []
            for instead in (args[i], row.args[i].array("f8")):
                tensors: list[Tensor] = []
                changed = row._replace(args=tuple(instead if k == i else value for k, value in enumerate(args)))
                made = given(changed, "f8", lambda x: tensors.append(Tensor(x, requires_grad=True)) or tensors[-1])  # noqa: B023
                for result in leaves(outcome(row, function, *made)):
                    if isinstance(result, Tensor) and result.requires_grad:
                        result.sum().backward(retain_graph=True)
                slopes.append([t.grad.data for t in tensors if t.grad is not None])
            for a, b in zip(*slopes, strict=True):
                np.testing.assert_array_equal(a, b)


AXES = [name for name, (_, row) in HERE.items() if "axis" in row.options]


@pytest.mark.parametrize("name", AXES)
def test_errors_are_numpys_and_name_the_operation(name: str) -> None:
    function, row = HERE[name]
    wrong = row._replace(options={**row.options, "axis": 7})
    expected, got = outcome(wrong, function, *given(wrong, "f8")), outcome(wrong, function, *given(wrong, "f8", Tensor))
    assert isinstance(expected, Exception)
    assert type(got) is type(expected)
    if KIND[name] == "differentiable":  # by its name, or by that of the one below it and what it was given
        said = "\n".join([str(got), *getattr(got, "__notes__", [])])
        assert name in said or re.search(r"\w+\(.*: .*float64 \(3, 4\)", said)


@pytest.mark.parametrize("name", HERE)
@pytest.mark.parametrize("layout", [np.copy, np.asfortranarray, lambda x: np.repeat(x, 2, -1)[..., ::2]])
def test_memory_is_shared_where_numpys_is(name: str, layout: Any) -> None:
    function, row = HERE[name]

    def shared(leaf: Any) -> list[bool]:
        args, options = given(row, "f8", leaf)
        array = lambda value: value.data if isinstance(value, Tensor) else value
        arrays = [array(value) for value in leaves(args) if isinstance(value, Tensor | np.ndarray)]
        result = outcome(row, function, args, options)
        results = [] if isinstance(result, Exception) else map(array, leaves(result))
        return [isinstance(value, np.ndarray) and any(np.shares_memory(value, a) for a in arrays) for value in results]

    def tensor(x: Any, **options: Any) -> Tensor:
        made = Tensor(0.0)
        made.data = layout(x)
        return made.requires_grad_() if options else made

    expected = shared(layout)
    assert shared(tensor) == expected
    assert shared(lambda x: tensor(x, tracked=True)) == expected


@pytest.mark.parametrize("name", HERE)
def test_kind_of_result(name: str) -> None:
    """What is said to be differentiable gives a Tensor that requires a gradient; plain functions give plain values."""
    function, row = HERE[name]
    leaf = lambda x: Tensor(x, requires_grad=x.dtype.kind in "fc")
    results = [outcome(row, function, *given(row, kind, leaf)) for kind in ("f8", "c16", "i4", "u1")]
    results = [result for result in results if not isinstance(result, Exception)]
    assert results
    tensors = [value for value in leaves(results) if isinstance(value, Tensor)]
    assert bool(tensors) == (KIND[name] != "plain")
    assert any(t.requires_grad for t in tensors) == (KIND[name] == "differentiable")


@pytest.mark.parametrize("kind", ["f8", "c16"])
@pytest.mark.parametrize("name", [name for name in HERE if KIND[name] == "differentiable"])
def test_derivatives(name: str, kind: str) -> None:
    """Derivatives against differences: the first and second of real numbers, the first of complex ones."""
    function, row = HERE[name]
    if (kind, name) in {("f8", "sign"), ("c16", "histogram")}:  # constant; complex weights have no gradient
        return
    if kind == "c16" and isinstance(outcome(row, function, *given(row, kind)), Exception):
        return  # NumPy does not take complex numbers
    values: list[Any] = []
    given(row, kind, lambda x: values.append(x) or x)

    def fun(*inputs: Any) -> Any:
        items = iter(inputs)
        results = leaves(row.run(function, *given(row, kind, lambda _: next(items))))
        kept = tuple(r for r in results if hasattr(r, "dtype") and r.dtype.kind in "fc")
        return kept if len(kept) > 1 else kept[0]

    fun.__name__ = name
    gradcheck(fun, *values)
    if kind == "f8" or name == "sign":
        gradgradcheck(fun, *values)


# ---- what NumPy lets nobody overrule, and what is refused ------------------------------------------------------------

REFUSED = [row for row in table.surface() if row.kind == "refused"]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)
def test_refusals_name_the_function_and_a_way_out(row: table.Row, tmp_path: Path) -> None:
    t = Tensor([1.0, 2.0], requires_grad=True)
    where, _, name = row.name.partition(".")
    if where == "ndarray":
        call = lambda: getattr(t, name)("f8")
    elif name.startswith("save"):
        call = lambda: getattr(np, name)(tmp_path / "file", t)
    else:
        call = lambda: getattr(np, name)(*[t] * (2 if name in ("busday_offset", "busday_count") else 1))
    who = where.replace("ndarray", "Tensor")
    with pytest.raises((TypeError, AttributeError), match=rf"^{who}\.{name}: .*; .") as said:
        call()
    assert row.text.removeprefix("an AttributeError: ") in str(said.value)
    assert not list(tmp_path.iterdir())


MAKERS: dict[str, Any] = {
    **{
        name: lambda f, n: f(n)
        for name in ["arange", "bartlett", "blackman", "diag_indices", "empty", "eye", "hamming", "hanning", "identity",
                     "ones", "tri", "tril_indices", "triu_indices", "zeros"]
    },
    "indices": lambda f, n: f((n, 2)),
    "kaiser": lambda f, n: f(n, n),
    "mask_indices": lambda f, n: f(n, np.triu),
}  # fmt: skip


def test_every_maker_has_a_row() -> None:
    assert {n for n, (kind, text) in table.UNDISPATCHED.items() if kind == "no tensor" and "makes" in text} == {*MAKERS}


@pytest.mark.parametrize("name", MAKERS)
def test_a_tensor_as_a_number(name: str) -> None:
    """Functions that take no arrays take a Tensor of one element as its number."""
    function = getattr(np, name)
    got, expected = MAKERS[name](function, Tensor(3)), MAKERS[name](function, 3)
    for result, value in zip(leaves(got), leaves(expected), strict=True):
        assert isinstance(result, np.ndarray)
        assert (result.dtype, result.shape) == (value.dtype, value.shape)
        if name != "empty":
            np.testing.assert_array_equal(result, value)


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("name", [
    "array", "asanyarray", "asarray", "asarray_chkfinite", "ascontiguousarray", "asfortranarray", "asmatrix", "bmat",
    "from_dlpack", "fromiter", "require",
])  # fmt: skip
def test_arrays_of_tensors_are_plain(name: str) -> None:
    t = Tensor([1.0, 2.0])  # of one that requires a gradient: see test_leaving.py
    result = getattr(np, name)([[t]] if name == "bmat" else t, *([float] if name == "fromiter" else []))
    assert isinstance(result, np.ndarray)
    assert np.ravel(result).tolist() == [1, 2]


def test_questions_that_numpy_asks_nobody() -> None:
    t = Tensor(np.ones((2, 3), order="F"), requires_grad=True)
    assert np.isfortran(t)
    assert np.iterable(t)
    assert not np.isscalar(t[0, 0])
    assert np.full(2, t.detach()[0, 0]).tolist() == [1, 1]
    assert np.fromfunction(lambda i: i * t[0, 0], (2,)).requires_grad
    spacing = Tensor(0.5, requires_grad=True)
    for frequencies in (np.fft.fftfreq, np.fft.rfftfreq):
        gradcheck(lambda d, f=frequencies: f(4, d), spacing.data)
    if np.lib.NumpyVersion(np.__version__) < "2.5.0":
        with pytest.warns(DeprecationWarning, match="row_stack"):
            assert np.row_stack([t, t]).requires_grad
