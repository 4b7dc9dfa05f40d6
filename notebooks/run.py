"""Runs the notebooks afresh and writes them back with their pictures: `make notebooks`.

    python notebooks/run.py                    all of them
    python notebooks/run.py 05 07_convolution  some, by number or name
    python notebooks/run.py --check            the same without writing anything

Each runs from the top in a kernel of its own, in this folder. What fails: an error, a missed claim, a warning (it is an
error there), anything on standard error but a progress bar, a memory address in a result, a path of this machine.
What is written back holds no time and no progress bar, so that a run that changed nothing changes no file.
Afterwards thumbnails/ and README.md, the index, are made from what is written.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from index import write_index

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
LIMIT = 600  # seconds for one cell: far more than any needs, on a busy machine too

# Warnings are errors, whoever's they are, but for what the notebook's own machinery does in the same process.
MACHINERY = ("IPython", "ipykernel", "jupyter_client", "matplotlib_inline", "tornado", "traitlets", "zmq", "comm")
STRICT = [
    "import warnings",
    "warnings.simplefilter('error')",
    *(f"warnings.filterwarnings('ignore', category={kind}, module={name + '[.]'!r})"
      for name in MACHINERY for kind in ("DeprecationWarning", "PendingDeprecationWarning")),
    "del warnings",
]  # fmt: skip

BAR = re.compile(r"[^\r\n]*\d+%\|[^\r\n]*|[^\r\n]*\d+it \[[^\r\n]*")  # tqdm's two forms: with a known end and without
ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Fault(Exception):
    """What is wrong with a notebook, in words."""


def find(names: list[str]) -> list[Path]:
    """The notebooks of these names or numbers, all of them without any; in order."""
    every = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
    chosen = [path for path in every if not names or any(path.name.startswith(Path(name).name) for name in names)]
    for name in names:
        if not any(path.name.startswith(Path(name).name) for path in every):
            raise SystemExit(f"notebooks: there is none called {name!r}; there are {' '.join(p.stem for p in every)}")
    return chosen


def clean(notebook: Any) -> Any:
    """A copy without times, versions and progress bars. Raises Fault for what may not be kept."""
    notebook = copy.deepcopy(notebook)
    info = notebook.metadata.get("language_info", {})
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {
                key: value for key, value in info.items() if key in ("name", "file_extension", "mimetype")
            }
            | {"name": "python", "pygments_lexer": "ipython3"},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(_clean_output, cell.outputs) if output is not None]
    return notebook


def _clean_output(output: Any) -> Any:
    if output.output_type == "stream":
        if output.name == "stderr":
            rest = BAR.sub("", output.text).strip()
            if rest:
                raise Fault(f"it wrote to standard error: {rest[:500]}")
            return None
        output.text = output.text.replace(f"{ROOT}{os.sep}", "")
    texts = [output.get("text", ""), *(str(v) for kind, v in output.get("data", {}).items() if "image/png" not in kind)]
    for text in texts:
        if found := ADDRESS.search(text):
            line = next(line for line in text.splitlines() if found.group() in line)
            raise Fault(
                f"a result that differs from run to run: {line.strip()[:120]!r} (end the line with a semicolon)"
            )
        if str(ROOT) in text or str(Path.home()) + os.sep in text:
            raise Fault(f"a path of this machine in a result: {text.strip()[:200]!r}")
    return output


def examine(notebook: Any) -> None:
    """Raise Fault unless the notebook was run from top to bottom, without an error, and shows and claims something."""
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    if counts != list(range(1, len(counts) + 1)):
        raise Fault("it is not kept as it was run from top to bottom: run make notebooks")
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    if any(output.output_type == "error" for output in outputs):
        raise Fault("it is kept with an error: run make notebooks")
    if not any(
        "image/png" in output.get("data", {}) or "image/svg+xml" in output.get("data", {}) for output in outputs
    ):
        raise Fault("it shows no picture")
    if not any("✓" in output.get("text", "") for output in outputs):
        raise Fault("it claims nothing")


async def execute(path: Path, threads: int) -> Any:
    """The notebook, run afresh."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook, timeout=LIMIT, kernel_name="python3", record_timing=False, coalesce_streams=True,
        resources={"metadata": {"path": str(FOLDER)}},
        extra_arguments=["--log-level=ERROR", *(f"--IPKernelApp.exec_lines={line}" for line in STRICT)],
    )  # fmt: skip
    settings = ROOT / ".cache" / "ipython"  # not the user's own, whose settings would count
    settings.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads),
        "IPYTHONDIR": str(settings), "BACKGRAPH_STILL": "1",
        "PYTHONHASHSEED": "0", "SDL_VIDEODRIVER": "dummy",
    }  # fmt: skip
    try:
        await client.async_execute(env=environment)
    except CellExecutionError as error:
        raise Fault(COLOUR.sub("", str(error))[-3000:]) from None
    except (CellTimeoutError, DeadKernelError) as error:
        raise Fault(str(error)) from None
    return notebook


async def run(paths: list[Path], jobs: int, write: bool) -> int:
    """Run them, `jobs` at a time, and say how each went; the number of those that failed."""
    turn, failed = asyncio.Semaphore(jobs), 0
    threads = max(1, (os.cpu_count() or 1) // jobs)

    async def one(path: Path) -> None:
        nonlocal failed
        async with turn:
            begin = time.perf_counter()
            try:
                if not write:
                    examine(nbformat.read(path, as_version=4))
                notebook = clean(await execute(path, threads))
                examine(notebook)
            except Fault as fault:
                failed += 1
                print(f"notebooks: {path.stem}: failed\n{fault}\n", flush=True)
                return
            if write:
                nbformat.write(notebook, path)
            print(f"notebooks: {path.stem}: {time.perf_counter() - begin:.0f} s", flush=True)

    await asyncio.gather(*map(one, paths))
    return failed


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="notebooks/run.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="which ones, by number or name (all of them)")
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument(
        "--jobs", type=int, default=min(2, os.cpu_count() or 1), help="how many at a time (%(default)s)"
    )
    chosen = parser.parse_args(arguments)
    paths = find(chosen.names)
    failed = asyncio.run(run(paths, chosen.jobs, write=not chosen.check))
    print(f"notebooks: {len(paths) - failed} of {len(paths)} are fine")
    if chosen.check and chosen.names:  # the index is that of all of them
        return int(failed > 0)
    try:
        stale = write_index(FOLDER, check=chosen.check)
    except ValueError as error:
        print(error)
        return 1
    if chosen.check and stale:
        print(f"notebooks: not up to date: {' '.join(stale)} (run make notebooks)")
        return 1
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
