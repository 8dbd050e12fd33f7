"""Peak power and leakage of a chip, by hand."""

from dataclasses import replace
from math import inf

import pytest

import flat_plugin as flat
from flat_plugin.architecture.energy_table import ComponentEnergy
from flat_plugin.exploration.power import leak_watts, peak_watts

EDGE = flat.find_architecture("edge")
GHZ = replace(EDGE, cycle_seconds=1e-9)
PLAIN = {"shared_bandwidth": inf, "block_size": 1}


def test_every_instance_leaks_whether_it_is_used_or_not() -> None:
    each = ComponentEnergy({"leak": 2.0})
    assert leak_watts(EDGE.compute, each, 1e-9) == pytest.approx(2e-3 * EDGE.compute.instances)


def test_all_units_compute_at_once() -> None:
    energy = ComponentEnergy({"compute": 3.0, "leak": 100.0})
    assert peak_watts(GHZ.compute, energy, GHZ) == pytest.approx(3e-3 * GHZ.compute.instances)


def test_a_memory_serves_its_ports_at_full_rate() -> None:
    memory = replace(GHZ.memories[1], read_bandwidth=8.0, write_bandwidth=4.0, **PLAIN)
    energy = ComponentEnergy({"read": 5.0, "write": 6.0, "update": 7.0})
    assert peak_watts(memory, energy, GHZ) == pytest.approx((8 * 5 + 4 * 7) * 1e-3)


def test_without_ports_it_serves_what_the_array_asks_for() -> None:
    energy = ComponentEnergy({"read": 1.0})
    memory = replace(GHZ.memories[1], read_bandwidth=inf, write_bandwidth=inf, **PLAIN)
    assert peak_watts(memory, energy, GHZ) == pytest.approx(3e-3 * GHZ.compute.instances)
