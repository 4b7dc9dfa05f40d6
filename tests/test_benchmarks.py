"""The benchmarks compare like with like: the same results by hand and by the engine."""

import numpy as np
import pytest

from benchmarks import primitives, report, side_by_side
from benchmarks.__main__ import disagreement
from benchmarks.functions import FUNCTIONS
from benchmarks.libraries import backgraph, by_hand
from benchmarks.workloads import FAMILIES, STEPS, WORKLOADS

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


@pytest.mark.parametrize("name", primitives.ROWS)
def test_every_primitive_that_is_measured_can_be(name):
    value = primitives.prepared(name, "numpy", 8)()
    np.testing.assert_allclose(primitives.prepared(name, "forward", 8)().data, value, rtol=1e-5)
    gradients = primitives.prepared(name, "backward", 8)()
    assert all(np.isfinite(gradient.data).all() for gradient in gradients if gradient is not None)
    assert any(gradient is not None for gradient in gradients)


def value_and_gradients(name, dtype):
    step, inputs = backgraph.function(FUNCTIONS[name], *FUNCTIONS[name].problem(name, dtype))
    value = step()
    return {"value": value.data, **{f"gradient {k}": x.grad.data for k, x in enumerate(inputs)}}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_side_by_side_is_right(name):
    found, expected = (value_and_gradients(name, dtype) for dtype in (np.float32, np.float64))
    assert {value.dtype.char for value in found.values()} == {"f"}
    assert side_by_side.disagreement(found, expected) == ""


def test_a_wrong_gradient_of_a_function_is_found():
    found, expected = (value_and_gradients("tanh", dtype) for dtype in (np.float32, np.float64))
    assert side_by_side.disagreement({"value": found["value"]}, expected) == "no gradient 0 of shape (256, 512)"
    found["gradient 0"] = found["gradient 0"] * np.float32(1.01)
    assert side_by_side.disagreement(found, expected) == "its gradient 0 is off by 0.01"


def test_the_slowest_function_comes_first_and_the_mean_is_geometric():
    pair = {"backgraph_compiled": [1e-6] * 3, "pytorch": [4e-6] * 3}
    slow, quick = ({"backgraph": [seconds] * 3, **pair} for seconds in (8e-6, 1e-6))
    head, first, second, third, *means = side_by_side.table(
        {"quick": quick, "alone": {"backgraph": [1e-6]}, "slow": slow}
    )
    assert head.split()[-4:] == ["ratio", "compiled", "Numba", "C"]
    assert first.split() == ["slow", "8", "1", "–", "–", "4", "2.00", "0.25", "–", "–"]
    assert second.split() == ["quick", "1", "1", "–", "–", "4", "0.25", "0.25", "–", "–"]
    assert third.split() == ["alone", "1", *["–"] * 8]
    assert means[0] == "eager: geometric mean 0.707 of 2 functions; 1 above 1.0, 1 above 1.5"


def test_the_families_agree():
    for family in FAMILIES.values():
        w, x = family.problem(family.sizes[1])
        found = [library.scaled(family.name, w, x) for library in (backgraph, by_hand)]
        values = []
        for step, results in filter(None, found):
            step()
            values.append(results())
        for name, value in values[0].items():
            assert value.shape == w[name].shape
            for other in values[1:]:
                np.testing.assert_allclose(other[name], value, rtol=1e-3, atol=1e-5)


def test_a_report_keeps_what_was_not_measured(tmp_path):
    found = report.Results({"backgraph": "backgraph 1.0"}, 2)
    found.imports = {"NumPy alone": (0.1, 20.0), "backgraph": (0.13, 21.0)}
    report.write(found, tmp_path)
    found.imports = {}
    found.checkpoints = {n: [(n, n), (n * 4 / 3, n**0.5)] for n in (16, 64, 256)}
    report.write(found, tmp_path)
    text = (tmp_path / "benchmarks.md").read_text()
    assert "| backgraph | 130 | 1.30 | 21 |" in text
    assert "to the power 1.00, with them to the power 0.50" in text
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == ["Checkpoints", "Import"]


def test_the_ratios_are_of_each_way_to_run_ours(tmp_path):
    found = report.Results({"backgraph": "backgraph 1", "backgraph_c": "backgraph, C 1", "pytorch": "PyTorch 2"}, 1)
    found.times = {"small": {"backgraph": [2e-6] * 3, "backgraph_c": [1e-6] * 3, "pytorch": [4e-6] * 3}}
    report.write(found, tmp_path)
    text = (tmp_path / "benchmarks.md").read_text()
    for head, row in (
        ("backgraph relative to | backgraph, C", "2.00 | 0.50"),
        ("backgraph, C relative to | backgraph", "0.50 | 0.25"),
    ):
        assert f"| time of {head} | PyTorch |\n|---|---:|---:|\n| small | {row} |" in text
