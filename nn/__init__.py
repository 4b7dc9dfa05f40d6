"""Neural networks: modules written with differentiable primitives only, with PyTorch's names and numerics.

From the bottom up, each importing only what stands before it, and of the packages only autograd:

    habits, names, parameter, shared, spatial, calling, hooks
                                               what to write for other libraries' names, names that are loaded late,
                                               kinds of tensors, arguments, hooks
    state, module, layer, containers           what a module is, a module that is a function, modules of modules
    parallel                                   many processes, each with its part of every batch
    init, pooling                              first values; functions of windows
    utils                                      what is done with modules and their parameters
    activation, distance, dropout, embedding, linear, loss, normalization, padding, pools, upsample
    adaptive, attention, boltzmann, conv, cross_entropy, ctc, grid, recurrent
    lazy, margin, overview, transformer
    functional, data, distributions            the functions together; what networks learn from; random variables
    sklearn                                    modules as estimators of scikit-learn, for which optim is below
    demo                                       the program `python -m nn`, for which it is below too

optim stands beside all this but for the last two.
"""

# ruff: noqa: I001 (a table of contents, to be read as lines and not as a column)

from typing import TYPE_CHECKING

from .names import Names

if TYPE_CHECKING:
    from . import data, distributions, functional, init, parallel, utils
    from .activation import (
        CELU, ELU, GELU, GLU, SELU, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, LeakyReLU, LogSigmoid, LogSoftmax,
        Mish, PReLU, RReLU, ReLU, ReLU6, SiLU, Sigmoid, Softmax, Softmax2d, Softmin, Softplus, Softshrink, Softsign,
        Tanh, Tanhshrink, Threshold,
    )  # fmt: skip
    from .adaptive import AdaptiveLogSoftmaxWithLoss
    from .attention import MultiheadAttention
    from .boltzmann import RBM, DeepBeliefNetwork
    from .containers import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
    from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, Fold, Unfold
    from .cross_entropy import CrossEntropyLoss, LinearCrossEntropyLoss, LinearCrossEntropyOptions, NLLLoss
    from .ctc import CTCLoss
    from .distance import CosineSimilarity, PairwiseDistance
    from .dropout import AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout
    from .embedding import Embedding, EmbeddingBag
    from .lazy import (
        LazyBatchNorm1d, LazyBatchNorm2d, LazyBatchNorm3d, LazyConv1d, LazyConv2d, LazyConv3d,
        LazyConvTranspose1d, LazyConvTranspose2d, LazyConvTranspose3d,
        LazyInstanceNorm1d, LazyInstanceNorm2d, LazyInstanceNorm3d, LazyLinear,
    )  # fmt: skip
    from .linear import Bilinear, Flatten, Identity, Linear, Unflatten
    from .loss import (
        BCELoss, BCEWithLogitsLoss, GaussianNLLLoss, HuberLoss, KLDivLoss, L1Loss, MSELoss, PoissonNLLLoss,
        SmoothL1Loss,
    )  # fmt: skip
    from .margin import (
        CosineEmbeddingLoss, HingeEmbeddingLoss, MarginRankingLoss, MultiLabelMarginLoss, MultiLabelSoftMarginLoss,
        MultiMarginLoss, SoftMarginLoss, TripletMarginLoss, TripletMarginWithDistanceLoss,
    )  # fmt: skip
    from .module import Module
    from .normalization import (
        BatchNorm1d, BatchNorm2d, BatchNorm3d, GroupNorm, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, LayerNorm,
        LocalResponseNorm, RMSNorm, SyncBatchNorm,
    )  # fmt: skip
    from .padding import (
        CircularPad1d, CircularPad2d, CircularPad3d, ConstantPad1d, ConstantPad2d, ConstantPad3d, ReflectionPad1d,
        ReflectionPad2d, ReflectionPad3d, ReplicationPad1d, ReplicationPad2d, ReplicationPad3d, ZeroPad1d, ZeroPad2d,
        ZeroPad3d,
    )  # fmt: skip
    from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter
    from .pools import (
        AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, AdaptiveMaxPool1d, AdaptiveMaxPool2d,
        AdaptiveMaxPool3d, AvgPool1d, AvgPool2d, AvgPool3d, FractionalMaxPool2d, FractionalMaxPool3d, LPPool1d,
        LPPool2d, LPPool3d, MaxPool1d, MaxPool2d, MaxPool3d, MaxUnpool1d, MaxUnpool2d, MaxUnpool3d,
    )  # fmt: skip
    from .recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNBase, RNNCell, RNNCellBase
    from .overview import summary
    from .transformer import (
        Transformer, TransformerDecoder, TransformerDecoderLayer, TransformerEncoder, TransformerEncoderLayer,
    )  # fmt: skip
    from .upsample import (
        ChannelShuffle, PixelShuffle, PixelUnshuffle, Upsample, UpsamplingBilinear2d, UpsamplingNearest2d,
    )  # fmt: skip

__all__ = ["data", "distributions", "functional", "init", "parallel", "utils"]
_names = Names(globals())
_names.are_modules()
__all__ += [
    "CELU", "ELU", "GELU", "GLU", "SELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU",
    "LogSigmoid", "LogSoftmax", "Mish", "PReLU", "RReLU", "ReLU", "ReLU6", "SiLU", "Sigmoid", "Softmax", "Softmax2d",
    "Softmin", "Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink", "Threshold",
]  # fmt: skip
_names.are_in("activation")
__all__ += ["AdaptiveLogSoftmaxWithLoss"]
_names.are_in("adaptive")
__all__ += ["MultiheadAttention"]
_names.are_in("attention")
__all__ += ["RBM", "DeepBeliefNetwork"]
_names.are_in("boltzmann")
__all__ += ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]
_names.are_in("containers")
__all__ += ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "Fold", "Unfold"]
_names.are_in("conv")
__all__ += ["CrossEntropyLoss", "LinearCrossEntropyLoss", "LinearCrossEntropyOptions", "NLLLoss"]
_names.are_in("cross_entropy")
__all__ += ["CTCLoss"]
_names.are_in("ctc")
__all__ += ["CosineSimilarity", "PairwiseDistance"]
_names.are_in("distance")
__all__ += ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]
_names.are_in("dropout")
__all__ += ["Embedding", "EmbeddingBag"]
_names.are_in("embedding")
__all__ += [
    "LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d", "LazyConv1d", "LazyConv2d", "LazyConv3d",
    "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d",
    "LazyInstanceNorm1d", "LazyInstanceNorm2d", "LazyInstanceNorm3d", "LazyLinear",
]  # fmt: skip
_names.are_in("lazy")
__all__ += ["Bilinear", "Flatten", "Identity", "Linear", "Unflatten"]
_names.are_in("linear")
__all__ += [
    "BCELoss", "BCEWithLogitsLoss", "GaussianNLLLoss", "HuberLoss", "KLDivLoss", "L1Loss", "MSELoss", "PoissonNLLLoss",
    "SmoothL1Loss",
]  # fmt: skip
_names.are_in("loss")
__all__ += [
    "CosineEmbeddingLoss", "HingeEmbeddingLoss", "MarginRankingLoss", "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss", "MultiMarginLoss", "SoftMarginLoss", "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]  # fmt: skip
_names.are_in("margin")
__all__ += ["Module"]
_names.are_in("module")
__all__ += [
    "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "GroupNorm", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d",
    "LayerNorm", "LocalResponseNorm", "RMSNorm", "SyncBatchNorm",
]  # fmt: skip
_names.are_in("normalization")
__all__ += [
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d",
    "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d",
    "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
]  # fmt: skip
_names.are_in("padding")
__all__ += ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter"]
_names.are_in("parameter")
__all__ += [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d", "FractionalMaxPool2d", "FractionalMaxPool3d",
    "LPPool1d", "LPPool2d", "LPPool3d", "MaxPool1d", "MaxPool2d", "MaxPool3d", "MaxUnpool1d", "MaxUnpool2d",
    "MaxUnpool3d",
]  # fmt: skip
_names.are_in("pools")
__all__ += ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNBase", "RNNCell", "RNNCellBase"]
_names.are_in("recurrent")
__all__ += ["summary"]
_names.are_in("overview")
__all__ += [
    "Transformer", "TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder", "TransformerEncoderLayer",
]  # fmt: skip
_names.are_in("transformer")
__all__ += [
    "ChannelShuffle", "PixelShuffle", "PixelUnshuffle", "Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d",
]  # fmt: skip
_names.are_in("upsample")
