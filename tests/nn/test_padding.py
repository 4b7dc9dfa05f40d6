import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor, gradcheck

NUMPY = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@pytest.mark.parametrize("mode", NUMPY)
@pytest.mark.parametrize("sides", [(1, 2), (0, 3), (2, 0, 1, 2), (0, 0, 0, 1), (1, 1, 2, 2, 1, 0)])
def test_as_numpy_pads(mode, sides):
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 4))
    widths = [(0, 0)] * (4 - len(sides) // 2) + [sides[i : i + 2] for i in range(len(sides) - 2, -1, -2)]
    np.testing.assert_array_equal(F.pad(x, sides, mode), np.pad(x, widths, NUMPY[mode]))
    gradcheck(lambda x: F.pad(x, sides, mode), Tensor(x[:1, :, :, :], requires_grad=True))


def test_values_and_crops():
    x = np.arange(4.0)
    assert F.pad(x, (1, -2), value=9).tolist() == [9, 0, 1]
    assert F.pad(x, (-1, -1)).tolist() == [1, 2]
    assert F.pad(x, (-4, 0)).size == 0
    assert F.pad(x, ()) is x
    assert F.pad(x, (-1, 2), "reflect").tolist() == [1, 2, 3, 2, 1]
    assert F.pad(x[:3], (2, -1), "reflect").tolist() == [2, 1, 0, 1]
    assert F.pad(x, (2, -1), "circular").tolist() == [1, 2, 0, 1, 2]
    assert F.pad(x[:1], (1, -1), "replicate").tolist() == [0]
    assert F.pad(np.array([True]), (1, 0)).tolist() == [False, True]
    assert F.pad(np.float32([1]), (1, 0), value=0.5).dtype == np.float32
    assert F.pad(x[:3], (2, 2), "reflect").tolist() == [2, 1, 0, 1, 2, 1, 0]
    assert F.pad(x[:2], (2, 2), "circular").tolist() == [0, 1, 0, 1, 0, 1]


def test_layers():
    x = np.arange(4.0).reshape(1, 2, 2)
    assert nn.ZeroPad2d((1, 0, 0, 1))(x).tolist() == [[[0, 0, 1], [0, 2, 3], [0, 0, 0]]]
    assert nn.ConstantPad1d(1, 7)(x)[0].tolist() == [[7, 0, 1, 7], [7, 2, 3, 7]]
    assert nn.ReflectionPad2d(1)(x)[0, 0].tolist() == [3, 2, 3, 2]
    assert nn.ReplicationPad1d((1, 0))(x)[0].tolist() == [[0, 0, 1], [2, 2, 3]]
    assert nn.CircularPad1d((0, 1))(x)[0].tolist() == [[0, 1, 0], [2, 3, 2]]


BAD = [
    (lambda: F.pad(np.ones(3), (1,)), r"pad: expected pairs \(left, right\) for at most 1 axes"),
    (lambda: F.pad(np.ones(3), (1, 1, 1, 1)), "for at most 1 axes"),
    (lambda: F.pad(np.ones(3), (1, 1), "mirror"), "expected mode 'constant' or 'reflect'"),
    (lambda: F.pad(np.ones(3), (1, 1), "reflect", 1.0), "takes no value"),
    (lambda: F.pad(np.ones(3), (3, 0), "reflect"), "reflect adds at most 2 elements to an axis of 3, got .3, 0."),
    (lambda: F.pad(np.ones(3), (0, 4), "circular"), "circular adds at most 3 elements"),
    (lambda: F.pad(np.ones(3), (-4, 0)), "cannot crop"),
    (lambda: F.pad(np.ones(3), (-2, -2)), "cannot crop"),
    (lambda: F.pad(np.ones((1, 0)), (1, 1), "replicate"), "replicate adds at most 0 elements"),
    (lambda: nn.ReflectionPad2d(1)(np.ones((3, 3))), "expected an input of 3 .unbatched. or 4 dimensions"),
    (lambda: nn.ReplicationPad1d(1)(np.ones((3, 0))), "an input with elements"),
    (lambda: nn.ZeroPad2d((1, 2)), "expected one padding or 4"),
]


@pytest.mark.parametrize(("call", "text"), BAD, ids=range(len(BAD)))
def test_errors(call, text):
    with pytest.raises(ValueError, match=text):
        call()
