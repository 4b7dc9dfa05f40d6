"""What JupyterLab shows of the notebooks, seen in Chromium: as on a fresh clone, and trusted as `make lab` does."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SHOWN = "05_backpropagation.ipynb"  # it has plots, drawings and the player
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def test_every_drawing_is_kept_with_a_picture_that_needs_no_trust():
    """JupyterLab drops the SVG of a notebook that it does not trust, and shows the PNG beside it."""
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                assert "image/svg+xml" not in data or "image/png" in data, f"{path.name}: {cell.id}"


@contextlib.contextmanager
def lab(folder, environment):
    """The address of a JupyterLab on this folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}",
               "--IdentityProvider.token=", f"--notebook-dir={folder}"]  # fmt: skip
    with open(folder / "log", "w") as log, subprocess.Popen(command, env=environment, stderr=log, stdout=log) as server:
        try:
            for _ in range(120):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/api").close()
                    break
                except urllib.error.URLError:
                    time.sleep(0.5)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_fresh_clone_shows_its_pictures_and_a_trusted_one_its_player(tmp_path):
    pytest.importorskip("jupyterlab")
    playwright = pytest.importorskip("playwright.sync_api")
    shutil.copy(NOTEBOOKS / SHOWN, tmp_path)
    settings = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    environment = os.environ | settings | {"HOME": str(tmp_path)}
    outputs = [o for c in nbformat.read(NOTEBOOKS / SHOWN, as_version=4).cells for o in c.get("outputs", [])]
    pictures = sum("image/png" in o.get("data", {}) for o in outputs)
    players = sum("text/html" in o.get("data", {}) for o in outputs)
    assert pictures > 4
    assert players == 1
    with lab(tmp_path, environment) as address, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for trusted in (False, True):
            if trusted:
                subprocess.run([sys.executable, "-m", "nbformat.sign", tmp_path / SHOWN], env=environment, check=True)
            page = browser.new_page(viewport={"width": 1200, "height": 20_000})
            page.goto(f"{address}/lab/tree/{SHOWN}?reset")
            found = page.locator(".jp-OutputArea-output img")
            found.nth(pictures - 1).wait_for(timeout=180_000)
            assert found.count() == pictures
            assert page.locator(".jp-OutputArea-output iframe").count() == (players if trusted else 0)
            assert page.get_by_text("once this notebook is trusted").is_visible() is not trusted
            page.close()
        browser.close()


SLIDERS = """
import matplotlib.pyplot as plt
from lecture import explore, setup

setup()


def walk(stride):
    plt.plot([0, stride])
    plt.show()
    print("at stride", stride)


explore(walk, stride=(1, 3, 2))
"""


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_slider_moves_its_picture(tmp_path):
    for needed in ("jupyterlab", "ipywidgets", "matplotlib"):
        pytest.importorskip(needed)
    playwright = pytest.importorskip("playwright.sync_api")
    for module in ("lecture.py", "answers.py", "checks.py", "engine_checks.py"):
        shutil.copy(NOTEBOOKS / module, tmp_path)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SLIDERS)])
    notebook.metadata = nbformat.read(NOTEBOOKS / SHOWN, as_version=4).metadata  # or JupyterLab asks for a kernel
    nbformat.write(notebook, tmp_path / "slides.ipynb")
    settings = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    environment = {name: value for name, value in os.environ.items() if name != "BACKGRAPH_STILL"}
    environment |= settings | {"HOME": str(tmp_path), "PATH": path}
    with lab(tmp_path, environment) as address, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{address}/lab/tree/slides.ipynb?reset")
        page.locator(".jp-CodeCell").wait_for(timeout=180_000)
        page.locator(".jp-Toolbar-kernelName").get_by_text("Python 3").wait_for(timeout=180_000)  # it is connected
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        output = page.locator(".widget-interact .jp-OutputArea")
        output.get_by_text("at stride 2").wait_for(timeout=300_000)
        before = output.locator("img").get_attribute("src")
        page.locator(".noUi-handle").focus()
        page.keyboard.press("ArrowRight")
        output.get_by_text("at stride 3").wait_for(timeout=180_000)
        assert output.locator("img").count() == 1
        assert output.locator("img").get_attribute("src") != before
        browser.close()
