"""`python -m nn`: what it leaves, what it refuses, and that an interrupted training ends as an uninterrupted one."""

import csv
import errno
import functools
import os
import re
import signal
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import nn.demo.command
import nn.demo.training
from autograd import Tensor, load
from nn.demo.command import FAILED, HISTORY, INTERRUPTED, PICTURES, REFUSED, WEIGHTS, main
from nn.demo.training import COLUMNS, Data, Settings, Training, split

threadpoolctl = pytest.importorskip("threadpoolctl")
for _name in ("matplotlib", "tqdm"):  # what the demo needs besides
    pytest.importorskip(_name)


def forever():
    return False


def plainly(batches):
    return batches


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else None


def small_data(seed=0, side=8, n=48):
    rng = np.random.default_rng(seed)
    images, labels = rng.random((n, 1, side, side), dtype=np.float32), rng.integers(0, 10, n)
    return Data(images[: n // 2], labels[: n // 2], images[n // 2 :], labels[n // 2 :])


def same(a, b):
    """Whether two saved states are equal to the last bit."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return np.array_equal(a, b)


def test_split_holds_out_a_fifth_of_each_class_by_the_seed():
    labels = np.repeat(np.arange(10), 30)
    images = np.arange(300)
    first, again, other = (split(images, labels, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert np.bincount(first.test_labels).tolist() == [6] * 10
    assert sorted([*first.train_images, *first.test_images]) == list(range(300))
    assert same(tuple(first), tuple(again))
    assert not same(tuple(first), tuple(other))


@pytest.mark.parametrize("stop_at", [(0, 1), (1, 2), (2, 3)])
def test_a_training_restored_after_any_step_goes_on_to_the_same_numbers(stop_at):
    settings, data = Settings(batch_size=7, momentum=0.5), small_data()
    whole = Training(settings, data)
    for _ in range(3):
        whole.run_epoch(forever, plainly)

    begun = Training(settings, data)
    epoch, step = stop_at
    for _ in range(epoch):
        begun.run_epoch(forever, plainly)
    assert not begun.run_epoch(lambda: begun.step == step, plainly)
    assert (begun.epoch, begun.step) == stop_at
    resumed = Training(settings, data)
    resumed.restore(begun.state())
    while resumed.epoch < 3:
        resumed.run_epoch(forever, plainly)
    assert same(resumed.state(), whole.state())


def test_it_leaves_weights_history_and_pictures(tmp_path, capsys):
    out = tmp_path / "new" / "folder"
    assert main(["--epochs", "2", "--out", str(out)]) == 0
    assert set(contents(out)) == {WEIGHTS, HISTORY, *PICTURES}
    for name in PICTURES:
        found = (out / name).read_bytes()
        if name.endswith(".png"):
            assert found.startswith(b"\x89PNG")
            assert min(struct.unpack(">II", found[16:24])) > 300
        else:
            assert ET.fromstring(found).tag.endswith("svg")
    rows = list(csv.reader((out / HISTORY).read_text().splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert [row[0] for row in rows[1:]] == ["1", "2"]
    assert float(rows[2][1]) < float(rows[1][1])
    training = Training(Settings(), small_data())
    training.network.load_state_dict(load(out / WEIGHTS)["network"])
    printed = capsys.readouterr()
    assert printed.err == ""  # no progress bar where there is no terminal
    assert len(printed.out.splitlines()) == 5
    assert "accuracy" in printed.out.splitlines()[1]

    before = contents(out)
    assert main(["--epochs", "1", "--out", str(out), "--resume"]) == 0  # nothing is left to train
    after = contents(out)
    assert (after[HISTORY], after["loss.png"]) == (before[HISTORY], before["loss.png"])


def test_compiled_steps_are_the_engines():
    settings, data = Settings(batch_size=7, momentum=0.5), small_data()
    engine, compiled = Training(settings, data), Training(settings, data, compiled=True)
    for training in (engine, compiled):
        for _ in range(3):
            training.run_epoch(forever, plainly)
    assert compiled.learn.why_not is None
    assert len(compiled.learn.programs) == 2  # for whole batches, and for the last one of an epoch
    assert same(engine.state(), compiled.state())


def test_compiled_it_leaves_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(nn.demo.training, "load", lambda name, seed: small_data())
    for out, options in (("engine", []), ("compiled", ["--compile"])):
        assert main(["--epochs", "2", "--out", str(tmp_path / out), *options]) == 0
    assert same(load(tmp_path / "engine" / WEIGHTS), load(tmp_path / "compiled" / WEIGHTS))


@pytest.mark.parametrize("momentum", [0.9, 0.0])
def test_the_source_trains_without_this_library(momentum, tmp_path):
    file = tmp_path / "digits.py"
    assert main(["--source", str(file), "--batch-size", "128", "--momentum", str(momentum)]) == 0
    assert not {"autograd", "nn", "optim"} & set(
        re.findall(r"^ *(?:import|from) (\w+)", file.read_text(), re.MULTILINE)
    )
    run = (
        "import runpy, sys; sys.modules.update(autograd=None, nn=None, optim=None); "
        f"print(*runpy.run_path({str(file)!r})['main'](2))"
    )
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    *lines, losses = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["epoch", "1/2"], ["epoch", "2/2"]]

    training = Training(Settings(batch_size=128, momentum=momentum), nn.demo.training.load("digits", 0))
    images, labels, expected = training.data.train_images, training.data.train_labels, []
    for epoch in range(2):
        for group in training.optimizer.param_groups:
            group["lr"] = 0.05 * 0.85**epoch
        order = np.random.default_rng([0, epoch]).permutation(len(images))
        for k in range(len(order) // 128):
            batch = order[128 * k : 128 * (k + 1)]
            expected.append(training.learn(Tensor(images[batch]), Tensor(labels[batch]))[0].item())
    # what is printed has one product where the engine has one of some columns after another
    printed = list(map(float, losses.split()))
    assert printed == (expected if parts_are_rounded_alike() else pytest.approx(expected, rel=1e-4))


def parts_are_rounded_alike():
    """Whether a product of some columns of a matrix has the bits of one of all, as of OpenBLAS for AVX2 it has not."""
    draw = np.random.default_rng(0)
    kernel, image = (draw.standard_normal(shape, np.float32) for shape in ((16, 288), (288, 512)))
    parts = [kernel @ part for part in np.split(image, 4, axis=1)]
    return np.array_equal(np.concatenate(parts, axis=1), kernel @ image)


def test_the_source_goes_to_standard_output_too(capsys):
    assert main(["--source", "-", "--epochs", "3"]) == 0
    printed = capsys.readouterr().out
    assert "def main(epochs=3):" in printed
    compile(printed, "printed", "exec")


def test_it_learns_the_digits():
    training = Training(Settings(), nn.demo.training.load("digits", 0))
    for _ in range(6):
        training.run_epoch(forever, plainly)
    assert training.history[-1][-1] > 0.95


def test_ctrl_c_saves_and_resume_ends_as_if_nothing_had_happened(tmp_path):
    def start(out, *options):
        command = [sys.executable, "-m", "nn", "--batch-size", "8", "--out", str(out), *options]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)

    with start(tmp_path / "stopped", "--epochs", "3") as process:
        assert process.stdout.readline().startswith("digits")
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=60)
        assert process.returncode == INTERRUPTED, errors
    assert "interrupted in epoch" in printed.splitlines()[-1]
    assert errors == ""
    assert set(contents(tmp_path / "stopped")) == {WEIGHTS, HISTORY}
    for out, options in (("stopped", ["--resume"]), ("whole", ["--epochs", "3"])):
        with start(tmp_path / out, *options) as process:
            _, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors
    stopped, whole = tmp_path / "stopped", tmp_path / "whole"
    assert (stopped / HISTORY).read_text() == (whole / HISTORY).read_text()
    assert same(load(stopped / WEIGHTS), load(whole / WEIGHTS))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--epochs", "0"], "a whole number from 1 on, got '0'"),
        (["--batch-size", "many"], "a whole number from 1 on, got 'many'"),
        (["--lr", "nan"], "a number greater than 0, got 'nan'"),
        (["--lr", "0"], "a number greater than 0, got '0'"),
        (["--momentum", "1"], "a number from 0 to below 1, got '1'"),
        (["--seed", "-1"], "a whole number from 0 on, got '-1'"),
        (["--data", "cifar"], "expected digits or mnist:PATH, got 'cifar'"),
        (["--data", "mnist:"], "expected digits or mnist:PATH, got 'mnist:'"),
        (["--data", "mnist:{tmp}"], "train-images-idx3-ubyte"),
        (["--out", "{tmp}/file/below"], "cannot write into"),
        (["--out", "{tmp}/file"], "cannot write into"),
        (["--out", "{tmp}/taken"], "is a folder, and a file is to be written there"),
        (["--resume"], "there is no"),
        (["--resume", "--out", "{tmp}/truncated"], WEIGHTS),
        (["--resume", "--out", "{tmp}/text"], WEIGHTS),
        (["--resume", "--out", "{tmp}/foreign"], "expected a file that this program saved"),
        (["--resume", "--out", "{tmp}/trained", "--lr", "0.5"], "was trained with --lr 0.05, got 0.5"),
        (["--resume", "--out", "{tmp}/reshaped"], WEIGHTS),
        (["--resume", "--out", "{tmp}/endless"], WEIGHTS),
        (["--colour", "red"], "--colour"),
        (["--source", "-", "--resume"], "leave --resume and --data out"),
        (["--source", "-", "--data", "mnist:{tmp}"], "leave --resume and --data out"),
        (["--source", "{tmp}/taken"], "--source: cannot write"),
        (["digits"], "digits"),
    ],
)
def test_what_is_refused_is_refused_in_one_line_and_changes_nothing(options, message, tmp_path, capsys):
    from autograd import save

    training = Training(Settings(), small_data())
    for name in ("truncated", "text", "foreign", "trained", "reshaped", "endless"):
        (tmp_path / name).mkdir()
    (tmp_path / "taken" / "loss.png").mkdir(parents=True)
    (tmp_path / "file").write_text("not a folder")
    save(tmp_path / "trained" / WEIGHTS, training.state())
    whole = (tmp_path / "trained" / WEIGHTS).read_bytes()
    (tmp_path / "truncated" / WEIGHTS).write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text" / WEIGHTS).write_text("no weights")
    save(tmp_path / "foreign" / WEIGHTS, {"a": np.zeros(3)})
    save(tmp_path / "endless" / WEIGHTS, {**training.state(), "epochs": "many"})
    save(tmp_path / "reshaped" / WEIGHTS, {**training.state(), "network": {"conv1.weight": np.zeros((2, 2))}})
    before = {path.name: contents(path) for path in tmp_path.iterdir() if path.name != "taken"}

    options = [option.replace("{tmp}", str(tmp_path)) for option in options]
    if "--out" not in options:
        options += ["--out", str(tmp_path / "out")]
    assert main(options) == REFUSED
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert printed.err.startswith("python -m nn: ")
    assert message in printed.err
    assert {path.name: contents(path) for path in tmp_path.iterdir() if path.name != "taken"} == before


def test_a_loss_that_is_no_number_ends_the_training(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(nn.demo.training, "load", lambda name, seed: small_data())
    with np.errstate(all="ignore"):
        assert main(["--lr", "1e30", "--epochs", "4", "--out", str(tmp_path)]) == FAILED
    errors = capsys.readouterr().err
    assert len(errors.splitlines()) == 1
    assert "a smaller --lr than 1e+30 may help" in errors


def test_a_full_disk_ends_the_training_and_leaves_what_was_there(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(nn.demo.training, "load", lambda name, seed: small_data())
    assert main(["--epochs", "1", "--out", str(tmp_path)]) == 0
    before = contents(tmp_path)
    capsys.readouterr()

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["--epochs", "2", "--resume", "--out", str(tmp_path)]) == FAILED
    errors = capsys.readouterr().err
    assert len(errors.splitlines()) == 1
    assert f"cannot write {tmp_path / WEIGHTS} after epoch 1: No space left on device" in errors
    assert contents(tmp_path) == before


def test_a_missing_extra_is_named_before_anything_happens(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(nn.demo.command, "find_spec", lambda name: None if name == "matplotlib" else name)
    assert main(["--out", str(tmp_path / "out")]) == REFUSED
    assert (
        capsys.readouterr().err
        == "python -m nn: matplotlib is needed for the pictures: pip install 'backgraph[demo]'\n"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("asked", "threads"), [([], 1), (["--threads", "2"], 2)])
def test_the_products_of_a_training_run_on_as_many_threads_as_it_says(asked, threads, tmp_path, capsys, monkeypatch):
    def seen(training, options, stop):
        pools = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
        print("seen", {pool["num_threads"] for pool in pools})
        return False

    before = threadpoolctl.threadpool_info()
    monkeypatch.setattr(nn.demo.command, "train", seen)
    assert main(["--out", str(tmp_path), *asked]) == INTERRUPTED
    said = capsys.readouterr().out
    assert f"on {threads} thread{'s' * (threads > 1)}\n" in said
    assert f"seen {{{threads}}}" in said
    assert threadpoolctl.threadpool_info() == before  # whoever calls main goes on as before


def test_mnist_files_are_learned_from_too(tmp_path, capsys, monkeypatch):
    rng = np.random.default_rng(0)
    for part, n in (("train", 64), ("t10k", 32)):
        pixels = struct.pack(">IIII", 0x803, n, 28, 28) + rng.integers(0, 256, n * 784, dtype=np.uint8).tobytes()
        labels = struct.pack(">II", 0x801, n) + rng.integers(0, 10, n, dtype=np.uint8).tobytes()
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(pixels)
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(labels)
    options = ["--data", f"mnist:{tmp_path}", "--epochs", "1", "--out", str(tmp_path / "out")]
    assert main(options) == REFUSED  # they are not the published ones
    capsys.readouterr()
    monkeypatch.setattr(nn.demo.training, "mnist", functools.partial(nn.demo.training.mnist, verify=False))
    assert main(options) == 0
    assert capsys.readouterr().out.startswith("mnist: 64 images to learn from, 32 held out")
