"""CSV files: tables of numbers, with names as the target if there is one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import get_default_dtype

from .dataset import TensorDataset

Path = str | os.PathLike[str]
_Row = tuple[int, list[str]]  # the line it ends in, and its cells


def read_csv(
    path: Path, target: str | int | None = None, delimiter: str = ",", header: bool = True, dtype: Any = None
) -> TensorDataset:
    """The table in a CSV file: features (rows, columns) and, if asked for, one column apart as the target (rows,).

    target  the name or the number of that column; whole numbers become int64, other numbers `dtype`, and names the
            number of their place among the sorted names
    header  whether the first line holds the names of the columns; warns if these look like numbers of a table
    dtype   that of the features, floating or of integers; the default dtype if not given

    A number is what Python reads as one, with a point, and "nan" and "inf" are two. Spaces around cells do not count.

    Raises TypeError for another dtype, ValueError naming file, line, column and cell for a cell that is empty, that is
    no number, that the dtype cannot hold, or that is a name in a target of numbers; for a row of another length, a
    quotation mark that is not closed, and text that is not UTF-8.
    """
    name, dtype = os.fspath(path), get_default_dtype() if dtype is None else np.dtype(dtype)
    if dtype.kind not in "fiu":
        raise TypeError(f"read_csv: expected a floating or integer dtype, got {dtype}")
    rows = _rows(path, name, delimiter)
    if not rows or (header and len(rows) < 2):
        raise ValueError(f"read_csv: expected rows of numbers in {name}, found none")
    columns = [cell.strip() for cell in rows[0][1]] if header else [str(i) for i in range(len(rows[0][1]))]
    if header:
        rows = rows[1:]
        _doubt(columns, name)
    for line, row in rows:
        if len(row) != len(columns):
            raise ValueError(f"read_csv: expected {len(columns)} cells in line {line} of {name}, got {len(row)}")
    apart = None if target is None else _place(target, columns, name)
    table = np.empty((len(rows), len(columns) - (apart is not None)), dtype=dtype)
    for j, i in enumerate(i for i in range(len(columns)) if i != apart):
        table[:, j] = _numbers(rows, i, dtype, columns[i], name)
    if apart is None:
        return TensorDataset(table)
    return TensorDataset(table, _target(rows, apart, dtype, columns[apart], name))


def _doubt(columns: Sequence[str], name: str) -> None:
    """Warn of names that are numbers: with digits after the point, or the same ones more than once."""
    numbers = [column for column in columns if _converted([column], np.dtype(float)) is not None]
    broken = [number for number in numbers if not number.isdecimal()]
    if broken or (len(numbers) == len(columns) and len(set(numbers)) < len(numbers)):
        from warnings import warn

        warn(
            f"read_csv: the first line of {name} holds numbers ({', '.join((broken or numbers)[:3])}), which are taken "
            f"for names of columns; if they are not, pass header=False",
            stacklevel=3,
        )


def _rows(path: Path, name: str, delimiter: str) -> list[_Row]:
    import csv

    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True, strict=True)
        try:
            return [(reader.line_num, row) for row in reader if row]
        except UnicodeDecodeError as error:
            raise ValueError(f"read_csv: expected text in UTF-8 in {name}, but {error}") from None
        except csv.Error as error:
            raise ValueError(f"read_csv: expected a table in {name}, but line {reader.line_num}: {error}") from None


def _place(target: str | int, columns: Sequence[str], name: str) -> int:
    found = [i for i, column in enumerate(columns) if target in ((column,) if isinstance(target, str) else (i,))]
    if len(found) != 1:
        raise ValueError(
            f"read_csv: expected the target among the columns {list(columns)} of {name}, got {target!r}"
            f"{f', which {len(found)} of them are' if found else ''}"
        )
    return found[0]


def _numbers(rows: Sequence[_Row], i: int, dtype: np.dtype[Any], column: str, name: str) -> Any:
    """A column of numbers. Raises ValueError for a cell that is none, or that the dtype cannot hold."""
    made = _converted([row[i] for _, row in rows], dtype)
    if made is None:
        line, cell = next((line, row[i]) for line, row in rows if _converted([row[i]], dtype) is None)
        kind = "number" if dtype.kind == "f" else "whole number"
        raise _wrong(f"a {kind} that {dtype} can hold", line, cell, column, name)
    return made


def _wrong(expected: str, line: int, cell: str, column: str, name: str) -> ValueError:
    got = repr(cell.strip()[:60]) if cell.strip() else "an empty cell"
    return ValueError(f"read_csv: expected {expected} in line {line} of {name}, column {column!r}, got {got}")


def _converted(cells: Sequence[str], dtype: np.dtype[Any]) -> Any:
    """Cells as numbers, or None where one is no number, or none that the dtype can hold."""
    try:
        if any("_" in cell for cell in cells):  # Python reads 1_000
            return None
        if dtype.kind != "f":
            return np.array([int(cell) for cell in cells], dtype)
        with np.errstate(over="ignore"):
            made = np.array([float(cell) for cell in cells]).astype(dtype)
    except (ValueError, OverflowError):
        return None
    return made if all("inf" in cells[k].lower() for k in np.flatnonzero(np.isinf(made)).tolist()) else None


def _target(rows: Sequence[_Row], i: int, dtype: np.dtype[Any], column: str, name: str) -> Any:
    """A column of numbers, or of names by their places among the sorted names."""
    cells = [row[i].strip() for _, row in rows]
    if "" in cells:
        raise _wrong("a number or a name", rows[cells.index("")][0], "", column, name)
    numbers = np.array([_converted([cell], np.dtype(float)) is not None for cell in cells])
    if numbers.all():
        whole = all(cell.lstrip("+-").isdecimal() for cell in cells)
        return _numbers(rows, i, np.dtype(np.int64) if whole else dtype, column, name)
    if numbers.any():
        names = numbers.sum() < len(cells) / 2
        k = int((numbers == names).argmax())
        expected = "a name, as in other lines," if names else "a number, as in other lines,"
        raise _wrong(expected, rows[k][0], cells[k], column, name)
    return np.unique(cells, return_inverse=True)[1].astype(np.int64)
