"""Attention: masks, and rows that may attend to nothing."""

import copy
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, gradgradcheck
from nn import functional as F

R = np.random.default_rng(0)
Q, K, V = R.normal(size=(2, 3, 4)), R.normal(size=(2, 5, 4)), R.normal(size=(2, 5, 6))


def test_masks_of_booleans_and_of_numbers_agree() -> None:
    keep = R.random((3, 5)) > 0.3
    keep[:, 0] = True
    added = np.where(keep, 0.0, -np.inf)
    one = F.scaled_dot_product_attention(Q, K, V, keep)
    np.testing.assert_allclose(one, F.scaled_dot_product_attention(Q, K, V, added))
    causal = F.scaled_dot_product_attention(Q, K, V, is_causal=True)
    np.testing.assert_allclose(causal, F.scaled_dot_product_attention(Q, K, V, np.tri(3, 5, dtype=bool)))


def test_a_query_without_keys_gets_zeros_and_no_nan() -> None:
    q = Tensor(Q, requires_grad=True)
    keep = np.ones((3, 5), bool)
    keep[1] = False
    result = F.scaled_dot_product_attention(q, K, V, keep)
    np.testing.assert_array_equal(result.data[:, 1], 0)
    result.sum().backward()
    np.testing.assert_array_equal(q.grad.data[:, 1], 0)
    assert np.isfinite(q.grad.data).all()
    assert F.scaled_dot_product_attention(Q, K[:, :0], V[:, :0]).shape == (2, 3, 6)
    layer = nn.MultiheadAttention(4, 2, rng=np.random.default_rng(0)).double()
    x = R.normal(size=(3, 2, 4))
    output, weights = layer(x, x, x, key_padding_mask=np.array([[True, True, True], [False, True, False]]))
    np.testing.assert_array_equal(weights.data[0], 0)
    np.testing.assert_allclose(weights.data[1].sum(-1), 1)
    assert np.isfinite(output.data).all()


def test_grouped_heads_are_repeated_ones() -> None:
    q, k, v = R.normal(size=(2, 6, 3, 4)), R.normal(size=(2, 2, 5, 4)), R.normal(size=(2, 2, 5, 4))
    grouped = F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    np.testing.assert_allclose(grouped, F.scaled_dot_product_attention(q, k.repeat(3, 1), v.repeat(3, 1)))
    assert F.scaled_dot_product_attention(q[:0], k[:0], v[:0], enable_gqa=True).shape == (0, 6, 3, 4)


def test_dropout_keeps_the_mean_and_is_for_training() -> None:
    rng = np.random.default_rng(0)
    mean = np.mean([F.scaled_dot_product_attention(Q, K, V, dropout_p=0.3, rng=rng) for _ in range(3000)], 0)
    np.testing.assert_allclose(mean, F.scaled_dot_product_attention(Q, K, V), atol=0.1)
    layer = nn.MultiheadAttention(4, 2, dropout=0.5, rng=rng).double()
    assert not np.allclose(layer(Q, Q, Q)[0].data, layer(Q, Q, Q)[0].data)
    layer.eval()
    np.testing.assert_array_equal(layer(Q, Q, Q)[0].data, layer(Q, Q, Q)[0].data)


def test_second_derivatives() -> None:
    assert gradgradcheck(lambda q, k: F.scaled_dot_product_attention(q, k, k), Q[0], K[0])
    layer = nn.TransformerEncoderLayer(4, 2, 5, 0.0, activation="gelu", rng=np.random.default_rng(0)).double()
    assert gradgradcheck(layer, R.normal(size=(2, 1, 4)))


def test_batch_first_is_only_another_order() -> None:
    layer = nn.MultiheadAttention(4, 2, rng=np.random.default_rng(0))
    other = nn.MultiheadAttention(4, 2, batch_first=True)
    other.load_state_dict(layer.state_dict())
    x, y = (R.normal(size=(n, 2, 4)).astype(np.float32) for n in (3, 5))
    output, weights = layer(x, y, y)
    turned, same = other(*(z.swapaxes(0, 1) for z in (x, y, y)))
    np.testing.assert_allclose(turned.data.swapaxes(0, 1), output.data, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(same.data, weights.data, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(weights.data.sum(-1), 1, rtol=1e-6)


def test_the_future_does_not_leak() -> None:
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True), 2).eval()
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    x = R.normal(size=(1, 5, 8)).astype(np.float32)
    changed = x.copy()
    changed[:, 3:] += 1
    before, after = (model(z, mask, is_causal=True).data for z in (x, changed))
    np.testing.assert_allclose(before[:, :3], after[:, :3], rtol=1e-5, atol=1e-6)
    assert not np.allclose(before[:, 3:], after[:, 3:])


def test_layers_are_copies_and_are_drawn_as_stated() -> None:
    model = nn.Transformer(8, 2, 2, 2, 16, rng=np.random.default_rng(0))
    first, second = (layer.linear1.weight for layer in model.encoder.layers)
    assert first is not second
    assert not np.array_equal(first.data, second.data)
    assert np.abs(first.data).max() <= np.sqrt(6 / 24)
    assert len(model.state_dict()) == len(copy.deepcopy(model).state_dict()) == 2 * 12 + 2 * 18 + 4
    assert not nn.MultiheadAttention(8, 2).in_proj_bias.data.any()


X = np.ones((3, 2, 8), np.float32)
MHA = nn.MultiheadAttention(8, 2)


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ValueError, lambda: nn.MultiheadAttention(8, 3)),
        (ValueError, lambda: nn.MultiheadAttention(0, 1)),
        (ValueError, lambda: MHA(X[..., :4], X, X)),
        (ValueError, lambda: MHA(X, X[:2], X)),
        (ValueError, lambda: MHA(X, X[:, :1], X[:, :1])),
        (ValueError, lambda: MHA(X, X[0], X[0])),
        (ValueError, lambda: MHA(X, X, X, attn_mask=np.zeros((3, 2), bool))),
        (ValueError, lambda: MHA(X, X, X, attn_mask=np.zeros(3, bool))),
        (ValueError, lambda: MHA(X, X, X, key_padding_mask=np.zeros((3, 2), bool))),
        (ValueError, lambda: MHA(X, X, X, key_padding_mask=np.zeros(3, bool))),
        (TypeError, lambda: MHA(X, X, X, attn_mask=np.zeros((3, 3), int))),
        (ValueError, lambda: MHA(X, X, X, is_causal=True)),
        (ValueError, lambda: F.scaled_dot_product_attention(Q, V, V)),
        (ValueError, lambda: F.scaled_dot_product_attention(Q, K, V[:, :2])),
        (ValueError, lambda: F.scaled_dot_product_attention(Q, K, V, np.ones((3, 5), bool), is_causal=True)),
        (ValueError, lambda: F.scaled_dot_product_attention(Q[:, None], K[:, None], V, enable_gqa=True)),
        (ValueError, lambda: F.scaled_dot_product_attention(Q, K, V, dropout_p=2.0)),
        (ValueError, lambda: nn.TransformerEncoderLayer(8, 2, activation="tanh")),
        (ValueError, lambda: nn.Transformer(8, 2, 1, 1, 8)(X, X[:, :1])),
        (ValueError, lambda: nn.Transformer(8, 2, 1, 1, 8)(X[..., :4], X)),
    ],
)
def test_errors(error: type[Exception], call: Any) -> None:
    with pytest.raises(error, match=r"expected|is_causal"):
        call()
