"""What a Tensor is by PyTorch's convention, and that it is the engine's own below."""

import copy
import pickle
import threading

import numpy as np
import pytest

import autograd
import autograd.torch as torch
import nn as below_nn
from autograd.torch.boundary import convention


def leaf(*data):
    return torch.tensor(*data, requires_grad=True)


def test_shapes_are_asked_for_by_call():
    x = torch.zeros(2, 3)
    assert x.size() == torch.Size([2, 3]) == x.shape
    assert x.size(1) == x.size(dim=1) == x.shape[-1] == 3
    assert x.dim() == 2
    assert x.numel() == 6
    assert len(x) == 2
    assert x.shape.numel() == 6
    assert isinstance(x.shape[:1], torch.Size)


def test_python_numbers_become_the_default_dtype():
    assert torch.tensor(1.5).dtype is torch.float32 is torch.float
    assert torch.tensor([1, 2]).dtype is torch.int64
    assert torch.tensor(np.ones(2)).dtype is torch.float64
    assert torch.Tensor([1, 2]).dtype is torch.float32
    torch.set_default_dtype(torch.float64)
    try:
        assert torch.ones(1).dtype is torch.float64
        assert torch.nn.Linear(1, 1).weight.dtype is torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (torch.ones(2, dtype=torch.int64), torch.ones(2), torch.float32),
        (torch.ones(2), torch.tensor(1.0, dtype=torch.float64), torch.float32),
        (torch.ones(2, dtype=torch.int32), 2.5, torch.float32),
        (torch.ones(2, dtype=torch.uint8), torch.ones(2, dtype=torch.int8), torch.int16),
        (torch.ones(2, dtype=torch.float16), torch.ones(2), torch.float32),
        (torch.ones(2, dtype=torch.bool), 3, torch.int64),
        (torch.ones(2, dtype=torch.float64), 1j, torch.complex128),
    ],
)
def test_promotion(first, second, expected):
    assert (first + second).dtype is expected
    assert torch.result_type(first, second) is expected


def test_one_object_serves_the_program_and_the_packages_below():
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    assert isinstance(x, autograd.Tensor)
    assert isinstance(x.grad, torch.Tensor)
    assert x.grad.tolist() == [2.0, 4.0]
    x.data.mul_(10)
    assert x.tolist() == [10.0, 20.0]
    assert x.requires_grad
    x.grad.zero_()
    assert x.grad.tolist() == [0.0, 0.0]
    x.data = torch.zeros(2)
    assert x.tolist() == [0.0, 0.0]
    seen = []
    torch.boundary.below(lambda t: seen.append((t.size, t.data, t.dtype)))(x)
    assert seen[0][0] == 2
    assert type(seen[0][1]) is np.ndarray
    assert seen[0][2] == np.float32
    assert convention.torch


def test_what_numpy_computes_of_it_is_of_the_program():
    x = leaf([0.0, 1.0])
    assert type(np.exp(x)) is type(np.sum(x)) is type(np.ones(2, np.float32) * x) is torch.Tensor


def test_comparisons_give_tensors_of_bools():
    mask = torch.tensor([1.0, 3.0]) > 2
    assert mask.dtype is torch.bool
    assert mask.tolist() == [False, True]
    assert (mask == torch.tensor([True, True])).sum() == 1
    assert torch.tensor(2.0) == 2
    assert bool(torch.tensor(1) < 2)
    with pytest.raises(RuntimeError, match="neither true nor false"):
        bool(torch.ones(2))


def test_named_results():
    values, indices = found = torch.tensor([[1.0, 5.0], [7.0, 2.0]]).max(dim=1)
    assert found.values is values
    assert values.tolist() == [5.0, 7.0]
    assert found.indices is indices
    assert indices.dtype is torch.int64
    assert type(found).__name__ == "max"


def test_the_slope_of_a_maximum_along_a_dimension_is_that_of_the_element_found():
    x = leaf([[2.0, 2.0, 1.0]])
    x.max(dim=1).values.sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0, 0.0]]


def test_in_place():
    x = torch.ones(3)
    view = x[1:]
    assert x.add_(2).mul_(2) is x
    assert view.tolist() == [6.0, 6.0]
    x += 1
    x[0] = 0
    assert x.tolist() == [0.0, 7.0, 7.0]
    p = leaf([1.0])
    with pytest.raises(RuntimeError, match="no_grad"):
        p.add_(1)
    with torch.no_grad():
        p.sub_(0.5)
    assert p.item() == 0.5
    assert p.is_leaf
    y = p * 2
    y.mul_(p)
    y.backward()
    assert p.grad.item() == 2.0


def test_arguments_by_the_other_names():
    x = torch.ones(2, 3)
    assert x.sum(axis=1, keepdims=True).shape == (2, 1)
    assert torch.flip(x, dims=(0,)).shape == (2, 3)
    out = torch.empty(0)
    assert torch.add(x, 1, out=out) is out
    assert out.shape == (2, 3)


def test_text():
    assert repr(torch.tensor([1.0, 2.5])) == "tensor([1.0000, 2.5000])"
    assert repr(torch.tensor([1.0, -20.0, 0.0])) == "tensor([  1., -20.,   0.])"
    assert repr(torch.tensor([1e-5, 2.0])) == "tensor([1.0000e-05, 2.0000e+00])"
    assert repr(torch.tensor([1.0, torch.nan, -torch.inf])) == "tensor([1., nan, -inf])"
    assert repr(torch.tensor([True, False])) == "tensor([ True, False])"
    assert repr(torch.tensor([[1, 20]])) == "tensor([[ 1, 20]])"
    assert repr(torch.tensor([1 + 2j])) == "tensor([1.+2.j], dtype=torch.complex64)"
    assert repr(torch.zeros(0)) == "tensor([])"
    assert repr(torch.zeros(0, 3, dtype=torch.int64)) == "tensor([], size=(0, 3), dtype=torch.int64)"
    assert repr(leaf([1.0])) == "tensor([1.], requires_grad=True)"
    assert repr(torch.tensor([1], dtype=torch.int32)) == "tensor([1], dtype=torch.int32)"
    assert repr(leaf([1.0]) * 2) == "tensor([2.], grad_fn=<multiply>)"
    assert f"{torch.tensor(1.2345):.2f}" == "1.23"
    assert repr(torch.device("cpu")) == "device(type='cpu')"
    assert repr(torch.zeros(2, 3).shape) == "torch.Size([2, 3])"
    assert repr(torch.long) == "torch.int64"
    assert repr(torch.nn.Parameter(torch.ones(1))) == "Parameter containing:\ntensor([1.], requires_grad=True)"


def test_what_is_ndarrays_alone_is_not_there_and_says_so():
    x = torch.ones(2)
    with pytest.raises(AttributeError, match="ndarray's"):
        x.astype(float)
    with pytest.raises(AttributeError, match="sparse_mask is not there"):
        x.sparse_mask(x)
    assert not x.is_cuda
    assert "astype" not in dir(x)
    assert "masked_fill" in dir(x)
    with pytest.raises(RuntimeError, match="detach"):
        leaf([1.0]).numpy()
    assert np.asarray(leaf([1.0]).detach()).tolist() == [1.0]


def test_conversions():
    x = torch.ones(2)
    assert x.to(torch.float64).dtype is torch.float64
    assert x.to("cpu") is x
    assert x.to(torch.device("cpu")) is x
    assert x.type() == "torch.FloatTensor"
    assert x.long().type(torch.float64).dtype is torch.double
    assert x.device == torch.device("cpu")
    assert torch.finfo(torch.float32).eps == np.finfo(np.float32).eps
    with pytest.raises(RuntimeError, match="expected the device 'cpu'"):
        x.to("cuda")
    with pytest.raises(RuntimeError, match="expected the device 'cpu'"):
        torch.zeros(2, device="cuda")


def test_a_hook_gets_a_tensor_of_the_program():
    x, seen = leaf([1.0, 2.0]), []
    x.register_hook(lambda g: seen.append(g.size(0)) or g * 2)
    (x * 3).sum().backward()
    assert seen == [2]
    assert x.grad.tolist() == [6.0, 6.0]


def test_copies():
    x = leaf([1.0])
    for other in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert type(other) is torch.Tensor
        assert other.requires_grad
        assert other.tolist() == [1.0]
        assert other is not x
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert type(other[0]) is torch.nn.Linear
        assert torch.equal(other[0].weight, net[0].weight)


def test_the_convention_is_that_of_a_thread():
    seen = []

    def work():
        seen.append((convention.torch, torch.ones(2).size()))

    convention.torch = False
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        convention.torch = True
    assert seen == [(True, (2,))]


def test_an_error_below_leaves_the_convention():
    with pytest.raises(ValueError, match="reshape"):
        torch.ones(3).view(2, 2)
    assert convention.torch
    assert torch.ones(3).size(0) == 3


def test_gradients_of_second_order():
    x = leaf([2.0])
    (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), x)
    assert isinstance(g, torch.Tensor)
    assert g.size(0) == 1
    assert h.item() == 12.0


def test_random_numbers_come_from_the_seed():
    torch.manual_seed(3)
    first = torch.randn(4), torch.rand(2, 2), torch.randint(0, 9, (3,)), torch.randperm(5)
    torch.manual_seed(3)
    for a, b in zip(
        first, (torch.randn(4), torch.rand(2, 2), torch.randint(0, 9, (3,)), torch.randperm(5)), strict=True
    ):
        assert torch.equal(a, b)
    g = torch.Generator().manual_seed(5)
    assert torch.equal(torch.randn(3, generator=g), torch.randn(3, generator=torch.Generator().manual_seed(5)))
    drawn = torch.multinomial(torch.tensor([0.0, 1.0, 0.0]), 6, replacement=True)
    assert drawn.tolist() == [1] * 6
    assert torch.bernoulli(torch.ones(3)).tolist() == [1.0] * 3


def test_layers_below_take_their_own_tensors_as_ever():
    """The packages below are what they were for programs that do not use the face."""
    with pytest.raises(AttributeError, match="Take both from one"):
        below_nn.BatchNorm1d(2)(torch.ones(3, 2))
    layer = below_nn.Linear(2, 1)
    layer(autograd.Tensor(np.ones((3, 2), np.float32))).sum().backward()
    assert type(layer.weight) is below_nn.Parameter
    assert type(layer.weight.grad) is autograd.Tensor


@pytest.mark.parametrize(
    "view", ["x.diagonal()", "x.narrow(1, 1, 2)", "x.T[1]", "x.as_strided((2,), (5,), 1)", "x.adjoint()"]
)
def test_what_is_written_to_a_view_is_seen(view):
    x = torch.zeros(4, 4)
    part = eval(view, {"x": x})
    part.fill_(1)
    assert x.sum() == part.numel()


@pytest.mark.parametrize("copy", ["x.flip(0)", "x.fliplr()", "x.rot90()", "torch.t_copy(x)", "torch.unbind_copy(x)[0]"])
def test_what_is_written_to_a_copy_is_not(copy):
    x = torch.zeros(4, 4)
    eval(copy, {"x": x, "torch": torch}).fill_(1)
    assert x.sum() == 0


def test_a_shape_is_changed_in_place():
    x = torch.arange(3.0).requires_grad_()
    y = x * 2
    assert y.unsqueeze_(0).shape == y.shape == (1, 3)
    y.t_()
    y.squeeze_(1).mul_(2)
    y.sum().backward()
    assert x.grad.tolist() == [4, 4, 4]
    with pytest.raises(RuntimeError, match="leaf"):
        x.unsqueeze_(0)


def test_floats_are_not_put_in_place_of_integers():
    n = torch.tensor([1, 2])
    with pytest.raises(RuntimeError, match=r"float32 cannot be put into a tensor of torch.int64"):
        n.mul_(0.5)
    with pytest.raises(RuntimeError, match="cannot be put"):
        torch.add(n, 0.5, out=n)
    assert n.copy_(torch.tensor([3.5, 4.5])).tolist() == [3, 4]


def test_a_strided_copy_of_what_has_a_gradient_is_not_written_to():
    x = leaf([1.0, 2.0, 3.0, 4.0]) * 1
    part = x.as_strided((2,), (2,))
    with pytest.raises(ValueError, match="read-only"):
        part.mul_(2)
    with pytest.raises(ValueError, match="expected elements of this tensor"):
        x[:2].as_strided((2,), (1,), 2)
    with pytest.raises(ValueError, match="among the 4"):
        x.detach().as_strided((2,), (4,), 1)


def test_what_strides_replace_has_no_gradient():
    """As of slice_scatter for the same places: the gradient is of what is kept, and of what was put in."""
    for put in (
        lambda x, new: torch.as_strided_scatter(x, new, (2,), (2,), 1),
        lambda x, new: torch.slice_scatter(x, new, 0, 1, 4, 2),
    ):
        x, new = leaf([0.0, 1.0, 2.0, 3.0, 4.0, 5.0]), leaf([10.0, 20.0])
        y = put(x, new)
        assert y.tolist() == [0, 10, 2, 20, 4, 5]
        (y * torch.arange(6.0)).sum().backward()
        assert x.grad.tolist() == [0, 0, 2, 0, 4, 5]
        assert new.grad.tolist() == [1, 3]


def test_types_by_dtype():
    x = torch.ones(2)
    assert isinstance(x, torch.FloatTensor)
    assert not isinstance(x, torch.LongTensor)
    assert x.type(torch.DoubleTensor).dtype == torch.float64
    assert torch.FloatTensor(2, 3).size() == (2, 3)
    assert torch.LongTensor([1, 2]).tolist() == [1, 2]
    assert (torch.typename(x), torch.typename(1)) == ("torch.FloatTensor", "builtins.int")
    torch.set_default_tensor_type("torch.DoubleTensor")
    assert torch.ones(1).dtype == torch.float64
    torch.set_default_tensor_type(torch.FloatTensor)
    assert torch.ones(1).dtype == torch.float32
    assert x.layout == torch.strided


def test_what_lies_in_one_piece():
    x = torch.ones(2, 3)
    assert x.contiguous() is x
    for other in (x.t(), x.expand(2, 2, 3)):
        assert not other.is_contiguous()
        assert other.contiguous().is_contiguous()
        other.contiguous().mul_(2)
    assert x.sum().item() == 6
    assert (x[1].storage_offset(), x.storage_offset()) == (3, 0)


def test_seeds_are_told():
    torch.manual_seed(3)
    assert torch.initial_seed() == 3
    assert torch.seed() == torch.initial_seed()
    torch.manual_seed(0)


def test_in_place_with_another_factor_writes_where_it_is():
    x = torch.ones(3)
    row = x[1:]
    row.add_(torch.ones(2), alpha=2).mul_(2).sub_(1).div_(torch.tensor([5.0, 1.0]))
    assert x.tolist() == [1, 1, 5]
    y = leaf([1.0, 2.0]) * 1
    kept = y * y
    y.add_(y, alpha=3)
    (y.sum() + kept.sum()).backward()
    with pytest.raises(RuntimeError, match="leaf"):
        leaf([1.0]).add_(1)
    assert torch.ones(2, dtype=torch.int64).add_(torch.tensor([1, 2]), alpha=2).tolist() == [3, 5]
