"""The runner of the notebooks: what it lets pass, what it refuses, and what it keeps."""

import asyncio
import base64
import importlib
import io
import sys
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
v4 = nbformat.v4
FOLDER = Path(__file__).resolve().parents[2] / "notebooks"


@pytest.fixture(scope="module")
def runner():
    sys.path.insert(0, str(FOLDER))
    try:
        yield importlib.import_module("run")
    finally:
        sys.path.remove(str(FOLDER))
        for name in ("run", "index"):
            sys.modules.pop(name, None)


def png(width=640, height=320):
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGBA", (width, height), "#0072B280").save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def notebook(
    *outputs,
    source="1",
    text="# A *title*\n\nOne sees **this**, long enough to stand alone, and so it shall be. And more.",
):
    code = v4.new_code_cell(source, outputs=list(outputs), execution_count=1)
    return v4.new_notebook(cells=[v4.new_markdown_cell(text), code])


def printed(text, name="stdout"):
    return v4.new_output("stream", name=name, text=text)


def shown(**data):
    return v4.new_output("display_data", data={kind.replace("_", "/", 1): value for kind, value in data.items()})


FINE = [printed("✓ so it is\n"), shown(image_png=png())]


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        (printed("oops", "stderr"), "standard error: oops"),
        (shown(text_plain="<Line2D at 0x7f00aa112233>"), "semicolon"),
        (shown(text_plain=f"saved in {FOLDER}"), "path"),
        (printed(str(Path.home()) + "/here"), "path"),
    ],
)
def test_what_may_not_be_kept(runner, output, fault):
    with pytest.raises(runner.Fault, match=fault):
        runner.clean(notebook(output))


def test_what_differs_from_run_to_run_is_left_out(runner):
    given = notebook(printed("\rstep:  10%|█    | 1/10 [00:00<00:01]\r          \r", "stderr"), *FINE)
    given.cells[1].metadata["execution"] = {"iopub.execute_input": "now"}
    given.metadata["language_info"] = {"name": "python", "version": "3.99"}
    kept = runner.clean(given)
    assert kept.cells[1].outputs == FINE
    assert not kept.cells[1].metadata
    assert "version" not in kept.metadata.language_info
    assert given.metadata.language_info.version == "3.99"  # a copy was cleaned
    nbformat.validate(kept)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda cell: cell.update(execution_count=3), "top to bottom"),
        (lambda cell: cell.update(outputs=FINE[:1]), "no picture"),
        (lambda cell: cell.update(outputs=FINE[1:]), "claims nothing"),
        (lambda cell: cell.outputs.append(v4.new_output("error", ename="E", evalue="e", traceback=[])), "an error"),
    ],
)
def test_examine(runner, change, fault):
    good = notebook(*FINE)
    runner.examine(good)
    change(good.cells[1])
    with pytest.raises(runner.Fault, match=fault):
        runner.examine(good)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("from lecture import claim, setup\nsetup(0)\nclaim(True, 'so it is')", None),
        ("from lecture import claim\nclaim(False, 'so it is')", "AssertionError: not so: so it is"),
        ("import numpy as np\nnp.log(np.zeros(1))", "RuntimeWarning: divide by zero"),
        ("import warnings\nwarnings.warn('old', DeprecationWarning)", "DeprecationWarning: old"),
    ],
)
def test_a_notebook_is_run(runner, tmp_path, source, fault):
    place = tmp_path / "01_probe.ipynb"
    nbformat.write(notebook(source=source), place)
    if fault:
        with pytest.raises(runner.Fault, match=fault):
            asyncio.run(runner.execute(place, 1))
    else:
        assert asyncio.run(runner.execute(place, 1)).cells[1].outputs[0].text == "✓ so it is\n"


def test_names_that_are_not_there(runner):
    with pytest.raises(SystemExit, match="there is none called '99'"):
        runner.find(["99"])


def test_index(runner, tmp_path):
    index = importlib.import_module("index")
    nbformat.write(notebook(*FINE), tmp_path / "01_one.ipynb")
    drawing = shown(**{"image_svg+xml": '<svg xmlns="http://www.w3.org/2000/svg"/>'})
    nbformat.write(notebook(drawing, text="# a < b\n\nSee [this](x.md)! Then `code`. One"), tmp_path / "02_two.ipynb")
    assert index.write_index(tmp_path, check=True) == ["01_one.png", "02_two.svg", "README.md"]
    assert index.write_index(tmp_path) == ["01_one.png", "02_two.svg", "README.md"]
    assert index.write_index(tmp_path) == index.write_index(tmp_path, check=True) == []
    text = (tmp_path / "README.md").read_text()
    assert "<b>A *title*</b></a><br>One sees this, long enough to stand alone, and so it shall be.</td>" in text
    assert "<b>a &lt; b</b></a><br>See this! Then code.</td>" in text
    from PIL import Image

    with Image.open(tmp_path / "thumbnails" / "01_one.png") as image:
        assert image.size == (index.WIDTH, index.WIDTH // 2)
    (tmp_path / "02_two.ipynb").unlink()
    index.write_index(tmp_path)
    assert [path.name for path in (tmp_path / "thumbnails").iterdir()] == ["01_one.png"]


def test_index_refuses_what_shows_nothing(runner, tmp_path):
    nbformat.write(notebook(), tmp_path / "01_one.ipynb")
    with pytest.raises(ValueError, match=r"01_one\.ipynb: expected a picture"):
        importlib.import_module("index").write_index(tmp_path)


def test_a_cell_fits_on_a_screen():
    """45 lines are what JupyterLab shows at 1080 pixels beside its menus. In a window 1280 pixels wide it has 105
    columns beside its files, and a page of the documentation has 103."""
    for path in sorted(FOLDER.glob("[0-9][0-9]_*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            lines = cell.source.split("\n")
            if cell.cell_type == "code":
                assert len(lines) <= 45, f"{path.name}: {cell.id} has {len(lines)} lines"
                assert max(map(len, lines)) <= 100, f"{path.name}: {cell.id}: {max(lines, key=len)}"
