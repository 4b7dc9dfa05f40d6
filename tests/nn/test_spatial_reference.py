"""The spatial modules against PyTorch's: results, gradients and how they are printed (see make_nn_spatial.py)."""

import numpy as np
import pytest

import nn
from autograd import Tensor

from .cases import SPATIAL, tupled


@pytest.mark.parametrize("number", range(len(SPATIAL)), ids=lambda i: f"{i}-{SPATIAL[i][0]['name']}")
def test_as_pytorch(number):
    case, values = SPATIAL[number]
    kwargs = {key: tupled(value) for key, value in case["kwargs"].items()}
    module = getattr(nn, case["name"])(*map(tupled, case["args"]), **kwargs).double()
    module.load_state_dict({k.removeprefix("state."): v for k, v in values.items() if k.startswith("state.")})
    inputs = []
    while f"input{len(inputs)}" in values:
        inputs.append(Tensor(values[f"input{len(inputs)}"], requires_grad=True))
    result = module(*inputs)
    results = result if isinstance(result, tuple) else (result,)
    for i, got in enumerate(results):
        np.testing.assert_allclose(got.data if isinstance(got, Tensor) else got, values[f"output{i}"], 1e-12, 1e-12)
    assert f"output{len(results)}" not in values
    results[0].backward(values["cotangent"])
    grads = {f"input{i}": tensor.grad for i, tensor in enumerate(inputs)}
    grads |= {name: parameter.grad for name, parameter in module.named_parameters()}
    assert {f"{name}.grad" for name in grads} == {key for key in values if key.endswith(".grad")}
    for name, grad in grads.items():
        np.testing.assert_allclose(grad.data, values[f"{name}.grad"], 1e-11, 1e-12, err_msg=name)
    assert repr(module) == case["repr"]
