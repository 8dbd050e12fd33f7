"""Attributes of components that change no count, cycle or capacity, and the notes on all others
that nothing here reads."""

from __future__ import annotations

from collections.abc import Iterator

from flat_plugin.architecture.component import Component
from flat_plugin.wording import meant

# Attribute -> why it changes nothing but what an estimator of energy and area makes of it.
ESTIMATED = {
    "type": "the kind of a DRAM, for its energy",
    "technology": "the process, for energies and areas",
    "tech_node": "the same under an older name",
    "voltage": "for energies",
    "width": "of a compute unit, for its energy and area",
    "cycle_seconds": "the clock, for leakage; global_cycle_seconds is what times are made of",
    "global_cycle_seconds": "read for the whole system",
    "n_banks": "banks of an SRAM, for its energy; Timeloop's own model alone would use it otherwise",
    "num_banks": "the same",
    "n_rd_ports": "ports of an SRAM, for its energy: bandwidths say what passes in a cycle",
    "n_wr_ports": "the same",
    "n_rdwr_ports": "the same",
    "n_rw_ports": "the same",
    "n_buffets": "sub-buffers of a smart buffer, for its energy",
    "n_bits": "width of a primitive component, for its energy",
    "width_a": "width of an operand, for the energy of arithmetic",
    "width_b": "the same",
    "multiplier_width": "the same",
    "adder_width": "the same",
    "datawidth_a": "the same",
    "datawidth_b": "the same",
    "exponent": "bits of a floating point number, for the energy of arithmetic",
    "mantissa": "the same",
    "precision": "the same",
    "num_pipeline_stages": "for the energy of arithmetic",
    "latency": "of an SRAM, for its energy",
    "action_latency_cycles": "how long an action leaks, for energies",
    "n_instances": "which Accelergy writes; energies are per instance",
    "area_scale": "scales what an estimator says",
    "energy_scale": "the same",
    "version": "the version of a file, which the front end copies into components",
    "name": "a name",
    "comment": "a comment",
}
# Of a softmax unit, which only this package and its plug-in read.
TOPK_KEYS = frozenset(("lanes", "energy_pj", "datawidth"))
SOFTMAX_KEYS = frozenset(("lanes", "passes", "energy_pj", "datawidth", "instances", "meshX", "meshY"))


def unread_notes(component: Component, keys: frozenset[str], inert: frozenset[str]) -> Iterator[str]:
    """A line for what a component says and nothing here reads, and one for each attribute that is given
    under two names.

    Args:
        keys: what is read of this kind of component.
        inert: attributes that are refused unless they change nothing.
    """
    unknown = [key for key in component.own if key not in keys and key not in inert and key not in ESTIMATED]
    if unknown:
        known = [key for key in (*keys, *ESTIMATED) if key not in ("name", "type")]
        near = {key: meant(key, known) for key in unknown}
        names = ", ".join(f"{key} (meant {near[key]}?)" if near[key] else key for key in unknown)
        yield f"{component.name}: only an energy estimator could read {names}"


def old_names(component: Component) -> Iterator[str]:
    """Names of Timeloop's first files that still mean something, but not what they say."""
    if component.own.get("bandwidth") is None:
        return
    rest = [key for key in ("read_bandwidth", "write_bandwidth") if component.own.get(key) is None]
    ports = " and ".join(key.partition("_")[0] + "s" for key in rest)
    taken = f"half of it for {ports}{' each' if len(rest) > 1 else ''}"
    beside = "nothing, beside read_bandwidth and write_bandwidth"
    yield f"{component.name}: bandwidth is an old name, which Timeloop reads as {taken if rest else beside}"


def second_names(component: Component, groups: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    """Attributes that are given under several names with several values; Timeloop takes the first."""
    for group in groups:
        given = [key for key in group if component.own.get(key) is not None]
        for other in given[1:]:
            if component.own[other] != component.own[given[0]]:
                yield f"{component.name}: {other} is ignored beside {given[0]}, as in Timeloop"
