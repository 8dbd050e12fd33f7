"""Jinja for files of unknown origin: no undefined names, no Python behind it, and only so much work.

Everything that can take long in a template is counted: a turn of a loop, a call of a macro, and each part
of a value that is filtered, compared, printed or handed to a function. So a template ends, whatever it
says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any

from jinja2 import (
    Environment,
    StrictUndefined,
    TemplateAssertionError,
    TemplateError,
    Undefined,
    nodes,
    pass_context,
)
from jinja2.compiler import CodeGenerator
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from flat_plugin.errors import FlatError

MAX_WORK = 100_000  # turns of all loops, and parts of values
MAX_TEMPLATE = 1024 * 1024  # characters of a file with Jinja in it
FAILURES = (  # what a template can raise that is not right
    *(TemplateError, ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError),
    *(RecursionError, SyntaxError, TypeError, ValueError),
)
_CHARACTERS = 160  # of text that count as one part
_OBJECT = 100  # parts of what is no number, text or list, and of a template that is included


class _Counted(NodeTransformer):
    """Puts the counting into a template."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802
        if node.recursive:
            raise TemplateAssertionError("recursive loops are not supported", node.lineno)
        self.generic_visit(node)
        node.iter = _filtered(node.iter, "_turns")
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:  # noqa: N802
        self.generic_visit(node)
        node.expr = _filtered(node.expr, "_counted")
        for operand in node.ops:
            operand.expr = _filtered(operand.expr, "_counted")
        return node

    def visit_Pair(self, node: nodes.Pair) -> nodes.Pair:  # noqa: N802
        self.generic_visit(node)
        node.key = _filtered(node.key, "_counted")
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Getitem:  # noqa: N802
        self.generic_visit(node)
        if not isinstance(node.arg, nodes.Slice):
            node.arg = _filtered(node.arg, "_counted")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "join")

    def visit_TemplateData(self, node: nodes.TemplateData) -> nodes.Filter:  # noqa: N802
        return _filtered(nodes.Const(node.data, lineno=node.lineno), "_counted")

    def visit_Macro(self, node: Any) -> Any:  # noqa: N802
        self.generic_visit(node)
        once = _filtered(nodes.Const("", lineno=node.lineno), "_counted")
        node.body.insert(0, nodes.Output([once], lineno=node.lineno))
        return node

    visit_CallBlock = visit_Block = visit_Macro  # noqa: N815


def _filtered(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


class _Generator(CodeGenerator):
    def visit_Template(self, node: nodes.Template, frame: Any = None) -> None:  # noqa: N802
        super().visit_Template(_Counted().visit(node), frame)


class Sandbox(SandboxedEnvironment):
    """An environment for one template and what it includes.

    Args:
        filters: those of Jinja's that it may use.
        own: filters beside them.
        functions: what it may call besides ``range``, ``dict`` and ``namespace``.
        options: of :class:`jinja2.Environment`.
    """

    code_generator_class = _Generator
    intercepted_binops = frozenset(["+", "*", "**", "%"])

    def __init__(
        self,
        filters: Iterable[str],
        own: Mapping[str, Callable[..., Any]] | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(undefined=StrictUndefined, finalize=self._printed, optimized=False, **options)
        self.left = MAX_WORK
        self.globals = {"range": range, "dict": dict, "namespace": Namespace, **(functions or {})}
        known = {**{name: self.filters[name] for name in filters}, **(own or {})}
        counting = {
            "_turns": pass_context(lambda _, value: self._turns(value)),
            "_counted": pass_context(lambda _, value: self._counted(value)),
            "join": self._counting(self.filters["join"]),
        }
        self.filters = {name: self._counting(each) for name, each in known.items()} | counting

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return not isinstance(obj, (str, bytes)) and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """Text has no methods here, so none to format it."""

    def is_safe_callable(self, obj: Any) -> bool:
        """The package's own values are read, not called."""
        owner = getattr(obj, "__self__", obj)
        ours = type(owner).__module__.startswith("flat_plugin.") and obj not in self.globals.values()
        return not ours and super().is_safe_callable(obj)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        __self._counted(getattr(__obj, "__self__", None))
        given = {name: __self._counted(value) for name, value in kwargs.items()}
        return super().call(__context, __obj, *map(__self._counted, args), **given)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        numbers = all(isinstance(side, (int, float)) for side in (left, right))
        moderate = numbers and max(abs(left), abs(right)) < 1e18
        if not moderate or (operator == "**" and abs(right) > 64):
            raise FlatError(f"Jinja: {operator} is only for numbers of moderate size")
        return super().call_binop(context, operator, left, right)

    def get_or_select_template(self, *args: Any, **kwargs: Any) -> Any:
        self._spend(_OBJECT)
        return super().get_or_select_template(*args, **kwargs)

    def get_template(self, *args: Any, **kwargs: Any) -> Any:
        self._spend(_OBJECT)
        return super().get_template(*args, **kwargs)

    def _spend(self, parts: int) -> None:
        self.left -= parts
        if self.left < 0:
            raise FlatError(
                "Jinja: too many iterations, or too much text",
                expected=f"at most {MAX_WORK} turns and parts of lists, {MAX_WORK * _CHARACTERS} characters",
            )

    def _turns(self, value: Iterable[Any]) -> Iterator[Any]:
        for entry in value:
            self._spend(1)
            yield entry

    def _counted(self, value: Any) -> Any:
        """The value, once its parts are counted; a list of what can be read once only."""
        if isinstance(value, str):
            self._spend(1 + len(value) // _CHARACTERS)
        elif value is None or isinstance(value, (int, float, Undefined)):
            self._spend(1)
        elif isinstance(value, Mapping):
            for pair in self._turns(value.items()):
                self._counted(pair)
        elif isinstance(value, (list, tuple, set, frozenset)):
            for entry in self._turns(value):
                self._counted(entry)
        elif isinstance(value, (Iterator, range)):
            return [self._counted(entry) for entry in self._turns(value)]
        elif not isinstance(value, (Environment, Context, EvalContext)):
            self._spend(_OBJECT)
        return value

    def _counting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The filter, its arguments counted. What else Jinja hands to it stays."""

        @wraps(function)
        def counting(*args: Any, **kwargs: Any) -> Any:
            return function(
                *map(self._counted, args), **{key: self._counted(each) for key, each in kwargs.items()}
            )

        return counting

    def _printed(self, value: Any) -> Any:
        entries = value if isinstance(value, (list, tuple)) else [value]
        if not all(entry is None or isinstance(entry, (str, int, float, Undefined)) for entry in entries):
            raise FlatError("Jinja: only numbers, text and flat lists of them can be printed")
        return self._counted(value)
