"""Datasets, the order in which they are read, and their batches.

dataset.py     datasets and what is made of them: subsets, splits, one after another
sampler.py     the order of the samples
collate.py     from samples to a batch
loader.py      batches, prepared ahead in threads if asked for
transforms.py  plain functions of images and labels
files.py       IDX, CSV and folders of images
images.py      handwritten digits: the set that comes with the package, and MNIST
"""

from .collate import default_collate
from .dataset import ConcatDataset, Dataset, Subset, TensorDataset, TransformDataset, random_split
from .files import ImageFolder, read_csv, read_idx
from .images import digits, mnist
from .loader import DataLoader
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SeededSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from .transforms import compose, normalize, one_hot, random_crop, random_flip

__all__ = [
    "BatchSampler", "ConcatDataset", "DataLoader", "Dataset", "ImageFolder", "RandomSampler", "Sampler",
    "SeededSampler", "SequentialSampler", "Subset", "SubsetRandomSampler", "TensorDataset", "TransformDataset",
    "WeightedRandomSampler", "compose", "default_collate", "digits", "mnist", "normalize", "one_hot", "random_crop",
    "random_flip", "random_split", "read_csv", "read_idx",
]  # fmt: skip
