"""Makes the documentation site: `make docs`.

Gathers the pages (docs/, the notebooks as they are kept, the reference from the docstrings), lets Sphinx make HTML of
them with warnings as errors, and looks at the result: every link leads somewhere, nothing is loaded from elsewhere.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

import api
import nbformat
import notebook
from check import faults

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / ".cache" / "site"  # removed by `make clean`, as .cache is


def gather() -> None:
    """All pages in one folder. What did not change is not touched, so that Sphinx need not read it again."""
    wanted: dict[str, bytes] = {}
    for path in sorted((ROOT / "docs").rglob("*")):
        place = path.relative_to(ROOT / "docs").as_posix()
        if path.is_file() and path.suffix in (".md", ".svg", ".png", ".html") and not place.startswith("maker/"):
            wanted[place] = path.read_bytes()
            if path.suffix == ".md":  # the blank line that ends a doctest's output is not part of it
                wanted[place] = re.sub(
                    rb"(\n>>> (?:(?!\n```).)*?)\n+(?=\n```\n)", rb"\1", wanted[place], flags=re.DOTALL
                )
    if "benchmarks.md" in wanted:  # what `make bench` writes, where it has been run
        wanted["index.md"] = wanted["index.md"].replace(b"gallery/README\n", b"gallery/README\nbenchmarks\n")
    wanted["_static/style.css"] = (ROOT / "docs" / "maker" / "style.css").read_bytes()
    wanted |= notebooks()
    wanted |= {f"api/{place}.md": text.encode() for place, text in api.pages().items()}
    for path in SOURCE.rglob("*"):
        if path.is_file() and path.relative_to(SOURCE).as_posix() not in wanted:
            path.unlink()
    for place, content in wanted.items():
        path = SOURCE / place
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def notebooks() -> dict[str, bytes]:
    """The notebooks' pages, what these show, the notebooks themselves and their thumbnails."""
    folder, made = ROOT / "notebooks", {}
    paths = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    for path in paths:
        text, files = notebook.page(nbformat.read(path, as_version=4), path.stem)
        made[f"notebooks/{path.stem}.md"] = text.encode()
        made[f"notebooks/{path.name}"] = path.read_bytes()
        made |= files
    for path in sorted((folder / "thumbnails").glob("*.*")):
        made[f"notebooks/thumbnails/{path.name}"] = path.read_bytes()
    readme = folder / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    made["notebooks/index.md"] = notebook.index(text, [path.stem for path in paths]).encode()
    return made


def main() -> int:
    parser = argparse.ArgumentParser(prog="docs/maker/build.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "site", help="where to (%(default)s)")
    parser.add_argument("--fresh", action="store_true", help="read every page again")
    chosen = parser.parse_args()
    from sphinx.cmd.build import main as sphinx

    if chosen.fresh:
        shutil.rmtree(SOURCE, ignore_errors=True)
    if chosen.fresh and (chosen.out / "index.html").exists():
        shutil.rmtree(chosen.out)
    gather()
    settings = ["-b", "html", "-c", str(ROOT / "docs" / "maker"), "-d", str(SOURCE) + "-read"]
    strict = ["--fail-on-warning", "--quiet", "--jobs", "auto", *(["--fresh-env"] if chosen.fresh else [])]
    if failed := sphinx([*settings, *strict, str(SOURCE), str(chosen.out)]):
        return int(failed)
    if found := faults(chosen.out):
        print("docs: the pages have faults:", *found[:40], sep="\n")
        return 1
    print(f"docs: {len(list(chosen.out.rglob('*.html')))} pages; open {chosen.out.name}/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
