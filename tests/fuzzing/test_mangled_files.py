"""Files that are not what they should be: some hundreds of the same ones each time; `make fuzz` goes on."""

import tracemalloc
from itertools import islice

import numpy as np
import pytest

from tests.fuzzing.files import good_files, mangled_files, reader

pytest.importorskip("safetensors")


@pytest.mark.parametrize("seed", range(10))
def test_a_loader_reads_what_was_written_or_names_the_file(seed):
    tracemalloc.start()
    try:
        for what, read in islice(mangled_files(np.random.default_rng(seed)), 50):
            try:
                read()
            except BaseException as error:
                error.add_note(what)
                raise
            assert tracemalloc.get_traced_memory()[1] < 100 << 20, what
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", good_files())
def test_whole_files_are_read_and_wrong_readers_found(name):
    end, good, read, certain = good_files()[name]
    reader(good, end, good, read, certain)()
    with pytest.raises(AssertionError, match="does not name the file"):
        reader(good[:1], end, good, lambda path: len(open(path, "rb").read()) > 1 or int("x"), certain)()  # noqa: SIM115
    with pytest.raises(ZeroDivisionError):
        reader(good, end, good, lambda path: 1 / 0, certain)()


def test_other_content_is_found_where_there_are_checksums():
    files = good_files()
    end, good, read, certain = files["weights.npz"]
    with pytest.raises(AssertionError):
        reader(files["run.npz"][1], end, good, read, certain)()
