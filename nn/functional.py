"""The functions behind the modules, as torch.nn.functional has them: each is defined beside its module."""

# ruff: noqa: I001 (a table of contents, to be read as lines and not as a column)

from typing import TYPE_CHECKING

from .names import Names

if TYPE_CHECKING:
    from .activation import (
        celu, celu_, elu, elu_, gelu, glu, gumbel_softmax, hardshrink, hardsigmoid, hardswish, hardtanh, hardtanh_,
        leaky_relu, leaky_relu_, log_softmax, logsigmoid, mish, prelu, relu, relu6, relu_, rrelu, rrelu_, selu, selu_,
        sigmoid, silu, softmax, softmin, softplus, softshrink, softsign, tanh, tanhshrink, threshold, threshold_,
    )  # fmt: skip
    from .attention import multi_head_attention_forward, scaled_dot_product_attention
    from .conv import (
        conv1d, conv2d, conv3d, conv_tbc, conv_transpose1d, conv_transpose2d, conv_transpose3d, fold, unfold,
    )  # fmt: skip
    from .cross_entropy import cross_entropy, linear_cross_entropy, nll_loss
    from .ctc import ctc_loss
    from .distance import cosine_similarity, pairwise_distance, pdist
    from .dropout import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d, feature_alpha_dropout
    from .embedding import embedding, embedding_bag, one_hot
    from .grid import affine_grid, grid_sample
    from .linear import bilinear, linear
    from .loss import (
        binary_cross_entropy, binary_cross_entropy_with_logits, gaussian_nll_loss, huber_loss, kl_div, l1_loss,
        mse_loss, poisson_nll_loss, smooth_l1_loss,
    )  # fmt: skip
    from .margin import (
        cosine_embedding_loss, hinge_embedding_loss, margin_ranking_loss, multi_margin_loss, multilabel_margin_loss,
        multilabel_soft_margin_loss, soft_margin_loss, triplet_margin_loss, triplet_margin_with_distance_loss,
    )  # fmt: skip
    from .normalization import (
        batch_norm, group_norm, instance_norm, layer_norm, local_response_norm, normalize, rms_norm,
    )  # fmt: skip
    from .padding import pad
    from .pooling import (
        adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d, adaptive_max_pool1d, adaptive_max_pool2d,
        adaptive_max_pool3d, avg_pool1d, avg_pool2d, avg_pool3d, fractional_max_pool2d, fractional_max_pool3d,
        lp_pool1d, lp_pool2d, lp_pool3d, max_pool1d, max_pool2d, max_pool3d, max_unpool1d, max_unpool2d, max_unpool3d,
    )  # fmt: skip
    from .upsample import (
        channel_shuffle, interpolate, pixel_shuffle, pixel_unshuffle, upsample, upsample_bilinear, upsample_nearest,
    )  # fmt: skip

__all__: list[str] = []
_names = Names(globals())
__all__ += [
    "celu", "celu_", "elu", "elu_", "gelu", "glu", "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish",
    "hardtanh", "hardtanh_", "leaky_relu", "leaky_relu_", "log_softmax", "logsigmoid", "mish", "prelu", "relu", "relu6",
    "relu_", "rrelu", "rrelu_", "selu", "selu_", "sigmoid", "silu", "softmax", "softmin", "softplus", "softshrink",
    "softsign", "tanh", "tanhshrink", "threshold", "threshold_",
]  # fmt: skip
_names.are_in("activation")
__all__ += ["multi_head_attention_forward", "scaled_dot_product_attention"]
_names.are_in("attention")
__all__ += [
    "conv1d", "conv2d", "conv3d", "conv_tbc", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "fold",
    "unfold",
]  # fmt: skip
_names.are_in("conv")
__all__ += ["cross_entropy", "linear_cross_entropy", "nll_loss"]
_names.are_in("cross_entropy")
__all__ += ["ctc_loss"]
_names.are_in("ctc")
__all__ += ["cosine_similarity", "pairwise_distance", "pdist"]
_names.are_in("distance")
__all__ += ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"]
_names.are_in("dropout")
__all__ += ["embedding", "embedding_bag", "one_hot"]
_names.are_in("embedding")
__all__ += ["affine_grid", "grid_sample"]
_names.are_in("grid")
__all__ += ["bilinear", "linear"]
_names.are_in("linear")
__all__ += [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "gaussian_nll_loss", "huber_loss", "kl_div", "l1_loss",
    "mse_loss", "poisson_nll_loss", "smooth_l1_loss",
]  # fmt: skip
_names.are_in("loss")
__all__ += [
    "cosine_embedding_loss", "hinge_embedding_loss", "margin_ranking_loss", "multi_margin_loss",
    "multilabel_margin_loss", "multilabel_soft_margin_loss", "soft_margin_loss", "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]  # fmt: skip
_names.are_in("margin")
__all__ += ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "normalize", "rms_norm"]
_names.are_in("normalization")
__all__ += ["pad"]
_names.are_in("padding")
__all__ += [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "adaptive_max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "fractional_max_pool2d", "fractional_max_pool3d",
    "lp_pool1d", "lp_pool2d", "lp_pool3d", "max_pool1d", "max_pool2d", "max_pool3d", "max_unpool1d", "max_unpool2d",
    "max_unpool3d",
]  # fmt: skip
_names.are_in("pooling")
__all__ += [
    "channel_shuffle", "interpolate", "pixel_shuffle", "pixel_unshuffle", "upsample", "upsample_bilinear",
    "upsample_nearest",
]  # fmt: skip
_names.are_in("upsample")
