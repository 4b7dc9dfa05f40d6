"""Wrong uses through the public names: what the error says, and that nothing was changed.

A message says who speaks, what was expected, what came and, where it can, what to write; it names no private function,
no file of the engine, and blames nothing that is not the cause.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.engine.modes import mode

from .words import ROWS, namespace

INWARD = re.compile(
    r"(?<![\w.'\"])_[a-zA-Z]\w*"  # a private name,
    r"|\.(?!__)_\w+"  # or an attribute that is
    r"|<primitive|<lambda>|<locals>|lambda"
    r"|/(engine|ops|transforms|drawing)/|\b(engine|ops|transforms)\.\w+|\w+\.py\b"  # a file of the engine
    r"|None$"
)
"""What no message may hold."""


def snapshot(space: dict[str, Any], folder: Path) -> Any:
    """All that a wrong call must leave as it was."""

    def plain(value: Any) -> Any:
        if isinstance(value, autograd.Tensor):
            gradient = None if value._grad is None else value._grad.data.tobytes()
            return value.data.tobytes(), value.shape, value.requires_grad, gradient
        if isinstance(value, np.ndarray):
            return value.tobytes(), value.shape
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, list | tuple) else value

    legacy = np.random.get_state()
    return {
        "tensors": {name: plain(value) for name, value in space.items() if isinstance(value, autograd.Tensor)},
        "modules": {
            name: (plain(value.state_dict(keep_vars=True)), [part.training for part in value.modules()])
            for name, value in space.items()
            if hasattr(value, "named_modules") and not isinstance(value, type)
        },
        "optimizer": plain(space["sgd"].state_dict()),
        "scheduler": plain(space["scheduler"].state_dict()),
        "random": (str(autograd.generator().bit_generator.state), legacy[1].tobytes(), legacy[2]),
        "mode": (mode.recording, mode.watch, mode.entry, mode.start),
        "files": sorted(os.listdir(folder)),
    }


@pytest.mark.parametrize(("code", "kind", "text"), ROWS, ids=[row[0] for row in ROWS])
def test_words(
    code: str, kind: type[Exception], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    space = namespace()
    before = snapshot(space, tmp_path)
    with pytest.raises(kind) as raised:
        exec(code, space)
    assert type(raised.value) is kind or kind is UserWarning or kind.__module__ == "numpy.exceptions"
    message = str(raised.value)
    assert text in message
    assert INWARD.search(message) is None, message
    assert snapshot(space, tmp_path) == before


def test_there_are_enough() -> None:
    assert len(ROWS) >= 200
    assert len({row[0] for row in ROWS}) == len(ROWS)


def public() -> list[tuple[str, Any]]:
    """What a user can call, by its name: constructors and functions of the packages, and the methods of Tensors."""
    found = []
    for module in (autograd, nn, nn.functional, nn.init, nn.utils, nn.data, optim, optim.lr_scheduler):
        found += [(name, getattr(module, name)) for name in getattr(module, "__all__", dir(module))]
    tensor = autograd.Tensor(np.ones((2, 3)))
    found += [(f"Tensor.{name}", getattr(tensor, name, None)) for name in dir(tensor) if name not in ("ctypes", "size")]
    layers = [nn.Conv2d(1, 1, 1), nn.ModuleList(), nn.ModuleDict(), nn.LSTM(1, 1), nn.BatchNorm1d(2)]
    found += [(f"{type(m).__name__}.{name}", getattr(m, name)) for m in layers for name in ("forward", "extra_repr")]
    return [(name, value) for name, value in found if callable(value) and not name.rpartition(".")[2].startswith("_")]


@pytest.mark.parametrize(("name", "function"), public(), ids=[name for name, _ in public()])
def test_an_argument_that_there_is_not_is_refused_in_public_names(name: str, function: Any) -> None:
    said = ""
    try:
        function(surely_not_an_argument=1)
    except (TypeError, NotImplementedError, ValueError) as error:
        said = str(error)
    assert INWARD.search(said) is None


def test_a_decorator_without_parentheses() -> None:
    x = autograd.Tensor(2.0, requires_grad=True)

    @autograd.no_grad
    def plain(v: Any) -> Any:
        """Doubled."""
        return v * 2

    @autograd.enable_grad
    def tracked(v: Any) -> Any:
        return v * 2

    assert not plain(x).requires_grad
    assert plain.__doc__ == "Doubled."
    with autograd.no_grad():
        assert tracked(x).requires_grad
    assert autograd.is_grad_enabled()


def test_tensors_go_to_devices_and_dtypes_as_modules_do() -> None:
    x = autograd.Tensor(np.ones(2), requires_grad=True)
    assert x.to("cpu") is x.cpu() is x.to(np.float64) is x
    assert x.to(np.float32).dtype == x.to("cpu", np.float32).dtype == x.to(x.astype("f")).dtype == np.float32
    assert x.to("cpu:0", copy=True) is not x
    x.to(np.float32).sum().backward()
    assert x.grad is not None
    assert x.grad.dtype == np.float64


def test_lists_are_taken_by_layers() -> None:
    linear, embedding = nn.Linear(2, 1), nn.Embedding(4, 2)
    for given in ([[1.0, 2.0]], [[1, 2]]):
        result = linear(given)
        np.testing.assert_array_equal(result.data, linear(np.array([[1, 2]], np.float32)).data)
        assert result.dtype == np.float32
    assert embedding([[1, 3]]).shape == (1, 2, 2)
    assert nn.Sequential(linear, nn.ReLU())([[1, 2]]).shape == (1, 1)
    assert nn.CrossEntropyLoss()([[1.0, 2.0]], [1]).shape == ()
    assert nn.ConvTranspose1d(1, 1, 2, 2)([[[1.0]]], [3]).shape == (1, 1, 3)

    class Own(nn.Module):
        def forward(self, parts: Any) -> Any:
            return type(parts)

    assert Own()([1.0]) is list


@pytest.mark.parametrize(
    "use", ["import nn; nn.Linear(2, 1)", "import optim", "import nn.data", "from nn.utils import rnn"]
)
def test_another_package_called_autograd_is_named(use: str, tmp_path: Path) -> None:
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "__init__.py").write_text("def grad(fun): ...")
    root = str(Path(nn.__path__[0]).parent)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {root!r}]; {use}"],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    last = done.stderr.strip().splitlines()[-1]
    assert "expected the package autograd of backgraph, got that of another distribution" in last
    assert "pip uninstall autograd" in last
    assert last.count("expected") == 1


@pytest.mark.parametrize(
    "message",
    [
        "_Forward.__init__() missing", "in <primitive exp>", "at autograd/engine/sweep.py:3", "Tensor._content is",
        "got None", "<lambda>() takes",
    ],
)  # fmt: skip
def test_an_inward_message_would_be_found(message: str) -> None:
    assert INWARD.search(message)


def test_a_change_would_be_found(tmp_path: Path) -> None:
    space = namespace()
    before = snapshot(space, tmp_path)
    changes = (
        "linear.weight.data[0] = 7", "net.eval()", "autograd.generator().random()", "sgd.param_groups[0]['lr'] = 3",
        "x.sum().backward()", "np.random.random()", "scheduler.last_epoch += 1",
    )  # fmt: skip
    for change in changes:
        exec(change, space)
        after = snapshot(space, tmp_path)
        assert after != before, change
        before = after
