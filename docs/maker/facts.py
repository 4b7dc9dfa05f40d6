"""What stands below the name of every class of nn: its formula, and the shapes that go in and come out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """A formula in LaTeX, and the shapes of what goes in and comes out."""

    formula: str
    takes: str
    gives: str


ANY = "(...)"
AXES = {1: "L", 2: "H, W", 3: "D, H, W"}
LENGTHS = {1: "L_{out}", 2: "H_{out}", 3: "D_{out}"}


def same(formula: str, shape: str = ANY) -> Fact:
    """Of a layer whose result has its input's shape."""
    return Fact(formula, shape, shape)


def images(n: int, channels: str = "C", axes: str = "") -> str:
    """(N, C, L), (N, C, H, W) or (N, C, D, H, W), and the same of other axes."""
    return f"(N, {channels}, {axes or AXES[n]})"


def out(n: int) -> str:
    return ", ".join(f"{axis}_out" for axis in AXES[n].split(", "))


def windowed(formula: str, reach: str, n: int, channels: tuple[str, str] = ("C", "C")) -> Fact:
    """Of a layer of windows, with how many there are."""
    count = rf"\qquad {LENGTHS[n]} = \left\lfloor\frac{{{AXES[n][0]} {reach}}}{{s}}\right\rfloor + 1"
    return Fact(formula + count, images(n, channels[0]), images(n, channels[1], out(n)))


def piecewise(*rows: tuple[str, str]) -> str:
    return r"y = \begin{cases}" + r" \\ ".join(f"{value} & {where}" for value, where in rows) + r"\end{cases}"


def lines(*rows: str) -> str:
    """Equations below each other."""
    return r"\begin{array}{rl}" + r" \\ ".join(rows) + r"\end{array}"


def loss(formula: str, takes: str = "(...), target (...)") -> Fact:
    """Of a loss: one number, or with reduction="none" one for each element, or example."""
    return Fact(formula, takes, '(), or one for each with reduction="none"')


NORMAL = r"y = \gamma\,\frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \varepsilon}} + \beta"
POOLS = {
    "MaxPool": (r"y_o = \max_{k} x_{s o + d k - p}", "+ 2p - d(k - 1) - 1"),
    "AvgPool": (r"y_o = \frac{1}{|k|}\sum_{k} x_{s o + k - p}", "+ 2p - k"),
    "LPPool": (r"y_o = \left(\sum_{k} x_{s o + k}^{\,q}\right)^{1/q}", "- k"),
}
GATES = r"W_{i%s} x + b_{i%s} + W_{h%s} h + b_{h%s}"


def gate(name: str) -> str:
    return GATES % ((name,) * 4)


RNN = r"h' = \tanh(W_{ih} x + b_{ih} + W_{hh} h + b_{hh})"
LSTM = lines(
    rf"i &= \sigma({gate('i')})",
    rf"f &= \sigma({gate('f')})",
    rf"g &= \tanh({gate('g')})",
    rf"o &= \sigma({gate('o')})",
    r"c' &= f \odot c + i \odot g",
    r"h' &= o \odot \tanh(c')",
)
GRU = lines(
    rf"r &= \sigma({gate('r')})",
    rf"z &= \sigma({gate('z')})",
    r"n &= \tanh(W_{in} x + b_{in} + r \odot (W_{hn} h + b_{hn}))",
    r"h' &= (1 - z) \odot n + z \odot h",
)
SEQUENCE = (
    "(T, N, input_size), state (layers · directions, N, hidden_size)",
    "(T, N, directions · hidden_size), the last state",
)
STEP = ("(N, input_size), state (N, hidden_size)", "(N, hidden_size)")
ATTENTION = r"\mathrm{softmax}\left(\frac{Q K^T}{\sqrt{d}}\right) V"
CROSS = r"\ell = -w_y \log \frac{e^{x_y}}{\sum_c e^{x_c}}"
CLASSES = "(N, C, ...), target (N, ...)"
ROWS = "(N, C), target (N,)"

FACTS: dict[str, Fact] = {
    # activations
    "CELU": same(r"y = \max(0, x) + \min(0, \alpha(e^{x / \alpha} - 1))"),
    "ELU": same(piecewise(("x", "x > 0"), (r"\alpha(e^x - 1)", r"x \le 0"))),
    "GELU": same(r"y = x\,\Phi(x)"),
    "SELU": same(r"y = 1.0507 \cdot (\max(0, x) + \min(0, 1.6733\,(e^x - 1)))"),
    "Hardshrink": same(piecewise(("x", r"|x| > \lambda"), ("0", r"|x| \le \lambda"))),
    "Hardsigmoid": same(r"y = \min(\max(x / 6 + 1 / 2, 0), 1)"),
    "Hardswish": same(r"y = x \cdot \min(\max(x / 6 + 1 / 2, 0), 1)"),
    "Hardtanh": same(r"y = \min(\max(x, a), b)"),
    "LeakyReLU": same(r"y = \max(0, x) + a \min(0, x)"),
    "LogSigmoid": same(r"y = \log\frac{1}{1 + e^{-x}}"),
    "Mish": same(r"y = x \tanh(\log(1 + e^x))"),
    "ReLU": same(r"y = \max(0, x)"),
    "ReLU6": same(r"y = \min(\max(0, x), 6)"),
    "SiLU": same(r"y = \frac{x}{1 + e^{-x}}"),
    "Sigmoid": same(r"y = \frac{1}{1 + e^{-x}}"),
    "Softplus": same(r"y = \frac{1}{\beta}\log(1 + e^{\beta x})"),
    "Softshrink": same(
        piecewise((r"x - \lambda", r"x > \lambda"), (r"x + \lambda", r"x < -\lambda"), ("0", r"|x| \le \lambda"))
    ),
    "Softsign": same(r"y = \frac{x}{1 + |x|}"),
    "Tanh": same(r"y = \frac{e^x - e^{-x}}{e^x + e^{-x}}"),
    "Tanhshrink": same(r"y = x - \tanh(x)"),
    "Threshold": same(piecewise(("x", "x > t"), ("v", r"x \le t"))),
    "PReLU": same(r"y = \max(0, x) + a_c \min(0, x)", "(N, C, ...)"),
    "RReLU": same(r"y = \max(0, x) + a \min(0, x) \qquad a \sim U(l, u)"),
    "GLU": Fact(r"y = a \odot \sigma(b) \qquad x = [a, b]", "(..., 2n)", "(..., n)"),
    "Softmax": same(r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}"),
    "Softmax2d": same(r"y_c = \frac{e^{x_c}}{\sum_k e^{x_k}}", "(N, C, H, W)"),
    "Softmin": same(r"y_i = \frac{e^{-x_i}}{\sum_j e^{-x_j}}"),
    "LogSoftmax": same(r"y_i = x_i - \log \sum_j e^{x_j}"),
    # windows
    **{
        f"Conv{n}d": windowed(r"y_o = b_o + \sum_c w_{oc} \star x_c", "+ 2p - d(k - 1) - 1", n, ("C_in", "C_out"))
        for n in AXES
    },
    **{
        f"ConvTranspose{n}d": Fact(
            r"y_o = b_o + \sum_c w_{co} \star^T x_c \qquad "
            rf"{LENGTHS[n]} = s({AXES[n][0]} - 1) - 2p + d(k - 1) + q + 1",
            images(n, "C_in"),
            images(n, "C_out", out(n)),
        )
        for n in AXES
    },
    "Unfold": Fact(r"y_{(c, k), o} = x_{c,\, s o + d k - p}", "(N, C, H, W)", "(N, C · k², windows)"),
    "Fold": Fact(r"y_{c, j} = \sum_{s o + d k - p = j} x_{(c, k), o}", "(N, C · k², windows)", "(N, C, H, W)"),
    **{f"{name}{n}d": windowed(*formula, n=n) for name, formula in POOLS.items() for n in AXES},
    **{
        f"Adaptive{kind}Pool{n}d": Fact(
            rf"y_o = \{sign}_{{\lfloor o L / m \rfloor \,\le\, j \,<\, \lceil (o + 1) L / m \rceil}} x_j",
            images(n),
            images(n, axes=out(n)),
        )
        for kind, sign in (("Max", "max"), ("Avg", "mathrm{mean}"))
        for n in AXES
    },
    **{
        f"FractionalMaxPool{n}d": Fact(
            r"y_o = \max_{k} x_{a_o + k} \qquad a_o = \lfloor\alpha(o + u)\rfloor - \lfloor\alpha u\rfloor "
            r"\quad u \sim U(0, 1)",
            images(n),
            images(n, axes=out(n)),
        )
        for n in (2, 3)
    },
    **{f"MaxUnpool{n}d": Fact(r"y_{i_o} = x_o", f"{images(n, axes=out(n))}, indices alike", images(n)) for n in AXES},
    **{
        f"{kind}Pad{n}d": Fact(formula, images(n), images(n, axes=out(n)))
        for kind, formula in (
            ("Circular", r"y_j = x_{(j - p) \bmod L}"),
            ("Constant", piecewise(("x_{j - p}", r"0 \le j - p < L"), ("v", r"\mathrm{outside}"))),
            ("Reflection", r"y_j = x_{r(j - p)} \qquad r(i) = |i| \quad r(L - 1 + i) = L - 1 - i"),
            ("Replication", r"y_j = x_{\min(\max(j - p, 0), L - 1)}"),
            ("Zero", piecewise(("x_{j - p}", r"0 \le j - p < L"), ("0", r"\mathrm{outside}"))),
        )
        for n in AXES
    },
    "Upsample": Fact(
        r"\mathrm{nearest:}\ y_j = x_{\lfloor j / s \rfloor} \qquad "
        r"\mathrm{linear:}\ y_j = (1 - t)\, x_i + t\, x_{i + 1} "
        r"\quad i + t = \frac{j + 1/2}{s} - \frac{1}{2}",
        "(N, C, *axes)",
        "(N, C, *(s · axes))",
    ),
    "UpsamplingNearest2d": Fact(
        r"y_{ij} = x_{\lfloor i / s \rfloor, \lfloor j / s \rfloor}", "(N, C, H, W)", "(N, C, s·H, s·W)"
    ),
    "UpsamplingBilinear2d": Fact(
        r"y_j = (1 - t)\, x_i + t\, x_{i + 1} \qquad i + t = j\,\frac{L - 1}{s L - 1}",
        "(N, C, H, W)",
        "(N, C, s·H, s·W)",
    ),
    "PixelShuffle": Fact(
        r"y_{c,\, r i + a,\, r j + b} = x_{c r^2 + r a + b,\, i,\, j}", "(..., C·r², H, W)", "(..., C, r·H, r·W)"
    ),
    "PixelUnshuffle": Fact(
        r"y_{c r^2 + r a + b,\, i,\, j} = x_{c,\, r i + a,\, r j + b}", "(..., C, r·H, r·W)", "(..., C·r², H, W)"
    ),
    "ChannelShuffle": same(r"y_{k g + i} = x_{i C / g + k}", "(N, C, ...)"),
    # normalization, dropout
    "BatchNorm1d": Fact(NORMAL + r" \qquad \mathrm{over}\ N, L", "(N, C) or (N, C, L)", "the same"),
    "BatchNorm2d": same(NORMAL + r" \qquad \mathrm{over}\ N, H, W", "(N, C, H, W)"),
    "BatchNorm3d": same(NORMAL + r" \qquad \mathrm{over}\ N, D, H, W", "(N, C, D, H, W)"),
    "SyncBatchNorm": same(NORMAL + r" \qquad \mathrm{over\ all\ ranks}", "(N, C, ...)"),
    **{f"InstanceNorm{n}d": same(NORMAL + r" \qquad \mathrm{over}\ " + AXES[n], images(n)) for n in AXES},
    "GroupNorm": same(NORMAL + r" \qquad \mathrm{over}\ C / G\ \mathrm{channels}", "(N, C, ...)"),
    "LayerNorm": same(NORMAL + r" \qquad \mathrm{over\ the\ last\ axes}", "(..., *normalized_shape)"),
    "RMSNorm": same(r"y = \gamma\,\frac{x}{\sqrt{\mathrm{mean}(x^2) + \varepsilon}}", "(..., *normalized_shape)"),
    "LocalResponseNorm": same(r"y_c = x_c \left(k + \frac{\alpha}{n}\sum_{c'} x_{c'}^2\right)^{-\beta}", "(N, C, ...)"),
    **{
        name: same(r"y = \frac{m x}{1 - p} \qquad P(m = 0) = p", shape)
        for name, shape in (
            ("Dropout", ANY),
            ("Dropout1d", "(N, C, L)"),
            ("Dropout2d", "(N, C, H, W)"),
            ("Dropout3d", "(N, C, D, H, W)"),
        )
    },
    **{
        name: same(r"y = a\,(m x + (1 - m)\,\alpha') + b \qquad \alpha' = -1.7581 \quad P(m = 0) = p", shape)
        for name, shape in (("AlphaDropout", ANY), ("FeatureAlphaDropout", "(N, C, ...)"))
    },
    # linear, embedding, distances
    "Linear": Fact(r"y = x W^T + b", "(..., in_features)", "(..., out_features)"),
    "Bilinear": Fact(r"y_o = x_1^T W_o\, x_2 + b_o", "(..., in1_features), (..., in2_features)", "(..., out_features)"),
    "Identity": same("y = x"),
    "Flatten": Fact(r"y_{n, (i, j, \ldots)} = x_{n, i, j, \ldots}", "(N, a, b, ...)", "(N, a · b · ...)"),
    "Unflatten": Fact(r"y_{n, i, j} = x_{n, (i, j)}", "(N, a · b)", "(N, a, b)"),
    "Embedding": Fact(r"y_i = W_{x_i}", "(...) of integers", "(..., embedding_dim)"),
    "EmbeddingBag": Fact(
        r"y_b = \frac{1}{|b|}\sum_{i \in b} W_{x_i}", "(bags, n) of integers", "(bags, embedding_dim)"
    ),
    "CosineSimilarity": Fact(
        r"\frac{x_1 \cdot x_2}{\max(\|x_1\|, \varepsilon)\, \max(\|x_2\|, \varepsilon)}", "(N, D), (N, D)", "(N,)"
    ),
    "PairwiseDistance": Fact(r"\|x_1 - x_2 + \varepsilon\|_p", "(N, D), (N, D)", "(N,)"),
    # recurrent layers
    "RNN": Fact(RNN, *SEQUENCE),
    "LSTM": Fact(
        LSTM, SEQUENCE[0].replace("state", "states h and c"), "(T, N, directions · hidden_size), the last h and c"
    ),
    "GRU": Fact(GRU, *SEQUENCE),
    "RNNBase": Fact(r"h_t = f(x_t, h_{t-1})", *SEQUENCE),
    "RNNCell": Fact(RNN, *STEP),
    "LSTMCell": Fact(LSTM, "(N, input_size), states h and c (N, hidden_size)", "h' and c' (N, hidden_size)"),
    "GRUCell": Fact(GRU, *STEP),
    "RNNCellBase": Fact(r"h' = f(x, h)", *STEP),
    # attention
    "MultiheadAttention": Fact(
        rf"y = [H_1, H_2, \ldots]\, W^O \qquad H = {ATTENTION} \quad Q = q W^Q \quad K = k W^K \quad V = v W^V",
        "query (L, N, E), key and value (S, N, E)",
        "(L, N, E), weights (N, L, S)",
    ),
    "TransformerEncoderLayer": same(
        r"z = \mathrm{LN}(x + \mathrm{attention}(x, x, x)) \qquad y = \mathrm{LN}(z + W_2\, \mathrm{act}(W_1 z))",
        "(S, N, d_model)",
    ),
    "TransformerDecoderLayer": Fact(
        r"z = \mathrm{LN}(x + \mathrm{attention}(x, x, x)) \quad "
        r"u = \mathrm{LN}(z + \mathrm{attention}(z, m, m)) \quad "
        r"y = \mathrm{LN}(u + W_2\, \mathrm{act}(W_1 u))",
        "(T, N, d_model), memory (S, N, d_model)",
        "(T, N, d_model)",
    ),
    "TransformerEncoder": same(r"y = \mathrm{norm}(\ell_n(\cdots \ell_1(x)))", "(S, N, d_model)"),
    "TransformerDecoder": Fact(
        r"y = \mathrm{norm}(\ell_n(\cdots \ell_1(x, m) \cdots, m))",
        "(T, N, d_model), memory (S, N, d_model)",
        "(T, N, d_model)",
    ),
    "Transformer": Fact(
        r"y = \mathrm{decoder}(t, \mathrm{encoder}(s))", "src (S, N, d_model), tgt (T, N, d_model)", "(T, N, d_model)"
    ),
    # losses
    "L1Loss": loss(r"\ell = |x - y|"),
    "MSELoss": loss(r"\ell = (x - y)^2"),
    "HuberLoss": loss(
        piecewise(
            (r"(x - y)^2 / 2", r"|x - y| \le \delta"), (r"\delta(|x - y| - \delta / 2)", r"\mathrm{else}")
        ).replace("y =", r"\ell =", 1)
    ),
    "SmoothL1Loss": loss(
        piecewise((r"(x - y)^2 / (2 \beta)", r"|x - y| < \beta"), (r"|x - y| - \beta / 2", r"\mathrm{else}")).replace(
            "y =", r"\ell =", 1
        )
    ),
    "BCELoss": loss(r"\ell = -(y \log x + (1 - y) \log(1 - x))"),
    "BCEWithLogitsLoss": loss(r"\ell = -(y \log \sigma(x) + (1 - y) \log(1 - \sigma(x)))"),
    "GaussianNLLLoss": loss(
        r"\ell = \frac{1}{2}\left(\log v + \frac{(x - y)^2}{v}\right)", "(...), target (...), variance (...)"
    ),
    "KLDivLoss": loss(r"\ell = y\,(\log y - x)"),
    "PoissonNLLLoss": loss(r"\ell = e^x - y x"),
    "CrossEntropyLoss": loss(CROSS, CLASSES),
    "NLLLoss": loss(r"\ell = -w_y x_y", CLASSES),
    "LinearCrossEntropyLoss": loss(CROSS + r" \qquad x = W z + b", "(N, in_features), target (N,)"),
    "LinearCrossEntropyOptions": Fact(CROSS, "no input", "nothing: it only holds options"),
    "CTCLoss": loss(
        r"\ell = -\log \sum_{\pi \mapsto y} \prod_t p_t(\pi_t)",
        "log_probs (T, N, C), targets (N, S), lengths (N,) and (N,)",
    ),
    "AdaptiveLogSoftmaxWithLoss": Fact(
        r"\log p(y) = \log p(\mathrm{cluster}) + \log p(y \mid \mathrm{cluster})",
        "(N, in_features), target (N,)",
        "output (N,), loss ()",
    ),
    "CosineEmbeddingLoss": loss(
        piecewise((r"1 - \cos(x_1, x_2)", "t = 1"), (r"\max(0, \cos(x_1, x_2) - m)", "t = -1")).replace(
            "y =", r"\ell =", 1
        ),
        "(N, D), (N, D), target (N,)",
    ),
    "HingeEmbeddingLoss": loss(piecewise(("x", "y = 1"), (r"\max(0, m - x)", "y = -1")).replace("y =", r"\ell =", 1)),
    "MarginRankingLoss": loss(r"\ell = \max(0, m - y\,(x_1 - x_2))", "(N,), (N,), target (N,)"),
    "MultiLabelMarginLoss": loss(
        r"\ell = \frac{1}{C}\sum_{y}\sum_{i \notin y} \max(0, 1 - x_y + x_i)", "(N, C), target (N, C)"
    ),
    "MultiLabelSoftMarginLoss": loss(
        r"\ell = -\frac{1}{C}\sum_c y_c \log \sigma(x_c) + (1 - y_c) \log \sigma(-x_c)", "(N, C), target (N, C)"
    ),
    "MultiMarginLoss": loss(r"\ell = \frac{1}{C}\sum_{i \ne y} \max(0, m - x_y + x_i)^p", ROWS),
    "SoftMarginLoss": loss(r"\ell = \log(1 + e^{-y x})"),
    **{
        name: loss(r"\ell = \max(0, d(a, p) - d(a, n) + m)", "(N, D), (N, D), (N, D)")
        for name in ("TripletMarginLoss", "TripletMarginWithDistanceLoss")
    },
    # Boltzmann machines
    "RBM": Fact(
        r"P(h = 1 \mid v) = \sigma(b + W v) \qquad E(v, h) = -a \cdot v - b \cdot h - h \cdot W v",
        "(..., n_visible)",
        "(..., n_hidden)",
    ),
    "DeepBeliefNetwork": Fact(r"h_k = \sigma(b_k + W_k h_{k-1}) \qquad h_0 = v", "(..., sizes[0])", "(..., sizes[-1])"),
    # modules, containers, tensors
    "Module": Fact(r"y = f_\theta(x)", "what its forward takes", "what its forward gives"),
    "Sequential": Fact(r"y = f_n(\cdots f_2(f_1(x)))", "what its first module takes", "what its last module gives"),
    "ModuleList": Fact(r"[f_1, f_2, \ldots]", "none: it is not called", "a list"),
    "ModuleDict": Fact(r"\{k_1: f_1,\ k_2: f_2, \ldots\}", "none: it is not called", "a dict"),
    "ParameterList": Fact(r"[\theta_1, \theta_2, \ldots]", "none: it is not called", "a list"),
    "ParameterDict": Fact(r"\{k_1: \theta_1,\ k_2: \theta_2, \ldots\}", "none: it is not called", "a dict"),
    "Parameter": Fact(r"\theta \leftarrow \theta - \eta\, \partial \ell / \partial \theta", "data (...)", ANY),
    "Buffer": Fact(r"\partial \ell / \partial b\ \mathrm{is\ not\ taken}", "data (...)", ANY),
    "UninitializedParameter": Fact(r"\theta = \,?", "no data", "its shape is found out"),
    "UninitializedBuffer": Fact(r"b = \,?", "no data", "its shape is found out"),
}


def fact(name: str) -> Fact:
    """That of a class; of one that sees its sizes, that of the class which it becomes."""
    return FACTS[name.removeprefix("Lazy")]
