"""`python -m nn.parallel`: how many, with which threads, and what is said where it cannot be."""

import os
import warnings

import pytest

from nn.parallel import group
from nn.parallel.__main__ import environment, main
from nn.parallel.group import cores

from .running import program

SHOWN = """
import os, sys
from nn import parallel
import helper
sizes = parallel.all_gather(float(os.environ["OPENBLAS_NUM_THREADS"])).tolist()
if parallel.rank() == 0:
    sys.stdout.write(f"{parallel.size()} {sys.argv[1:]} {__name__} {helper.value} {sizes}\\n")
sys.stdout.write(f'{os.environ.get("TQDM_DISABLE")}\\n')
"""


def test_a_program_runs_as_if_it_were_started_alone(tmp_path):
    (tmp_path / "helper.py").write_text("value = 7")
    status, said = program(2, SHOWN, tmp_path, "--x", "-n", "3", launch=True)
    assert status == 0, said
    assert sorted(said.splitlines()) == ["1", "2 ['--x', '-n', '3'] __main__ 7 [1.0, 1.0]", "None"]


def test_threads_are_shared_out(monkeypatch):
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    assert environment(1)["OPENBLAS_NUM_THREADS"] == str(cores())
    assert environment(10_000)["OMP_NUM_THREADS"] == "1"
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert environment(2)["OMP_NUM_THREADS"] == "5"
    assert os.environ["OMP_NUM_THREADS"] == "5"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-n", "0", __file__], "expected -n of at least 1, got 0"),
        (["-n", "2", "none.py"], "expected a file of Python, but there is no none.py"),
        (["-n", "2"], "required: script"),
    ],
)
def test_wrong_arguments(arguments, said, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert said in capsys.readouterr().err


def test_what_is_missing_is_said(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        main(["-n", "2", __file__])
    assert "mpi4py is needed, which is not installed; pip install 'backgraph[mpi]'" in capsys.readouterr().err


@pytest.mark.parametrize("tasks", [None, 1, 2])
def test_tasks_of_slurm_that_do_not_know_of_each_other_are_told(monkeypatch, tasks):
    monkeypatch.setattr(group._World, "group", None)
    monkeypatch.setattr(group, "_is_started_by_mpi", lambda: False)
    monkeypatch.delenv("SLURM_STEP_NUM_TASKS", raising=False)
    if tasks:
        monkeypatch.setenv("SLURM_STEP_NUM_TASKS", str(tasks))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert group.size() == 1
    told = ["2 tasks, which do not know of each other" in str(warning.message) for warning in said]
    assert told == [True] * (tasks == 2)
