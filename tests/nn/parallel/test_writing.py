"""A checkpoint of some ranks, from which others go on to the same numbers."""

import numpy as np
import pytest

import autograd
from nn import parallel

from .running import on_ranks, program


def test_other_ranks_go_on_to_the_same_numbers(tmp_path):
    files = [tmp_path / f"{n}.npz" for n in (1, 2, 3)]
    whole = on_ranks(1, "stopped", files[0], 6, 5)[0]
    for n in (2, 3):  # in the middle of an epoch, whose last batch is of five examples
        found = on_ranks(n, "stopped", files[n - 1], 6, 5)
        assert np.sum([each["seen"] for each in found], 0).tolist() == whole["seen"] == [12, 5, 12, 12, 12]
        np.testing.assert_allclose(found[0]["weights"], whole["weights"], rtol=0, atol=1e-12)
    more = on_ranks(1, "resumed", files[0], 7)[0]["weights"]
    for n, file in ((3, files[0]), (2, files[2])):
        for found in on_ranks(n, "resumed", file, 7):
            np.testing.assert_allclose(found["weights"], more, rtol=0, atol=1e-12)


def test_alone(tmp_path):
    parallel.save(tmp_path / "a.npz", {"x": np.ones(2)})
    assert autograd.load(tmp_path / "a.npz")["x"].tolist() == [1, 1]
    with pytest.raises(FileNotFoundError):
        parallel.save(tmp_path / "none" / "a.npz", {"x": np.ones(2)})


def test_all_ranks_are_told_that_a_disk_is_full(tmp_path):
    text = """
import resource, signal, sys
import numpy as np
from nn import parallel
if parallel.rank() == 0:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    parallel.save(sys.argv[1], {"x": np.ones(10_000)})
except OSError as error:
    sys.stdout.write(f"{parallel.rank()} {type(error).__name__} {error}\\n")  # in one piece
"""
    pytest.importorskip("resource")
    old = tmp_path / "run.npz"
    old.write_bytes(b"old")
    status, said = program(2, text, tmp_path, old)
    assert status == 0, said
    assert "0 OSError [Errno 27]" in said
    assert f"1 OSError save: rank 0 could not write {old}: OSError: [Errno 27]" in said
    assert old.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["program.py", "run.npz"]
