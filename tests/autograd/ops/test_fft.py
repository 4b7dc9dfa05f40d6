"""Fourier transforms: every function, length, axis and norm."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Tensor

_draw = np.random.default_rng(0)


def real(*shape: int) -> Any:
    return _draw.standard_normal(shape)


def complex_(*shape: int) -> Any:
    return real(*shape) + 1j * real(*shape)


ROWS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {}
_OF_ONE = {"fft": complex_, "ifft": complex_, "rfft": real, "irfft": complex_, "hfft": complex_, "ihfft": real}
for _name, _of in _OF_ONE.items():
    _f: Any = getattr(np.fft, _name)
    for _norm in (None, "ortho", "forward"):
        ROWS[f"{_name} {_norm}"] = (lambda x, f=_f, norm=_norm: f(x, norm=norm), (_of(2, 4),))
    for _n in (2, 3, 5, 8):
        ROWS[f"{_name} n={_n}"] = (lambda x, f=_f, n=_n: f(x, n), (_of(4),))
    ROWS[f"{_name} axis"] = (lambda x, f=_f: f(x, axis=0), (_of(3, 2),))
    ROWS[f"{_name} n=1"] = (lambda x, f=_f: f(x, 1), (_of(3),))
for _name, _of in {"fft": complex_, "ifft": complex_, "rfft": real, "irfft": complex_}.items():
    _f2: Any = getattr(np.fft, _name + "2")
    _fn: Any = getattr(np.fft, _name + "n")
    ROWS[f"{_name}2"] = (_f2, (_of(2, 3, 4),))
    ROWS[f"{_name}2 s"] = (lambda x, f=_f2: f(x, (2, 5), axes=(0, 1), norm="ortho"), (_of(3, 3),))
    ROWS[f"{_name}n"] = (_fn, (_of(2, 2, 3),))
    ROWS[f"{_name}n axes"] = (lambda x, f=_fn: f(x, axes=(2, 0)), (_of(2, 2, 4),))
    ROWS[f"{_name}n s"] = (lambda x, f=_fn: f(x, (3, 4), (0, 1), "forward"), (_of(2, 5),))
for _name, _of in {"fft": complex_, "ifft": complex_, "rfft": real, "irfft": complex_}.items():
    _fn = getattr(np.fft, _name + "n")
    for _twice in ((0, 0), (1, 1), (0, 1, 0), (1, 0, 0)):  # an axis that stands there twice
        ROWS[f"{_name}n axes={_twice}"] = (lambda x, f=_fn, axes=_twice: f(x, axes=axes), (_of(3, 4),))
        ROWS[f"{_name}n axes={_twice} s"] = (
            lambda x, f=_fn, axes=_twice: f(x, (2, 5, 4)[: len(axes)], axes), (_of(3, 4),)
        )  # fmt: skip
    ROWS[f"{_name}n s=-1"] = (lambda x, f=_fn: f(x, (2, -1), (0, 1)), (_of(3, 4),))
ROWS |= {
    "fft of real values": (np.fft.fft, (real(5),)),
    "fft2 of real values": (np.fft.fft2, (real(2, 3),)),
    "irfft of real values": (np.fft.irfft, (real(5),)),
    "fftshift": (np.fft.fftshift, (real(2, 5),)),
    "ifftshift": (lambda x: np.fft.ifftshift(x, 1), (real(2, 5),)),
    "there and back": (lambda x: np.fft.irfft(np.fft.rfft(x) * np.arange(3), 5), (real(5),)),
    "power spectrum": (lambda x: np.abs(np.fft.rfft(x)) ** 2, (real(6),)),
}


@pytest.mark.parametrize("row", ROWS)
def test_value_gradient_and_second_gradient(row: str, check: Any) -> None:
    fun, inputs = ROWS[row]
    check(fun, *inputs)


def test_shifts_undo_each_other() -> None:
    x = Tensor(real(5, 4))
    np.testing.assert_array_equal(np.fft.ifftshift(np.fft.fftshift(x)).data, x.data)


@pytest.mark.parametrize(("fun", "kind", "words"), [
    (lambda x: np.fft.rfft(x + 1j), TypeError, "use fft"),
    (lambda x: np.fft.fft(x, 0), ValueError, "at least one point"),
    (lambda x: np.fft.fft(x, norm="half"), ValueError, "ortho"),
    (lambda x: np.fft.fft(x, axis=3), np.exceptions.AxisError, "axis 3"),
    (lambda x: np.fft.fftn(x, (3, 4), (0,)), ValueError, "size for each"),
])  # fmt: skip
def test_what_cannot_be_done_says_so(fun: Any, kind: Any, words: str) -> None:
    with pytest.raises(kind, match=words):
        fun(Tensor(real(3), requires_grad=True))
