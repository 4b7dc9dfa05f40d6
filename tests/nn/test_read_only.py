"""Networks whose arrays came read-only, as joblib and ray lend them to other processes: a write copies them."""

import pickle

import numpy as np
import pytest

import nn
import optim
from autograd import Tensor, detect_anomaly, no_grad
from autograd.ops import writable
from nn.utils import clip_grad_norm_, clip_grad_value_, vector_to_parameters
from optim.swa_utils import AveragedModel


def lent(made, tmp_path=None):
    """A copy whose arrays are in read-only memory: of a message, or of a file that is mapped."""
    buffers = []
    content = pickle.dumps(made, protocol=5, buffer_callback=buffers.append)
    kept = [buffer.raw().tobytes() for buffer in buffers]
    if tmp_path is None:
        return pickle.loads(content, buffers=kept)
    mapped = []
    for i, part in enumerate(kept):
        (tmp_path / str(i)).write_bytes(part)
        mapped.append(np.memmap(tmp_path / str(i), mode="r") if part else part)
    return pickle.loads(content, buffers=mapped)


def network():
    return nn.Sequential(nn.Linear(3, 80), nn.BatchNorm1d(80), nn.Tanh(), nn.Linear(80, 70), nn.Linear(70, 1))


X = np.random.default_rng(0).normal(size=(5, 3)).astype("f4")
OPTIMIZERS = {name: {} for name in optim.__all__ if isinstance(getattr(optim, name), type)}
del OPTIMIZERS["Optimizer"]
OPTIMIZERS["SGD"] = {"momentum": 0.9}


def trained(model, optimizer, steps=3):
    def closure():
        optimizer.zero_grad()
        loss = (model(X) ** 2).mean()
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
    return model.state_dict()


@pytest.mark.parametrize("mapped", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_gives_what_the_writable_network_gives(name, mapped, tmp_path):
    model = network()
    copy = lent(model, tmp_path if mapped else None)
    assert not any(p.data.flags.writeable for p in copy.parameters())
    results = []
    for net in (model, copy):
        params = [p for p in net.parameters() if p.ndim == 2] if name == "Muon" else net.parameters()
        results.append(trained(net, getattr(optim, name)(params, **OPTIMIZERS[name])))
    np.testing.assert_equal(results[1], results[0])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_lent_with_its_state_goes_on(name):
    model = network()
    params = [p for p in model.parameters() if p.ndim == 2] if name == "Muon" else model.parameters()
    optimizer = getattr(optim, name)(params, **OPTIMIZERS[name])
    trained(model, optimizer)
    others = lent((model, optimizer))
    np.testing.assert_equal(trained(*others), trained(model, optimizer))


def test_the_lent_memory_stays_as_it_is():
    content = bytearray(np.arange(4.0).tobytes())
    p = nn.Parameter(np.zeros(4))
    p.data = np.frombuffer(bytes(content))
    q = Tensor([1.0, 2.0])
    q.data = np.frombuffer(memoryview(content).toreadonly(), count=2)
    p.grad = Tensor(np.ones(4))
    optim.SGD([p], lr=1.0).step()
    q += 5
    assert p.tolist() == [-1, 0, 1, 2]
    assert q.tolist() == [5, 6]
    assert np.frombuffer(content).tolist() == [0, 1, 2, 3]


def read_only(array):
    made = Tensor(array)
    made.data = np.frombuffer(np.asarray(array).tobytes(), made.dtype).reshape(made.shape)
    return made


WRITES = {
    "item": (lambda t: t.__setitem__(1, 9.0), [0, 9, 2, 3]),
    "mask": (lambda t: t.__setitem__(t.data > 1, -1.0), [0, 1, -1, -1]),
    "add": (lambda t: t.__iadd__(1.0), [1, 2, 3, 4]),
    "out": (lambda t: np.multiply(t, 2.0, out=t), [0, 2, 4, 6]),
    "where": (lambda t: np.add(t, 1.0, out=t, where=np.array([True, False, True, False])), [1, 1, 3, 3]),
    "at": (lambda t: np.add.at(t, [0, 0], 1.0), [2, 1, 2, 3]),
    "fill": (lambda t: t.fill(7.0), [7, 7, 7, 7]),
    "sort": (lambda t: t.sort(), [0, 1, 2, 3]),
    "copyto": (lambda t: np.copyto(t, np.ones(4)), [1, 1, 1, 1]),
    "put": (lambda t: np.put(t, [3], [8.0]), [0, 1, 2, 8]),
    "putmask": (lambda t: np.putmask(t, t.data < 1, np.full(4, 5.0)), [5, 1, 2, 3]),
    "init": (lambda t: nn.init.constant_(t, 3.0), [3, 3, 3, 3]),
}


@pytest.mark.parametrize("what", WRITES)
def test_writing_in_place(what):
    write, expected = WRITES[what]
    tensor = read_only(np.arange(4.0))
    with no_grad():
        write(tensor)
    assert tensor.tolist() == expected


@pytest.mark.parametrize(
    "fill", [nn.init.uniform_, nn.init.normal_, nn.init.xavier_normal_, nn.init.kaiming_uniform_, nn.init.orthogonal_]
)
def test_initial_values(fill):
    tensor = read_only(np.zeros((3, 4), "f4"))
    fill(tensor, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(tensor.data, fill(Tensor(np.zeros((3, 4), "f4")), rng=np.random.default_rng(0)).data)


def test_whatever_else_writes_into_a_network():
    model, copy = network(), lent(network())
    copy.load_state_dict(model.state_dict())
    np.testing.assert_equal(copy.state_dict(), model.state_dict())
    copy = lent(model)
    values = np.arange(sum(p.size for p in model.parameters()), dtype="f4")
    vector_to_parameters(Tensor(values), copy.parameters())
    np.testing.assert_array_equal(np.concatenate([p.data.ravel() for p in copy.parameters()]), values)
    average = lent(AveragedModel(model))
    average.update_parameters(model)
    np.testing.assert_equal(average.module.state_dict(), model.state_dict())
    for clip in (lambda p: clip_grad_norm_(p, 0.5), lambda p: clip_grad_value_(p, 0.5)):
        p = nn.Parameter(np.zeros(1))
        p.grad = read_only(np.ones(1))
        clip(p)
        assert p.grad.item() == pytest.approx(0.5, rel=1e-5)
    p.grad = read_only(np.ones(1))
    optim.SGD([p]).zero_grad(set_to_none=False)
    assert p.grad.item() == 0
    rate = read_only(np.array(0.4))
    optim.lr_scheduler.ExponentialLR(optim.SGD([p], lr=rate), 0.5).step()
    assert rate.item() == 0.2


def test_views_of_it_move_together():
    tensor = read_only(np.arange(6.0).reshape(2, 3))
    row, turned = tensor[1], tensor.T
    with no_grad():
        row[0] = 10.0
        turned[0, 0] = -1.0
    assert tensor.tolist() == [[-1, 1, 2], [10, 4, 5]]
    assert turned.tolist() == [[-1, 10], [1, 4], [2, 5]]


def test_a_backward_pass_before_the_write_has_the_value_that_it_saved():
    p = read_only(np.array([2.0, 3.0])).requires_grad_()
    loss = (p * p).sum()
    with no_grad():
        p += 1
    loss.backward()
    assert p.grad.tolist() == [4, 6]
    assert p.tolist() == [3, 4]


def test_what_is_read_only_for_another_reason_stays_so():
    tensor = Tensor(np.arange(3.0))
    tensor.data = np.broadcast_to(tensor.data, (2, 3))  # of memory that can be written
    with pytest.raises(ValueError, match="read-only"):
        tensor[0, 0] = 5.0
    x = Tensor([1.0, 2.0], requires_grad=True)
    with detect_anomaly():
        loss = (x * x).sum()
        with pytest.raises(ValueError, match="read-only"), no_grad():
            x += 1
        with pytest.raises(ValueError, match="read-only"):
            writable(x)[0] = 3.0
    loss.backward()
    assert writable(x) is x.data
