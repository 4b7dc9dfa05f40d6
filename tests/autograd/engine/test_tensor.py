"""What a Tensor is: construction, Python's and NumPy's protocols, assignment."""

import copy
import pickle
import re
import warnings

import numpy as np
import pytest

import autograd
from autograd import Tensor, gradcheck, no_grad
from autograd.ops.refused import INSTEAD


def leaf(value, dtype=None):
    return Tensor(value, dtype=dtype, requires_grad=True)


# ---- construction ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [1, 1.0, True, 1j, [1, 2], [[1.0], [2]], (1, 2.5), np.float32(1), np.ones(2, "f2")])
def test_dtype_is_numpys(data):
    t = Tensor(data)
    assert t.dtype == np.asarray(data).dtype
    assert t.shape == np.asarray(data).shape
    assert type(t.data) is np.ndarray


def test_data_are_copied():
    a = np.ones(3)
    t = Tensor(a)
    a[0] = 5
    assert t.tolist() == [1, 1, 1]
    assert not np.shares_memory(Tensor(t).data, t.data)
    assert Tensor([Tensor(1.0), Tensor(2.0)]).tolist() == [1, 2]


def test_dtype_and_name_are_given():
    t = Tensor([1, 2], dtype="f4", requires_grad=True, name="w")
    assert (t.dtype, t.requires_grad, t.name, t.is_leaf, t.grad, t.grad_fn) == (np.float32, True, "w", True, None, None)
    assert repr(t) == "Tensor([1., 2.], dtype=float32, requires_grad=True, name='w')"
    assert repr(Tensor(2)) == "Tensor(2)"


@pytest.mark.parametrize("data", [1, [True], np.arange(3), np.ones(2, "i1")])
def test_integers_have_no_gradient(data):
    with pytest.raises(TypeError, match="requires_grad: only floating and complex"):
        Tensor(data, requires_grad=True)
    with pytest.raises(TypeError, match="requires_grad"):
        Tensor(data).requires_grad_()


@pytest.mark.parametrize("data", ["a", object(), None, {"a": 1}, np.array(["a"]), np.zeros(2, "M8[s]")])
def test_what_is_not_numeric_is_refused(data):
    with pytest.raises(TypeError, match="Tensor: expected numeric data"):
        Tensor(data)


def test_ragged_data_are_refused():
    with pytest.raises(ValueError, match="inhomogeneous"):
        Tensor([[1, 2], [3]])


def test_requires_grad_is_switched():
    t = Tensor([1.0])
    assert t.requires_grad_() is t
    assert t.requires_grad
    t.requires_grad = False
    assert not t.requires_grad
    with pytest.raises(RuntimeError, match=r"use \.detach\(\)"):
        (leaf(1.0) * 2).requires_grad_(False)


def test_data_and_grad_are_assigned_with_checks():
    t = leaf([1.0, 2.0], "f4")
    t.data = np.array([3.0, 4.0])
    assert t.dtype == np.float32
    t.data = [5, 6]
    assert t.tolist() == [5, 6]
    with pytest.raises(ValueError, match=r"Tensor.data: expected shape \(2,\)"):
        t.data = np.zeros(3)
    t.grad = np.ones(2)
    assert isinstance(t.grad, Tensor)
    with pytest.raises(ValueError, match=r"Tensor.grad: expected shape \(2,\), got \(3,\)"):
        t.grad = np.ones(3)
    t.grad = None
    array = t.data
    t.data -= 1
    assert t.data is array
    assert t.tolist() == [4, 5]


def test_a_missing_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing"):
        Tensor(1.0).nothing  # noqa: B018
    with pytest.raises(AttributeError):
        Tensor(1.0).other = 1


# ---- Python's protocols ----------------------------------------------------------------------------------------------


def test_truth_numbers_and_format():
    assert Tensor([1.0])
    assert not Tensor(0.0)
    for t in (Tensor([1.0, 2.0]), Tensor([])):
        with pytest.raises(ValueError, match="bool"):
            bool(t)
    assert float(Tensor([2.5])) == 2.5
    assert int(Tensor(3.0)) == 3
    assert complex(Tensor(1j)) == 1j
    assert f"{Tensor(3.14159):.2f} {Tensor([[3.14159]]):6.1f} {Tensor(3):03d}" == "3.14    3.1 003"
    with pytest.raises(TypeError, match=r"format: expected one element for '.2f', got a tensor of shape \(2,\)"):
        f"{Tensor([1.0, 2.0]):.2f}"
    assert [1, 2, 3][Tensor(1)] == 2
    assert leaf(3.0).item() == 3.0
    with pytest.raises((TypeError, ValueError)):
        float(Tensor([1.0, 2.0]))
    with pytest.raises(TypeError):
        [1, 2][Tensor(1.0)]


def test_length_and_iteration():
    t = leaf([[1.0, 2.0], [3.0, 4.0]])
    assert len(t) == 2
    a, b = t
    (a * b).sum().backward()
    assert t.grad.tolist() == [[3, 4], [1, 2]]
    for action in (len, iter):
        with pytest.raises(TypeError):
            action(Tensor(1.0))
    assert 2.0 in t
    assert 9.0 not in t


def test_tensors_hash_by_identity_and_compare_by_element():
    a, b = Tensor([1.0, 2.0]), Tensor([1.0, 3.0])
    assert len({a, b, a}) == 2
    for result in (a == b, a != b, a < b, a <= 1, a > 2, a >= np.array([1.0, 2.0])):
        assert type(result) is np.ndarray
        assert result.dtype == bool
    assert (a == b).tolist() == [True, False]
    assert (leaf([1.0]) > 0).tolist() == [True]
    assert (a == "a").tolist() == [False, False]
    assert (a != "a").tolist() == [True, True]


# ---- NumPy's protocols -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda a, t: a * t, lambda a, t: t * a, lambda a, t: a + t, lambda a, t: a - t, lambda a, t: a / t,
        lambda a, t: a[0] * t, lambda a, t: 2 * t, lambda a, t: a @ t, lambda a, t: a**t,
        lambda a, t: np.float32(2) * t,
    ],
)  # fmt: skip
def test_arrays_and_tensors_mix_to_one_recorded_tensor(f):
    a, t = np.array([1.0, 2.0, 3.0]), leaf([1.0, 2.0, 4.0])
    y = f(a, t)
    assert type(y) is Tensor
    assert y.grad_fn.parents == (t._node,)
    np.testing.assert_array_equal(y.data, f(a, t.data))
    assert y.dtype == f(a, t.data).dtype


@pytest.mark.parametrize("scalar", [2, 2.0, True, np.float64(2)])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i4"])
def test_python_scalars_are_weak_as_in_numpy(scalar, dtype):
    t, a = Tensor([1, 2], dtype=dtype), np.array([1, 2], dtype)
    assert (t * scalar).dtype == (a * scalar).dtype
    assert (scalar + t).dtype == (scalar + a).dtype
    assert (t / scalar).dtype == (a / scalar).dtype


def test_conversion_to_an_array_under_warnings_as_errors():
    t = Tensor([1.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.asarray(t) is t.data
        assert np.array(t) is not t.data
        assert np.asarray(t, dtype="f4").dtype == np.float32
        np.testing.assert_allclose(t, [1, 2])


def test_results_are_arrays_even_without_axes():
    t = leaf([1.0, 2.0])
    for y in (t.sum(), t[0], t @ t, t.sum() * 2, np.mean(t), t.sum().exp()):
        assert type(y.data) is np.ndarray
        assert y.shape == ()


def test_a_ufunc_without_a_rule_is_named():
    mystery = np.frompyfunc(lambda x: x, 1, 1)
    with pytest.raises(TypeError, match="no derivative rule"):
        mystery(leaf([1.0]))


def test_out_takes_a_tensor_and_refuses_an_array_for_what_is_recorded():
    t, out = leaf([1.0, 2.0]), Tensor([0.0, 0.0])
    result = np.multiply(t, 3, out=out)
    assert result is out
    out.sum().backward()
    assert t.grad.tolist() == [3, 3]
    with pytest.raises(TypeError, match="out="):
        np.multiply(t, 3, out=np.zeros(2))
    plain = np.zeros(2)
    np.multiply(Tensor([1.0, 2.0]), 3, out=plain)
    assert plain.tolist() == [3, 6]


def test_numpys_errors_name_the_operation_and_the_shapes():
    with pytest.raises(ValueError, match=r"add\(x: float64 \(2,\), y: float64 \(3,\)\): operands could not"):
        leaf([1.0, 2.0]) + np.ones(3)
    with pytest.raises(ValueError, match=r"matmul\(x: float64 \(2,\)"):
        leaf([1.0, 2.0]) @ np.ones(3)
    with pytest.raises(IndexError, match="getitem"):
        leaf([1.0, 2.0])[5]
    with pytest.raises(TypeError):
        leaf([1.0]) + "a"
    with pytest.raises(ValueError, match="reshape"):
        leaf([1.0, 2.0]).reshape(3)


# ---- assignment ------------------------------------------------------------------------------------------------------


def test_assignment_makes_a_new_value_and_leaves_the_old_one():
    x, v = leaf([1.0, 2.0, 3.0]), leaf(5.0)
    y = x * 2
    saved = y.exp()
    y[1] = v
    (y * Tensor([1.0, 10.0, 100.0])).sum().backward(retain_graph=True)
    assert y.tolist() == [2, 5, 6]
    assert x.grad.tolist() == [2, 0, 200]
    assert v.grad.item() == 10
    x.grad = None
    saved.sum().backward()
    np.testing.assert_allclose(x.grad.data, 2 * np.exp([2.0, 4.0, 6.0]))


def test_what_becomes_a_function_of_itself_leaves_no_gradient_for_what_it_was():
    x = leaf([-1.0, 2.0])
    t = x * 3
    value = t.relu()
    t[...] = value
    assert t.grad_fn.name == "copy"  # and no assignment, whose old value would get a gradient of zeros
    assert not np.shares_memory(t.data, value.data)
    (t * t).sum().backward()
    assert x.grad.tolist() == [0, 36]
    x.grad = None
    u = x * 3
    u[...] = x * 2  # of the same leaf, but not of u itself: what it was gets a gradient
    u.sum().backward()
    assert x.grad.tolist() == [2, 2]


def test_a_constant_becomes_recorded_by_what_is_assigned():
    t, v = Tensor(np.zeros(3)), leaf([1.0, 2.0])
    t[1:] = v * 3
    assert t.requires_grad
    t.sum().backward()
    assert v.grad.tolist() == [3, 3]


def test_constants_are_assigned_in_place_as_numpys():
    t = Tensor(np.zeros(3))
    view, array = t[1:], t.data
    t[1] = 5
    view[1] = 6
    assert t.data is array
    assert t.tolist() == [0, 5, 6]
    assert view.tolist() == [5, 6]


def test_of_several_values_for_one_element_the_last_wins():
    x, v = Tensor(np.zeros(2)), leaf([3.0, 4.0])
    x[[0, 0]] = v
    x.sum().backward()
    assert x.tolist() == [4, 0]
    assert v.grad.tolist() == [0, 1]


def test_a_leaf_that_requires_a_gradient_is_not_changed_silently():
    x = leaf([1.0, 2.0])

    def assign():
        x[0] = 1.0

    def augment():
        t = x
        t += 1

    def out():
        np.add(x, 1, out=x)

    for change in (assign, augment, out):
        with pytest.raises(RuntimeError, match="this leaf requires a gradient"):
            change()
        with no_grad():
            change()
    assert x.is_leaf
    assert x.requires_grad


@pytest.mark.parametrize("augment", ["+=", "-=", "*=", "/=", "**=", "@="])
def test_augmented_assignment_is_seen_through_every_name(augment):
    x = leaf([[1.0, 2.0], [3.0, 5.0]])
    y = x * 1
    other = y
    scope = {"y": y, "k": np.array([[2.0, 1.0], [1.0, 1.0]])}
    exec(f"y {augment} k", scope)
    assert scope["y"] is other
    expected = {"y": x.data.copy(), "k": scope["k"]}
    exec(f"y = y {augment[:-1]} k", expected)
    np.testing.assert_allclose(other.data, expected["y"])
    other.sum().backward()
    plain = leaf(x.data)
    exec(f"y = y {augment[:-1]} k", s := {"y": plain * 1, "k": scope["k"]})
    s["y"].sum().backward()
    np.testing.assert_allclose(x.grad.data, plain.grad.data)


def test_augmented_assignment_keeps_shape_and_dtype():
    y = leaf([1.0, 2.0], "f4") * 1
    y += np.float64(1)
    assert y.dtype == np.float32
    with pytest.raises(ValueError, match="shape"):
        y += np.ones((3, 2))
    counts = Tensor([1, 2])
    with pytest.raises(TypeError):
        counts += 0.5


def test_assignment_is_free_once_views_are_gone_or_lie_elsewhere():
    x = leaf([1.0, 2.0, 3.0])
    y = x * 2
    row = y[0]
    y[1] = row * 10
    y[2] = y[1] + 1
    del row
    y[0] = 0.0
    assert y.tolist() == [0, 20, 21]
    y.sum().backward()
    assert x.grad.tolist() == [40, 0, 0]
    z = (x * 2).reshape(3, 1)  # the tensor that it was a view of is gone
    z[0] = 1.0
    assert z.tolist() == [[1], [4], [6]]


def test_detach_and_copy():
    x = leaf([1.0, 2.0])
    y = x * 2
    assert np.shares_memory(y.detach().data, y.data)
    assert not y.detach().requires_grad
    assert y.copy().requires_grad
    assert not np.shares_memory(y.copy().data, y.data)


def test_public_names_are_there():
    for name in autograd.__all__:
        assert hasattr(autograd, name), name


def test_what_pytorch_calls_otherwise_is_no_attribute_and_the_error_says_what_to_write():
    x = Tensor([1.0, -2.0])
    for name, instead in INSTEAD.items():
        assert not hasattr(np.ndarray, name), name
        assert not hasattr(x, name), name
        with pytest.raises(
            AttributeError, match=re.escape(f"{name!r}; a Tensor has ndarray's methods: write {instead}")
        ):
            getattr(x, name)
    with pytest.raises(AttributeError, match=r"no attribute 'nothing'$"):
        _ = x.nothing


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("diff", "np.diff(x, ...)"),
        ("logical_not", "np.logical_not(x, ...)"),
        ("qr", "np.linalg.qr(x, ...)"),
        ("log_softmax", "autograd.log_softmax(x, ...)"),
        ("sigmoid_", "x[...] = x.sigmoid(...)"),
        ("floor_", "x[...] = np.floor(x, ...)"),
        ("masked_fill_", "x[mask] = value"),
    ],
)
def test_a_function_of_a_methods_name_is_found(name, instead):
    with pytest.raises(AttributeError, match=re.escape(f"write {instead}") + "$"):
        getattr(Tensor([1.0]), name)
    for none in ("save", "float32", "char", "linalg", "nothing_", "__nothing__"):
        with pytest.raises(AttributeError, match=f"no attribute '{none}'$"):
            getattr(Tensor([1.0]), none)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: x.sum(dim=1), TypeError, "Tensor.sum: .* got dim=; write axis=$"),
        (lambda x: x.mean(axis=1, keepdim=True), TypeError, "Tensor.mean: .* got keepdim=; write keepdims=$"),
        (lambda x: x.std(unbiased=False), TypeError, "Tensor.std: .* got unbiased=; write ddof=1 for True"),
        (lambda x: x.argmax(dim=-1), TypeError, "Tensor.argmax: .* got dim=; write axis=$"),
        (lambda x: x.squeeze(dim=0), TypeError, "Tensor.squeeze: .* got dim=; write axis=$"),
        (lambda x: x.sum(wrong=0), TypeError, "unexpected keyword argument 'wrong'"),
        (lambda x: x.flatten(1), TypeError, r"Tensor.flatten: .* got 1; .* x.reshape\(len\(x\), -1\)"),
        (lambda x: x[None].transpose(1, 2), ValueError, r"all 3 axes .* got \(1, 2\); .* x.swapaxes\(1, 2\)$"),
    ],
)
def test_pytorchs_arguments_are_answered_with_ndarrays(call, error, text):
    with pytest.raises(error, match=text):
        call(Tensor(np.ones((2, 3))))


@pytest.mark.parametrize("name", [name for name, text in INSTEAD.items() if text.startswith(("np.", "autograd."))])
def test_what_it_says_exists(name):
    first, *path = INSTEAD[name].partition("(")[0].split(".")
    place = {"np": np, "autograd": autograd}[first]
    for part in path:
        place = getattr(place, part)
    assert callable(place)


def test_augmented_assignment_to_an_item():
    """`t[i] += v` is t[i] = t[i] + v, whatever the index, before and after Python has warmed up."""

    def run(x):
        y = x * 1.0
        for _ in range(40):
            y[:, 1] += 2 * x[:, 0]
            y[0] *= 1.01
            y[[0, 2]] -= 0.1
            y[1, 1] /= 2
            y[...] += 1
        return (y**2).sum()

    x = leaf(np.arange(6.0).reshape(3, 2))
    assert run(x).item() == pytest.approx(float(run(x.data)))
    assert gradcheck(run, x)


def test_copies_and_pickles_of_a_leaf_are_leaves():
    x = Tensor([1.0, 2.0], requires_grad=True)
    x.name = "x"
    for twin in (copy.deepcopy(x), copy.copy(x), pickle.loads(pickle.dumps(x))):
        assert twin.is_leaf
        assert twin.requires_grad
        assert twin.name == "x"
        assert not np.shares_memory(twin.data, x.data)
        (twin * 3).sum().backward()
        np.testing.assert_array_equal(twin.grad.data, [3, 3])
        assert x.grad is None


def test_a_gradient_that_is_given_has_its_tensors_dtype():
    for number in (0, True, np.float32(0)):
        p = leaf(1.5)
        p.grad = number
        assert p.grad.dtype == np.float64
        (p * p).backward()
        assert p.grad.item() == 3 + number
    p = leaf([1.0, 2.0])
    p.grad = Tensor([1, 2])
    (p * p).sum().backward()
    assert p.grad.tolist() == [3, 6]
    with pytest.raises(ValueError, match=r"expected shape \(2,\), got \(\); None stands for no gradient"):
        p.grad = 0
    with pytest.raises(TypeError, match="expected a gradient of float64, got one of complex128"):
        p.grad = np.ones(2, complex)
    assert p.grad.tolist() == [3, 6]


def test_a_new_array_shares_nothing_with_the_views_of_the_old_one():
    x = Tensor([1.0, 2.0, 3.0])
    view = x[1:]
    x.data = np.zeros(3)
    view[0] = 5.0
    assert (x.tolist(), view.tolist()) == ([0, 0, 0], [5, 3])


def test_what_was_detached_says_so():
    assert leaf(1.0).detach()._cut == "detach"
    assert not hasattr(Tensor(1.0).detach(), "_cut")


def test_a_gradient_that_is_asked_for_is_missing_without_a_word_until_it_is_there():
    x = leaf(2.0)
    y = x * 2
    y.retain_grad()
    assert y.grad is None
    y.backward()
    assert y.grad.item() == 1


def test_a_name_is_the_nodes_too():
    y = leaf([1.0]) * 2
    y.name = "y"
    assert (y.name, y.grad_fn.called) == ("y", "y")
    x = leaf(1.0)
    x.name = "x"
    assert (x * 2).grad_fn.parents[0].called == "x"


class Weight(Tensor):
    """One that has attributes of its own."""


def test_copies_and_pickles_keep_what_a_subclass_has():
    weight = Weight([1.0])
    weight.note = "first"
    for made in (copy.copy(weight), copy.deepcopy(weight), pickle.loads(pickle.dumps(weight))):
        assert (type(made), made.note, made.tolist()) == (Weight, "first", [1.0])


def test_size_is_a_number_that_says_what_to_write_when_called():
    x = Tensor(np.ones((2, 3)))
    assert x.size == 6
    for call, written in (
        (lambda: x.size(), "x.shape"),
        (lambda: x.size(1), "x.shape[1]"),
        (lambda: x.size(dim=0), "x.shape[0]"),
        (lambda: x.size(1, 0), "x.shape[1]"),
    ):
        with pytest.raises(TypeError, match=rf"ndarray's; write {re.escape(written)}$"):
            call()


def test_data_that_is_given_a_scalar_of_numpy_is_an_array() -> None:
    t = Tensor(2.0, requires_grad=True)
    t.data = t.data * 0.5
    assert type(t.data) is np.ndarray
    t.backward()
    assert type(t.grad.data) is np.ndarray
