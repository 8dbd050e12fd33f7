"""A component of an architecture document, before its class is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from flat_plugin.errors import FlatError

MAX_WHOLE = 2**63
MOST_OF_A_PART = 2**31  # bits, rows and banks of any part of a chip
MAX_TYPED = 2**32  # what Timeloop keeps most numbers in
_LONG = ("instances", "meshX", "meshY", "network_fill_latency", "network_drain_latency")

# Names that Timeloop reads with hyphens too (include/compound-config/hyphens-to-underscores.hpp); it passes
# over all others that have hyphens.
HYPHENATED = frozenset(
    ("adder_energy", "addr_gen_energy", "block_size", "cluster_area", "cluster_size", "energy_per_hop")
    + ("metadata_word_bits", "min_utilization", "multiple_buffering", "network_type", "network_word_bits")
    + ("num_banks", "num_ports", "read_write", "router_energy", "vector_access_energy", "wire_energy")
    + ("word_bits",)
)
_RANGE = re.compile(r"^(?P<name>[^\[\]]+)\[(?P<first>\d{1,30})\.\.(?P<last>\d{1,30})\]$")


@dataclass(frozen=True)
class Component:
    """A component with its place in the tree.

    ``instances`` is the number the tree gives it; ``mesh`` its (x, y) layout where the document
    says it through fan-outs, and ``arrays`` the names of the nodes that fan out to it. ``inherited``
    are attributes of the containers around it: they count for energy estimation, not for Timeloop.
    ``typed``: numbers must be written as Timeloop reads them, ``4096`` and not ``4096.0``.
    """

    name: str
    kind: str
    path: str
    instances: int = 1
    mesh: tuple[int, int] | None = None
    own: Mapping[str, object] = field(default_factory=dict)
    inherited: Mapping[str, object] = field(default_factory=dict)
    arrays: tuple[str, ...] = ()
    typed: bool = False

    @property
    def attributes(self) -> dict[str, object]:
        return {**self.inherited, **self.own}

    def error(self, message: str, key: str, value: object, expected: str) -> FlatError:
        return FlatError(
            f"{self.name}: {message}",
            path=f"{self.path}.attributes.{key}",
            value=value,
            expected=expected,
        )

    def first(self, *keys: str) -> str | None:
        """The first of several spellings of one attribute that is given."""
        return next((key for key in keys if self.own.get(key) is not None), None)

    def number(self, *keys: str) -> float | None:
        """A positive number, or None if none of the spellings is given."""
        key = self.first(*keys)
        if key is None:
            return None
        value = as_number(self.own[key])
        if value is None or not value > 0:
            raise self.error(f"bad {key}", key, self.own[key], "a number above 0")
        return value

    def integer(self, *keys: str, least: int = 1) -> int | None:
        """A whole number of at least ``least``, or None if none of the spellings is given."""
        key = self.first(*keys)
        if key is None:
            return None
        value = as_number(self.own[key])
        most, power = (MAX_TYPED, 32) if self.typed and key not in _LONG else (MAX_WHOLE, 63)
        whole = value is not None and least <= value < most and value == int(value)
        if value is None or not whole or (self.typed and not isinstance(value, int)):
            written = ", without a decimal point" if self.typed else ""
            expected = f"a whole number of at least {least}, below 2^{power}{written}"
            raise self.error(f"bad {key}", key, self.own[key], expected)
        return int(value)


def positive(attributes: Mapping[str, object], *keys: str) -> float | int | None:
    """The first of these attributes that is given, a number above 0; None if none is.

    Raises:
        FlatError: it is no such number, or larger than any part of a chip.
    """
    for key in keys:
        if attributes.get(key) is not None:
            number = as_number(attributes[key])
            if number is None or not 0 < number <= MOST_OF_A_PART:
                wanted = f"a number above 0, at most {MOST_OF_A_PART}"
                raise FlatError(f"bad {key}", value=attributes[key], expected=wanted)
            return number
    return None


def as_number(value: object) -> float | int | None:
    """A number, also when a file spells it as a string such as ``"1e-9"``; else None."""
    if isinstance(value, bool) or (isinstance(value, int) and value.bit_length() > 256):
        return None
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        for kind in (int, float):
            try:
                number = kind(value)
                return number if abs(number) < 2**256 else float(value)
            except ValueError:
                continue
    return None


def parse_name(text: object, path: str) -> tuple[str, int]:
    """``PE[1..4]`` or ``PE[0..3]`` is (``PE``, 4); a plain name is one instance."""
    if not isinstance(text, str) or not text.strip():
        raise FlatError("a component needs a name", path=path, value=text, expected="a string")
    if "[" not in text and "]" not in text:
        return text.strip(), 1
    match = _RANGE.match(text.strip())
    count = int(match["last"]) - int(match["first"]) + 1 if match else 0
    if match is None or not 1 <= count < MAX_WHOLE:
        raise FlatError("bad name", path=path, value=text, expected="a name or name[1..n]")
    return match["name"], count


def normalised(attributes: object, path: str) -> dict[str, object]:
    """Attributes with Timeloop's spelling of hyphens; they must be a mapping with string keys."""
    if attributes is None:
        return {}
    if not isinstance(attributes, Mapping):
        raise FlatError("attributes must be a mapping", path=path, value=attributes)
    result: dict[str, object] = {}
    for key, value in attributes.items():
        name = key
        if isinstance(key, str) and key.replace("-", "_") in HYPHENATED:
            name = key.replace("-", "_")
        if not isinstance(name, str):
            raise FlatError("attribute names must be strings", path=path, value=key)
        if name in result:
            raise FlatError(f"{name} is given twice", path=path, value=key)
        result[name] = value
    return result
