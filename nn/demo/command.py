"""The command line: what may be asked, what is refused before anything is changed, and the order of things."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from importlib.util import find_spec
from typing import Any, NoReturn

PROGRAM = "python -m nn"
NEEDS = {
    "tqdm": "the progress bar",
    "matplotlib": "the pictures",
    "pygraphviz": "the graphs",
    "threadpoolctl": "the number of threads",
}
WEIGHTS, HISTORY = "weights.npz", "history.csv"
PICTURES = ("loss.png", "filters.png", "confusion.png", "forward.svg", "backward.svg")
EPOCHS = 20
# A batch's products are too small to be shared out: a second thread gains nothing on an idle machine, and beside a busy
# process each product waits until the one that has lost its core comes back.
THREADS = 1
REFUSED, FAILED, INTERRUPTED = 2, 1, 130


class Refusal(Exception):
    """What is said, in one line, instead of beginning."""


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Refusal(f"{message} (see {PROGRAM} --help)")


class Stop:
    """Ctrl-C, while this is entered: a wish that training grants between two steps. A second one ends at once."""

    def __init__(self) -> None:
        self.wanted = False

    def __call__(self) -> bool:
        return self.wanted

    def __enter__(self) -> Stop:
        self.before = signal.signal(signal.SIGINT, self._wish)
        return self

    def __exit__(self, *_: Any) -> None:
        signal.signal(signal.SIGINT, self.before)

    def _wish(self, *_: Any) -> None:
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    0, 1 (the loss diverged, or a file could not be written), 2 (refused, nothing changed) or 130 (interrupted)
    """
    try:
        return run(arguments)
    except Refusal as refusal:
        print(f"{PROGRAM}: {refusal}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print(f"{PROGRAM}: interrupted", file=sys.stderr)
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    made = Parser(
        prog=PROGRAM, allow_abbrev=False,
        description="Train a small convolutional network on handwritten digits. Leaves in --out: "
        f"{', '.join((WEIGHTS, HISTORY, *PICTURES))}.",
    )  # fmt: skip
    made.add_argument("--epochs", type=whole(1), help=f"passes through the data, in all (default: {EPOCHS})")
    made.add_argument("--batch-size", type=whole(1), help="images a step (default: 32)")
    made.add_argument("--lr", type=number(0, None), help="learning rate of the first epoch (default: 0.05)")
    made.add_argument("--momentum", type=number(0, 1), help="momentum of the gradient descent (default: 0.9)")
    made.add_argument("--seed", type=whole(0), help="of the weights, the order and what is held out (default: 0)")
    made.add_argument(
        "--data", type=data_name, metavar="{digits,mnist:PATH}",
        help="the 1,797 digits that come along (the default), or the folder of MNIST's four files",
    )  # fmt: skip
    made.add_argument("--out", default="out", metavar="FOLDER", help="where everything goes (default: out)")
    made.add_argument("--resume", action="store_true", help=f"go on from the {WEIGHTS} in --out, with its options")
    made.add_argument(
        "--threads", type=whole(1), default=THREADS,
        help=f"threads of the matrix products (default: {THREADS}, the quickest for a network of this size)",
    )  # fmt: skip
    made.add_argument("--compile", action="store_true", help="run the steps as a program: faster, the same numbers")
    made.add_argument(
        "--source", metavar="FILE",
        help="instead of training, write a file that trains on the digits with NumPy alone (- for standard output)",
    )  # fmt: skip
    return made


def run(arguments: Sequence[str] | None) -> int:
    options = parser().parse_args(arguments)
    if options.source is not None:
        return write_source(options)
    for module, purpose in NEEDS.items():
        if find_spec(module) is None:
            raise Refusal(f"{module} is needed for {purpose}: pip install 'backgraph[demo]'")
    with importlib.import_module("threadpoolctl").threadpool_limits(options.threads):
        return train_and_draw(options)


def train_and_draw(options: argparse.Namespace) -> int:
    """What the command is for, once nothing that it needs is missing."""
    training, options.epochs = prepare(options)
    check_folder(options.out)
    at = os.path.join(options.out, "")
    with Stop() as stop:
        began, first = time.perf_counter(), training.epoch
        announce(training, options)
        try:
            finished = train(training, options, stop)
        except FloatingPointError as problem:
            kept = f"; {at}{WEIGHTS} has epoch {training.epoch}" if training.epoch else ""
            print(f"{PROGRAM}: {problem}; a smaller --lr than {training.settings.lr:g} may help{kept}", file=sys.stderr)
            return FAILED
        except OSError as problem:
            return unwritten(problem, training.epoch)
        if not finished:
            print(
                f"interrupted in epoch {training.epoch + 1} after {training.step} of {training.steps()} steps: "
                f"the weights so far are in {at}{WEIGHTS}; --resume goes on from them"
            )
            return INTERRUPTED
        if stop():
            print(f"interrupted: the weights are in {at}{WEIGHTS}; --resume draws the pictures")
            return INTERRUPTED
    if training.epoch > first:
        seconds = time.perf_counter() - began
        print(f"{training.history[-1][-1]:.2%} of the held-out digits are right, after {seconds:.1f} s of training")
    try:
        draw_all(training, options.out)
    except OSError as problem:
        return unwritten(problem, training.epoch)
    except KeyboardInterrupt:
        print(f"interrupted while drawing: the weights are in {at}{WEIGHTS}; --resume draws the pictures")
        return INTERRUPTED
    print(f"in {at}: {', '.join((WEIGHTS, HISTORY, *PICTURES))}")
    return 0


def write_source(options: argparse.Namespace) -> int:
    """Write the training as a file that needs NumPy alone."""
    from .alone import text

    if options.resume or (options.data or "digits") != "digits":
        raise Refusal("--source is for a training on the digits from its beginning: leave --resume and --data out")
    training, epochs = prepare(options)
    made = text(training, epochs)
    if options.source == "-":
        print(made, end="")
        return 0
    try:
        with open(options.source, "w", encoding="utf-8") as file:
            file.write(made)
    except OSError as error:
        raise Refusal(f"--source: cannot write {options.source}: {error.strerror}") from None
    return 0


def unwritten(problem: OSError, epoch: int) -> int:
    """Say that a file cannot be written; the one of that name before it is whole."""
    where = f" {problem.filename}" if problem.filename else ""
    print(
        f"{PROGRAM}: cannot write{where} after epoch {epoch}: {problem.strerror}; the old file is left as it was",
        file=sys.stderr,
    )
    return FAILED


# ---- before: what is refused -----------------------------------------------------------------------------------------


def whole(least: int) -> Any:
    """The type of an option that is a whole number."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(f"expected a whole number from {least} on, got {text!r}")
        return value

    return convert


def number(least: float, below: float | None) -> Any:
    """The type of an option that is a number: more than 0, or with `below` from `least` to below it."""

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if below is None and not least < value < float("inf"):
            raise argparse.ArgumentTypeError(f"expected a number greater than {least:g}, got {text!r}")
        if below is not None and not least <= value < below:
            raise argparse.ArgumentTypeError(f"expected a number from {least:g} to below {below:g}, got {text!r}")
        return value

    return convert


def data_name(text: str) -> str:
    if text != "digits" and not (text.startswith("mnist:") and len(text) > len("mnist:")):
        raise argparse.ArgumentTypeError(f"expected digits or mnist:PATH, got {text!r}")
    return text if text == "digits" else f"mnist:{os.path.abspath(text.removeprefix('mnist:'))}"


def prepare(options: argparse.Namespace) -> tuple[Any, int]:
    """The training to begin, or the one to go on with, and up to which epoch: as is asked for now, or was then."""
    from .training import Settings, Training, load, settings_of

    given = {f.name: getattr(options, f.name) for f in fields(Settings) if getattr(options, f.name) is not None}
    path = os.path.join(options.out, WEIGHTS)
    state = None
    if options.resume:
        state = read(path)
        try:
            settings = settings_of(state)
        except (ValueError, KeyError, TypeError) as error:
            raise Refusal(f"--resume: {path}: {one_line(error)}") from None
        for name, value in given.items():
            if value != (before := getattr(settings, name)):
                raise Refusal(
                    f"--resume: {path} was trained with --{name.replace('_', '-')} {before}, got {value}; "
                    f"leave the option out, or begin anew without --resume"
                )
    else:
        settings = replace(Settings(), **given)
    try:
        data = load(settings.data, settings.seed)
    except (OSError, ValueError) as error:
        raise Refusal(f"--data {settings.data}: {one_line(error)}") from None
    training, epochs = Training(settings, data, options.compile), EPOCHS
    if state is not None:
        try:
            training.restore(state)
            epochs = int(state.get("epochs", epochs))
        except (ValueError, KeyError, TypeError, RuntimeError, IndexError) as error:
            raise Refusal(f"--resume: {path}: {one_line(error)}") from None
    return training, options.epochs or epochs


def read(path: str) -> Any:
    """A saved file. Raises Refusal if it is missing, truncated or foreign."""
    from autograd import load

    try:
        return load(path)
    except FileNotFoundError:
        raise Refusal(f"--resume: there is no {path} to go on from; begin without --resume") from None
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise Refusal(f"--resume: {path}: {one_line(error)}") from None


def check_folder(out: str) -> None:
    """Make the folder, and be sure that files can be written there."""
    try:
        os.makedirs(out, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise Refusal(f"--out: cannot write into {out or repr(out)}: {error.strerror}") from None
    for name in (WEIGHTS, HISTORY, *PICTURES):
        if os.path.isdir(os.path.join(out, name)):
            raise Refusal(f"--out: {os.path.join(out, name)} is a folder, and a file is to be written there")


def one_line(error: BaseException) -> str:
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return " ".join(text.split()) or type(error).__name__


# ---- during and after ------------------------------------------------------------------------------------------------


def announce(training: Any, options: argparse.Namespace) -> None:
    settings, data = training.settings, training.data
    weights = sum(parameter.size for parameter in training.network.parameters())
    start = f", going on after {training.epoch} epochs and {training.step} steps" if options.resume else ""
    print(
        f"{settings.data.split(':')[0]}: {len(data.train_images):,} images to learn from, "
        f"{len(data.test_images):,} held out; a network of {weights:,} weights, "
        f"on {options.threads} thread{'s' * (options.threads > 1)}{start}",
        flush=True,
    )


def train(training: Any, options: argparse.Namespace, stop: Stop) -> bool:
    """Train until the epochs are done; False if it was stopped. Saves after each epoch and when it stops."""
    tqdm = importlib.import_module("tqdm").tqdm
    save(training, options)
    while training.epoch < options.epochs:
        if stop():
            return False
        number = training.epoch + 1

        def progress(batches: Any, number: int = number) -> Any:
            return tqdm(
                batches, f"epoch {number:2}/{options.epochs}", training.steps(), initial=training.step, unit="step",
                leave=False, disable=None, dynamic_ncols=True,
            )  # fmt: skip

        complete = training.run_epoch(stop, progress)
        save(training, options)
        if not complete:
            return False
        _, loss, accuracy, test_loss, test_accuracy = training.history[-1]
        print(
            f"epoch {number:2}/{options.epochs}   loss {loss:.4f}   accuracy {accuracy:7.2%}   "
            f"held out: loss {test_loss:.4f}   accuracy {test_accuracy:7.2%}",
            flush=True,
        )
    return True


def save(training: Any, options: argparse.Namespace) -> None:
    """Weights and all that resuming needs in one file, which is replaced whole; the history beside it, for people."""
    from autograd import save

    from .pictures import replacing
    from .training import COLUMNS

    save(os.path.join(options.out, WEIGHTS), {**training.state(), "epochs": options.epochs})
    rows = [f"{int(row[0])}," + ",".join(f"{value:.9g}" for value in row[1:]) for row in training.history]
    with replacing(os.path.join(options.out, HISTORY)) as path, open(path, "w") as file:
        file.write("\n".join([",".join(COLUMNS), *rows, ""]))


def draw_all(training: Any, out: str) -> None:
    from . import pictures

    names = [os.path.join(out, name) for name in PICTURES]
    pictures.loss(training, names[0])
    pictures.filters(training, names[1])
    pictures.confusion(training, names[2])
    pictures.graphs(training, names[3], names[4])
