#!/usr/bin/env bash
# JAX 0.10.2 on a CPU: products of matrices with XLA_FLAGS=--xla_cpu_multi_thread_eigen=false, on two processors or more.
#
# One would expect: one thread computes, as the flag is there to say; what is timed so beside a library that keeps to one
# thread is a fair comparison.
# What happens: two threads or more compute. Only a process that is kept to one processor (sched_setaffinity) keeps to one.
set -euo pipefail
[ "$(nproc)" -ge 2 ] || { echo "needs two processors"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check jax==0.10.2 numpy==2.4.6
cat > "$folder/busy.py" <<'PYTHON'
import os
import sys
from pathlib import Path

if sys.argv[1] == "kept":
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
import jax
import numpy as np


def spent():
    """Ticks of the clock that each thread has computed for."""
    fields = {task.name: (task / "stat").read_text().rpartition(")")[2].split() for task in Path("/proc/self/task").iterdir()}
    return {name: int(found[11]) for name, found in fields.items()}


step = jax.jit(lambda a, b: jax.numpy.tanh(a @ b) @ b)
a, b = (np.random.default_rng(0).standard_normal(shape, np.float32) for shape in ((256, 1024), (1024, 1024)))
for _ in range(10):
    step(a, b).block_until_ready()
before = spent()
for _ in range(200):
    step(a, b).block_until_ready()
ticks = sorted((end - before.get(name, 0) for name, end in spent().items()), reverse=True)
print(jax.__version__, "several" if sum(ticks[1:]) > 0.15 * sum(ticks) else "one")
PYTHON
export XLA_FLAGS=--xla_cpu_multi_thread_eigen=false OMP_NUM_THREADS=1 JAX_PLATFORMS=cpu
seen="$("$folder/venv/bin/python" "$folder/busy.py" free); $("$folder/venv/bin/python" "$folder/busy.py" kept)"
expected='0.10.2 several; 0.10.2 one'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "changed; it was: $expected"; exit 1; }
