"""Learning from more data than memory holds: python benchmarks/blocks.py --gigabytes 20

One gradient of a loss over float64 data that Dask makes block by block, as it is asked for, under a cluster of two
workers of 1 GB in processes of their own. Three ways take turns:

    by hand      map and reduce: one task a block, NumPy's lines for the gradient, and a sum of what comes out
    over_blocks  the same with `autograd.over_blocks`
    tensors      Tensors over the arrays in blocks, and one `backward()`

All three are to give the same numbers. Printed are the seconds by the clock; those that the workers' processors worked,
as a part of those by hand too; and the most memory that a worker came to hold.
"""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor, over_blocks, value_and_grad
from nn import functional as F

WIDTH, CLASSES, HIDDEN = 40, 10, 16
ROWS = 100_000  # of a block: 32 MB

Params = dict[str, Any]


def linear(p: Params, x: Any, y: Any) -> Any:
    return ((x @ p["w"] - y) ** 2).sum()


def logistic(p: Params, x: Any, y: Any) -> Any:
    return F.binary_cross_entropy_with_logits(x @ p["w"], y, reduction="sum")


def softmax(p: Params, x: Any, y: Any) -> Any:
    return F.cross_entropy(x @ p["w"], y, reduction="sum")


def network(p: Params, x: Any, y: Any) -> Any:
    return F.cross_entropy(F.relu(x @ p["v"]) @ p["w"], y, reduction="sum")


def _linear(p: Params, x: Any, y: Any) -> Any:
    error = x @ p["w"] - y
    return error @ error, {"w": 2 * (error @ x)}


def _logistic(p: Params, x: Any, y: Any) -> Any:
    z = x @ p["w"]
    loss = np.logaddexp(0, z).sum() - z @ y
    return loss, {"w": (1 / (1 + np.exp(-z)) - y) @ x}


def _classes(z: Any, y: Any) -> Any:
    rows = np.arange(len(y))
    z = z - z.max(1, keepdims=True)
    loss = -z[rows, y].sum()
    np.exp(z, z)
    total = z.sum(1, keepdims=True)
    loss += np.log(total).sum()
    z /= total
    z[rows, y] -= 1
    return loss, z


def _softmax(p: Params, x: Any, y: Any) -> Any:
    loss, slope = _classes(x @ p["w"], y)
    return loss, {"w": x.T @ slope}


def _network(p: Params, x: Any, y: Any) -> Any:
    hidden = np.maximum(x @ p["v"], 0)
    loss, slope = _classes(hidden @ p["w"], y)
    back = slope @ p["w"].T
    back *= hidden > 0
    return loss, {"v": x.T @ back, "w": hidden.T @ slope}


MODELS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "linear": (linear, _linear),
    "logistic": (logistic, _logistic),
    "softmax": (softmax, _softmax),
    "network": (network, _network),
}


def problem(name: str, blocks: int) -> tuple[Params, Any, Any]:
    """Parameters, examples and what is to come out, of so many blocks that nobody has made yet."""
    import dask.array as da

    x = da.random.default_rng(0).standard_normal((blocks * ROWS, WIDTH), chunks=(ROWS, WIDTH))
    y = x[:, :CLASSES].argmax(1)
    rng = np.random.default_rng(1)
    match name:
        case "linear" | "logistic":
            return {"w": 0.1 * rng.standard_normal(WIDTH)}, x, (y > 4).astype(float)
        case "softmax":
            return {"w": 0.1 * rng.standard_normal((WIDTH, CLASSES))}, x, y
        case _:
            v, w = 0.1 * rng.standard_normal((WIDTH, HIDDEN)), 0.1 * rng.standard_normal((HIDDEN, CLASSES))
            return {"v": v, "w": w}, x, y


def by_hand(step: Callable[..., Any], p: Params, x: Any, y: Any) -> Any:
    from dask import compute, delayed

    def add(parts: list[Any]) -> Any:
        losses, slopes = zip(*parts, strict=True)
        return sum(losses), {name: sum(slope[name] for slope in slopes) for name in slopes[0]}

    given = delayed(p)
    rows = (array.to_delayed(optimize_graph=False).ravel() for array in (x, y))  # else each block is made twice
    parts = [delayed(step)(given, *both) for both in zip(*rows, strict=True)]
    while len(parts) > 1:
        parts = [delayed(add)(parts[start : start + 8]) for start in range(0, len(parts), 8)]
    return compute(parts[0])[0]


def tensors(fun: Callable[..., Any], p: Params, x: Any, y: Any) -> Any:
    leaves = {name: Tensor(value, requires_grad=True) for name, value in p.items()}
    loss = fun(leaves, Tensor(x), y)
    loss.backward()
    return loss.item(), {name: leaf.grad for name, leaf in leaves.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python benchmarks/blocks.py", description=__doc__.split("\n")[0])
    parser.add_argument("--gigabytes", type=float, default=4.0, help="of data, made anew by each way (default: 4)")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS), metavar="NAME")
    parser.add_argument("--rounds", type=int, default=1, help="how often the three take turns (default: 1)")
    options = parser.parse_args()
    blocks = round(options.gigabytes * 1e9 / (ROWS * WIDTH * 8))
    for name in options.models:
        fun, step = MODELS[name]
        p, x, y = problem(name, blocks)
        ways: dict[str, Callable[[], Any]] = {
            "by hand": lambda step=step, p=p, x=x, y=y: by_hand(step, p, x, y),
            "over_blocks": lambda fun=fun, p=p, x=x, y=y: over_blocks(value_and_grad(fun))(p, x, y),
            "tensors": lambda fun=fun, p=p, x=x, y=y: tensors(fun, p, x, y),
        }
        taken: dict[str, list[tuple[float, float, int]]] = {way: [] for way in ways}
        for _ in range(options.rounds):
            found = {}
            for way, run in ways.items():
                found[way], *figures = under_a_cluster(run)
                taken[way].append(tuple(figures))
        expected = found["by hand"]
        for loss, slopes in found.values():
            np.testing.assert_allclose(loss, expected[0], rtol=1e-9)
            for key, slope in slopes.items():
                np.testing.assert_allclose(slope, expected[1][key], rtol=1e-7, atol=1e-6)
        print(f"{name}, {blocks * ROWS * WIDTH * 8 / 1e9:.1f} GB in {blocks} blocks", flush=True)
        hand = min(worked for _, worked, _ in taken["by hand"])
        for way, rounds in taken.items():
            seconds, worked, _ = map(min, zip(*rounds, strict=True))
            held = max(held for *_, held in rounds) >> 20
            print(
                f"    {way:12} {seconds:6.1f} s, {worked:6.1f} s of work ({worked / hand:.2f}), {held} MB", flush=True
            )


def under_a_cluster(run: Callable[[], Any]) -> tuple[Any, float, float, int]:
    """What a run gives on new workers, the seconds it took, those that they worked, and the most bytes one held."""
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, memory_limit="1GB", dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.run(importlib.import_module, "nn")
        before = sum(client.run(time.process_time).values())
        start = time.perf_counter()
        made = run()
        seconds = time.perf_counter() - start
        worked = sum(client.run(time.process_time).values()) - before
        return made, seconds, worked, max(client.run(_most).values())


def _most() -> int:
    """The most memory that this process has held, in bytes."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
