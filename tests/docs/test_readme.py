"""The README shows what is so."""

import re
from pathlib import Path

import numpy as np

from autograd import trace, value_and_grad

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_derivative_beside_the_code_is_the_one_that_is_printed():
    code, derivative = re.findall(r"```python\n((?!>>>).*?)```", README, re.DOTALL)[:2]
    space = {"np": np, "trace": trace, "value_and_grad": value_and_grad, "print": lambda source: None}
    space |= {"w": np.array([0.1, -0.3, 0.2]), "b": np.array(0.1), "x": np.array([0.5, -1.0, 2.0])}
    exec(code, space)
    assert space["program"].source == f"import numpy as np\n\n\n{derivative}"


def test_every_link_into_the_repository_leads_somewhere():
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", README):
        assert (Path(__file__).resolve().parents[2] / link).exists(), link


def test_its_own_places_are_there():
    places = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", README, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= places
