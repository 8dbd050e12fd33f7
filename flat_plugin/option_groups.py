"""Groups of options that several commands or tools have: these take one value, their users each option."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")


def spread(command: Callable[..., T]) -> Callable[..., T]:
    """The command with an option for each field of those parameters that are dataclasses, in their place."""
    signature = inspect.signature(command, eval_str=True)
    own = signature.parameters
    kinds: dict[str, Any] = {name: each.annotation for name, each in own.items()}
    groups: dict[str, Any] = {name: kind for name, kind in kinds.items() if is_dataclass(kind)}
    options: list[inspect.Parameter] = []
    for name, each in own.items():
        options += _options(groups[name]) if name in groups else [each.replace(kind=each.KEYWORD_ONLY)]

    @wraps(command)
    def typed(**given: Any) -> T:
        grouped = {}
        for name, group in groups.items():
            said = [field.name for field in fields(group) if field.name in given]
            grouped[name] = group(**{field: given.pop(field) for field in said})
        return command(**given, **grouped)

    typed.__signature__ = signature.replace(parameters=options)  # type: ignore[attr-defined]
    typed.__annotations__ = {each.name: each.annotation for each in options}
    typed.__annotations__["return"] = signature.return_annotation
    return typed


def _options(group: Any) -> list[inspect.Parameter]:
    kinds = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            f.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if f.default is MISSING else f.default,
            annotation=kinds[f.name],
        )
        for f in fields(group)
    ]
