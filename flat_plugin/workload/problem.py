"""A Timeloop problem document as an :class:`Einsum`; what is not a dense einsum is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.workload.einsum import Einsum, Tensor


def read_problem(document: Mapping[str, Any]) -> Einsum:
    """Read ``problem: {shape, instance}`` (or its content) of Timeloop v0.4.

    Raises:
        FlatError: a rank is not one plain dimension (strides, windows), densities are given,
            a size is missing or not positive, or there is not exactly one output.
    """
    problem = document.get("problem", document)
    shape = _mapping(problem, "shape", "problem")
    instance = _mapping(problem, "instance", "problem")
    if "densities" in instance or "densities" in shape:
        raise FlatError("sparse tensors are not modelled", path="problem.instance.densities", expected="none")
    if shape.get("coefficients"):
        raise FlatError(
            "coefficients (strides, dilations) are not modelled",
            path="problem.shape.coefficients",
            value=shape["coefficients"],
            expected="ranks that are one dimension each",
        )
    dimensions = tuple(str(name) for name in _list(shape, "dimensions", "problem.shape"))
    bounds = tuple((d, _size(instance, d)) for d in dimensions)
    unknown = set(map(str, instance)) - set(dimensions)
    if unknown:
        raise FlatError(
            "unknown dimension",
            path="problem.instance",
            value=sorted(unknown)[0],
            expected="one of " + ", ".join(dimensions),
        )
    spaces = _list(shape, "data_spaces", "problem.shape")
    tensors = tuple(_tensor(space, i, dimensions) for i, space in enumerate(spaces))
    if sum(tensor.output for tensor in tensors) != 1:
        raise FlatError(
            "an einsum has exactly one output (read_write: True)",
            path="problem.shape.data_spaces",
            value=[tensor.name for tensor in tensors if tensor.output],
        )
    return Einsum(str(shape.get("name", "operator")), bounds, tensors)


def _tensor(space: Any, index: int, dimensions: tuple[str, ...]) -> Tensor:
    path = f"problem.shape.data_spaces[{index}]"
    if not isinstance(space, Mapping) or "name" not in space:
        raise FlatError("a data space has a name and a projection", path=path, value=space)
    ranks = []
    for r, rank in enumerate(_list(space, "projection", path)):
        name = _single_dimension(rank)
        if name is None:
            raise FlatError(
                "only ranks that are one dimension are modelled, not strided or windowed ones",
                path=f"{path}.projection[{r}]",
                value=rank,
                expected="[[dimension]]",
            )
        if name not in dimensions:
            raise FlatError(
                "unknown dimension",
                path=f"{path}.projection[{r}]",
                value=name,
                expected="one of " + ", ".join(dimensions),
            )
        ranks.append(name)
    if len(set(ranks)) != len(ranks):
        raise FlatError("a dimension indexes two ranks", path=f"{path}.projection", value=ranks)
    return Tensor(str(space["name"]), tuple(ranks), bool(space.get("read_write", False)))


def _single_dimension(rank: Any) -> str | None:
    """``[[D]]`` is dimension D; sums (several terms) and products with coefficients are not."""
    if isinstance(rank, list) and len(rank) == 1:
        term = rank[0]
        if isinstance(term, list) and len(term) == 1 and isinstance(term[0], str):
            return term[0]
    return None


def _size(instance: Mapping[str, Any], dimension: str) -> int:
    value = instance.get(dimension)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise FlatError(
            "a dimension's size must be a positive whole number",
            path=f"problem.instance.{dimension}",
            value="nothing" if value is None else value,
            expected="1 or more",
        )
    return value


def _mapping(parent: Any, key: str, path: str) -> Mapping[str, Any]:
    value = parent.get(key) if isinstance(parent, Mapping) else None
    if not isinstance(value, Mapping):
        raise FlatError(f"{key} is missing or not a mapping", path=path, value=value)
    return value


def _list(parent: Mapping[str, Any], key: str, path: str) -> list[Any]:
    value = parent.get(key)
    if not isinstance(value, list) or not value:
        raise FlatError(f"{key} is missing or not a list", path=path, value=value)
    return value
