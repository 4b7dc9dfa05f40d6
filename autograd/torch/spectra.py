"""torch.fft, and spectra of pieces of a signal: stft, istft and their windows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag

from .creating import made
from .dtypes import default
from .reducing import axes
from .tensors import floats, offer, values


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


def _shape_of(n_fft: int, hop_length: Any, win_length: Any, window: Any, like: Any) -> tuple[int, Any]:
    """How far apart the pieces begin, and the window as long as they are, in their dtype."""
    length = win_length or n_fft
    made = np.ones(length, like) if window is None else window.astype(like)
    left = (n_fft - length) // 2
    return hop_length or n_fft // 4, np.pad(made, (left, n_fft - length - left))


def _places(count: int, n_fft: int, hop: int) -> Any:
    """Where the elements of each piece stand in the signal."""
    return np.arange(count)[:, None] * hop + np.arange(n_fft)


def _stft(
    input: Any, n_fft: int, hop_length: Any = None, win_length: Any = None, window: Any = None, center: bool = True,
    pad_mode: Any = "reflect", normalized: bool = False, onesided: Any = None, return_complex: Any = None,
    align_to_window: Any = None,
) -> Any:  # fmt: skip
    real = input.dtype.kind != "c"
    if return_complex is None and real:
        raise RuntimeError("stft: expected return_complex, for a real input; give return_complex=True")
    mode: Any = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}[pad_mode]
    if center:
        input = np.pad(input, [(0, 0)] * (input.ndim - 1) + [(n_fft // 2, n_fft // 2)], mode)
    hop, window = _shape_of(n_fft, hop_length, win_length, window, input.real.dtype)
    pieces = input[..., _places((input.shape[-1] - n_fft) // hop + 1, n_fft, hop)] * window
    found = np.fft.rfft(pieces) if real and onesided is not False else np.fft.fft(pieces)
    found = np.swapaxes(found / math.sqrt(n_fft) if normalized else found, -1, -2)
    return np.stack([found.real, found.imag], -1) if return_complex is False else found


def _istft(
    input: Any, n_fft: int, hop_length: Any = None, win_length: Any = None, window: Any = None, center: bool = True,
    normalized: bool = False, onesided: Any = None, length: Any = None, return_complex: bool = False,
) -> Any:  # fmt: skip
    spectra = np.swapaxes(input, -1, -2)
    pieces = np.fft.ifft(spectra) if return_complex else np.fft.irfft(spectra[..., : n_fft // 2 + 1], n_fft)
    hop, window = _shape_of(n_fft, hop_length, win_length, window, pieces.real.dtype)
    places = _places(pieces.shape[-2], n_fft, hop)
    sums = [(pieces * math.sqrt(n_fft) if normalized else pieces) * window, np.broadcast_to(window**2, places.shape)]
    for i, part in enumerate(sums):  # the pieces added up where they overlap, and so the weights that they have there
        sums[i] = np.zeros((*part.shape[:-2], int(places[-1, -1]) + 1), part.dtype, like=part)
        at: Any = (..., places)
        np.add.at(sums[i], at, part)
    start = n_fft // 2 if center else 0
    end = sums[0].shape[-1] - start if length is None else min(start + length, sums[0].shape[-1])
    signal, weights = sums[0][..., start:end], sums[1][start:end]
    if float(values(weights).min(initial=1)) < 1e-11:
        raise RuntimeError("istft: expected windows that overlap everywhere, got an element that none of them sees")
    missing = 0 if length is None else length - (end - start)
    return np.pad(signal / weights, [(0, 0)] * (signal.ndim - 1) + [(0, missing)]) if missing else signal / weights


offer({"stft": _stft, "istft": _istft})
offer({
    f"{name}_window": _window_of_old(function, *given) for name, function, *given in (
        ("hann", np.hanning), ("hamming", lambda n, a=0.54, b=0.46: a - b * np.cos(
            2 * math.pi * np.arange(n) / max(n - 1, 1))), ("bartlett", np.bartlett), ("blackman", np.blackman),
        ("kaiser", np.kaiser, 12.0))
}, method=False, direct=made)  # fmt: skip
