"""Two whole programs at small size: a character-level GPT, and a residual network that reads digits.

The first follows the description of GPT-2 (Radford et al. 2019), the second that of residual networks (He et al. 2015).
"""

from typing import Any

import numpy as np

import nn
import optim
from autograd import Tensor, manual_seed, no_grad
from nn import data as sets
from nn import functional as F

TEXT = (
    "the sun rose over the hills and the river ran to the sea. a gull cried over the waves, and the boats went out "
    "with the tide. at noon the wind fell and the sails hung still; the men slept under the sun. in the evening the "
    "wind came back and the boats came home over the river to the hills. "
)


class Block(nn.Module):
    """Attention and a perceptron, each normalized before and added to its input."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.perceptron = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width), nn.Dropout(dropout)
        )

    def forward(self, x: Any) -> Any:
        n, t, width = x.shape
        q, k, v = (
            part.reshape(n, t, self.heads, -1).swapaxes(1, 2) for part in np.split(self.qkv(self.norm1(x)), 3, -1)
        )
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.swapaxes(1, 2).reshape(n, t, width))
        return x + self.perceptron(self.norm2(x))


class GPT(nn.Module):
    def __init__(self, symbols: int, context: int, width: int = 32, layers: int = 2, heads: int = 2) -> None:
        super().__init__()
        self.context = context
        self.tokens, self.places = nn.Embedding(symbols, width), nn.Embedding(context, width)
        self.blocks = nn.Sequential(*[Block(width, heads, dropout=0.05) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, symbols, bias=False)
        self.head.weight = self.tokens.weight
        for parameter in self.parameters():
            if parameter.ndim > 1:
                nn.init.normal_(parameter, 0, 0.05)

    def forward(self, index: Any) -> Any:
        x = self.tokens(index) + self.places(np.arange(index.shape[1]))
        return self.head(self.norm(self.blocks(x)))

    def sample(self, index: Any, count: int, rng: np.random.Generator, temperature: float = 1.0) -> Any:
        with no_grad():
            for _ in range(count):
                scores = self(index[:, -self.context :]).data[:, -1] / temperature
                chosen = [rng.choice(len(p), p=p) for p in F.softmax(scores.astype(np.float64), -1)]
                index = np.concatenate([index, np.array(chosen)[:, None]], 1)
        return index


def test_character_level_gpt() -> None:
    manual_seed(0)
    rng = np.random.default_rng(0)
    symbols = sorted(set(TEXT))
    data = np.array([symbols.index(c) for c in TEXT])
    context, steps = 24, 300
    model = GPT(len(symbols), context)
    assert "head.weight" in model.state_dict()
    assert len(list(model.parameters())) == len({id(p) for p in model.parameters()}) == 28
    decayed = [p for p in model.parameters() if p.ndim > 1]
    groups = [
        {"params": decayed, "weight_decay": 0.1},
        {"params": [p for p in model.parameters() if p.ndim < 2], "weight_decay": 0.0},
    ]
    optimizer = optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.95))
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, eta_min=1e-4)
    losses = []
    for _ in range(steps):
        starts = rng.integers(0, len(data) - context - 1, 16)
        batch = data[starts[:, None] + np.arange(context + 1)]
        scores = model(batch[:, :-1])
        loss = F.cross_entropy(scores.reshape(-1, len(symbols)), batch[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    assert abs(losses[0] - np.log(len(symbols))) < 0.3  # at first it knows nothing
    assert np.mean(losses[-10:]) < 0.4
    assert model.head.weight is model.tokens.weight
    model.eval()
    start = data[None, :context]
    text = "".join(symbols[k] for k in model.sample(start, 60, rng, temperature=0.5)[0])
    words = set(TEXT.replace(".", "").replace(",", "").replace(";", "").split())
    made = text[context:].replace(".", "").replace(",", "").replace(";", "").split()[1:-1]
    assert np.mean([word in words for word in made]) > 0.6


class Residual(nn.Module):
    """Two convolutions with batch normalization, and a way past them."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.past = (
            nn.Identity() if inputs == outputs and stride == 1 else
            nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        )  # fmt: skip

    def forward(self, x: Any) -> Any:
        y = self.norm2(self.conv2(self.relu(self.norm1(self.conv1(x)))))
        y += self.past(x)
        return self.relu(y)


def test_residual_network_reads_digits() -> None:
    manual_seed(0)
    images, labels = (np.asarray(part) for part in sets.digits().tensors)
    order = np.random.default_rng(0).permutation(len(labels))
    train, test = order[:1000], order[1000:1400]
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True), Residual(8, 8, 1),
        Residual(8, 16, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10),
    )  # fmt: skip
    data = sets.TensorDataset(images[train], labels[train])
    loader = sets.DataLoader(data, batch_size=25, shuffle=True, rng=np.random.default_rng(1))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, 4 * len(loader))
    criterion = nn.CrossEntropyLoss()
    losses = []
    for _ in range(4):
        for x, y in loader:
            loss = criterion(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
    assert losses[0] > 2
    assert np.mean(losses[-10:]) < 0.2
    assert model[1].num_batches_tracked.item() == len(losses) == 160
    model.eval()
    with no_grad():
        found = model(Tensor(images[test])).data.argmax(1)
    assert (found == labels[test]).mean() > 0.93
