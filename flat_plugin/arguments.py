"""Checks the arguments of Python functions against their annotations."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, ForwardRef, ParamSpec, TypeVar, cast, get_args, get_type_hints

from flat_plugin import defaults
from flat_plugin.errors import FlatError, one_of
from flat_plugin.schema import Errors, Range, reader

P = ParamSpec("P")
T = TypeVar("T")

Jobs = Annotated[int, Range(1, 1024)]  # processes

_OTHERS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class ArgumentError(FlatError, TypeError):
    """A call that the function does not take: an unknown name, or a value of another type."""


def checked(function: Callable[P, T]) -> Callable[P, T]:
    """The function, which refuses arguments that are not what its annotations say.

    Options of an unpacked TypedDict are keywords of the function, each with its default. Those that it hands
    on (``**options``) are checked by the function that takes them. A generator is gone through once: the
    function has its entries as a tuple.
    """
    form = _unpacked(function)
    signature = inspect.signature(function) if form is None else _with_options(function, form)
    kinds: dict[str, Any] = {}

    @wraps(function)
    def call(*arguments: P.args, **options: P.kwargs) -> T:
        if not kinds:  # now, and not before: the names in annotations may not be there yet
            for typed in (function, *([form] if form else [])):
                kinds.update(get_type_hints(typed, include_extras=True))
        try:
            bound = signature.bind(*arguments, **options)
        except TypeError as error:
            unknown = next((name for name in options if name not in signature.parameters), None)
            takes = one_of([*signature.parameters], unknown)
            raise ArgumentError(f"{function.__name__}: {error}", expected=takes) from None
        errors: Errors = []
        for name, value in bound.arguments.items():
            if name in kinds and signature.parameters[name].kind not in _OTHERS:  # self has no kind
                bound.arguments[name] = reader(kinds[name])(value, ((), name), errors)
        for one in errors:
            raise ArgumentError(one.message, path=one.path, value=one.value, expected=one.expected)
        bound.apply_defaults()
        return function(*bound.args, **bound.kwargs)

    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


def _unpacked(function: Callable[..., object]) -> type | None:
    """The TypedDict whose keys are keywords of the function; None of one that has none."""
    last = [*inspect.signature(function).parameters.values()][-1:]
    if not last or last[0].kind is not inspect.Parameter.VAR_KEYWORD:
        return None
    if not str(last[0].annotation).startswith(("Unpack", "typing.Unpack")):
        return None  # options that are handed on
    (form,) = get_args(get_type_hints(function)[last[0].name])
    return cast(type, form)


def _with_options(function: Callable[..., object], form: type) -> inspect.Signature:
    """Its signature, with a keyword for each key of the form instead of all together."""
    signature = inspect.signature(function)
    options = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=defaults.OPTIONS.get(name),
            annotation=kind.__forward_arg__ if isinstance(kind, ForwardRef) else kind,
        )
        for name, kind in form.__annotations__.items()
    ]
    return signature.replace(parameters=[*[*signature.parameters.values()][:-1], *options])
