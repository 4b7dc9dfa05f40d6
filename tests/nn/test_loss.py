"""Losses: everything ignored, stability, wrong targets, and CTC."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Tensor, gradcheck, gradgradcheck
from nn import functional as F


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("shape", [(3, 4), (2, 4, 3), (4,)])
def test_everything_ignored_is_nan_with_zero_gradients(shape: tuple[int, ...], smoothing: float) -> None:
    x = Tensor(np.random.default_rng(0).normal(size=shape), requires_grad=True)
    target = np.full(shape[:1] + shape[2:] if len(shape) > 1 else (), -100)
    for weight in (None, np.arange(4.0)):
        loss = F.cross_entropy(x, target, weight, label_smoothing=smoothing)
        assert math.isnan(loss.item())
        loss.backward()
        np.testing.assert_array_equal(x.grad.data, 0)
        assert F.cross_entropy(x, target, weight, reduction="sum", label_smoothing=smoothing).item() == 0
        np.testing.assert_array_equal(F.cross_entropy(x, target, weight, reduction="none").data, 0)


def test_soft_labels_are_smoothing() -> None:
    x = np.random.default_rng(0).normal(size=(5, 4))
    target = np.array([0, 3, 1, 1, 2])
    weight = np.array([0.5, 1.0, 2.0, 0.1])
    soft = np.eye(4)[target] * 0.8 + 0.2 / 4
    hard = F.cross_entropy(x, target, weight, label_smoothing=0.2, reduction="sum")
    np.testing.assert_allclose(F.cross_entropy(x, soft, weight, reduction="sum"), hard)
    np.testing.assert_allclose(F.cross_entropy(x, np.eye(4)[target], label_smoothing=0.2), F.cross_entropy(x, soft))


def test_ignored_targets_are_as_if_absent() -> None:
    x = np.random.default_rng(0).normal(size=(5, 4))
    target, kept = np.array([0, -1, 1, -1, 2]), [0, 2, 4]
    for smoothing, weight in itertools.product((0.0, 0.2), (None, np.array([0.5, 1.0, 2.0, 0.1]))):
        some = F.cross_entropy(x, target, weight, ignore_index=-1, label_smoothing=smoothing)
        np.testing.assert_allclose(some, F.cross_entropy(x[kept], target[kept], weight, label_smoothing=smoothing))


@pytest.mark.parametrize("scale", [1e3, 1e4])
def test_large_scores_stay_finite(scale: float) -> None:
    x = Tensor(np.array([[scale, -scale], [-scale, scale]], np.float32), requires_grad=True)
    loss = F.cross_entropy(x, np.array([0, 0])) + F.binary_cross_entropy_with_logits(x, np.eye(2, dtype=np.float32))
    loss = loss + F.soft_margin_loss(x, np.ones((2, 2))) + F.multilabel_soft_margin_loss(x, np.eye(2))
    loss.backward()
    assert np.isfinite(loss.item())
    assert np.isfinite(x.grad.data).all()


def test_a_small_loss_keeps_its_digits() -> None:
    x = np.array([[20.0, 5.0]], np.float32)
    np.testing.assert_allclose(F.cross_entropy(x, np.array([0])), np.log1p(np.exp(-15.0)), rtol=0.3)
    np.testing.assert_allclose(
        F.binary_cross_entropy_with_logits(-x, np.zeros_like(x), reduction="none"),
        np.log1p(np.exp(-x.astype(float))), 1e-5,
    )  # fmt: skip


def test_bce_at_the_ends() -> None:
    x = Tensor(np.array([0.0, 1.0, 0.0, 1.0]), requires_grad=True)
    loss = F.binary_cross_entropy(x, np.array([1.0, 0.0, 0.0, 1.0]), reduction="none")
    np.testing.assert_array_equal(loss.data, [100, 100, 0, 0])
    loss.sum().backward()
    assert np.isfinite(x.grad.data).all()


def test_reductions_of_old() -> None:
    x, y = np.ones((2, 2)), np.zeros((2, 2))
    assert F.mse_loss(x, y, size_average=False).item() == 4
    assert F.mse_loss(x, y, reduce=False).shape == (2, 2)
    assert nn.MSELoss(reduce=True).reduction == "mean"
    assert nn.MSELoss(False).reduction == "sum"


def test_weights_are_buffers() -> None:
    loss = nn.CrossEntropyLoss(np.array([1.0, 2.0]))
    assert set(loss.state_dict()) == {"weight"}
    assert set(nn.BCEWithLogitsLoss(pos_weight=np.ones(2)).state_dict()) == {"pos_weight"}


def test_broadcasting_warns() -> None:
    for function in (F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss):
        with pytest.warns(UserWarning, match="broadcast"):
            assert function(np.ones((3, 1)), np.ones(3)).item() == 0


def test_scores_that_are_not_finite_count_only_where_the_target_is_not_ignored() -> None:
    scores = np.array([[1.0, 2.0, 3.0], [np.nan, 0.0, np.inf]])
    for how in ("none", "mean", "sum"):
        losses = F.cross_entropy(scores, np.array([1, -100]), reduction=how, label_smoothing=0.1)
        alone = F.cross_entropy(scores[:1], np.array([1]), label_smoothing=0.1)
        np.testing.assert_allclose(losses, [alone, 0] if how == "none" else alone)


X = np.zeros((2, 3))


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (IndexError, lambda: F.cross_entropy(X, np.array([0, 3]))),
        (IndexError, lambda: F.cross_entropy(X, np.array([0, -1]))),
        (TypeError, lambda: F.cross_entropy(X, np.array([0.0, 1.0]))),
        (ValueError, lambda: F.cross_entropy(X, np.array([0, 1, 2]))),
        (ValueError, lambda: F.cross_entropy(X, np.zeros((2, 3), int))),
        (ValueError, lambda: F.cross_entropy(X, X, ignore_index=1)),
        (ValueError, lambda: F.cross_entropy(X, np.array([0, 1]), np.ones(2))),
        (ValueError, lambda: F.cross_entropy(X, np.array([0, 1]), label_smoothing=1.1)),
        (ValueError, lambda: F.cross_entropy(X, np.array([0, 1]), reduction="average")),
        (ValueError, lambda: F.nll_loss(np.zeros((2, 3, 4)), np.zeros((2, 3), int))),
        (ValueError, lambda: F.binary_cross_entropy(X + 2, X)),
        (ValueError, lambda: F.binary_cross_entropy(X, X[0])),
        (ValueError, lambda: F.binary_cross_entropy_with_logits(X, X[0])),
        (ValueError, lambda: F.gaussian_nll_loss(X, X, -1.0)),
        (ValueError, lambda: F.gaussian_nll_loss(X, X, np.ones(2)[:, None, None])),
        (ValueError, lambda: F.huber_loss(X, X, delta=0.0)),
        (ValueError, lambda: F.smooth_l1_loss(X, X, beta=-1.0)),
        (ValueError, lambda: F.mse_loss(X, X, weight=np.ones(2))),
        (ValueError, lambda: F.cross_entropy(X, np.eye(3, dtype=int)[:2])),
        (TypeError, lambda: nn.CrossEntropyLoss(X, np.array([0, 1]))),
        (TypeError, lambda: nn.MSELoss(X, X)),
        (ValueError, lambda: F.multi_margin_loss(X, np.array([0, 1]), p=3)),
        (IndexError, lambda: F.multi_margin_loss(X, np.array([0, 3]))),
        (IndexError, lambda: F.multilabel_margin_loss(X, np.full((2, 3), 3))),
        (ValueError, lambda: F.multilabel_margin_loss(X, np.zeros(2, int))),
        (ValueError, lambda: F.margin_ranking_loss(X, X, np.ones(2))),
        (ValueError, lambda: F.cosine_embedding_loss(X, X, X)),
        (ValueError, lambda: F.triplet_margin_loss(X, X, X, margin=0.0)),
        (ValueError, lambda: nn.TripletMarginLoss(margin=-1.0)),
        (ValueError, lambda: nn.TripletMarginWithDistanceLoss(margin=0.0)),
        (ValueError, lambda: nn.MultiMarginLoss(p=3)),
        (ValueError, lambda: F.triplet_margin_loss(X, X, X[0])),
        (ValueError, lambda: F.ctc_loss(np.zeros((4, 1, 3)), np.array([[0, 1]]), [4], [2])),
        (ValueError, lambda: F.ctc_loss(np.zeros((4, 1, 3)), np.array([[1, 3]]), [4], [2])),
        (ValueError, lambda: F.ctc_loss(np.zeros((4, 1, 3)), np.array([[1, 2]]), [5], [2])),
        (ValueError, lambda: F.ctc_loss(np.zeros((4, 2, 3)), np.array([1, 2]), [4, 4], [2, 1])),
        (ValueError, lambda: F.ctc_loss(np.zeros((4, 1, 3)), np.array([[1, 2]]), [4], [2], blank=3)),
        (TypeError, lambda: F.ctc_loss(np.zeros((4, 1, 3)), np.array([[1.0, 2.0]]), [4], [2])),
        (TypeError, lambda: F.nll_loss(np.zeros((2, 3), np.float32), np.array([0, 1]), np.ones(3))),
    ],
)
def test_errors(error: type[Exception], call: Any) -> None:
    with pytest.raises(error, match="expected"):
        call()


# ---- CTC -------------------------------------------------------------------------------------------------------------


def paths(logp: Any, target: list[int], blank: int) -> float:
    """The loss as it is defined: over all alignments, one by one."""
    total = 0.0
    for path in itertools.product(range(logp.shape[1]), repeat=len(logp)):
        read = [c for k, c in enumerate(path) if c != blank and (k == 0 or path[k - 1] != c)]
        if read == target:
            total += math.exp(sum(logp[t, c] for t, c in enumerate(path)))
    return -math.log(total) if total else math.inf


@pytest.mark.parametrize("target", [[], [1], [1, 2], [2, 2], [1, 2, 1], [1, 1, 1]])
@pytest.mark.parametrize("blank", [0, 3])
def test_ctc_is_the_sum_over_all_alignments(target: list[int], blank: int) -> None:
    logp = F.log_softmax(np.random.default_rng(len(target)).normal(size=(5, 4)), 1)
    loss = F.ctc_loss(logp, np.array(target, int), np.array(5), np.array(len(target)), blank, "none")
    np.testing.assert_allclose(loss, paths(logp, target, blank))


def test_ctc_batches_and_gradients() -> None:
    x = np.random.default_rng(0).normal(size=(6, 3, 4))
    targets, inputs, lengths = np.array([[1, 2, 2], [3, 0, 0], [1, 1, 0]]), [6, 3, 5], [3, 1, 2]

    def loss(x: Any, how: str = "none") -> Any:
        return F.ctc_loss(F.log_softmax(x, 2), targets, inputs, lengths, reduction=how)

    each = [
        F.ctc_loss(F.log_softmax(x[:t, n], 1), targets[n, :s], [t], [s], reduction="none")
        for n, (t, s) in enumerate(zip(inputs, lengths, strict=True))
    ]
    np.testing.assert_allclose(loss(x), each)
    np.testing.assert_allclose(loss(x, "mean"), np.mean(np.array(each) / lengths))
    flat = np.concatenate([targets[n, :s] for n, s in enumerate(lengths)])
    np.testing.assert_allclose(F.ctc_loss(F.log_softmax(x, 2), flat, inputs, lengths, reduction="none"), each)
    assert gradcheck(loss, x)


def test_ctc_of_a_target_that_does_not_fit() -> None:
    x = Tensor(np.zeros((2, 2, 3)), requires_grad=True)
    targets, inputs, lengths = np.array([[1, 1], [1, 2]]), [2, 2], [2, 2]
    losses = F.ctc_loss(F.log_softmax(x, 2), targets, inputs, lengths, reduction="none")
    assert losses.data[0] == math.inf
    assert np.isfinite(losses.data[1])
    F.ctc_loss(F.log_softmax(x, 2), targets, inputs, lengths, zero_infinity=True).backward()
    np.testing.assert_array_equal(x.grad.data[:, 0], 0)
    assert np.abs(x.grad.data[:, 1]).max() > 0.01


def test_the_gradient_of_ctc_without_an_alignment_is_unknown() -> None:
    """As in PyTorch; and only that of the sequence that has none."""
    x = Tensor(np.log(np.full((4, 3, 3), 1 / 3)), requires_grad=True)
    targets, inputs = np.array([[1, 1], [1, 2], [2, 2]]), [2, 3, 4]
    losses = F.ctc_loss(x, targets, inputs, [2, 2, 2], reduction="none")
    assert losses.data[0] == math.inf
    losses.sum().backward()
    assert np.isnan(x.grad.data[:2, 0]).all()
    assert not x.grad.data[2:, 0].any()
    alone = Tensor(x.data[:, 1:], requires_grad=True)
    F.ctc_loss(alone, targets[1:], inputs[1:], [2, 2], reduction="sum").backward()
    np.testing.assert_array_equal(x.grad.data[:, 1:], alone.grad.data)


@pytest.mark.parametrize("pos_weight", [None, 2.0])
def test_what_is_infinitely_right_costs_nothing(pos_weight: float | None) -> None:
    x = Tensor([np.inf, -np.inf, np.inf, -np.inf, 0.0], requires_grad=True)
    y = np.array([1.0, 0.0, 0.0, 1.0, 1.0])
    weight, w = (None, 1.0) if pos_weight is None else (np.array(pos_weight), pos_weight)
    losses = F.binary_cross_entropy_with_logits(x, y, reduction="none", pos_weight=weight)
    np.testing.assert_allclose(losses.data, [0, 0, np.inf, np.inf, w * np.log(2)])
    losses.sum().backward()
    np.testing.assert_allclose(x.grad.data, [0, 0, 1, -w, -w / 2])


def test_many_labels_that_are_infinitely_right() -> None:
    x = np.array([[np.inf, -np.inf, 0.0]])
    loss = F.multilabel_soft_margin_loss(x, np.array([[1.0, 0.0, 1.0]]), reduction="none")
    np.testing.assert_allclose(loss, np.log(2) / 3)


def test_pos_weight_to_any_order() -> None:
    rng = np.random.default_rng(0)
    x, y, w = rng.normal(size=5), rng.uniform(size=5), rng.uniform(0, 3, size=5)
    loss = lambda x, y, w: F.binary_cross_entropy_with_logits(x, y, pos_weight=w, reduction="none")
    expected = -w * y * np.log(1 / (1 + np.exp(-x))) - (1 - y) * np.log(1 / (1 + np.exp(x)))
    np.testing.assert_allclose(loss(x, y, w), expected)
    assert gradcheck(loss, x, y, w)
    assert gradgradcheck(loss, x, y, w)


def test_ctc_far_from_zero() -> None:
    x = Tensor((np.random.default_rng(0).normal(size=(200, 1, 5)) * 50).astype(np.float32), requires_grad=True)
    loss = F.ctc_loss(F.log_softmax(x, 2), np.arange(40)[None] % 4 + 1, [200], [40])
    loss.backward()
    assert np.isfinite(loss.item())
    assert np.isfinite(x.grad.data).all()


def test_the_gradient_of_ctc_takes_the_input_to_be_normalized() -> None:
    """It is that of the loss of log_softmax(x), for an x that is log_softmax's result already, and 0 beyond."""
    x = np.log(np.full((5, 2, 3), 1 / 3)) + np.array([0.3, -0.1, 0.2])
    x -= np.log(np.exp(x).sum(2, keepdims=True))
    x[4:, 1] = np.nan  # is never looked at
    of = [Tensor(x, requires_grad=True), Tensor(np.nan_to_num(x), requires_grad=True)]
    arguments = np.array([[1, 2], [2, 2]]), [5, 4], [2, 2]
    F.ctc_loss(of[0], *arguments).backward()
    F.ctc_loss(F.log_softmax(of[1], 2), *arguments).backward()
    np.testing.assert_allclose(of[0].grad.data, of[1].grad.data, atol=1e-12)
    assert np.abs(of[0].grad.data[:4]).min() > 0
    assert not of[0].grad.data[4:, 1].any()


def test_kl_div_of_a_target_that_is_no_number() -> None:
    x, y = (Tensor([value], requires_grad=True) for value in (0.5, np.nan))
    F.kl_div(x, y, reduction="sum").backward()
    assert np.isnan(x.grad.data).all()
    assert np.isnan(y.grad.data).all()


def test_modules_are_no_kinds_of_each_other() -> None:
    """What is asked with isinstance is one kind of layer."""
    values = [getattr(nn, name) for name in nn.__all__ if not name.startswith("Lazy")]
    kinds = [value for value in values if isinstance(value, type) and issubclass(value, nn.Module)]
    related = {(a.__name__, b.__name__) for a in kinds for b in kinds if a is not b and issubclass(a, b)}
    bases = {"Module", "RNNBase", "RNNCellBase"}
    assert {pair for pair in related if pair[1] not in bases} == {
        ("ReLU6", "Hardtanh"), ("UpsamplingNearest2d", "Upsample"), ("UpsamplingBilinear2d", "Upsample"),
    }  # fmt: skip


def test_linear_cross_entropy_of_one_sample_has_one_class():
    w = np.ones((2, 4, 3))
    with pytest.raises(ValueError, match=r"expected input \(N, in\)"):
        F.linear_cross_entropy(np.ones(3), w, np.zeros((2, 4), int))
    loss = F.linear_cross_entropy(
        np.ones((1, 3)), w, np.zeros((1, 4), int), options=nn.LinearCrossEntropyOptions(batch_chunk_size=2)
    )
    np.testing.assert_allclose(loss, np.log(2))


@pytest.mark.parametrize("function", [F.huber_loss, F.smooth_l1_loss], ids=lambda f: f.__name__)
def test_an_infinite_error_has_a_finite_gradient(function):
    x = Tensor([np.inf, -np.inf, 3e300, 0.5, np.nan], requires_grad=True)
    loss = function(x, np.zeros(5), reduction="none")
    np.testing.assert_array_equal(loss.data, [np.inf, np.inf, 3e300, 0.125, np.nan])
    loss.backward(np.ones(5))
    np.testing.assert_array_equal(x.grad.data, [1, -1, 1, 0.5, np.nan])


def test_the_cross_entropy_of_large_scores_keeps_its_digits():
    scores, target = np.array([-40.0, 40.0, -2000.0, np.inf]), np.array([0.0, 1.0, 0.0, 0.5])
    x = Tensor(scores, requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(x, target, reduction="none")
    np.testing.assert_allclose(loss.data, [np.exp(-40), np.exp(-40), 0, np.inf], rtol=1e-15)
    loss.backward(np.ones(4))
    np.testing.assert_allclose(x.grad.data, [np.exp(-40), -np.exp(-40), 0, 0.5], rtol=1e-14)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_weights_of_classes_receive_gradients(reduction: str, smoothing: float) -> None:
    scores, weight = np.random.default_rng(0).normal(size=(4, 3)), np.array([0.5, 1.0, 2.0])
    target = np.array([0, 2, 1, 2])

    def loss(scores: Any, weight: Any) -> Any:
        return F.cross_entropy(scores, target, weight, ignore_index=1, reduction=reduction, label_smoothing=smoothing)

    gradcheck(loss, scores, weight)
    gradcheck(lambda s, w: F.nll_loss(s, target, w, reduction=reduction), scores, weight)
