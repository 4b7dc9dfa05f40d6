"""How many of PyTorch's own samples of its operations give with the face for PyTorch what they give with PyTorch.

Run: python tests/reference/measure_op_db.py [--dtype float64] [--most 12] [--in-place]   (with torch and expecttest)

Operations are called by their names in torch, or as methods where they have none there; gradients are those of a
random projection, second ones those of the gradients' squares. Left out is what is no operation of dense tensors, what
PyTorch itself cannot differentiate, and of random numbers and bases of subspaces all but shape and dtype. It prints the
shares, and what differs.
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import autograd.torch as face

LEFT_OUT = (
    "_", "masked.", "sparse.", "torch.ops", "jiterator", "native_dropout_b", "max_pool2d_with_indices_b", "hash_tensor",
    "to_sparse", "slice", "zero_", "cauchy", "exponential", "geometric", "log_normal", "uniform",
)  # fmt: skip
VARIANTS = ("in_place", "singular", "grad_oriented")
SHAPES = (
    "bernoulli", "cauchy", "empty", "exponential", "geometric", "log_normal", "multinomial", "normal", "rand",
    "uniform", "new_empty", "svd", "linalg.svd", "linalg.eig", "qr", "linalg.qr", "pca_lowrank", *map(
        "nn.functional.{}".format, (
            "alpha", "dropout", "feature_alpha", "fractional", "rrelu", "gumbel", "multi_head", "scaled_dot")),
)  # fmt: skip
TURNED = {
    "einsum": lambda xs, equation: face.einsum(equation, *xs), "polygamma": lambda x, n: face.polygamma(n, x),
    "special.polygamma": lambda x, n: face.special.polygamma(n, x), "where": lambda x, c, y: face.where(c, x, y),
    "nn.functional.embedding": lambda w, i, **k: face.nn.functional.embedding(i, w, **k),
    "nn.functional.embedding_bag": lambda w, i, *a, **k: face.nn.functional.embedding_bag(i, w, *a, **k),
    "svd_lowrank": lambda a, b, **k: face.svd_lowrank(a @ b.mT, **k),
    "pca_lowrank": lambda a, b, **k: face.pca_lowrank(a @ b.mT, **k),
}  # fmt: skip
"""Operations that the samples call with the arguments in another order."""


def carried(value, known):
    """A sample's argument for the face; each tensor once."""
    if isinstance(value, torch.Tensor):
        if id(value) not in known:
            made = face.tensor(plain(value).copy())
            known[id(value)] = (value, made.requires_grad_() if value.requires_grad else made)
        return known[id(value)][1]
    if isinstance(value, torch.dtype | torch.layout | torch.memory_format):
        return getattr(face, str(value).removeprefix("torch."), None)
    if isinstance(value, torch.Size | torch.device):
        return face.Size(value) if isinstance(value, torch.Size) else face.device(str(value))
    if isinstance(value, dict):
        return {name: carried(item, known) for name, item in value.items()}
    return type(value)(carried(item, known) for item in value) if type(value) in (list, tuple) else value


def plain(value):
    if isinstance(value, torch.Tensor):
        return value.detach().resolve_conj().resolve_neg().numpy(force=True)
    return np.asarray(value._content if isinstance(value, face.Tensor) else value)


def parts(result):
    if isinstance(result, list | tuple):
        return [part for item in result for part in parts(item)]
    return [result] if isinstance(result, torch.Tensor | face.Tensor | int | float | complex) else []


def call(op, name, x, args, kwargs):
    if name is not None:
        return getattr(x.clone(), name)(*args, **kwargs)
    if op.name in TURNED:
        return TURNED[op.name](x, *args, **kwargs)
    theirs, ours = torch, face
    for part in op.name.split("."):
        theirs = getattr(theirs, part, None)
    if theirs is None or isinstance(theirs, torch.dtype) or op.name == "unfold":
        found = getattr(x, op.name)
        return found(*args, **kwargs) if callable(found) else found
    for part in op.name.split("."):
        ours = getattr(ours, part)
    return ours(x, *args, **kwargs)


def near(a, b, tolerance):
    return np.allclose(a, b, tolerance, tolerance * max(1, np.abs(a[np.isfinite(a)]).max(initial=0)), equal_nan=True)


def slopes(module, outputs, seeds, inputs, again):
    found = module.autograd.grad(outputs, inputs, seeds, create_graph=again, allow_unused=True)
    return [module.zeros_like(x) if g is None else g for g, x in zip(found, inputs, strict=True)]


def squares(gradients):
    return [(g * g.conj()).real.sum() for g in gradients if g.requires_grad]


def orders(op, sample, name, tolerance):
    """Of value, gradient and second gradient, whether each agrees, as far as there is one."""
    known = {}
    given = [carried(value, known) for value in (sample.input, list(sample.args), sample.kwargs)]
    try:
        there = (sample.input, sample.args, sample.kwargs)
        expected = op(there[0], *there[1], **there[2]) if name is None else call(op, name, *there)
    except (RuntimeError, ValueError):
        return
    pairs = list(zip(parts(expected), parts(call(op, name, *given)), strict=True))
    if op.name.startswith(SHAPES):
        yield all(plain(a).shape == plain(b).shape and plain(a).dtype == plain(b).dtype for a, b in pairs)
        return
    yield all(plain(a).dtype == plain(b).dtype and near(plain(a), plain(b), tolerance) for a, b in pairs)
    pairs = [(a, b) for a, b in pairs if getattr(a, "requires_grad", False)]
    inputs = [pair for pair in known.values() if pair[0].requires_grad]
    if not pairs or not inputs or not all(b.requires_grad for _, b in pairs):
        return
    rng = np.random.default_rng(0)
    seeds = [(rng.standard_normal(a.shape) + 0j).astype(plain(a).dtype) for a, _ in pairs]
    (xs, ys), (outs, ours) = zip(*inputs, strict=True), zip(*pairs, strict=True)
    try:
        first = slopes(torch, outs, [torch.tensor(seed) for seed in seeds], xs, op.supports_gradgrad)
        theirs = slopes(torch, squares(first), None, xs, False) if squares(first) else None
    except RuntimeError:
        return
    found = slopes(face, list(ours), [face.tensor(seed) for seed in seeds], list(ys), op.supports_gradgrad)
    yield all(near(plain(a), plain(b), 10 * tolerance) for a, b in zip(first, found, strict=True))
    if theirs is not None:
        ours = squares(found)
        ours = slopes(face, ours, None, list(ys), False) if ours else [y * 0 for y in ys]
        yield all(near(plain(a), plain(b), 100 * tolerance) for a, b in zip(theirs, ours, strict=True))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dtype", default="float64")
    parser.add_argument("--most", type=int, default=12)
    parser.add_argument("--in-place", action="store_true")
    options = parser.parse_args()
    kind, tolerance = getattr(torch, options.dtype), 1e-7 if options.dtype in ("float64", "complex128") else 1e-5
    counts, said = np.zeros((3, 2), int), {}
    for op in op_db:
        name = getattr(op.inplace_variant, "__name__", None) if options.in_place else None
        no_name = options.in_place and (name is None or "lambda" in name)
        if no_name or op.name.startswith(LEFT_OUT) or op.variant_test_name in VARIANTS or kind not in op.dtypes:
            continue
        slope = op.supports_autograd and (kind.is_floating_point or kind.is_complex)
        for sample in [s for s, _ in zip(op.sample_inputs("cpu", kind, slope), range(options.most), strict=False)]:
            order, found = -1, False
            try:
                for order, found in enumerate(orders(op, sample, name, tolerance)):
                    counts[order] += (found, 1)
                    if not found:
                        said.setdefault(f"{op.name} {op.variant_test_name}", f"order {order}")
                        break
            except Exception as error:
                counts[order + 1] += (0, 1)
                said.setdefault(
                    f"{op.name} {op.variant_test_name}", f"order {order + 1}: {type(error).__name__} {error}"
                )
    for order, (good, all_of_them) in enumerate(counts):
        print(f"order {order}: {good} of {all_of_them}, {100 * good / max(all_of_them, 1):.2f} %")
    for name, why in said.items():
        print(f"  {name}: {why[:110]}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    main()
