"""YAML documents in, plain dictionaries out; safe for files of unknown origin.

Scalars are read as Timeloop reads them, which is YAML 1.2: ``1e-9`` is a number, and ``NO``,
``yes`` and ``2024-01-01`` are strings (a permutation may well be ``NO``). A key given twice in
one mapping is an error, not the last of the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import yaml
from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import SandboxedEnvironment

from flat_plugin.errors import FlatError

Source = Mapping[str, Any] | str | Path  # a dictionary, YAML text, or a file

MAX_CHARACTERS = 64 * 1024 * 1024
MAX_DEPTH = 100
MAX_BITS = 256  # of a whole number
MAX_ALIASED_NODES = 1_000_000
MAX_TEMPLATE = 1024 * 1024  # characters of a file with Jinja in it
MAX_RENDERED = 16 * 1024 * 1024  # and of what it renders to
MAX_ITERATIONS = 100_000  # of all its loops
TAG = "!tag"  # key under which load_timeloopfe keeps the tag of a node

_PATH_LIKE = r"[^{}\[\]:]+\.(ya?ml|json|txt)|[^{}\[\]: ]*/[^{}\[\]: ]*"

_FILTERS = ("abs", "default", "float", "int", "length", "max", "min", "round")
_REFUSED = (nodes.Concat, nodes.Macro, nodes.CallBlock, nodes.AssignBlock, nodes.FilterBlock) + (
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.Extends,
)
_JINJA_FAILURES = (
    TemplateError,
    ArithmeticError,
    TypeError,
    ValueError,
    RecursionError,
    MemoryError,
)

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVERS = (
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("tag:yaml.org,2002:int", r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
        r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    ("tag:yaml.org,2002:merge", r"<<", ["<"]),
)


class _Loader(_Base):  # type: ignore[misc]
    """Safe YAML with 1.2 scalars and without repeated keys."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    line = key.start_mark.line + 1
                    raise FlatError("key given twice", path=f"line {line}", value=key.value)
                seen.add(key.value)
        return cast("dict[Any, Any]", super().construct_mapping(node, deep=deep))


for _tag, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), _first)


def _construct_int(loader: Any, node: yaml.ScalarNode) -> int:
    value: int = loader.construct_yaml_int(node)
    if value.bit_length() > MAX_BITS:
        raise FlatError("number too large", path=f"line {node.start_mark.line + 1}")
    return value


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)


class _TimeloopfeLoader(_Loader):
    """Also accepts the node tags of timeloopfe's architectures."""


def _construct_tagged(loader: Any, node: yaml.Node) -> dict[str, Any]:
    values: dict[str, Any] = {TAG: node.tag.removeprefix("!")}
    if isinstance(node, yaml.MappingNode):
        values.update(loader.construct_mapping(node, deep=True))
    elif isinstance(node, yaml.SequenceNode):
        values["nodes"] = loader.construct_sequence(node, deep=True)
    elif node.value not in ("", "null", "~"):
        line = node.start_mark.line + 1
        raise FlatError("a tagged node needs a mapping", path=f"line {line}", value=node.value)
    return values


for _name in ("Component", "Container", "Parallel", "Hierarchical", "Nothing"):
    _TimeloopfeLoader.add_constructor(f"!{_name}", _construct_tagged)


def load(source: Source) -> dict[str, Any]:
    """The document as a dictionary.

    Args:
        source: a dictionary (returned as it is), a path, or YAML text. A string that names an
            existing file is a path.
    """
    return _load(source, _Loader, templated=False)


def load_timeloopfe(source: Source) -> dict[str, Any]:
    """As :func:`load`, for timeloopfe's files: renders Jinja, keeps node tags as ``!tag``."""
    return _load(source, _TimeloopfeLoader, templated=True)


def file_of(source: object) -> Path | None:
    """The file a source names, or None for a dictionary or YAML text."""
    if isinstance(source, Path):
        return source
    if not isinstance(source, str) or "\n" in source or len(source) > 4096 or "\0" in source:
        return None
    path = Path(source)
    try:
        exists = path.exists()
    except OSError:
        return None
    looks_like_path = re.fullmatch(_PATH_LIKE, source)
    return path if (exists and source.strip()) or looks_like_path else None


@contextmanager
def located(source: object) -> Iterator[None]:
    """Errors inside a document name the file it came from."""
    try:
        yield
    except FlatError as error:
        file = file_of(source)
        raise error.located(file) if file is not None else error from None


def _load(source: Source, loader: type[Any], templated: bool) -> dict[str, Any]:
    if isinstance(source, Mapping):
        return source if isinstance(source, dict) else dict(source)
    if not isinstance(source, (str, Path)):
        raise FlatError("not a document", value=source, expected="a mapping, a path or YAML text")
    file = file_of(source)
    with located(file):
        text = _read(file) if file is not None else str(source)
        return _parse(_render(text) if templated else text, loader)


def _read(path: Path) -> str:
    if not path.exists():
        raise FlatError("no such file", file=path)
    if not path.is_file():
        raise FlatError("not a file", file=path)
    try:
        with path.open(encoding="utf-8") as stream:
            return stream.read(MAX_CHARACTERS + 1)
    except UnicodeDecodeError as error:
        raise FlatError("not a text file", file=path, expected="UTF-8") from error
    except OSError as error:
        raise FlatError(f"cannot be read: {error.strerror}", file=path) from error


def _parse(text: str, loader: type[Any]) -> dict[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise FlatError("document too large", expected=f"at most {MAX_CHARACTERS} characters")
    try:
        _check_size(text)
        document = yaml.load(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        raise FlatError(*_explain(error)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FlatError(f"not valid YAML: {error}") from error
    if not isinstance(document, dict):
        raise FlatError("not a YAML mapping", value=document, expected="keys and values")
    return document


def _explain(error: yaml.MarkedYAMLError) -> tuple[str]:
    mark = error.problem_mark or error.context_mark
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    problem = error.problem or "not valid YAML"
    if "nesting depth" in problem:  # the parser's own limit, where it has one
        return (f"{place}nested too deeply",)
    if "could not determine a constructor" in problem:
        problem += " (only plain YAML is read; no objects)"
    return (f"{place}{problem}",)


class _Sandbox(SandboxedEnvironment):
    """Jinja for parameters: no files, no undefined names, no text processing, bounded work."""

    intercepted_binops = frozenset(["+", "*", "**", "%"])

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, finalize=_printable)
        self.globals = {"range": _range(MAX_ITERATIONS)}
        self.filters = {name: self.filters[name] for name in _FILTERS}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return not isinstance(obj, (str, bytes)) and super().is_safe_attribute(obj, attr, value)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        numbers = all(isinstance(side, (int, float)) for side in (left, right))
        moderate = numbers and max(abs(left), abs(right)) < 1e18
        if not moderate or (operator == "**" and abs(right) > 64):
            raise FlatError(f"Jinja: {operator} is only for numbers of moderate size")
        return super().call_binop(context, operator, left, right)


def _range(budget: int) -> Callable[..., Iterator[int]]:
    """The range of a template, which may go round so many times in all its loops."""
    left = budget

    def bounded(*bounds: int) -> Iterator[int]:
        nonlocal left
        for value in range(*bounds):
            left -= 1
            if left < 0:
                raise FlatError("Jinja: too many iterations", expected=f"at most {budget}")
            yield value

    return bounded


def _printable(value: Any) -> Any:
    entries = value if isinstance(value, (list, tuple)) else [value]
    if all(entry is None or isinstance(entry, (str, int, float)) for entry in entries):
        return value
    raise FlatError("Jinja: only numbers, text and flat lists of them can be printed")


def _render(text: str) -> str:
    if not any(mark in text for mark in ("{{", "{%", "{#")):
        return text
    if len(text) > MAX_TEMPLATE:
        raise FlatError("template too large", expected=f"at most {MAX_TEMPLATE} characters")
    rendered: list[str] = []
    length = 0
    try:
        sandbox = _Sandbox()
        _refuse_statements(sandbox.parse(text))
        for piece in sandbox.from_string(text).generate():
            length += len(piece)
            if length > MAX_RENDERED:
                raise FlatError("document too large once Jinja has rendered it")
            rendered.append(piece)
    except _JINJA_FAILURES as error:
        line = getattr(error, "lineno", None)
        raise FlatError(f"Jinja: {error}", path=f"line {line}" if line else None) from error
    return "".join(rendered)


def _refuse_statements(template: nodes.Template) -> None:
    for node in template.find_all(_REFUSED):
        name = type(node).__name__
        raise FlatError(
            f"Jinja: {name} is not supported",
            path=f"line {node.lineno}",
            expected="set, for, if and arithmetic",
        )


class _Sizes:
    """Counts the nodes a document has once its aliases are expanded, without expanding them."""

    def __init__(self) -> None:
        self.open: list[tuple[str | None, int]] = []  # anchor and size so far
        self.anchored: dict[str, int] = {}
        self.through_aliases = 0

    def add(self, size: int) -> None:
        if self.open:
            anchor, so_far = self.open[-1]
            self.open[-1] = (anchor, so_far + size)

    def start(self, anchor: str | None) -> None:
        if anchor is not None:
            self.anchored.pop(anchor, None)
        self.open.append((anchor, 1))
        if len(self.open) > MAX_DEPTH:
            raise FlatError("nested too deeply", expected=f"at most {MAX_DEPTH} levels")

    def end(self) -> None:
        anchor, size = self.open.pop()
        if anchor is not None:
            self.anchored[anchor] = size
        self.add(size)

    def alias(self, anchor: str, line: int) -> None:
        if anchor not in self.anchored:
            raise FlatError("alias to nothing, or to itself", path=f"line {line}", value=anchor)
        self.through_aliases += self.anchored[anchor]
        self.add(self.anchored[anchor])
        if max(self.through_aliases, self.anchored[anchor]) > MAX_ALIASED_NODES:
            raise FlatError(
                "aliases expand to too large a document",
                path=f"line {line}",
                expected=f"at most {MAX_ALIASED_NODES} nodes",
            )


def _check_size(text: str) -> None:
    sizes = _Sizes()
    for event in yaml.parse(text, Loader=_Base):
        if isinstance(event, yaml.AliasEvent):
            sizes.alias(str(event.anchor), event.start_mark.line + 1)  # type: ignore[union-attr]
        elif isinstance(event, yaml.ScalarEvent):
            sizes.start(event.anchor)
            sizes.end()
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            sizes.start(event.anchor)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            sizes.end()
