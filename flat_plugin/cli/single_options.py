"""Refuses an option that takes one value and is given twice: either could be meant."""

from __future__ import annotations

from collections import Counter
from typing import Any

from typer.core import TyperCommand

from flat_plugin.cli.help_text import FittedHelp
from flat_plugin.errors import FlatError


class Once(FittedHelp, TyperCommand):
    """A command that refuses an option which is repeated and does not add up."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        _, _, given = self.make_parser(ctx).parse_args(list(args))
        for option, count in Counter[Any](given).items():
            single = option.param_type_name == "option" and not (option.multiple or option.is_flag)
            if single and count > 1:
                name = max(option.opts, key=len)
                raise FlatError("given twice", path=name, expected=f"one {name}")
        return super().parse_args(ctx, args)
