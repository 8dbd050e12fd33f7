"""Choosing mappings.

The package and the public function ``flat_plugin.search`` share a name: importing anything from here
would put the package where the function was. So the package can be called, and is the function.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Search(ModuleType):
    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """:func:`flat_plugin.api.search`."""
        from flat_plugin.api import search

        return search(*arguments, **options)


sys.modules[__name__].__class__ = _Search
