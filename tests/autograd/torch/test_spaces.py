"""torch.nn, torch.optim, torch.utils.data and the other modules, by their import paths."""

import copy
import subprocess
import sys

import autograd.torch.nn as nn
import autograd.torch.nn.functional as F
import autograd.torch.optim as optim
import numpy as np
import pytest
from autograd.torch.autograd import Function
from autograd.torch.distributions import Categorical, Normal
from autograd.torch.func import functional_call, grad, hessian, jacrev, jvp, vjp, vmap
from autograd.torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from autograd.torch.optim.lr_scheduler import StepLR
from autograd.torch.testing import assert_close
from autograd.torch.utils.data import DataLoader, Dataset, TensorDataset, random_split

import autograd
import autograd.torch as torch
import nn as below_nn


class Scaled(nn.Module):
    """A program's own module, which uses what only a Tensor of PyTorch's convention has."""

    def __init__(self, width):
        super().__init__()
        self.inner = nn.Linear(width, width)
        self.scale = nn.Parameter(torch.full((width,), 2.0))
        self.register_buffer("shift", torch.ones(width))

    def forward(self, x):
        assert isinstance(x, torch.Tensor)
        assert x.size(-1) == self.scale.numel()
        return self.inner(x).view(x.size(0), -1) * self.scale.unsqueeze(0) + self.shift.expand_as(x)


def test_classes_are_those_of_nn():
    layer = nn.Linear(3, 2)
    assert isinstance(layer, nn.Module)
    assert isinstance(layer, below_nn.Linear)
    assert nn.Linear.__name__ == "Linear"
    assert issubclass(nn.LSTM, nn.RNNBase)
    assert isinstance(nn.BatchNorm2d(3), nn.Module)
    assert repr(layer)[:7] == "Linear("
    assert nn.Linear is torch.nn.Linear is torch.nn.modules.linear.Linear


def test_parameters_and_buffers_are_of_the_program():
    net = nn.Sequential(Scaled(4), nn.BatchNorm1d(4), nn.TransformerEncoderLayer(4, 2, 8, batch_first=True))
    assert {type(p) for p in net.parameters()} == {nn.Parameter}
    assert {type(m).__module__ for m in net.modules()} <= {"autograd.torch.nn", __name__}
    assert all(isinstance(b, torch.Tensor) for b in net.buffers())
    assert net[1].running_mean.size(0) == 4
    for p in net.parameters():
        assert p.dim() in (1, 2)
        assert p.data.size() == p.size()


def test_a_module_of_the_program_within_a_container():
    net = nn.Sequential(nn.Linear(3, 4), Scaled(4), nn.Flatten())
    y = net(torch.ones(2, 3))
    y.sum().backward()
    assert isinstance(y, torch.Tensor)
    assert all(p.grad.size() == p.size() for p in net.parameters())
    doubled = nn.ModuleList([Scaled(4) for _ in range(2)])
    assert sum(p.numel() for p in doubled.parameters()) == 2 * (16 + 4 + 4)


def test_a_layer_that_the_program_has_made_its_own():
    class Masked(nn.Linear):
        def __init__(self, *args):
            super().__init__(*args)
            self.register_buffer("mask", torch.ones(self.weight.size()).tril())

        def forward(self, x):
            assert self.weight.size(0) == 2
            return F.linear(x, self.mask * self.weight, self.bias) + super().forward(x) * 0

    layer = Masked(2, 2)
    with torch.no_grad():
        layer.weight.fill_(1), layer.bias.zero_()
    assert layer(torch.tensor([[1.0, 2.0]])).tolist() == [[1.0, 3.0]]
    assert layer.training


def test_hooks_within_a_container_see_tensors_of_the_program():
    net, seen = nn.Sequential(nn.Linear(2, 3), nn.ReLU()), []
    handle = net[0].register_forward_hook(lambda module, given, out: seen.append((given[0].size(1), out.size(1))))
    net(torch.ones(4, 2))
    handle.remove()
    net(torch.ones(4, 2))
    assert seen == [(2, 3)]


def test_a_copy_of_a_layer_with_a_hook_of_nns_own_has_the_hook_and_its_buffers():
    layer = nn.utils.spectral_norm(nn.Linear(3, 2))
    twin, before, other = copy.deepcopy(layer), layer.weight_u.clone(), torch.tensor([1.0, 0.0])
    twin.weight_u.copy_(other)
    twin(torch.ones(1, 3))
    assert not torch.equal(twin.weight_u, other)
    assert torch.equal(layer.weight_u, before)
    assert sorted(nn.utils.remove_spectral_norm(twin).state_dict()) == ["bias", "weight"]
    assert sorted(layer.state_dict()) == ["bias", "weight_orig", "weight_u", "weight_v"]


def test_methods_of_classes():
    mask = nn.Transformer.generate_square_subsequent_mask(2)
    assert isinstance(mask, torch.Tensor)
    table = nn.Embedding.from_pretrained(torch.eye(3))
    assert type(table) is nn.Embedding
    assert table(torch.tensor([1])).tolist() == [[0.0, 1.0, 0.0]]


def test_a_lazy_layer_becomes_one_of_the_face():
    layer = nn.LazyLinear(3)
    assert layer(torch.ones(2, 5)).size() == (2, 3)
    assert type(layer) is nn.Linear
    assert type(layer.weight) is nn.Parameter


def test_averages_of_models():
    net = nn.Linear(1, 1)
    averaged = torch.optim.swa_utils.AveragedModel(net)
    for value in (1.0, 3.0):
        with torch.no_grad():
            net.weight.fill_(value)
        averaged.update_parameters(net)
    assert averaged.module.weight.item() == 2.0
    assert averaged.module.weight.size() == (1, 1)


def test_all_names_of_a_module():
    place = {}
    exec("from autograd.torch.utils.data import *; from autograd.torch.nn import *", place)
    assert place["DataLoader"] is DataLoader
    assert place["Linear"] is nn.Linear
    assert "Linear" in dir(nn)


def test_device_and_dtype_by_their_place():
    assert nn.Linear(2, 3, False, "cpu", torch.float64).weight.dtype is torch.float64
    with pytest.raises((RuntimeError, ValueError), match="cpu"):
        nn.Linear(2, 3, False, "cuda")


def test_functions_of_networks():
    x = torch.tensor([[-1.0, 2.0]])
    assert F.relu(x).tolist() == [[0.0, 2.0]]
    assert torch.relu(x).size(1) == 2
    assert F.tanh(x).shape == x.shape
    assert torch.conv1d(x[None], torch.ones(1, 1, 2)).tolist() == [[[1.0]]]  # those that torch itself has
    values, places = F.max_pool1d(x, 2, return_indices=True)
    assert values.item() == 2.0
    assert places.dtype is torch.int64


def test_states_share_the_memory_as_in_pytorch():
    net = nn.Linear(1, 1)
    state = net.state_dict()
    net.weight.data.fill_(3.0)
    assert state["weight"].item() == 3.0
    assert not state["weight"].requires_grad
    other = nn.Linear(1, 1)
    other.load_state_dict(state)
    assert other.weight.item() == 3.0


def test_files(tmp_path):
    net, path = nn.Linear(2, 1), tmp_path / "net.pt"
    optimizer = optim.Adam(net.parameters())
    net(torch.ones(2)).backward()
    optimizer.step()
    torch.save({"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}, str(path))
    found = torch.load(path, map_location="cpu")
    assert found["epoch"] == 3
    assert torch.equal(found["model"]["weight"], net.weight)
    assert type(found["model"]["bias"]) is torch.Tensor
    optim.Adam(net.parameters()).load_state_dict(found["optimizer"])
    with pytest.raises(TypeError, match="state_dict"):
        torch.save(net, path)
    torch.save([torch.arange(3), "text"], path)
    assert torch.load(path)[0].tolist() == [0, 1, 2]
    path.write_bytes(b"\x80\x02}q\x00.")
    with pytest.raises(ValueError, match="expected a"):
        torch.load(path)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "LBFGS"])
def test_optimizers_take_the_tensors_of_the_program(name):
    x = torch.tensor([3.0, -2.0], requires_grad=True)
    optimizer = getattr(optim, name)([x], lr=0.05)

    def closure():
        assert isinstance(x, torch.Tensor)
        assert x.size(0) == 2
        optimizer.zero_grad()
        loss = (x**2).sum()
        loss.backward()
        return loss

    first = closure().item()
    for _ in range(5):
        optimizer.step(closure)
    assert (x**2).sum().item() < first
    assert x.is_leaf
    assert optimizer.param_groups[0]["params"][0] is x


@pytest.mark.filterwarnings("ignore:.*no parameter has a gradient")
def test_schedules():
    optimizer = optim.SGD(nn.Linear(1, 1).parameters(), lr=1.0)
    schedule = StepLR(optimizer, step_size=1, gamma=0.5)
    optimizer.step()
    schedule.step()
    assert optimizer.param_groups[0]["lr"] == 0.5


@pytest.mark.parametrize("workers", [0, 2])
def test_data(workers):
    class Squares(Dataset):
        def __len__(self):
            return 6

        def __getitem__(self, i):
            x = torch.arange(2) + i
            assert x.size(0) == 2
            return x.float(), i * i

    batches = list(DataLoader(Squares(), batch_size=4, num_workers=workers))
    assert [tuple(x.size()) for x, _ in batches] == [(4, 2), (2, 2)]
    assert batches[1][1].tolist() == [16, 25]
    parts = random_split(TensorDataset(torch.arange(10)), [7, 3], generator=torch.Generator().manual_seed(0))
    (row,) = next(iter(DataLoader(parts[1], batch_size=3, shuffle=True, generator=torch.Generator())))
    assert row.size(0) == 3
    assert row.dtype is torch.int64


def test_a_rule_of_the_program():
    class Cube(Function):
        @staticmethod
        def forward(ctx, x, k):
            ctx.save_for_backward(x)
            ctx.k = k
            return x.pow(3) * k

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 3 * ctx.k * x.pow(2), None

    x = torch.tensor([2.0, 1.0], requires_grad=True)
    (g,) = torch.autograd.grad(Cube.apply(x, 2).sum(), x, create_graph=True)
    assert g.tolist() == [24.0, 6.0]


def test_functions_into_functions():
    f = lambda x: (x.view(-1) ** 3).sum()
    x = torch.tensor([1.0, 2.0])
    assert grad(f)(x).tolist() == [3.0, 12.0]
    assert hessian(f)(x).diagonal().tolist() == [6.0, 12.0]
    assert jacrev(lambda x: x * x.size(0))(x).tolist() == [[2.0, 0.0], [0.0, 2.0]]
    out, pull = vjp(f, x)
    assert out.item() == 9.0
    assert pull(torch.tensor(1.0))[0].tolist() == [3.0, 12.0]
    assert jvp(f, (x,), (torch.ones(2),))[1].item() == 15.0
    assert vmap(lambda row: row.dot(row))(torch.eye(3)).tolist() == [1.0] * 3
    found = vmap(lambda x: x.max(dim=0).values + x.t().size(0))(torch.arange(12.0).view(2, 3, 2))
    assert found.tolist() == [[6.0, 7.0], [12.0, 13.0]]
    net = nn.Linear(2, 1)
    given = {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}
    assert functional_call(net, given, (x,)).item() == 3.0
    assert torch.autograd.functional.jacobian(lambda x: x * 2, x).tolist() == [[2.0, 0.0], [0.0, 2.0]]


def test_distributions():
    logits = torch.tensor([[0.0, 1.0], [2.0, 0.0]], requires_grad=True)
    d = Categorical(logits=logits)
    drawn = d.sample((5,))
    assert drawn.shape == (5, 2)
    assert torch.allclose(d.log_prob(torch.tensor([1, 0])), logits.log_softmax(1)[[0, 1], [1, 0]])
    assert torch.allclose(d.entropy(), -(logits.softmax(1) * logits.log_softmax(1)).sum(1))
    normal = Normal(torch.zeros(2), 2.0)
    assert torch.allclose(
        normal.log_prob(torch.zeros(2)), torch.full((2,), -np.log(2 * np.sqrt(2 * np.pi)), dtype=torch.float)
    )


def test_sequences():
    padded = pad_sequence([torch.ones(3), torch.ones(1)], batch_first=True)
    assert padded.tolist() == [[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]]
    packed = pack_padded_sequence(padded[..., None], torch.tensor([3, 1]), batch_first=True)
    out, h = nn.GRU(1, 4, batch_first=True)(packed)
    assert isinstance(out.data, torch.Tensor)
    assert h.size(-1) == 4


def test_assert_close():
    assert_close(torch.ones(2), torch.ones(2) + 1e-7)
    for other in (torch.ones(2) * 2, torch.ones(3), torch.ones(2, dtype=torch.float64)):
        with pytest.raises(AssertionError):
            assert_close(torch.ones(2), other)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("torch.jit", "torch.jit is not there"), ("torch.profiler", "memory_table"),
        ("torch.nn.Linnear", "torch.nn.Linnear is not there"), ("torch.nn.functional.relu7", "is not there"),
        ("torch.hub", "no download"), ("torch.linalg.no_such", "torch.linalg.no_such is not there"),
    ],
)  # fmt: skip
def test_what_is_not_there_says_so(path, said):
    with pytest.raises(AttributeError, match=said):
        eval(path)


def test_what_is_for_several_devices_or_mixed_dtypes_can_be_named_and_not_used():
    from autograd.torch.distributed import init_process_group
    from autograd.torch.nn.parallel import DistributedDataParallel

    kinds = {"float32": torch.float32, "bfloat16": torch.bfloat16}
    with pytest.raises(TypeError, match="NumPy has no such dtype"):
        torch.zeros(2, dtype=kinds["bfloat16"])
    for call in (init_process_group, DistributedDataParallel, torch.amp.GradScaler, torch.amp.autocast):
        with pytest.raises(RuntimeError, match=r"there is one process|there are no mixed dtypes"):
            call()
    scaler = torch.cuda.amp.GradScaler(enabled=False)
    loss = torch.ones(1)
    with torch.amp.autocast("cpu", dtype=torch.float32):
        assert scaler.scale(loss) is loss
    torch.backends.cuda.matmul.allow_tf32 = True


def test_there_is_no_other_device():
    assert not torch.cuda.is_available()
    assert torch.cuda.device_count() == 0
    assert not torch.backends.mps.is_available()
    assert torch.accelerator.current_accelerator() is None
    torch.cuda.manual_seed_all(0)
    with pytest.raises((RuntimeError, ValueError), match="cpu"):
        nn.Linear(1, 1).to("cuda")


def test_importing_it_brings_in_neither_nn_nor_optim():
    code = "import sys, autograd.torch; print(*{'nn', 'optim', 'scipy', 'torch'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_a_transform_of_ones_own():
    class Cube(torch.distributions.Transform):
        def _call(self, x):
            return x**3

        def _inverse(self, y):
            return y ** (1 / 3)

        def log_abs_det_jacobian(self, x, y):
            return (3 * x**2).log()

    base = torch.distributions.Uniform(torch.tensor(1.0), torch.tensor(2.0))
    cubed = torch.distributions.TransformedDistribution(base, Cube())
    assert torch.allclose(cubed.log_prob(torch.tensor(4.0)), -torch.tensor(3 * 4 ** (2 / 3)).log())
    assert 1 <= cubed.rsample() <= 8


def test_modules_that_nn_puts_into_one_are_torchs():
    layer = torch.nn.utils.parametrizations.orthogonal(torch.nn.Linear(3, 3))
    assert torch.dist(layer.weight @ layer.weight.T, torch.eye(3)) < 1e-5
    assert all(isinstance(module, torch.nn.Module) for module in layer.modules())


def test_groups_of_parameters_have_pytorchs_keys():
    optimizer = torch.optim.Adam([torch.ones(1, requires_grad=True)])
    optimizer.add_param_group({"params": [torch.ones(2, requires_grad=True)]})
    for group in optimizer.param_groups:
        assert group.keys() >= {"foreach", "capturable", "differentiable", "fused", "maximize"}
    optimizer.load_state_dict(optimizer.state_dict())


def test_the_transforms_of_autograd_take_functions_that_give_these_tensors():
    def wave(x):
        return torch.sin(x) * 2

    def loss(x):
        return (torch.sin(x) ** 2).sum()

    x, along = np.array([0.3, 0.4]), np.array([1.0, 2.0])
    slope = np.sin(2 * x)
    np.testing.assert_allclose(autograd.grad(loss)(x), slope)
    np.testing.assert_allclose(autograd.value_and_grad(loss)(x)[1], slope)
    np.testing.assert_allclose(autograd.elementwise_grad(wave)(x), 2 * np.cos(x))
    np.testing.assert_allclose(autograd.jvp(wave, (x,), (along,))[1], 2 * np.cos(x) * along)
    np.testing.assert_allclose(autograd.hvp(loss, (x,), (along,))[1][0], 2 * np.cos(2 * x) * along)
    np.testing.assert_allclose(autograd.hessian(loss)(x), np.diag(2 * np.cos(2 * x)), atol=1e-15)
    np.testing.assert_allclose(autograd.jacobian(lambda x: torch.exp(x * 1j))(x), np.diag(1j * np.exp(1j * x)))
    known = autograd.jacobian(wave, sparsity=np.eye(2, dtype=bool), check=True)
    np.testing.assert_allclose(known(x).toarray(), np.diag(2 * np.cos(x)))
    np.testing.assert_allclose(autograd.vmap(autograd.grad(loss))(np.stack([x, x])), [slope, slope])


@pytest.mark.filterwarnings("ignore:invalid value")
def test_anomalies_are_looked_for_from_a_call_on_or_within_it():
    with torch.autograd.set_detect_anomaly(True):
        x = torch.zeros(1, requires_grad=True)
        with pytest.raises(RuntimeError, match="sqrt"):
            (x.sqrt() * 0).backward()
    torch.autograd.set_detect_anomaly(True)
    torch.autograd.set_detect_anomaly(False)
    (x.sqrt() * 0).sum().backward()


def test_a_distribution_of_ones_own_is_asked_from_below():
    class Squashed(torch.distributions.TransformedDistribution):
        def __init__(self, loc, scale):
            super().__init__(Normal(loc, scale), [torch.distributions.TanhTransform()])

        @property
        def mean(self):
            assert isinstance(self.base_dist.loc, torch.Tensor)
            return self.base_dist.mean.unsqueeze(0).tanh().squeeze(0)

    there = torch.distributions.Independent(Squashed(torch.zeros(2), torch.ones(2)), 1)
    assert there.mean.tolist() == [0, 0]
    assert isinstance(there, torch.distributions.Distribution)
    assert Normal(0.0, 1.0).expand((3,)).loc.size() == (3,)
    assert there.base_dist.batch_shape.numel() == 2
    assert there.sample((4,)).size() == (4, 2)


def test_optimizers_are_of_one_base():
    optimizer = optim.SGD([torch.ones(2, requires_grad=True)], 0.1, momentum=0.9)
    seen = []
    optimizer.register_step_post_hook(lambda *given: seen.append(given[0]))
    optimizer.param_groups[0]["params"][0].grad = torch.ones(2)
    optimizer.step()
    assert seen == [optimizer]
    assert isinstance(optimizer, torch.optim.Optimizer)
    assert isinstance(optimizer.state_dict()["state"][0]["momentum_buffer"], torch.Tensor)


def test_fans():
    assert nn.init._calculate_fan_in_and_fan_out(torch.ones(2, 3)) == (3, 2)


def test_a_chain_of_modules_in_parts_of_which_all_but_the_last_are_checkpointed():
    from autograd.torch.utils.checkpoint import checkpoint_sequential

    net = nn.Sequential(*[nn.Linear(2, 2) for _ in range(5)])
    x = torch.ones(1, 2, requires_grad=True)
    for parts in (1, 2, 3, 5, 7):
        assert torch.equal(checkpoint_sequential(net, parts, x, use_reentrant=False), net(x))
    checkpoint_sequential(list(net), 2, x).sum().backward()
    (expected,) = torch.autograd.grad(net(x).sum(), x)
    assert_close(x.grad, expected)


def test_names_of_old_and_those_that_say_something_of_arguments():
    from autograd.torch.distributions import constraints

    weight = torch.empty(3, 4)
    assert nn.init.constant(weight, 2.0).sum() == 24
    weight.requires_grad_().sum().backward()
    nn.utils.clip_grad_norm(weight, 1.0)
    assert_close(weight.grad.norm(), torch.tensor(1.0))
    assert repr(constraints.interval(0, 1)) == "interval()"
    with pytest.raises(AttributeError, match="is not there"):
        constraints.positiv  # noqa: B018
    with pytest.raises(TypeError, match="NumPy has no such dtype"):
        nn.Linear(1, 1).bfloat16()
    assert torch.frombuffer(bytearray(8), dtype=torch.float32).tolist() == [0.0, 0.0]
    assert torch.from_dlpack(np.ones(2)).tolist() == [1.0, 1.0]
    assert torch.binomial(torch.full((2,), 7.0), torch.tensor([0.0, 1.0])).tolist() == [0.0, 7.0]


def test_bases_by_which_programs_find_layers_or_derive_their_own():
    from autograd.torch.nn.modules.batchnorm import _BatchNorm
    from autograd.torch.nn.modules.conv import _ConvNd
    from autograd.torch.nn.modules.loss import _WeightedLoss
    from autograd.torch.nn.modules.utils import _pair, _triple

    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.InstanceNorm2d(2), nn.ConvTranspose1d(1, 1, 1))
    assert [isinstance(m, _BatchNorm) for m in net] == [False, True, False, False]
    assert [isinstance(m, _ConvNd) for m in net] == [True, False, False, True]
    assert [isinstance(m, nn.modules.batchnorm._NormBase) for m in net] == [False, True, True, False]
    assert (_pair(3), _pair((1, 2)), _triple(0)) == ((3, 3), (1, 2), (0, 0, 0))

    class Dice(_WeightedLoss):
        def forward(self, input, target):
            lost = 1 - 2 * (input * target * self.weight).sum(0) / (input + target).sum(0)
            return lost.sum() if self.reduction == "sum" else lost

    loss = Dice(torch.ones(2), size_average=False)
    assert isinstance(loss, nn.modules.loss._Loss)
    assert loss(torch.ones(3, 2), torch.ones(3, 2)).item() == 0
    assert list(loss.state_dict()) == ["weight"]
