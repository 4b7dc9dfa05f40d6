"""A function of some examples, summed over all blocks of them: what it gives for all examples at once."""

import os

import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor, compile, over_blocks, tree, value_and_grad
from autograd.transforms.over_blocks import _Whole

da = pytest.importorskip("dask.array")

rng = np.random.default_rng(0)
X = rng.normal(size=(50, 6))
CLASSES = rng.integers(0, 3, 50)
PARAMS = {"w": rng.normal(size=(6, 3)), "b": np.zeros(3)}


def blocks(array, rows=7):
    return da.from_array(array, chunks=(rows, *array.shape[1:]))


def loss(p, x, classes):
    return F.cross_entropy(x @ p["w"] + p["b"], classes, reduction="sum")


def loss_of_network(network, x, classes):
    return F.cross_entropy(network(x), classes, reduction="sum")


def same(got, expected):
    (got, form), (expected, wanted) = tree.flatten(got), tree.flatten(expected)
    assert form == wanted
    for g, e in zip(got, expected, strict=True):
        np.testing.assert_allclose(getattr(g, "data", g), getattr(e, "data", e), rtol=1e-12)


@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
@pytest.mark.parametrize("form", [lambda f: f, compile], ids=["engine", "compiled"])
def test_loss_and_gradients(form, scheduler):
    import dask

    step = form(value_and_grad(loss))
    with dask.config.set(scheduler=scheduler):
        same(over_blocks(step)(PARAMS, blocks(X), blocks(CLASSES, 11)), value_and_grad(loss)(PARAMS, X, CLASSES))


def test_a_network_among_the_arguments():
    network = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 3)).double()
    step = value_and_grad(loss_of_network)
    value, gradients = over_blocks(step)(network, blocks(X), classes=blocks(CLASSES))
    expected, slopes = step(network, X, CLASSES)
    np.testing.assert_allclose(value, expected)
    same([p.data for p in gradients.parameters()], [p.data for p in slopes.parameters()])


def test_every_block_is_computed_once():
    seen = []

    def look(block):
        if block.size:
            seen.append(len(block))
        return block

    x = blocks(X).map_blocks(look, dtype=float, meta=np.empty((0, 0)))
    total, several = over_blocks(lambda x, y: (x.sum(), [y.sum(0)]))(x, (x * 2)[:, :1])
    assert sorted(seen) == [1] + [7] * 7
    np.testing.assert_allclose(total, X.sum())
    np.testing.assert_allclose(several[0], 2 * X[:, :1].sum(0))


def test_tensors_and_further_axes_in_blocks():
    x = Tensor(da.from_array(X, chunks=(20, 2)))
    np.testing.assert_allclose(over_blocks(lambda x: (x.shape[1] * x).sum(0))(x), 6 * X.sum(0))


def test_without_blocks_it_is_the_function():
    def mean(x):
        """Of all."""
        return x.mean()

    assert over_blocks(mean)(X) == X.mean()
    assert over_blocks(mean).__doc__ == "Of all."


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"over_blocks: expected equally many examples, got \[\(50, 6\), \(4,\)\]"):
        over_blocks(loss)(PARAMS, blocks(X), da.ones(4))
    with pytest.raises(TypeError, match="over_blocks"):
        over_blocks(3)


# ---- on a cluster of processes ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, memory_limit="1GB", dashboard_address=":0") as made,
        distributed.Client(made) as connected,
    ):
        yield connected


def test_workers_share_the_blocks(client):
    x, classes = blocks(X), blocks(CLASSES)
    same(over_blocks(value_and_grad(loss))(PARAMS, x, classes), value_and_grad(loss)(PARAMS, X, CLASSES))
    here = os.getpid()
    assert over_blocks(lambda x: np.array([1, os.getpid() != here]))(x).tolist() == [8, 8]


def test_a_step_of_a_network_is_one_pass(client):
    """Lazily, by the Tensors' own operations: the labels, a convolution, and the running statistics too."""
    images = rng.normal(size=(50, 1, 6, 6))

    def step(wrap):
        network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3))
        network = network.double()
        network.load_state_dict(state)
        value = F.cross_entropy(network(Tensor(wrap(images))), wrap(CLASSES))
        value.backward()
        return [value.data, *(p.grad.data for p in network.parameters()), *network.state_dict().values()]

    state = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3)).state_dict()
    for got, expected in zip(step(blocks), step(np.copy), strict=True):
        assert not hasattr(got, "dask")
        np.testing.assert_allclose(got, expected, atol=1e-12)


def test_progress_is_shown_in_the_terminal(client, capsys):
    from dask.diagnostics import ProgressBar

    w = Tensor(PARAMS["w"], requires_grad=True)
    with ProgressBar():
        (blocks(X) @ w).sum().backward()
    assert "100" in "".join(capsys.readouterr())
    np.testing.assert_allclose(w.grad.data, np.repeat(X.sum(0)[:, None], 3, 1))


def test_an_error_in_a_block_comes_back(client):
    with pytest.raises(IndexError, match="expected targets from 0 to 2"):
        over_blocks(value_and_grad(loss))(PARAMS, blocks(X), blocks(CLASSES + 3))


@pytest.mark.parametrize("rows", [25, 50, 2])
def test_two_blocks_one_and_many(rows):
    step = value_and_grad(loss)
    same(over_blocks(step)(PARAMS, blocks(X, rows), blocks(CLASSES, rows)), step(PARAMS, X, CLASSES))


def test_what_all_blocks_have_in_common_goes_to_each_worker_without_them():
    whole = _Whole(sum, (("w", "x", "y"), {"z": 1.0}), [1, 2])
    assert whole.given == (("w", None, None), {"z": 1.0})
