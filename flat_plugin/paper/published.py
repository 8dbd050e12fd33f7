"""Published tables: what is made of their rows, and how they say lengths."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Annotated, TypeVar

from flat_plugin.documents.table import Line
from flat_plugin.errors import FlatError, raise_all
from flat_plugin.schema import MOST_ERRORS, Above0, Range
from flat_plugin.workload.size_checks import LARGEST

T = TypeVar("T")
U = TypeVar("U")

Size = Annotated[int, Range(1, LARGEST)]
Figure = Above0


def each_placed(lines: Iterable[Line[T]], evaluate: Callable[[Line[T]], U]) -> list[U]:
    """What is made of every row.

    Raises:
        FlatError: a row asks for what cannot be evaluated; the error names its line. SeveralErrors where
            several do.
    """
    found, errors = [], []
    for line in lines:
        try:
            found.append(evaluate(line))
        except FlatError as error:
            where = "" if error.file else f"{error.path}: " if error.path else ""
            own = error if error.file else line.error(where + error.message, error.value, error.expected)
            errors.append(own)
    raise_all(errors[:MOST_ERRORS])
    return found


def tokens_of(length: str) -> int:
    """``4K`` is 4096, ``1M`` 1048576.

    Raises:
        FlatError: it is no length.
    """
    read = re.fullmatch(r"([1-9][0-9]{0,8})([KM]?)", length)
    if read is None:
        raise FlatError("not a length", path="seq_len", value=length, expected="such as 512, 4K or 1M")
    return int(read[1]) * {"": 1, "K": 2**10, "M": 2**20}[read[2]]
