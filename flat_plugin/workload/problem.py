"""A Timeloop problem document as an :class:`Einsum`; what is not a dense einsum is refused.

Read as Timeloop reads it: what it passes over is passed over, and named in the einsum's notes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flat_plugin.documents import missing
from flat_plugin.errors import FlatError
from flat_plugin.workload.densities import refuse_sparse
from flat_plugin.workload.einsum import Einsum, Tensor
from flat_plugin.workload.projection import Names, read_ranks, simplified

Value = Callable[[Any, str], Any]  # a value of the file, at a path -> what it stands for

# What changes nothing though it is read and checked, and why; everything else changes the einsum, is refused
# or is noted.
INERT = {
    "problem.version": "Timeloop reads all of these versions alike",
    "problem.shape.data_spaces[].ranks": "they name ranks for layouts, which no count depends on",
    "problem.instance.densities": "they are 1, as where none is given",
    "problem.shape.coefficients[].default": "the instance gives another, or the dimension has size 1",
    "problem.instance.<coefficient>": "it is the default, or the dimension has size 1 and never moves",
    "problem.shape.data_spaces[].projection": "a term whose dimension has size 1 never moves",
}

VERSIONS = ("0.1", "0.2", "0.3", "0.4")
_HYPHENS = {"data-spaces": "data_spaces", "read-write": "read_write"}  # that Timeloop replaces
_YES = ("y", "yes", "true", "on")
_NO = ("n", "no", "false", "off")


def as_it_is(value: Any, path: str) -> Any:
    """For documents without variables."""
    return value


def read_problem(document: Mapping[str, Any], value: Value = as_it_is) -> Einsum:
    """Read ``problem: {shape, instance}`` (or its content).

    Sizes and coefficients may also stand beside ``shape``, as Timeloop's first files have them.

    Args:
        value: what a number in the file stands for, where it may be the name of a variable.

    Raises:
        FlatError: the tensors are sparse or flattened, a size is missing or not positive, a rank names
            what is no dimension, or there is not exactly one output.
    """
    if "problem" not in document and "shape" not in document:
        raise missing("problem", document)
    problem = _mapping(document, "problem", "") if "problem" in document else document
    _check_version(problem)
    shape, where = _mapping(problem, "shape", "problem"), "problem.shape"
    instance = _mapping(problem, "instance", "problem") if "instance" in problem else problem
    place = "problem.instance" if "instance" in problem else "problem"
    known = {"version", "shape", "instance"}
    notes = _passed_over(problem, known, "problem") if instance is not problem else []
    notes += _passed_over(shape, _SHAPE, where)
    if "flatten" in shape:
        raise FlatError("flattened dimensions are not modelled", path=f"{where}.flatten", expected="none")
    dimensions = _dimensions(shape, where)
    if instance is problem and not set(dimensions) & set(problem):
        raise missing("instance", problem, "problem")
    bounds = tuple((d, _size(instance, d, place, value)) for d in dimensions)
    coefficients = _coefficients(shape, instance, place, value)
    known = {*dimensions, *coefficients, "densities", "commonDensity"}
    known |= {"version", "shape"} if instance is problem else set()
    notes += _passed_over(instance, known, place)
    names, tensors = Names(dimensions, coefficients), list[Tensor]()
    for i, space in enumerate(_list(shape, "data_spaces", where)):
        tensors.append(_tensor(space, f"{where}.data_spaces[{i}]", names, dict(bounds), notes))
    _check_tensors(tensors, f"{where}.data_spaces")
    refuse_sparse(shape, instance, place, [tensor.name for tensor in tensors])
    unused = sorted(set(coefficients) - names.used)
    notes += [f"coefficient {name} changes nothing: no rank names it" for name in unused]
    return Einsum(_name(shape), bounds, tuple(tensors), tuple(notes))


_SHAPE = {"name", "dimensions", "coefficients", "data_spaces", "flatten", "densities", "commonDensity"}


def _check_version(problem: Mapping[str, Any]) -> None:
    version = problem.get("version", VERSIONS[-1])
    if str(version) not in VERSIONS or isinstance(version, bool):
        raise FlatError("unsupported version", path="problem.version", value=version, expected=VERSIONS)


def _passed_over(section: Mapping[str, Any], known: set[str], path: str) -> list[str]:
    return [f"{path}.{key} changes nothing: Timeloop does not read it" for key in section if key not in known]


def _name(shape: Mapping[str, Any]) -> str:
    name = shape.get("name", "operator")
    if isinstance(name, (dict, list)) or name is None:
        raise FlatError("a name must be one word", path="problem.shape.name", value=name)
    return str(name)


def _dimensions(shape: Mapping[str, Any], path: str) -> tuple[str, ...]:
    names = _list(shape, "dimensions", path)
    for i, name in enumerate(names):
        if not isinstance(name, str) or len(name) != 1:
            raise FlatError(
                "Timeloop needs dimension names of one letter", path=f"{path}.dimensions[{i}]", value=name
            )
        if name in names[:i]:
            raise FlatError("a dimension is listed twice", path=f"{path}.dimensions[{i}]", value=name)
    return tuple(names)


def _size(instance: Mapping[str, Any], dimension: str, path: str, value: Value) -> int:
    size = value(instance.get(dimension), f"{path}.{dimension}")
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise FlatError(
            "a dimension's size must be a positive whole number",
            path=f"{path}.{dimension}",
            value="nothing" if size is None else size,
            expected="1 or more",
        )
    return size


def _coefficients(
    shape: Mapping[str, Any], instance: Mapping[str, Any], place: str, value: Value
) -> dict[str, int]:
    """Name -> coefficient: the instance's, or else the default."""
    listed = shape.get("coefficients") or []
    if not isinstance(listed, list):
        raise FlatError("not a list", path="problem.shape.coefficients", value=listed)
    found: dict[str, int] = {}
    for i, entry in enumerate(listed):
        path = f"problem.shape.coefficients[{i}]"
        if not isinstance(entry, Mapping) or set(entry) != {"name", "default"}:
            raise FlatError("a coefficient needs a name and a default", path=path, value=entry)
        name = str(entry["name"])
        if name in found:
            raise FlatError("a coefficient is listed twice", path=f"{path}.name", value=name)
        given, where = entry["default"], f"{path}.default"
        if name in instance:
            given, where = instance[name], f"{place}.{name}"
        number = value(given, where)
        if isinstance(number, bool) or not isinstance(number, int) or not -(1 << 31) <= number < 1 << 31:
            raise FlatError(
                "a coefficient must be a whole number of 32 bits",
                path=where,
                value=number,
                expected="such as 2",
            )
        found[name] = number
    return found


def _tensor(space: Any, path: str, names: Names, sizes: Mapping[str, int], notes: list[str]) -> Tensor:
    if not isinstance(space, Mapping) or "name" not in space:
        raise FlatError("a data space needs a name and a projection", path=path, value=space)
    space = _underscored(space, path)
    notes += _passed_over(space, {"name", "projection", "read_write", "ranks"}, path)
    projection = _list(space, "projection", path)
    ranks = read_ranks(projection, names, f"{path}.projection")
    if "ranks" in space and (not isinstance(space["ranks"], list) or len(space["ranks"]) != len(ranks)):
        raise FlatError("one name for each rank", path=f"{path}.ranks", value=space["ranks"])
    output = _flag(space.get("read_write", False), f"{path}.read_write")
    return Tensor.of_ranks(str(space["name"]), simplified(ranks, sizes), output)


def _flag(value: Any, path: str) -> bool:
    text = value if isinstance(value, str) else ""
    if isinstance(value, bool) or value is None:
        return bool(value)
    if text.lower() in _YES + _NO and text in (text.lower(), text.upper(), text.capitalize()):
        return text.lower() in _YES
    raise FlatError("neither true nor false", path=path, value=value, expected="True or False")


def _check_tensors(tensors: list[Tensor], path: str) -> None:
    names = [tensor.name for tensor in tensors]
    if len(set(names)) != len(names):
        raise FlatError("two data spaces have the same name", path=path, value=names)
    outputs = [tensor.name for tensor in tensors if tensor.output]
    if len(outputs) != 1:
        raise FlatError("an einsum has exactly one output (read_write: True)", path=path, value=outputs)


def _underscored(section: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The section with the hyphenated keys that Timeloop replaces under their own names."""
    for hyphens, name in _HYPHENS.items():
        if hyphens in section and name in section:
            raise FlatError("given in two spellings", path=f"{path}.{hyphens}", expected=f"{name} alone")
    return {_HYPHENS.get(key, key): value for key, value in section.items()}


def _mapping(parent: Any, key: str, path: str) -> Mapping[str, Any]:
    if isinstance(parent, Mapping) and key not in parent:
        raise missing(key, parent, path)
    value = parent.get(key) if isinstance(parent, Mapping) else None
    if not isinstance(value, Mapping):
        raise FlatError(f"{key} is missing or not a mapping", path=path or None, value=value)
    return _underscored(value, f"{path}.{key}" if path else key)


def _list(parent: Mapping[str, Any], key: str, path: str) -> list[Any]:
    if key not in parent:
        raise missing(key, parent, path)
    value = parent[key]
    if not isinstance(value, list) or not value:
        raise FlatError(f"{key} is missing or not a list", path=path, value=value)
    return value
