"""Threads side by side: what each computes, the order of the locks, and an interpreter without a global lock."""

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import nn
import nn.functional as F
import optim
from autograd import Tensor, grad, manual_seed, vmap

ROOT = Path(__file__).resolve().parents[3]


def trained(seed, steps=20):
    """The losses and the weights of a small network after some steps, with batches that are prepared in threads."""
    rng = np.random.default_rng(seed)
    data = nn.data.TensorDataset(rng.normal(size=(40, 6)), rng.integers(0, 3, 40))
    loader = nn.data.DataLoader(data, batch_size=10, shuffle=True, num_workers=2, rng=rng)
    network = nn.Sequential(nn.Linear(6, 8, rng=rng), nn.Tanh(), nn.Linear(8, 3, rng=rng)).double()
    optimizer = optim.Adam(network.parameters(), lr=0.01)
    for _ in range(steps // 4):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(network(x), y).backward()
            optimizer.step()
    return [p.data.copy() for p in network.parameters()]


def slopes(seed):
    x = np.random.default_rng(seed).normal(size=(50, 4))
    return [vmap(grad(lambda row: (np.tanh(row) ** 3).sum()))(x)]


def in_threads(run, number):
    found = [None] * number

    def work(i):
        found[i] = run(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.parametrize("run", [trained, slopes])
def test_side_by_side_as_one_after_the_other(run):
    for got, expected in zip(in_threads(run, 4), map(run, range(4)), strict=True):
        for g, e in zip(got, expected, strict=True):
            np.testing.assert_array_equal(g, e)


def test_threads_add_to_one_gradient():
    manual_seed(0)
    w = Tensor(np.zeros(5), requires_grad=True)
    in_threads(lambda i: [(w * (i + 1)).sum().backward() for _ in range(50)], 4)
    np.testing.assert_array_equal(w.grad.data, 50 * (1 + 2 + 3 + 4))


def test_the_guide_has_every_lock_in_its_order():
    guide = (ROOT / "docs" / "guides" / "engine.md").read_text(encoding="utf-8")
    table = guide[guide.index("## Threads, and the order of the locks") :].split("## ")[1]
    named = re.findall(r"^\| `([\w/]+\.py)`", table, re.MULTILINE)
    files = {
        path.relative_to(ROOT / "autograd").as_posix()
        for path in (ROOT / "autograd").rglob("*.py")
        if re.search(r"threading\.R?Lock\(\)", path.read_text(encoding="utf-8"))
    }
    assert set(named) == files


# ---- an interpreter without the global lock --------------------------------------------------------------------------


def free_threaded():
    """An interpreter without a global lock that has NumPy, or why there is none."""
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return sys.executable, ""
    for name in ("python3.14t", "python3.13t"):
        if (found := shutil.which(name)) is not None:
            tried = subprocess.run([found, "-c", "import numpy"], capture_output=True, check=False)
            return (found, "") if not tried.returncode else (None, f"{name} has no NumPy")
    return None, "neither python3.14t nor python3.13t is at hand"


def test_without_the_global_lock():
    interpreter, why_not = free_threaded()
    if interpreter is None:
        pytest.skip(why_not)
    code = (
        "import sys, types\n"
        "mark = types.SimpleNamespace(parametrize=lambda *row: lambda test: test)\n"
        "sys.modules['pytest'] = types.SimpleNamespace(mark=mark)\n"
        "from tests.autograd.engine import test_threads as t\n"
        "assert not sys._is_gil_enabled(), 'an import has brought the global lock back'\n"
        "for run in (t.trained, t.slopes): t.test_side_by_side_as_one_after_the_other(run)\n"
        "t.test_threads_add_to_one_gradient(); print('fine')\n"
    )
    done = subprocess.run(
        [interpreter, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "fine\n", done.stderr
