"""DistributedDataParallel with another rank whose part is known, in one process."""

import copy

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor, manual_seed
from nn import parallel
from nn.parallel import buckets
from nn.parallel import group as groups

from .pair import Pair

X = np.random.default_rng(0).standard_normal((5, 3))


class Two(nn.Module):
    """Two layers, of which a call may use one."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(3, 2, dtype=float), nn.Linear(3, 2, dtype=float)

    def forward(self, x, which="ab"):
        return sum(np.tanh(getattr(self, name)(x)) for name in which)


@pytest.fixture
def pair(monkeypatch):
    """Puts this process beside another one, as Pair says."""

    def put(*args, **kwargs):
        made = Pair(*args, **kwargs)
        monkeypatch.setattr(groups._World, "group", made)
        return made

    return put


def model(reduction="mean"):
    manual_seed(0)
    made = parallel.DistributedDataParallel(Two(), reduction=reduction)
    return made, copy.deepcopy(made.module)


def gradients(module):
    return [None if p.grad is None else p.grad.data.copy() for p in module.parameters()]


def assert_grads(module, expected):
    for mine, wanted in zip(gradients(module), expected, strict=True):
        if wanted is None:
            assert mine is None
        else:
            np.testing.assert_allclose(mine, wanted, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("reduction", "times"), [("mean", 1), ("sum", 2)])
def test_of_two_with_the_same_examples(pair, reduction, times):
    """The gradient of a mean over both is that of one; that of a sum is twice as large; and passes add up."""
    pair()
    made, plain = model(reduction)
    plain(Tensor(X)).sum().backward()
    first = gradients(plain)
    made(Tensor(X)).sum().backward()
    assert_grads(made, [times * g for g in first])
    made(Tensor(X[:2])).sum().backward()
    plain(Tensor(X[:2])).sum().backward()
    assert_grads(made, [times * g for g in gradients(plain)])
    made.zero_grad()
    made(Tensor(X)).sum().backward()
    assert_grads(made, [times * g for g in first])


@pytest.mark.parametrize("theirs", [0, 5, 15])
def test_the_share_of_a_mean_goes_by_the_number_of_examples(pair, theirs):
    def other(what, brought):
        if "backward pass" not in what:
            return brought
        made = brought.copy()
        made[:16].view(np.int64)[0] = theirs
        return made

    pair(theirs=other)
    made, plain = model()
    plain(Tensor(X)).sum().backward()
    made(Tensor(X)).sum().backward()
    assert_grads(made, [2 * 5 / (5 + theirs) * g for g in gradients(plain)])


def test_without_examples_anywhere_the_share_is_one(pair):
    pair()
    made, plain = model()
    made(Tensor(X[:0])).sum().backward()
    assert_grads(made, [np.zeros(p.shape) for p in plain.parameters()])


def test_no_sync_leaves_sums_to_the_next_pass(pair):
    group = pair()
    made, plain = model()
    with made.no_sync():
        with made.no_sync():
            made(Tensor(X)).sum().backward()
        made(Tensor(X)).sum().backward()
    assert group.met[-1] == "backward pass 2 of DistributedDataParallel, within no_sync"
    plain(Tensor(X)).sum().backward()
    assert_grads(made, gradients(plain))  # twice the half
    made(Tensor(X)).sum().backward()
    assert group.met[-1] == "backward pass 3 of DistributedDataParallel"
    assert_grads(made, [3 * g for g in gradients(plain)])
    with pytest.raises(KeyError), made.no_sync():
        raise KeyError
    made.zero_grad()
    made(Tensor(X)).sum().backward()
    assert_grads(made, gradients(plain))


def last_too(what, brought):
    made = brought.copy()
    if "backward pass" in what:
        made[16] = 1  # of the last parameter, with which buckets begin
    return made


def test_a_parameter_that_only_the_other_uses(pair):
    """It has the other's gradient; one that neither uses has none, and one of a loss without the model is told so."""

    def other(what, brought):
        made = brought.copy()
        if "backward pass" in what:
            made[16:] = 1
        return made

    group = pair(theirs=other)
    made, plain = model()
    size = sum(p.size for p in made.parameters())
    theirs = np.arange(1.0, size + 1)
    group.adds = iter([theirs])
    plain(Tensor(X), "a").sum().backward()
    made(Tensor(X), "a").sum().backward()
    expected, start = [], size
    for g, p in zip(gradients(plain), plain.parameters(), strict=True):
        start -= p.size
        expected.append(theirs[start : start + p.size].reshape(p.shape) + (0 if g is None else g / 2))
    assert_grads(made, expected)
    for other in (False, True):  # that has a gradient of the last bias
        pair(theirs=last_too if other else lambda what, brought: brought)
        made, plain = model()
        made(Tensor(X), "a").sum().backward()
        plain(Tensor(X), "a").sum().backward()
        assert_grads(made, [*gradients(plain)[:3], np.zeros(2) if other else None])
        assert gradients(made)[2] is None


@pytest.mark.parametrize("more", [0, 1])
def test_gradients_are_added_up_as_they_come_where_graphs_are_alike(pair, monkeypatch, more):
    """Where another rank's graph has more nodes, its gradients may come in another order: then at the end."""
    monkeypatch.setattr(buckets, "PIECE", 64)
    summed = []

    def other(what, brought):
        found = brought.copy()
        if "backward pass" in what:
            found[:16].view(np.int64)[1] += more
        return found

    group = pair(theirs=other)
    made, plain = model()
    group.add_up = lambda flat: (
        summed.append([p.grad is not None for p in made.parameters()]),
        Pair.add_up(group, flat),
    )
    plain(Tensor(X)).sum().backward()
    made(Tensor(X)).sum().backward()
    assert_grads(made, gradients(plain))
    assert summed == [[bool(more)] * 2 + [True] * 2, [True] * 4]


def test_calls_with_other_numbers_of_examples_raise(pair):
    pair()
    made, plain = model()
    loss = made(Tensor(X)).sum() + made(Tensor(X[:2])).sum()
    with pytest.raises(RuntimeError, match=r"one number of examples before a backward pass, got \[2, 5\]"):
        loss.backward()
    made(Tensor(X)).sum().backward()  # and the next pass is one of its own
    plain(Tensor(X)).sum().backward()
    assert_grads(made, gradients(plain))
    made, plain = model()
    with autograd.no_grad():
        made(Tensor(X[:2]))  # counts for nothing
    made(Tensor(X)).sum().backward()
    plain(Tensor(X)).sum().backward()
    assert_grads(made, gradients(plain))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_compiled_step_is_the_engines(pair, monkeypatch, reduction):
    """Its gradients are added up by buckets, at each call anew; parameters without one are left alone."""
    monkeypatch.setattr(buckets, "PIECE", 64)

    def trained(compiled, used):
        group = pair()
        made, _ = model(reduction)
        optimizer = optim.SGD(made.parameters(), lr=0.1)

        def step(x):
            optimizer.zero_grad()
            made(x, used).sum().backward()
            optimizer.step()

        run = autograd.compile(step, state=(made, optimizer)) if compiled else step
        unused = made.module.b.weight
        made._reducer.traced[id(unused)] = np.ones(unused.shape)  # as a pass leaves it that has failed
        for k in range(5):
            run(Tensor(X + k))
        assert not compiled or run.why_not is None
        passes = [what for what in group.met if "backward pass" in what]
        return [p.data for p in made.parameters()], gradients(made), passes

    for used in ("a", "ab"):
        np.testing.assert_equal(trained(True, used), trained(False, used))


def test_small_parameters_of_a_compiled_step_are_updated_together(pair):
    """Their gradients are parts of one array, and are only read."""
    pair()
    made, _ = model()
    optimizer = optim.SGD(made.parameters(), lr=0.1, momentum=0.9)

    @autograd.compile(state=(made, optimizer))
    def step(x):
        optimizer.zero_grad()
        made(x).sum().backward()
        optimizer.step()

    for k in range(4):
        step(Tensor(X + k))
    (group,) = step._entries[0].code._together
    assert len(group.parts) == 4
    assert sorted(group.kinds) == ["apart", "apart", "inner", "state"]


def test_gradients_that_are_added_to_are_not_compiled(pair):
    pair()
    made, plain = model()

    @autograd.compile
    def step(x):
        with made.no_sync():
            made(x).sum().backward()

    def thrice():
        for _ in range(3):
            step(Tensor(X))

    with pytest.warns(RuntimeWarning, match="adds gradients to others; forget these first"):
        thrice()
    plain(Tensor(X)).sum().backward()
    assert_grads(made, [1.5 * g for g in gradients(plain)])


def test_what_is_frozen_gets_nothing(pair):
    pair()
    made, plain = model()
    for module in (made.module, plain):
        module.a.weight.requires_grad_(False)
    made(Tensor(X)).sum().backward()
    plain(Tensor(X)).sum().backward()
    assert_grads(made, gradients(plain))
    assert gradients(made)[0] is None


def test_a_copy_has_gradients_of_its_own(pair):
    group = pair()
    made, plain = model()
    other = copy.deepcopy(made)
    plain(Tensor(X)).sum().backward()
    other(Tensor(X)).sum().backward()
    assert_grads(other, gradients(plain))
    assert_grads(made, [None] * 4)
    assert sum(what.startswith("a DistributedDataParallel of [('a.weight', (2, 3)") for what in group.met) == 2


def test_random_numbers_are_the_examples(pair):
    """In training those of dropout are this rank's of the whole batch; all else, and evaluation, draws as ever."""
    pair(1)
    made = parallel.DistributedDataParallel(nn.Dropout(0.5))
    manual_seed(3)
    whole = nn.functional.dropout(np.ones((10, 3)), 0.5)
    manual_seed(3)
    np.testing.assert_array_equal(made(np.ones((5, 3))), whole[5:])
    made.eval()
    np.testing.assert_array_equal(made(np.ones((5, 3))), np.ones((5, 3)))


def test_examples_are_counted_by_the_first_array_that_has_axes(pair):
    """A number has none; where there is no array at all, it is one example."""

    class Any_(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(np.ones(1))

        def forward(self, *parts, **named):
            return self.w * 1.0

    seen = []

    def other(what, brought):
        if "backward pass" in what:
            seen.append(int(brought[:16].view(np.int64)[0]))
        return brought

    pair(theirs=other)
    made = parallel.DistributedDataParallel(Any_())
    for args, named in ((("word", np.float64(2.0), [np.ones((4, 7))]), {}), ((), {"x": np.ones(6)}), ((), {})):
        made(*args, **named).sum().backward()
    assert seen == [4, 6, 1]


def test_exchanges_of_two(pair):
    group = pair(1)
    parallel.barrier()
    assert group.met == ["a barrier"]
    x = np.array([1.0, 3.0])
    np.testing.assert_array_equal(parallel.all_reduce(x), [2, 6])
    np.testing.assert_array_equal(parallel.all_reduce(x, "mean"), x)
    np.testing.assert_array_equal(parallel.all_reduce(x, "max"), x)
    np.testing.assert_array_equal(parallel.all_gather(x), [1, 3, 1, 3])
    np.testing.assert_array_equal(parallel.broadcast(x, 1), x)
    assert parallel.average(3.0, 2) == 3
    assert parallel.average(np.nan, 0) != parallel.average(np.nan, 0)
    with pytest.raises(ValueError, match="broadcast: expected a root from 0 to 1, got 2"):
        parallel.broadcast(x, 2)
    with pytest.raises(ValueError, match="broadcast: expected a root from 0 to 1, got -1"):
        parallel.broadcast(x, -1)


def test_what_rank_0_could_not_write_is_told(pair, tmp_path):
    group = pair(1)
    group.told = lambda value: "OSError: no space"
    with pytest.raises(OSError, match=r"save: rank 0 could not write .*: OSError: no space"):
        parallel.save(tmp_path / "a.npz", {"x": np.ones(2)})
    group.told = lambda value: value
    parallel.save(tmp_path / "a.npz", {"x": np.ones(2)})
    assert not list(tmp_path.iterdir())  # that is rank 0's to do
