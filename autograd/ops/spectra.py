"""Spectra of pieces of a signal, and the signal that has these."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.tensor import plain


def _shape_of(n_fft: int, hop_length: Any, win_length: Any, window: Any, dtype: Any) -> tuple[int, Any]:
    """How far apart the pieces begin, and the window as long as they are, in their dtype."""
    length = win_length or n_fft
    made = np.ones(length, dtype) if window is None else window.astype(dtype)
    left = (n_fft - length) // 2
    return hop_length or n_fft // 4, np.pad(made, (left, n_fft - length - left))


def _places(count: int, n_fft: int, hop: int) -> Any:
    """Where the elements of each piece stand in the signal."""
    return np.arange(count)[:, None] * hop + np.arange(n_fft)


def stft(
    x: Any, n_fft: int, hop_length: int | None = None, win_length: int | None = None, window: Any = None,
    center: bool = True, pad_mode: Any = "reflect", normalized: bool = False, onesided: bool | None = None,
) -> Any:  # fmt: skip
    """The spectra of pieces of a signal, of n_fft elements each: complex, (…, frequency, piece). x: (…, time).

    hop_length  how far apart they begin: n_fft // 4
    window      what they are multiplied by: win_length numbers, around which are zeros; without it ones
    center      whether the signal is padded, as np.pad's mode says, so that each is around its beginning
    normalized  divided by the root of n_fft
    onesided    the half that says all, of a real signal; so it is unless this is False

    Source: Allen, Rabiner, "A unified approach to short-time Fourier analysis and synthesis", 1977; as torch.stft.

    >>> stft(np.ones(8), 4, center=False).real[:, 0].tolist()
    [4.0, 0.0, 0.0]
    """
    real = x.dtype.kind != "c"
    if center:
        x = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(n_fft // 2, n_fft // 2)], pad_mode)
    hop, window = _shape_of(n_fft, hop_length, win_length, window, x.real.dtype)
    pieces = x[..., _places((x.shape[-1] - n_fft) // hop + 1, n_fft, hop)] * window
    found = np.fft.rfft(pieces) if real and onesided is not False else np.fft.fft(pieces)
    return np.swapaxes(found / math.sqrt(n_fft) if normalized else found, -1, -2)


def istft(
    x: Any, n_fft: int, hop_length: int | None = None, win_length: int | None = None, window: Any = None,
    center: bool = True, normalized: bool = False, length: int | None = None, real: bool = True,
) -> Any:  # fmt: skip
    """The signal whose stft, by the same arguments, is the nearest to x: (…, time), or of this length.

    Raises ValueError where there is an element that no window sees.

    >>> x, window = np.arange(8.0), np.hanning(5)[:4]
    >>> np.allclose(istft(stft(x, 4, window=window), 4, window=window), x)
    True
    """
    spectra = np.swapaxes(x, -1, -2)
    pieces = np.fft.irfft(spectra[..., : n_fft // 2 + 1], n_fft) if real else np.fft.ifft(spectra)
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
    if float(plain(weights).min(initial=1)) < 1e-11:
        raise ValueError("istft: expected windows that overlap everywhere, got an element that none of them sees")
    missing = 0 if length is None else length - (end - start)
    return np.pad(signal / weights, [(0, 0)] * (signal.ndim - 1) + [(0, missing)]) if missing else signal / weights
