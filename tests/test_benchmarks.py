"""The benchmarks compare like with like: the same results by hand and by the engine."""

import numpy as np
import pytest

from benchmarks.__main__ import disagreement
from benchmarks.libraries import backgraph, by_hand
from benchmarks.workloads import STEPS, WORKLOADS

QUICK = [name for name in WORKLOADS if name not in ("mlp_large", "vgg", "memory", "elementwise", "reduce_norm")]


def first_steps(library, name):
    step, results = library.make(WORKLOADS[name], *WORKLOADS[name].problem(np.float32))
    for _ in range(STEPS):
        step()
    return {key: np.array(value, dtype=np.float64) for key, value in results().items()}


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("library", [backgraph, by_hand], ids=["backgraph", "by_hand"])
def test_results_are_those_of_the_reference(library, name):
    assert disagreement(WORKLOADS[name], first_steps(library, name)) == ""


def test_a_wrong_result_is_found():
    results = first_steps(by_hand, "mlp_small")
    results["0.bias"] = results["0.bias"][::-1]
    assert disagreement(WORKLOADS["mlp_small"], results).startswith("its 0.bias is off by")
