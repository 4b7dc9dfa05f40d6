"""What works element by element: the axes of the examples stand in front, and the others broadcast behind them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .batched import Batch, Batched, applied, refuse
from .forms import OF_UFUNCS, form, out_by_name


def aligned(batch: Batch, *items: Any) -> list[Any]:
    """Operands that broadcast: those of the batch with as many axes for an example as the result has."""
    n = max([_ndim(item) for item in items])
    return [batch.array(item, n) if batch.holds(item) else item for item in items]


def _ndim(item: Any) -> int:
    return int(item.ndim) if hasattr(item, "ndim") else np.ndim(item)


def _ufunc(ufunc: Any, batch: Batch, *inputs: Any, out: Any = None, where: Any = True, **options: Any) -> Any:
    places = () if out is None else out if type(out) is tuple else (out,)
    targets = [target for target in places if target is not None]
    for target in targets:
        refuse(batch, target)
    *given, where, _ = aligned(batch, *inputs, where, targets[0] if targets else 0)
    if where is not True:
        options["where"] = where
    if not targets:
        return batch.wrap(ufunc(*given, **options))
    made = ufunc(*given, out=tuple([None if target is None else target.array for target in places]), **options)
    found = zip(places, made if type(made) is tuple else (made,), strict=True)
    results = tuple([Batched(batch, new) if target is None else target for target, new in found])
    return results[0] if len(results) == 1 else results


def _outer(ufunc: Any, batch: Batch, a: Any, b: Any, **options: Any) -> Any:
    a, b = batch.array(a), batch.array(b)
    a = a.reshape(a.shape + (1,) * (b.ndim - 1))
    b = b.reshape((b.shape[0], *(1,) * (a.ndim - b.ndim), *b.shape[1:]))
    return batch.wrap(ufunc(a, b, **options))


OF_UFUNCS.update({"": _ufunc, "outer": _outer})


@form(np.where)
def _where(batch: Batch, condition: Any, *choices: Any) -> Any:
    if not choices:
        return NotImplemented
    return Batched(batch, np.where(*aligned(batch, condition, *choices)))


@form(np.clip, np.ndarray.clip)
def _clip(
    batch: Batch, a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, min: Any = None, max: Any = None,
    **options: Any,
) -> Any:  # fmt: skip
    if out is not None or any(map(batch.holds, options.values())):
        return NotImplemented
    given = [a, a_min if min is None else min, a_max if max is None else max]
    found = aligned(batch, *[0 if x is None else x for x in given])
    given = [None if x is None else made for x, made in zip(given, found, strict=True)]
    return Batched(batch, np.clip(*given, **options))


def _each(function: Any) -> None:
    @form(function)
    def alone(batch: Batch, x: Any, *args: Any, **options: Any) -> Any:
        (x, *args), options = out_by_name(function, (x, *args), options)
        if not batch.holds(x) or any(map(batch.holds, (*args, *options.values()))) or options.get("out") is not None:
            return NotImplemented
        return Batched(batch, applied(function, x.array, *args, **options))


for _function in (
    np.nan_to_num, np.real, np.imag, np.angle, np.around, np.round, np.fix, np.sinc, np.i0, np.isposinf, np.isneginf,
    np.isreal, np.iscomplex, np.real_if_close, np.ndarray.round, np.ndarray.astype, np.ndarray.view,
):  # fmt: skip
    _each(_function)


@form(np.isclose)
def _isclose(batch: Batch, a: Any, b: Any, *args: Any, **options: Any) -> Any:
    return Batched(batch, np.isclose(*aligned(batch, a, b), *args, **options))


@form(np.allclose)
def _allclose(batch: Batch, a: Any, b: Any, *args: Any, **options: Any) -> Any:
    return _isclose(batch, a, b, *args, **options).all()


@form(np.copyto)
def _copyto(batch: Batch, dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> Any:
    refuse(batch, dst)
    src = batch.array(src, dst.ndim) if hasattr(src, "shape") else src
    where = batch.array(where, dst.ndim) if hasattr(where, "shape") else where
    np.copyto(dst.array, src, casting, where)  # type: ignore[arg-type]
    return None
