"""Saving and loading: what comes back, what a crash leaves, what damaged files say, and training that goes on."""

import errno
import json
import math
import os
import stat
import zipfile

import numpy as np
import pytest

from autograd import Tensor, generator, load, manual_seed, save
from nn import Dropout, Linear, ReLU, Sequential
from nn.data import DataLoader, TensorDataset
from optim import SGD, Adam
from optim.lr_scheduler import CosineAnnealingLR, OneCycleLR

ENDINGS = [".npz", ".safetensors"]

VALUES = {
    "numbers": [0, -7, 2**130, True, None, 1.5, -0.0, math.inf, -math.inf, 1e-320, 3 + 4j],
    "strings": ["", "naïve 🙂", 'quote " and \\'],
    "keys": {0: "int", "0": "str", 1.5: "float", None: "none", True: "bool", "a.b": 1, "": 2},
    "nested": {"a": {"b": ({"c": [(), {}, []]},)}},
    "scalars": [np.float32(0.1), np.int8(3), np.bool_(True), np.float64(1 / 3)],
    "arrays": {
        "0-d": np.array(1.5), "empty": np.zeros((0, 3), "f4"), "F": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "strided": np.arange(10)[::-3], "bool": np.array([True, False]), "half": np.ones(2, "f2"),
        "bytes": np.arange(3, dtype="u1"), "big-endian": np.arange(3, dtype=">i4"), "nan": np.array([np.nan, -np.inf]),
    },
    "same": {"a.b": np.ones(1), "a": {"b": np.zeros(1)}},
}  # fmt: skip


def assert_same(found, expected):
    assert type(found) is type(expected)
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for a, b in zip(found.items(), expected.items(), strict=True):
            assert type(a[0]) is type(b[0])
            assert_same(a[1], b[1])
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for a, b in zip(found, expected, strict=True):
            assert_same(a, b)
    elif isinstance(expected, np.ndarray | np.generic):
        assert found.dtype == expected.dtype.newbyteorder("=")
        np.testing.assert_array_equal(found, expected)
    else:
        assert repr(found) == repr(expected)


@pytest.mark.parametrize("ending", ENDINGS)
def test_everything_comes_back(tmp_path, ending):
    path = tmp_path / f"file{ending}"
    save(path, VALUES)
    assert_same(load(path), VALUES)
    assert os.listdir(tmp_path) == [path.name]  # nothing else is left


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("nothing", [{}, {"a": {}}])
def test_nothing_comes_back(tmp_path, ending, nothing):
    save(tmp_path / f"file{ending}", nothing)
    assert load(tmp_path / f"file{ending}") == nothing


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_loaded_is_new_and_writable(tmp_path, ending):
    weights = {"w": Tensor([1.0, 2.0], requires_grad=True), "complex": np.array([1j], dtype="c8")}
    save(tmp_path / f"file{ending}", weights)
    found = load(tmp_path / f"file{ending}")
    assert type(found["w"]) is np.ndarray
    found["w"] += 1
    assert weights["w"].data.tolist() == [1, 2]
    assert found["complex"].tolist() == [1j]


def test_weights_are_plain_files_for_other_programs(tmp_path):
    weights = {"0.weight": np.ones((2, 3), "f4"), "0.bias": np.zeros(2, "f4")}
    save(tmp_path / "w.npz", weights)
    with np.load(tmp_path / "w.npz", allow_pickle=False) as file:
        assert set(file.files) == set(weights)
    save(tmp_path / "w.safetensors", weights)
    import safetensors.numpy

    found = safetensors.numpy.load_file(tmp_path / "w.safetensors")
    assert found.keys() == weights.keys()
    np.savez_compressed(tmp_path / "theirs.npz", **weights)
    safetensors.numpy.save_file(weights, tmp_path / "theirs.safetensors", {"format": "pt"})
    for ending in ENDINGS:
        assert_same(dict(sorted(load(tmp_path / f"theirs{ending}").items())), dict(sorted(weights.items())))


def test_names_lead_to_the_arrays(tmp_path):
    save(tmp_path / "run.npz", {"model": {"0.weight": np.ones(1)}, "groups": [{"m": np.ones(1)}], "epoch": 3})
    with zipfile.ZipFile(tmp_path / "run.npz") as file:
        assert file.namelist() == ["model.0.weight.npy", "groups.0.m.npy", "structure.json"]
        assert json.loads(file.read("structure.json"))["dict"][2] == ["epoch", 3]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("value", "match"),
    [
        ({"a": [1, object()]}, r"got object as \['a'\]\[1\]"),
        ({"a": np.array([None])}, r"array of object as \['a'\]"),
        ({"a": np.array(["x"])}, "array of <U1"),
        ({("a", 1): 2}, "strings or numbers as keys"),
        ([1, 2], "expected a dict"),
        ({"a": {1, 2}}, "got set"),
    ],
)
def test_what_cannot_be_saved_leaves_the_old_file(tmp_path, ending, value, match):
    path = tmp_path / f"file{ending}"
    save(path, {"old": np.ones(1)})
    with pytest.raises(TypeError, match=match):
        save(path, value)
    assert load(path)["old"] == 1
    assert os.listdir(tmp_path) == [path.name]


def test_the_other_order_of_arguments_is_told(tmp_path):
    with pytest.raises(TypeError, match=r"got str; the path comes first: save\(path, mapping\)$"):
        save({"a": np.ones(1)}, str(tmp_path / "a.npz"))


def test_other_endings(tmp_path):
    for name in ("w", "w.pt", "w.npy", "w.NPZ.gz"):
        with pytest.raises(ValueError, match=r"ends in \.npz or \.safetensors"):
            save(tmp_path / name, {"a": np.ones(1)})
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("when", ["write", "fsync", "replace"])
def test_a_crash_leaves_the_old_file(tmp_path, ending, when, monkeypatch):
    path = tmp_path / f"file{ending}"
    save(path, {"old": np.ones(1)})

    def crash(*args, **kwargs):
        raise KeyboardInterrupt

    if when == "write":
        monkeypatch.setattr("numpy.lib.format.write_array", crash)
        monkeypatch.setattr("safetensors.numpy.save", crash)
    else:
        monkeypatch.setattr(os, when, crash)
    with pytest.raises(KeyboardInterrupt):
        save(path, {"new": np.ones(1000)})
    monkeypatch.undo()
    assert list(load(path)) == ["old"]
    assert os.listdir(tmp_path) == [path.name]


def test_a_full_disk_is_an_error_of_that_file(tmp_path, monkeypatch):
    path = tmp_path / "file.npz"
    save(path, {"old": np.ones(1)})

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: .*file\.npz"):
        save(path, {"new": np.ones(1)})
    assert list(load(path)) == ["old"]
    assert os.listdir(tmp_path) == [path.name]


def test_permissions_and_links_are_kept(tmp_path):
    path, link = tmp_path / "file.npz", tmp_path / "link.npz"
    old = os.umask(0o027)
    try:
        save(path, {"a": np.ones(1)})
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    finally:
        os.umask(old)
    path.chmod(0o604)
    link.symlink_to(path)
    save(link, {"b": np.ones(1)})
    assert link.is_symlink()
    assert list(load(path)) == ["b"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none.w\.npz"):
        save(tmp_path / "none" / "w.npz", {"a": np.ones(1)})
    with pytest.raises(FileNotFoundError, match=r"w\.npz"):
        load(tmp_path / "w.npz")


@pytest.mark.parametrize("ending", ENDINGS)
def test_truncated_files(tmp_path, ending):
    path = tmp_path / f"file{ending}"
    save(path, {"a": {"w": np.arange(100.0)}, "epoch": 3})
    content = path.read_bytes()
    for length in (0, 3, 8, 9, 20, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match=f"^load: expected a.*file{ending}"):
            load(path)


def test_damaged_files(tmp_path):
    path = tmp_path / "file.npz"
    save(path, {"w": np.arange(100.0)})
    content = bytearray(path.read_bytes())
    content[300] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"file\.npz is damaged"):
        load(path)


@pytest.mark.parametrize(
    "structure",
    ["no json", "[]", "3", '{"array": "w"}', '{"dict": [["a", {"array": "x"}]]}', '{"dict": [["a", {"what": 1}]]}'],
)
def test_wrong_structures(tmp_path, structure):
    path = tmp_path / "file.npz"
    save(path, {"w": np.ones(1)})
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("structure.json", structure)
    with pytest.raises(ValueError, match=r"structure in .*file\.npz is wrong"):
        load(path)


def test_foreign_files(tmp_path):
    path = tmp_path / "file.npz"
    np.savez(path, a=np.array([print], dtype=object))  # pickled
    with pytest.raises(ValueError, match="damaged or foreign: Object arrays"):
        load(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("data.pkl", b"")
    with pytest.raises(ValueError, match=r"holds data\.pkl"):
        load(path)
    path.write_bytes(b"\x89PNG\r\n\x1a\n and so on")
    with pytest.raises(ValueError, match=r"but .*file\.npz begins with b'.x89PNG"):
        load(path)


# ---- training that goes on -----------------------------------------------------------------------------------------

EPOCHS, STOP = 4, (1, 3)  # it stops in epoch 1, after 3 of its batches


class Run:
    """A training with everything that a next step can depend on: momentum, rates, shuffling, dropout."""

    def __init__(self, seed, kind, own_rng):
        manual_seed(seed)
        rng = np.random.default_rng(seed)
        data = TensorDataset(rng.normal(size=(50, 6)).astype("f4"), rng.normal(size=(50, 2)).astype("f4"))
        self.model = Sequential(Linear(6, 16), ReLU(), Dropout(0.3), Linear(16, 2))
        if kind == "SGD":
            self.optimizer = SGD(self.model.parameters(), lr=0.05, momentum=0.9, weight_decay=0.01)
            self.scheduler = CosineAnnealingLR(self.optimizer, 20)
        else:
            self.optimizer = Adam(self.model.named_parameters(), lr=0.05, amsgrad=True)
            self.scheduler = OneCycleLR(self.optimizer, 0.1, total_steps=40)
        self.loader = DataLoader(data, 8, shuffle=True, rng=np.random.default_rng(seed) if own_rng else None)
        self.epoch = 0
        self.losses = []

    def train(self, stop=None):
        while self.epoch < EPOCHS:
            for batch, (x, y) in enumerate(self.loader, 1):
                self.optimizer.zero_grad()
                loss = ((self.model(x) - y) ** 2).mean()
                loss.backward()
                self.optimizer.step()
                self.scheduler.step()
                self.losses.append(loss.item())
                if (self.epoch, batch) == stop:
                    return
            self.epoch += 1

    def state(self):
        return {
            "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(), "loader": self.loader.state_dict(), "epoch": self.epoch,
            "losses": self.losses, "random": generator().bit_generator.state,
        }  # fmt: skip

    def restore(self, state):
        for name in ("model", "optimizer", "scheduler", "loader"):
            getattr(self, name).load_state_dict(state[name])
        self.epoch, self.losses = state["epoch"], state["losses"]
        generator().bit_generator.state = state["random"]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(("kind", "own_rng"), [("SGD", False), ("Adam", True)])
@pytest.mark.parametrize("stop", [STOP, (2, 7), (0, 1)])
def test_resuming_gives_the_same_bits(tmp_path, ending, kind, own_rng, stop):
    whole = Run(0, kind, own_rng)
    whole.train()

    first = Run(0, kind, own_rng)
    first.train(stop)
    save(tmp_path / f"run{ending}", first.state())

    second = Run(0, kind, own_rng)
    for p in second.model.parameters():
        p.data = np.full_like(p.data, np.nan)
    manual_seed(99)
    second.restore(load(tmp_path / f"run{ending}"))
    second.train()

    assert second.losses == whole.losses
    assert len(whole.losses) == EPOCHS * 7
    for name, array in whole.model.state_dict().items():
        np.testing.assert_array_equal(second.model.state_dict()[name], array)
    np.testing.assert_equal(second.optimizer.state_dict(), whole.optimizer.state_dict())
