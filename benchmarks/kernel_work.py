"""What the array engine's kernel does: arithmetic operations and bytes, counted while it runs.

Arrays of a subclass note every NumPy call that they take part in: an operation for each element of
the result (of the operand, in a reduction), and the bytes of every operand read and result written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np


@dataclass
class Work:
    """Element operations, and bytes read and written."""

    operations: int = 0
    bytes: int = 0


class Counted(np.ndarray[Any, Any]):
    """An array whose use is counted in ``work``."""

    work = Work()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        if out is not None:
            options["out"] = tuple(_plain(each) for each in out)
        result = getattr(ufunc, method)(*map(_plain, inputs), **options)
        _note([*inputs, result], operations=max(np.size(each) for each in (*inputs, result)))
        return out[0] if out is not None else np.asarray(result).view(Counted)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        result = function(*map(_plain, arguments), **{key: _plain(value) for key, value in options.items()})
        _note((*arguments, result), operations=np.size(result) if function is np.where else 0)
        return result.view(Counted) if isinstance(result, np.ndarray) else result

    def __setitem__(self, place: Any, value: Any) -> None:
        super().__setitem__(place, value)
        _note([value, value], operations=0)


@contextmanager
def counting() -> Iterator[Work]:
    """Arrays that are made inside are counted."""
    Counted.work = Work()
    with ExitStack() as stack:
        for name in ("ones", "zeros", "empty", "full", "ones_like", "zeros_like"):
            stack.enter_context(patch.object(np, name, _counted(getattr(np, name))))
        yield Counted.work


def _counted(make: Callable[..., Any]) -> Callable[..., Any]:
    def made(*arguments: Any, **options: Any) -> Any:
        array = make(*map(_plain, arguments), **options).view(Counted)
        _note([array], operations=0)
        return array

    return made


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return value.view(np.ndarray) if isinstance(value, Counted) else value


def _note(moved: Iterable[Any], operations: int) -> None:
    Counted.work.operations += operations
    Counted.work.bytes += sum(map(_bytes, moved))


def _bytes(value: Any) -> int:
    if isinstance(value, list | tuple):
        return sum(map(_bytes, value))
    return value.nbytes if isinstance(value, np.ndarray) else 0
