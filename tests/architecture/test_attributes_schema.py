"""The schema of architecture files knows the vocabulary of their reader, and says what each word means."""

from __future__ import annotations

from typing import Any

import pytest

from flat_plugin.architecture.attributes_schema import architecture_schema
from flat_plugin.architecture.vocabulary import COMPUTE_KEYS, STORAGE_KEYS, UNSUPPORTED

jsonschema = pytest.importorskip("jsonschema")

SCHEMA = architecture_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def attributes_of(part: str) -> dict[str, Any]:
    properties: dict[str, Any] = SCHEMA["$defs"][part]["properties"]
    return properties


def chip(*local: dict[str, Any], **node: Any) -> dict[str, Any]:
    return {"architecture": {"version": 0.4, "subtree": [{"name": "chip", "local": list(local), **node}]}}


def buffer(**attributes: Any) -> dict[str, Any]:
    return chip({"name": "Buffer", "class": "SRAM", "attributes": attributes})


def test_every_attribute_that_is_read_has_a_meaning() -> None:
    known = attributes_of("attributes")
    assert all("description" in known[name] for name in {*STORAGE_KEYS, *COMPUTE_KEYS})
    assert known["sizeKB"]["description"] == "size of an instance, 1024 bytes"


def test_what_must_change_nothing_may_only_do_so() -> None:
    known = attributes_of("attributes")
    assert known["min_utilization"] == {"enum": [None, 0]}
    assert known["reduction_supported"] == {"enum": [None, True]}
    assert set(UNSUPPORTED) - set(known) == {"power_gated_at"}


@pytest.mark.parametrize(
    "document",
    [
        buffer(depth=8, datawidth="16", n_banks=4, of_ones_own=1),
        buffer(min_utilization=0, has_power_gating=None),
        chip({"name": "MAC", "class": "intmac"}, {"name": "V", "class": "softmax_unit", "enabled": "True"}),
        chip(attributes={"technology": "45nm", "tensor_bits": {"K": 8}}),
        chip(attributes={"tensor_bits": "K=8"}),
        chip(attributes=None, local=None, subtree=[{"name": "PE[1..4]", "local": []}]),
        {"architecture": {"version": 0.4, "nodes": [{"name": "DRAM"}]}},
        {"architecture": {"version": 0.4, "name": "mine"}, "variables": {}},
    ],
)
def test_files_that_are_read_are_valid(document: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"architecture": {"local": []}},
        {"architecture": {"subtree": []}},
        {"architecture": {"nodes": []}},
        {"architecture": {"subtree": [{"name": "a"}, {"name": "b"}]}},
        chip(subtree=[{"name": "a"}, {"name": "b"}]),
        chip(subtree=[{"local": []}]),
        chip(nodes=[]),
        chip({"name": "Buffer"}),
        chip({"class": "SRAM"}),
        chip({"name": "Buffer", "class": 3}),
        chip({"name": "Buffer", "class": "SRAM", "enabled": False}),
        chip(attributes=3),
        chip(attributes={"tensor_bits": {"X": 8}}),
        chip(attributes={"tensor_bits": [8]}),
        buffer(min_utilization=0.5),
        buffer(reduction_supported=False),
    ],
    ids=str,
)
def test_files_that_no_reader_takes_are_not(document: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(document)
