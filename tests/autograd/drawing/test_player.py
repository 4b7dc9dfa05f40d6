"""The player in a real browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, draw
from autograd.drawing.drawn import Drawing
from autograd.drawing.rendering import find_renderer

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--headless", "--no-sandbox", "--force-prefers-reduced-motion", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1200,800",
]  # fmt: skip


def drawing() -> Drawing:
    x, W = Tensor([[1.0, 2.0]]), Tensor([[0.5], [0.25]], requires_grad=True)
    y = (x @ W).tanh()
    return draw((y * y).sum(), names={"x": x, "W": W, "y": y, "</script>": Tensor(1.0)}, gradients=True)


def test_the_page_needs_nothing_else() -> None:
    page = drawing().player().html
    assert not re.search(r'(src|href)="(?!#)[^"]+"', page)
    assert "/*DATA*/null" not in page
    assert "prefers-reduced-motion" in page
    HTMLParser().feed(page)
    assert "srcdoc" in drawing().player()._repr_html_()


@pytest.mark.parametrize(("theme", "rules"), [("light", ["light"]), ("dark", ["dark"]), ("auto", ["light", "dark"])])
def test_the_page_has_the_colours_of_the_picture(theme: str, rules: list[str]) -> None:
    x = Tensor(2.0, requires_grad=True)
    page = draw(x * x, theme=theme).player().html
    assert re.findall(r"color-scheme: (light|dark);", page) == rules
    assert ("--paper: #0d1117" in page) == ("dark" in rules)


def test_a_name_cannot_end_the_script() -> None:
    y = Tensor(2.0, requires_grad=True, name="</script><b>") * 2.0
    page = draw(y).player().html
    assert page.count("</script>") == 1


PROBE = """
<script>
addEventListener("load", () => {
  const key = k => dispatchEvent(new KeyboardEvent("keydown", {key: k, cancelable: true}));
  const at = () => [document.body.dataset.step, document.getElementById("phase").textContent,
    document.querySelectorAll("g.node.now").length, document.getElementById("panel").textContent];
  const seen = [at()];
  key("ArrowRight"); seen.push(at()); key("ArrowLeft"); seen.push(at()); key("End"); seen.push(at());
  key("ArrowRight"); seen.push(at()); key("Home"); seen.push(at());
  const slider = document.getElementById("at"); slider.value = 5;
  slider.dispatchEvent(new Event("input")); seen.push(at());
  document.getElementById("on").click(); seen.push(at());
  const size = () => [document.querySelector("#stage svg").getBoundingClientRect().width, scale];
  const sizes = [size()];
  for (const keys of ["+", "--", "0"]) { for (const k of keys) key(k); sizes.push(size()); }
  for (let k = 0; k < 9; k++) key("+");
  const seenNow = () => {
    const b = document.querySelector("g.node.now").getBoundingClientRect(), s = stage.getBoundingClientRect();
    return b.left < s.right && b.right > s.left && b.top < s.bottom && b.bottom > s.top;
  };
  const followed = [];
  const told = [];
  for (let k = 0; k < steps.length; k++) {
    go(k); followed.push(seenNow());
    told.push([...document.querySelectorAll("g.node:not(.sum) text")].filter(
      t => t.textContent.startsWith("ḡ") && getComputedStyle(t).visibility === "visible").length);
  }
  document.getElementById(steps[2].box).dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}));
  const clicked = +document.body.dataset.step;
  key(" "); const playing = document.getElementById("play").textContent;
  key(" "); const paused = document.getElementById("play").textContent;
  const out = document.createElement("pre"); out.id = "result";
  out.textContent = JSON.stringify({seen, playing, paused, sizes, followed, told, clicked}); document.body.append(out);
});
</script>
"""


TRAINING = """
<script>
addEventListener("load", () => {
  const key = k => dispatchEvent(new KeyboardEvent("keydown", {key: k, cancelable: true}));
  const box = () => document.getElementById(steps.at(-1).box);
  const at = () => [location.hash, document.getElementById("which").textContent, box().getAttribute("aria-label")];
  const edges = () => [...document.querySelectorAll("g.edge")].filter(e => getComputedStyle(e).opacity !== "0").length;
  const seen = [at()], shown = [edges()];
  key("End"); seen.push(at()); shown.push(edges()); key("PageDown"); seen.push(at()); key("PageDown"); seen.push(at());
  const line = document.querySelector("#panel .numpy").textContent, focusable = box().getAttribute("tabindex");
  box().dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
  const pressed = steps[now].box === steps.at(-1).box;
  const out = document.createElement("pre"); out.id = "result";
  out.textContent = JSON.stringify(
    {seen, shown, line, focusable, pressed, all: document.querySelectorAll("g.edge").length});
  document.body.append(out);
});
</script>
"""


def probed(page_text: str, probe: str, folder: Path) -> Any:
    """What a script found in the page, in a browser."""
    page = folder / "player.html"
    page.write_text(page_text.replace("</html>", probe + "</html>"), encoding="utf-8")
    assert CHROMIUM is not None
    done = subprocess.run(
        [CHROMIUM, *QUIET, f"--user-data-dir={folder / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True, timeout=120, check=False,
        env={**os.environ, "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)},  # nothing in the home
    )  # fmt: skip
    found = re.search(r'<pre id="result">(.*?)</pre>', done.stdout.decode(), re.S)
    assert found, done.stderr.decode()[-500:]
    return json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is on this machine")
@pytest.mark.skipif(find_renderer() is None, reason="neither dot nor pygraphviz is here")
def test_a_training_in_a_browser(tmp_path: Path) -> None:
    drawings, losses = [], []
    for start in (0.5, 0.25):
        w = Tensor(start, requires_grad=True, name="w")
        loss = (w * 3.0).tanh() ** 2
        drawings.append(draw(loss, names={"w": w, "loss": loss}, gradients=True, show=("value",)))
        losses.append(loss.item())
    first, second = drawings
    result = probed(first.player(second, losses=losses).html, TRAINING, tmp_path)
    end = len(first.steps()) - 1
    told = [f"training step {k} / 2, loss {loss:.3g}" for k, loss in zip((1, 2), losses, strict=True)]
    kept = [hash for hash, _, _ in result["seen"]]  # in the address
    assert kept == ["#1.1", f"#1.{end + 1}", f"#2.{end + 1}", f"#2.{end + 1}"]
    assert [text for _, text, _ in result["seen"]] == [told[0], told[0], told[1], told[1]]
    labels = [label for _, _, label in result["seen"]]  # of w: the gradient is said when it is known
    assert labels[0] == "w"
    assert labels[1] == f"w, gradient {first.steps()[-1].value}"
    assert labels[2] == f"w, gradient {second.steps()[-1].value}" != labels[1]
    assert result["shown"] == [1, result["all"]]  # what has not happened yet is out of sight
    assert result["line"] == "d_w = d_v1 * 3.0"
    assert result["focusable"] == "0"
    assert result["pressed"]


def test_a_training_has_a_loss_for_each_step() -> None:
    with pytest.raises(ValueError, match="expected the losses of 2 drawings, got none"):
        drawing().player(drawing())
    with pytest.raises(ValueError, match="expected the losses of 2 drawings, got 1"):
        drawing().player(drawing(), losses=[1.0])


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is on this machine")
@pytest.mark.skipif(find_renderer() is None, reason="neither dot nor pygraphviz is here")
def test_in_a_browser(tmp_path: Path) -> None:
    made = drawing()
    result = probed(made.player().html, PROBE, tmp_path)
    steps = made.steps()
    at = [int(step) for step, *_ in result["seen"]]
    assert at == [0, 1, 0, len(steps) - 1, len(steps) - 1, 0, 5, 6]
    for k, (_, phase, lit, panel) in zip(at, result["seen"], strict=True):
        assert phase == steps[k].phase
        assert lit == 1
        assert steps[k].text in panel
        assert all(value in panel for _, _, value in steps[k].arriving)
        assert steps[k].value in panel
    widths = [width for width, _ in result["sizes"]]
    assert widths[1] > widths[0] > widths[2]
    assert widths[3] <= 1200
    assert len({round(width / scale) for width, scale in result["sizes"]}) == 1  # the layout is the same
    assert result["followed"] == [True] * len(steps)  # the box of the step is in sight, however large the picture
    backward = [step.phase == "backward" for step in steps]
    assert result["told"] == [sum(backward[: k + 1]) for k in range(len(steps))]  # no gradient before its step
    assert steps[result["clicked"]].box == steps[2].box
    assert "pause" in result["playing"]
    assert "play" in result["paused"]
    assert np.isfinite(at).all()
