"""Datasets, the order in which they are read, and their batches.

    sampler      the order of the samples
    distributed  the part of them that each of several processes reads
    collate      from samples to a batch
    dataset      datasets and what is made of them: subsets, splits, one after another
    loader       batches, prepared ahead in threads if asked for
    transforms   plain functions of images and labels
    idx          IDX files
    tables       CSV files
    folder       folders of images
    images       handwritten digits: the set that comes with the package, and MNIST

Each imports only what stands before it.
"""

from ..names import explained

try:
    from .collate import default_collate, default_convert
    from .dataset import (
        ChainDataset,
        ConcatDataset,
        Dataset,
        IterableDataset,
        StackDataset,
        Subset,
        TensorDataset,
        TransformDataset,
        random_split,
    )
    from .distributed import DistributedSampler
    from .folder import ImageFolder
    from .idx import read_idx
    from .images import digits, mnist
    from .loader import DataLoader, get_worker_info
    from .sampler import (
        BatchSampler,
        RandomSampler,
        Sampler,
        SeededSampler,
        SequentialSampler,
        SubsetRandomSampler,
        WeightedRandomSampler,
    )
    from .tables import read_csv
    from .transforms import compose, normalize, one_hot, random_crop, random_flip
except ImportError as error:
    raise explained(error) from error

__all__ = [
    "BatchSampler", "ChainDataset", "ConcatDataset", "DataLoader", "Dataset", "DistributedSampler", "ImageFolder",
    "IterableDataset", "RandomSampler", "Sampler", "SeededSampler", "SequentialSampler", "StackDataset", "Subset",
    "SubsetRandomSampler", "TensorDataset", "TransformDataset", "WeightedRandomSampler", "compose", "default_collate",
    "default_convert", "digits", "get_worker_info", "mnist", "normalize", "one_hot", "random_crop", "random_flip",
    "random_split", "read_csv", "read_idx",
]  # fmt: skip
