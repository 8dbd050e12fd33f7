"""The dense problems that a mask makes of a layer, one by one: for programs that evaluate nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.mapping_batch import mapping_of
from flat_plugin.model.masked import Masked
from flat_plugin.model.shortened_nests import cut_batch
from flat_plugin.workload.einsum import Einsum

MOST = 256  # problems that are written one by one


@dataclass(frozen=True)
class Problem:
    """Both operators of a dense layer with their mappings; it comes ``times`` times.

    ``name`` is ``64x128`` of rows and keys, and empty where the problem is the whole layer.
    """

    name: str
    operators: tuple[tuple[Einsum, OperatorMapping], ...]
    rows: int
    keys: int
    times: int


def problems_of(layer: Masked) -> list[Problem]:
    """The dense problems of a layer's iterations; the whole layer where that is one.

    Raises:
        FlatError: there are more than 256.
    """
    widest = layer.widest
    if layer.kinds is None:
        operators = tuple((einsum, layer.mapping[einsum.name]) for einsum in widest.einsums())
        return [Problem("", operators, widest.queries, widest.keys, 1)]
    times: dict[tuple[int, int], int] = {}
    columns = (layer.kinds.rows, layer.kinds.keys, layer.kinds.times)
    for rows, keys, count in zip(*(column.tolist() for column in columns), strict=True):
        times[rows, keys] = times.get((rows, keys), 0) + count
    if len(times) > MOST:
        raise FlatError(
            "more kinds of iterations than are written one by one",
            path="mask",
            value=len(times),
            expected=f"at most {MOST}: taller tiles of rows, or skip none",
        )
    return [_problem(layer, rows, keys, count) for (rows, keys), count in times.items()]


def _problem(layer: Masked, rows: int, keys: int, times: int) -> Problem:
    sizes = {"M": rows, "N": keys, "G": layer.attention.group // layer.split.passes}
    operators = []
    for einsum in layer.widest.einsums():
        own = replace(einsum, bounds=tuple((d, sizes.get(d, size)) for d, size in einsum.bounds))
        lengths = {d: np.array([size]) for d, size in sizes.items() if d in einsum.dimensions}
        batch = cut_batch(einsum, layer.architecture, layer.mapping[einsum.name], lengths)
        operators.append((own, mapping_of(replace(batch, einsum=own, lengths={}), 0)))
    return Problem(f"{rows}x{keys}", tuple(operators), rows, keys, times)
