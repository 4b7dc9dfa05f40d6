import numpy as np
import pytest

import nn
import nn.functional as F
from autograd import Tensor


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10),
    )  # fmt: skip


def test_lenet():
    model = lenet()
    found = nn.summary(model, input_shape=(2, 1, 28, 28))
    assert found.parameters == found.trainable == 61_706 == sum(p.size for p in model.parameters())
    assert found.weights == 4 * 61_706
    rows = {row.path: row for row in found.rows}
    assert rows["0"] == ("0", "Conv2d", (2, 6, 28, 28), 156, 2 * 6 * 784 * 25, 4 * 2 * 6 * 784)
    assert rows["2"].multiply_adds == 2 * 16 * 100 * 150
    assert rows["4"] == ("4", "Flatten", (2, 400), 0, 0, rows["4"].activations)
    assert rows["5"].multiply_adds == 2 * 400 * 120
    assert found.multiply_adds == 2 * (6 * 784 * 25 + 1600 * 150 + 48_000 + 10_080 + 840)
    text = repr(found).splitlines()
    assert text[0].split() == ["layer", "output", "parameters", "multiply-adds", "activations"]
    assert text[2].startswith("Sequential")
    assert text[3].split("  ")[1].strip() == "0 Conv2d"
    assert "61,706" in text[-2]


def test_shared_parts_count_once_and_every_call_costs():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(3, 3)
            self.b = nn.Linear(3, 3)
            self.b.weight = self.a.weight
            self.unused = nn.Linear(5, 5)

        def forward(self, x, y):
            return self.b(self.a(self.a(x))) + y

    model = Tied()
    model.a.bias.requires_grad_(False)
    found = nn.summary(model, (4, 3), Tensor(np.ones(3)))
    rows = {row.path: row for row in found.rows}
    assert [rows[path].parameters for path in ("", "a", "b", "unused")] == [0, 12, 3, 30]
    assert [rows[path].multiply_adds for path in ("", "a", "b", "unused")] == [0, 72, 36, 0]
    assert rows["unused"].output is None
    assert (found.parameters, found.trainable) == (45, 42)
    assert "3 of them frozen" in repr(found)


def test_the_model_stays_what_it_was():
    model = nn.Sequential(lenet()[0], nn.Sequential(nn.Linear(3, 3)).eval())
    before = model.state_dict()
    with pytest.raises(ValueError, match="conv2d: expected 1 input channels"):
        nn.summary(model, (1, 3, 8, 8))
    assert [module.training for module in model.modules()] == [True, True, False, False]
    assert all((model.state_dict()[name] == value).all() for name, value in before.items())
    assert not model[0]._hooks["forward"]


@pytest.mark.parametrize(
    ("model", "shapes", "products"),
    [
        (lambda: nn.ConvTranspose2d(4, 6, 3, groups=2), [(2, 4, 5, 5)], 2 * 4 * 25 * 3 * 9),
        (lambda: nn.Conv1d(4, 6, 3, groups=2), [(4, 5)], 6 * 3 * 2 * 3),
        (lambda: nn.Bilinear(3, 4, 5), [(2, 3), (2, 4)], 2 * 5 * 12),
        (lambda: nn.LSTM(3, 5, 2), [(7, 2, 3)], 14 * 4 * 5 * (3 + 5 + 5 + 5)),
        (lambda: nn.GRUCell(3, 5), [(2, 3)], 2 * 3 * 5 * 8),
        (lambda: nn.MultiheadAttention(8, 2), [(5, 3, 8), (4, 3, 8), (4, 3, 8)],
         2 * 15 * 64 + 2 * 12 * 64 + 2 * 3 * 5 * 4 * 8),
        (lambda: nn.BatchNorm2d(3), [(2, 3, 4, 4)], 96),
        (lambda: nn.ReLU(), [(2, 3)], 0),
    ],
)  # fmt: skip
def test_multiply_adds(model, shapes, products):
    assert nn.summary(model(), *shapes).multiply_adds == products


def test_memory_is_that_of_what_calls_no_other():
    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.held = nn.Linear(3, 2)  # used, but not called

        def forward(self, x):
            return F.linear(x, self.held.weight)

    found = nn.summary(nn.Sequential(Wrapped(), nn.Identity()), (4, 3))
    assert [row.activations for row in found.rows] == [0, 4 * 2 * 4, 0, 0]


def test_plain_functions_and_integers():
    class Words(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(10, 4)

        def forward(self, words):
            return F.linear(self.table(words), np.ones((2, 4), np.float32))

    found = nn.summary(Words(), (2, 3), dtype=int)
    assert found.rows[1][2:5] == ((2, 3, 4), 40, 0)
    assert found.rows[0].output == (2, 3, 2)
