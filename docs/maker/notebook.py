"""A notebook, as it is kept, as a page: text, code, results, pictures in files of their own. Nothing is run."""

from __future__ import annotations

import base64
import re
from typing import Any

PAGE = '<!doctype html><meta charset="utf-8"><title>{}</title><body style="font-family:sans-serif;margin:0">{}'


def page(notebook: Any, name: str) -> tuple[str, dict[str, bytes]]:
    """The page in Markdown, and the files that it shows: path in the site's sources -> content."""
    parts: list[str] = []
    files: dict[str, bytes] = {}
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            parts.append(relinked(cell.source))
        elif cell.cell_type == "code" and cell.source.strip():
            parts.append(fenced(cell.source, "python"))
            what = f"Result of cell {cell.execution_count}"
            shown = [result(each, f"{name}-{number:02}-{k}", files, what) for k, each in enumerate(cell.outputs)]
            if any(shown):
                parts.append("::::::{container} result\n" + "\n\n".join(filter(None, shown)) + "\n::::::")
    parts.append(f"---\n\n[This notebook as a file]({name}.ipynb), to run and to change with `make lab`.")
    return "\n\n".join(parts) + "\n", files


def result(output: Any, name: str, files: dict[str, bytes], what: str) -> str:
    """What a cell gave, in the richest form that a page can show."""
    if output.output_type == "stream":
        return fenced(output.text, "text")
    data = output.get("data", {})
    for kind, ending in (("image/svg+xml", ".svg"), ("image/png", ".png")):
        if kind in data:
            content = data[kind]
            files[f"notebooks/pictures/{name}{ending}"] = (
                base64.b64decode(content) if ending == ".png" else content.encode()
            )
            return f"![{what}](pictures/{name}{ending})"
    if "text/html" in data:
        text = data["text/html"]
        if re.search(r"<(?:script|iframe|style)\b", text):  # a page of its own, which cannot disturb this one
            files[f"_static/notebooks/{name}.html"] = PAGE.format(what, text).encode()
            return f'<iframe src="../_static/notebooks/{name}.html" title="{what}"></iframe>'
        return "```{raw} html\n" + f"<div>{text}</div>" + "\n```"
    for kind in ("text/markdown", "text/latex"):
        if kind in data:
            return str(data[kind])
    return fenced(data.get("text/plain", ""), "text")


def fenced(text: str, language: str) -> str:
    """Text between fences that it does not hold itself."""
    text = text.rstrip()
    if not text:
        return ""
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"^ *(`+)", text, re.MULTILINE)), default=0))
    return f"{ticks}{language}\n{text}\n{ticks}"


def relinked(text: str) -> str:
    """Links to other notebooks as links to their pages, links into docs/ as links inside the site."""
    text = re.sub(r"(\]\([\w./-]+)\.ipynb(#[^)\s]+)?\)", r"\1.md\2)", text)
    return text.replace("](../docs/", "](../")


def index(readme: str, names: list[str]) -> str:
    """The notebooks' README with each row of its table as a card, and the order in which the pages follow."""
    head, _, table = readme.partition("<table>")
    rows = re.findall(r'<a href="([\w-]+)\.ipynb"><img src="([^"]+)".*?<b>(.*?)</b></a><br>(.*?)</td></tr>', table)
    cards = "\n\n".join(
        f":::{{container}} card\n[![]({image})]({name}.md)\n\n[**{title}**]({name}.md)\n\n{about}\n:::"
        for name, image, title, about in rows
    )
    order = "\n".join(names)
    shown = f"::::{{container}} cards\n{cards}\n::::\n\n" if rows else ""
    return f"{head.strip() or '# Notebooks'}\n\n{shown}```{{toctree}}\n:hidden:\n\n{order}\n```\n"
