"""Options that a function unpacks, as the parameters that they are: for the pages of Python functions."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import griffe


class Options(griffe.Extension):
    """``**asked: Unpack[…]`` becomes what :func:`inspect.signature` says, as ``help`` does."""

    def on_function(self, *, func: griffe.Function, **others: Any) -> None:
        last = [*func.parameters][-1:]
        if not last or not str(last[0].annotation).startswith("Unpack["):
            return
        signature = inspect.signature(getattr(import_module(func.module.path), func.name))
        del func.parameters[last[0].name]
        for name, parameter in signature.parameters.items():
            if name not in func.parameters:
                func.parameters[name] = griffe.Parameter(
                    name,
                    annotation=parameter.annotation,
                    kind=griffe.ParameterKind.keyword_only,
                    default=repr(parameter.default),
                )
