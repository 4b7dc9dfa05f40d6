"""Makes nn_other.npz with PyTorch: what the cases of nn_other_cases.py give, in double precision.

    python tests/reference/make_nn_other.py

For each case: its results, the gradients of sum(result · weights) for its inputs and parameters, the weights being
drawn after the parameters, and the buffers afterwards.
"""

import io
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import nn_other_cases as table  # noqa: E402


def tensors(value: Any, leaves: list[Any]) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(tensors(item, leaves) for item in value)
    if isinstance(value, np.ndarray | np.generic):
        known = [leaf for array, leaf in leaves if array is value]
        if known:
            return known[0]
        tensor = torch.tensor(value)
        if tensor.is_floating_point():
            leaves.append((value, tensor.requires_grad_()))
        return tensor
    return value


def flat(value: Any) -> list[Any]:
    if isinstance(value, tuple | list):
        return [tensor for item in value for tensor in flat(item)]
    return [value] if isinstance(value, torch.Tensor) and value.is_floating_point() else []


def run(number: int) -> dict[str, Any]:
    case = table.cases[number]
    inputs, call, random = table.drawn(number)
    leaves: list[Any] = []
    arguments = [tensors(value, leaves) for value in inputs]
    keywords = {name: tensors(value, []) for name, value in call.items()}
    for tensor in flat(list(keywords.values())):
        tensor.requires_grad_(False)
    if "per_sample_weights" in call:
        leaves.append((None, keywords["per_sample_weights"].requires_grad_()))
    parameters: dict[str, Any] = {}
    buffers: dict[str, Any] = {}
    if case.name.startswith("F."):
        function = getattr(torch.nn.functional, case.name[2:])
        output = function(*arguments, *case.args, **keywords, **case.kwargs)
    else:
        module = getattr(torch.nn, case.name)(*case.args, **case.kwargs).double()
        module.train(case.train)
        with torch.no_grad():
            for name, tensor in module.state_dict().items():
                if tensor.is_floating_point():
                    tensor.copy_(torch.tensor(table.parameter_value(random, name, tuple(tensor.shape))))
        output = module(*arguments, **keywords)
        parameters, buffers = dict(module.named_parameters()), dict(module.named_buffers())
    results = flat(output)
    loss = sum((result * torch.tensor(np.asarray(random.randn(*result.shape)))).sum() for result in results)
    loss.backward()
    found = {f"out{k}": result.detach().numpy() for k, result in enumerate(results)}
    for k, (_, leaf) in enumerate(leaves):
        found[f"grad{k}"] = (torch.zeros_like(leaf) if leaf.grad is None else leaf.grad).numpy()
    for name, parameter in parameters.items():
        found[f"param:{name}"] = (torch.zeros_like(parameter) if parameter.grad is None else parameter.grad).numpy()
    for name, buffer in buffers.items():
        found[f"buffer:{name}"] = buffer.numpy()
    return found


def main() -> None:
    warnings.simplefilter("ignore")
    arrays = {
        f"{table.label(number)}/{name}": np.asarray(array)
        for number in range(len(table.cases))
        for name, array in run(number).items()
    }
    # one archive member for all numbers: many small ones would be mostly headers
    names = "\n".join(f"{name} {array.dtype.char} {','.join(map(str, array.shape))}" for name, array in arrays.items())
    numbers = np.concatenate([array.astype(np.float64).reshape(-1) for array in arrays.values()])
    raw = io.BytesIO()
    np.save(raw, numbers)
    with zipfile.ZipFile(HERE / "nn_other.zip", "w", zipfile.ZIP_LZMA) as archive:
        for name, content in (("names.txt", names.encode()), ("numbers.npy", raw.getvalue())):
            archive.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content, zipfile.ZIP_LZMA)
    print(len(table.cases), "cases", len(numbers), "numbers")


if __name__ == "__main__":
    main()
