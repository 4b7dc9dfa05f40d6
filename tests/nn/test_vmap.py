"""Every module and function of nn for all examples at once, with parameters of each example's own, against a loop."""

import numpy as np
import pytest

import nn
from autograd import Tensor, grad, jvp, manual_seed, vjp, vmap
from autograd.engine.tensor import unwrap
from nn.utils import functional_call, stack_module_state

from .cases import calls

CALLS = {call.label: call for call in calls()}
N = 2
HELD = {"utils.spectral_norm": "its hook holds the buffers that it writes to, and sees no others"}


def varied(value, k):
    """The k-th example's: of floats other ones, which keep their signs and stay between 0 and 1 where they are."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fc":
        return value
    return (value * (1 - 0.07 * k)).astype(value.dtype)


def stacked(value):
    return np.stack([varied(value, k) for k in range(N)])


def is_own(value):
    return isinstance(value, np.ndarray) and value.dtype.kind in "fc"


def flat(result):
    if isinstance(result, tuple | list):
        return [item for part in result for item in flat(part)]
    return [] if result is None else [np.asarray(unwrap(result))]


class Case:
    """A call as a function of its module's state and of the arrays among its arguments, of each example's own."""

    def __init__(self, label):
        self.label = label
        function, args, _ = CALLS[label].make()
        self.places = [k for k, value in enumerate(args) if is_own(value)]
        self.values = [args[k] for k in self.places]
        self.state = {}
        if isinstance(function, nn.Module):
            self.state = {name: unwrap(value) for name, value in function.state_dict(keep_vars=True).items()}

    def run(self, state, *values):
        function, args, kwargs = CALLS[self.label].make()
        for k, value in zip(self.places, values, strict=True):
            args[k] = value
        manual_seed(0)
        return functional_call(function, state, tuple(args), kwargs) if state else function(*args, **kwargs)

    def pull(self, state, *values):
        outs, back = vjp(lambda *values: tensors(self.run(state, *values)), *values)
        return back([np.cos(out) for out in outs])

    def alone(self, run, k):
        state = {name: Tensor(varied(value, k)) for name, value in self.state.items()}
        return flat(run(state, *[Tensor(varied(value, k)) for value in self.values]))

    def check(self, run):
        each = [self.alone(run, k) for k in range(N)]
        every = vmap(run, randomness="same", axis_size=N)
        state = {name: stacked(value) for name, value in self.state.items()}
        got = flat(every(state, *[stacked(value) for value in self.values]))
        for k, part in enumerate(got):
            expected = np.stack([one[k] for one in each])
            assert part.dtype == expected.dtype
            tolerance = 1e-4 if part.dtype == np.float32 else 1e-9
            np.testing.assert_allclose(part, expected, rtol=tolerance, atol=tolerance)


LABELS = [label for label in CALLS if label not in HELD]


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.filterwarnings("ignore:(l1|mse)_loss")
def test_all_at_once_is_a_loop(label):
    case = Case(label)
    case.check(case.run)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.filterwarnings("ignore:(l1|mse)_loss")
@pytest.mark.filterwarnings("ignore:Output seems independent of input")
def test_gradients_of_all_at_once_are_those_of_a_loop(label):
    case = Case(label)
    if case.places:
        case.check(case.pull)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.filterwarnings("ignore:(l1|mse)_loss")
@pytest.mark.filterwarnings("ignore:Output seems independent of input")
def test_forward_is_the_transpose_of_backward(label):
    case = Case(label)
    state = {name: Tensor(value) for name, value in case.state.items()}
    run = lambda *values: tensors(case.run(state, *values))
    rng = np.random.default_rng(0)
    tangents = [rng.standard_normal(value.shape).astype(value.dtype) for value in case.values]
    outs, moved = jvp(run, case.values, tangents)
    _, back = vjp(run, *case.values)
    seeds = [rng.standard_normal(out.shape).astype(out.dtype) for out in outs]
    pulled = back(seeds)
    forward = sum(np.sum(seed * tangent) for seed, tangent in zip(seeds, moved, strict=True))
    backward = sum(np.sum(slope * tangent) for slope, tangent in zip(pulled, tangents, strict=True))
    single = any(out.dtype == np.float32 for out in outs)
    np.testing.assert_allclose(forward, backward, rtol=1e-3 if single else 1e-7, atol=1e-4 if single else 1e-8)


def tensors(result):
    """The floating Tensors of a result."""
    if isinstance(result, tuple | list):
        return [item for part in result for item in tensors(part)]
    return [result] if isinstance(result, Tensor) and result.dtype.kind in "fc" else []


def networks(n):
    return [
        nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Dropout(0.2), nn.Linear(5, 2)) for _ in range(n)
    ]


def test_an_ensemble_and_its_gradients():
    manual_seed(0)
    models = [model.eval() for model in networks(3)]
    x = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
    labels = np.array([0, 1, 1, 0, 1, 0])
    parameters, buffers = stack_module_state(models)
    got = vmap(lambda p, b: functional_call(models[0], (p, b), x))(parameters, buffers)
    np.testing.assert_allclose(got.data, np.stack([model(x).data for model in models]), rtol=1e-5)

    def loss(p, b):
        return nn.functional.cross_entropy(functional_call(models[0], (p, b), x), labels)

    plain = {name: value.data for name, value in parameters.items()}
    slopes = vmap(grad(loss))(plain, buffers)
    for k, model in enumerate(models):
        nn.functional.cross_entropy(model(x), labels).backward()
        for name, p in model.named_parameters():
            np.testing.assert_allclose(unwrap(slopes[name])[k], p.grad.data, rtol=1e-4, atol=1e-6)
    vmap(loss)(parameters, buffers).sum().backward()
    for name, p in models[1].named_parameters():
        np.testing.assert_allclose(parameters[name].grad.data[1], p.grad.data, rtol=1e-4, atol=1e-6)


def test_an_ensemble_trains_its_own_statistics():
    models = networks(2)
    parameters, buffers = stack_module_state(models)
    x = np.random.default_rng(0).standard_normal((2, 6, 4)).astype(np.float32)
    vmap(lambda p, b, x: functional_call(models[0], (p, b), x))(parameters, buffers, x)
    for k, model in enumerate(models):
        model(x[k])
        for name, value in model.named_buffers():
            np.testing.assert_allclose(buffers[name].data[k], value.data, rtol=1e-5)


def test_gradients_of_each_example_of_an_unchanged_network():
    manual_seed(0)
    model = networks(1)[0].eval()
    x = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    labels = np.array([0, 1, 1, 0, 1])
    parameters = {name: p.data for name, p in model.named_parameters()}

    def loss(p, x, label):
        return nn.functional.cross_entropy(functional_call(model, p, x[None]), label[None])

    slopes = vmap(grad(loss), (None, 0, 0))(parameters, x, labels)
    for k in range(5):
        alone = grad(loss)(parameters, x[k], labels[k : k + 1][0])
        for name, slope in alone.items():
            np.testing.assert_allclose(unwrap(slopes[name])[k], unwrap(slope), rtol=1e-4, atol=1e-6)


def test_a_loss_ignores_what_each_example_ignores():
    scores = np.random.default_rng(0).standard_normal((3, 4, 5))
    labels = np.array([[0, -100, 2, 4], [-100] * 4, [1, 1, 1, 1]])
    weight = np.arange(1.0, 6.0)
    for given in (None, weight):
        loss = lambda s, t, w=given: nn.functional.cross_entropy(s, t, weight=w)
        got = vmap(loss)(scores, labels)
        expected = [loss(Tensor(s), t).item() for s, t in zip(scores, labels, strict=True)]
        np.testing.assert_allclose(got, expected)
        got = vmap(grad(loss))(scores, labels)
        np.testing.assert_allclose(got, [grad(loss)(s, t) for s, t in zip(scores, labels, strict=True)], atol=1e-12)


def test_models_that_differ_cannot_be_stacked():
    with pytest.raises(RuntimeError, match="at least one model"):
        stack_module_state([])
    with pytest.raises(RuntimeError, match="of one kind, got Linear, Tanh"):
        stack_module_state([nn.Linear(2, 2), nn.Tanh()])
    with pytest.raises(RuntimeError, match="to be training, or none"):
        stack_module_state([nn.Linear(2, 2), nn.Linear(2, 2).eval()])
    with pytest.raises(RuntimeError, match="expected all models to hold"):
        stack_module_state([nn.Linear(2, 2), nn.Linear(2, 3)])
    with pytest.raises(RuntimeError, match="to require a gradient, or none"):
        stack_module_state([nn.Linear(2, 2), nn.Linear(2, 2).requires_grad_(False)])
