"""torch.fft, and spectra of pieces of a signal: stft, istft and their windows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag

from .. import ops
from .creating import made
from .dtypes import default
from .reducing import axes
from .tensors import floats, offer


def _transform(function: Any) -> Any:
    return lambda input, n=None, dim=-1, norm=None: function(floats(input), n, dim, norm)


def _fourier(name: str) -> Any:
    function, dims = getattr(np.fft, name), (-2, -1) if name.endswith("2") else None

    def call(input: Any, s: Any = None, dim: Any = dims, norm: Any = None) -> Any:
        s, dim = (s,) if isinstance(s, int) else s, (dim,) if isinstance(dim, int) else axes(dim)
        dim = tuple(range(-len(s), 0)) if s is not None and dim is None else dim
        return function(floats(input), None if s is None else tuple(s), dim, norm)

    return call


def _hermitian(inverse: bool, dims: Any) -> Any:
    turned: dict[Any, Any] = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}
    if inverse:
        return lambda input, s=None, dim=dims, norm=None: np.conj(_fourier("rfftn")(input, s, dim, turned[norm]))
    return lambda input, s=None, dim=dims, norm=None: _fourier("irfftn")(np.conj(input), s, dim, turned[norm])


FFT: dict[str, Any] = {
    **{name: _transform(getattr(np.fft, name)) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")},
    **{name: _fourier(name) for name in ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn")},
    "hfft2": _hermitian(False, (-2, -1)), "hfftn": _hermitian(False, None), "ihfft2": _hermitian(True, (-2, -1)),
    "ihfftn": _hermitian(True, None), "fftfreq": lambda n, d=1.0: np.fft.fftfreq(n, d).astype(default()),
    "rfftfreq": lambda n, d=1.0: np.fft.rfftfreq(n, d).astype(default()),
    "fftshift": lambda input, dim=None: np.fft.fftshift(input, axes(dim)),
    "ifftshift": lambda input, dim=None: np.fft.ifftshift(input, axes(dim)),
}  # fmt: skip


def _window(name: str, **given: Any) -> Any:
    def call(M: int, *, sym: bool = True, dtype: Any = None, requires_grad: bool = False, **shape: Any) -> Any:
        from scipy.signal import windows

        made = getattr(windows, name)(M, sym=sym, **{**given, **shape})
        return ag.Tensor(made, dtype or default(), requires_grad)

    return call


WINDOWS = {
    **{name: _window(name) for name in (
        "bartlett", "hann", "hamming", "blackman", "nuttall", "cosine", "general_cosine", "exponential")},
    "gaussian": _window("gaussian", std=1.0), "kaiser": _window("kaiser", beta=12.0),
    "general_hamming": _window("general_hamming", alpha=0.54),
}  # fmt: skip


def _window_of_old(function: Any, *given: Any) -> Any:
    """A window that does not end as it begins, but where it would begin again."""

    def call(window_length: int, periodic: bool = True, *shape: Any, dtype: Any = None) -> Any:
        return function(window_length + periodic, *(shape or given))[:window_length].astype(dtype or default())

    return call


_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _stft(
    input: Any, n_fft: int, hop_length: Any = None, win_length: Any = None, window: Any = None, center: bool = True,
    pad_mode: Any = "reflect", normalized: bool = False, onesided: Any = None, return_complex: Any = None,
    align_to_window: Any = None,
) -> Any:  # fmt: skip
    if return_complex is None and input.dtype.kind != "c":
        raise RuntimeError("stft: expected return_complex, for a real input; give return_complex=True")
    given = (n_fft, hop_length, win_length, window, center, _MODES[pad_mode], normalized, onesided)
    found = ops.stft(input, *given)
    return np.stack([found.real, found.imag], -1) if return_complex is False else found


def _istft(
    input: Any, n_fft: int, hop_length: Any = None, win_length: Any = None, window: Any = None, center: bool = True,
    normalized: bool = False, onesided: Any = None, length: Any = None, return_complex: bool = False,
) -> Any:  # fmt: skip
    given = (n_fft, hop_length, win_length, window, center, normalized, length)
    return ops.istft(input, *given, real=not return_complex)


offer({"stft": _stft, "istft": _istft})
offer({
    f"{name}_window": _window_of_old(function, *given) for name, function, *given in (
        ("hann", np.hanning), ("hamming", lambda n, a=0.54, b=0.46: a - b * np.cos(
            2 * math.pi * np.arange(n) / max(n - 1, 1))), ("bartlett", np.bartlett), ("blackman", np.blackman),
        ("kaiser", np.kaiser, 12.0))
}, method=False, direct=made)  # fmt: skip
