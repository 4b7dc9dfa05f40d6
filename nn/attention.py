"""Attention: scaled dot products, and the module with several heads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd
from autograd.ops import alike, in_single

from . import init
from .dropout import dropout
from .layer import Layer
from .linear import Linear, linear
from .parameter import write
from .shared import Rng, plain


def _additive(mask: Any, keeps: bool, dtype: Any, who: str) -> Any:
    """A mask to be added to scores: -inf where a boolean one says so (False if it tells what it keeps, else True)."""
    if mask is None:
        return None
    values = plain(mask)
    if values.dtype.kind == "b":
        bias = np.zeros_like(values, dtype=dtype)
        bias[~values if keeps else values] = -math.inf
        return bias
    if values.dtype.kind != "f":
        raise TypeError(f"{who}: expected a mask of booleans or of a floating dtype, got {values.dtype}")
    return mask if values.dtype == dtype else mask.astype(dtype)


def _weights(scores: Any, bias: Any) -> Any:
    """softmax(scores + bias) along the last axis; zeros in a row whose bias is -inf throughout."""
    if not scores.shape[-1]:
        return scores
    if bias is None:
        return autograd.softmax(scores, -1)
    bias = alike(bias, scores)
    dead = (plain(bias) == -math.inf).all(-1, keepdims=True)
    if not dead.any():
        return autograd.softmax(scores + bias, -1)
    return autograd.softmax(scores + np.where(dead, 0.0, bias), -1) * ~dead


@in_single
def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False,
    scale: float | None = None, enable_gqa: bool = False, *, rng: Rng = None,
) -> Any:  # fmt: skip
    """softmax(q kᵀ · scale + mask) v. (Vaswani et al. 2017)

    query, key, value  (..., L, E), (..., S, E), (..., S, V) give (..., L, V)
    attn_mask          broadcasts to (..., L, S): booleans, true where a key is attended to, or numbers to be added
    dropout_p          the probability with which a weight is left out (always: pass 0 in evaluation)
    is_causal          a query attends to the keys at its own place and before; goes without attn_mask
    scale              1 / √E, if not given
    enable_gqa         key and value may have fewer heads (axis -3), each of which serves as many of the query's

    A query that may attend to no key gets zeros. Raises ValueError for shapes that do not match.

    >>> scaled_dot_product_attention(np.ones((1, 2, 4)), np.ones((1, 3, 4)), np.ones((1, 3, 5))).shape
    (1, 2, 5)
    """
    who = "scaled_dot_product_attention"
    axes = min(query.ndim, key.ndim, value.ndim)
    if axes < 2 or query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]:
        raise ValueError(
            f"{who}: expected query (..., L, E), key (..., S, E), value (..., S, V), got {query.shape}, {key.shape} "
            f"and {value.shape}"
        )
    if is_causal and attn_mask is not None:
        raise ValueError(f"{who}: expected attn_mask or is_causal, got both")
    rows, columns = query.shape[-2], key.shape[-2]
    mask = np.tri(rows, columns, dtype=bool) if is_causal else attn_mask
    bias = _additive(mask, True, query.dtype, who)
    heads = query.shape[:-2]
    if enable_gqa:
        query = _grouped(query, key, value, who)
    scores = (query * (1 / math.sqrt(query.shape[-1] or 1) if scale is None else scale)) @ key.swapaxes(-1, -2)
    shape = scores.shape
    if enable_gqa:
        scores = scores.reshape(*heads, rows, columns)
    weights = dropout(_weights(scores, bias), dropout_p, rng=rng)
    if not enable_gqa:
        return weights @ value
    return (weights.reshape(shape) @ value).reshape(*heads, rows, value.shape[-1])


def _grouped(query: Any, key: Any, value: Any, who: str) -> Any:
    """The query with the heads that share a key below one another: (..., H, heads per key · L, E)."""
    if min(query.ndim, key.ndim, value.ndim) < 3 or not key.shape[-3] == value.shape[-3] != 0:
        raise ValueError(f"{who}: expected as many heads in key and value, got {key.shape} and {value.shape}")
    if query.shape[-3] % key.shape[-3]:
        raise ValueError(f"{who}: expected query heads divisible by {key.shape[-3]}, got {query.shape}")
    heads, (every, rows, length) = key.shape[-3], query.shape[-3:]
    return query.reshape(*query.shape[:-3], heads, every // heads * rows, length)


@in_single
def multi_head_attention_forward(
    query: Any, key: Any, value: Any, embed_dim_to_check: int, num_heads: int, in_proj_weight: Any, in_proj_bias: Any,
    bias_k: Any, bias_v: Any, add_zero_attn: bool, dropout_p: float, out_proj_weight: Any, out_proj_bias: Any,
    training: bool = True, key_padding_mask: Any = None, need_weights: bool = True, attn_mask: Any = None,
    use_separate_proj_weight: bool = False, q_proj_weight: Any = None, k_proj_weight: Any = None,
    v_proj_weight: Any = None, static_k: Any = None, static_v: Any = None, average_attn_weights: bool = True,
    is_causal: bool = False, *, batch_first: bool = False, rng: Rng = None,
) -> tuple[Any, Any]:  # fmt: skip
    """The function of MultiheadAttention: the output, and with need_weights the weights, else None.

    query             (L, N, E), (N, L, E) with batch_first, or (L, E)
    key, value        (S, N, kdim), (S, N, vdim), or as the query
    key_padding_mask  (N, S) or (S,): booleans, true where a key is left out, or numbers to be added
    attn_mask         (L, S) or (N · heads, L, S): the same for pairs of query and key
    is_causal         says that attn_mask is the causal one, which must be given
    static_k, _v      (N · heads, S, E / heads): used instead of the projected key and value
    result            like the query; weights (N, L, S), or (N, heads, L, S) without average_attn_weights

    Raises ValueError for shapes that do not match.
    """
    who = "multi_head_attention_forward"
    batched = _check_axes(who, query, key, value, key_padding_mask, attn_mask)
    time = 1 if batch_first and batched else 0
    if not batched:
        same = query is key is value
        query, key, value = (x.reshape(x.shape[0], 1, x.shape[1]) for x in (query, key, value))
        key, value = (query, query) if same else (key, value)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.reshape(1, -1)
    steps, n, embed = query.shape[time], query.shape[1 - time], query.shape[2]
    if embed != embed_dim_to_check or embed % num_heads:
        raise ValueError(
            f"{who}: expected queries of length {embed_dim_to_check}, divisible by {num_heads} heads, got {query.shape}"
        )
    if is_causal and attn_mask is None:
        raise ValueError(f"{who}: is_causal only tells what attn_mask is; give the mask too")
    if key.shape[:2] != value.shape[:2] or key.shape[1 - time] != n:
        raise ValueError(
            f"{who}: expected key and value of one length and {n} samples, got {key.shape} and {value.shape}"
        )
    weights3 = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else None
    projected = _project(query, key, value, in_proj_weight, in_proj_bias, weights3)
    extra = 0
    if bias_k is not None and bias_v is not None:
        q, k, v = projected
        row = (n, 1, embed) if time else (1, n, embed)
        projected = (q, *(np.concatenate([x, np.broadcast_to(b, row)], time) for x, b in ((k, bias_k), (v, bias_v))))
        extra += 1
    order = (0, 2, 1, 3) if time else (1, 2, 0, 3)
    head = embed // num_heads
    q, k, v = (x.reshape(*x.shape[:2], num_heads, head).transpose(order) for x in projected)
    k = k if static_k is None else static_k.reshape(n, num_heads, static_k.shape[1], head)
    v = v if static_v is None else static_v.reshape(n, num_heads, static_v.shape[1], head)
    if add_zero_attn:
        zero = alike(np.zeros((n, num_heads, 1, head), q.dtype), q)
        k, v = np.concatenate([k, zero], 2), np.concatenate([v, zero], 2)
        extra += 1
    bias = _mask_of_heads(who, attn_mask, key_padding_mask, (n, num_heads, steps, k.shape[2]), extra, q.dtype)
    weights = _weights((q * (1 / math.sqrt(head))) @ k.swapaxes(-1, -2), bias)
    weights = dropout(weights, dropout_p, training, rng=rng)
    mixed = weights @ v  # (N, heads, L, head)
    joined = mixed.transpose((0, 2, 1, 3) if time else (2, 0, 1, 3)).reshape(*query.shape[:2], embed)
    output = linear(joined, out_proj_weight, out_proj_bias)
    if not batched:
        output = output.reshape(steps, output.shape[2])
    if not need_weights:
        return output, None
    weights = weights.mean(1) if average_attn_weights else weights
    return output, weights if batched else weights.reshape(weights.shape[1:])


def _check_axes(who: str, query: Any, key: Any, value: Any, key_padding_mask: Any, attn_mask: Any) -> bool:
    """Whether there is a batch."""
    if query.ndim not in (2, 3) or not query.ndim == key.ndim == value.ndim:
        raise ValueError(
            f"{who}: expected query, key and value of three axes, or two without a batch, got {query.shape}, "
            f"{key.shape} and {value.shape}"
        )
    if key_padding_mask is not None and key_padding_mask.ndim != query.ndim - 1:
        raise ValueError(
            f"{who}: expected key_padding_mask (N, S), or (S,) without a batch, got {key_padding_mask.shape}"
        )
    if attn_mask is not None and attn_mask.ndim not in (2, 3):
        raise ValueError(f"{who}: expected attn_mask (L, S) or (N · heads, L, S), got {attn_mask.shape}")
    return bool(query.ndim == 3)


def _project(query: Any, key: Any, value: Any, weight: Any, bias: Any, separate: Any) -> tuple[Any, Any, Any]:
    """Queries, keys and values; in one product where they come from one tensor."""
    if separate is None and query is key is value:
        q, k, v = np.split(linear(query, weight, bias), 3, -1)
        return q, k, v
    weights = np.split(weight, 3) if separate is None else separate
    biases = [None] * 3 if bias is None else np.split(bias, 3)
    q, k, v = (linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases, strict=True))
    return q, k, v


def _mask_of_heads(
    who: str, attn_mask: Any, key_padding_mask: Any, shape: tuple[int, int, int, int], extra: int, dtype: Any
) -> Any:
    """Both masks as one to be added to scores of that shape, of whose keys the last `extra` are always attended to."""
    n, heads, rows, columns = shape
    total = None
    for name, mask, shapes in (
        ("attn_mask", attn_mask, {(rows, columns - extra): (1, 1), (n * heads, rows, columns - extra): (n, heads)}),
        ("key_padding_mask", key_padding_mask, {(n, columns - extra): (n, 1)}),
    ):
        if mask is None:
            continue
        if mask.shape not in shapes:
            raise ValueError(f"{who}: expected {name} of shape {' or '.join(map(str, shapes))}, got {mask.shape}")
        bias = _additive(mask, False, dtype, f"{who}: {name}")
        bias = bias.reshape(*shapes[mask.shape], -1 if name == "attn_mask" else 1, columns - extra)
        total = bias if total is None else total + bias
    if total is not None and extra:
        total = np.concatenate([total, alike(np.zeros((*total.shape[:3], extra), dtype), total)], -1)
    return total


class MultiheadAttention(Layer, shown=""):
    """Attention with several heads. (Vaswani et al. 2017)

    Called with query, key and value it gives the output, and the weights, or None with need_weights=False; their shapes
    and the masks are those of `multi_head_attention_forward`.

    Parameters: in_proj_weight (3 · embed_dim, embed_dim), or with another kdim or vdim q_, k_ and v_proj_weight, from
    Glorot's uniform distribution; in_proj_bias, zeros; with add_bias_kv bias_k and bias_v (1, 1, embed_dim); out_proj.

    >>> from nn import MultiheadAttention
    >>> x = np.ones((5, 2, 8), np.float32)
    >>> output, weights = MultiheadAttention(8, num_heads=2)(x, x, x)
    >>> output.shape, weights.shape
    ((5, 2, 8), (2, 5, 5))
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, add_bias_kv: bool = False,
        add_zero_attn: bool = False, kdim: int | None = None, vdim: int | None = None, batch_first: bool = False, *,
        device: Any = None, dtype: Any = None, rng: Rng = None,
    ) -> None:  # fmt: skip
        kdim = embed_dim if kdim is None else kdim
        vdim = embed_dim if vdim is None else vdim
        self.hold(locals())
        if embed_dim <= 0 or num_heads <= 0 or embed_dim % num_heads:
            raise ValueError(
                f"MultiheadAttention: expected embed_dim above 0 and divisible by num_heads, got {embed_dim}, "
                f"{num_heads}"
            )
        self.head_dim = embed_dim // num_heads
        self._qkv_same_embed_dim = same = kdim == vdim == embed_dim
        self.make(
            dtype,
            q_proj_weight=None if same else (embed_dim, embed_dim),
            k_proj_weight=None if same else (embed_dim, kdim),
            v_proj_weight=None if same else (embed_dim, vdim),
            in_proj_weight=(3 * embed_dim, embed_dim) if same else None,
            in_proj_bias=(3 * embed_dim,) if bias else None,
            bias_k=(1, 1, embed_dim) if add_bias_kv else None,
            bias_v=(1, 1, embed_dim) if add_bias_kv else None,
        )
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype, rng=rng)
        self._reset_parameters(rng)

    def _reset_parameters(self, rng: Rng = None) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight, rng=rng)
        if self.in_proj_bias is not None:
            write(self.in_proj_bias, 0)
            write(self.out_proj.bias, 0)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias, rng=rng)

    def forward(
        self, query: Any, key: Any, value: Any, key_padding_mask: Any = None, need_weights: bool = True,
        attn_mask: Any = None, average_attn_weights: bool = True, is_causal: bool = False,
    ) -> tuple[Any, Any]:  # fmt: skip
        return multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k,
            self.bias_v, self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias, self.training,
            key_padding_mask, need_weights, attn_mask, not self._qkv_same_embed_dim, self.q_proj_weight,
            self.k_proj_weight, self.v_proj_weight, None, None, average_attn_weights, is_causal,
            batch_first=self.batch_first, rng=self.rng,
        )  # fmt: skip
