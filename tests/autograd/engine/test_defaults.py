"""The default dtype: what it is the dtype of, and what keeps its own."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, get_default_dtype, set_default_dtype


@pytest.fixture(params=[np.float32, np.float64])
def dtype(request: Any) -> Iterator[Any]:
    set_default_dtype(request.param)
    yield np.dtype(request.param)
    set_default_dtype(np.float32)


def test_it_is_single_precision_at_first() -> None:
    assert get_default_dtype() == np.float32


LAYERS = [
    lambda: nn.Linear(2, 3), lambda: nn.Conv2d(2, 3, 3), lambda: nn.Embedding(4, 3), lambda: nn.BatchNorm2d(3),
    lambda: nn.LSTM(2, 3), lambda: nn.GRUCell(2, 3), lambda: nn.MultiheadAttention(4, 2), lambda: nn.LayerNorm(3),
    lambda: nn.Bilinear(2, 2, 3), lambda: nn.PReLU(), lambda: nn.TransformerEncoderLayer(4, 2, 8),
    lambda: nn.RBM(3, 2), lambda: nn.GroupNorm(1, 2), lambda: nn.LazyLinear(2),
]  # fmt: skip


@pytest.mark.parametrize("make", LAYERS)
def test_parameters_and_buffers_have_it(make: Any, dtype: Any) -> None:
    state = make().state_dict(keep_vars=True)
    assert {value.dtype for value in state.values() if value.dtype.kind == "f"} == {dtype}


def test_what_is_made_of_lists_and_read_has_it(dtype: Any, tmp_path: Any) -> None:
    assert nn.Parameter([1.0]).dtype == nn.Parameter([1]).dtype == dtype
    assert nn.ReLU()([1.0]).dtype == dtype
    assert nn.Transformer.generate_square_subsequent_mask(2).dtype == dtype
    assert nn.data.digits()[0][0].dtype == nn.data.one_hot(np.array([0, 1])).dtype == dtype
    (tmp_path / "table.csv").write_text("a,b\n1,0.1\n")
    [features] = nn.data.read_csv(tmp_path / "table.csv").tensors
    np.testing.assert_array_equal(features, np.array([[1, 0.1]], dtype))
    assert features.dtype == dtype


def test_images_from_files_have_it(dtype: Any, tmp_path: Any) -> None:
    image = pytest.importorskip("PIL.Image")
    (tmp_path / "a").mkdir()
    image.fromarray(np.full((2, 2), 51, np.uint8)).save(tmp_path / "a" / "8.png")
    image.fromarray(np.full((2, 2), 13107, np.uint16)).save(tmp_path / "a" / "16.png")
    for mode in ("L", "RGB"):
        for found, _ in nn.data.ImageFolder(tmp_path, mode=mode):
            assert found.dtype == dtype
            np.testing.assert_allclose(found, 0.2, rtol=1e-6)


def test_what_has_a_dtype_keeps_it(dtype: Any) -> None:
    assert Tensor([1.0]).dtype == np.float64
    assert Tensor([1]).dtype == np.int64
    assert nn.Parameter(np.ones(1, np.float16)).dtype == np.float16
    assert nn.Linear(1, 1, dtype=np.float16).weight.dtype == np.float16


def test_a_network_is_trained_in_double_precision() -> None:
    layer = nn.Linear(2, 1)
    set_default_dtype(np.float64)
    try:
        assert layer.weight.dtype == np.float32
        loss = nn.MSELoss()(nn.Linear(2, 1)(np.ones((3, 2))), np.zeros((3, 1)))
        loss.backward()
        assert loss.dtype == np.float64
    finally:
        set_default_dtype(np.float32)


@pytest.mark.parametrize("wrong", [int, "nonsense", None, complex, np.ones(2)])
def test_another_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"set_default_dtype: expected a floating dtype, as np\.float64 is, got"):
        set_default_dtype(wrong)
    assert get_default_dtype() == np.float32
