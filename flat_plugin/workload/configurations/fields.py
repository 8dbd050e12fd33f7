"""The fields of one configuration, read one by one: what is read is remembered, so that nothing is missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.workload.size_checks import LARGEST


@dataclass
class Fields:
    """The settings of a model, or of one part of it.

    A field that the file leaves out has the value that the model's class gives it. A field that is ``null``
    is not absent: it stands for what the class derives where nothing is said.

    What is read is remembered (``read``), what the class filled in (``filled``), what goes by another name
    (``renamed``), what the file says in vain (``idle``), what is to be said of it (``remarks``), and the
    parts that are read beside it (``inner``).

    Args:
        file: where they come from.
        values: as the file holds them.
        defaults: what the model's class sets where the file says nothing.
        aliases: other names of fields that the class takes: ``hidden_size`` for GPT-2's ``n_embd``.
        prefix: where they stand in the file, such as ``text_config.``.
    """

    file: Path
    values: Mapping[str, Any]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    read: set[str] = field(default_factory=set)
    filled: dict[str, Any] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    idle: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    inner: list[Fields] = field(default_factory=list)

    def nested(self, name: str, defaults: Mapping[str, Any], aliases: Mapping[str, str]) -> Fields:
        """The settings of another part of the model that a field holds, which are read beside these.

        Args:
            defaults, aliases: of the part's class.

        Raises:
            FlatError: the field holds something else.
        """
        value = self.any(name)
        if value is not None and not isinstance(value, dict):
            raise self.error(name, "wrong type", expected="the settings of the part")
        part = Fields(self.file, value or {}, defaults, aliases, f"{self.prefix}{name}.")
        self.inner.append(part)
        return part

    def every(self) -> Iterator[Fields]:
        """These, and those of the parts that are read beside them."""
        yield self
        for part in self.inner:
            yield from part.every()

    def has(self, name: str) -> bool:
        """Whether the file, or else the class, gives the field a value; reading none of it."""
        return self._value(name) is not None

    def given(self, name: str) -> bool:
        """Whether the file has the field, be it ``null``."""
        return any(spelling in self.values for spelling in self._spellings(name))

    def known(self, name: str) -> bool:
        """Whether the class, or the file, has the field."""
        return self.given(name) or any(spelling in self.defaults for spelling in self._spellings(name))

    def any(self, name: str) -> Any:
        """The value, whatever it is; None where there is none."""
        spellings = [spelling for spelling in self._spellings(name) if spelling in self.values]
        self.read.update(spellings)
        if self._value(name) is None or not spellings:
            self.filled[name] = self._value(name)
        self.renamed |= {spelling: name for spelling in spellings if spelling in self.aliases}
        if len({repr(self.values[spelling]) for spelling in spellings}) > 1:
            path, value = self.prefix + spellings[1], self.values[spellings[1]]
            message = f"differs from {spellings[0]}, which is the same field"
            raise FlatError(message, file=self.file, path=path, value=value)
        return self._value(name)

    def size(self, name: str) -> int:
        """A field that must have a value, a positive whole number."""
        value = self.any(name)
        if value is None:
            raise self.error(name, "missing field", expected="1 or more")
        return self._checked(name, value)

    def size_or(self, name: str, default: int) -> int:
        """The same, with what ``null`` or nothing stands for."""
        value = self.any(name)
        return default if value is None else self._checked(name, value)

    def size_or_none(self, name: str) -> int | None:
        """The same, with nothing for ``null`` or nothing."""
        return None if self.any(name) is None else self.size(name)

    def count(self, name: str) -> int:
        """A number that may be zero; absent and ``null`` are zero."""
        value = self.any(name)
        if value is None or (value == 0 and value is not False and isinstance(value, int)):
            return 0
        return self._checked(name, value)

    def number(self, name: str) -> float:
        """A positive number, whole or not."""
        value = self.any(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LARGEST:
            raise self.error(name, "not a positive number", expected="above 0")
        return value

    def flag(self, name: str) -> bool:
        """Absent and ``null`` are false."""
        value = self.any(name)
        if value is not None and not isinstance(value, bool):
            raise self.error(name, "wrong type", expected="true or false")
        return bool(value)

    def text(self, name: str) -> str:
        """Absent and ``null`` are the empty text."""
        value = self.any(name)
        if value is not None and not isinstance(value, str):
            raise self.error(name, "wrong type", expected="a text")
        return value or ""

    def list(self, name: str) -> Sequence[Any] | None:
        """None where absent or ``null``."""
        value = self.any(name)
        if value is not None and not isinstance(value, list):
            raise self.error(name, "wrong type", expected="a list")
        return value

    def pair(self, name: str) -> tuple[int, int]:
        """Height and width, which a single size gives both."""
        value = self.any(name)
        if isinstance(value, list) and len(value) == 2:
            return self._checked(name, value[0]), self._checked(name, value[1])
        size = self.size(name)
        return size, size

    def moot(self, *names: str) -> None:
        """Fields that have no effect beside what the others say; those that the file has are named."""
        for name in names:
            self.any(name)
            if self.given(name):
                self.idle.append(self.spelled(name))

    def remark(self, name: str, text: str) -> None:
        """A sentence on what a field was taken for."""
        self.remarks.append(f"{self.spelled(name)}: {text}")

    def only(self, name: str, allowed: Sequence[object], message: str) -> None:
        """Refuse any other value than these.

        Raises:
            FlatError: another value; ``message`` says what is not modelled.
        """
        value = self.any(name)
        if not any(value is one or (value == one and type(value) is type(one)) for one in allowed):
            shown = " or ".join("null" if one is None else str(one) for one in allowed)
            raise self.error(name, message, expected=shown)

    def spelled(self, name: str) -> str:
        """The field's name with its place, as the file spells it."""
        found = next((spelling for spelling in self._spellings(name) if spelling in self.values), None)
        return self.prefix + (found or self.aliases.get(name, name))

    def error(self, name: str, message: str, expected: str | None = None) -> FlatError:
        value = self._value(name)
        return FlatError(message, file=self.file, path=self.spelled(name), value=value, expected=expected)

    def names(self, name: str) -> str:
        """All names of a field, its own first."""
        return "/".join(dict.fromkeys(self.prefix + spelling for spelling in self._spellings(name)))

    def unread(self) -> tuple[str, ...]:
        """Fields of the file that nothing has read."""
        return tuple(name for name in self.values if name not in self.read)

    def _value(self, name: str) -> Any:
        for spelling in self._spellings(name):
            if spelling in self.values:
                return self.values[spelling]
        for spelling in self._spellings(name):  # a class may declare a field by its other name
            if spelling in self.defaults:
                return self.defaults[spelling]
        return None

    def _spellings(self, name: str) -> tuple[str, ...]:
        own = self.aliases.get(name, name)
        return (own, *(alias for alias, meant in self.aliases.items() if meant == own and alias != own))

    def _checked(self, name: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(name, f"not a whole number but a {type(value).__name__}", "1 or more")
        if value < 1:
            raise self.error(name, "a size must be positive", "1 or more")
        if value > LARGEST:
            raise self.error(name, "a size that is too large", f"at most {LARGEST:,}")
        return value
