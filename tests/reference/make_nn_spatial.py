"""Makes nn_spatial.npz: what PyTorch's spatial modules give, for the tests to compare with. Run it with PyTorch.

For each case: the module's arguments and repr (as JSON in `cases`), and the arrays `<number>.<what>`: input0, ... ;
the state (state.<name>); output0, ... ; a cotangent of output0; the gradients it gives the inputs (input0.grad) and the
parameters (<name>.grad). Double precision, small shapes, inputs in eighths so that the file stays small and ties occur.
"""

import json
import warnings
from pathlib import Path

import numpy as np
import torch

BATCHED = {1: (2, 4, 7), 2: (2, 4, 6, 5), 3: (1, 4, 4, 5, 3)}


def cases():
    """Rows of (class name, positional arguments, keywords, input shape)."""
    for n, shape in BATCHED.items():
        single = shape[1:]
        odd = tuple(range(1, n + 1))
        sides = tuple(range(1, 2 * n + 1)) if n == 1 else (1, 2, 0, 1, 2, 1)[: 2 * n]
        for args, kwargs, size in [
            ((4, 6, 3), {}, shape),
            ((4, 2, 2), {"stride": 2, "padding": 1, "bias": False}, single),
            ((4, 4, 3), {"padding": "same", "dilation": 2, "groups": 2}, shape),
            ((4, 8, 2), {"padding": "same", "groups": 4}, shape),
            ((4, 3, tuple(k + 1 for k in odd[::-1])), {"stride": odd, "padding": odd, "padding_mode": "zeros"}, shape),
            ((4, 3, 3), {"padding": 1, "padding_mode": "reflect"}, shape),
            ((4, 3, 2), {"padding": "same", "padding_mode": "replicate"}, single),
            ((4, 3, 3), {"padding": 2, "padding_mode": "circular", "stride": 2}, shape),
        ]:
            yield f"Conv{n}d", args, kwargs, size
        for args, kwargs, size in [
            ((4, 3, 3), {}, shape),
            ((4, 2, 2), {"stride": 2, "padding": 1, "output_padding": 1, "bias": False}, single),
            ((4, 6, 3), {"stride": odd, "padding": 2, "groups": 2, "dilation": 2}, shape),
            ((4, 4, 2), {"stride": 1, "padding": 1, "output_padding": 2, "dilation": 3, "groups": 4}, shape),
        ]:
            yield f"ConvTranspose{n}d", args, kwargs, size
        for args, kwargs, size in [
            ((2,), {}, shape),
            ((3,), {"stride": 2, "padding": 1, "ceil_mode": True}, single),
            ((2,), {"stride": 1, "dilation": 2}, shape),
            ((2,), {"stride": 2, "padding": 1, "ceil_mode": True, "return_indices": True}, shape),
        ]:
            yield f"MaxPool{n}d", args, kwargs, size
        for args, kwargs, size in [
            ((2,), {}, single),
            ((3,), {"stride": 2, "padding": 1, "ceil_mode": True}, shape),
            ((3,), {"stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}, shape),
            *([((2,), {"stride": 1, "divisor_override": 3}, shape)] if n > 1 else []),
        ]:
            yield f"AvgPool{n}d", args, kwargs, size
        yield f"LPPool{n}d", (2, 2), {"ceil_mode": True}, shape
        yield f"LPPool{n}d", (4, 3), {"stride": 1}, single
        for size in (1, 3, (None, 2, 3)[:n] if n > 1 else 5):
            yield f"AdaptiveAvgPool{n}d", (size,), {}, shape
            yield f"AdaptiveMaxPool{n}d", (size,), {"return_indices": True}, single
        yield f"ConstantPad{n}d", (sides, 1.5), {}, shape
        yield f"ZeroPad{n}d", ((1, -1) * n,), {}, single
        for kind in ("Reflection", "Replication", "Circular"):
            yield f"{kind}Pad{n}d", (2 if n < 3 else 1,), {}, shape
            yield f"{kind}Pad{n}d", (sides,), {}, single
        for kwargs in (
            {"scale_factor": 2},
            {"size": 5, "mode": "nearest"},
            {"scale_factor": 1.7, "mode": "nearest-exact"},
            {"scale_factor": 1.7, "mode": ("linear", "bilinear", "trilinear")[n - 1]},
            {"size": 7, "mode": ("linear", "bilinear", "trilinear")[n - 1], "align_corners": True},
            {"scale_factor": 0.6, "mode": ("linear", "bilinear", "trilinear")[n - 1], "recompute_scale_factor": True},
        ):
            yield "Upsample", (), kwargs, shape
    for kwargs in ({"scale_factor": 1.5}, {"size": (9, 3), "align_corners": True}):
        yield "Upsample", (), {"mode": "bicubic", **kwargs}, BATCHED[2]
    yield "UpsamplingNearest2d", (), {"scale_factor": 3}, BATCHED[2]
    yield "UpsamplingBilinear2d", (), {"size": (4, 8)}, BATCHED[2]
    yield "Unfold", (2,), {}, (2, 3, 4, 5)
    yield "Unfold", ((2, 3),), {"dilation": (2, 1), "padding": 1, "stride": (1, 2)}, (3, 4, 5)
    yield "Fold", ((4, 5), 2), {"padding": 1, "stride": 2}, (2, 8, 9)
    yield "Fold", ((5, 4), (2, 3)), {"dilation": (2, 1)}, (12, 6)
    yield "PixelShuffle", (2,), {}, (2, 8, 2, 3)
    yield "PixelUnshuffle", (3,), {}, (2, 3, 6)
    yield "ChannelShuffle", (3,), {}, (2, 6, 2, 2)
    yield "Linear", (4, 3), {}, (2, 5, 4)
    yield "Linear", (4, 3), {"bias": False}, (4,)
    yield "Bilinear", (3, 4, 2), {}, (2, 5, 3), (2, 5, 4)
    yield "Bilinear", (3, 4, 2), {"bias": False}, (3,), (4,)
    yield "Flatten", (), {}, (2, 3, 4)
    yield "Flatten", (0, 1), {}, (2, 3, 4)
    yield "Unflatten", (1, (2, 3)), {}, (2, 6, 4)
    yield "Identity", (5,), {"unused": True}, (2, 3)


def main():
    rng = np.random.default_rng(20)
    torch.manual_seed(20)
    listed, arrays = [], {}

    def eighths(shape):
        return rng.integers(-16, 17, shape) / 8

    for number, (name, args, kwargs, *shapes) in enumerate(cases()):
        module = getattr(torch.nn, name)(*args, **kwargs).double()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.copy_(torch.tensor(eighths(tuple(parameter.shape))))
        values = [np.abs(eighths(shape)) + 0.25 if "LPPool" in name else eighths(shape) for shape in shapes]
        inputs = [torch.tensor(value, requires_grad=True) for value in values]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = module(*inputs)
        results = result if isinstance(result, tuple) else (result,)
        cotangent = eighths(tuple(results[0].shape))
        results[0].backward(torch.tensor(cotangent))
        found = {f"input{i}": value for i, value in enumerate(values)}
        found |= {f"input{i}.grad": value.grad.numpy() for i, value in enumerate(inputs)}
        found |= {f"output{i}": value.detach().numpy() for i, value in enumerate(results)}
        found |= {f"state.{key}": value.numpy() for key, value in module.state_dict().items()}
        found |= {f"{key}.grad": value.grad.numpy() for key, value in module.named_parameters()}
        found["cotangent"] = cotangent
        arrays |= {f"{number}.{key}": value for key, value in found.items()}
        listed.append({"name": name, "args": args, "kwargs": kwargs, "repr": repr(module)})
    path = Path(__file__).with_name("nn_spatial.npz")
    np.savez_compressed(path, cases=json.dumps(listed), **arrays)
    print(f"{path.name}: {len(listed)} cases, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
