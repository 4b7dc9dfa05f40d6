import copy
import gc
import inspect
import pickle
import weakref

import numpy as np
import pytest

import nn
from autograd import Tensor


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(3, 3, rng=np.random.default_rng(0))
        self.scale = nn.Parameter(np.ones(3, np.float32))
        self.register_buffer("count", np.zeros((), np.int64))
        self.register_buffer("scratch", np.zeros(2, np.float32), persistent=False)

    def forward(self, x, times=1):
        return self.inner(x) * self.scale * times


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Block()
        self.again = self.first
        self.blocks = nn.ModuleList([Block(), Block()])
        self.head = nn.Linear(3, 2, bias=False, rng=np.random.default_rng(1))

    def forward(self, x):
        x = self.again(self.first(x))
        for block in self.blocks:
            x = block(x)
        return self.head(x)


OWN = ["scale", "count", "inner.weight", "inner.bias"]


# ---- registration ----------------------------------------------------------------------------------------------------


def test_walks_visit_shared_parts_once_and_in_order():
    net = Net()
    assert [name for name, _ in net.named_modules()] == [
        "", "first", "first.inner", "blocks", "blocks.0", "blocks.0.inner", "blocks.1", "blocks.1.inner", "head",
    ]  # fmt: skip
    assert [name for name, _ in net.named_modules(remove_duplicate=False)][3:5] == ["again", "again.inner"]
    assert [name for name, _ in net.named_children()] == ["first", "blocks", "head"]
    assert [name for name, _ in net.named_parameters()][:4] == [
        "first.scale", "first.inner.weight", "first.inner.bias", "blocks.0.scale",
    ]  # fmt: skip
    assert len(list(net.parameters())) == len({id(p) for p in net.parameters()}) == 10
    assert [name for name, _ in net.named_buffers()][:2] == ["first.count", "first.scratch"]
    assert [name for name, _ in net.named_parameters(prefix="net", recurse=False)] == []
    assert list(net.state_dict()) == [
        *(f"{path}.{name}" for path in ("first", "again", "blocks.0", "blocks.1") for name in OWN), "head.weight",
    ]  # fmt: skip


def test_a_parameter_shared_under_two_names_is_one():
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    second.weight = first.weight
    both = nn.Sequential(first, second)
    assert [name for name, _ in both.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    twin = copy.deepcopy(both)
    assert twin[0].weight is twin[1].weight is not first.weight


def test_assignment_moves_between_kinds_and_refuses_others():
    module = nn.Module()
    module.x = 3
    module.x = nn.Parameter([1.0])
    assert "x" not in vars(module)
    assert module.x.dtype == np.float32
    with pytest.raises(TypeError, match=r"Module\.x: expected a Parameter or None, .* got ndarray"):
        module.x = np.zeros(1)
    module.x = None
    assert list(module.parameters()) == []
    module.x = nn.Identity()
    assert [name for name, _ in module.named_children()] == ["x"]
    with pytest.raises(TypeError, match="expected a Module or None"):
        module.x = 3
    del module.x
    module.x = 3
    assert module.x == 3
    module.register_buffer("b", np.zeros(2))
    module.b = np.ones(2)
    assert isinstance(module.b, Tensor)
    assert module.state_dict()["b"].tolist() == [1, 1]
    with pytest.raises(TypeError, match="expected a Tensor, an array or None"):
        module.b = "text"


@pytest.mark.parametrize(
    ("name", "error"), [("a.b", KeyError), ("", KeyError), ("forward", KeyError), (3, TypeError)]
)  # fmt: skip
def test_bad_names(name, error):
    for register in ("register_parameter", "register_buffer", "add_module"):
        with pytest.raises(error, match="Module"):
            getattr(nn.Module(), register)(name, None)


def test_bad_kinds():
    with pytest.raises(TypeError, match="expected a Parameter or None for 'x', got Tensor"):
        nn.Module().register_parameter("x", Tensor(1.0))
    with pytest.raises(TypeError, match="expected a Module or None for 'x', got int"):
        nn.Module().add_module("x", 3)
    with pytest.raises(TypeError, match=r"Sequential: .* for '0', got the class ReLU; make one"):
        nn.Sequential(nn.ReLU)


def test_before_init():
    class Early(nn.Module):
        def __init__(self):
            self.layer = nn.Identity()

    with pytest.raises(AttributeError, match=r"Early: call super\(\).__init__\(\)"):
        Early()


def test_missing_attributes_name_module_and_attribute():
    with pytest.raises(AttributeError, match=r"^Linear has no attribute 'wieght'$"):
        nn.Linear(2, 2).wieght  # noqa: B018
    with pytest.raises(AttributeError, match="Net has no module 'nothing'"):
        Net().get_submodule("nothing.inner")
    with pytest.raises(AttributeError, match="Linear has no parameter 'count'"):
        Net().get_parameter("first.inner.count")
    with pytest.raises(NotImplementedError, match="Module: define forward"):
        nn.Module()(1)


def test_a_property_that_fails_says_itself_why():
    class Net(nn.Module):
        @property
        def width(self):
            return self.weight.shape[0]

    with pytest.raises(AttributeError, match="Net has no attribute 'weight'"):
        _ = Net().width
    assert not hasattr(Net(), "width")


@pytest.mark.parametrize(
    "module",
    [nn.LayerNorm(3), nn.Dropout(), nn.BatchNorm1d(3), nn.LSTM(3, 2), nn.Linear(3, 2), nn.ReLU(), nn.Conv1d(3, 2, 1)],
)
def test_what_is_no_array_is_told_as_such(module):
    pair = nn.GRU(4, 3)(np.ones((5, 2, 4), np.float32))
    with pytest.raises(TypeError, match="expected a Tensor or an array, got a tuple of 2; take the one that is meant"):
        module(pair)
    if not isinstance(module, nn.ReLU):
        with pytest.raises(TypeError, match=f"{type(module).__name__}|linear|conv1d: .* got NoneType$"):
            module(None)


def test_an_attribute_error_of_anything_else_stays_one():
    class Net(nn.Module):
        def forward(self, x, what=None):
            return x, (1, 2).shape

    with pytest.raises(AttributeError, match="'tuple' object has no attribute 'shape'"):
        Net()((3, 4))


def test_getting_by_path():
    net = Net()
    assert net.get_submodule("blocks.1.inner") is net.blocks[1].inner
    assert net.get_submodule("") is net
    assert net.get_parameter("blocks.1.inner.weight") is net.blocks[1].inner.weight
    assert net.get_buffer("first.count") is net.first.count


def test_parameter():
    assert nn.Parameter([1, 2]).dtype == np.float32
    assert nn.Parameter(np.zeros(2)).dtype == np.float64
    assert nn.Parameter(np.zeros(2, np.complex64)).dtype == np.complex64
    assert not nn.Parameter(np.zeros(2, int), requires_grad=False).requires_grad
    with pytest.raises(TypeError, match="requires_grad"):
        nn.Parameter(np.zeros(2, int))
    source = np.zeros(2)
    nn.Parameter(source).data[:] = 1
    assert source.tolist() == [0, 0]
    assert isinstance(copy.deepcopy(nn.Parameter([1.0])), nn.Parameter)
    assert type(nn.Parameter([1.0]) * 2) is Tensor


# ---- state -----------------------------------------------------------------------------------------------------------


def test_state_dict_is_a_copy_and_goes_back():
    net = Net()
    state = net.state_dict(prefix="x.")
    assert [name.removeprefix("x.") for name in state] == list(net.state_dict())
    assert list(nn.Linear(1, 1).state_dict(prefix="x")) == ["xweight", "xbias"]
    state = net.state_dict()
    assert all(type(value) is np.ndarray for value in state.values())
    before = {name: value.copy() for name, value in state.items()}
    for parameter in net.parameters():
        parameter.data += 1
    assert all((state[name] == before[name]).all() for name in state)
    owned = net.head.weight.data
    assert net.load_state_dict(state) == ([], [])
    assert net.head.weight.data is owned
    assert (owned == before["head.weight"]).all()


def test_loading_lists_everything_that_is_wrong_and_loads_nothing():
    layer = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1, bias=False))
    before = layer.state_dict()
    wrong = {
        "0.weight": np.ones((3, 2)), "0.bias": np.ones(4), "1.weight": np.ones((1, 3), complex), "2.weight": np.ones(1),
        "extra": 0,
    }  # fmt: skip
    with pytest.raises(RuntimeError) as info:
        layer.load_state_dict(wrong)
    text = str(info.value)
    for line in (
        "Sequential was not changed", "unexpected: 2.weight, extra", "0.bias: expected shape (3,), got (4,)",
        "1.weight: expected values for dtype float32, got complex128",
    ):  # fmt: skip
        assert line in text
    del wrong["0.weight"]
    with pytest.raises(RuntimeError, match=r"missing: 0\.weight"):
        layer.load_state_dict(wrong)
    with pytest.raises(RuntimeError, match=r"0\.bias: expected shape"):
        layer.load_state_dict(wrong, strict=False)
    assert all((layer.state_dict()[name] == value).all() for name, value in before.items())
    with pytest.raises(TypeError, match="expected a mapping"):
        layer.load_state_dict([1])


def test_loading_not_strictly_and_from_other_dtypes():
    layer = nn.Linear(2, 1)
    bias = layer.bias.data.copy()
    found = layer.load_state_dict({"weight": Tensor([[1, 2]]), "other": np.zeros(1)}, strict=False)
    assert found.missing_keys == ["bias"]
    assert found.unexpected_keys == ["other"]
    assert layer.weight.dtype == np.float32
    assert layer.weight.data.tolist() == [[1, 2]]
    assert (layer.bias.data == bias).all()


def test_loading_between_forward_and_backward_is_noticed():
    layer = nn.Linear(2, 1)
    y = layer(Tensor(np.ones((1, 2), np.float32), requires_grad=True)).sum()
    layer.load_state_dict(layer.state_dict())
    with pytest.raises(RuntimeError, match="overwritten"):
        y.backward()


def test_copies_and_pickles():
    net = Net()
    x = np.ones((2, 3), np.float32)
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert twin.again is twin.first
        assert (twin(Tensor(x)).data == net(Tensor(x)).data).all()
        assert not {id(p) for p in twin.parameters()} & {id(p) for p in net.parameters()}
        assert all(p.requires_grad for p in twin.parameters())


# ---- modes -----------------------------------------------------------------------------------------------------------


def test_train_and_eval():
    net = Net()
    assert not any(module.training for module in net.eval().modules())
    assert all(module.training for module in net.train().modules())
    with pytest.raises(ValueError, match="expected True or False, got 'yes'"):
        net.train("yes")


def test_dtypes():
    net = Net()
    net(Tensor(np.ones((1, 3), np.float32))).sum().backward()
    assert net.double() is net
    assert {p.dtype for p in net.parameters()} == {np.dtype(float)} == {p.grad.dtype for p in net.parameters()}
    assert net.first.count.dtype == np.int64
    assert net.first.scratch.dtype == np.float64
    net.zero_grad()
    net(Tensor(np.ones((1, 3)))).sum().backward()
    assert net.head.weight.grad.dtype == np.float64
    assert net.half().head.weight.dtype == np.float16
    assert net.float().head.weight.dtype == np.float32
    net.requires_grad_(False)
    assert not net.to(np.float64).head.weight.requires_grad
    with pytest.raises(TypeError, match="expected a floating or complex dtype, got int64"):
        net.to(int)


def test_gradients_are_dropped_or_zeroed():
    layer = nn.Linear(2, 2)
    layer(Tensor(np.ones((1, 2), np.float32))).sum().backward()
    layer.zero_grad(set_to_none=False)
    assert layer.weight.grad.data.tolist() == [[0, 0], [0, 0]]
    layer.zero_grad()
    assert layer.weight.grad is None


def test_apply_goes_from_the_inside_out():
    seen = []
    net = nn.Sequential(nn.Sequential(nn.Identity()), nn.Flatten())
    assert net.apply(lambda module: seen.append(type(module).__name__)) is net
    assert seen == ["Identity", "Sequential", "Flatten", "Sequential"]


# ---- the path in the graph -------------------------------------------------------------------------------------------


def scopes(tensor):
    found, stack = set(), [tensor.grad_fn]
    while stack:
        node = stack.pop()
        found.add(node.scope)
        stack += [parent for parent in node.parents if parent.plan is not None]
    return found


def test_nodes_carry_the_path_of_their_module():
    x = Tensor(np.ones((1, 3), np.float32))
    assert scopes(Net()(x)) == {
        "head", "again", "again.inner", "blocks.0", "blocks.0.inner", "blocks.1", "blocks.1.inner",
    }  # fmt: skip
    assert scopes(nn.Linear(3, 3)(x)) == {None}
    nested = nn.Module()
    nested.rows = nn.ModuleList([nn.ModuleDict({"a": nn.Linear(3, 3)})])
    nested.rows[0]["b"] = nn.Linear(3, 3)
    assert scopes(nested.rows[0]["a"](x)) == {"rows.0.a"}
    assert scopes(nested.rows[0]["b"](x)) == {"rows.0.b"}


# ---- hooks -----------------------------------------------------------------------------------------------------------


def test_forward_hooks():
    block, x, seen = Block(), Tensor(np.ones((1, 3), np.float32)), []
    plain = block(x).data
    first = block.register_forward_pre_hook(lambda module, args: seen.append(("pre", len(args))))
    second = block.register_forward_hook(lambda module, args, out: seen.append(("post", out.shape)))
    block.register_forward_hook(lambda module, args, out: seen.append(("earlier", None)), prepend=True)
    assert (block(x).data == plain).all()
    assert seen == [("pre", 1), ("earlier", None), ("post", (1, 3))]
    first.remove()
    second.remove()
    second.remove()
    with block.register_forward_pre_hook(lambda module, args: args[0] * 2):
        doubled = block(x).data
    np.testing.assert_allclose(doubled, block(x * 2).data)
    with block.register_forward_hook(lambda module, args, out: out + 1):
        np.testing.assert_allclose(block(x).data, plain + 1)
    with block.register_forward_pre_hook(lambda m, args, kwargs: (args, {"times": 3}), with_kwargs=True):
        np.testing.assert_allclose(block(x).data, plain * 3, rtol=1e-6)
    handle = block.register_forward_hook(lambda m, args, kwargs, out: out * kwargs["times"], with_kwargs=True)
    np.testing.assert_allclose(block(x, times=2).data, plain * 4, rtol=1e-6)
    handle.remove()
    with block.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True):  # noqa: SIM117
        with pytest.raises(RuntimeError, match="expects None or"):
            block(x)


class Two(nn.Module):
    def forward(self, a, b, k):
        return a * b * k, (a + 1) * 2


def test_forward_hooks_that_are_called_in_any_case():
    net, seen = nn.Linear(2, 1), []
    net.register_forward_hook(lambda module, args, out: seen.append(out is None), always_call=True)
    net.register_forward_hook(lambda module, args, kwargs, out: 1 / len(kwargs), with_kwargs=True)
    net.register_forward_hook(
        lambda module, args, out: seen.append(out.shape if out is not None else "none"), always_call=True
    )
    with pytest.raises(ZeroDivisionError):
        net(np.ones((3, 2), "f"))
    assert seen == [False, (3, 1)]
    with pytest.raises(ValueError, match="3"):
        net(np.ones((3, 3), "f"))
    assert seen == [False, (3, 1), True, "none"]


def test_a_hook_that_forward_registers_is_called_after_it():
    class Registers(nn.Module):
        def forward(self, x):
            self.register_forward_hook(lambda module, args, out: out + 1)
            return x

    net = Registers()
    net.register_forward_hook(lambda module, args, out: None)
    assert net(np.ones(1)).tolist() == [2.0]


def test_new_memory():
    net = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 1))
    before = [p.data for p in (*net.parameters(), *net.buffers())]
    net.to_empty(device="cpu", recurse=False)
    assert all(p.data is old for p, old in zip((*net.parameters(), *net.buffers()), before, strict=True))
    assert net.to_empty(device="cpu") is net
    for p, old in zip((*net.parameters(), *net.buffers()), before, strict=True):
        assert (p.shape, p.dtype) == (old.shape, old.dtype)
        assert not np.shares_memory(p.data, old)
    with pytest.raises(ValueError, match="cpu"):
        net.to_empty(device="cuda")


def test_full_backward_hooks_see_and_replace_gradients():
    def run(*hooks):
        module, seen = Two(), []
        for kind, hook in hooks:
            getattr(module, f"register_full_backward_{kind}")(hook(seen))
        a = Tensor([1.0, 2.0], requires_grad=True)
        b = Tensor([[3.0], [5.0]], requires_grad=True)
        left, right = module(a, b, 10)
        (left.sum() + (right * 7).sum() + a.sum()).backward()  # a is used outside, too: the hook does not see that
        return seen, a.grad.data.tolist(), b.grad.data.tolist()

    def watch(seen):
        return lambda module, inputs, outputs: seen.append((inputs, outputs))

    _, a, b = run()
    assert (a, b) == ([95.0, 95.0], [[30.0], [30.0]])
    (((ga, gb, none), (left, right)),), a, b = run(("hook", watch))
    assert (ga.tolist(), gb.tolist(), none) == ([94.0, 94.0], [[30.0], [30.0]], None)
    assert (left.tolist(), right.tolist()) == ([[1.0, 1.0], [1.0, 1.0]], [7.0, 7.0])
    assert (a, b) == ([95.0, 95.0], [[30.0], [30.0]])
    _, a, b = run(("hook", lambda seen: lambda m, inputs, outputs: (inputs[0] * 0, inputs[1] * 2, None)))
    assert (a, b) == ([1.0, 1.0], [[60.0], [60.0]])
    _, a, b = run(("pre_hook", lambda seen: lambda m, outputs: (outputs[0] * 2, outputs[1] * 0)))
    assert (a, b) == ([161.0, 161.0], [[60.0], [60.0]])
    with pytest.raises(RuntimeError, match="expected 3 gradients, got 1"):
        run(("hook", lambda seen: lambda m, inputs, outputs: inputs[0]))


def test_backward_hook_without_input_gradients():
    layer, seen = nn.Linear(2, 1), []
    layer.register_full_backward_hook(lambda module, inputs, outputs: seen.append((inputs, outputs[0].tolist())))
    layer(Tensor(np.ones((1, 2), np.float32))).sum().backward()
    assert seen == [((None,), [[1.0]])]
    assert layer.weight.grad.data.tolist() == [[1, 1]]
    layer.register_full_backward_hook(lambda module, inputs, outputs: inputs)
    with pytest.raises(RuntimeError, match="no input requires a gradient"):
        layer(Tensor(np.ones((1, 2), np.float32))).sum().backward()


def test_hooks_leave_no_cycle():
    layer = nn.Linear(2, 2)
    layer.register_full_backward_hook(lambda module, inputs, outputs: None)
    gc.disable()
    try:
        y = layer(Tensor(np.ones((1, 2), np.float32), requires_grad=True)) * 2
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
    finally:
        gc.enable()


# ---- text ------------------------------------------------------------------------------------------------------------


def test_repr_is_a_tree():
    class Several(nn.Module):
        def __init__(self):
            super().__init__()
            self.child = nn.Identity()

        def extra_repr(self):
            return "one\ntwo"

    assert repr(nn.Sequential(nn.Sequential(nn.Linear(1, 2)), Several())) == (
        "Sequential(\n"
        "  (0): Sequential(\n"
        "    (0): Linear(in_features=1, out_features=2, bias=True)\n"
        "  )\n"
        "  (1): Several(\n"
        "    one\n"
        "    two\n"
        "    (child): Identity()\n"
        "  )\n"
        ")"
    )
    assert "weight" in dir(nn.Linear(1, 1))


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (nn.BatchNorm1d(3, affine=False),
         "3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=True"),
        (nn.InstanceNorm2d(3, affine=True),
         "3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=False"),
        (nn.LayerNorm(3, bias=False), "(3,), eps=1e-05, elementwise_affine=True, bias=False"),
        (nn.GroupNorm(1, 3), "1, 3, eps=1e-05, affine=True, bias=True"),
        (nn.RMSNorm(3), "(3,), eps=None, elementwise_affine=True"),
        (nn.Hardshrink(), "0.5"),
        (nn.RNNCell(1, 2, bias=False, nonlinearity="relu"), "1, 2, bias=False, nonlinearity=relu"),
        (nn.Conv2d(2, 4, 3, padding="same", groups=2, bias=False, padding_mode="circular"),
         "2, 4, kernel_size=(3, 3), stride=(1, 1), padding=same, groups=2, bias=False, padding_mode=circular"),
        (nn.RReLU(inplace=True), "lower=0.125, upper=0.3333333333333333, inplace=True"),
        (nn.GELU("tanh"), "approximate='tanh'"),
        (nn.LSTMCell(1, 2), "1, 2"),
        (nn.Embedding(3, 2, -1, max_norm=1.0), "3, 2, padding_idx=2, max_norm=1.0"),
        (nn.EmbeddingBag(3, 2, norm_type=1.0, padding_idx=0), "3, 2, norm_type=1.0, mode='mean', padding_idx=0"),
    ],
)  # fmt: skip
def test_texts(module: nn.Module, text: str) -> None:
    assert repr(module) == f"{type(module).__name__}({text})"


def test_every_module_says_what_it_takes() -> None:
    for name, kind in ((name, getattr(nn, name)) for name in nn.__all__):
        if isinstance(kind, type) and issubclass(kind, nn.Module) and name not in ("Module", "Sequential", "Identity"):
            parameters = inspect.signature(kind).parameters.values()
            assert not [p for p in parameters if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)], name


# ---- state with hooks, submodules by path, devices ------------------------------------------------------------------


def test_hooks_of_the_state():
    net = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Identity())
    calls = []
    net[0].register_state_dict_pre_hook(lambda module, *args: calls.append((type(module), *args)))
    handle = net.register_state_dict_post_hook(lambda module, state, prefix, local: state.update(version=np.array(2)))
    state = net.state_dict()
    assert calls == [(nn.Linear, "0.", False)]
    assert list(state) == ["0.weight", "version"]
    handle.remove()
    assert list(net.state_dict()) == ["0.weight"]

    def rename(module, state, prefix, local, strict, missing, unexpected, errors):
        state[prefix + "weight"] = state.pop(prefix + "w")
        assert (local, strict, missing, unexpected) == ({}, True, [], [])

    net[0].register_load_state_dict_pre_hook(rename)
    given = {"0.w": [[3.0]]}
    net.load_state_dict(given)
    assert net[0].weight.item() == 3.0
    assert list(given) == ["0.w"]

    def object_to(module, state, prefix, local, strict, missing, unexpected, errors):
        errors.append("no")

    net.register_load_state_dict_pre_hook(object_to)
    with pytest.raises(RuntimeError, match="was not changed:\n  no"):
        net.load_state_dict({"0.w": [[4.0]]})
    assert net[0].weight.item() == 3.0


def test_hooks_after_loading_forgive():
    order = []
    net = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1, bias=False))
    net.register_load_state_dict_post_hook(lambda module, found: order.append(module))
    net[0].register_load_state_dict_post_hook(lambda module, found: (order.append(module), found.missing_keys.clear()))
    state = {"0.weight": [[1.0]], "1.weight": [[2.0]]}
    assert net.load_state_dict(state) == ([], [])
    assert order == [net[0], net]
    with pytest.raises(RuntimeError, match="was loaded, but:\n  unexpected: more"):
        net.load_state_dict({**state, "more": [0.0]})


def test_extra_state():
    class Counter(nn.Module):
        steps = 0

        def get_extra_state(self):
            return {"steps": self.steps}

        def set_extra_state(self, state):
            self.steps = state["steps"]

    net, other = nn.Sequential(Counter(), nn.Linear(1, 1)), nn.Sequential(Counter(), nn.Linear(1, 1))
    net[0].steps = 5
    state = net.state_dict()
    assert list(state) == ["0._extra_state", "1.weight", "1.bias"]
    other.load_state_dict(state)
    assert other[0].steps == 5
    with pytest.raises(RuntimeError, match=r"missing: 0\._extra_state"):
        other.load_state_dict({"1.weight": [[1.0]], "1.bias": [1.0]})


def test_state_with_the_tensors_themselves():
    net = nn.Linear(2, 1)
    into = {"before": 1}
    state = net.state_dict(destination=into, prefix="net.", keep_vars=True)
    assert state is into
    assert state["net.weight"] is net.weight
    assert list(state) == ["before", "net.weight", "net.bias"]


def test_assigned_values_keep_their_dtype():
    net = nn.BatchNorm1d(2)
    parameters = list(net.parameters())
    wanted = {name: value.astype(np.float64 if value.dtype.kind == "f" else np.int64)
              for name, value in net.state_dict().items()}  # fmt: skip
    net.load_state_dict(wanted, assign=True)
    assert net.weight.dtype == net.running_mean.dtype == np.float64
    assert net.weight.requires_grad
    assert all(a is b for a, b in zip(parameters, net.parameters(), strict=True))
    wanted["weight"][:] = 7
    assert net.weight.data.tolist() == [1, 1]


@pytest.mark.parametrize("assign", [False, True])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bias", np.array(["a", "b"])), ("bias", np.array([None, 1.0])), ("num_batches_tracked", np.array("3")),
        ("num_batches_tracked", np.array([3, 4])),
    ],
)  # fmt: skip
def test_nothing_is_loaded_unless_all_can_be(name, value, assign):
    net = nn.BatchNorm1d(2)
    before = net.state_dict()
    state = {key: kept + 5 for key, kept in before.items()}
    state[name] = value
    with pytest.raises(RuntimeError, match=f"was not changed:\n  {name}: expected"):
        net.load_state_dict(state, assign=assign)
    np.testing.assert_equal(net.state_dict(), before)


def test_assigned_integers_cannot_have_gradients():
    net = nn.Linear(2, 1)
    before = net.state_dict()
    with pytest.raises(RuntimeError, match="bias: expected values for dtype float32, got int64"):
        net.load_state_dict({"weight": np.ones((1, 2)), "bias": np.zeros(1, int)}, assign=True)
    np.testing.assert_equal(net.state_dict(), before)
    assert net.requires_grad_(False).load_state_dict({"weight": [[1, 2]], "bias": [3]}, assign=True) == ([], [])
    assert net.bias.dtype == np.int64


@pytest.mark.parametrize("value", [1.5, np.nan, 2.0**70])
def test_a_count_is_loaded_from_whole_numbers_only(value):
    net = nn.BatchNorm1d(2)
    with pytest.raises(RuntimeError, match="num_batches_tracked: expected values for dtype int64, got float64"):
        net.load_state_dict({**net.state_dict(), "num_batches_tracked": np.array(value)})
    net.load_state_dict({**net.state_dict(), "num_batches_tracked": np.array(7.0)})
    assert net.num_batches_tracked.item() == 7


def test_submodules_by_path():
    net = nn.Sequential(nn.Sequential(nn.Linear(1, 1)), nn.Identity())
    net.set_submodule("0.0", nn.Tanh())
    net.set_submodule("0.new", nn.ReLU())
    assert [type(m).__name__ for m in net[0]] == ["Tanh", "ReLU"]
    with pytest.raises(AttributeError, match="no module 'other'"):
        net.set_submodule("0.other", nn.ReLU(), strict=True)
    with pytest.raises(AttributeError, match="no module 'training'"):
        net.set_submodule("training", nn.ReLU())
    with pytest.raises(ValueError, match="expected a path and a Module"):
        net.set_submodule("", nn.ReLU())


def test_buffers_by_assignment():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.kept = nn.Buffer(np.zeros(2))
            self.scratch = nn.Buffer([1.0], persistent=False)

    net = Net()
    assert list(net.state_dict()) == ["kept"]
    assert [name for name, _ in net.named_buffers()] == ["kept", "scratch"]
    net.kept = Tensor(np.ones(2))
    assert net.state_dict()["kept"].tolist() == [1, 1]
    net.scratch = nn.Buffer([2.0])
    assert list(net.state_dict()) == ["kept", "scratch"]


def test_shared_modules_are_listed_once_or_each_time():
    shared = nn.ReLU()
    net = nn.Sequential(shared, shared)
    assert list(net.modules()) == [net, shared]
    assert list(net.modules(remove_duplicate=False)) == [net, shared, shared]


def test_a_name_of_its_own():
    class Named(nn.Module):
        def _get_name(self):
            return "Other"

    assert repr(nn.Sequential(Named())) == "Sequential(\n  (0): Other()\n)"


def test_devices():
    net = nn.Sequential(nn.Linear(2, 1, device="cpu"))
    assert net.to("cpu") is net.cpu() is net.to(device="cpu") is net
    assert net.to("cpu:0", np.float64)[0].weight.dtype == np.float64
    assert net.to(Tensor(np.float32(1)), non_blocking=True)[0].weight.dtype == np.float32
    assert net.type(np.float64)[0].weight.dtype == np.float64
    assert nn.LSTM(1, 2, device="cpu").hidden_size == 2
    for wrong in (lambda: net.to("cuda"), net.cuda, lambda: nn.LayerNorm(2, device="cuda:1"),
                  lambda: nn.TransformerEncoderLayer(2, 1, device="meta"), lambda: nn.GRU(1, 1, device="cuda"),
                  lambda: nn.LSTMCell(1, 1, device="cuda")):  # fmt: skip
        with pytest.raises(ValueError, match="expected the device 'cpu'"):
            wrong()
    with pytest.raises(TypeError, match="expected a floating or complex dtype, got int64"):
        net.to(np.int64)
