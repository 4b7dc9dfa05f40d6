"""What a model is made of, and what it costs: a table with a line for each layer."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor, get_default_dtype, no_grad

from . import attention, conv, linear, recurrent
from .module import Module


class Row(NamedTuple):
    """One layer: its path, class and result's shape, and what it has and costs itself, without its children."""

    path: str
    kind: str
    output: Any
    parameters: int
    multiply_adds: int
    activations: int


class Summary:
    """The rows of a model and their totals; printed, a table.

    rows           a Row for each module
    parameters     how many numbers are in all parameters, shared ones counted once; `trainable` of them have gradients
    multiply_adds  how many products are added up in one forward pass
    activations    how many bytes the results of all layers take; `weights`: how many the parameters
    """

    def __init__(self, rows: list[Row], model: Module) -> None:
        self.rows = rows
        self.parameters = sum(row.parameters for row in rows)
        self.trainable = sum(parameter.size for parameter in model.parameters() if parameter.requires_grad)
        self.multiply_adds = sum(row.multiply_adds for row in rows)
        self.activations = sum(row.activations for row in rows)
        self.weights = sum(parameter.nbytes for parameter in model.parameters())

    def __repr__(self) -> str:
        lines = [("layer", "output", "parameters", "multiply-adds", "activations")]
        for row in self.rows:
            name = row.path.rpartition(".")[2]
            indent = "  " * (row.path.count(".") + 1 if row.path else 0)
            lines.append((
                f"{indent}{name}{' ' if name else ''}{row.kind}", _shape(row.output), _number(row.parameters),
                _number(row.multiply_adds), _bytes(row.activations),
            ))  # fmt: skip
        total = (
            "total", "", f"{self.parameters:,}", f"{self.multiply_adds:,}", _bytes(self.activations) or "0 B",
        )  # fmt: skip
        widths = [max(len(line[i]) for line in [*lines, total]) for i in range(5)]

        def text(line: tuple[str, ...]) -> str:
            cells = [line[0].ljust(widths[0]), line[1].ljust(widths[1])]
            cells += [cell.rjust(width) for cell, width in zip(line[2:], widths[2:], strict=True)]
            return "  ".join(cells).rstrip()

        rule = "─" * (sum(widths) + 8)
        table = [text(lines[0]), rule, *map(text, lines[1:]), rule, text(total)]
        frozen = self.parameters - self.trainable
        note = f"parameters: {_bytes(self.weights) or '0 B'}" + (f", {frozen:,} of them frozen" if frozen else "")
        return "\n".join([*table, note])


def summary(model: Module, input_shape: Any, *others: Any, dtype: Any = None) -> Summary:
    """What a model is made of: for each layer its output, parameters, multiply-adds and activation memory.

    model        is run once, in evaluation mode and outside of the graph; its modes and values stay what they are
    input_shape  of what the model is called with, batch included (it is given zeros); or an array or Tensor
    others       the same of each further argument
    dtype        of the zeros; that of the model's first floating parameter unless it is given

    Multiply-adds are those of matrix products, convolutions, recurrences and attention, and one for each element that a
    normalization scales. A parameter counts where it first occurs. A view of an input takes no memory, and a
    module that calls others none beside theirs.

    Raises what the model raises on such inputs.

    >>> import nn
    >>> nn.summary(nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)), (8, 2))
    layer       output  parameters  multiply-adds  activations
    ──────────────────────────────────────────────────────────
    Sequential  8 × 1
      0 Linear  8 × 3            9             48         96 B
      1 Linear  8 × 1            4             24         32 B
    ──────────────────────────────────────────────────────────
    total                       13             72        128 B
    parameters: 52 B
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary: expected a Module, got {type(model).__name__}")
    if dtype is None:
        dtype = next((p.dtype for p in model.parameters() if p.dtype.kind in "fc"), get_default_dtype())
    inputs = (input_shape, *others)
    arguments = [Tensor(np.zeros(x, dtype)) if isinstance(x, tuple | list) else x for x in inputs]
    costs: dict[Module, list[Any]] = {}

    def measure(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        found = costs.setdefault(module, [None, 0, 0])
        results = _tensors(result)
        found[0] = [tensor.shape for tensor in results]
        found[1] += _multiply_adds(module, args, kwargs, results)
        if not any(below in costs for below in module.modules() if below is not module):
            given = _tensors(args)
            found[2] += sum(t.nbytes for t in results if not any(np.may_share_memory(t.data, x.data) for x in given))

    training = {module: module.training for module in model.modules()}
    handles = [module.register_forward_hook(measure, with_kwargs=True) for module in training]
    try:
        with no_grad():
            model.eval()(*arguments)
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in training.items():
            module.training = mode
    rows = []
    seen: set[int] = set()
    for path, module in model.named_modules():
        own = [p for _, p in module.named_parameters(recurse=False) if id(p) not in seen]
        seen.update(map(id, own))
        shapes, products, memory = costs.get(module, (None, 0, 0))
        output = shapes[0] if shapes and len(shapes) == 1 else shapes
        rows.append(Row(path, type(module).__name__, output, sum(p.size for p in own), products, memory))
    return Summary(rows, model)


def _multiply_adds(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], results: list[Tensor]) -> int:
    if not results:
        return 0
    own = [parameter for parameter in module._parameters.values() if parameter is not None]
    matrices = sum(parameter.size for parameter in own if parameter.ndim > 1)
    if isinstance(module, conv._Transposed):
        return int(args[0].size * math.prod(module.weight.shape[1:]))
    if isinstance(module, linear.Linear | linear.Bilinear | conv._Conv):
        return results[0].size * int(math.prod(module.weight.shape[1:]))
    if isinstance(module, recurrent.RNNBase | recurrent.RNNCellBase):  # every matrix once for each step and example
        return matrices * math.prod(results[0].shape[:-1])
    if isinstance(module, attention.MultiheadAttention):
        query, key, value = [*args[:3], *(kwargs[name] for name in ("query", "key", "value")[len(args) :])]
        queries, keys = math.prod(query.shape[:-1]), math.prod(key.shape[:-1])
        n = 1 if query.ndim == 2 else query.shape[0 if module.batch_first else 1]
        e = module.embed_dim
        projections = 2 * queries * e + keys * (key.shape[-1] + value.shape[-1])
        return int(e * (projections + 2 * queries * (keys // max(n, 1))))
    return results[0].size if own and not matrices else 0


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, tuple | list):
        return [tensor for item in value for tensor in _tensors(item)]
    return []


def _shape(shape: Any) -> str:
    if shape is None:
        return ""
    if isinstance(shape, list):
        return ", ".join(_shape(item) for item in shape)
    return " × ".join(map(str, shape)) or "1 number"


def _number(n: int) -> str:
    return f"{n:,}" if n else ""


def _bytes(n: float) -> str:
    if not n:
        return ""
    for unit in ("B", "KiB", "MiB"):
        if n < 1024:
            return f"{n:.4g} {unit}"
        n /= 1024
    return f"{n:.4g} GiB"
