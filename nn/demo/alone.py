"""The training as one file of plain NumPy: the printed step, the arrays that it begins with, and a loop around it."""

from __future__ import annotations

import base64
import io
import re
import textwrap
from typing import Any

import numpy as np

from autograd import Tensor, trace

from .training import COOLING, DECAY, Training

HEAD = '''"""A convolutional network learns handwritten digits, in NumPy alone.

    python FILE [EPOCHS]

`training_step` is one step of it: forward, backward, and the update, which changes the arrays that it is given. It is
for batches of {batch} images; what an epoch's order leaves over is left out. Written by `python -m nn --source`. The
digits are E. Alpaydin's and C. Kaynak's, from the UCI Machine Learning Repository (doi 10.24432/C50P49, CC BY 4.0).
"""

import base64
import io
import sys

'''

TAIL = '''

def main(epochs={epochs}):
    """Train, and print each epoch's mean loss and how many digits are right; give the loss of each step."""
    with np.load(io.BytesIO(base64.b64decode(ARRAYS))) as file:
        arrays = gathered(file)
    images, labels = arrays.pop("images"), arrays.pop("labels")
    losses = []
    for epoch in range(epochs):
        numbers = {{{numbers}}}
        order = np.random.default_rng([{seed}, epoch]).permutation(len(images))
        batches = order[: len(order) // {batch} * {batch}].reshape(-1, {batch})
        right = 0
        for batch in batches:
            loss, scores = training_step(images[batch], labels[batch], **arrays, **numbers)
            losses.append(float(loss))
            right += np.count_nonzero(scores.argmax(axis=1) == labels[batch])
        mean = sum(losses[-len(batches) :]) / len(batches)
        print(f"epoch {{epoch + 1:2}}/{{epochs}}   loss {{mean:.4f}}   accuracy {{right / batches.size:7.2%}}")
    return losses


def gathered(file):
    """The arrays by their names, those of a list (name[0], name[1] and so on) as a list."""
    arrays = {{}}
    for name in file:
        if name.endswith("]"):
            arrays.setdefault(name.partition("[")[0], []).append(file[name])
        else:
            arrays[name] = file[name]
    return arrays


ARRAYS = """
{arrays}
"""  # the digits, the weights to begin with, and a momentum of zero, as an .npz

if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
'''


def text(training: Training, epochs: int) -> str:
    """A Python file that trains as `training` would from here on, in batches of one size."""
    settings, data = training.settings, training.data

    def training_step(images: Any, labels: Any) -> Any:
        loss, scores = training.learn(images, labels)
        training.optimizer.zero_grad()
        return loss, scores

    batch = [Tensor(part[: settings.batch_size]) for part in (data.train_images, data.train_labels)]
    program = trace(training_step, *batch)
    own = {id(tensor.data) for tensor in (*training.network.parameters(), *training.network.buffers())}
    arrays: dict[str, Any] = {}  # those of a list by the names of its elements
    for name, given in program.arrays.items():
        arrays |= {f"{name}[{k}]": array for k, array in enumerate(given)} if type(given) is list else {name: given}
    arrays = {name: array if id(array) in own else np.zeros_like(array) for name, array in arrays.items()}
    rates = {"lr": f"{settings.lr!r} * {COOLING!r}**epoch", "momentum": repr(settings.momentum)}
    head = re.search(r"def training_step\((.*?)\):", program.source, re.DOTALL)
    taken = re.findall(r"\w+", head[1]) if head is not None else []
    numbers = {name: said for name, said in {**rates, "weight_decay": repr(DECAY)}.items() if name in taken}
    held = io.BytesIO()
    np.savez_compressed(held, images=data.train_images, labels=data.train_labels, **arrays)
    tail = TAIL.format(
        epochs=epochs, seed=settings.seed, batch=settings.batch_size,
        numbers=", ".join(f'"{name}": {said}' for name, said in numbers.items()),
        arrays=textwrap.fill(base64.b64encode(held.getvalue()).decode(), 120),
    )  # fmt: skip
    return HEAD.format(batch=settings.batch_size) + program.source + tail
