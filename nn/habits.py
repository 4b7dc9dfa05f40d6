"""What is asked of `nn`, of a module or of a layer by habits of other libraries, and what is written here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

NAMES = {
    "Activation": "nn.ReLU(), nn.Tanh() and so on",
    "AveragePooling2D": "nn.AvgPool2d(kernel_size)",
    "BatchNormalization": "nn.BatchNorm1d(num_features), or 2d for images",
    "BinaryCrossentropy": "nn.BCEWithLogitsLoss()",
    "CategoricalCrossentropy": "nn.CrossEntropyLoss()",
    "Conv2DTranspose": "nn.ConvTranspose2d(in_channels, out_channels, kernel_size)",
    "CrossEntropy": "nn.CrossEntropyLoss()",
    "DataLoader": "nn.data.DataLoader",
    "Dense": "nn.Linear(in_features, out_features), and nn.ReLU() after it",
    "GlobalAveragePooling2D": "nn.AdaptiveAvgPool2d(1)",
    "Input": "nothing: the first layer says how many features there are",
    "Layer": "nn.Module",
    "LayerNormalization": "nn.LayerNorm(normalized_shape)",
    "MaxPooling2D": "nn.MaxPool2d(kernel_size)",
    "MeanSquaredError": "nn.MSELoss()",
    "Model": "nn.Module",
    "SimpleRNN": "nn.RNN(input_size, hidden_size)",
    "SparseCategoricalCrossentropy": "nn.CrossEntropyLoss()",
    "Tensor": "autograd.Tensor",
    "UpSampling2D": "nn.Upsample(scale_factor=2)",
    "ZeroPadding2D": "nn.ZeroPad2d(padding)",
    "functionnal": "nn.functional",
    "optim": "import optim",
}
"""Asked of the package."""

_TRAIN = "the loop: optimizer.zero_grad(), loss.backward(), optimizer.step()"
_SAVE = "autograd.save(path, module.state_dict())"
_LOAD = "module.load_state_dict(autograd.load(path))"

ATTRIBUTES = {
    "W": ".weight", "weights": ".weight", "w": ".weight", "kernel": ".weight", "b": ".bias", "biases": ".bias",
    "add": ".append(layer)",
    "backward": "loss = criterion(output, target); loss.backward()",
    "compile": _TRAIN, "fit": _TRAIN,
    "count_params": "sum(p.size for p in module.parameters())",
    "evaluate": "module.eval(); module(data)", "predict": "module.eval(); module(data)",
    "get_weights": ".state_dict()", "set_weights": ".load_state_dict(state)",
    "grad": "that of a parameter: module.weight.grad",
    "layers": ".children()",
    "load": _LOAD, "load_weights": _LOAD, "save": _SAVE, "save_weights": _SAVE,
    "numpy": "that of a parameter: module.weight.numpy()",
    "params": ".parameters()", "trainable_variables": ".parameters()", "trainable_weights": ".parameters()",
    "summary": "print(nn.summary(module, input_shape))",
    "trainable": ".requires_grad_(False) to freeze it",
}  # fmt: skip
"""Asked of a module."""


def instead(place: str, name: str, known: Iterable[str], functions: Iterable[str] = ()) -> str:
    """The end of an error about a name that the module `place` has not: what to write, where that is known.

    known      the names that it has
    functions  the names of nn.functional, where they are to be looked for too

    >>> instead("nn", "Conv2D", ["Conv2d"]), instead("nn", "relu", ["ReLU"], ["relu"])
    ('; write nn.Conv2d', '; write nn.functional.relu(x), or nn.ReLU()(x)')
    """
    if place == "nn" and name in NAMES:
        return f"; write {NAMES[name]}"
    near = next((other for other in known if other.lower().rstrip("_") == name.lower().rstrip("_")), None)
    if name in functions:
        layer = f", or nn.{near}()(x)" if near else ""
        return f"; write nn.functional.{name}(x){layer}"
    return f"; write {place}.{near}" if near else ""


def of_module(name: str, known: Iterable[str] = (), children: Mapping[str, Any] | None = None) -> str:
    """The same for an attribute of a module.

    known     what its class has
    children  the modules in it

    >>> of_module("weights"), of_module("zero_grads", ["zero_grad"]), of_module("nonsense")
    ('; write .weight', '; write .zero_grad', '')
    """
    if name in ATTRIBUTES:
        return f"; write {ATTRIBUTES[name]}"
    if "_init_" in known:
        return "; write __init__ with two underscores on each side, where _init_ stands"
    inside = next(
        (child for child, module in (children or {}).items() if name in getattr(module, "_parameters", ())), None
    )
    if inside is not None:
        return f"; write {f'[{inside}]' if inside.isdigit() else f'.{inside}'}.{name}, that of a layer in it"
    near = get_close_matches(name, [other for other in known if not other.startswith("_")], 1, 0.85)
    return f"; write .{near[0]}" if near else ""


def without_forward(kind: type) -> str:
    """What a module without forward() may have instead.

    >>> without_forward(type("Net", (), {"call": len}))
    '; rename call to forward'
    """
    names = ("call", "fwd", "Forward", "predict", "_forward", "__forward__")
    return next((f"; rename {name} to forward" for name in names if hasattr(kind, name)), "")
