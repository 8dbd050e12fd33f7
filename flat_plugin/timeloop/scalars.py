"""Values as YAML text that Timeloop, Accelergy and Python read alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import isfinite
from numbers import Integral

import yaml

from flat_plugin.errors import FlatError
from flat_plugin.workload.einsum import Rank

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INSTANCES = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\[1\.\.[0-9]+\]")
_RESERVED = {"true", "false", "yes", "no", "on", "off", "null", "nan", "inf"}


def name(text: object) -> str:
    """A name: plain where every reader takes it for a string, else double-quoted."""
    text = str(text)
    plain = _PLAIN.fullmatch(text) and text.lower() not in _RESERVED
    return text if plain else quoted(text)


def full_name(text: object) -> str:
    """As :func:`name`, outside of lists, where ``PE[1..4]`` is plain too."""
    return str(text) if _INSTANCES.fullmatch(str(text)) else name(text)


def quoted(text: str) -> str:
    """A double-quoted YAML string, on one line."""
    dumped = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf"))
    return str(dumped).strip()


def value(item: object) -> str:
    """An attribute's value. Strings are double-quoted: Accelergy would compute plain ones."""
    if isinstance(item, bool):
        return str(item)
    if isinstance(item, Integral):
        return str(int(item))
    if isinstance(item, float):
        return _float(item)
    if isinstance(item, str):
        return quoted(item)
    if isinstance(item, Mapping):
        return "{" + ", ".join(f"{name(k)}: {value(v)}" for k, v in item.items()) + "}"
    if isinstance(item, (list, tuple)):
        return "[" + ", ".join(value(entry) for entry in item) + "]"
    raise FlatError(
        "a value that cannot be written to a Timeloop file",
        value=item,
        expected="a number, a string, a list or a mapping",
    )


def _float(number: float) -> str:
    if not isfinite(number):
        raise FlatError("a value that cannot be written to a Timeloop file", value=number)
    text = repr(float(number))
    mantissa, exponent, power = text.partition("e")
    return mantissa + ".0" + exponent + power if exponent and "." not in mantissa else text


def flow(items: Iterable[object]) -> str:
    """``[A, B]``"""
    return "[" + ", ".join(name(item) for item in items) + "]"


def projection(ranks: Iterable[str | Rank]) -> str:
    """``[[[M]], [[K]]]``, and ``[[[P, x2], [R]]]`` for a rank that is 2 P + R."""
    return "[" + ", ".join(_rank(((rank, 1),) if isinstance(rank, str) else rank) for rank in ranks) + "]"


def _rank(rank: Rank) -> str:
    return "[" + ", ".join(flow([d] if c == 1 else [d, coefficient(c)]) for d, c in rank) + "]"


def coefficient(number: int) -> str:
    """The name of a coefficient: ``x2``, and ``minus2`` for -2."""
    return f"minus{-number}" if number < 0 else f"x{number}"


def factors(pairs: Iterable[tuple[str, object]], separator: str = " ") -> str:
    """``M=8 N=1``"""
    return separator.join(f"{dimension}={factor}" for dimension, factor in pairs)


def comment(text: object) -> str:
    """Text that stays within its comment line."""
    kept = "".join(letter if letter.isprintable() else " " for letter in str(text))
    return kept.rstrip()
