"""Forms of values, declared once: types and classes whose annotations say what is allowed where.

    class Memory(TypedDict):
        name: str
        capacity_words: Whole | None

:func:`check` holds a value against a form. Whatever is wrong is reported together, each error with its
path, as ``estimate.operators.logit.cycles``. A TypedDict stays the mapping that it was, and may hold more
than its form names unless it is ``CLOSED``. What JSON cannot tell apart is told apart here: a truth value is
no number, no number is infinite, and a text is one that can be written.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)
from typing import is_typeddict as is_typed_dict

from flat_plugin.errors import FlatError, raise_all
from flat_plugin.form_markers import CLOSED, SINGLE, SOME, Among
from flat_plugin.value_kinds import Infinite, test_of

T = TypeVar("T")
Errors = list[FlatError]
Place = tuple[Any, ...]  # (the place it is in, its name or number): put into words only for an error
Reader = Callable[[Any, Place, Errors], Any]  # gives the value as the form has it

_KIND = "not of the right kind"
MOST_ERRORS = 20  # that are reported of one document
MOST_COUNT = 2**63 - 1  # of anything that is counted
LEAST_AMOUNT, MOST_AMOUNT = 1e-24, 1e30  # of anything that is measured, in the units of this package


@dataclass(frozen=True)
class Range:
    """What a number may be, both ends included; ``or_zero`` adds 0 to it."""

    least: float
    most: float
    or_zero: bool = False

    def holds(self, value: float) -> bool:
        return self.least <= value <= self.most or (self.or_zero and value == 0)

    def __str__(self) -> str:
        zero = "0, or " if self.or_zero else ""
        return f"{zero}{_figure(self.least)} to {_figure(self.most)}"


@dataclass(frozen=True)
class Check:
    """A condition beyond the type: ``wrong`` gives (path below, message) of each thing that is not right."""

    wrong: Callable[[Any], Iterable[tuple[str, str]]]


Whole = Annotated[int, Range(0, MOST_COUNT)]
Positive = Annotated[int, Range(1, MOST_COUNT)]
Count = Annotated[float, Range(0, float(MOST_COUNT))]  # whole in most cases, a mean in others
Amount = Annotated[float, Range(LEAST_AMOUNT, MOST_AMOUNT, or_zero=True)]
Above0 = Annotated[float, Range(LEAST_AMOUNT, MOST_AMOUNT)]


def check(form: type[T], value: object, path: str = "", *, closed: bool = False) -> T:
    """The value as its form has it.

    Args:
        form: a TypedDict, a dataclass, or any type of those that an annotation may name.
        path: where the value stands in its document.
        closed: refuse keys of a TypedDict that it does not name.

    Raises:
        FlatError: it is not of the form; SeveralErrors where several things are wrong.
    """
    errors: Errors = []
    whole: Any = Annotated[form, CLOSED] if closed else form
    found: T = reader(whole)(value, ((), path), errors)
    raise_first(errors, path)
    return found


def raise_first(errors: Errors, path: str = "") -> None:
    """Raise what was found, if anything was; of very many errors the first.

    Raises:
        FlatError: the one error; SeveralErrors where there are several.
    """
    left = len(errors) - MOST_ERRORS
    raise_all([*errors[:MOST_ERRORS], *([FlatError(f"and {left:,} more errors", path=path)] * (left > 0))])


@cache
def reader(form: Any) -> Reader:
    """What reads values of a form. Each form is looked through once.

    A dataclass is a value: its fields are of their annotations' forms, and a number in it may be infinite. It
    may say more with a method ``contradictions``, which is as in :class:`Check`.
    """
    origin, arguments = get_origin(form), get_args(form)
    if origin is Annotated and CLOSED in arguments:
        return _typed_dict(arguments[0], closed=True)
    if origin is Annotated and SINGLE in arguments:
        return _alone(_conditions(reader(arguments[0]), arguments[1:]))
    if origin is Annotated:
        return _conditions(reader(arguments[0]), arguments[1:])
    if origin in (Union, types.UnionType):
        return _one_of(arguments)
    if origin is Literal:
        return _plain(
            lambda value: value in arguments and type(value) in map(type, arguments), describe(form)
        )
    if is_typed_dict(form):
        return _typed_dict(form)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(arguments)
    if origin is tuple and arguments[-1] is not Ellipsis:
        return _row(arguments)
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return _entries(origin, arguments)
    if isinstance(form, type) and is_dataclass(form):
        return _dataclass(form)
    return _plain(test_of(origin or form), describe(form))


def _plain(test: Callable[[Any], bool], expected: str) -> Reader:
    def read(value: Any, place: Place, errors: Errors) -> Any:
        if not test(value):
            errors.append(wrong(value, place, expected))
        return value

    return read


def wrong(value: object, place: Place, expected: str) -> FlatError:
    """The error of a value that is not of its form."""
    shown = "nothing" if value is None else value
    return FlatError(_KIND, path=path_of(place), value=shown, expected=expected)


def path_of(place: Place) -> str:
    """``inputs.stage[0]``"""
    above, name = place
    path = path_of(above) if above else ""
    if isinstance(name, int):
        return f"{path}[{name}]"
    dot = "." if path and name and not name.startswith("[") else ""
    return f"{path}{dot}{name}"


def _conditions(base: Reader, conditions: Sequence[Any]) -> Reader:
    def read(value: Any, place: Place, errors: Errors) -> Any:
        before = len(errors)
        found = base(value, place, errors)
        if len(errors) > before:
            return found
        for condition in conditions:
            if isinstance(condition, Range):
                if not condition.holds(found):
                    errors.append(out_of(condition, value, place))
            elif condition == SOME and not found:
                errors.append(FlatError("empty", path=path_of(place), expected="at least one entry"))
            elif isinstance(condition, Among) and found not in condition.names:
                said = FlatError("unknown choice", path=path_of(place), value=value, expected=condition.names)
                errors.append(said)
            elif isinstance(condition, Check):
                wrongs = condition.wrong(found)
                errors += [FlatError(said, path=path_of((place, below))) for below, said in wrongs]
        return found

    return read


def out_of(limits: Range, value: object, place: Place) -> FlatError:
    return FlatError("out of range", path=path_of(place), value=value, expected=str(limits))


def _one_of(forms: Sequence[Any]) -> Reader:
    """The first that fits; else what is wrong inside the one that it is nearest to."""
    readers = [reader(form) for form in forms]
    expected = " or ".join(dict.fromkeys(describe(form) for form in forms))

    def read(value: Any, place: Place, errors: Errors) -> Any:
        inside: list[Errors] = []
        for each in readers:
            own: Errors = []
            found = each(value, place, own)
            if not own:
                return found
            if not any(error.message == _KIND and error.path == path_of(place) for error in own):
                inside.append(own)
        nearest: Errors = min(inside, key=_distance) if inside else [wrong(value, place, expected)]
        errors += nearest
        return value

    return read


def _distance(errors: Errors) -> tuple[int, int]:
    """How far a value is from a form: values of another kind are further off than all else."""
    return sum(error.message == _KIND for error in errors), len(errors)


def _alone(entries: Reader) -> Reader:
    """A list, or one entry of it."""

    def read(value: Any, place: Place, errors: Errors) -> Any:
        return entries(value if isinstance(value, list | tuple) else [value], place, errors)

    return read


def _typed_dict(form: Any, *, closed: bool = False) -> Reader:
    parts: list[tuple[str, Reader, bool]] = []

    def read(value: Any, place: Place, errors: Errors) -> Any:
        if not parts:  # now, and not before: a form may name itself
            parts.extend((name, reader(kind), required) for name, kind, required in keys_of(form))
        if not isinstance(value, Mapping):
            errors.append(wrong(value, place, "keys and values"))
            return value
        for name, each, required in parts:
            if name in value:
                each(value[name], (place, name), errors)
            elif required:
                errors.append(FlatError("missing", path=path_of((place, name))))
        known = [name for name, _, _ in parts]
        for key in [key for key in value if key not in known] if closed else ():
            errors.append(FlatError("unknown key", path=path_of(place), value=key, expected=known))
        return value

    return read


def keys_of(form: Any) -> Iterator[tuple[str, Any, bool]]:
    """Each key of a TypedDict, the form of its value, and whether it must be there."""
    for name, hint in get_type_hints(form, include_extras=True).items():
        said = get_origin(hint)
        kind = get_args(hint)[0] if said in (NotRequired, Required) else hint
        yield name, kind, said is Required or (said is not NotRequired and name in form.__required_keys__)


def _dataclass(form: Any) -> Reader:
    parts: dict[type, list[tuple[str, Reader]]] = {}  # by class: a value may be of one that is derived

    def read(value: Any, place: Place, errors: Errors) -> Any:
        if not isinstance(value, form):
            errors.append(wrong(value, place, describe(form)))
            return value
        kind = type(value)
        if kind not in parts:
            parts[kind] = list(_fields(kind))
        before = len(errors)
        for name, each in parts[kind]:
            each(getattr(value, name), (place, name), errors)
        if len(errors) == before and (also := getattr(value, "contradictions", None)) is not None:
            errors += [FlatError(said, path=path_of((place, below))) for below, said in also()]
        return value

    return read


def _fields(kind: Any) -> Iterator[tuple[str, Reader]]:
    """Each field and what reads it; none where an annotation is only there for type checkers."""
    try:
        hints = get_type_hints(kind, include_extras=True)
    except NameError:
        return
    for each in fields(kind):
        hint = hints[each.name]
        if get_origin(hint) is Annotated and get_args(hint)[0] is float:
            hint = Annotated[(Infinite, *get_args(hint)[1:])]
        yield each.name, reader(Infinite if hint is float else hint)


def _mapping(arguments: Sequence[Any]) -> Reader:
    keys, values = map(reader, arguments)

    def read(value: Any, place: Place, errors: Errors) -> Any:
        if not isinstance(value, Mapping):
            errors.append(wrong(value, place, "keys and values"))
            return value
        for key, entry in value.items():
            within = (place, str(key))
            keys(key, within, errors)
            values(entry, within, errors)
        return value

    return read


def _entries(kind: type, arguments: Sequence[Any]) -> Reader:
    """A list or another collection, entry by entry; what can be gone through only once becomes a tuple."""
    inner = reader(arguments[0])
    test = isinstance if kind is not list else (lambda value, _: isinstance(value, list | tuple))
    expected = f"a list, each {describe(arguments[0])}"

    def read(value: Any, place: Place, errors: Errors) -> Any:
        if isinstance(value, str | bytes | Mapping) or not test(value, kind):
            errors.append(wrong(value, place, expected))
            return value
        entries = tuple(value) if isinstance(value, Iterator) else value
        for index, entry in enumerate(entries):
            inner(entry, (place, index), errors)
        return entries

    return read


def _row(arguments: Sequence[Any]) -> Reader:
    """A tuple of a known length, each entry of its own form."""
    readers = [reader(kind) for kind in arguments]
    expected = f"{len(readers)} values"

    def read(value: Any, place: Place, errors: Errors) -> Any:
        if not isinstance(value, tuple) or len(value) != len(readers):
            errors.append(wrong(value, place, expected))
            return value
        for index, (each, entry) in enumerate(zip(readers, value, strict=True)):
            each(entry, (place, index), errors)
        return value

    return read


_NAMES: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    Infinite: "a number",
    str: "a text",
    bool: "true or false",
    type(None): "nothing",
    None: "nothing",
}


def describe(form: Any) -> str:
    """A form in words, as the end of "expected …"."""
    origin, arguments = get_origin(form), get_args(form)
    if origin is Annotated:
        ranges = [str(each) for each in arguments[1:] if isinstance(each, Range)]
        return " ".join([describe(arguments[0]), *ranges])
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(describe(each) for each in arguments))
    if origin is Literal:
        return " or ".join(map(str, arguments))
    if is_typed_dict(form) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return "keys and values"
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return "a list"
    name = getattr(form, "__name__", str(form))
    return _NAMES.get(form) or f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def _figure(value: float) -> str:
    if value in (MOST_COUNT, float(MOST_COUNT)):
        return "2^63 - 1"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
