"""Refuses options and arguments that say nothing certain: given twice, of another kind, or not there."""

from __future__ import annotations

from collections import Counter
from typing import Any

from typer.core import TyperCommand

from flat_plugin.cli.help_text import FittedHelp
from flat_plugin.cli.usage_errors import unexpected, wrong_value
from flat_plugin.errors import FlatError


class Once(FittedHelp, TyperCommand):
    """A command that refuses options which are repeated and do not add up, and words it does not take."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        values, left, given = self.make_parser(ctx).parse_args(list(args))
        if left and not ctx.resilient_parsing:
            raise unexpected(left, ctx.command_path, self.params, values)
        for option, count in Counter[Any](given).items():
            single = option.param_type_name == "option" and not (option.multiple or option.is_flag)
            if single and count > 1:
                name = max(option.opts, key=len)
                raise FlatError("given twice", path=name, expected=f"one {name}")
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            value = values.get(getattr(getattr(error, "param", None), "name", ""))
            if type(error).__name__ != "BadParameter" or value is None:
                raise
            raise wrong_value(error, value) from None
