"""What ranks exchange, and its gradients: on one process the thing itself, on several by hand."""

import numpy as np
import pytest

from autograd import Tensor
from nn import parallel

from .running import on_ranks


@pytest.mark.parametrize("n", [2, 3])
def test_on_ranks(n):
    ranks = range(n)
    sums = np.arange(3.0) * n + sum(ranks)
    rows = np.array([[float(rank)] * 2 for rank in ranks for _ in range(rank)])
    for rank, found in enumerate(on_ranks(n, "exchange")):
        expected = {
            "sum": sums, "sum back": 2 * sums * sum(r + 1 for r in ranks),
            "max": [0, 1, 2], "max back": np.full(3, float(n)) * ((rank == 0) | (np.arange(3) == 0)) / [n, 1, 1],
            "rows": rows,
            "rows back": np.full((rank, 2), n) * np.arange(rank * (rank - 1) // 2, rank * (rank + 1) // 2)[:, None],
            "numbers": list(ranks), "numbers back": 2 * n * rank,
            "sent": [2], "sent back": [sum(r + 3 for r in ranks) * (rank == 1)],
            "mean": np.mean(ranks), "nan": [np.nan, n - 1], "bools": [n, 1],
            "halves": np.array([300 * n, n * np.float32(np.float16(0.1))], np.float16),
            "fortran": np.ones((2, 3)) + (n - 1) * np.arange(6.0).reshape(2, 3),
            "long": np.array([0, 262_143, 262_144, 699_999], np.float32) * n,
            "complex": 1j * sum(ranks), "average": sum(r * r for r in ranks) / sum(ranks),
        }  # fmt: skip
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_array_equal(found[name], value, err_msg=name)
        assert found["halves"].dtype == np.float16


def test_alone():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert parallel.all_reduce(x) is parallel.all_reduce(x, "max") is parallel.broadcast(x) is x
    assert parallel.all_gather(x) is x
    assert parallel.all_gather(Tensor(3.0)).shape == (1,)
    assert parallel.all_reduce(2.0) == 2
    assert (parallel.rank(), parallel.size()) == (0, 1)
    assert parallel.average(3.0, 2) == 3
    assert np.isnan(parallel.average(3.0, 0))
    parallel.barrier()


def test_wrong_uses():
    with pytest.raises(ValueError, match="all_reduce: expected op 'sum' or 'mean' or 'max' or 'min', got 'prod'"):
        parallel.all_reduce(1.0, "prod")
    with pytest.raises(ValueError, match="broadcast: expected a root from 0 to 0, got 1"):
        parallel.broadcast(1.0, 1)
