"""Datasets, samplers, loaders, files and transforms."""

import copy
import gzip
import hashlib
import os
import pickle
import struct
import subprocess
import sys
import threading
import time
import traceback

import numpy as np
import pytest

from autograd import Tensor, manual_seed
from nn.data import (
    BatchSampler,
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    ImageFolder,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    StackDataset,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    TransformDataset,
    WeightedRandomSampler,
    compose,
    default_collate,
    default_convert,
    digits,
    get_worker_info,
    mnist,
    normalize,
    one_hot,
    random_crop,
    random_flip,
    random_split,
    read_csv,
    read_idx,
)

N = 10
NUMBERS = TensorDataset(np.arange(N), np.arange(N) ** 2)


class Listed(Dataset):
    """As NUMBERS, sample by sample."""

    def __len__(self):
        return N

    def __getitem__(self, i):
        return i, i * i


@pytest.mark.parametrize("kind", [np.asarray, Tensor, list, lambda rows: Subset(rows, range(3))])
def test_whatever_has_a_length_and_an_index_is_a_dataset(kind):
    rows = np.arange(6).reshape(3, 2)
    assert [batch.tolist() for batch in DataLoader(kind(rows), 2)] == [[[0, 1], [2, 3]], [[4, 5]]]


def firsts(loader):
    return [batch[0].tolist() for batch in loader]


# ---- datasets ------------------------------------------------------------------------------------------------------


def test_tensor_dataset():
    x, y = NUMBERS[3]
    assert (x.item(), y.item(), len(NUMBERS)) == (3, 9, N)
    assert isinstance(x, Tensor)
    for tensors in ([], [np.ones(2), np.ones(3)], [np.ones(())]):
        with pytest.raises(ValueError, match="tensors of one length"):
            TensorDataset(*tensors)


def test_subset_and_concatenation():
    part = Subset(NUMBERS, [4, 2])
    assert [x.item() for x, _ in (part[0], part[1])] == [4, 2]
    both = part + Subset(Listed(), [9])
    assert isinstance(both, ConcatDataset)
    assert len(both) == 3
    assert [int(both[i][0]) for i in (0, 1, 2, -1, -3)] == [4, 2, 9, 9, 4]
    for index in (3, -4):
        with pytest.raises(IndexError, match="below 3"):
            both[index]
    with pytest.raises(ValueError, match="got none"):
        ConcatDataset([])
    with pytest.raises(TypeError, match="use ChainDataset"):
        ConcatDataset([NUMBERS, Stream()])
    assert firsts(DataLoader(Subset(Listed(), [3, 1]), 2)) == firsts(DataLoader(Subset(NUMBERS, [3, 1]), 2)) == [[3, 1]]


def test_stacked_datasets():
    pairs = StackDataset(NUMBERS, "abcdefghij")
    assert (len(pairs), pairs[3][1], pairs[3][0][1].item()) == (N, "d", 9)
    named = StackDataset(number=range(N), letter="abcdefghij")
    assert (len(named), named[3]) == (N, {"number": 3, "letter": "d"})
    batch = next(iter(DataLoader(named, 2)))
    assert (batch["number"].tolist(), batch["letter"]) == ([0, 1], ["a", "b"])
    for args, kwargs in (((), {}), ((NUMBERS,), {"a": NUMBERS}), ((NUMBERS, "abc"), {})):
        with pytest.raises(ValueError, match="StackDataset: expected datasets"):
            StackDataset(*args, **kwargs)


def test_random_split():
    parts = random_split(NUMBERS, [7, 3], rng=np.random.default_rng(0))
    again = random_split(NUMBERS, [7, 3], rng=np.random.default_rng(0))
    assert [len(part) for part in parts] == [7, 3]
    assert sorted(parts[0].indices + parts[1].indices) == list(range(N))
    assert parts[0].indices == again[0].indices != list(range(7))
    assert [len(part) for part in random_split(range(11), [0.5, 0.25, 0.25])] == [6, 3, 2]
    assert [len(part) for part in random_split(range(1), [1])] == [1]
    for size, shares, expected in (
        (100, [0.71, 0.29], [71, 29]), (100, [0.29, 0.71], [29, 71]), (6, [0.5, 1 / 6, 1 / 3], [3, 1, 2]),
        (7, [1 / 7, 6 / 7], [1, 6]), (3, [1 / 3] * 3, [1, 1, 1]), (10, [0.1] * 10, [1] * 10), (0, [0.5, 0.5], [0, 0]),
        (1000, [0.57, 0.29, 0.14], [570, 290, 140]),
        (5, [0.5, 0.5], [3, 2]), (4, [0.9, 0.1], [4, 0]),
    ):  # fmt: skip
        assert [len(part) for part in random_split(range(size), shares)] == expected
    for lengths in ([7, 4], [0.5, 0.4], [-1, 11], [4.5, 5.5]):
        with pytest.raises(ValueError, match="add up to 10"):
            random_split(NUMBERS, lengths)


def test_transform_dataset():
    data = TransformDataset(NUMBERS, lambda x, y: (x * 10, y))
    assert firsts(DataLoader(data, 3))[0] == [0, 10, 20]
    assert TransformDataset([1, 2], lambda x: -x)[1] == -2


def test_what_a_dataset_has_to_define():
    for call in (len, lambda dataset: dataset[0]):
        with pytest.raises(NotImplementedError, match="Dataset: __"):
            call(Dataset())
    for made in (Sampler(), IterableDataset()):
        with pytest.raises(NotImplementedError, match=r"__iter__\(\) is to be defined"):
            iter(made)


# ---- samplers ------------------------------------------------------------------------------------------------------


def test_samplers():
    assert list(SequentialSampler("abc")) == [0, 1, 2]
    assert sorted(RandomSampler(range(N))) == list(range(N))
    assert len(list(RandomSampler(range(3), num_samples=8))) == 8
    drawn = list(RandomSampler(range(3), replacement=True, num_samples=50))
    assert (len(drawn), set(drawn)) == (50, {0, 1, 2})
    assert sorted(SubsetRandomSampler([5, 3, 8])) == [3, 5, 8]
    assert list(RandomSampler([])) == []
    weights = [0, 1, 0, 3]
    drawn = list(WeightedRandomSampler(weights, 4000, rng=np.random.default_rng(0)))
    assert set(drawn) == {1, 3}
    assert drawn.count(3) / 4000 == pytest.approx(0.75, abs=0.03)
    assert sorted(WeightedRandomSampler(weights, 2, replacement=False)) == [1, 3]
    for sampler, length in ((RandomSampler(range(3), num_samples=8), 8), (WeightedRandomSampler(weights, 5), 5)):
        assert len(sampler) == length


@pytest.mark.parametrize(("drop_last", "expected"), [(False, [[0, 1, 2], [3, 4]]), (True, [[0, 1, 2]])])
def test_batch_sampler(drop_last, expected):
    sampler = BatchSampler(SequentialSampler(range(5)), 3, drop_last)
    assert list(sampler) == expected
    assert len(sampler) == len(expected)


@pytest.mark.parametrize(
    "call",
    [
        lambda: RandomSampler([1], num_samples=0),
        lambda: WeightedRandomSampler([1, -1], 1),
        lambda: WeightedRandomSampler([0, 0], 1),
        lambda: WeightedRandomSampler([[1]], 1),
        lambda: WeightedRandomSampler([np.nan], 1),
        lambda: WeightedRandomSampler([1], 0),
        lambda: WeightedRandomSampler([1, 0], 2, replacement=False),
        lambda: BatchSampler([1], 0, False),
        lambda: BatchSampler([1], 1.5, False),
    ],
)
def test_samplers_refuse(call):
    with pytest.raises(ValueError, match="expected"):
        call()


# ---- the loader ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", [NUMBERS, Listed()], ids=["tensors", "samples"])
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_batches(dataset, workers):
    loader = DataLoader(dataset, 4, num_workers=workers)
    batches = list(loader)
    assert [x.tolist() for x, _ in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert [y.tolist() for _, y in batches][2] == [64, 81]
    assert len(loader) == 3
    assert firsts(DataLoader(dataset, 4, drop_last=True, num_workers=workers)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert firsts(DataLoader(dataset, batch_sampler=[[1, 2], [7]], num_workers=workers)) == [[1, 2], [7]]
    assert firsts(DataLoader(dataset, 2, sampler=[3, 1, 2], num_workers=workers)) == [[3, 1], [2]]
    assert [int(x) for x, _ in DataLoader(dataset, None, num_workers=workers)] == list(range(N))


@pytest.mark.parametrize("workers", [0, 2])
def test_shuffling_is_seeded(workers):
    def epochs(rng):
        loader = DataLoader(NUMBERS, 3, shuffle=True, rng=rng, num_workers=workers)
        return [firsts(loader) for _ in range(2)]

    first, second = epochs(np.random.default_rng(1)), epochs(np.random.default_rng(1))
    assert first == second != epochs(np.random.default_rng(2))
    assert first[0] != first[1]
    assert sorted(number for batch in first[0] for number in batch) == list(range(N))
    manual_seed(5)
    third = epochs(None)
    manual_seed(5)
    assert epochs(None) == third


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("rng", [None, 3])
def test_going_on_within_an_epoch(shuffle, workers, rng):
    def make():
        return DataLoader(
            NUMBERS, 3, shuffle=shuffle, num_workers=workers, rng=None if rng is None else np.random.default_rng(rng)
        )

    loader = make()
    manual_seed(0)
    whole = [firsts(loader) for _ in range(3)]

    loader = make()
    manual_seed(0)
    assert firsts(loader) == whole[0]
    seen = []
    for x, _ in loader:
        seen.append(x.tolist())
        if len(seen) == 2:
            state = loader.state_dict()
            break
    after = manual_seed(0) if rng is None else None
    if after is not None:
        after.integers(2**63, size=2)  # where the generator was: two epochs had drawn their seed
    other = make()
    other.load_state_dict(state)
    assert seen + firsts(other) == whole[1]
    assert firsts(other) == whole[2]


def test_a_loader_state_that_does_not_fit():
    loader = DataLoader(NUMBERS, 3, shuffle=True)
    with pytest.raises(KeyError, match="batches"):
        loader.load_state_dict({"rng": None})
    with pytest.raises(ValueError, match="rng= given to both"):
        loader.load_state_dict(DataLoader(NUMBERS, 3, shuffle=True, rng=np.random.default_rng(0)).state_dict())


def test_generator_is_another_name_for_rng():
    for make in (
        lambda **rng: RandomSampler(range(9), **rng), lambda **rng: SubsetRandomSampler(range(9), **rng),
        lambda **rng: WeightedRandomSampler(range(9), 20, **rng), lambda **rng: random_split(range(9), [9], **rng)[0],
        lambda **rng: DataLoader(range(9), shuffle=True, **rng),
    ):  # fmt: skip
        first, second = (
            [np.asarray(x).tolist() for x in make(**{name: np.random.default_rng(3)})] for name in ("rng", "generator")
        )
        assert first == second
        with pytest.raises(TypeError, match="two names"):
            make(rng=np.random.default_rng(0), generator=np.random.default_rng(0))


class Stream(IterableDataset):
    """The numbers 0 to 6, of which two epochs under way know nothing of each other."""

    def __iter__(self):
        yield from range(7)


class Measured(Stream):
    def __len__(self):
        return 7


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_what_is_iterated_over(workers):
    def batches(dataset, *args, **options):
        return [np.asarray(batch).tolist() for batch in DataLoader(dataset, *args, num_workers=workers, **options)]

    assert batches(Stream(), 3) == [[0, 1, 2], [3, 4, 5], [6]]
    assert batches(Stream(), 3, drop_last=True) == [[0, 1, 2], [3, 4, 5]]
    assert batches(Stream(), 7) == [list(range(7))]
    assert batches(Stream(), None) == list(range(7))
    assert batches(Stream(), 4, collate_fn=sum) == [6, 15]
    assert batches(ChainDataset([Stream(), [7, 8]]), 9) == batches(Stream() + [7, 8], 9) == [list(range(9))]
    loader = DataLoader(Stream(), 2, num_workers=workers)
    assert list(map(len, loader)) == list(map(len, loader)) == [2, 2, 2, 1]
    assert [len(DataLoader(Measured(), *size)) for size in ((3,), (None,), (7,))] == [3, 7, 1]
    assert len(DataLoader(Measured(), 3, drop_last=True)) == 2
    with pytest.raises(TypeError, match="Stream: expected __len__"):
        len(loader)
    with pytest.raises(TypeError, match="no samples by index"):
        Stream()[0]
    for options in ({"shuffle": True}, {"sampler": [1]}, {"batch_sampler": [[1]]}):
        with pytest.raises(ValueError, match="iterated over"):
            DataLoader(Stream(), **options)


@pytest.mark.parametrize("workers", [0, 2])
def test_going_on_within_an_epoch_of_what_is_iterated_over(workers):
    loader = DataLoader(Stream(), 2, num_workers=workers)
    batches = iter(loader)
    assert next(batches).tolist() == [0, 1]
    other = DataLoader(Stream(), 2, num_workers=workers)
    other.load_state_dict(loader.state_dict())
    assert [batch.tolist() for batch in other] == [[2, 3], [4, 5], [6]]
    assert len(list(other)) == 4


def test_an_error_in_a_stream_comes_after_the_batches_before_it():
    class Broken(Stream):
        def __iter__(self):
            yield from range(3)
            raise LookupError("the stream broke")

    for workers in (0, 2):
        batches = iter(DataLoader(Broken(), 2, num_workers=workers))
        assert next(batches).tolist() == [0, 1]
        with pytest.raises(LookupError, match="the stream broke"):
            next(batches)


@pytest.mark.parametrize("persistent", [False, True])
def test_workers_are_told_who_they_are(persistent):
    begun, seen = [], []
    meet = threading.Barrier(2, timeout=10)  # both workers are at work at the same time

    class Asking(Listed):
        def __len__(self):
            return 2

        def __getitem__(self, i):
            seen.append(get_worker_info())
            meet.wait()
            return i

    data = Asking()
    loader = DataLoader(data, num_workers=2, worker_init_fn=begun.append, persistent_workers=persistent)
    for _ in range(2):
        assert [batch.tolist() for batch in loader] == [[0], [1]]
    assert sorted(begun) == ([0, 1] if persistent else [0, 0, 1, 1])
    assert {info.id for info in seen} == {0, 1}
    assert all(info.num_workers == 2 and info.dataset is data for info in seen)
    assert get_worker_info() is None


def test_a_failing_start_of_a_worker_and_one_that_takes_too_long():
    def init(number):
        raise LookupError(f"worker {number} has no disk")

    with pytest.raises(LookupError, match="worker 0 has no disk"):
        list(DataLoader(NUMBERS, num_workers=1, worker_init_fn=init))
    release = threading.Event()

    class Stuck(Listed):
        def __getitem__(self, i):
            release.wait(10)
            return i

    with pytest.raises(RuntimeError, match=r"within 0\.05 seconds"):
        list(DataLoader(Stuck(), num_workers=1, timeout=0.05))
    release.set()


def test_a_dataset_may_give_many_samples_at_once():
    class Many(Listed):
        def __getitems__(self, indices):
            return [(i, -i) for i in indices]

    assert next(iter(DataLoader(Many(), 3)))[1].tolist() == [0, -1, -2]
    assert next(iter(DataLoader(Many(), 3, collate_fn=list))) == [(0, 0), (1, -1), (2, -2)]


class Faulty(Listed):
    def __getitem__(self, i):
        if i == 5:
            raise LookupError("no sample number five")
        return super().__getitem__(i)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_errors_come_where_the_batch_would_with_their_traceback(workers):
    seen = []
    with pytest.raises(LookupError, match="number five") as caught:  # noqa: PT012
        for x, _ in DataLoader(Faulty(), 2, num_workers=workers):
            seen.append(x.tolist())
    assert seen == [[0, 1], [2, 3]]
    frames = [frame.name for frame in traceback.extract_tb(caught.tb)]
    assert "__getitem__" in frames
    if workers:
        assert "indices [4, 5]" in caught.value.__notes__[0]


class Exhausted(Listed):
    """A dataset that takes from an iterator which comes to its end too early."""

    def __getitem__(self, i):
        return super().__getitem__(i) if i != 5 else next(iter(()))


def exhausted(samples):
    return next(iter(())) if 5 in samples else samples


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize(
    "options",
    [
        {"dataset": Exhausted(), "batch_size": 2}, {"dataset": Exhausted(), "batch_size": None},
        {"dataset": TransformDataset(range(N), lambda i: exhausted([i])), "batch_size": 2},
        {"dataset": range(N), "batch_size": 2, "collate_fn": exhausted},
        {"dataset": Subset(Exhausted(), range(N)), "batch_size": 2},
    ],
)  # fmt: skip
def test_stop_iteration_is_an_error_and_not_the_end(workers, options):
    seen = []
    with pytest.raises(RuntimeError, match="raised StopIteration") as caught:
        seen.extend(DataLoader(num_workers=workers, **options))
    assert len(seen) == (5 if options["batch_size"] is None else 2)
    assert isinstance(caught.value.__cause__, StopIteration)


def test_iteration_ends_where_the_dataset_does():
    """Not where a sample raises what ends iteration in Python, nor never, where an index too large raises nothing."""

    class Endless(Dataset):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return i * i

    class Broken(Endless):
        def __getitem__(self, i):
            return [0, 1][i]

    assert list(Endless()) == list(ChainDataset([Endless()])) == [0, 1, 4]
    for chained in (iter, lambda dataset: iter(ChainDataset([dataset, [5]])), lambda d: iter(DataLoader(d, None))):
        samples = chained(Broken())
        assert [next(samples), next(samples)] == [0, 1]
        with pytest.raises(IndexError):
            next(samples)
    with pytest.raises(RuntimeError, match="StopIteration"):
        list(Exhausted())


@pytest.mark.parametrize("workers", [0, 2])
def test_stop_iteration_where_a_stream_is_collated(workers):
    loader = DataLoader(Stream(), 3, collate_fn=exhausted, num_workers=workers)
    with pytest.raises(RuntimeError, match="raised StopIteration"):
        list(loader)


@pytest.mark.parametrize("dataset", [NUMBERS, Stream()])
@pytest.mark.parametrize("copy_of", [copy.deepcopy, copy.copy, lambda loader: pickle.loads(pickle.dumps(loader))])
def test_a_loader_with_persistent_workers_is_copied(dataset, copy_of):
    shuffle = None if isinstance(dataset, Stream) else True
    options = {"num_workers": 2, "persistent_workers": True}
    loader = DataLoader(dataset, 2, shuffle, rng=np.random.default_rng(0) if shuffle else None, **options)
    rows = [np.asarray(batch[0]).tolist() for batch in loader]
    other = copy_of(loader)
    state = other.state_dict()
    again = [np.asarray(batch[0]).tolist() for batch in other]
    assert len(rows) == len(again)
    batches = iter(loader)  # in the middle of an epoch, too
    next(batches)
    copied = copy_of(loader)
    assert len(list(copied)) == len(rows)
    assert len(list(batches)) == len(rows) - 1
    if shuffle and copy_of is not copy.copy:
        loader.rng.bit_generator.state = state["rng"]
        assert [np.asarray(batch[0]).tolist() for batch in loader] == again


FORKED = """
import os, signal, sys
import numpy as np
from nn.data import DataLoader, IterableDataset, TensorDataset

class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(6))

for dataset in (TensorDataset(np.arange(6)), Stream()):
    for persistent in (True, False):
        loader = DataLoader(dataset, 2, num_workers=2, persistent_workers=persistent)
        expected = [np.asarray(batch).tolist() for batch in loader]
        begun = iter(loader)
        next(begun)
        child = os.fork()
        if not child:
            signal.alarm(100)
            for _ in range(2):
                assert [np.asarray(batch).tolist() for batch in loader] == expected
            try:
                list(begun)
            except RuntimeError as error:
                assert "a forked child does not have" in str(error)
                del begun
                sys.exit(0)
            sys.exit(1)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0, status
        assert len(list(begun)) == 2
        assert [np.asarray(batch).tolist() for batch in loader] == expected
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked")
def test_a_loader_in_a_forked_child():
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKED], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr


def test_workers_run_side_by_side_and_end():
    started, release = [], threading.Event()

    class Slow(Listed):
        def __getitem__(self, i):
            started.append(i)
            assert release.wait(10)
            return super().__getitem__(i)

    batches = iter(DataLoader(Slow(), 1, num_workers=3))
    opener = threading.Timer(0.2, release.set)
    opener.start()
    deadline = time.monotonic() + 10
    first = next(batches)
    assert first[0].tolist() == [0]
    assert len(started) >= 3  # three had begun before any was let through
    assert time.monotonic() < deadline
    batches.close()
    opener.join()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("DataLoader")]


def test_workers_prepare_no_more_than_asked():
    loaded = []

    class Counted(Listed):
        def __len__(self):
            return 1000

        def __getitem__(self, i):
            loaded.append(i)
            return i

    batches = iter(DataLoader(Counted(), 1, num_workers=2, prefetch_factor=3))
    next(batches)
    batches.close()
    assert max(loaded) < 7


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 0}, {"num_workers": -1}, {"prefetch_factor": 0}, {"shuffle": True, "sampler": [1]},
        {"batch_sampler": [[1]], "batch_size": 3}, {"batch_sampler": [[1]], "shuffle": True},
        {"batch_sampler": [[1]], "drop_last": True}, {"batch_size": None, "drop_last": True}, {"timeout": -1},
        {"timeout": 1}, {"persistent_workers": True}, {"prefetch_factor": 2}, {"prefetch_factor": 0, "num_workers": 1},
    ],
)  # fmt: skip
def test_loader_refuses(options):
    with pytest.raises(ValueError, match="expected"):
        DataLoader(NUMBERS, **options)
    with pytest.raises(TypeError, match="Generator"):
        DataLoader(NUMBERS, shuffle=True, rng=3)


def test_collate():
    batch = default_collate(
        [(1, 2.0, "a", {"k": np.ones(2, "f4")}, [True]), (3, 4.0, "b", {"k": np.zeros(2, "f4")}, [False])]
    )
    assert batch[0].tolist() == [1, 3]
    assert batch[1].dtype == np.float64
    assert batch[2] == ["a", "b"]
    assert batch[3]["k"].shape == (2, 2)
    assert batch[3]["k"].dtype == np.float32
    assert batch[4][0].dtype == np.bool_
    assert default_collate([Tensor([1.0]), Tensor([2.0])]).tolist() == [[1], [2]]
    with pytest.raises(ValueError, match=r"one shape, got \[\(2,\), \(3,\)\]"):
        default_collate([np.ones(2), np.ones(3)])
    with pytest.raises(ValueError, match="one length"):
        default_collate([(1, 2), (1,)])
    with pytest.raises(TypeError, match="got object"):
        default_collate([object()])
    for other in ({"a": 1, "b": 2}, {}):
        with pytest.raises(ValueError, match=r"the same keys, got \['a'\] and"):
            default_collate([{"a": 1}, other])
    assert default_collate([{"a": 1, "b": 2}, {"b": 3, "a": 4}])["a"].tolist() == [1, 4]
    assert default_collate([Tensor([1.0]), np.array([2.0])]).tolist() == [[1], [2]]
    sample = default_convert({"a": (np.ones(2), 3), "b": ["c", np.float32(1)]})
    assert [type(part) for part in (sample["a"][0], sample["a"][1], *sample["b"])] == [Tensor, int, str, Tensor]
    loader = DataLoader(Listed(), 4, collate_fn=lambda samples: [max(x for x, _ in samples)])
    assert list(loader) == [[3], [7], [9]]
    assert list(DataLoader([1, 2], None, collate_fn=str)) == ["1", "2"]


# ---- data that comes along, and files ------------------------------------------------------------------------------


def test_digits():
    images, labels = (tensor.data for tensor in digits().tensors)
    assert (images.shape, images.dtype, labels.dtype) == ((1797, 1, 8, 8), np.float32, np.int64)
    assert (images.min(), images.max()) == (0, 1)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (images * 16).sum() == 561718
    np.testing.assert_array_equal((images[0, 0, 0] * 16), [0, 0, 5, 13, 9, 1, 0, 0])
    assert images[::300].std() > 0.3


def idx(array, code):
    header = struct.pack(">HBB", 0, code, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize(("dtype", "code"), [("u1", 8), ("i1", 9), ("i2", 11), ("i4", 12), ("f4", 13), ("f8", 14)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_read_idx(tmp_path, dtype, code, pack):
    for array in (np.arange(-6, 18).astype(dtype).reshape(2, 3, 4), np.zeros((0, 5), dtype)):
        path = tmp_path / "array"
        path.write_bytes(pack(idx(array, code)))
        found = read_idx(path)
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)
        assert found.flags.writeable


GOOD = idx(np.arange(6, dtype="u1").reshape(2, 3), 8)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "begins with nothing"),
        (b"\x89PNG", "begins with 89 50 4e 47"),
        (b"\0\0\x07\x01" + bytes(8), "begins with 00 00 07 01"),
        (GOOD[:7], "header of 12 bytes in .*file, got 7"),
        (GOOD[:-1], r"6 bytes of data of shape \(2, 3\) in .*file, got 5: truncated"),
        (GOOD + b"x", "got 7: more than the header says"),
        (gzip.compress(GOOD, mtime=0)[:-9], "whole gzip file, but .*file cannot be unpacked"),
        (gzip.compress(GOOD, mtime=0)[:15] + b"garbage", "cannot be unpacked"),
    ],
)
def test_read_idx_refuses(tmp_path, content, match):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match=match):
        read_idx(tmp_path / "file")


@pytest.fixture
def mnist_folder(tmp_path):
    """Four files of the names of MNIST's, with 5 and 3 images."""
    rng = np.random.default_rng(0)
    for part, count, end, pack in (("train", 5, "", bytes), ("t10k", 3, ".gz", gzip.compress)):
        images = idx(rng.integers(0, 256, size=(count, 28, 28), dtype="u1"), 8)
        labels = idx(np.arange(count, dtype="u1"), 8)
        (tmp_path / f"{part}-images-idx3-ubyte{end}").write_bytes(pack(images))
        (tmp_path / f"{part}-labels-idx1-ubyte{end}").write_bytes(pack(labels))
    return tmp_path


def test_mnist(mnist_folder):
    for train, count in ((True, 5), (False, 3)):
        images, labels = (tensor.data for tensor in mnist(mnist_folder, train, verify=False).tensors)
        assert (images.shape, images.dtype, labels.dtype) == ((count, 1, 28, 28), np.float32, np.int64)
        assert 0.9 < images.max() <= 1
        assert labels.tolist() == list(range(count))


def test_mnist_is_verified(mnist_folder):
    for train, name in ((True, "train-images-idx3-ubyte"), (False, "t10k-images-idx3-ubyte.gz")):
        content = (mnist_folder / name).read_bytes()
        plain = gzip.decompress(content) if name.endswith("gz") else content
        found = hashlib.md5(plain, usedforsecurity=False).hexdigest()
        with pytest.raises(ValueError, match=f"published file, with the MD5 sum [0-9a-f]{{32}} .*{name} has {found}"):
            mnist(mnist_folder, train)


def test_mnist_refuses(mnist_folder):
    images, labels = (mnist_folder / f"train-{kind}-ubyte" for kind in ("images-idx3", "labels-idx1"))
    right = labels.read_bytes()
    for content, match in (
        (idx(np.arange(4, dtype="u1"), 8), r"as many labels in .*labels.* as images in .*images.* \(5\), got 4"),
        (idx(np.arange(5, dtype="i2"), 11), "uint8 with 1 axes in .*labels.*int16"),
        (idx(np.full(5, 10, dtype="u1"), 8), "labels from 0 to 9 in .*, got 10"),
        (images.read_bytes(), "uint8 with 1 axes"),
    ):
        labels.write_bytes(content)
        with pytest.raises(ValueError, match=match):
            mnist(mnist_folder, verify=False)
    labels.write_bytes(right)
    images.unlink()
    with pytest.raises(FileNotFoundError, match=r"train-images-idx3-ubyte or .*\.gz, found neither"):
        mnist(mnist_folder, verify=False)


def test_read_csv(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('length, "width",kind\n1,2.5,oak\n\n3,4e0,ash\n5,6,oak\n', encoding="utf-8-sig")
    features, target = read_csv(path, target="kind").tensors
    assert features.dtype == np.float32
    assert features.tolist() == [[1, 2.5], [3, 4], [5, 6]]
    assert target.tolist() == [1, 0, 1]
    assert read_csv(path, target=2)[0][1].item() == 1
    path.write_text("1;2;7\n3;4;8\n", encoding="utf-8")
    features, target = read_csv(path, target=2, delimiter=";", header=False, dtype="f8").tensors
    assert (features.tolist(), features.dtype) == ([[1, 2], [3, 4]], np.float64)
    assert (target.tolist(), target.dtype) == ([7, 8], np.int64)
    (whole,) = read_csv(path, delimiter=";", header=False).tensors
    assert whole.shape == (2, 3)
    path.write_text("a,b\n1,0.5\n2,1.5\n", encoding="utf-8")
    assert read_csv(path, target="b").tensors[1].dtype == np.float32


@pytest.mark.parametrize(
    ("text", "options", "match"),
    [
        ("", {}, "found none"),
        ("a,b\n", {}, "found none"),
        ("a,b\n1,2\n3\n", {}, "2 cells in line 3 of .*table.csv, got 1"),
        ("a,b\n1,x\n", {}, "number that float32 can hold in line 2 of .*table.csv, column 'b', got 'x'"),
        ("a,b\n1,2\n", {"target": "c"}, r"among the columns \['a', 'b'\].*got 'c'"),
        ("a,b\n1,2\n", {"target": 2}, "got 2"),
    ],
)
def test_read_csv_refuses(tmp_path, text, options, match):
    (tmp_path / "table.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=match):
        read_csv(tmp_path / "table.csv", **options)


def test_image_folder(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for label, (name, colour) in enumerate({"ash": (255, 0, 0), "oak": (0, 51, 0)}.items()):
        (tmp_path / name / "deep").mkdir(parents=True)
        for i in range(label + 1):
            image.new("RGB", (4, 3), colour).save(tmp_path / name / "deep" / f"{i}.png")
        (tmp_path / name / "notes.txt").write_text("no image")
    data = ImageFolder(tmp_path)
    assert data.classes == ["ash", "oak"]
    assert [data[i][1] for i in range(len(data))] == [0, 1, 1]
    assert data[0][0].shape == (3, 3, 4)
    assert data[0][0].dtype == np.float32
    assert data[1][0][:, 0, 0].tolist() == pytest.approx([0, 0.2, 0])
    grey = ImageFolder(tmp_path, transform=lambda x: -x, mode="L", size=(2, 5))
    assert grey[0][0].shape == (1, 2, 5)
    assert grey[0][0].max() < 0
    x, y = next(iter(DataLoader(data, 3, num_workers=2)))
    assert (x.shape, y.tolist()) == ((3, 3, 3, 4), [0, 1, 1])


def test_image_folder_refuses(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="folder for each class"):
        ImageFolder(tmp_path)
    (tmp_path / "ash").mkdir()
    with pytest.raises(FileNotFoundError, match=r"images in .*ash, found none"):
        ImageFolder(tmp_path)
    (tmp_path / "ash" / "a.png").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r"pip install backgraph\[images\]"):
        ImageFolder(tmp_path)[0]


# ---- transforms ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.asarray, Tensor])
def test_transforms(kind):
    images = kind(np.arange(96, dtype="f4").reshape(2, 3, 4, 4))
    plain = np.asarray(images)
    rng = np.random.default_rng

    scaled = normalize(images, [0, 1, 2], 2)
    assert type(scaled) is type(images)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(np.asarray(scaled)[:, 1], (plain[:, 1] - 1) / 2)
    with pytest.raises(ValueError, match="other than zero"):
        normalize(images, 0, [1, 0, 1])

    crops = np.asarray(random_crop(kind(np.repeat(plain, 50, 0)), (2, 3), rng=rng(0)))
    assert crops.shape == (100, 3, 2, 3)
    corners = {float(crop[0, 0, 0]) for crop in crops[:50]}
    assert corners == {plain[0, 0, i, j] for i in range(3) for j in range(2)}
    np.testing.assert_array_equal(crops[0, 0, 1] - crops[0, 0, 0], 4)
    padded = np.asarray(random_crop(images, 8, padding=2))
    np.testing.assert_array_equal(padded[:, :, 2:6, 2:6], plain)
    assert padded[:, :, :2].max() == 0
    assert random_crop(kind(plain[0]), 4).shape == (3, 4, 4)
    with pytest.raises(ValueError, match=r"within \(4, 4\), got \(5, 5\)"):
        random_crop(images, 5)

    np.testing.assert_array_equal(np.asarray(random_flip(images, 1.0)), plain[..., ::-1])
    np.testing.assert_array_equal(np.asarray(random_flip(images, 1.0, axis=-2)), plain[:, :, ::-1])
    np.testing.assert_array_equal(np.asarray(random_flip(images, 0.0)), plain)
    many = np.asarray(random_flip(kind(np.repeat(plain[:1], 1000, 0)), 0.25, rng=rng(0)))
    assert (many[:, 0, 0, 0] == 3).mean() == pytest.approx(0.25, abs=0.05)
    with pytest.raises(ValueError, match="axis -1"):
        random_flip(images, axis=0)

    rows = one_hot(kind(np.array([[2], [0]])), 4)
    assert type(rows) is type(images)
    np.testing.assert_array_equal(np.asarray(rows)[:, 0], np.eye(4)[[2, 0]])
    for labels in ([-1], [4]):
        with pytest.raises(ValueError, match="integers from 0 to 3"):
            one_hot(kind(np.array(labels)), 4)
    with pytest.raises(TypeError, match="float64"):
        one_hot(kind(np.ones(2)))
    assert one_hot(kind(np.zeros(0, "i8")), 3).shape == (0, 3)

    both = compose(lambda x: x * 2, lambda x: x + 1)
    np.testing.assert_array_equal(np.asarray(both(images)), plain * 2 + 1)
