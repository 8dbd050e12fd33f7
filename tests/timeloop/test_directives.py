"""Factors, permutations and splits of directives."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from random_mappings import DIMENSIONS, KINDS, array_of_two_fanouts, mappings

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapping.read import read_mapping
from flat_plugin.timeloop.directives import directive_documents, mapping_directives
from flat_plugin.timeloop.emit import mapping_document
from flat_plugin.workload.einsum import Einsum


def change(mapping: OperatorMapping, index: int, /, **values: object) -> OperatorMapping:
    levels = list(mapping.levels)
    levels[index] = replace(levels[index], **values)  # type: ignore[arg-type]
    return OperatorMapping(tuple(levels))


@pytest.mark.parametrize(
    ("level", "values", "message"),
    [
        (0, {"temporal": (("M", 4), ("H", 12))}, r"dimension M multiply to 256 .*512"),
        (0, {"temporal": (("M", 8), ("H", 12), ("M", 1))}, "two loops .*'M'"),
        (0, {"temporal": (("Z", 8),)}, "unknown dimension .*'Z'"),
        (0, {"temporal": (("M", 0),)}, "bad factor of M"),
        (0, {"bypass": frozenset({"P"})}, "unknown tensor .*'P'"),
        (0, {"temporal": (("H", 12),), "spatial_x": (("M", 8),)}, "DRAM has no fan-out"),
        (0, {"level": "HBM"}, "levels are not the architecture's memories"),
        (
            1,
            {"spatial_x": (("M", 4),), "spatial_y": (("M", 8), ("N", 32))},
            "dimension M is unrolled on both X and Y",
        ),
    ],
)
def test_refused(
    logit: Einsum,
    edge: Architecture,
    row_tiles: OperatorMapping,
    level: int,
    values: dict[str, object],
    message: str,
) -> None:
    with pytest.raises(FlatError, match=message):
        mapping_document(logit, edge, change(row_tiles, level, **values))


def test_a_dimension_of_one_on_the_other_axis(
    logit: Einsum, edge: Architecture, row_tiles: OperatorMapping
) -> None:
    both = change(row_tiles, 1, spatial_x=(("N", 1), ("M", 32)), spatial_y=(("M", 1), ("N", 32)))
    directive = mapping_document(logit, edge, both)["mapping"][2]
    assert directive["permutation"] == "MNBHD"
    assert directive["split"] == 1


def test_nothing_on_x(logit: Einsum, edge: Architecture, row_tiles: OperatorMapping) -> None:
    mapping = change(row_tiles, 1, spatial_x=(), spatial_y=(("M", 32), ("N", 32)))
    directive = mapping_document(logit, edge, mapping)["mapping"][2]
    assert (directive["permutation"], directive["split"]) == ("MNBHD", 0)


@given(mappings())
def test_reads_back(case: tuple[Einsum, OperatorMapping]) -> None:
    einsum, mapping = case
    architecture = array_of_two_fanouts()
    document = mapping_document(einsum, architecture, mapping)
    products = dict.fromkeys(einsum.dimensions, 1)
    for directive in document["mapping"]:
        if "factors" in directive:
            assert sorted(directive["permutation"]) == sorted(DIMENSIONS)
            for pair in directive["factors"].split():
                dimension, _, factor = pair.partition("=")
                products[dimension] *= int(factor)
    assert products == einsum.sizes
    assert used_loops(read_mapping(document, einsum, architecture)) == used_loops(mapping)


def used_loops(mapping: OperatorMapping) -> list[object]:
    return [
        [tuple((d, f) for d, f in getattr(level, kind) if f > 1) for kind in KINDS] + [level.bypass]
        for level in mapping.levels
    ]


def test_documents_without_templates_say_the_same(
    edge: Architecture, row_tiles: OperatorMapping, logit: Einsum
) -> None:
    documents = directive_documents(mapping_directives(logit, edge, row_tiles))
    assert {"mapping": documents} == mapping_document(logit, edge, row_tiles)
