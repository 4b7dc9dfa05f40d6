"""How Sphinx makes the site. `make docs` runs build.py, which gathers the pages first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert

project = "backgraph"
author = "the backgraph authors"
copyright = author
extensions = ["myst_parser", "sphinx_copybutton"]
source_suffix = {".md": "markdown"}
root_doc = "index"
language = "en"

myst_enable_extensions = ["attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_dmath_allow_space = False
myst_dmath_allow_digits = False

nitpicky = True
python_maximum_signature_line_length = 130
add_module_names = False
toc_object_entries_show_parents = "hide"
highlight_language = "python"
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

html_theme = "furo"
html_title = "backgraph"
html_static_path = ["../../.cache/site/_static"]
exclude_patterns = ["_static"]
html_css_files = ["style.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_math_renderer = "mathml"
html_theme_options = {
    "light_css_variables": {
        "font-stack": "system-ui, 'Segoe UI', 'Noto Sans', sans-serif",
        "font-stack--monospace": "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace",
    },
}


# After these a minus sign belongs to one number, and stands close to it: ( [ = , < > · ×
OPENING = "<mo[^>]*>&#x000(?:28|5B|3D|2C|3C|3E|B7|D7);</mo>"


def formula(latex: str, display: str) -> str:
    """MathML: browsers draw it themselves, no script has to be loaded for it."""
    try:
        text = str(convert(latex.strip(), display=display))
    except Exception as error:
        raise ValueError(f"formula: {latex!r} cannot be read ({type(error).__name__}: {error})") from error
    text = re.sub(f"({OPENING})<mo>&#x02212;</mo>", r'\1<mo form="prefix">&#x02212;</mo>', text)
    return text.replace("<mi>&#x02032;</mi>", "<mo>&#x02032;</mo>")


SMALLEST = 0.45  # of a drawing's own size: any smaller, its text could not be read


def keep_legible(app: Any, doctree: Any, _name: str) -> None:
    """Wide drawings scroll on a narrow page: a class says how wide they are at least, in hundreds of pixels."""
    from docutils.nodes import image

    for node in doctree.findall(image):
        path = Path(app.srcdir) / node["uri"]
        if path.suffix == ".svg" and path.exists():
            found = re.search(r'<svg width="([\d.]+)pt"', path.read_text(encoding="utf-8")[:2000])
            least = round(float(found[1]) * 4 / 3 * SMALLEST / 100) if found else 0
            if least > 3:
                node["classes"].append(f"wide-{min(least, 20)}")


def setup(app: Any) -> dict[str, bool]:
    from docutils.nodes import SkipNode

    def inline(writer: Any, node: Any) -> None:
        writer.body.append(formula(node.astext(), "inline"))
        raise SkipNode

    def block(writer: Any, node: Any) -> None:
        writer.body.append(f'<div class="formula">{formula(node.astext(), "block")}</div>')
        raise SkipNode

    app.connect("doctree-resolved", keep_legible)
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
