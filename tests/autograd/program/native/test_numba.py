"""Kernels compiled by Numba: its functions of one number, the cache, threads, and what a caller notices."""

from __future__ import annotations

import itertools
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import Tensor
from autograd.program.compiling import Compiled
from autograd.program.native import cache, choose, numba_backend, threads
from autograd.program.native.form import Access, Buffer, Kernel, Let, Load, Loop, Nest, Store
from nn import functional as F

from .plain import PLAIN
from .test_programs import ROUGHLY, assert_near, run

numba = pytest.importorskip("numba", reason="Numba (the extra `fast`) is not installed")


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A cache of these tests' own, so that they compile what they test."""
    where = tmp_path_factory.mktemp("kernels")
    cache.folder.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKGRAPH_CACHE", str(where))
        yield where
    cache.folder.cache_clear()


def compiled(function: Any) -> Compiled:
    return Compiled(function, (), choose("numba"))


# ---- functions of one number -----------------------------------------------------------------------------------------


def functions(dtype: str) -> Any:
    """All of them on one array, as one kernel."""
    at = lambda buffer: Access(buffer, 0, (), 1)
    names = ("exp", "expm1", "log", "log1p", "tanh")
    loop: list[Any] = [Load(0, dtype, at(0))]
    for k, name in enumerate(names, 1):
        loop += [Let(k, dtype, name, (0,)), Store(at(k), dtype, k)]
    kernel = Kernel((Buffer(dtype, 0),) * 6, (Nest((), 0, (Loop(tuple(loop)),), True),), True)
    (function,) = numba_backend.build([kernel])

    def run(x: Any) -> dict[str, Any]:
        made = [np.empty_like(x) for _ in names]
        table = np.array([array.ctypes.data for array in (x, *made)])
        assert function(table.ctypes.data, 0, -(-x.size // 1024), x.size) == 0
        return dict(zip(names, made, strict=True))

    return run


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_functions_of_one_number(dtype: str) -> None:
    rng = np.random.default_rng(0)
    info = np.finfo(dtype)
    most = float(np.log(info.max))
    ranges = [
        rng.uniform(-1.3 * most, 1.3 * most, 20_000),
        rng.standard_normal(20_000),
        rng.uniform(-1, 1, 20_000) * 1e-3,
    ]
    ranges += [np.exp(rng.uniform(-most, most, 20_000)), rng.uniform(0.3, 0.8, 20_000), rng.uniform(-0.99, 3, 20_000)]
    x = np.concatenate(ranges).astype(dtype)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, info.tiny, info.smallest_subnormal, -info.smallest_subnormal]
    special += [info.max, -info.max, 1, -1, -2, info.eps / 8, -info.eps / 8]
    x = np.concatenate([x, np.array(special, dtype)])
    for name, found in functions(dtype)(x).items():
        with np.errstate(all="ignore"):
            exact = getattr(np, name)(x.astype(np.longdouble))
            own = getattr(np, name)(x)
            within = np.isfinite(own) & (np.abs(exact) >= info.tiny)
            apart = np.abs(found[within] - exact[within]) / np.spacing(np.abs(own[within])).astype(np.longdouble)
        if np.finfo(np.longdouble).nmant > info.nmant:
            assert apart.max() <= 2, (name, x[within][apart.argmax()])
        rest = ~np.isfinite(own) | (own == 0)
        np.testing.assert_array_equal(found[rest], own[rest], err_msg=name)
        zeros = own == 0
        np.testing.assert_array_equal(np.signbit(found[zeros]), np.signbit(own[zeros]), err_msg=name)
        tiny = np.isfinite(own) & ~within & ~zeros
        np.testing.assert_allclose(found[tiny], own[tiny], rtol=0, atol=2 * info.smallest_subnormal, err_msg=name)


# ---- programs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["adam", "convolution"])
def test_programs_train_as_the_engine_does(name: str) -> None:
    expected, _ = run(name, None)
    found, step = run(name, choose("numba"))
    assert step.why_not is None
    assert_near(expected, found, atol=ROUGHLY.get(name, 2e-4))


def everything(x: Any, index: Any) -> Any:
    """Of each kind of instruction at least one."""
    mask = (x > 0) & ~(x == 1) | (x < -1)
    y = np.where(mask, x, -x) * mask + np.sign(x) + np.maximum(x, 0.5) - np.minimum(x, -0.5) + abs(x)
    y = (
        y / (1 + np.sqrt(np.abs(y)))
        + np.exp(-y * y)
        + np.log1p(y * y)
        + np.expm1(-np.abs(y))
        + np.reciprocal(y * y + 1)
    )
    top, low = y.max(1, keepdims=True), y.min(1, keepdims=True)
    part = np.exp(y - top) / np.exp(y - top).sum(1, keepdims=True) + np.tanh(low)
    part[np.arange(len(x)), index] -= 1
    return part, part.sum(0), part.sum(), part.T + 1, index.max() - index.min() > 0, np.isnan(y), part[1:, ::2] * 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_instruction(dtype: Any) -> None:
    rng = np.random.default_rng(0)
    x, index = rng.standard_normal((40, 6)).astype(dtype), rng.integers(-6, 6, 40)
    x[3, 2] = 1
    for backend in (choose("numba"), PLAIN):
        step = Compiled(everything, (), backend)
        for _ in range(3):
            found = step(x, index)
        assert step.why_not is None
        assert_near(
            everything(x, index), found, 1e-4 if dtype == np.float32 else 1e-12, 1e-5 if dtype == np.float32 else 1e-12
        )
    with pytest.raises(IndexError, match="index 6 is out of bounds for axis 1 with size 6"):
        step(x, np.full(40, 6))


@pytest.mark.parametrize("length", [50, 1100])  # a row longer than a block is summed in several
def test_nan_and_infinity_pass_through_reductions(length: int) -> None:
    step = compiled(lambda x: (x.max(1) * 2, x.min(1) * 2, (x * 2).sum(1), (x * 2).sum(0)))
    plain = np.arange(4.0 * length, dtype=np.float32).reshape(4, length)
    for bad in (np.nan, -np.nan, np.inf, -np.inf):
        x = plain.copy()
        x[1, 33] = bad
        for _ in range(3):
            found = step(x)
        for a, b in zip(found, step._fun(x), strict=True):
            np.testing.assert_array_equal(a, b)


def test_long_sums_are_no_less_accurate_than_numpys() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, 600_000).astype(np.float32)
    rows = x.reshape(-1, 6)
    step = compiled(lambda x, rows: ((x * 1.5).sum(), (rows * 1.5).sum(0), (rows * 1.5).sum(1)))
    for _ in range(3):
        whole, over, along = step(x, rows)
    exact = (x * np.float32(1.5)).astype(np.float64)
    assert abs(whole - exact.sum()) <= max(abs((x * np.float32(1.5)).sum() - exact.sum()), 1e-6 * exact.sum())
    assert (
        abs(over - exact.reshape(-1, 6).sum(0)).max()
        <= abs((rows * np.float32(1.5)).sum(0) - exact.reshape(-1, 6).sum(0)).max()
    )
    np.testing.assert_allclose(along, exact.reshape(-1, 6).sum(1), rtol=1e-6)


# ---- threads ---------------------------------------------------------------------------------------------------------


def test_two_threads_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).standard_normal((700, 300)).astype(np.float32)
    step = compiled(lambda x: (np.exp(x - x.max(1, keepdims=True)), (x * x).sum(0), np.tanh(x).sum()))
    found = []
    for count in (1, 2):
        monkeypatch.setattr(threads, "count", lambda count=count: count)
        for _ in range(3):
            result = step(x)
        found.append(result)
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_error_in_either_thread_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "count", lambda: 2)
    seen = []

    def kernel(table: int, lo: int, hi: int, n: int) -> int:
        seen.append((lo, hi))
        return int(lo <= 3 < hi)

    assert threads.divided(kernel, 0, 20, 0) == 1
    assert sorted(k for lo, hi in seen for k in range(lo, hi)) == list(range(20))
    assert threads.divided(lambda *given: 0, 0, 20, 0) == 0


def test_who_finds_the_second_thread_at_work_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "count", lambda: 2)
    rounds = threading.Barrier(2, timeout=30)
    parts: list[Any] = []

    def inner(table: int, lo: int, hi: int, n: int) -> int:
        parts.append((lo, hi))
        return 0

    def outer(table: int, lo: int, hi: int, n: int) -> int:
        if lo == 0:
            threads.divided(inner, 0, 8, 0)
        return 0

    assert threads.divided(outer, 0, 8, 0) == 0
    assert parts == [(0, 8)]
    assert rounds.n_waiting == 0


def test_steps_in_several_threads() -> None:
    step = compiled(lambda x: np.tanh(x) * 2 + x.sum())
    x = np.arange(12.0)
    for _ in range(3):
        expected = step(x)
    found: list[Any] = []
    workers = [threading.Thread(target=lambda: found.extend([step(x) for _ in range(50)])) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 200
    for result in found:
        np.testing.assert_array_equal(result, expected)


# ---- the cache -------------------------------------------------------------------------------------------------------


def square(dtype: str = "float64") -> Kernel:
    at = lambda buffer: Access(buffer, 0, (), 1)
    loop = Loop((Load(0, dtype, at(0)), Let(1, dtype, "multiply", (0, 0)), Store(at(1), dtype, 1)))
    return Kernel((Buffer(dtype, 0),) * 2, (Nest((), 0, (loop,), True),), True)


def squares(function: Any) -> list[float]:
    x, y = np.arange(3.0), np.empty(3)
    table = np.array([x.ctypes.data, y.ctypes.data])
    function(table.ctypes.data, 0, 1, 3)
    found: list[float] = y.tolist()
    return found


def fresh() -> Any:
    """The function, as a new process would have it."""
    numba_backend._built.cache_clear()
    cache.folder.cache_clear()
    return numba_backend.build([square()])[0]


def test_what_is_kept_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKGRAPH_CACHE", str(tmp_path / "made"))
    assert squares(fresh()) == [0, 1, 4]
    kept = {file: file.read_bytes() for file in (tmp_path / "made").rglob("*") if file.is_file()}
    assert {file.suffix for file in kept} == {".py", ".sum", ".nbi", ".nbc"}
    times = {file: file.stat().st_mtime_ns for file in kept}
    assert squares(fresh()) == [0, 1, 4]
    assert {file: file.stat().st_mtime_ns for file in kept} == times


@pytest.mark.parametrize("suffix", [".py", ".sum", ".nbi", ".nbc"])
@pytest.mark.parametrize("how", ["cut", "flipped", "empty", "gone"])
def test_what_is_damaged_is_made_anew(suffix: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKGRAPH_CACHE", str(tmp_path))
    fresh()
    (file,) = [file for file in tmp_path.rglob("*") if file.suffix == suffix]
    before = file.read_bytes()
    middle = len(before) // 2
    damaged = {"cut": before[:middle], "flipped": before[:middle] + bytes([before[middle] ^ 1]) + before[middle + 1 :]}
    file.unlink() if how == "gone" else file.write_bytes(damaged.get(how, b""))
    assert squares(fresh()) == [0, 1, 4]
    assert squares(fresh()) == [0, 1, 4]
    assert file.read_bytes()


def test_what_another_process_makes_anew_meanwhile_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setenv("BACKGRAPH_CACHE", str(tmp_path))
    fresh()
    kept = numba_backend._kept
    monkeypatch.setattr(numba_backend, "_kept", lambda path: [*kept(path), tmp_path / "gone"])
    assert squares(fresh()) == [0, 1, 4]


def test_a_folder_that_cannot_be_written_is_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BACKGRAPH_CACHE", str(tmp_path / "file" / "below"))
    assert cache.folder.__wrapped__() is None
    assert squares(fresh()) == [0, 1, 4]
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "file"]


def test_where_kernels_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BACKGRAPH_CACHE", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.folder.__wrapped__() == tmp_path / "backgraph"
    monkeypatch.setenv("BACKGRAPH_CACHE", "")
    assert cache.folder.__wrapped__() is None


# ---- what a caller notices -------------------------------------------------------------------------------------------


def test_a_step_that_is_compiled_in_the_background_of_a_network() -> None:
    autograd.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 3))
    optimizer = optim.SGD(network.parameters(), 0.1, momentum=0.9)

    def step(x: Any, t: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), t)
        loss.backward()
        optimizer.step()
        return loss.detach()

    fast = autograd.compile(step, backend="numba")
    rng = np.random.default_rng(0)
    x, t = Tensor(rng.standard_normal((6, 4)).astype(np.float32)), Tensor(rng.integers(0, 3, 6))
    losses = [float(fast(x, t)) for _ in range(40)]
    assert losses[-1] < losses[0] / 3
    assert all(b < a for a, b in itertools.pairwise(losses[:5]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fast(Tensor(x.data[:3]), Tensor(t.data[:3]))
    assert len(fast.programs) == 2
    with pytest.raises(ValueError, match="expected 4 input features"):
        fast(Tensor(x.data[:, :3]), t)


def test_a_kernel_that_numba_refuses_is_a_note_and_not_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    numba_backend._built.cache_clear()
    monkeypatch.setenv("BACKGRAPH_CACHE", "")
    monkeypatch.setattr(numba_backend, "source", lambda kernel: "import numba\nraise RuntimeError('not this one')")
    step = autograd.compile(lambda x: np.exp(x * 3) + x, backend="numba")
    x = np.arange(4.0)
    with pytest.warns(UserWarning, match=r"steps run on numpy, for numba: .*not this one"):
        results = [step(x) for _ in range(3)]
    assert step.why_not is None
    for result in results:
        np.testing.assert_array_equal(result, np.exp(x * 3) + x)
