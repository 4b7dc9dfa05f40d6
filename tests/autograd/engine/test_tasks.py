"""One task for each block: fewer tasks, the same numbers, and nothing that waits for itself or is kept too long."""

import tracemalloc

import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor
from autograd.engine import tasks
from autograd.engine.blocks import computed
from autograd.engine.tasks import as_few_tasks, joined

da = pytest.importorskip("dask.array")
dask = pytest.importorskip("dask")

X = np.random.default_rng(0).normal(size=(12, 4))


def graph_of(*arrays):
    from dask.highlevelgraph import HighLevelGraph

    return dict(HighLevelGraph.merge(*(array.__dask_graph__() for array in arrays)))


def normed(x):
    """Needs something of all blocks before it goes on with any."""
    centered = x - x.mean(0)
    return [centered / (centered**2).mean(0), x.sum()]


def slopes(x):
    y = np.tanh(x @ np.ones((4, 3)))
    return [x.T @ (y * (1 - y**2)), y.sum(), np.where(y > 0, y, 0).mean(0)]


PROGRAMS = {
    "slopes": slopes,
    "normed": normed,
    "one block moved": lambda x: [x.T[:, ::-1] * 2, (x.T + 1).sum(1)],
    "next to each other": lambda x: [x[1:] - x[:-1], x.cumsum(0)],
    "cut again": lambda x: [x.rechunk((5, 2)) * x.rechunk((5, 2)), x.rechunk(-1).sum()],
    "of all": lambda x: [((x.sum() * 2 + 1) ** 2 - x.max()) / 3],
    "given": lambda x: [x],
}


@pytest.mark.parametrize("chunks", [(3, 4), (5, 4), (3, 2), (12, 4), (12, 1)], ids=str)
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_numbers_stay(name, chunks):
    values = PROGRAMS[name](da.from_array(X, chunks=chunks))
    for got, expected in zip(computed(values), PROGRAMS[name](da.from_array(X, chunks=-1)), strict=True):
        np.testing.assert_allclose(got, expected.compute(scheduler="synchronous"), atol=1e-14)


def test_a_block_is_one_task():
    values = slopes(da.from_array(X, chunks=(3, 4)) + 1)
    few = graph_of(*as_few_tasks(values))
    steps = [task for task in few.values() if isinstance(getattr(task, "func", None), tasks._Steps)]
    assert sum(len(task.func.tasks) > 5 for task in steps) == 4
    assert len(few) < 0.6 * len(graph_of(*dask.optimize(*values)))


def test_of_a_network_there_are_few():
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.LayerNorm(8), nn.Linear(8, 3)).double()
    counts = []
    for number in (4, 12):
        x = da.from_array(X, chunks=(12 // number, 4)) * 1
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("autograd.engine.blocks.as_few_tasks", lambda values: counts.append(values) or values)
            F.cross_entropy(network(Tensor(x)), abs(x[:, 0]).astype(int) % 3).backward()
        counts[-1] = len(graph_of(*as_few_tasks(counts[-1])))
    parameters = 6
    assert (counts[1] - counts[0]) / 8 < 2.5 + 1.5 * (parameters + 1)  # besides the block, what is summed of each


def test_groups_never_wait_for_themselves():
    values = [*normed(da.from_array(X, chunks=(3, 4))), *slopes(da.from_array(X, chunks=(4, 2)))]
    few = graph_of(*as_few_tasks(values))
    assert len(tasks._in_order(few)) == len(few)


def test_what_is_asked_for_stays():
    x = da.from_array(X, chunks=(3, 4))
    y = x + 1
    (again, total) = as_few_tasks([y, (y * 2).sum()])
    assert again.__dask_keys__() == y.__dask_keys__()
    np.testing.assert_array_equal(again, X + 1)
    np.testing.assert_allclose(total, (X + 1).sum() * 2)


def test_what_nobody_needs_is_not_done():
    from dask._task_spec import Task, TaskRef

    made = []
    graph = {key: Task(key, made.append, key[1]) for key in [("x", 1), ("x", 2), ("left", 1)]}
    graph |= {("left", 2): Task(("left", 2), made.append, TaskRef(("x", 2)))}
    few = joined(graph, [("x", 1), ("x", 2)])
    assert set(few) == {("x", 1), ("x", 2)}


def test_who_wants_no_fusion_gets_none():
    values = slopes(da.from_array(X, chunks=(3, 4)))
    with dask.config.set({"optimization.fuse.active": False}):
        assert as_few_tasks(values) is values


def test_what_is_no_block_is_not_joined():
    """Pieces of work that are as large as their author meant them run side by side, what they have in common once."""
    whole = dask.delayed(np.copy)(X)
    parts = [da.from_delayed(dask.delayed(np.add)(whole, k), X.shape, X.dtype) for k in range(3)]
    few = graph_of(*as_few_tasks([parts[0] * parts[1] + parts[2]]))
    assert len(few) == 1 + 3 + 1
    np.testing.assert_allclose(computed([parts[0] * parts[1] + parts[2]])[0], X * (X + 1) + X + 2)


def test_what_is_no_longer_needed_is_let_go():
    y = x = da.zeros((1_000, 125), chunks=-1)
    for _ in range(30):
        y = np.sin(y) + np.cos(y)
    few = as_few_tasks([y, x])
    tracemalloc.start()
    dask.compute(*few, scheduler="synchronous", optimize_graph=False)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 6 * x.nbytes


def test_on_a_cluster_with_what_is_held_there():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0") as cluster,
        distributed.Client(cluster),
    ):
        x = da.from_array(X, chunks=(3, 4)).persist()
        for _ in range(2):
            for got, expected in zip(computed(slopes(x)), slopes(X), strict=True):
                np.testing.assert_allclose(got, expected, atol=1e-14)
