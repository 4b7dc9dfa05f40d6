"""Why a tensor has a gradient in a picture's backward pass, or has none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from weakref import ref

import numpy as np

from ..engine import versions
from ..engine.node import Leaf, Node
from ..engine.tensor import Tensor


class Explainer:
    """What a drawing remembers to answer that later: places and weak references, no values."""

    def __init__(
        self, nodes: Sequence[Node], every: Iterable[Node], called: dict[int, str], values: dict[int, Any]
    ) -> None:
        self._drawn = np.array([node.order for node in nodes], dtype=np.int64)
        self._every = np.array([node.order for node in every], dtype=np.int64)
        self._called = called
        self._owners = []
        for order, array in values.items():
            try:
                self._owners.append((ref(versions._owner(array)), order))
            except TypeError:
                continue

    def explain(self, tensor: Tensor) -> str:
        """In words: whether a gradient reaches this tensor, and if not, why."""
        if not isinstance(tensor, Tensor):
            raise TypeError(f"Drawing.explain: expected a Tensor, got {type(tensor).__name__}")
        node = tensor._node
        if node is None:
            return self._without_node(tensor)
        name = self._called.get(node.order) or tensor.name or "it"
        if node.order in self._drawn:
            if isinstance(node, Leaf):
                return f"{name} is a leaf that the outputs depend on: its gradient is added to .grad by backward()."
            return (
                f"{name} lies between the leaves and the outputs: a gradient flows through it, but backward() "
                f"leaves it in .grad only if retain_grad() is called first."
            )
        if node.order in self._every:
            return f"{name} is part of the computation, but not on a way to what wrt= asked for, so it is left out."
        return (
            f"{name} requires a gradient but is unreachable: none of the outputs drawn was computed from it, so no "
            f"gradient comes to it from them."
        )

    def _without_node(self, tensor: Tensor) -> str:
        dtype = tensor.dtype
        if dtype.kind not in "fc":
            what = "a boolean" if dtype.kind == "b" else "an integer"
            return f"It has {what} dtype ({dtype}), and only floating and complex tensors have gradients."
        cut = getattr(tensor, "_cut", None)
        if cut == "no_grad":
            return (
                "It was computed under no_grad(), from something that requires a gradient: nothing was recorded, so it "
                "is a constant from there on."
            )
        owner = versions._owner(tensor._content)
        for known, order in self._owners:
            if known() is owner and owner is not None:
                name = self._called.get(order, "a value of this computation")
                return f"It is detached: it shares its memory with {name} but has no place in the graph."
        if cut == "detach":
            return "It is detached: detach() made it, of a tensor that is not in this picture."
        return (
            "It is a constant: it was made without requires_grad=True, or computed from such tensors only. (A gradient "
            "is one, too, unless create_graph=True had it recorded.)"
        )
