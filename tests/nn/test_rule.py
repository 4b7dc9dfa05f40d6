"""nn's rule: a layer's gradient is the derivative of its value, for it is made of differentiable functions alone.

Every module and function of nn is run with an engine that lets no value out of the graph (watching.py), but at the
places of one table. What source shows of the rule is in test_imports.py; optim, whose updates are in place and have no
gradient, is only looked at there.
"""

import ast
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import nn
import nn.functional
from autograd import Tensor

from .cases import calls, tracked
from .test_imports import faults
from .watching import Cut, leaks, watched

INTENDED = {
    # the gradient is, by intent, not the derivative of the value
    "nn.activation.gumbel_softmax": "hard=True: straight through, the gradient of the soft sample; Jang et al. 2016",
    "nn.boltzmann.RBM.sample": "contrastive divergence holds the sample constant; Hinton 2002",
    "nn.ctc.ctc_loss": "a term that is 0, with gradient exp(log_probs), as of scores that are normalized; torch's",
    "nn.embedding._indices": "max_norm scales the rows themselves down before they are looked up; torch's embedding",
    "nn.embedding._with_gradient": "scale_grad_by_freq and padding_idx change the gradient alone; torch's embedding",
    "nn.loss._log_above_100": "the derivative of log is kept below 1e12, the value above -100; torch's BCELoss",
    "nn.loss.gaussian_nll_loss": "no gradient is taken of the clamp of the variance; torch's GaussianNLLLoss",
    "nn.pooling.max_unpool": "of values for one place the last stays, and all have its gradient; torch's max_unpool",
    "nn.utils.parametrizations.SpectralNorm.forward": "the singular vectors are constants; Miyato et al. 2018, eq. 9",
    # values that are kept, or handed to the user's own function
    "nn.hooks._through": "the backward hooks that a user registered on a module",
    "nn.normalization._by_own_statistics": "running statistics are a record of what was seen; Ioffe, Szegedy 2015",
    # values read only to choose, in ways that `Held` cannot follow
    "nn.pooling._first_maxima": "where the maxima are; they themselves are taken from the input",
    "nn.pooling.fractional_max_pool": "the samples choose where windows are; torch's fractional_max_pool",
    "nn.utils.parametrizations.matrix_exp": "how often to halve; the exponential is the same however often it is",
}
"""Each place of nn at which a value may leave the graph while a layer computes, with its reason and reference."""

OUTSIDE = {
    "nn.boltzmann.DeepBeliefNetwork": "a training",
    "nn.boltzmann._Descent": "an update of parameters",
    "nn.distributions": "samples are drawn that have no gradient, and it is looked up which of several one is",
    "nn.embedding._Table": "parameters are made",
    "nn.embedding._bags": "the text of an error",
    "nn.init": "values are set",
    "nn.lazy._Lazy.settle": "parameters are made",
    "nn.module._parameters_of": "values are given to whoever differentiates by them",
    "nn.module.Module": "gradients set to 0, values in another dtype",
    "nn.overview": "a model is measured",
    "nn.parallel.buckets": "gradients are added up",
    "nn.parallel.distributed": "values are copied from another rank",
    "nn.parameter": "values are set",
    "nn.recurrent.RNNBase.forward": "a PackedSequence's data, which are a Tensor",
    "nn.shared": "helpers, whose callers are looked at",
    "nn.state": "values are saved and loaded",
    "nn.utils.fusion": "parameters are made",
    "nn.utils.stateless._stacked": "parameters are made",
    "nn.utils.parameters": "gradients are scaled, values are set",
    "nn.utils.parametrizations.Orthogonal.right_inverse": "a value is assigned",
    "nn.utils.parametrizations.SpectralNorm.__init__": "buffers are made",
    "nn.utils.parametrize": "parameters are made, values are assigned",
    "nn.utils.prune": "masks are made, from values and scores",
    "nn.utils.reparametrize": "parameters are made",
    "nn.utils.rnn.pad_packed_sequence": "a PackedSequence's data, which are a Tensor",
}
"""What reads tensors where nothing is differentiated, and so is not run; the part of a name stands for the rest."""

NOT_RUN = {
    **dict.fromkeys(("Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList"), "is not called itself"),
    **dict.fromkeys(
        ("utils.clip_grad_norm_", "utils.clip_grad_value_", "utils.clip_grads_with_norm_", "utils.get_total_norm"),
        "is about gradients",
    ),
    "utils.cast_inputs": "changes what a module is given",
    **dict.fromkeys(
        ("utils.fuse_conv_bn_eval", "utils.fuse_conv_bn_weights", "utils.fuse_linear_bn_eval",
         "utils.fuse_linear_bn_weights", "utils.remove_spectral_norm", "utils.remove_weight_norm", "utils.skip_init",
         "utils.stack_module_state", "utils.vector_to_parameters"),
        "makes or sets parameters",
    ),
}  # fmt: skip
"""What is public and computes nothing that has a gradient."""

CALLS = {call.label: call for call in calls()}


@cache
def outcome(label):
    """What a call did: the error or the leaks as text, the allowed places that it used, the lines that read tensors."""
    function, args, kwargs = CALLS[label].make()
    known = {}
    args, kwargs = tracked(args, known), tracked(kwargs, known)
    wrong = []
    with watched(INTENDED) as watch:
        try:
            wrong = leaks(function(*args, **kwargs))
        except Cut as error:
            wrong = [str(error)]
    return wrong, watch.used, watch.lines


@pytest.mark.parametrize("label", CALLS)
@pytest.mark.filterwarnings("ignore:(l1|mse)_loss")
def test_the_gradient_is_the_derivative(label):
    assert outcome(label)[0] == []


@pytest.mark.filterwarnings("ignore:(l1|mse)_loss")
def test_every_place_is_used():
    assert set().union(*(outcome(label)[1] for label in CALLS)) == INTENDED.keys()


def public():
    """Modules by their class, functions by where they are: "F.relu", "utils.weight_norm"."""
    kinds = {name: getattr(nn, name) for name in nn.__all__}
    found = {name for name, kind in kinds.items() if isinstance(kind, type) and issubclass(kind, nn.Module)}
    places = {"F": nn.functional, "utils": nn.utils, "parametrizations": nn.utils.parametrizations}
    for text, place in places.items():
        found |= {f"{text}.{name}" for name in place.__all__ if hasattr(getattr(place, name), "__code__")}
    return found | {f"rnn.{name}" for name in vars(nn.utils.rnn) if name.endswith("sequence") and name[0] != "_"}


def test_everything_is_run():
    run = set().union(*(call.names for call in CALLS.values()))
    assert public() - NOT_RUN.keys() <= run, "give tests/nn/cases.py a row of what is new"
    assert NOT_RUN.keys() <= public()


def reads():
    """Each place of nn's source that may read a tensor: its module, first and last line, and the function around it."""
    root = Path(nn.__file__).parent
    for path in sorted(root.rglob("*.py")):
        module = ".".join(("nn", *path.relative_to(root).with_suffix("").parts))
        if module.startswith(("nn.data", "nn.demo", "nn.sklearn")):  # which make no layers
            continue
        stack = [(node, module) for node in ast.parse(path.read_text()).body]
        while stack:
            node, name = stack.pop()
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                name = f"{name}.{node.name}"
            attribute = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if (attribute and node.attr in {"asarray", "data", "detach", "numpy", "register_hook"}) or (
                called and node.func.id in {"plain", "no_grad"}
            ):
                yield module, node.lineno, node.end_lineno, name
            stack += [(child, name) for child in ast.iter_child_nodes(node)]


@pytest.mark.filterwarnings("ignore:(l1|mse)_loss")
def test_everything_that_reads_is_run():
    """No branch that reads a tensor is left out, unless it lies where nothing is differentiated."""
    lines = set().union(*(outcome(label)[2] for label in CALLS))
    never = {
        name for module, first, last, name in reads() if not any((module, k) in lines for k in range(first, last + 1))
    }
    used = {name: [part for part in OUTSIDE if f"{name}.".startswith(f"{part}.")] for name in never}
    assert {name for name, parts in used.items() if not parts} == set()
    assert {part for parts in used.values() for part in parts} == OUTSIDE.keys()


# ---- layers that break the rule, to show that it is seen -------------------------------------------------------------

HEAD = """
import copy
import math
import numpy as np
import autograd
from autograd import Tensor, no_grad
from nn.parameter import Parameter
from nn.shared import plain

"""


def layer(body):
    """The function `f` of a module of nn that has this text."""
    names = {"__name__": "nn.fake"}
    exec(compile(HEAD + body, "nn/fake.py", "exec"), names)
    return names["f"]


WRONG = {
    "detach": "def f(x): return x + (x - x.detach()) * 7",
    "asarray": "def f(x): return x * np.asarray(x)",
    "array of data": "def f(x): return x * np.array(x.data)",
    "hook": "def f(x):\n    y = x * 1\n    y.register_hook(lambda g: g * 2)\n    return y",
    "primitive": "def f(x): return getattr(autograd, 'primitive')(lambda x: x, name='f', x=lambda g: g * 7)(x)",
    "private array": "def f(x): return x * getattr(x, '_' + 'content')",
    "private node": "def f(x): return x if vars(type(x))['_node'].__get__(x) else x * 2",
    "data": "def f(x): return x * x.data",
    "data by plain": "def f(x): return x * plain(x)",
    "data by way of others": "def f(x): return x + np.exp(-x.data).sum(0)[None] ** 2",
    "data by an engine's function": "def f(x): return x * autograd.sigmoid(x.data)",
    "data put into an array": "def f(x):\n    y = np.zeros(x.shape)\n    y[...] = x.data\n    return x * y",
    "data as a number": "def f(x): return x * float(x.data.sum())",
    "data as a condition": "def f(x): return x if x.data.sum() else x * 2",
    "data where x is not": "def f(x): return np.where(x.data > 0, x, np.sin(x.data))",
    "data as a result": "def f(x): return x.data * 2",
    "data as a Tensor": "def f(x): return Tensor(x.data) * 2",
    "frozen": (
        "def f(x):\n    y = Tensor([1.0, 2.0], requires_grad=True)\n    y.requires_grad = False\n    return x * y"
    ),
    "bytes": "def f(x): return x * np.frombuffer(x.tobytes()).reshape(x.shape)",
    "other data": "def f(x):\n    x.data = x.data > 0\n    return x",
    "numpy": "def f(x): return x * x.numpy()",
    "item": "def f(x): return x * x.sum().item()",
    "tolist": "def f(x): return x * np.array(x.tolist())",
    "float": "def f(x): return x * float(x.sum())",
    "int": "def f(x): return x * int(x.sum())",
    "bool": "def f(x): return x * bool(x.sum())",
    "math": "def f(x): return x * math.exp(x.sum())",
    "text": "def f(x): return x * float(f'{x.sum():.17g}')",
    "no_grad": "def f(x):\n    with no_grad():\n        y = x * 2\n    return x * y",
    "a parameter of it": "def f(x): return x * Parameter(x)",
    "backward": "def f(x):\n    x.sum().backward()\n    return x * 2",
    "a constant": "def f(x): return np.ones_like(x.data)",
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_the_check_can_fail(name):
    x, again = (Tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True) * 1 for _ in range(2))
    f = layer(WRONG[name])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # which say that no gradient flows
        if name != "math":  # that is refused in any case
            f(again)  # which is no error if nobody watches
    with watched(INTENDED):
        try:
            wrong = leaks(f(x))
        except Cut as error:
            wrong = [str(error)]
    assert wrong
    assert name in ("data as a result", "a constant", "a parameter of it") or wrong[0].startswith("nn.fake.f: ")


@pytest.mark.parametrize("name", ["primitive", "hook", "private array", "backward"])
def test_the_source_tells_too(name):
    assert faults(HEAD + WRONG[name], "nn/fake.py")


RIGHT = {
    "a Tensor of it": "def f(x): return x * Tensor(x)",
    "a copy of it": "def f(x): return x * copy.deepcopy(x)",
    "mask": "def f(x): return x * (x.data > 0)",
    "mask of more": "def f(x): return np.where(np.isnan(plain(x)) | (np.abs(x.data).max() > 1), 0.0, x)",
    "places": "def f(x): return np.take_along_axis(x, x.data.argmax(1)[:, None], 1)",
    "rounded": "def f(x): return x - np.floor(x.data / 0.5) * 0.5",
    "like it": "def f(x): return x + np.zeros_like(x.data)",
    "of an index": "def f(x): return x[Tensor(np.array([0])).data]",
}


@pytest.mark.parametrize("name", RIGHT)
def test_the_check_can_pass(name):
    x = Tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
    with watched():
        assert leaks(layer(RIGHT[name])(x)) == []


def test_the_engine_is_left_as_it_was():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with watched(), pytest.raises(Cut):
        layer(WRONG["detach"])(x)
    assert isinstance(layer("def f(x): return x.data")(x), np.ndarray)
    assert layer(WRONG["detach"])(x).requires_grad
    assert not hasattr(vars(Tensor)["_content"], "fget")
