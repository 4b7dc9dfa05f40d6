"""Embeddings: rows of a table, looked up by integers, one by one or summed up in bags."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.ops import alike, in_blocks, in_single

from . import init
from .layer import Layer
from .parameter import Parameter, empty, write
from .shared import Rng, integers, one_of, plain, within


def _row(padding_idx: int | None, shape: tuple[int, ...], who: str) -> int | None:
    """padding_idx counted from the front, for a weight of this shape, which is checked too."""
    if len(shape) != 2:
        raise ValueError(f"{who}: expected a weight of shape (rows, features), got {shape}")
    if padding_idx is None:
        return None
    n = shape[0]
    if not -n <= padding_idx < n:
        raise ValueError(f"{who}: expected a padding_idx from {-n} to {n - 1}, got {padding_idx}")
    return padding_idx % n


def _indices(input: Any, weight: Any, max_norm: float | None, norm_type: float, who: str) -> Any:
    """The indices, checked. Rows in use whose norm is above max_norm are scaled down to it, in the weight itself."""
    index = within(integers(input, who), 0, weight.shape[0], who, "indices")
    if max_norm is not None:
        rows = np.unique(index)
        values = plain(weight)[rows]
        norms = np.linalg.norm(values, norm_type, 1)
        scale = np.where(norms > max_norm, max_norm / (norms + 1e-7), 1).astype(values.dtype)
        with no_grad():
            weight[rows] = values * scale[:, None]
    return index


def _with_gradient(rows: Any, share: Any) -> Any:
    """The same rows, of whose gradient only a share (of their shape without the last axis) goes on."""
    fixed = plain(rows)
    return fixed + (rows - fixed) * share[..., None].astype(fixed.dtype)


def embedding(
    input: Any, weight: Any, padding_idx: int | None = None, max_norm: float | None = None, norm_type: float = 2.0,
    scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Any:  # fmt: skip
    """The rows of the weight that the input names: (...) with (rows, features) gives (..., features).

    padding_idx         a row that gets no gradient
    max_norm            rows in use with a larger norm_type-norm are first scaled down to it, in the weight itself
    scale_grad_by_freq  divide a row's gradient by how often the input names it
    sparse              has no effect: the gradient is an array of the weight's shape

    Raises IndexError for an index outside of the weight, TypeError for indices that are not integers.

    >>> embedding(np.array([2, 0]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    array([[5., 6.],
           [1., 2.]])
    """
    padding_idx = _row(padding_idx, weight.shape, "embedding")
    index = _indices(input, weight, max_norm, norm_type, "embedding")
    rows = weight[index]
    share = _share(index, padding_idx, scale_grad_by_freq, weight)
    return rows if share is None else _with_gradient(rows, share)


def _share(index: Any, padding_idx: int | None, scale_grad_by_freq: bool, weight: Any) -> Any:
    """What part of the gradient each looked up row hands on; None for all of it."""
    if not getattr(weight, "requires_grad", False):
        return None
    share = None
    if scale_grad_by_freq:
        share = 1 / np.bincount(index.reshape(-1), minlength=weight.shape[0])[index]
    kept = None if padding_idx is None else index != padding_idx
    if kept is not None and (in_blocks(kept) or kept.sum() < index.size):
        share = kept if share is None else share * kept
    return share


def embedding_bag(
    input: Any, weight: Any, offsets: Any = None, max_norm: float | None = None, norm_type: float = 2,
    scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, per_sample_weights: Any = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> Any:  # fmt: skip
    """The sum, mean or maximum of the rows in each bag: (bags, features).

    input                (bags, n): each row is a bag; or (n,): then bag i goes from offsets[i] to offsets[i + 1]
    include_last_offset  the last offset is the end of the last bag, and starts none
    per_sample_weights   in the input's shape; the rows are multiplied by them (mode "sum" only)
    padding_idx          a row that is left out of all bags

    An empty bag gives zeros. The other arguments and errors are those of `embedding`.

    >>> embedding_bag(np.array([0, 1, 1]), np.array([[1.0], [2.0]]), np.array([0, 2]), mode="sum")
    array([[3.],
           [2.]])
    """
    who = "embedding_bag"
    one_of(mode, ("sum", "mean", "max"), who, "mode")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(f"{who}: per_sample_weights go with mode 'sum', got mode {mode!r}")
    if scale_grad_by_freq and mode == "max":
        raise ValueError(f"{who}: scale_grad_by_freq goes with modes 'sum' and 'mean'")
    shape = plain(input).shape
    if per_sample_weights is not None and per_sample_weights.shape != shape:
        raise ValueError(
            f"{who}: expected per_sample_weights of the input's shape {shape}, got {per_sample_weights.shape}"
        )
    padding_idx = _row(padding_idx, weight.shape, who)
    index = _indices(input, weight, max_norm, norm_type, who)
    places, filled = _bags(index, offsets, include_last_offset, who)
    index = np.append(index.reshape(-1), 0)[places]  # (bags, longest); the last place stands for none
    if padding_idx is not None:
        filled = filled & (index != padding_idx)
    if mode == "max":
        return _largest(weight, index, filled)
    rows = weight[index]
    if scale_grad_by_freq and getattr(weight, "requires_grad", False):
        times = np.bincount(index[filled], minlength=weight.shape[0])
        rows = _with_gradient(rows, 1 / np.maximum(times, 1)[index])
    shares = None
    if per_sample_weights is not None and per_sample_weights.size:
        flat = per_sample_weights.reshape(-1)
        shares = flat[np.minimum(places, flat.size - 1)]
    return _put_together(rows, filled, shares, mode == "mean")


@in_single
def _put_together(rows: Any, filled: Any, shares: Any, mean: bool) -> Any:
    """The sum or the mean over the rows of each bag, (bags, longest, features), those that are filled."""
    factors = filled.astype(rows.dtype)
    if mean:
        factors = factors / np.maximum(factors.sum(1, keepdims=True), 1)
    elif shares is not None:
        factors = shares * factors
    return (factors[:, None, :] @ rows)[:, 0]


def _bags(index: Any, offsets: Any, include_last_offset: bool, who: str) -> tuple[Any, Any]:
    """For each bag its places in the flat input, side by side, and which of them are filled."""
    n = index.size
    if index.ndim == 2:
        if offsets is not None:
            raise ValueError(f"{who}: expected no offsets with an input of two axes, whose rows are the bags")
        return alike(np.arange(n).reshape(index.shape), index), np.ones_like(index, dtype=bool)
    if index.ndim != 1:
        raise ValueError(f"{who}: expected an input of one or two axes, got shape {index.shape}")
    if offsets is None:
        raise ValueError(f"{who}: expected offsets with an input of one axis")
    starts = integers(offsets, who)
    if starts.ndim != 1 or (not starts.size and include_last_offset):
        raise ValueError(f"{who}: expected offsets of one axis, got shape {starts.shape}")
    if starts.size and starts[0] != 0:
        raise ValueError(f"{who}: expected the first offset to be 0, got {starts[0]}")
    ends = starts[1:] if include_last_offset else np.append(starts[1:], n)
    starts = starts[:-1] if include_last_offset else starts
    lengths = ends - starts
    if lengths.size and (lengths.min() < 0 or ends.max() > n):
        raise ValueError(f"{who}: expected offsets that rise to at most {n}, got {plain(offsets)}")
    steps = alike(np.arange(int(lengths.max()) if lengths.size else 0), lengths)
    filled = steps < lengths[:, None]
    return np.where(filled, starts[:, None] + steps, n), filled


def _largest(weight: Any, index: Any, filled: Any) -> Any:
    """The largest of each feature in each bag, the first of equals."""
    features = weight.shape[1]
    some = filled.any(1)
    if not some.any():
        return weight[:0].sum() + alike(np.zeros((len(index), features), weight.dtype), weight)
    values = np.where(filled[..., None], plain(weight)[index], -np.inf)
    winners = np.take_along_axis(index, values.argmax(1), 1)
    return np.where(some[:, None], weight[winners, np.arange(features)], 0)


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """Integers (...) as vectors (..., num_classes) of zeros with a one; num_classes=-1 takes the largest plus one.

    Raises ValueError for negative integers and for any that num_classes does not reach.

    >>> one_hot(np.array([1, 0]))
    array([[0, 1],
           [1, 0]])
    """
    index = integers(tensor, "one_hot")
    if num_classes == -1:
        if not index.size:
            raise ValueError("one_hot: expected num_classes for an empty input")
        num_classes = int(index.max()) + 1
    index = within(index, 0, num_classes, "one_hot", "integers", ValueError)
    result = (index[..., None] == alike(np.arange(num_classes), index)).astype(np.int64)
    return Tensor(result) if isinstance(tensor, Tensor) else result


class _Table(Layer):
    """What Embedding and EmbeddingBag share."""

    padding_idx: int | None
    texts: tuple[str, ...] = ("padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse")

    def begin(self, arguments: dict[str, Any]) -> None:
        """Hold a constructor's arguments, and make the weight or take the one given."""
        who, given = type(self).__name__, arguments["_weight"]
        self.hold({k: v for k, v in arguments.items() if k not in ("_weight", "_freeze")})
        shape, trained = (self.num_embeddings, self.embedding_dim), not arguments["_freeze"]
        if min(shape) < 0:
            raise ValueError(f"{who}: expected num_embeddings and embedding_dim of at least 0, got {shape}")
        self.padding_idx = _row(self.padding_idx, shape, who)
        if given is not None and given.shape != shape:
            raise ValueError(f"{who}: expected a weight {shape}, got {given.shape}")
        self.weight = empty(shape, arguments["dtype"]) if given is None else Parameter(plain(given))
        if given is None:
            self.reset_parameters(self.rng)
        self.weight.requires_grad_(trained)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw the weight from N(0, 1) again, with zeros in the padding row."""
        init.normal_(self.weight, rng=rng)
        if self.padding_idx is not None:
            values = self.weight.data
            values[self.padding_idx] = 0
            write(self.weight, values)

    @classmethod
    def _from(cls, arguments: dict[str, Any]) -> Any:
        """A table of the rows given, with the `locals()` of from_pretrained."""
        rows, freeze = arguments["embeddings"], arguments["freeze"]
        if rows.ndim != 2:
            raise ValueError(f"from_pretrained: expected embeddings of two axes, got shape {rows.shape}")
        options = {k: v for k, v in arguments.items() if k not in ("cls", "embeddings", "freeze")}
        return cls(*rows.shape, **options, _weight=rows, _freeze=freeze)  # type: ignore[call-arg]

    def extra_repr(self) -> str:
        usual = {"padding_idx": None, "max_norm": None, "norm_type": 2.0, "scale_grad_by_freq": False, "sparse": False}
        values = {name: getattr(self, name) for name in self.texts}
        shown = [f"{name}={value!r}" for name, value in values.items() if value != usual.get(name)]
        return ", ".join([f"{self.num_embeddings}, {self.embedding_dim}", *shown])


class Embedding(_Table):
    """The module of `embedding`, with parameter weight (num_embeddings, embedding_dim), drawn from N(0, 1)."""

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False, _weight: Any = None,
        _freeze: bool = False, *, device: Any = None, dtype: Any = None, rng: Rng = None,
    ) -> None:  # fmt: skip
        self.begin(locals())

    def forward(self, input: Any) -> Any:
        return embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq)

    @classmethod
    def from_pretrained(
        cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False,
    ) -> Any:  # fmt: skip
        """An Embedding of the rows given, which are not trained unless freeze is False."""
        return cls._from(locals())


class EmbeddingBag(_Table):
    """The module of `embedding_bag`, with parameter weight (num_embeddings, embedding_dim), drawn from N(0, 1)."""

    texts = ("max_norm", "norm_type", "scale_grad_by_freq", "mode", "padding_idx")

    def __init__(
        self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None, norm_type: float = 2.0,
        scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, _weight: Any = None,
        include_last_offset: bool = False, padding_idx: int | None = None, *, device: Any = None,
        dtype: Any = None, rng: Rng = None, _freeze: bool = False,
    ) -> None:  # fmt: skip
        self.begin(locals())

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        return embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.mode,
            per_sample_weights=per_sample_weights, include_last_offset=self.include_last_offset,
            padding_idx=self.padding_idx,
        )  # fmt: skip

    @classmethod
    def from_pretrained(
        cls, embeddings: Any, freeze: bool = True, max_norm: float | None = None, norm_type: float = 2.0,
        scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Any:  # fmt: skip
        """An EmbeddingBag of the rows given, which are not trained unless freeze is False."""
        return cls._from(locals())
