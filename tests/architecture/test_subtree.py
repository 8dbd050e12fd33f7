"""Timeloop's own spelling: ``subtree`` and ``local``."""

from __future__ import annotations

from typing import Any

import pytest

from flat_plugin.architecture.subtree import as_mapping, system_name, walk_subtree
from flat_plugin.errors import FlatError

BUFFER = {"name": "Buffer", "class": "SRAM", "attributes": {"depth": 8}}


def tree(*local: Any, **node: Any) -> dict[str, Any]:
    return {"version": 0.4, "subtree": [{"name": "chip", "local": list(local), **node}]}


def walked(document: Any) -> list[Any]:
    return list(walk_subtree(document, "architecture"))


def test_subtrees_multiply_and_hand_down_their_attributes() -> None:
    pe = {
        "name": "PE[0..3]",
        "attributes": {"technology": "22nm"},
        "local": [{"name": "R[1..2]", "class": "regfile"}],
    }
    document = {"attributes": {"clock": 1}, **tree(BUFFER, attributes={"technology": "45nm"}, subtree=[pe])}
    buffer, registers = walked(document)
    assert (buffer.name, buffer.kind, buffer.instances) == ("Buffer", "SRAM", 1)
    assert (buffer.own, buffer.inherited) == ({"depth": 8}, {"clock": 1, "technology": "45nm"})
    assert buffer.path == "architecture.subtree[0].local[0]"
    assert (registers.name, registers.instances, registers.mesh) == ("R", 8, None)
    assert (registers.own, registers.inherited) == ({}, {"clock": 1, "technology": "22nm"})
    assert registers.path == "architecture.subtree[0].subtree[0].local[0]"


def test_numbers_are_typed_as_timeloop_reads_them() -> None:
    assert all(component.typed for component in walked(tree(BUFFER)))


def test_attributes_may_stand_beside_the_name() -> None:
    (buffer,) = walked(tree({"name": "Buffer", "class": "SRAM", "depth": 8, "block-size": 2}))
    assert buffer.own == {"depth": 8, "block_size": 2}


@pytest.mark.parametrize("enabled", [True, "True", "true"])
def test_a_component_may_say_that_it_is_there(enabled: object) -> None:
    assert len(walked(tree({**BUFFER, "enabled": enabled}))) == 1


def test_a_node_needs_no_components() -> None:
    assert (
        walked({"subtree": [{"name": "chip"}]}) == walked({"subtree": [{"name": "a", "local": None}]}) == []
    )


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"local": [], "subtree": []}, "architecture.local: Timeloop ignores components here"),
        ({"subtree": []}, "architecture.subtree: not one branch .got 0."),
        ({"subtree": [{}, {}]}, "architecture.subtree: not one branch .got 2."),
        ({"subtree": {"name": "chip"}}, "architecture.subtree: not one branch .*expected a list of one"),
        ({"subtree": ["chip"]}, r"architecture.subtree\[0\]: not a mapping"),
        ({"subtree": [{"name": "chip[2]"}]}, r"architecture.subtree\[0\].name: bad name"),
        ({**tree(BUFFER), "netlist": 1}, "architecture: unknown key .got 'netlist'.; expected attributes, "),
        (tree(BUFFER, nodes=[]), r"architecture.subtree\[0\]: unknown key .got 'nodes'."),
        (tree("Buffer"), r"local\[0\]: not a mapping"),
        (tree(local=3), r"subtree\[0\].local: not a list .got 3."),
        (tree({"name": "X"}), r"local\[0\]: X: class is missing; expected .*such as SRAM"),
        (tree({**BUFFER, "depth": 8}), r"local\[0\]: unknown key .got 'depth'."),
        (tree(BUFFER, {**BUFFER, "enabled": False}), r"local\[1\].enabled: Timeloop counts a disabled"),
        (tree({**BUFFER, "attributes": 3}), r"local\[0\].attributes: attributes must be a mapping"),
    ],
)
def test_what_is_no_chain_of_components(document: dict[str, Any], said: str) -> None:
    with pytest.raises(FlatError, match=said):
        walked(document)


@pytest.mark.parametrize(
    ("document", "name"),
    [
        (tree(BUFFER), "chip"),
        ({"subtree": [{"name": "chip[1..2]"}]}, "chip"),
        ({"nodes": [{"name": "top"}]}, "top"),
        ({"nodes": [{"name": "DRAM", "class": "DRAM"}]}, "system"),  # a component has no system
        ({"subtree": []}, "system"),
        ({}, "system"),
    ],
)
def test_the_system_is_the_outermost_node(document: dict[str, Any], name: str) -> None:
    assert system_name(document) == name


def test_a_mapping_is_itself() -> None:
    assert as_mapping(BUFFER, "here") is BUFFER
    with pytest.raises(FlatError, match="here: not a mapping .got 3.; expected keys and values"):
        as_mapping(3, "here")
