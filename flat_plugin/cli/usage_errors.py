"""What the library says of a wrong command line, as this package does: in one line, with what is right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.wording import meant

_KINDS = {"integer": "a whole number", "float": "a number", "number": "a number"}  # by the library's words
_COMMAND = re.compile("No such command '([^']*)'")
_NAMED = {"models": "--model", "architectures": "--arch", "dataflows": "--dataflow"}


def is_of_use(error: Exception) -> bool:
    """Whether it is the library's, of how a command was typed (its classes differ by version)."""
    return hasattr(error, "format_message") and type(error).__name__ != "NoArgsIsHelpError"


def usage_error(error: Any) -> FlatError:
    """The error as one of ours."""
    context: Any = getattr(error, "ctx", None)
    command, text = getattr(context, "command_path", "flat"), error.format_message().rstrip(".")
    option: Any = getattr(error, "option_name", None)
    if type(error).__name__ == "NoSuchOption":
        options = [name for param in context.command.params for name in param.opts]
        return FlatError("no such option", value=option, expected=_near(option, options, command))
    if option is not None and "requires" in text:
        return FlatError("missing", path=option, expected="a value")
    if found := _COMMAND.match(text):
        return FlatError(
            "no such command", value=found[1], expected=_near(found[1], context.command.commands, command)
        )
    if type(error).__name__ == "MissingParameter":
        return FlatError("missing", path=_name(error.param), expected=_as_help(command))
    return FlatError(text[0].lower() + text[1:], expected=_as_help(command))


def _near(name: str, known: Iterable[str], command: str) -> str:
    near = meant(name, known)
    return f"{near}, or another of `{command} -h`" if near else f"one of `{command} -h`"


def _as_help(command: str) -> str:
    return f"what `{command} -h` says"


def wrong_value(error: Any, value: object) -> FlatError:
    """Of an option or argument that has a value which it does not take."""
    text = error.message.rstrip(".")
    for word, kind in _KINDS.items():
        if word in text:
            return FlatError("not of the right kind", path=_name(error.param), value=value, expected=kind)
    right = text.removeprefix("Input should be ").rpartition("range ")[2]
    return FlatError("out of range", path=_name(error.param), value=value, expected=right)


def unexpected(words: Sequence[str], command: str) -> FlatError:
    """Of words that no option and no argument takes; a name that an option takes is known by it."""
    from flat_plugin.api import names

    known = names()
    options = [option for kind, option in _NAMED.items() if words[0].lower() in known[kind]]
    right = f"{options[0]} {words[0].lower()}" if options else _as_help(command)
    return FlatError("not an option", value=" ".join(words), expected=right)


def _name(param: Any) -> str:
    """``--seq`` or ``FOLDER``."""
    if param.param_type_name == "option":
        return max(param.opts, key=len)
    return str(param.make_metavar()) if param.metavar is None else str(param.metavar)
