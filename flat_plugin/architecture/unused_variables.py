"""Variables that the architecture never uses: a note, because a misspelt one would change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_WORD = re.compile(r"[A-Za-z_]\w*")
_ALWAYS = ("technology", "global_cycle_seconds", "version")  # read without being named


def unused_variables(variables: object, content: Mapping[str, Any]) -> tuple[str, ...]:
    """A note that lists them; nothing where each is named by the architecture or by a variable that is.

    Args:
        variables: the section as it stands in the file.
        content: the architecture as it stands in the file.
    """
    if not isinstance(variables, Mapping) or not variables:
        return ()
    used = {*_words(content), *_ALWAYS}
    for name, value in reversed(list(variables.items())):  # each may name those above it
        if name in used:
            used |= {*_words(value)}
    left = [str(name) for name in variables if name not in used]
    if not left:
        return ()
    said = "a variable that nothing uses" if len(left) == 1 else "variables that nothing uses"
    return (f"{said}: {', '.join(left)}",)


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _words(key)
            yield from _words(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _words(each)
    elif isinstance(value, str):
        yield from _WORD.findall(value)
