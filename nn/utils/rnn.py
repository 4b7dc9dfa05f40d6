"""Sequences of different lengths: padded to one length, or packed step by step without the padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.ops import alike

from ..shared import integers, one_of, plain


class PackedSequence(NamedTuple):
    """Sequences without padding, the longest first: all first steps, then all second ones, and so on.

    data              (sum of the lengths, ...)
    batch_sizes       (longest,): how many sequences have each step; an array of integers
    sorted_indices    (N,): the sequences, the longest first; None if they came so
    unsorted_indices  the permutation that undoes this
    """

    data: Any
    batch_sizes: Any
    sorted_indices: Any = None
    unsorted_indices: Any = None


def _inverse(order: Any) -> Any:
    back = np.empty_like(order)
    back[order] = np.arange(order.size)
    return back


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack (T, N, ...), or (N, T, ...) with batch_first, of which the first lengths[n] steps of each sequence count.

    enforce_sorted  the lengths must fall (the order is then kept); otherwise the sequences are sorted

    Raises ValueError for lengths below 1, above T, not N many, or not sorted where they must be.
    """
    lengths = integers(lengths, "pack_padded_sequence: lengths")
    if batch_first:
        input = input.swapaxes(0, 1)
    steps, n = input.shape[:2]
    if lengths.shape != (n,):
        raise ValueError(f"pack_padded_sequence: expected {n} lengths, got shape {lengths.shape}")
    if not n or lengths.min() < 1 or lengths.max() > steps:
        raise ValueError(f"pack_padded_sequence: expected lengths from 1 to {steps}, got {lengths.tolist()}")
    order = None
    if not enforce_sorted:
        order = np.argsort(-lengths, kind="stable")
        lengths = lengths[order]
    elif (lengths[1:] > lengths[:-1]).any():
        raise ValueError(
            "pack_padded_sequence: expected lengths that fall; pass enforce_sorted=False to have them sorted"
        )
    step, place = np.nonzero(np.arange(lengths[0])[:, None] < lengths)
    batch_sizes = np.bincount(step)
    data = input[step, place if order is None else order[place]]
    return PackedSequence(data, batch_sizes, order, None if order is None else _inverse(order))


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Any, Any]:
    """The sequences in their first order, padded to the longest (or to total_length), and their lengths."""
    sizes = sequence.batch_sizes
    longest, n = len(sizes), int(sizes[0])
    steps = longest if total_length is None else total_length
    if steps < longest:
        raise ValueError(f"pad_packed_sequence: expected total_length of at least {longest}, got {total_length}")
    there = np.arange(n) < np.append(sizes, np.zeros(steps - longest, sizes.dtype))[:, None]
    rows = np.zeros(there.shape, np.intp)
    rows[there] = np.arange(there.sum())
    lengths = there.sum(0)
    if sequence.unsorted_indices is not None:
        back = sequence.unsorted_indices
        rows, there, lengths = rows[:, back], there[:, back], lengths[back]
    if batch_first:
        rows, there = rows.T, there.T
    padded = sequence.data[rows]
    if there.all():
        return padded, lengths
    there = alike(there.reshape(*there.shape, *[1] * (padded.ndim - 2)), padded)
    return np.where(there, padded, padding_value), lengths


def pad_sequence(
    sequences: Sequence[Any], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:
    """Sequences (length, ...) joined into one (longest, N, ...), or (N, longest, ...) with batch_first.

    >>> pad_sequence([np.array([1.0, 2.0]), np.array([3.0])], batch_first=True)
    array([[1., 2.],
           [3., 0.]])
    """
    one_of(padding_side, ("left", "right"), "pad_sequence", "padding_side")
    sequences = list(sequences)
    if any(np.ndim(plain(sequence)) == 0 for sequence in sequences):
        raise ValueError(
            "pad_sequence: expected a list of sequences (length, ...), got numbers in it; put them in a list"
        )
    if not sequences:
        raise ValueError("pad_sequence: expected at least one sequence")
    longest = max(sequence.shape[0] for sequence in sequences)

    def padded(sequence: Any) -> Any:
        missing = longest - sequence.shape[0]
        if not missing:
            return sequence
        filler = np.full_like(plain(sequence), padding_value, shape=(missing, *sequence.shape[1:]))
        return np.concatenate([filler, sequence] if padding_side == "left" else [sequence, filler])

    return np.stack([padded(sequence) for sequence in sequences], 0 if batch_first else 1)


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences (length, ...) as a PackedSequence."""
    lengths = [sequence.shape[0] for sequence in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """What pad_sequence joined, as a list again."""
    if not batch_first:
        padded_sequences = padded_sequences.swapaxes(0, 1)
    lengths = integers(lengths, "unpad_sequence: lengths")
    return [padded_sequences[i, :length] for i, length in enumerate(lengths.tolist())]


def unpack_sequence(packed_sequences: PackedSequence) -> list[Any]:
    """What pack_sequence packed, as a list again."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
