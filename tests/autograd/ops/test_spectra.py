"""Spectra of pieces of a signal, and back; strides. The values are compared with PyTorch's through torch's names."""

import numpy as np
import pytest

from autograd import Tensor, gradcheck, ops

WINDOW = np.hanning(9)[:8]


@pytest.mark.parametrize("real", [True, False])
@pytest.mark.parametrize("normalized", [True, False])
def test_there_and_back(real, normalized):
    x = np.random.default_rng(0).standard_normal((2, 40)) * (1 if real else 1 + 2j)
    given = {"window": WINDOW, "normalized": normalized}
    spectra = ops.stft(x, 8, 2, **given)
    assert spectra.shape == (2, 5 if real else 8, 21)
    back = ops.istft(spectra, 8, 2, length=43, real=real, **given)
    assert np.allclose(back[:, :40], x)
    assert back.shape == (2, 43)


def test_a_piece_is_the_transform_of_what_the_window_leaves():
    x = np.random.default_rng(0).standard_normal(20)
    found = ops.stft(x, 8, 3, window=WINDOW, center=False)
    assert np.allclose(found[:, 2], np.fft.rfft(x[6:14] * WINDOW))
    assert np.allclose(ops.stft(x, 8, 3, 8, WINDOW, False, onesided=False)[:, 1], np.fft.fft(x[3:11] * WINDOW))


def test_gradients():
    x = np.random.default_rng(0).standard_normal(12)
    gradcheck(lambda x: np.abs(ops.stft(x, 4, window=np.hanning(5)[:4])) ** 2, x)
    gradcheck(lambda x: ops.istft(ops.stft(x, 4) * 2, 4), x)


def test_elements_that_no_window_sees():
    with pytest.raises(ValueError, match="none of them sees"):
        ops.istft(np.ones((3, 4), complex), 4, 8)


def test_strides():
    x = np.arange(6.0)
    view = ops.as_strided(x, (2, 2), (3, 1), 1)
    assert view.tolist() == [[1, 2], [4, 5]]
    view[...] = 0
    assert x.tolist() == [0, 0, 0, 3, 0, 0]
    gradcheck(lambda x: ops.as_strided(x * 1, (3, 2), (1, 1)) ** 2, np.arange(4.0) + 1)
    gradcheck(lambda x, v: ops.strided_scatter(x, v, (2,), (2,)) ** 2, np.arange(4.0) + 1, np.array([2.0, 3.0]))
    with pytest.raises(ValueError, match="among the 6"):
        ops.as_strided(x, (9,), (1,))
    assert isinstance(ops.as_strided(Tensor(x), (2,), (1,)), Tensor)
