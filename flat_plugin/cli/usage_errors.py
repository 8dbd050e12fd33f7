"""What the library says of a wrong command line, as this package does: in one line, with what is right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.wording import meant

_KINDS = {"integer": "a whole number", "float": "a number", "number": "a number"}  # by the library's words
_COMMAND = re.compile("No such command '([^']*)'")
_NAMED = {"--model": "models", "--arch": "architectures", "--dataflow": "dataflows"}


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


def unexpected(
    words: Sequence[str], command: str, params: Iterable[Any], typed: Mapping[str, Any]
) -> FlatError:
    """Of words that no option and no argument takes; a name that an option takes is known by it.

    Args:
        params: what the command takes.
        typed: what it was given, by the name of what takes it.
    """
    from flat_plugin.api import names

    known, word = names(), words[0].lower()
    options = {name: param for param in params for name in param.opts}
    named = [name for name in _NAMED if word in known[_NAMED[name]] and name in options]
    if not named:
        return FlatError("not an option", value=" ".join(words), expected=_as_help(command))
    before = None if options[named[0]].multiple else _typed(named[0], typed)
    right = f"{named[0]} {word}" if before is None else f"only one of {before} and {word}"
    return FlatError("not an option", value=" ".join(words), expected=right)


def _typed(option: str, typed: Mapping[str, Any]) -> str | None:
    """What names the same already, as an option or without one."""
    found = (typed.get(name) for name in (option[2:], *(("architecture",) if option == "--arch" else ())))
    return next((name for name in found if isinstance(name, str)), None)


def _name(param: Any) -> str:
    """``--seq`` or ``FOLDER``."""
    if param.param_type_name == "option":
        return max(param.opts, key=len)
    return str(param.make_metavar()) if param.metavar is None else str(param.metavar)
