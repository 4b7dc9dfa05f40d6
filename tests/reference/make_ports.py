"""Makes ports.json with PyTorch: the losses of eight programs as PyTorch's users write them, in single precision.

python tests/reference/make_ports.py

tests/nn/test_ports.py has the same programs as the guide for them says to port them. Weights and data are those of a
RandomState, whose streams never change, here and there.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn, optim
from torch.utils.data import DataLoader, TensorDataset


def normal(random: np.random.RandomState, *shape: int) -> Tensor:
    return torch.from_numpy(random.standard_normal(shape).astype(np.float32))


def start(net: nn.Module, random: np.random.RandomState) -> nn.Module:
    """The network with weights that were drawn in the order of its state_dict."""
    state = {
        name: value if "running" in name or "tracked" in name else 0.3 * normal(random, *value.shape)
        for name, value in net.state_dict().items()
    }
    net.load_state_dict(state)
    return net


def classifier(random: np.random.RandomState) -> Iterator[float]:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
            self.norm = nn.BatchNorm2d(4)
            self.conv2 = nn.Conv2d(4, 6, 3)
            self.fc = nn.Linear(6 * 2 * 2, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = F.max_pool2d(F.relu(self.norm(self.conv1(x))), 2)
            x = F.relu(self.conv2(x))
            return self.fc(torch.flatten(x, 1))

    net = start(Net(), random)
    images, labels = normal(random, 24, 1, 8, 8), torch.from_numpy(random.randint(0, 3, 24))
    loader = DataLoader(TensorDataset(images, labels), batch_size=8)
    optimizer = optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    criterion = nn.CrossEntropyLoss()
    for _ in range(3):
        net.train()
        for x, target in loader:
            optimizer.zero_grad()
            loss = criterion(net(x), target)
            loss.backward()
            optimizer.step()
            yield loss.item()
        scheduler.step()
        net.eval()
        with torch.no_grad():
            output = net(images)
            yield F.cross_entropy(output, labels).item()
            yield (output.argmax(dim=1) == labels).float().mean().item()


def gan(random: np.random.RandomState) -> Iterator[float]:
    generator = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.LeakyReLU(0.2), nn.Linear(8, 6), nn.Tanh())
    discriminator = nn.Sequential(nn.Linear(6, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
    start(generator, random), start(discriminator, random)
    criterion = nn.BCEWithLogitsLoss()
    of_g = optim.Adam(generator.parameters(), lr=0.01, betas=(0.5, 0.999))
    of_d = optim.Adam(discriminator.parameters(), lr=0.01, betas=(0.5, 0.999))
    for _ in range(8):
        real, noise = normal(random, 8, 6), normal(random, 8, 4)
        of_d.zero_grad()
        fake = generator(noise)
        loss_real = criterion(discriminator(real), torch.ones(8, 1))
        loss_fake = criterion(discriminator(fake.detach()), torch.zeros(8, 1))
        (loss_real + loss_fake).backward()
        of_d.step()
        of_g.zero_grad()
        loss = criterion(discriminator(fake), torch.ones(8, 1))
        loss.backward()
        of_g.step()
        yield (loss_real + loss_fake).item()
        yield loss.item()


def vae(random: np.random.RandomState) -> Iterator[float]:
    class VAE(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.mu, self.logvar = nn.Linear(16, 10), nn.Linear(10, 3), nn.Linear(10, 3)
            self.fc3, self.fc4 = nn.Linear(3, 10), nn.Linear(10, 16)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            h = F.relu(self.fc1(x.view(-1, 16)))
            mu, logvar = self.mu(h), self.logvar(h)
            z = mu + normal(random, *mu.shape) * torch.exp(0.5 * logvar)
            return torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar

    model = start(VAE(), random)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    data = torch.sigmoid(normal(random, 12, 1, 4, 4))
    for _ in range(8):
        recon, mu, logvar = model(data)
        bce = F.binary_cross_entropy(recon, data.view(-1, 16), reduction="sum")
        kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        optimizer.zero_grad()
        (bce + kld).backward()
        optimizer.step()
        yield bce.item()
        yield kld.item()


def char_rnn(random: np.random.RandomState) -> Iterator[float]:
    class CharRNN(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(7, 5)
            self.lstm = nn.LSTM(5, 8, num_layers=2, batch_first=True)
            self.head = nn.Linear(8, 7)

        def forward(self, x: Tensor, state: tuple[Tensor, Tensor] | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
            output, state = self.lstm(self.embed(x), state)
            return self.head(output), state

    net = start(CharRNN(), random)
    optimizer = optim.RMSprop(net.parameters(), lr=0.01)
    text = torch.from_numpy(random.randint(0, 7, (3, 41)))
    state = None
    for i in range(0, 40, 5):
        x, y = text[:, i : i + 5], text[:, i + 1 : i + 6]
        logits, state = net(x, state)
        state = tuple(s.detach() for s in state)
        loss = F.cross_entropy(logits.reshape(-1, 7), y.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        yield nn.utils.clip_grad_norm_(net.parameters(), max_norm=0.5).item()
        optimizer.step()
        yield loss.item()


def seq2seq(random: np.random.RandomState) -> Iterator[float]:
    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(9, 6, padding_idx=0)
            self.gru = nn.GRU(6, 8, batch_first=True)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return self.gru(self.embedding(x))

    class Decoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(9, 6)
            self.gru = nn.GRUCell(6 + 8, 8)
            self.out = nn.Linear(8 + 8, 9)

        def forward(self, token: Tensor, hidden: Tensor, memory: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
            scores = torch.bmm(memory, hidden.unsqueeze(2)).squeeze(2).masked_fill(mask, float("-inf"))
            weights = F.softmax(scores, dim=1)
            context = torch.bmm(weights.unsqueeze(1), memory).squeeze(1)
            hidden = self.gru(torch.cat([self.embedding(token), context], dim=1), hidden)
            return F.log_softmax(self.out(torch.cat([hidden, context], dim=1)), dim=1), hidden

    encoder, decoder = start(Encoder(), random), start(Decoder(), random)
    optimizer = optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.01)
    criterion = nn.NLLLoss(ignore_index=0)
    source = torch.from_numpy(random.randint(1, 9, (4, 5)))
    source[0, 3:] = 0
    target = torch.from_numpy(random.randint(1, 9, (4, 4)))
    target[1, 2:] = 0
    for _ in range(8):
        memory, hidden = encoder(source)
        hidden = hidden.squeeze(0)
        token, loss = torch.ones(4, dtype=torch.long), 0
        for t in range(target.size(1)):
            output, hidden = decoder(token, hidden, memory, source == 0)
            loss = loss + criterion(output, target[:, t])
            token = target[:, t]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()


def dqn(random: np.random.RandomState) -> Iterator[float]:
    def network() -> nn.Module:
        return nn.Sequential(nn.Linear(4, 10), nn.ReLU(), nn.Linear(10, 10), nn.ReLU(), nn.Linear(10, 2))

    policy, target = start(network(), random), network()
    target.load_state_dict(policy.state_dict())
    optimizer = optim.AdamW(policy.parameters(), lr=1e-2, amsgrad=True)
    for _ in range(8):
        state, following = normal(random, 16, 4), normal(random, 16, 4)
        action = torch.from_numpy(random.randint(0, 2, (16, 1)))
        reward, done = normal(random, 16), torch.from_numpy(random.rand(16) < 0.2)
        values = policy(state).gather(1, action)
        with torch.no_grad():
            best = target(following).max(1).values
            best[done] = 0.0
        expected = reward + 0.99 * best
        loss = nn.SmoothL1Loss()(values, expected.unsqueeze(1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(policy.parameters(), 0.1)
        optimizer.step()
        with torch.no_grad():
            for p, q in zip(target.parameters(), policy.parameters(), strict=True):
                p.mul_(0.9).add_(q, alpha=0.1)
        yield loss.item()


def gcn(random: np.random.RandomState) -> Iterator[float]:
    class GraphConvolution(nn.Module):
        def __init__(self, features: int, out: int) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.empty(features, out))
            self.bias = nn.Parameter(torch.zeros(out))

        def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
            return torch.mm(adjacency, torch.mm(x, self.weight)) + self.bias

    class GCN(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gc1, self.gc2 = GraphConvolution(5, 8), GraphConvolution(8, 3)

        def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
            return F.log_softmax(self.gc2(F.relu(self.gc1(x, adjacency)), adjacency), dim=1)

    model = start(GCN(), random)
    optimizer = optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
    edges = torch.from_numpy(random.rand(12, 12) < 0.2).float()
    adjacency = ((edges + edges.t()) > 0).float() + torch.eye(12)
    degree = adjacency.sum(dim=1)
    adjacency = adjacency / torch.sqrt(degree.unsqueeze(0) * degree.unsqueeze(1))
    x, labels = normal(random, 12, 5), torch.from_numpy(random.randint(0, 3, 12))
    train = torch.arange(12) < 8
    for _ in range(8):
        optimizer.zero_grad()
        output = model(x, adjacency)
        loss = F.nll_loss(output[train], labels[train])
        loss.backward()
        optimizer.step()
        yield loss.item()


def vit(random: np.random.RandomState) -> Iterator[float]:
    class ViT(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patches = nn.Conv2d(3, 8, kernel_size=4, stride=4)
            self.token = nn.Parameter(torch.zeros(1, 1, 8))
            self.position = nn.Parameter(torch.zeros(1, 5, 8))
            layer = nn.TransformerEncoderLayer(
                8, 2, 16, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
            self.norm, self.head = nn.LayerNorm(8), nn.Linear(8, 4)

        def forward(self, x: Tensor) -> Tensor:
            x = self.patches(x).flatten(2).transpose(1, 2)
            x = torch.cat([self.token.expand(x.size(0), -1, -1), x], dim=1) + self.position
            return self.head(self.norm(self.encoder(x)[:, 0]))

    net = start(ViT(), random)
    optimizer = optim.AdamW(net.parameters(), lr=1e-2, weight_decay=0.05)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=8)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    images, labels = normal(random, 6, 3, 8, 8), torch.from_numpy(random.randint(0, 4, 6))
    for _ in range(8):
        loss = criterion(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        yield loss.item()


PROGRAMS: list[Callable[[np.random.RandomState], Iterator[float]]] = [
    classifier, gan, vae, char_rnn, seq2seq, dqn, gcn, vit,
]  # fmt: skip

if __name__ == "__main__":
    curves = {program.__name__: list(program(np.random.RandomState(i))) for i, program in enumerate(PROGRAMS)}
    (Path(__file__).parent / "ports.json").write_text(json.dumps(curves, indent=0) + "\n")
