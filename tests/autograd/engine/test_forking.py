"""Children that are forked while other threads compute: they go on, whatever those threads were doing."""

import os
import subprocess
import sys
import threading

import pytest

from autograd.engine.forking import _load, free

PROGRAM = """
import os, signal, sys, threading
import numpy as np
from autograd import Tensor, detect_anomaly, generator, manual_seed

manual_seed(0)
stop = False

def sweep():
    w = [Tensor(np.ones(3), requires_grad=True) for _ in range(30)]
    sum((p * p).sum() for p in w).backward()
    assert all((p.grad.data == 2).all() for p in w)

def checked():
    with detect_anomaly():
        sweep()

def draw():
    assert generator().normal(size=20_000).std() > 0.9

work = {"sweep": sweep, "checked": checked, "draw": draw}[sys.argv[1]]

def on_and_on():
    while not stop:
        work()

sys.setswitchinterval(1e-5)
threads = [threading.Thread(target=on_and_on) for _ in range(4)]
for thread in threads:
    thread.start()
hung = 0
for _ in range(40):
    child = os.fork()
    if not child:
        signal.alarm(30)
        for _ in range(3):
            work()
        os._exit(0)
    hung += os.waitpid(child, 0)[1] != 0
    if hung:
        break
stop = True
for thread in threads:
    thread.join()
sys.exit(hung)
"""


WITHOUT_LOCK = not getattr(sys, "_is_gil_enabled", lambda: True)()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked")
@pytest.mark.skipif(WITHOUT_LOCK, reason="without a global lock Python's own locks stay held in a child")
@pytest.mark.parametrize("what", ["sweep", "checked", "draw"])
def test_a_child_never_waits_for_threads_that_it_has_not(what):
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM, what], capture_output=True, text=True,
        timeout=400, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_lock_is_made_free_whoever_holds_it():
    lock = threading.Lock()
    lock.acquire()
    free(lock)
    assert lock.acquire(blocking=False)


@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_loaded_late_is_loaded_while_another_thread_may_be_loading_it(monkeypatch, threads):
    monkeypatch.setattr(threading, "active_count", lambda: threads)
    late = ("linecache", "tokenize")  # which is what linecache loads late
    for name in late:
        monkeypatch.delitem(sys.modules, name)
    _load()
    assert [name in sys.modules for name in late] == [threads > 1] * 2
