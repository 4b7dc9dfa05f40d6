"""The index of the notebooks: README.md with a thumbnail of each, made from the notebooks as they are kept."""

from __future__ import annotations

import base64
import html
import io
import re
from pathlib import Path
from typing import Any

import nbformat

WIDTH = 320  # pixels of a thumbnail

HEAD = """\
# The lecture, as experiments

One idea each, in this order. They are kept with their results and pictures, so they can be read as they are; to run
and change them: `make lab`. What the text claims is computed and checked there (`claim(...)`), the exercises' check
cells say right or wrong, and `make notebooks` runs all of it afresh.

"""


def write_index(folder: Path, check: bool = False) -> list[str]:
    """Write README.md and thumbnails/, or only look whether they are as they would be written.

    Returns the names of what differed. A thumbnail is compared by whether it exists: its bytes depend on the versions
    of the libraries that draw it. Raises ValueError for a notebook without a heading or without a picture.
    """
    differs, rows = [], []
    if not check:
        (folder / "thumbnails").mkdir(exist_ok=True)
    paths = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        try:
            title, about = (html.escape(text, quote=False) for text in introduction(notebook))
            kind, picture = first_picture(notebook)
        except ValueError as error:
            raise ValueError(f"index: {path.name}: {error}") from None
        place = folder / "thumbnails" / f"{path.stem}{kind}"
        if not place.exists() if check else _replace(place, thumbnail(kind, picture)):
            differs.append(place.name)
        rows.append(
            f'<tr><td><a href="{path.name}"><img src="thumbnails/{place.name}" width="200" alt=""></a></td>'
            f'<td><a href="{path.name}"><b>{title}</b></a><br>{about}</td></tr>\n'
        )
    if not check:
        for old in (folder / "thumbnails").iterdir():
            if old.stem not in {path.stem for path in paths}:
                old.unlink()
    text = HEAD + "<table>\n" + "".join(rows) + "</table>\n"
    readme = folder / "README.md"
    if (readme.read_text(encoding="utf-8") if readme.exists() else "") != text:
        differs.append(readme.name)
        if not check:
            readme.write_text(text, encoding="utf-8")
    return differs


def introduction(notebook: Any) -> tuple[str, str]:
    """The first heading of a notebook and a sentence or two of what follows, as plain text without Markdown's marks."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = re.search(r"^# +(.+)$", text, re.MULTILINE)
    if not found:
        raise ValueError("expected a heading '# ...' in the notebook's first text cell, found none")
    after = text[found.end() :].strip()
    paragraph = re.split(r"\n\s*\n", after)[0].replace("\n", " ")
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", paragraph)
    plain = re.sub(r"[*_`]{1,2}([^*_`]+)[*_`]{1,2}", r"\1", plain)
    about = ""
    for sentence in re.findall(r"\S.*?[.!?](?=\s|$)", plain):
        if len(about) < 60:
            about = f"{about} {sentence}".strip()
    return found.group(1).strip(), about or plain


def first_picture(notebook: Any) -> tuple[str, bytes]:
    """The picture that stands for a notebook: the first of a cell tagged `thumbnail`, or else the first of all."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    tagged = [cell for cell in code if "thumbnail" in cell.metadata.get("tags", [])]
    for cell in tagged + code:
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                return ".png", base64.b64decode(data["image/png"])
            if "image/svg+xml" in data:
                return ".svg", "".join(data["image/svg+xml"]).encode()
    raise ValueError("expected a picture in the notebook, found none")


def thumbnail(kind: str, picture: bytes) -> bytes:
    """The picture made small: a PNG of few colours; a drawing as it is, since it scales."""
    if kind == ".svg":
        return picture
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image)
    small = paper.convert("RGB").resize(
        (WIDTH, max(1, round(image.height * WIDTH / image.width))), Image.Resampling.LANCZOS
    )
    out = io.BytesIO()
    small.quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def _replace(place: Path, content: bytes) -> bool:
    if place.exists() and place.read_bytes() == content:
        return False
    place.write_bytes(content)
    return True
