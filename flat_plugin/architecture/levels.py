"""Components to memories, compute units and the softmax unit, as Timeloop reads them."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, inf

from flat_plugin.architecture.component import Component
from flat_plugin.architecture.hardware import SOFTMAX_PASSES, Compute, Memory, SoftmaxUnit, TopkUnit
from flat_plugin.architecture.vocabulary import (
    BLOCK_SIZE,
    DEPTH,
    LAYOUT,
    PORTS,
    WIDTH,
    WORD_BITS,
)
from flat_plugin.wording import counted

DEFAULT_WORD_BITS = 16


def read_memory(component: Component) -> Memory:
    """A storage level. Sizes in words, bandwidths in words/cycle and per instance."""
    word_bits = component.integer(*WORD_BITS) or DEFAULT_WORD_BITS
    block_size, cluster_size = _row(component, word_bits)
    buffering = component.number("multiple_buffering") or 1.0
    size = _size(component, word_bits, block_size)
    instances, mesh_x, mesh_y = layout(component)
    _check_memory(component, size, instances, cluster_size)
    half = (component.number("bandwidth") or inf) / 2
    return Memory(
        name=component.name,
        kind=component.kind,
        word_bits=word_bits,
        block_size=block_size,
        cluster_size=cluster_size,
        capacity=inf if size is None else floor(size / buffering),
        multiple_buffering=buffering,
        instances=instances,
        mesh_x=mesh_x,
        mesh_y=mesh_y,
        read_bandwidth=component.number("read_bandwidth") or half,
        write_bandwidth=component.number("write_bandwidth") or half,
        shared_bandwidth=component.number("shared_bandwidth") or inf,
        network_latency=(component.integer("network_fill_latency", least=0) or 0)
        + (component.integer("network_drain_latency", least=0) or 0),
        arrays=component.arrays,
        attributes=component.attributes,
    )


def _check_memory(component: Component, size: int | None, instances: int, cluster_size: int) -> None:
    """What Timeloop stops at."""
    if component.integer(*PORTS) not in (None, 1, 2):
        key = str(component.first(*PORTS))
        raise component.error(f"bad {key}", key, component.own[key], "1 or 2")
    unbounded = "DRAM" in component.kind or component.own.get("technology") == "DRAM"
    if size is None and not unbounded:
        expected = "depth, entries or sizeKB"
        raise component.error("a memory that is not a DRAM needs a size", "depth", None, expected)
    if instances % cluster_size:
        raise component.error(
            f"{counted(instances, 'instance')} cannot be put into clusters of that size",
            component.first("cluster_size", *WIDTH) or "width",
            cluster_size,
            f"a row of one cluster, or a multiple of {cluster_size} instances",
        )


def read_compute(component: Component) -> Compute:
    """The arithmetic units."""
    instances, mesh_x, mesh_y = layout(component)
    return Compute(
        name=component.name,
        kind=component.kind,
        word_bits=component.integer("word_bits", "datawidth") or DEFAULT_WORD_BITS,
        instances=instances,
        mesh_x=mesh_x,
        mesh_y=mesh_y,
        arrays=component.arrays,
        attributes=component.attributes,
    )


def read_softmax(component: Component, memories: Sequence[Memory] = ()) -> SoftmaxUnit:
    """The softmax unit, or one a core: our own class, which Timeloop passes over.

    Args:
        memories: those that the document lists before it, outermost first. The unit is beside the
            innermost of them that has no more instances, and laid out as it is if they are as many.
    """
    lanes = component.integer("lanes")
    if lanes is None:
        raise component.error("lanes is missing", "lanes", None, "elementary operations per cycle")
    _check_spelling(component, {"lanes", "passes", "energy_pj", *LAYOUT})
    passes = component.integer("passes") or 3
    if passes not in SOFTMAX_PASSES:
        raise component.error("a softmax with this many passes is not modelled", "passes", passes, "2 or 3")
    instances, mesh_x, mesh_y = layout(component)
    beside = next((memory for memory in reversed(memories[1:]) if memory.instances <= instances), None)
    own_mesh = component.first("meshX", "meshY") or component.mesh
    if beside and beside.instances == instances and not own_mesh:
        mesh_x, mesh_y = beside.mesh_x, beside.mesh_y
    return SoftmaxUnit(
        lanes=lanes,
        name=component.name,
        passes=passes,
        energy_pj=component.number("energy_pj") or 0.0,
        instances=instances,
        mesh_x=mesh_x,
        mesh_y=mesh_y,
        memory=beside.name if beside else None,
        attributes=component.attributes,
    )


def read_topk(component: Component) -> TopkUnit:
    """The top-k unit: our own class, which Timeloop passes over.

    Raises:
        FlatError: it has no lanes, or there are several of it.
    """
    lanes = component.integer("lanes")
    if lanes is None:
        raise component.error("lanes is missing", "lanes", None, "comparisons per cycle")
    _check_spelling(component, {"lanes", "energy_pj", "datawidth", *LAYOUT})
    instances = layout(component)[0]
    if instances != 1:
        raise component.error("there is one top-k unit", "instances", instances, "1, with all lanes")
    energy = component.number("energy_pj") or 0.0
    return TopkUnit(lanes, component.name, energy, component.attributes)


def _check_spelling(component: Component, known: set[str]) -> None:
    """Raise for an attribute in other letters."""
    for key in component.own:
        meant = next((name for name in known if name.lower() == key.lower()), key)
        if meant != key:
            raise component.error(f"unknown attribute {key}", key, component.own[key], meant)


def layout(component: Component) -> tuple[int, int, int]:
    """(instances, mesh x, mesh y): what is not given follows from the rest; y is 1 by default."""
    given = component.integer("instances")
    instances = given or component.instances
    mesh_x, mesh_y = component.integer("meshX"), component.integer("meshY")
    if mesh_x is None and mesh_y is None:
        if component.mesh is not None and given is None:
            return instances, *component.mesh
        return instances, instances, 1
    known = mesh_x or mesh_y or 1
    x = mesh_x or instances // known
    y = mesh_y or instances // known
    if x * y != instances:
        key = "meshX" if mesh_x else "meshY"
        raise component.error(
            f"meshX {mesh_x or '?'} × meshY {mesh_y or '?'} does not make {instances} instances",
            key,
            component.own[key],
            "meshX × meshY equal to the number of instances",
        )
    return instances, x, y


def _row(component: Component, word_bits: int) -> tuple[int, int]:
    """(block size, cluster size) in words; a row of ``width`` bits holds their product."""
    block, cluster = component.integer(*BLOCK_SIZE), component.integer("cluster_size")
    width = component.integer(*WIDTH)
    if width is not None:
        exact = block is not None and cluster is not None
        unit = word_bits * (block or 1) * ((cluster or 1) if exact else 1)
        row = width // word_bits
        if width % unit or (exact and width != unit) or row < (cluster or 1):
            key = component.first(*WIDTH) or "width"
            words = f"{word_bits} bits × block {block or 1} × cluster {cluster or 1}"
            expected = f"{unit} ({words})" if exact else f"a multiple of {unit} ({words})"
            raise component.error(f"bad {key}", key, component.own[key], expected)
        block, cluster = block or row // (cluster or 1), cluster or (row // block if block else 1)
    if "DRAM" in component.kind and (cluster or 1) != 1:
        raise component.error("a DRAM has no clusters", "cluster_size", cluster, "1")
    return block or 1, cluster or 1


def _size(component: Component, word_bits: int, block_size: int) -> int | None:
    """Words of one instance before multiple buffering; None is unbounded."""
    depth_key = component.first(*DEPTH)
    keys = [key for key in ("entries", depth_key, "sizeKB") if key and component.first(key)]
    if "sizeKB" in keys[1:]:
        raise component.error(
            f"both {keys[0]} and sizeKB are given", "sizeKB", component.own["sizeKB"], "one"
        )
    if (entries := component.integer("entries", least=0)) is not None:
        return entries
    if (depth := component.integer(*DEPTH, least=0)) is not None:
        return depth * block_size
    if (kilobytes := component.integer("sizeKB", least=0)) is not None:
        return kilobytes * 1024 * 8 // word_bits
    return None
