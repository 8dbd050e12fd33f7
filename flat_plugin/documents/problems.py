"""Reading a document field by field, and all that is wrong with it in one report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from flat_plugin.errors import FlatError, raise_all
from flat_plugin.schema import Errors, reader

T = TypeVar("T")
# Key of a file -> what it is, the command that reads it, and what tells its content apart.
_KINDS = {
    "sweep": ("a sweep", "flat run", {"models", "architectures"}),
    "exploration": ("a design space", "flat explore", {"axes", "workloads"}),
}


class Problems:
    """Collects errors instead of raising them, each with its place in the document."""

    def __init__(self, root: str, file: Path | None = None) -> None:
        self._root, self._file = root, file
        self._errors: list[FlatError] = []

    def raise_any(self) -> None:
        """Raise what was found: the one error, or all of them as SeveralErrors."""
        once = {str(error): error for error in self._errors}.values()
        raise_all([error.located(self._file) if self._file else error for error in once])

    def fail(
        self, path: str, message: str, value: object = None, expected: str | Collection[str] | None = None
    ) -> None:
        self._errors.append(FlatError(message, path=self._place(path), value=value, expected=expected))

    def under(self, key: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """The content of ``key: {…}``, or the document itself where it has no such key.

        Raises:
            FlatError: it is no mapping, something stands beside the key, or it is a file of another kind.
        """
        self._check_kind(key, document)
        content = document.get(key, document)
        for other in document if key in document else ():
            if other != key:
                self.fail("", "unknown key beside it", other, f"{key} alone")
        if not isinstance(content, Mapping):
            self.fail("", f"not keys and values of a {key}", content, "keys and values")
        self.raise_any()
        return content

    def _check_kind(self, key: str, document: Mapping[str, Any]) -> None:
        for other, (what, command, keys) in _KINDS.items():
            if other != key and key not in document and (other in document or keys <= document.keys()):
                own = _KINDS[key][0]
                error = FlatError(f"this is {what}", expected=f"{own}; {command} is the command for {what}")
                raise error.located(self._file) if self._file else error

    def of_form(self, form: Any, content: Mapping[str, Any]) -> dict[str, Any]:
        """What of the content is of the form, by its keys; the errors of the rest are kept."""
        errors: Errors = []
        reader(form)(content, ((), self._root), errors)
        self._errors += errors
        unknown = [error.value for error in errors if error.path == self._root]
        wrong = tuple(f"{error.path}." for error in errors)

        def is_wrong(key: str) -> bool:
            place = self._place(key)
            return key in unknown or any(path.startswith((f"{place}.", f"{place}[")) for path in wrong)

        return {key: value for key, value in content.items() if not is_wrong(key)}

    def attempt(self, path: str, read: Callable[[Any], T], value: Any, *, inner: bool = False) -> list[T]:
        """[what ``read`` makes of a value], or nothing, and the error is kept.

        Args:
            inner: the error's own path leads on from ``path``; else it is left out.
        """
        try:
            return [read(value)]
        except FlatError as error:
            self._errors.append(_moved(error, self._place(path), inner))
            return []

    def each(
        self, key: str, content: Mapping[str, Any], read: Callable[[Any], T], default: Sequence[Any] = ()
    ) -> tuple[T, ...]:
        """What ``read`` makes of every entry of a list; a single value is a list of one."""
        value = content.get(key, default)
        entries = value if isinstance(value, list | tuple) else [value]
        if key in content and not entries:
            self.fail(key, "an empty list", expected="at least one entry")
        found = [self.attempt(f"{key}[{index}]", read, entry) for index, entry in enumerate(entries)]
        return tuple(entry for entries in found for entry in entries)

    def one_of(self, key: str, content: Mapping[str, Any], allowed: Sequence[str], default: str) -> str:
        """The choice; the default where it is none, so that the rest is read too."""
        value = content.get(key, default)
        if value not in allowed:
            self.fail(key, "unknown choice", value, allowed)
            return default
        return str(value)

    def distinct(self, key: str, names: Sequence[str]) -> None:
        """Entries are told apart by their names."""
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            self.fail(key, "two entries of one name", name, "a name of its own for each")

    def _place(self, path: str) -> str:
        return f"{self._root}.{path}" if path else self._root


def _moved(error: FlatError, path: str, inner: bool) -> FlatError:
    """An error from elsewhere, at its place in this document."""
    if error.file is not None:  # it is in another file, and says where
        return FlatError(str(error), path=path)
    place = f"{path}.{error.path}" if inner and error.path else path
    return FlatError(error.message, path=place, value=error.value, expected=error.expected)
