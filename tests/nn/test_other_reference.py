"""Every module but the spatial ones against PyTorch: results, gradients of inputs and parameters, buffers."""

import io
import warnings
import zipfile
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, gradgradcheck
from nn.parameter import write

from .cases import FOLDER
from .cases import OTHER as table


def read() -> dict[str, dict[str, Any]]:
    """The reference values, by case and name."""
    with zipfile.ZipFile(FOLDER / "nn_other.zip") as archive:
        names = archive.read("names.txt").decode()
        numbers = np.load(io.BytesIO(archive.read("numbers.npy")))
    found: dict[str, dict[str, Any]] = {}
    start = 0
    for line in names.splitlines():
        path, _, shape = line.split(" ")
        sizes = tuple(int(n) for n in shape.split(",") if n)
        stop = start + int(np.prod(sizes))
        case, name = path.split("/")
        found.setdefault(case, {})[name] = numbers[start:stop].reshape(sizes)
        start = stop
    return found


REFERENCE = read()


def tensors(value: Any, leaves: list[Any]) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(tensors(item, leaves) for item in value)
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
        return value
    for array, leaf in leaves:
        if array is value:
            return leaf
    leaves.append((value, Tensor(value, requires_grad=True)))
    return leaves[-1][1]


def flat(value: Any) -> list[Any]:
    if isinstance(value, tuple | list):
        return [tensor for item in value for tensor in flat(item)]
    return [value] if isinstance(value, Tensor) and value.dtype.kind == "f" else []


def run(number: int) -> dict[str, Any]:
    case = table.cases[number]
    inputs, keywords, random = table.drawn(number)
    leaves: list[Any] = []
    arguments = [tensors(value, leaves) for value in inputs]
    if "per_sample_weights" in keywords:
        keywords["per_sample_weights"] = tensors(keywords["per_sample_weights"], leaves)
    parameters: dict[str, Any] = {}
    buffers: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "l1_loss|mse_loss")
        if case.name.startswith("F."):
            output = getattr(nn.functional, case.name[2:])(*arguments, *case.args, **keywords, **case.kwargs)
        else:
            module = getattr(nn, case.name)(*case.args, **case.kwargs).double().train(case.train)
            parameters, buffers = dict(module.named_parameters()), dict(module.named_buffers())
            for name in module.state_dict():
                tensor = parameters.get(name, buffers.get(name))
                if tensor.dtype.kind == "f":
                    write(tensor, table.parameter_value(random, name, tensor.shape))
            output = module(*arguments, **keywords)
    results = flat(output)
    sum((result * np.asarray(random.randn(*result.shape))).sum() for result in results).backward()
    found = {f"out{k}": result.data for k, result in enumerate(results)}
    found |= {f"grad{k}": gradient(leaf) for k, (_, leaf) in enumerate(leaves)}
    found |= {f"param:{name}": gradient(parameter) for name, parameter in parameters.items()}
    return found | {f"buffer:{name}": buffer.data for name, buffer in buffers.items()}


def gradient(tensor: Any) -> Any:
    return np.zeros_like(tensor.data) if tensor.grad is None else tensor.grad.data


@pytest.mark.parametrize("number", range(len(table.cases)), ids=table.label)
def test_agrees_with_pytorch(number: int) -> None:
    found, expected = run(number), REFERENCE[table.label(number)]
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].shape == value.shape, name
        np.testing.assert_allclose(found[name], value, rtol=1e-7, atol=1e-10, err_msg=name)


def first_of_each() -> list[int]:
    seen: dict[str, int] = {}
    for number, case in enumerate(table.cases):
        seen.setdefault(case.name, number)
    return list(seen.values())


SINGULAR = {  # kinks within a step of these inputs, or a derivative that is large beyond differences
    "BCELoss", "F.pdist", "MultiLabelMarginLoss",
}  # fmt: skip


@pytest.mark.parametrize("number", first_of_each(), ids=table.label)
def test_float32_stays_float32(number: int) -> None:
    case = table.cases[number]
    inputs, keywords, _ = table.drawn(number)

    def single(value: Any) -> Any:
        if isinstance(value, tuple | list):
            return type(value)(single(item) for item in value)
        if isinstance(value, dict):
            return {name: single(item) for name, item in value.items()}
        floating = isinstance(value, np.ndarray) and value.dtype.kind == "f"
        return Tensor(value.astype(np.float32), requires_grad=True) if floating else value

    arguments, keywords = single(inputs), single(keywords)
    if case.name.startswith("F."):
        output = getattr(nn.functional, case.name[2:])(*arguments, *case.args, **keywords, **case.kwargs)
    else:
        module = getattr(nn, case.name)(*case.args, **case.kwargs)
        assert all(parameter.dtype == np.float32 for parameter in module.parameters())
        output = module(*arguments, **keywords)
    results = flat(output)
    assert results
    assert all(result.dtype == np.float32 for result in results)


@pytest.mark.parametrize(
    "number", [k for k in first_of_each() if table.cases[k].area not in ("recurrent", "attention")], ids=table.label
)
def test_second_derivatives(number: int) -> None:
    case = table.cases[number]
    inputs, keywords, _ = table.drawn(number)
    random = np.random.RandomState(0)
    if case.area == "activation" and inputs[0].ndim == 1:
        inputs[0] = 1.5 * random.randn(5)
    places = [k for k, value in enumerate(inputs) if isinstance(value, np.ndarray) and value.dtype.kind == "f"]
    if case.name in SINGULAR:
        inputs = [value * 0.5 + 0.2 if k in places else value for k, value in enumerate(inputs)]
        inputs[0] = inputs[0][:8]
        keywords = {name: value[:8] for name, value in keywords.items()}
        inputs[1:] = [value[:8] for value in inputs[1:]]
    if case.name.startswith("F."):
        call: Any = getattr(nn.functional, case.name[2:])
        settings = case.kwargs
    else:
        call, settings = getattr(nn, case.name)(*case.args, **case.kwargs).double().eval(), {}

    def function(*values: Any) -> Any:
        arguments = list(inputs)
        for k, value in zip(places, values, strict=True):
            arguments[k] = value
        return flat(call(*arguments, *(case.args if settings is case.kwargs else ()), **keywords, **settings))

    assert gradgradcheck(function, *[inputs[k] for k in places], tolerance=1e-4)
