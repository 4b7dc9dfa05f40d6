from collections import OrderedDict

import numpy as np
import pytest

import nn
from autograd import Tensor


def names(module):
    return [name for name, _ in module.named_children()]


def test_sequential():
    a, b, c = nn.Identity(), nn.Flatten(0), nn.Linear(4, 2)
    net = nn.Sequential(b, c)
    assert net(Tensor(np.zeros((2, 2), np.float32))).shape == (2,)
    assert nn.Sequential()(3) == 3
    assert names(nn.Sequential({"x": a, "y": b})) == ["x", "y"]
    assert net[0] is net[-2] is b
    assert list(net[1:]) == [c]
    assert type(net[1:]) is nn.Sequential
    assert net.append(a) is net
    assert list(net.insert(0, c)) == [c, b, c, a]
    assert names(net) == ["0", "1", "3"]  # c once
    net[0] = a
    assert list(net) == [a, b, c, a]
    assert net.pop(1) is b
    del net[0]
    assert list(net) == [c, a]
    assert list(net._modules) == ["0", "1"]
    assert list(net + nn.Sequential(b)) == [c, a, b]
    assert list(net * 2) == list(2 * net) == [c, a, c, a]
    net += nn.Sequential(b)
    assert len(net) == 3
    assert list(net.extend([a])) == [c, a, b, a]
    for index in (4, -5):
        with pytest.raises(IndexError, match=f"Sequential: index {index} is out of range, there are 4"):
            net[index]
    with pytest.raises(ValueError, match="positive number of repetitions"):
        net * 0
    with pytest.raises(TypeError, match="expected a Module or None for '0', got function"):
        nn.Sequential(lambda x: x)
    with pytest.raises(IndexError, match="insert: index 9"):
        net.insert(9, a)


def test_module_list():
    a, b, c = nn.Identity(), nn.Flatten(), nn.Linear(1, 1)
    layers = nn.ModuleList([a, b])
    layers.append(c).insert(1, c)
    assert list(layers) == [a, c, b, c]
    assert list(layers[1:3]) == [c, b]
    assert list(layers + [a]) == [a, c, b, c, a]
    layers += [a]
    assert layers.pop() is a
    del layers[:2]
    assert list(layers) == [b, c]
    assert len(nn.ModuleList()) == 0
    assert repr(nn.ModuleList()) == "ModuleList()"
    assert repr(nn.ModuleList([a, nn.Identity(), nn.Sequential(a)])) == (
        "ModuleList(\n  (0-1): 2 x Identity()\n  (2): Sequential(\n    (0): Identity()\n  )\n)"
    )
    with pytest.raises(TypeError, match="expected modules, got Identity"):
        layers.extend(a)
    with pytest.raises(NotImplementedError):
        layers(1)


def test_module_dict():
    a, b = nn.Identity(), nn.Flatten()
    layers = nn.ModuleDict([("a", a)])
    layers["b"] = b
    layers.update({"a": b})
    assert dict(layers.items()) == {"a": b, "b": b}
    assert list(layers.keys()) == list(layers) == ["a", "b"]
    assert list(layers.values()) == [b, b]
    assert "b" in layers
    assert layers.pop("b") is b
    del layers["a"]
    assert len(layers) == 0
    layers["c"] = a
    layers.clear()
    assert not layers.keys()
    with pytest.raises(KeyError, match="attribute 'keys' already exists"):
        layers["keys"] = a
    with pytest.raises(TypeError, match="expected a mapping or pairs, got int"):
        layers.update(3)


def test_parameter_list():
    values = nn.ParameterList([np.zeros(2), Tensor(np.ones(3))])
    assert all(isinstance(value, nn.Parameter) for value in values)
    assert list(values.state_dict()) == ["0", "1"]
    values.append(np.zeros(1)).extend([np.zeros(4)])
    values += [np.zeros(5)]
    assert [value.size for value in values] == [2, 3, 1, 4, 5]
    values[-1] = np.zeros(6)
    assert values[4].size == 6
    assert [value.size for value in values[1:3]] == [3, 1]
    assert len(list(values.parameters())) == 5
    assert "(1): float64 (3,)" in repr(values)
    with pytest.raises(IndexError, match="ParameterList: index 5 is out of range, there are 5"):
        values[5]


def test_parameter_dict():
    values = nn.ParameterDict({"a": np.zeros(2)})
    values["b"] = Tensor(np.zeros(3))
    assert list(values.state_dict()) == ["a", "b"]
    assert values.get("c") is None
    assert values.setdefault("c", np.zeros(1)).size == 1
    assert values.setdefault("c").size == 1
    assert list(reversed(values)) == ["c", "b", "a"]
    assert [p.size for p in (values | {"d": np.zeros(9)}).values()] == [2, 3, 1, 9]
    assert values.copy()["a"] is values["a"]
    values |= {"e": np.zeros(1)}
    assert values.popitem()[0] == "e"
    assert values.pop("c").size == 1
    assert "c" not in values
    assert dict(values.items()).keys() == {"a", "b"}
    assert "(a): float64 (2,)" in repr(values)
    assert list(values.fromkeys(["x", "y"], np.zeros(1)).keys()) == ["x", "y"]
    del values["a"]
    values.clear()
    assert len(values) == 0


def test_parameters_of_a_dict_stand_in_the_order_of_their_names():
    """As in PyTorch, where an optimizer's state, which goes by the order, is to be loaded."""
    values = {"c": np.zeros(1), "a": np.ones(1)}
    assert list(nn.ParameterDict(values).keys()) == ["a", "c"]
    assert list(nn.ParameterDict(OrderedDict(values)).keys()) == ["c", "a"]
    assert list(nn.ParameterDict(values.items()).keys()) == ["c", "a"]
    held = nn.ParameterDict(OrderedDict(values))
    assert list(held.copy().keys()) == list(nn.ParameterDict(held).keys()) == ["c", "a"]
    assert list((held | {"z": None, "b": np.ones(1)}).keys()) == ["c", "a", "b", "z"]
