"""Arithmetic in attribute values, such as ``glb_kb * 1024 * 8 // width``; nothing else runs."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping

from flat_plugin.errors import FlatError

Number = int | float
MAX_BITS = 256
MAX_LENGTH = 1000

_BINARY: Mapping[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_FUNCTIONS: Mapping[str, Callable[..., Number]] = {
    "abs": abs,
    "ceil": math.ceil,
    "float": float,
    "floor": math.floor,
    "int": int,
    "log2": math.log2,
    "max": max,
    "min": min,
    "round": round,
    "sqrt": math.sqrt,
}


def evaluate(text: str, names: Mapping[str, object], path: str) -> object:
    """The value of an expression: numbers, the names given, arithmetic and a few functions."""
    if len(text) > MAX_LENGTH:
        raise FlatError("expression too long", path=path, value=text)
    try:
        tree = ast.parse(text.strip(), mode="eval")
        return _value(tree.body, names)
    except FlatError:
        raise
    except KeyError as error:
        known = ", ".join(sorted(names)) or "nothing is defined"
        raise FlatError(
            f"{error.args[0]!r} is not defined here",
            path=path,
            value=text,
            expected=f"{known}; or variables of another file: arch.yaml,variables.yaml",
        ) from None
    except (SyntaxError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise FlatError(
            f"not an arithmetic expression: {error}",
            path=path,
            value=text,
            expected="numbers, names of variables, + - * / // % **, " + ", ".join(sorted(_FUNCTIONS)),
        ) from None


def is_expression(text: str, names: Mapping[str, object]) -> bool:
    """Whether a string is an expression over the given names, rather than just a word."""
    if len(text) > MAX_LENGTH:
        return False
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return bool(used & set(names)) and used <= set(names) | set(_FUNCTIONS)


def _value(node: ast.expr, names: Mapping[str, object]) -> object:
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, bool)):
        return node.value
    return _number(node, names)


def _number(node: ast.expr, names: Mapping[str, object]) -> Number:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return _bounded(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return _as_number(names[node.id], node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = _number(node.operand, names)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        left, right = _number(node.left, names), _number(node.right, names)
        if isinstance(node.op, ast.Pow):
            return _power(left, right)
        if type(node.op) in _BINARY:
            return _bounded(_BINARY[type(node.op)](left, right))
    if isinstance(node, ast.Call) and not node.keywords:
        return _call(node, names)
    raise ValueError(f"{type(node).__name__} is not allowed")


def _call(node: ast.Call, names: Mapping[str, object]) -> Number:
    if not isinstance(node.func, ast.Name) or node.func.id not in _FUNCTIONS:
        raise ValueError("unknown function")
    return _bounded(_FUNCTIONS[node.func.id](*(_number(each, names) for each in node.args)))


def _power(base: Number, exponent: Number) -> Number:
    if abs(exponent) * max(1.0, math.log2(abs(base) + 1)) > MAX_BITS:
        raise OverflowError("number too large")
    result = base**exponent
    if isinstance(result, complex):
        raise ValueError("not a real number")
    return _bounded(result)


def _bounded(value: Number) -> Number:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise OverflowError("number too large")
    return value


def _as_number(value: object, name: str) -> Number:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError(f"{name} is not a number")
    if isinstance(value, str):
        try:
            return _bounded(int(value))
        except ValueError:
            return float(value)
    return _bounded(value)
