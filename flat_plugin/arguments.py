"""Arguments of the Python functions, checked against their annotations as options are."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar, get_type_hints

from flat_plugin.errors import FlatError
from flat_plugin.schema import Errors, Range, reader

P = ParamSpec("P")
T = TypeVar("T")

Jobs = Annotated[int, Range(1, 1024)]  # processes

_OTHERS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class ArgumentError(FlatError, TypeError):
    """A call that the function does not take: an unknown name, or a value of another type."""


def checked(function: Callable[P, T]) -> Callable[P, T]:
    """The function, which refuses arguments that are not what its annotations say.

    Options that it hands on (``**options``) are checked by the function that takes them. A generator is
    gone through once: the function has its entries as a tuple.
    """
    signature = inspect.signature(function)
    kinds: dict[str, Any] = {}

    @wraps(function)
    def call(*arguments: P.args, **options: P.kwargs) -> T:
        if not kinds:  # now, and not before: the names in annotations may not be there yet
            kinds.update(get_type_hints(function, include_extras=True))
        try:
            bound = signature.bind(*arguments, **options)
        except TypeError as error:
            takes = ", ".join(signature.parameters)
            raise ArgumentError(f"{function.__name__}: {error}", expected=takes) from None
        errors: Errors = []
        for name, value in bound.arguments.items():
            if name in kinds and signature.parameters[name].kind not in _OTHERS:  # self has no kind
                bound.arguments[name] = reader(kinds[name])(value, ((), name), errors)
        for one in errors:
            raise ArgumentError(one.message, path=one.path, value=one.value, expected=one.expected)
        return function(*bound.args, **bound.kwargs)

    return call
