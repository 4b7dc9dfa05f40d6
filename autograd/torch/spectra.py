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


def _transform(name: str) -> Any:
    function = getattr(np.fft, name)
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
    **{name: _transform(name) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")},
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

        return ag.Tensor(getattr(windows, name)(M, sym=sym, **given | shape), dtype or default(), requires_grad)

    return call


_windows = "bartlett hann hamming blackman nuttall cosine general_cosine exponential"
WINDOWS = {name: _window(name) for name in _windows.split()} | {
    "gaussian": _window("gaussian", std=1.0), "kaiser": _window("kaiser", beta=12.0),
    "general_hamming": _window("general_hamming", alpha=0.54),
}  # fmt: skip


def _periodic(function: Any) -> Any:
    """A window that does not end as it begins, but where it would begin again."""
    return lambda window_length, periodic=True, *shape, dtype=None: function(window_length + periodic, *shape)[
        :window_length
    ].astype(dtype or default())


_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _stft(
    input: Any, n_fft: int, hop_length: Any = None, win_length: Any = None, window: Any = None, center: bool = True,
    pad_mode: Any = "reflect", normalized: bool = False, onesided: Any = None, return_complex: Any = None,
    align_to_window: Any = None,
) -> Any:  # fmt: skip
    if return_complex is None and input.dtype.kind != "c":
        raise RuntimeError("stft: expected return_complex, for a real input; give return_complex=True")
    mode = _MODES[pad_mode]
    found = ops.stft(input, n_fft, hop_length, win_length, window, center, mode, normalized, onesided)
    return np.stack([found.real, found.imag], -1) if return_complex is False else found


offer({
    "stft": _stft,
    "istft": lambda input, n_fft, hop_length=None, win_length=None, window=None, center=True, normalized=False,
    onesided=None, length=None, return_complex=False: ops.istft(
        input, n_fft, hop_length, win_length, window, center, normalized, length, not return_complex),
})  # fmt: skip
offer({
    "hann_window": _periodic(np.hanning), "hamming_window": _periodic(
        lambda n, alpha=0.54, beta=0.46: alpha - beta * np.cos(2 * math.pi * np.arange(n) / max(n - 1, 1))),
    "bartlett_window": _periodic(np.bartlett), "blackman_window": _periodic(np.blackman),
    "kaiser_window": _periodic(lambda n, beta=12.0: np.kaiser(n, beta)),
}, method=False, direct=made)  # fmt: skip
