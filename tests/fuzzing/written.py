"""Random training steps as a user writes them, in Python: compiled and printed, they do what they do in the engine.

A step is drawn line by line, each of which is tried in the engine, so that every step runs. It has arguments of any
layout and dtype, parameters, buffers and what it remembers between calls; it changes arrays in place, looks at values,
draws random numbers, fails half-way. Between the calls all of these change.
"""

from __future__ import annotations

import types
import warnings
from typing import Any, NamedTuple

import numpy as np

import autograd
from autograd.program.compiling import Compiled
from autograd.program.printing import parameters
from autograd.program.values import mapped
from autograd.transforms.tree import leaves

CALLS = 7

Rng = np.random.Generator


class Written(NamedTuple):
    """The lines of a step, and the seed that it, and its data, are drawn from."""

    lines: list[str]
    seed: int

    def text(self) -> str:
        body = [*self.lines, *_ENDS[self.seed % len(_ENDS)], "return given(locals())"]
        return "def step(x, y, m, i, k, s):\n" + "".join(f"    {line}\n" for part in body for line in part.split("\n"))


_ENDS = [
    [
        "loss = total(locals(), w)",
        "loss.backward()",
        "with autograd.no_grad():\n    w -= 0.1 * w.grad",
        "w.grad = None",
    ],
    ["loss = total(locals(), w)", "g = autograd.grad(loss, (w, u), allow_unused=True)"],
    ["loss = total(locals(), w)", "optimizer.zero_grad()", "loss.backward()", "optimizer.step()"],
    [
        "loss = total(locals(), w)",
        "loss.backward()",
        "if k > 2:\n    optimizer.step()\n    optimizer.zero_grad()",
    ],
    [
        "loss = total(locals(), w)",
        "g = autograd.grad(loss, (w, u), create_graph=True, allow_unused=True)",
        "tracked = [p for p in g if p is not None and p.requires_grad]",
        "g = [autograd.grad((p * p).sum(), u, allow_unused=True) for p in tracked]",
    ],
]
"""How a step ends: with an update, or with derivatives."""


def given(values: dict[str, Any]) -> dict[str, Any]:
    """What a step gives: all that it has made, without a graph."""
    made = {name: value for name, value in values.items() if name not in ("w", "u", "tracked", "p")}
    return {name: value.detach() if isinstance(value, autograd.Tensor) else value for name, value in made.items()}


def total(values: dict[str, Any], w: Any) -> Any:
    """A weighted sum of the Tensors and arrays among the values, and of a parameter."""
    loss = (w * 0.1).sum()
    for name, value in values.items():
        if name[0] == "v" and getattr(value, "dtype", np.dtype(bool)).kind == "f" and np.size(value):
            loss = loss + (np.tanh(value).astype(np.float64) * (0.3 + len(name))).mean()
    return loss


# ---- lines -----------------------------------------------------------------------------------------------------------

LINES = """
{n} = {a} + {b}
{n} = {a} * {b}
{n} = {a} - {c}
{n} = {a} / (1 + {b} ** 2)
{n} = {a} @ {b}
{n} = {a} ** {e}
{n} = np.tanh({a})
{n} = np.exp(-abs({a}))
{n} = {f}({a})
{n} = {f}({a}) * {b}
{n} = {a}.sum(axis={ax}, keepdims={bool})
{n} = {a}.mean({ax})
{n} = {a}.max(axis={ax})
{n} = np.sum({a}, axis={ax}, where={a} > {c})
{n} = np.mean({a}, where=m)
{n} = np.where(m, {a}, {b})
{n} = np.where({a} > {b}, {a}, {c})
{n} = np.maximum({a}, {b})
{n} = np.clip({a}, -0.5, {c2})
{n} = {a}[m]
{n} = {a}[i]
{n} = {a}[{ix}]
{n} = {a}[{ix}] * {b}
{n} = {a}.T
{n} = {a}.reshape(-1)
{n} = {a}.reshape({a}.shape[::-1])
{n} = {a}.astype({dt})
{n} = {a}.astype({dt}) * {b}
{n} = {a} * np.{dt2}({c})
{n} = ({a} > {b})
{n} = ({a} > {c}) & m
{n} = np.argsort({a}, axis=-1)
{n} = {a}.argmax(axis=-1)
{n} = np.concatenate([{a}, {b}])
{n} = np.stack([{a}, {b}], axis=-1)
{n} = np.cumsum({a}, axis={ax})
{n} = np.sort({a}, axis=-1)
{n} = np.einsum("...i,...i->...", {a}, {b})
{n} = autograd.softmax({a}, -1)
{n} = autograd.logsumexp({a}, axis={ax})
{n} = np.linalg.norm({a})
{n} = {a}.var(axis={ax})
{n} = np.prod({a}, axis={ax})
{n} = np.outer({a}, {b})
{n} = np.broadcast_to({a}, (2, *{a}.shape))
{n} = np.zeros_like({a})
{n} = np.ones_like({a}) * {c}
{n} = {a}.copy()
{n} = {a}.detach()
{n} = autograd.checkpoint(lambda t: np.sin(t) * {b})({a})
{n} = autograd.checkpoint(lambda t: autograd.checkpoint(lambda r: np.tanh(r * {b}))(t) + t)({a})
{n} = autograd.vmap(lambda t: (t * t).sum() * {c})({a})
{n} = autograd.vmap(autograd.grad(lambda t: (np.sin(t) * t).sum()))({a})
{n} = autograd.grad(lambda t: (np.cos(t) * {b}).sum())({a})
{n} = autograd.jvp(lambda t: t * np.sin(t), ({a},), (np.ones_like({a}),))[1]
{n} = half({a})
{n} = helper.scale * {a}
{n} = {a} * s
{n} = {a} * (k + 1)
{n} = {a} * k ** 0.5
{n} = {a} if k % 2 else -{a}
{n} = {a} * float({c})
{n} = {a} * {a}.sum().item()
{n} = {a} + autograd.generator().standard_normal({a}.shape)
{n} = F.dropout({a}, 0.5)
{n} = F.layer_norm({a}, {a}.shape[-1:])
{n} = F.relu({a}) + F.gelu({a})
{n} = F.softplus({a})
{n} = np.full({a}.shape, 2.0)
{n} = np.arange(3) * {c}
{n} = {a}[::-1] if {a}.ndim else {a}
{n} = sum([{a} * {c} for _ in range(k)])
{n} = len({a}) * {b}
{n} = np.float32({c}) * {a}
{n} = [{a}, {b}][k % 2] * 1
{n} = np.add({a}, {b}, where={a} > 0, out=np.zeros_like({a} + {b}))
{n} = np.multiply({a}, {b}, out=np.empty_like({a}))
np.add({a}, {c}, out={t})
np.multiply({t}, {b}, out={t})
{t} += {b}
{t} -= {c}
{t} *= {b}
{t} /= 2
{t}[...] = {b}
{t}[{ix}] = {b}
{t}[{ix}] += {b}
{t}[m] = {c}
{t}[m] *= 2
{t}[i] += 1
{t}[{a} > {c}] = 0
np.copyto({t}, {b})
{n} = {a} * 2\n{n}.register_hook(lambda g: g * 0.5)
{n} = {a} + {b}\n{n}.register_hook(lambda g: np.clip(g, -1, 1))
b *= 0.9
b += {a}.detach().sum()
b[0] = {c}
helper.last = {a}.detach()
{n} = helper.last * {b}
memory.append({a}.detach().sum())
{n} = memory[-1] * {a}
with autograd.no_grad():\n    {n} = {a} * {b}
with autograd.no_grad():\n    w *= 0.99
with np.errstate(all="ignore"):\n    {n} = np.log({a})
if {a}.sum() > 0:\n    {n} = {a} * 2\nelse:\n    {n} = {a} - 1
if {a}.shape[0] > 2:\n    {n} = {a}[:2]
for j in range(k):\n    {t} = {t} * 0.5 + {a}
for j in range(len({a})):\n    {t} = np.tanh({t} + {a}[j])
for j in range(3):\n    {n} = {a} * j\n    {t} = {t} + {n}
while {t}.sum() > 3:\n    {t} = {t} * 0.5
try:\n    {n} = {a} @ {b}\nexcept ValueError:\n    {n} = {a} * 1
if abs({a}).sum() > 30:\n    raise ArithmeticError("large")
if k == 5:\n    raise KeyError("five")
if not m.any():\n    return {a}
assert np.isfinite({a}).all()
{n} = network({a})
{n} = network.train(k < 3)({a})
""".strip().split("\n")

_PARTS: dict[str, list[str]] = {
    "c": ["0.5", "2", "-1", "1e-3", "s", "x.mean()", "0"],
    "c2": ["0.7", "s", "np.inf", "3"],
    "e": ["2", "3", "0.5", "-1", "1.5", "2.0", "0", "k"],
    "f": ["np.sin", "np.cos", "abs", "np.sqrt", "np.square", "np.sign", "np.log1p", "np.arctan", "autograd.sigmoid",
          "autograd.relu", "np.floor", "np.negative", "np.cbrt", "autograd.erf", "np.isnan", "np.isfinite"],
    "ax": ["0", "-1", "None", "1", "(0, 1)"],
    "bool": ["True", "False"],
    "ix": ["0", "-1", "::-1", "1:", "..., 0", ":, ::2", "None", "k % 2", "[0, 0]", "...", ":0", "..., ::-1", "()"],
    "dt": ["np.float32", "np.float64", "np.float16", "int", "bool", "'f4'"],
    "dt2": ["float32", "float64", "float16", "int64"],
}  # fmt: skip


def _line(rng: Rng, names: list[str], new: str) -> str:
    """A line, with what its words stand for."""
    line = LINES[rng.integers(len(LINES))].replace("\\n", "\n")
    pick = lambda among: among[int(rng.integers(len(among)))]
    recent = [*names, *names[-3:], *names[-2:]]
    given = {word: pick(parts) for word, parts in _PARTS.items()}
    made = [name for name in names if name[0] == "v"]
    given |= {"n": new, "a": pick(recent), "b": pick([*recent, "s"]), "t": pick(made or names)}
    for word, part in given.items():
        line = line.replace("{" + word + "}", part)
    return line


# ---- the world that a step lives in ----------------------------------------------------------------------------------


class World:
    """What a step uses besides its arguments, made anew from a seed."""

    def __init__(self, program: Written) -> None:
        import nn
        import optim
        from nn import functional as F

        rng = np.random.default_rng([program.seed, 99])
        autograd.manual_seed(program.seed)
        size = int(rng.integers(1, 5))
        w, u = (autograd.Tensor(rng.standard_normal(size).astype(dtype), requires_grad=True) for dtype in ("f4", "f8"))
        self.helper = types.SimpleNamespace(scale=0.5, count=0, last=np.ones(size))
        layers = [nn.Linear(size, size, dtype=np.float64), nn.BatchNorm1d(size, dtype=np.float64), nn.Dropout(0.3)]
        self.network = nn.Sequential(*layers)
        parameters = [w, u, *self.network.parameters()]
        makers = (lambda p: optim.SGD(p, 0.1, momentum=0.9), lambda p: optim.Adam(p, 0.01), lambda p: optim.AdamW(p))
        self.optimizer = makers[program.seed % 3](parameters)
        self.space: dict[str, Any] = {
            "np": np, "autograd": autograd, "F": F, "w": w, "u": u, "b": np.ones(size), "memory": [],
            "total": total, "given": given,
            "helper": self.helper, "network": self.network, "optimizer": self.optimizer, "half": lambda v: v * 0.5,
        }  # fmt: skip
        self.space["memory"].append(np.ones(()))
        exec(compile(program.text(), f"<written {program.seed}>", "exec"), self.space)
        self.step = self.space["step"]

    def between(self, call: int) -> None:
        """What a user changes before a call."""
        if call == 3:
            self.helper.scale = -1.5
            self.space["half"] = lambda v: v * 0.25 + 1
        if call == 4:
            self.optimizer.param_groups[0]["lr"] *= 0.5
            self.network.eval()
        if call == 5:
            self.space["w"].data[...] = 0.5

    def state(self) -> list[Any]:
        """Everything that a step may have changed."""
        tensors = [self.space["w"], self.space["u"], *self.network.parameters()]
        found = [np.array(t.data) for t in tensors] + [
            None if t.grad is None else np.array(t.grad.data) for t in tensors
        ]
        found += [np.array(t.data if hasattr(t, "data") else t) for t in self.network.buffers()]
        found += [self.space["b"].copy(), self.helper.count, np.array(self.helper.last), len(self.space["memory"])]
        return [*found, *[np.array(value) for value in self.space["memory"]]]


def arguments(program: Written, call: int) -> tuple[Any, ...]:
    """x, y (floating arrays, or Tensors), m (a mask), i (indices), k (an int), s (a float)."""
    always = np.random.default_rng([program.seed, 7])
    size = program_size(program)
    shapes = [(size,), (3, size), (1, size), (3, 1, size), (size, size), (0, size)]
    shape = shapes[int(always.integers(len(shapes)))]
    dtype = ["f8", "f8", "f4", "f2"][int(always.integers(4))]
    layout, wrapped = int(always.integers(6)), bool(always.random() < 0.5)
    rng = np.random.default_rng([program.seed, 8, call])
    if call >= 5 and len(shape) > 1:
        shape = (shape[0] + 1, *shape[1:])
    if call == 6:
        layout, dtype = (layout + 1) % 6, "f8"
    x = _laid_out(rng.uniform(-2, 2, shape).astype(dtype), layout)
    y = rng.uniform(-1, 1, size)
    m, i = rng.random(shape) < 0.5, rng.integers(0, max(1, shape[0]), 3)
    k = [1, 1, 1, 2, 1, 4, 5][call % 7] if program.seed % 2 else 2
    s = float(rng.uniform(0, 1)) if program.seed % 3 else 0.75
    return (autograd.Tensor(x) if wrapped else x), autograd.Tensor(y), m, i, k, s


def program_size(program: Written) -> int:
    return int(np.random.default_rng([program.seed, 99]).integers(1, 5))


def _laid_out(x: Any, layout: int) -> Any:
    """The same numbers, lying otherwise in memory."""
    if layout == 1:
        return np.asfortranarray(x)
    if layout == 2:
        return np.ascontiguousarray(x[..., ::-1])[..., ::-1]
    if layout == 3:
        return np.repeat(x, 2, axis=-1)[..., ::2]
    if layout == 4:
        return np.broadcast_to(x[..., :1], x.shape)
    if layout == 5:
        return x[::-1]
    return x


# ---- drawing and comparing -------------------------------------------------------------------------------------------


def write(seed: int) -> Written:
    """A step of up to sixteen lines that runs in the engine."""
    rng = np.random.default_rng(seed)
    program = Written([], seed)
    names = ["x", "y", "x", "y", "w", "u", "b"]
    for n in range(int(rng.integers(4, 17))):
        for _ in range(6):
            trial = Written([*program.lines, _line(rng, names, f"v{n}")], seed)
            if _runs(trial):
                program = trial
                if any(f"v{n} = " in line for line in program.lines):
                    names.append(f"v{n}")
                break
    return program


def _runs(program: Written) -> bool:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            world = World(program)
            found = leaves(world.step(*arguments(program, 0)))
        except Exception:
            return False
    return all(np.size(value) < 200 for value in found if isinstance(value, autograd.Tensor | np.ndarray))


def outcomes(program: Written, backend: Any = None) -> Any:
    """What each call gives, or raises, and what it has changed; and the compiled step, if there is a backend."""
    found = []
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        world = World(program)
        if backend is not None:
            world.step = Compiled(world.step, (), backend)
        for call in range(CALLS):
            world.between(call)
            given = arguments(program, call)
            try:
                made = world.step(*given)
            except Exception as error:
                made = f"{type(error).__name__}: {error}"
            found.append((made, [np.array(part) for part in given], world.state()))
    return found, world.step


def written_difference(program: Written, backend: Any) -> str | None:
    """What a compiled step does otherwise than the engine; None where it agrees.

    "refused: " and the words, where nothing was compiled.
    """
    exact = backend.name == "numpy"
    expected, _ = outcomes(program)
    found, step = outcomes(program, backend)
    for call, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
        result, given, state = ours
        if isinstance(result, str):  # gradients that it was setting anew, and failed to, are None
            state = [b if a is None else a for a, b in zip(state, theirs[2], strict=True)]
        for what, a, b in zip(("result", "arguments", "state"), (result, given, state), theirs, strict=True):
            told = _unlike(a, b, exact)
            if told:
                return f"call {call}, {what}: {told}"
    return f"refused: {step.why_not}" if step.why_not else None


def printed_difference(program: Written) -> str | None:
    """What the printed step does otherwise than the engine, at the third call; None where it agrees."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        worlds = [World(program), World(program)]
        for world in worlds:
            for call in range(2):
                world.between(call)
                try:
                    world.step(*arguments(program, call))
                except Exception as error:
                    return f"refused: {error}"
        ours, engine = worlds
        try:
            traced = autograd.trace(ours.step, *arguments(program, 2))
        except Exception as error:
            return f"refused: {error}"
        if any(s.kind == "outside" for s in traced.statements):
            return "refused: an optimizer works out its numbers"
        autograd.manual_seed(5)
        given = leaves(arguments(program, 2))
        arrays = [v.data if isinstance(v, autograd.Tensor) else v for v in given if not isinstance(v, bool | int)]
        known: dict[Any, Any] = dict(zip(traced.inputs, arrays, strict=True))
        taken = [
            autograd.generator() if p == "rng" else mapped(p, lambda v: known.get(v, v.array))
            for p in parameters(traced)
        ]
        space: dict[str, Any] = {}
        exec(traced.source, space)
        try:
            found = space[traced.name](*taken)
        except Exception as error:
            return f"printed: {type(error).__name__}: {error}\n{traced.source}"
        found = found if isinstance(found, tuple) else (found,)
        autograd.manual_seed(5)
        expected = leaves(engine.step(*arguments(program, 2)))
        outgoing = traced.outgoing()
        for k, (value, part) in enumerate(zip(traced.results, expected, strict=False)):
            if value is not None:
                told = _unlike(np.asarray(found[outgoing.index(value)]), np.asarray(part), True)
                if told:
                    return f"printed result {k}: {told}\n{traced.source}"
    return None


def _unlike(a: Any, b: Any, exact: bool) -> str | None:
    if type(a) is not type(b):
        return f"{type(a).__name__} {a!r}, not {type(b).__name__} {b!r}"
    if isinstance(a, dict):
        if sorted(map(str, a)) != sorted(map(str, b)):
            return f"{list(a)}, not {list(b)}"
        return next((f"{k}: {told}" for k in a if (told := _unlike(a[k], b[k], exact))), None)
    if isinstance(a, list | tuple):
        if len(a) != len(b):
            return f"{len(a)}, not {len(b)}"
        return next(
            (f"{k}: {t}" for k, (x, y) in enumerate(zip(a, b, strict=True)) if (t := _unlike(x, y, exact))), None
        )
    if isinstance(a, autograd.Tensor):
        return _unlike(a.data, b.data, exact) or (None if a.requires_grad == b.requires_grad else "requires_grad")
    if isinstance(a, str) and isinstance(
        b, str
    ):  # which index, or in which order the shapes are, may be said otherwise
        kinds = ("IndexError", "ValueError: operands could not be broadcast")
        return None if a == b or any(a.startswith(k) and b.startswith(k) for k in kinds) else f"{a!r}, not {b!r}"
    if not isinstance(a, np.ndarray | np.generic | float):
        return None if a is b or callable(a) or isinstance(a, types.ModuleType) or a == b else f"{a!r}, not {b!r}"
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return f"{a.dtype} {a.shape}, not {b.dtype} {b.shape}"
    if exact or a.dtype.kind != "f":
        same = np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    else:
        unit = 1e-2 if a.dtype.itemsize == 2 else 2e-3
        same = np.allclose(a, b, rtol=unit, atol=unit * np.abs(b[np.isfinite(b)]).max(initial=1), equal_nan=True)
    return None if same else f"{a.tolist()}, not {b.tolist()}"


def shortest_lines(program: Written, differs: Any) -> Written:
    """The program without every line that it differs without as well."""
    k = len(program.lines) - 1
    while k >= 0:
        trial = Written(program.lines[:k] + program.lines[k + 1 :], program.seed)
        if _runs(trial) and differs(trial):
            program, k = trial, len(trial.lines)
        k -= 1
    return program
