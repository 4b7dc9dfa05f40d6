"""Saving and loading: what comes back, what a crash leaves, what damaged files say, and training that goes on."""

import errno
import io
import json
import math
import os
import signal
import stat
import subprocess
import sys
import threading
import time
import zipfile

import numpy as np
import pytest

from autograd import Tensor, generator, load, manual_seed, save
from autograd.saving import replacement
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
        ({"a": np.ma.array([1.0, 2.0], mask=[0, 1])}, r"save: \['a'\]: expected an array without a mask"),
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


KILLED = """
import os, signal, sys
import numpy as np
from autograd import save
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
save(sys.argv[1], {"new": np.ones(1000)})
"""


@pytest.mark.skipif(os.name != "posix", reason="there are no locks")
@pytest.mark.parametrize("ending", ENDINGS)
def test_what_a_killed_process_leaves_goes_at_the_next_save(tmp_path, ending):
    path = tmp_path / f"a[1]*{ending}"
    save(path, {"old": np.ones(1)})
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", KILLED, path], timeout=100)
        assert done.returncode == -signal.SIGKILL
    assert list(load(path)) == ["old"]
    assert len(os.listdir(tmp_path)) == 2  # the second had swept what the first left
    other = tmp_path / f".b{ending}.{os.getpid()}.0123abcd.tmp"  # another file's
    mine = tmp_path / f".{path.name}.tmp"  # of a name that no draft has
    for file in (other, mine):
        file.write_bytes(b"")
    save(path, {"new": np.ones(1)})
    assert sorted(os.listdir(tmp_path)) == sorted([path.name, other.name, mine.name])


WRITING = """
import os, sys
import numpy as np
from autograd import save
fsync = os.fsync
def wait(handle):
    print("written", flush=True)
    sys.stdin.readline()
    fsync(handle)
    os.fsync = fsync
os.fsync = wait
save(sys.argv[1], {"theirs": np.ones(1)})
"""


@pytest.mark.skipif(os.name != "posix", reason="there are no locks")
def test_a_draft_that_another_process_is_writing_is_left_alone(tmp_path):
    path = tmp_path / "file.npz"
    with subprocess.Popen(
        [sys.executable, "-c", WRITING, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "written\n"
            save(path, {"ours": np.ones(1)})
            assert list(load(path)) == ["ours"]
            process.communicate("go on\n", timeout=100)
        finally:
            process.kill()
    assert process.returncode == 0
    assert list(load(path)) == ["theirs"]
    assert os.listdir(tmp_path) == [path.name]


def test_without_locks_a_draft_goes_that_is_a_day_old(tmp_path, monkeypatch):
    def none(file):
        raise OSError("no locks")

    monkeypatch.setattr(replacement, "_lock", none)
    path = tmp_path / "file.npz"
    old, new = (tmp_path / f".file.npz.{pid}.0123abcd.tmp" for pid in (1, 2))
    for draft in (old, new):
        draft.write_bytes(b"")
    os.utime(old, times=(0, time.time() - 25 * 60 * 60))
    save(path, {"w": np.ones(1)})
    assert sorted(os.listdir(tmp_path)) == sorted([path.name, new.name])


def test_many_threads_save_one_file(tmp_path):
    path = tmp_path / "file.npz"
    errors = []

    def write(number):
        try:
            for _ in range(20):
                save(path, {"w": np.full(1000, number)})
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert not errors
    assert len(set(load(path)["w"])) == 1
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
@pytest.mark.parametrize(
    "name", ["a\0b", "__metadata__", "\ud800", "x" * 70_000, "/a", "../a", "a\\b", "a/", "é\n", "."]
)
def test_a_key_is_loaded_as_it_was_saved_or_refused(tmp_path, ending, name):
    path = tmp_path / f"file{ending}"
    for mapping in ({name: np.ones(1)}, {"outer": {name: np.ones(1)}, "more": 3}, {name: 3, "array": np.ones(1)}):
        save(path, {"old": np.ones(1)})
        try:
            save(path, mapping)
        except ValueError as error:
            assert str(error).startswith("save: expected keys")  # noqa: PT017
            mapping = {"old": np.ones(1)}
        assert_same(load(path), mapping)
        assert os.listdir(tmp_path) == [path.name]


def test_keys_that_are_refused(tmp_path):
    for ending, name in (
        (".npz", "a\0b"),
        (".safetensors", "__metadata__"),
        (".npz", "\ud800"),
        (".npz", "x" * 70_000),
    ):
        with pytest.raises(ValueError, match="save: expected keys"):
            save(tmp_path / f"file{ending}", {name: np.ones(1)})
    with pytest.raises(TypeError, match="strings or numbers as keys, got nan"):
        save(tmp_path / "file.npz", {math.nan: 1})


@pytest.mark.parametrize("ending", ENDINGS)
def test_as_deep_as_it_is_saved_it_is_loaded(tmp_path, ending):
    path = tmp_path / f"file{ending}"
    value = np.ones(1)
    for level in range(99):
        value = [value, ()] if level % 2 else {"k": value}
    save(path, {"k": value})
    found = load(path)
    assert_same(found, {"k": value})
    circle = {}
    circle["again"] = circle
    for deep in (circle, {"k": {"k": value}}):
        with pytest.raises(ValueError, match="at most 100 levels"):
            save(path, deep)


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


def test_nothing_is_dropped(tmp_path):
    """Whatever bit of the file is wrong, all of it is loaded or an error names the file."""
    path = tmp_path / "file.npz"
    values = {"first": np.arange(3.0), "second": {"b": np.ones(2, bool), "n": 7}, "third": np.arange(4, dtype="i2")}
    save(path, values)
    content = bytearray(path.read_bytes())
    refused = 0
    for place in range(len(content)):
        content[place] ^= (bit := 1 << place % 8)
        path.write_bytes(content)
        content[place] ^= bit
        try:
            found = load(path)
        except ValueError as error:
            assert str(path) in str(error)  # noqa: PT017
            refused += 1
        else:
            assert_same(found, values)
    assert refused > len(content) / 2


def archive(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("_npy", ".npy"), content)


def npy(header, data=b""):
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


@pytest.mark.parametrize(
    ("header", "match"),
    [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}", "has 8 bytes of data, expected 8000"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", r"has the shape \(-1,\)"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}", r"has the shape \(True,\)"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", "has 8 bytes of data, expected 16"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': ()}  # " + "[" * 9000, ""),
        ("{'descr': " + "(" * 3000 + "}", ""),
        ("{'descr': '<f8', 'fortran_order': 3, 'shape': (1,)}", ""),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "Object arrays"),
        (
            "{'descr': '|V2', 'fortran_order': False, 'shape': (4,)}",
            r"raw bytes, 2 for each element, .* bfloat16 \(2\)",
        ),
        ("{'descr': '|V1', 'fortran_order': False, 'shape': (8,)}", r"1 for each element.* float8 \(1\)"),
        ("{'descr': '<f8'", ""),
    ],
)
def test_wrong_headers(tmp_path, header, match):
    path = tmp_path / "file.npz"
    archive(path, w_npy=npy(header, bytes(8)))
    if header.startswith("{'descr': '<f8', 'fortran_order': False, 'shape': ()}"):
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=f"file.npz is damaged or foreign: .*{match}"):
        load(path)


def test_archives_that_are_odd(tmp_path):
    path = tmp_path / "file.npz"
    good = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", bytes(8))
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.npy", good)
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("a.npy", good)
    with pytest.raises(ValueError, match=r"it holds a\.npy twice"):
        load(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as file:
        file.writestr("a.npy", good)
    with pytest.raises(ValueError, match=r"a\.npy is packed by method 12"):
        load(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.npy", good)
        file.filelist[0].file_size = 1 << 40  # in the directory
    with pytest.raises(ValueError, match=r"a\.npy cannot have 1099511627776 bytes in \d+"):
        load(path)

    class Stream(io.RawIOBase):
        content = b""

        def write(self, more):
            self.content += bytes(more)
            return len(more)

        def writable(self):
            return True

    stream = Stream()
    with zipfile.ZipFile(stream, "w") as file:  # the sizes come after the data
        file.writestr("a.npy", good)
        file.writestr("b.npy", good)
    path.write_bytes(stream.content)
    assert list(load(path)) == ["a", "b"]


def test_arrays_that_the_structure_leaves_out(tmp_path):
    for ending in ENDINGS:
        path = tmp_path / f"file{ending}"
        save(path, {"a": np.ones(1), "b": {"c": np.zeros(1)}})
        content = path.read_bytes()
        if ending == ".npz":
            with zipfile.ZipFile(path, "w") as file:
                for name in ("a", "b.c", "d"):
                    file.writestr(f"{name}.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': ()}", bytes(8)))
                file.writestr("structure.json", '{"dict": [["a", {"array": "a"}], ["b", {"array": "b.c"}]]}')
        else:
            path.write_bytes(content.replace(b'\\"array\\": \\"b.c\\"', b'\\"list\\": [      ]'))
        with pytest.raises(ValueError, match=r"structure in .* is wrong: it leaves out"):
            load(path)


def test_deep_structures(tmp_path):
    path = tmp_path / "file.npz"
    save(path, {"w": np.ones(1)})
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("structure.json", '{"dict": [["a", ' * 20_000)
    with pytest.raises(ValueError, match=r"structure in .*file\.npz is wrong"):
        load(path)


def tensors(path, kind, shape, data):
    header = json.dumps({"w": {"dtype": kind, "shape": shape, "data_offsets": [0, len(data)]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)


def test_bfloat16_is_loaded_as_float32(tmp_path):
    path = tmp_path / "file.safetensors"
    bits = np.array([[0x3F80, 0xC000, 0x0001], [0x7F80, 0xFF80, 0x7FC0]], "<u2")  # 1, -2, the least above 0, ±inf, NaN
    tensors(path, "BF16", [2, 3], bits.tobytes())
    found = load(path)["w"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [[1, -2, 2.0**-133], [np.inf, -np.inf, np.nan]])
    tensors(path, "BF16", [0, 3], b"")
    assert load(path)["w"].shape == (0, 3)


@pytest.mark.parametrize("kind", ["F8_E4M3", "F8_E5M2"])
def test_float8_is_named(tmp_path, kind):
    path = tmp_path / "file.safetensors"
    tensors(path, kind, [3], bytes(3))
    with pytest.raises(ValueError, match=rf"w in .*file\.safetensors is of {kind} \(a kind of float8\); convert it"):
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


def test_an_open_file_is_written_to_and_read():
    state = {"w": np.arange(3.0), "nested": {"b": np.ones(2, np.float32)}, "epoch": 3}
    buffer = io.BytesIO()
    save(buffer, state)
    buffer.seek(0)
    found = load(buffer)
    np.testing.assert_array_equal(found["w"], state["w"])
    np.testing.assert_array_equal(found["nested"]["b"], state["nested"]["b"])
    assert found["epoch"] == 3
    with pytest.raises(ValueError, match="the BytesIO is empty"):
        load(io.BytesIO())
    with pytest.raises(ValueError, match="but the BytesIO is damaged"):
        load(io.BytesIO(buffer.getvalue()[:100]))
    for call in (lambda: save(io.StringIO(), state), lambda: load(io.StringIO())):
        with pytest.raises(TypeError, match="a file of text; open it in binary mode"):
            call()
    with pytest.raises(TypeError, match="load: expected a path, or a binary file such as a BytesIO, got dict"):
        load({})
