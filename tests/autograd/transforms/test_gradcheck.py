"""gradcheck accepts what is right and catches what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import Tensor, gradcheck, gradgradcheck, primitive

A = np.array([[0.3, -1.2, 2.0], [0.7, 1.5, -0.4]])
B = np.array([0.9, -0.6, 1.1])
Z = np.array([0.5 + 0.2j, -1.1 + 0.7j])


def op(forward, **rules):
    if isinstance(forward, np.ufunc):  # given itself it would replace NumPy's everywhere
        return primitive(lambda x: forward(x), name="wrong", **rules)
    return primitive(forward, name="wrong", **rules)


conj = op(lambda z: z.conj(), z=lambda g: conj(g))

RIGHT = {
    "product": (lambda x, y: x * y, A, B),
    "0-d": (lambda x: np.exp(x), 0.5),
    "0-d complex": (lambda z: np.exp(z) * z, 0.5 + 0.1j),
    "empty": (lambda x: x * 2, np.zeros((2, 0))),
    "empty and not": (lambda x, y: (x * y).sum(axis=1), np.zeros((2, 0)), np.ones((2, 1))),
    "several results": (lambda x, y: (x @ y, np.tanh(x), [x, y][1] * 3), A, B),
    "not holomorphic": (lambda z: z * conj(z) + z, Z),
    "complex to real": (op(lambda z: np.abs(z) ** 2, z=lambda g, z: g * 2 * conj(z)), Z),
    "real to complex": (lambda x: np.exp(1j * x), B),
    "large values": (lambda x: x * 3 - 2e4, 1e6 * A),
    "small values": (lambda x: 1e-6 * np.sin(x) / 1e3, A),
    "curved": (np.sqrt, np.array([3e-4, 1.0])),
    "zero by cancellation": (lambda x: (x - x.mean()).sum(), A),
    "independent": (lambda x, y: np.sin(x), A, B),
    "constant": (lambda x: np.ones(2), A),
    "kink far enough": (lambda x: np.maximum(x, 0), np.array([1e-3, -1e-3])),
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_is_right_passes(case: str) -> None:
    fun, *inputs = RIGHT[case]
    before = [np.array(x) for x in inputs]
    assert gradcheck(fun, *inputs) is True
    assert all(np.array_equal(x, y) for x, y in zip(inputs, before, strict=True))
    if case not in ("kink far enough",):
        assert gradgradcheck(fun, *inputs) is True


def times(x, y):
    return x * y


WRONG = {
    "sign": (op(np.sin, x=lambda g, x: -g * np.cos(x)), A),
    "factor": (op(np.square, x=lambda g, x: g * x), A),
    "slightly": (op(np.square, x=lambda g, x: g * (2.0002 * x)), A),
    "dropped term": (op(lambda x: x * x + np.sin(x), x=lambda g, x: g * 2 * x), A),
    "one wrong entry": (op(lambda x: x * 2, x=lambda g: g * np.array([[2, 2, 2], [2, 2, 2.1]])), A),
    "transposed": (op(lambda x: x @ np.ones((3, 3)), x=lambda g: g[:, ::-1] * np.array([1.0, 3.0, 5.0])), A),
    "scaled by 1e-6": (op(np.sin, x=lambda g, x: g * np.cos(x) * 1e-6), A),
    "tiny function, zero gradient": (op(lambda x: 1e-6 * x, x=lambda g: g * 0), A),
    "tiny function, no gradient": (lambda x: 1e-6 * x.data, A),
    "minute function, zero gradient": (op(lambda x: 1e-12 * np.sin(x), x=lambda g: g * 0), A),
    "second argument": (op(times, x=lambda g, y: g * y, y=lambda g, x: (g * x).sum(0) * 2), A, B),
    "small beside the other argument": (
        op(lambda x, y: 1e6 * x + y, x=lambda g: g * 1e6, y=lambda g: g.sum(0) * 0.99),
        A,
        B,
    ),
    "None for a gradient": (op(times, x=None, y=lambda g, x: (g * x).sum(0)), A, B),
    "conjugate": (op(np.exp, x=lambda g, out: g * out.conj()), Z),
    "imaginary part lost": (op(lambda x: x * 1j, x=lambda g: g.real * 1j), Z),
    "detached": (lambda x: x * x.detach(), A),
    "second result": (lambda x: (x * 2, op(np.sin, x=lambda g, x: g)(x)), A),
    "changed saved value": (op(lambda x: np.exp(x), x=lambda g, out: g * np.negative(out, out=out)), B),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_caught(case: str) -> None:
    fun, *inputs = WRONG[case]
    with pytest.raises(AssertionError, match="the backward pass gives"):
        gradcheck(fun, *inputs)


def test_missing_unbroadcast_is_caught() -> None:
    fun = op(times, x=lambda g, y: g * y, y=lambda g, x: g * x)
    with pytest.raises(RuntimeError, match=r"the rule of wrong gave a gradient of shape \(2, 3\) .* \(3,\)"):
        gradcheck(fun, A, B)


SECOND = {
    "constant where x was meant": op(np.square, x=lambda g, x: g * 2 * x.data if isinstance(x, Tensor) else g * 2 * x),
    "scaled by 1e-6": op(np.sin, x=lambda g, x: g * op(np.cos, x=lambda g, x: -1e-6 * g * np.sin(x))(x)),
    "gradient of the gradient lost": op(np.sin, x=lambda g, x: np.cos(x) * (g.data if isinstance(g, Tensor) else g)),
}  # fmt: skip


@pytest.mark.parametrize("case", SECOND)
def test_wrong_second_derivatives_are_caught(case: str) -> None:
    assert gradcheck(SECOND[case], A)
    with pytest.raises(AssertionError, match=r"gradgradcheck: the gradient of wrong: d result"):
        gradgradcheck(SECOND[case], A)


def test_a_rule_that_differs_when_recorded_is_caught() -> None:
    fun = op(np.square, x=lambda g, x: g * 3 * x if isinstance(x, Tensor) else g * 2 * x)
    assert gradcheck(fun, A)
    with pytest.raises(AssertionError, match=r"is recorded, but"):
        gradgradcheck(fun, A)


def test_message_names_function_argument_index_and_both_values() -> None:
    def scaled(x: Tensor, y: Tensor) -> Tensor:
        return x * op(lambda y: y * 2, y=lambda g: g * np.array([2.0, 2.0, 7.0]))(y)

    with pytest.raises(AssertionError) as caught:
        gradcheck(scaled, np.ones((2, 3)), B)
    assert "scaled: d result[(0, 2)] / d argument 1[2]: the backward pass gives 7.0, differences give 2.0" in str(
        caught.value
    )
    with pytest.raises(AssertionError, match=r"d result 1\[0\.imag\] / d argument 0\[0\.real\]"):
        gradcheck(lambda z: (z, op(lambda x: x * (1 + 2j), x=lambda g: g * (1 + 3j))(z)), np.array([1j]))


@pytest.mark.parametrize("at", [0.0, 3e-7, -9e-7, 2e-7, 5e-7])
@pytest.mark.parametrize("fun", [np.abs, lambda x: np.maximum(x, 0) + 30 * x, lambda x: x * (x > 0)])
def test_a_kink_within_the_step_is_refused(fun, at) -> None:
    with pytest.raises(ValueError, match=r"has a kink within 1.0e-06 of argument 0\[1\]"):
        gradcheck(fun, np.array([1.0, at]))


@pytest.mark.parametrize(
    "value", [np.float32(1), np.ones(2, np.float16), 1, np.arange(3), True, np.ones(2, np.complex64), "x", None]
)
def test_other_dtypes_are_refused(value) -> None:
    for check in (gradcheck, gradgradcheck):
        with pytest.raises(TypeError, match=r"expected float64 or complex128 for argument 1, got"):
            check(lambda x, y: x, 1.0, value)


def test_other_dtypes_of_results_are_refused() -> None:
    with pytest.raises(TypeError, match="as result 0 of <lambda>, got float32"):
        gradcheck(lambda x: x.astype(np.float32), A)
    with pytest.raises(TypeError, match="as result 1 of <lambda>, got int64"):
        gradcheck(lambda x: (x, np.arange(2)), A)


def test_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="argument 0 has values that are not finite"):
        gradcheck(lambda x: x, np.array([1.0, np.inf]))
    with np.errstate(all="ignore"):
        with pytest.raises(ValueError, match="log gives values that are not finite"):
            gradcheck(np.log, np.array([1.0, 0.0]))
        with pytest.raises(ValueError, match="not finite"):  # one step away
            gradcheck(np.sqrt, np.array([1.0, 1e-7]))
        with pytest.raises(ValueError, match=r"the derivative by argument 0\[1\] is nan"):
            gradcheck(op(lambda x: x * 1, x=lambda g: g * np.array([1, np.nan])), np.ones(2))


def test_a_function_that_changes_its_input_or_is_random_is_caught() -> None:
    def changes(x: Tensor) -> Tensor:
        x.data[0] = 7.0
        return x * 1

    with pytest.raises(AssertionError, match="changes changed its argument 0"):
        gradcheck(changes, B)
    draw = np.random.default_rng(0)
    with pytest.raises(AssertionError, match="is it random"):
        gradcheck(lambda x: x * draw.random(), B)


def test_inputs_may_be_tensors_and_views() -> None:
    x = Tensor(A, requires_grad=True)
    assert gradcheck(lambda x, y: x * y, x, A[::-1, ::2][:, :1])
    assert x.grad is None


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_what_is_checked_is_a_function_of_arrays(check) -> None:
    with pytest.raises(TypeError, match=f"^{check.__name__}: expected a function, got float$"):
        check(3.0, 1.0)
    with pytest.raises(
        TypeError, match=rf"expected arrays as inputs, got a list; pass them one by one: {check.__name__}\("
    ):
        check(lambda x: x, [Tensor(1.0), Tensor(2.0)])


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
@pytest.mark.parametrize("calls", range(4))
def test_a_result_of_another_dtype_is_refused_whenever_it_comes(check, calls) -> None:
    count = iter(range(100))

    def changing(x):
        return x * 2 if next(count) < calls else x.astype(np.float32)

    with pytest.raises(TypeError, match=f"^{check.__name__}: expected .* result 0 of .*changing, got float32"):
        check(changing, 1.0)


def test_numbers_are_results_too() -> None:
    assert gradcheck(lambda x: 2.0, 1.0)
    with pytest.raises(TypeError, match="result 0 of <lambda>, got <class 'int'>"):
        gradcheck(lambda x: 2, 1.0)


def test_one_derivative_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the derivative by argument 0\[0\] is nan"):
        gradcheck(op(lambda x: x * 1, x=lambda g: g * np.nan), np.ones(1))


def test_of_complex_numbers_a_message_names_the_part_of_the_element() -> None:
    wrong = op(lambda z: z * 2, z=lambda g: g * 2 + np.array([0, 0, 1j]) * g.real)
    with pytest.raises(AssertionError, match=r"d result\[2\.real\] / d argument 0\[2\.imag\]"):
        gradcheck(wrong, np.array([1j, 1.0, 2.0]))


def test_a_recorded_rule_that_loses_the_imaginary_part_is_caught() -> None:
    fun = op(np.square, x=lambda g, x: 2 * x * (g.real if isinstance(g, Tensor) else g))
    assert gradcheck(fun, Z)
    with pytest.raises(AssertionError, match="is recorded, but"):
        gradgradcheck(fun, Z)
