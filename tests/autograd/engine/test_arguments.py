"""A scope within which nodes keep all that their operations were given."""

import numpy as np
import pytest

from autograd import Tensor, detect_anomaly, primitive
from autograd.engine.arguments import keeping_arguments
from autograd.engine.modes import mode


def test_nodes_keep_their_arguments_by_name():
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    with keeping_arguments():
        y = np.sum(x, axis=1)
    given = y.grad_fn.extras.given
    assert given["axis"] == 1
    assert np.sum(x, axis=1).grad_fn.extras is None


def test_of_a_sequence_they_keep_a_tuple():
    x = Tensor(np.ones(2), requires_grad=True)
    with keeping_arguments():
        y = np.concatenate([x, np.zeros(1)])
    (name,) = (key for key, value in y.grad_fn.extras.given.items() if type(value) is tuple and len(value) == 2)
    assert [len(array) for array in y.grad_fn.extras.given[name]] == [2, 1]


def test_who_watched_before_goes_on_to_watch_and_the_mode_comes_back():
    with detect_anomaly():
        watching = mode.watch
        with keeping_arguments():
            y = Tensor([1.0], requires_grad=True) * 2
        assert mode.watch is watching
        assert mode.recording is watching
    assert y.grad_fn.extras.given
    assert "test_arguments" in y.grad_fn.extras.source
    assert mode.recording is True
    assert mode.watch is None


def test_what_watched_before_refuses_and_unlocks_as_it_did():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with detect_anomaly(), keeping_arguments():
        y = (x * x).sum()
        with pytest.raises(TypeError, match="got a tensor of shape"):
            float(y)
        with pytest.raises(ValueError, match="read-only"):
            x.data[0] = 3.0
        y.backward()
        x.data[0] = 3.0
        with np.errstate(all="ignore"), pytest.raises(RuntimeError, match="the VJP of sqrt for x made inf"):
            np.sqrt(x * [0.0, 1.0]).sum().backward()
    with keeping_arguments():
        (x * x).sum().backward()
    assert x.grad.tolist() == [8.0, 8.0]
    with keeping_arguments(), pytest.warns(UserWarning, match="becomes a plain value"):
        float((x * x).sum())


def test_what_is_given_by_name_only_is_kept_too():
    scaled = primitive(lambda x, *, by: x * by, name="scaled", x=lambda g, by: g * by)
    with keeping_arguments():
        y = scaled(Tensor(2.0, requires_grad=True), by=3.0)
    assert y.grad_fn.extras.given["by"] == 3.0
