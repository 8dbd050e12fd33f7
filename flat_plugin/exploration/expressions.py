"""Expressions that users write: ``banks * row``, ``cycles <= 1.1 * limit``, ``flat-opt.edp > base-opt.edp``.

Numbers, names, arithmetic, comparisons, a few functions; nothing else runs. Units are checked, and values may
be arrays, of which every entry is worked out at once.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np

from flat_plugin.errors import FlatError, one_of
from flat_plugin.exploration import quantities as q
from flat_plugin.exploration.quantities import Quantity
from flat_plugin.wording import meant

MOST_CHARACTERS = 1000
_DOTTED = re.compile(r"(?<![\w.-])([A-Za-z][\w-]*)\.([A-Za-z_]\w*)")
_WITH_UNIT = re.compile(r"(?<![\w.])(\d+\.?\d*(?:[eE][+-]?\d+)?)\s*([A-Za-zµ]+[²2]?)(?![\w(.])")
_QUOTED = re.compile(r"""('[^']*'|"[^"]*")""")
_WORDS = ("and", "or", "not", "in", "is", "if", "else")
_HOLD = "numbers (20 ms, 10 W), names, + - * / // % **, comparisons, and, or, not, "
_FUNCTIONS = (*q.KEEPING, *q.PLAIN, *q.CHOOSING)
_MOST_POWER = 16
_MOST_WHOLE = 2.0**62


@dataclass(frozen=True)
class Expression:
    """One that has been read; ``names`` are those in it, dotted ones as they are written."""

    text: str
    path: str
    tree: ast.expr = field(compare=False)
    names: tuple[str, ...]
    written: tuple[Quantity, ...]  # numbers with units, which the tree calls by their places

    def value(self, names: Mapping[str, Quantity], *, finite: bool = True) -> Quantity:
        """What it comes to, with these values of its names.

        Args:
            finite: refuse what is infinite, or no number.

        Raises:
            FlatError: units that do not match, or it does not give a number.
        """
        try:
            with np.errstate(all="ignore"):
                found = _Value(self, names).of(self.tree)
        except (TypeError, ValueError, ArithmeticError) as error:
            raise self._wrong(str(error)) from None
        if isinstance(found.value, complex) or (finite and _not_finite(found.value)):
            raise self._wrong("it does not give a number")
        return found

    def truth(self, names: Mapping[str, Quantity], *, finite: bool = True) -> Any:
        """Whether it holds: a truth value, or an array of them; ``finite`` as for :meth:`value`.

        Raises:
            FlatError: it is no condition.
        """
        found = self.value(names, finite=finite).value
        if isinstance(found, bool | np.bool_) or _kind(found) == "b":
            return found
        raise self._wrong("not a condition", "a comparison, such as cycles <= 1.1 * limit")

    def _wrong(self, message: str, expected: str | None = None) -> FlatError:
        return FlatError(message, path=self.path, value=self.text, expected=expected)


def _kind(value: Any) -> str:
    """Of an array's entries; empty of what is none."""
    return str(getattr(getattr(value, "dtype", None), "kind", ""))


def _not_finite(value: Any) -> bool:
    if _kind(value) not in ("", "f", "i", "u"):
        return False
    return isinstance(value, int | float | np.ndarray | np.number) and not bool(np.all(np.isfinite(value)))


def parse(text: object, path: str, known: Collection[str]) -> Expression:
    """An expression over these names.

    Raises:
        FlatError: it is none, or has a name that is not known.
    """
    if not isinstance(text, str) or not text.strip() or len(text) > MOST_CHARACTERS:
        raise FlatError("not an expression", path=path, value=text, expected="a text such as banks * row")
    dotted: list[str] = []
    quantities: list[Quantity] = []

    def name(match: re.Match[str]) -> str:
        dotted.append(match.group())
        return f"_d{len(dotted) - 1}"

    def number(match: re.Match[str]) -> str:
        found = q.written(float(match[1]), match[2])
        if found is None:
            if match[2] in _WORDS:
                return match.group()
            raise FlatError(f"no such unit: {match[2]}", path=path, value=text, expected=q.units())
        quantities.append(found)
        return f"_q{len(quantities) - 1}"

    parts = _QUOTED.split(text.strip())  # what is quoted stays as it is
    parts[::2] = [_WITH_UNIT.sub(number, _DOTTED.sub(name, part)) for part in parts[::2]]
    plain = "".join(parts)
    try:
        tree = ast.parse(plain, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FlatError(
            f"not an expression: {error}", path=path, value=text, expected=_HOLD + ", ".join(_FUNCTIONS)
        ) from None
    used = _used(tree, dotted)
    for each in used:
        if each not in known:
            raise FlatError(
                f"{each} is not known here", path=path, value=text, expected=_instead(each, known)
            )
    return Expression(text.strip(), path, _named(tree, dotted), used, tuple(quantities))


def _instead(name: str, known: Collection[str]) -> str:
    """What may have been meant; or else the names without a dot, and whose others are."""
    if near := meant(name, known):
        return near
    plain = sorted(each for each in known if "." not in each)
    families = dict.fromkeys(each.rpartition(".")[0] for each in known if "." in each)
    dotted = f", or one of these of a dataflow, such as {next(iter(families))}.{plain[0]}" if families else ""
    return one_of(plain) + dotted


def _used(tree: ast.expr, dotted: list[str]) -> tuple[str, ...]:
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in functions]
    own = (dotted[int(each[2:])] if re.fullmatch(r"_d\d+", each) else each for each in names)
    return tuple(dict.fromkeys(each for each in own if not re.fullmatch(r"_q\d+", each)))


def _named(tree: ast.expr, dotted: list[str]) -> ast.expr:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and re.fullmatch(r"_d\d+", node.id):
            node.id = dotted[int(node.id[2:])]
    return tree


class _Value:
    """The value of a tree, node by node."""

    def __init__(self, expression: Expression, names: Mapping[str, Quantity]) -> None:
        self._written = {f"_q{i}": each for i, each in enumerate(expression.written)}
        self._names = names

    def of(self, node: ast.expr) -> Quantity:
        make = getattr(self, f"_{type(node).__name__.lower()}", None)
        if make is None:
            raise ValueError(f"{type(node).__name__} is not allowed")
        found: Quantity = make(node)
        return found

    def _constant(self, node: ast.Constant) -> Quantity:
        if isinstance(node.value, str | int | float) and not isinstance(node.value, bool):
            return Quantity(node.value)
        raise ValueError(f"{node.value!r} is not a number")

    def _name(self, node: ast.Name) -> Quantity:
        return self._written[node.id] if node.id in self._written else self._names[node.id]

    def _unaryop(self, node: ast.UnaryOp) -> Quantity:
        inner = self.of(node.operand)
        if isinstance(node.op, ast.Not):
            return Quantity(np.logical_not(_condition(inner)))
        if isinstance(node.op, ast.USub):
            return Quantity(-inner.value, inner.unit)
        raise ValueError("only - and not may stand before a value")

    def _binop(self, node: ast.BinOp) -> Quantity:
        one, two, kind = self.of(node.left), self.of(node.right), type(node.op).__name__
        if kind in q.SUMS:
            return Quantity(q.SUMS[kind](_number(one), _number(two)), q.same(one, two, "and"))
        if kind in q.PRODUCTS:
            make, sign = q.PRODUCTS[kind]
            if sign < 0 and np.any(np.equal(two.value, 0)):
                raise ValueError("division by 0")
            return Quantity(_bounded(make(_number(one), _number(two)), one, two), q.product(one, two, sign))
        if kind == "Pow":
            return _power(one, two)
        raise ValueError(f"{kind} is not allowed")

    def _boolop(self, node: ast.BoolOp) -> Quantity:
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return Quantity(reduce(join, [_condition(self.of(each)) for each in node.values]))

    def _compare(self, node: ast.Compare) -> Quantity:
        values = [self.of(each) for each in (node.left, *node.comparators)]
        held: Any = True
        for one, two, sign in zip(values, values[1:], node.ops, strict=False):
            kind = type(sign).__name__
            if kind not in q.COMPARISONS:
                raise ValueError(f"{kind} is not allowed")
            q.same(one, two, "and")
            if kind not in ("Eq", "NotEq"):
                _number(one), _number(two)
            held = np.logical_and(held, q.COMPARISONS[kind](one.value, two.value))
        return Quantity(held)

    def _call(self, node: ast.Call) -> Quantity:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        values = [self.of(each) for each in node.args]
        if node.keywords or name not in _FUNCTIONS or not values:
            raise ValueError(f"no such function; there are {', '.join(_FUNCTIONS)}")
        if name in q.CHOOSING:
            unit = reduce(lambda a, b: Quantity(0, q.same(a, b, "and")), values).unit
            return Quantity(reduce(q.CHOOSING[name], [_number(each) for each in values]), unit)
        if len(values) != 1 or (name in q.PLAIN and values[0].unit):
            raise ValueError(f"{name} takes one number" + (" without a unit" if name in q.PLAIN else ""))
        make = q.KEEPING.get(name) or q.PLAIN[name]
        found = make(_number(values[0]))
        whole = name in ("ceil", "floor", "round")
        return Quantity(found.astype(int) if whole else found, values[0].unit)


def _condition(value: Quantity) -> Any:
    if isinstance(value.value, bool | np.bool_) or _kind(value.value) == "b":
        return value.value
    raise ValueError("and, or and not join conditions")


def _number(quantity: Quantity) -> Any:
    value = quantity.value
    if isinstance(value, str | bool) or _kind(value) not in ("", "f", "i", "u"):
        raise ValueError("text and conditions are not numbers")
    return value


def _bounded(found: Any, one: Quantity, two: Quantity) -> Any:
    """Whole numbers of arrays wrap around beyond 64 bits: none comes near."""
    most = np.max(np.abs(np.asarray(one.value, float))) * np.max(np.abs(np.asarray(two.value, float)))
    if most > _MOST_WHOLE and np.asarray(found).dtype.kind in "iuO":
        raise ValueError("a number too large")
    return found


def _power(one: Quantity, two: Quantity) -> Quantity:
    exponent = two.value
    if two.unit or isinstance(exponent, str | bool) or np.any(np.abs(_number(two)) > _MOST_POWER):
        raise ValueError(f"exponents are plain numbers up to {_MOST_POWER}")
    if one.unit and not (isinstance(exponent, int)):
        raise ValueError("a quantity with a unit needs a whole exponent")
    unit = one.unit and tuple((name, power * exponent) for name, power in one.unit)
    return Quantity(np.asarray(_number(one), dtype=float) ** exponent, unit)
