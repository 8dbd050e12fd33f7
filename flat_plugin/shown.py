"""Results that show themselves: in one line, as a table, in a notebook, as a frame, as a chart.

How each looks is the report's, which is loaded when somebody looks.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_REPORT = "flat_plugin.report.present"


class Shown:
    """``repr`` is one line, ``print`` the table of the command line; notebooks show the same as HTML."""

    def __repr__(self) -> str:
        """As errors have it, too: so of a value with fields of another kind there is one."""
        try:
            return str(_present("line", self))
        except Exception:
            return f"<{type(self).__name__} with a field of another kind>"

    def __str__(self) -> str:
        return str(_present("text", self))

    def _repr_html_(self) -> str:
        return str(_present("html", self))

    def to_frame(self) -> Any:
        """A pandas frame, its units in the names of its columns.

        Raises:
            FlatError: pandas is not installed.
        """
        return _present("frame", self)

    def plot(self) -> Any:
        """An Altair chart.

        Raises:
            FlatError: Altair is not installed, or there is no chart of this.
        """
        return _present("chart", self)


def _present(how: str, what: object) -> Any:
    return getattr(import_module(_REPORT), how)(what)
