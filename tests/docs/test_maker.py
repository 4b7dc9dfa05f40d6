"""What makes the documentation site: docstrings and notebooks as Markdown, and the look at finished pages."""

import base64
import doctest
import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
import optim

v4 = pytest.importorskip("nbformat.v4")
FOLDER = Path(__file__).resolve().parents[2] / "docs" / "maker"


@pytest.fixture(scope="module")
def maker():
    names = ("api", "check", "curves", "examples", "facts", "grids", "layer", "notebook", "panels")
    sys.path.insert(0, str(FOLDER))
    try:
        yield {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(str(FOLDER))
        for name in names:
            sys.modules.pop(name, None)


# ---- the reference ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("One line.", "One line."),
        ("x  the input\nout  the rest,\n     and more", "x  the input\nout  the rest,\n     and more"),
        ("x    the input\nout  the rest,\n     and more", "`x`\n: the input\n\n`out`\n: the rest, and more"),
        ("*args  any", "`*args`\n: any"),
        (">>> 1\n1\n\n>>> 2\n2", "```pycon\n>>> 1\n1\n\n>>> 2\n2\n```"),
        ("Text:\n>>> 1\n1", "Text:\n\n```pycon\n>>> 1\n1\n```"),
        ("See:\n\n    a = b\n    c = d", "See:\n\n```text\na = b\nc = d\n```"),
        ("A `known` and an `unknown` name.", "A {py:obj}`known <nn.known>` and an `unknown` name."),
        ("(N, *axes) < 3 of [1], $5, 2**3", r"(N, \*axes) \< 3 of \[1], \$5, 2**3"),
        ("Summary of it.\n\nParameters\n----------\nx : array", "Summary of it. As in NumPy."),
    ],
)
def test_docstrings_become_markdown(maker, text, markdown):
    assert maker["api"].prose(text, {"known": "nn.known"}) == markdown


def test_every_public_name_is_in_the_reference(maker):
    pages = maker["api"].pages()
    for module in (autograd, autograd.ops, nn, nn.functional, nn.utils, nn.data, optim, optim.lr_scheduler):
        place = module.__name__.replace(".", "-").replace("_", "-")
        parts = maker["api"].KINDS if module is nn else maker["api"].PARTS.get(place, [place])
        page = "".join(pages[part] for part in parts)
        for name in module.__all__:
            if not isinstance(getattr(module, name), type(sys)):
                assert f"}} {module.__name__}.{name}" in page, f"{module.__name__}.{name} is missing"
    assert "{py:method} autograd.Tensor.backward(gradient=None, retain_graph=None, create" in pages["autograd-tensor"]
    assert "{py:method} autograd.Tensor.sum(" in pages["autograd-tensor"]
    assert "{py:method} autograd.Tensor.ravel(order='C')" in pages["autograd-tensor"]
    assert "{py:property} autograd.Tensor.grad\n" in pages["autograd-tensor"]
    linear = "nn.Linear(in_features, out_features, bias=True, *, device=None, dtype=None, rng=None)"
    assert f"{{py:class}} {linear}" in pages["nn-linear"]


@pytest.mark.parametrize(("place", "module"), [("autograd", autograd), ("nn-functional", nn.functional)])
def test_a_table_of_contents_leads_to_each_name_from_where_it_stood(maker, place, module):
    page = maker["api"].pages()[place]
    names = [name for name in module.__all__ if not isinstance(getattr(module, name), type(sys))]
    for name in names:
        full = f"{module.__name__}.{name}"
        assert page.count(f'<span id="{full}"></span>') == 1
        assert f"{{py:obj}}`{name} <{full}>`\n: " in page
    order = [page.index(f" <{module.__name__}.{name}>`") for name in names]
    assert place != "autograd" or order == sorted(order)
    assert place != "autograd" or '<span id="autograd.Tensor.backward"></span>' in page


def test_every_layer_has_one_example(maker):
    table = maker["examples"].EXAMPLES
    layers = {name: getattr(nn, name) for name in nn.__all__ if isinstance(getattr(nn, name), type)}
    assert table.keys() <= layers.keys()
    for name, layer in layers.items():
        assert (">>>" in (layer.__doc__ or "")) != (name in table), name


def test_a_layer_shows_its_functions_formula_and_what_an_example_gives(maker):
    entry = maker["api"].entry("nn.MSELoss", nn.MSELoss, {})
    assert "(x - y)²" in entry
    assert ">>> nn.MSELoss()(np.array([0.5, 2.0]), np.array([0.0, 0.0]))\nnp.float64(2.125)\n" in entry


def test_a_layers_formula_comes_before_its_own_example(maker):
    entry = maker["api"].entry("nn.MaxPool2d", nn.MaxPool2d, {})
    assert entry.index("See `max_pool2d`") < entry.index("minus infinity") < entry.index(">>> nn.MaxPool2d(2)(")
    assert entry.count("```pycon") == 1


def test_an_activation_is_drawn_with_its_derivative(maker):
    x = np.array([-4.0, 0.0, 1.0, 3.0])
    assert maker["curves"].path(x, np.array([0.0, 0.0, 1.0, 3.0])) == "M0.0 60.0L120.0 60.0M150.0 30.0"
    picture = maker["curves"].curve("ReLU")
    assert picture in maker["api"].entry("nn.ReLU", nn.ReLU, {})
    derivative, value = (picture.split(f'class="{kind}" d="')[1].split('"')[0] for kind in ("derivative", "value"))
    assert value.startswith("M0.0 60.0L0.5 60.0")
    assert "L150.0 30.0" in value
    assert "M120.5 30.0" in derivative
    assert derivative.endswith("L240.0 30.0")
    assert maker["curves"].curve("Linear") == ""
    assert ">the logit, target 1</text>" in maker["curves"].curve("BCEWithLogitsLoss")


LAYERS = [name for name in nn.__all__ if isinstance(getattr(nn, name), type)]


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_has_formula_shapes_picture_and_example(maker, name):
    entry = maker["api"].entry(f"nn.{name}", getattr(nn, name), {})
    assert len(re.findall(r"^\$\$\n.+\n\$\$$", entry, re.MULTILINE)) == 1
    assert len(re.findall(r"^Shapes: `.+` → `.+`$", entry, re.MULTILINE)) == 1
    pictures = re.findall(r'<svg class="(?:curve|grid)".*</svg>', entry)
    for drawn in re.findall(r"^!\[.*\]\(\.\./pictures/(.*)\)$", entry, re.MULTILINE):
        pictures.append((FOLDER.parent / "pictures" / drawn).read_text(encoding="utf-8"))
    assert len(pictures) == 1
    assert len(pictures[0].encode()) < 30_000
    assert entry.partition("\n:::{py:")[0].count("```pycon\n>>> ") == 1  # a method of Module may have its own


def test_no_fact_is_of_a_class_that_there_is_not(maker):
    assert set(maker["facts"].FACTS) <= set(LAYERS)


@pytest.mark.parametrize(
    ("name", "python"),
    [
        ("CELU", "max(0, x) + min(0, exp(x) - 1)"), ("SELU", "1.0507 * (max(0, x) + min(0, 1.6733 * (exp(x) - 1)))"),
        ("Hardsigmoid", "min(max(x / 6 + 1 / 2, 0), 1)"), ("Hardswish", "x * min(max(x / 6 + 1 / 2, 0), 1)"),
        ("LeakyReLU", "max(0, x) + 0.01 * min(0, x)"), ("LogSigmoid", "log(1 / (1 + exp(-x)))"),
        ("Mish", "x * tanh(log(1 + exp(x)))"), ("ReLU6", "min(max(0, x), 6)"), ("SiLU", "x / (1 + exp(-x))"),
        ("Softplus", "log(1 + exp(x))"), ("Softsign", "x / (1 + abs(x))"), ("Tanhshrink", "x - tanh(x)"),
    ],
)  # fmt: skip
def test_the_formulas_of_activations_are_true(name, python):
    """As facts.py has them, with the constants that are the defaults."""
    known = {"exp": np.exp, "log": np.log, "tanh": np.tanh, "max": np.maximum, "min": np.minimum, "abs": np.abs}
    x = np.linspace(-7, 7, 29)
    np.testing.assert_allclose(getattr(nn, name)()(x), eval(python, known | {"x": x}), rtol=1e-4, atol=1e-12)


def test_arrays_are_drawn_cell_by_cell(maker):
    grids = maker["grids"]
    svg = grids.picture([grids.Panel("in", np.array([1.0, -2.5]), [1, 0]), grids.Panel("out", [[3], [4]])], "a sum")
    assert svg.count("<rect ") == 4
    assert svg.count('class="marked"') == 1
    assert re.findall(r">([^<>]+)</text>", svg) == ["in", "1", "−2.5", "→", "out", "3", "4"]
    assert 'aria-label="a sum"' in svg
    wide = float(re.search(r'<svg [^>]*width="(\d+)"', svg)[1])
    for x, width in re.findall(r'<rect x="([\d.]+)"[^>]* width="(\d+)"', svg):
        assert float(x) + float(width) <= wide


def test_arrays_of_more_axes_are_rows_of_matrices(maker):
    rows = maker["grids"].matrices(np.arange(24).reshape(2, 3, 2, 2))
    assert [len(row) for row in rows] == [3, 3]
    assert rows[1][0].tolist() == [[12, 13], [14, 15]]
    assert [matrix.shape for matrix in maker["grids"].matrices(np.arange(3))[0]] == [(1, 3)]


def test_the_marked_cells_of_a_convolution_are_what_the_marked_result_is_made_of(maker):
    for n in (1, 2, 3):
        window, kernel, out = maker["panels"].panels()[f"Conv{n}d"]
        marked = window.array[np.asarray(window.marks) == 1].reshape(kernel.array.shape)
        assert (marked * kernel.array).sum() == out.array[np.asarray(out.marks) == 1]


def test_what_a_tensor_has_is_shown_in_the_order_of_use(maker):
    page = maker["api"].pages()["autograd-tensor"]
    assert page.index("autograd.Tensor.backward(") < page.index("autograd.Tensor.all(")


# ---- notebooks -------------------------------------------------------------------------------------------------------


def test_a_notebook_becomes_a_page(maker):
    pixels = b"a picture"
    outputs = [
        v4.new_output("stream", name="stdout", text="said\n```\n"),
        v4.new_output("display_data", data={"image/png": base64.b64encode(pixels).decode(), "text/plain": "<Figure>"}),
        v4.new_output("display_data", data={"image/svg+xml": "<svg/>", "text/plain": "drawn"}),
        v4.new_output("display_data", data={"text/html": "<script>1</script>", "text/plain": "player"}),
        v4.new_output("display_data", data={"text/html": "<table></table>", "text/plain": "table"}),
        v4.new_output("execute_result", data={"text/plain": "42"}, execution_count=1),
    ]
    cells = [
        v4.new_markdown_cell("# Title\n\nSee [next](02_b.ipynb#Part) and [docs](../docs/drawing.md)."),
        v4.new_code_cell("1 + 1", outputs=outputs, execution_count=1),
        v4.new_code_cell("", outputs=[]),
    ]
    text, files = maker["notebook"].page(v4.new_notebook(cells=cells), "01_a")
    assert "[next](02_b.md#Part) and [docs](../drawing.md)" in text
    assert "```python\n1 + 1\n```" in text
    assert "````text\nsaid\n```\n````" in text
    assert "![Result of cell 1](pictures/01_a-01-1.png)" in text
    assert '<iframe src="../_static/notebooks/01_a-01-3.html"' in text
    assert "```{raw} html\n<div><table></table></div>\n```" in text
    assert "```text\n42\n```" in text
    assert "[This notebook as a file](01_a.ipynb)" in text
    assert sorted(files) == [
        "_static/notebooks/01_a-01-3.html", "notebooks/pictures/01_a-01-1.png", "notebooks/pictures/01_a-01-2.svg",
    ]  # fmt: skip
    assert files["notebooks/pictures/01_a-01-1.png"] == pixels


def test_the_index_of_notebooks_becomes_cards(maker):
    picture = '<a href="01_a.ipynb"><img src="thumbnails/01_a.png" width="200" alt=""></a>'
    row = f'<tr><td>{picture}</td><td><a href="01_a.ipynb"><b>A</b></a><br>What it shows.</td></tr>'
    readme = f"# The lecture\n\nText.\n\n<table>\n{row}\n</table>\n"
    text = maker["notebook"].index(readme, ["01_a"])
    assert "[![](thumbnails/01_a.png)](01_a.md)" in text
    assert "[**A**](01_a.md)\n\nWhat it shows." in text
    assert text.endswith("```{toctree}\n:hidden:\n\n01_a\n```\n")


# ---- the last look ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="other.html#there">x</a><a href="#here">y</a><a href="https://example.org">z</a>', None),
        ('<a href="gone.html">x</a>', "index.html: links to gone.html, which is not there"),
        ('<a href="other.html#gone">x</a>', "index.html: links to other.html#gone, which has no such place"),
        ('<img src="gone.png">', "index.html: links to gone.png, which is not there"),
        ('<script src="https://example.org/x.js"></script>', "index.html: loads https://example.org/x.js"),
        ('<link rel="stylesheet" href="//example.org/x.css">', "index.html: loads //example.org/x.css"),
        ('<p style="background: url(https://example.org/x.png)">', "index.html: loads https://example.org/x.png"),
    ],
)
def test_pages_are_checked(maker, tmp_path, body, fault):
    (tmp_path / "index.html").write_text(f'<p id="here">{body}')
    (tmp_path / "other.html").write_text('<p id="there">')
    assert maker["check"].faults(tmp_path) == ([fault] if fault else [])


def test_style_sheets_are_checked(maker, tmp_path):
    (tmp_path / "style.css").write_text('@import "https://example.org/font.css"; a { background: url(data:image/png) }')
    assert maker["check"].faults(tmp_path) == ["style.css: loads https://example.org/font.css"]


# ---- guides ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(FOLDER.parent.glob("guides/*.md")), ids=lambda path: path.stem)
def test_a_guide_imports_what_its_examples_use(path):
    """They run as they stand: without the names that the doctests of docstrings are given."""
    test = doctest.DocTestParser().get_doctest(path.read_text(encoding="utf-8"), {}, path.name, str(path), 0)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    said: list[str] = []
    doctest.DocTestRunner(optionflags=flags, verbose=False).run(test, out=said.append)
    assert not said, "".join(said)
