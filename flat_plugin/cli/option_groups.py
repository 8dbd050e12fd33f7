"""Groups of options that several commands have: a command takes one value, its user types options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from typing import Any, get_type_hints

Command = Callable[..., None]


def spread(command: Command) -> Command:
    """The command with an option for each field of those parameters that are dataclasses, in their place."""
    own = inspect.signature(command, eval_str=True).parameters
    kinds: dict[str, Any] = {name: each.annotation for name, each in own.items()}
    groups: dict[str, Any] = {name: kind for name, kind in kinds.items() if is_dataclass(kind)}
    options: list[inspect.Parameter] = []
    for name, each in own.items():
        options += _options(groups[name]) if name in groups else [each.replace(kind=each.KEYWORD_ONLY)]

    @wraps(command)
    def typed(**given: Any) -> None:
        grouped = {}
        for name, group in groups.items():
            grouped[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        command(**given, **grouped)

    typed.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    typed.__annotations__ = {each.name: each.annotation for each in options}
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
