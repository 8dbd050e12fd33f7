"""Energy, leakage and area of integer arithmetic at 45 nm: Aladdin's tables as Accelergy reads them.

Figures: Shao et al., "Aladdin", ISCA 2014, as in the tables of Accelergy's Aladdin plug-in, for
32-bit units (a register: 1 bit). Between widths adders and comparators scale linearly, multipliers
quadratically. A unit is built for the clock: a longer cycle lets it be slower and smaller. These
multiplications are on the dear side: 9.55 pJ at 2 ns, where Horowitz (ISSCC 2014) has 3.1 pJ at 45 nm;
additions agree (0.0858 and 0.1 pJ).

Other nodes: Stillmaker and Baas, "Scaling equations for the accurate prediction of CMOS device
performance from 180 nm to 7 nm", Integration 58, 2017: energy as a polynomial of the supply voltage,
here 0.8 V throughout as in Accelergy's library plug-in; area as a table. Linear between nodes. From 7 on
to 5 nm: Yeap et al., "5nm CMOS Production Technology Platform featuring full-fledged EUV", IEDM 2019: 30 %
less power at the same speed, and 1.84 times the density.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, log2

REFERENCE_NM = 45.0
_BITS = 32
_SUPPLY_VOLTS = 0.8
_LEAST_NM, _LEAST_ENERGY, _LEAST_AREA = 5.0, 0.7, 1 / 1.84  # against the smallest node of the table

# Cycle [ns]: energy of an operation [pJ], leakage over the cycle [pJ], area [um^2].
_ADDER = {
    0.5: (0.142, 0.0016, 379.0),
    1.0: (0.21, 0.0023, 278.0),
    2.0: (0.0858, 0.0048, 179.0),
    3.0: (0.0859, 0.0071, 179.0),
    4.0: (0.0857, 0.0095, 179.0),
    5.0: (0.0857, 0.0119, 179.0),
    6.0: (0.0857, 0.0143, 179.0),
    10.0: (0.0853, 0.0238, 179.0),
}
_MULTIPLIER = {
    0.5: (18.94, 0.15, 8340.0),
    1.0: (12.68, 0.08, 6350.0),
    2.0: (9.55, 0.1, 5140.0),
    3.0: (8.8, 0.14, 4970.0),
    4.0: (8.66, 0.19, 4620.0),
    5.0: (8.63, 0.24, 4600.0),
    6.0: (8.63, 0.29, 4600.0),
    10.0: (8.8, 0.48, 4600.0),
}
_COMPARATOR = {
    0.5: (0.03052, 1.37e-05, 71.5),
    1.0: (0.02947, 2.51e-05, 71.0),
    2.0: (0.028966, 4.84e-05, 70.0),
    3.0: (0.02898, 7.27e-05, 70.0),
    4.0: (0.02898, 9.69e-05, 70.0),
    5.0: (0.029015, 0.0001211, 70.0),
    6.0: (0.02898, 0.00014532, 70.0),
    10.0: (0.02898, 0.0002422, 70.0),
}
_REGISTER = {
    1.0: (0.009, 7e-05, 5.98),
    2.0: (0.00901, 0.00015, 5.98),
    3.0: (0.00901, 0.00022, 5.98),
    4.0: (0.009, 0.0003, 5.98),
    5.0: (0.009, 0.00037, 5.98),
    6.0: (0.00901, 0.00044, 5.98),
    10.0: (0.00554, 0.00074, 5.98),
}

# Node [nm]: coefficients of energy = a V^2 + b V + c, and area against 45 nm.
_NODES = {
    130.0: ((7.171, -6.709, 2.904), 6.4),
    90.0: ((4.762, -4.781, 2.092), 2.8),
    65.0: ((3.755, -4.398, 1.975), 1.5),
    45.0: ((1.103, -0.362, 0.2767), 1.0),
    32.0: ((0.9559, -0.7823, 0.471), 0.46),
    20.0: ((0.373, -0.1582, 0.04104), 0.21),
    16.0: ((0.2958, -0.1241, 0.03024), 0.19),
    14.0: ((0.2363, -0.09675, 0.02239), 0.17),
    10.0: ((0.2068, -0.09311, 0.02375), 0.1),
    7.0: ((0.1776, -0.09097, 0.02447), 0.059),
}


@dataclass(frozen=True)
class Part:
    """pJ an operation, pJ of leakage over a cycle, and um^2, of one unit or of several together."""

    energy_pj: float
    leak_pj: float
    area_um2: float

    def __add__(self, other: Part) -> Part:
        return Part(
            self.energy_pj + other.energy_pj, self.leak_pj + other.leak_pj, self.area_um2 + other.area_um2
        )

    def __mul__(self, factor: float) -> Part:
        return Part(self.energy_pj * factor, self.leak_pj * factor, self.area_um2 * factor)

    def at_node(self, nanometres: float) -> Part:
        """The same unit at another node. Leakage is scaled like energy."""
        energy, area = node_scales(nanometres)
        return Part(self.energy_pj * energy, self.leak_pj * energy, self.area_um2 * area)


def adder(bits: float, cycle_seconds: float) -> Part:
    return _part(_ADDER, cycle_seconds) * (bits / _BITS)


def multiplier(bits: float, cycle_seconds: float) -> Part:
    return _part(_MULTIPLIER, cycle_seconds) * (bits / _BITS) ** 2


def comparator(bits: float, cycle_seconds: float) -> Part:
    return _part(_COMPARATOR, cycle_seconds) * (bits / _BITS)


def multiply_accumulate(bits: float, cycle_seconds: float) -> Part:
    """An adder and a multiplier of this width."""
    return adder(bits, cycle_seconds) + multiplier(bits, cycle_seconds)


def register_file(depth: float, cycle_seconds: float) -> Part:
    """A register and, a row, a comparator of the address: whatever the width, as in Accelergy.

    As there, the area of the comparators is that at a cycle of 5 ns, whatever the clock.
    """
    address_bits = ceil(log2(depth))
    addressing = replace(
        comparator(address_bits, cycle_seconds), area_um2=comparator(address_bits, 5e-9).area_um2
    )
    return _part(_REGISTER, cycle_seconds) + addressing * depth


def node_scales(nanometres: float) -> tuple[float, float]:
    """(energy, area) at a node against 45 nm.

    Raises:
        ValueError: the node is not between 5 and 130 nm.
    """
    nodes = sorted(_NODES)
    if not _LEAST_NM <= nanometres <= nodes[-1]:
        raise ValueError(f"no scaling to {nanometres:g} nm: only from {_LEAST_NM:g} to {nodes[-1]:g} nm")
    if nanometres < nodes[0]:
        (energy, area), share = node_scales(nodes[0]), (nodes[0] - nanometres) / (nodes[0] - _LEAST_NM)
        return energy * _LEAST_ENERGY**share, area * _LEAST_AREA**share
    low = max(node for node in nodes if node <= nanometres)
    high = min(node for node in nodes if node >= nanometres)
    share = 0.0 if low == high else (nanometres - low) / (high - low)
    energy = _energy(low) * (1 - share) + _energy(high) * share
    area = _NODES[low][1] * (1 - share) + _NODES[high][1] * share
    return energy / _energy(REFERENCE_NM), area


def nanometres(technology: object) -> float:
    """``"45nm"``, ``45`` and ``45e-9`` are all 45."""
    value = float(str(technology).strip().lower().replace("nm", ""))
    return value * 1e9 if value < 1e-3 else value


def _part(rows: dict[float, tuple[float, float, float]], cycle_seconds: float) -> Part:
    """The unit built for this clock: the row of the next longer cycle; at most 6 or 10 ns."""
    cycle_ns = round(cycle_seconds * 1e9, 6)
    row = 0.5 if cycle_ns <= 0.75 else float(ceil(cycle_ns))
    if row > 6:
        row = 6.0 if row <= 10 else 10.0
    row = max(row, min(rows))
    energy, leak, area = rows[row]
    return Part(energy, leak * cycle_ns / row, area)


def _energy(node: float) -> float:
    a, b, c = _NODES[node][0]
    return a * _SUPPLY_VOLTS**2 + b * _SUPPLY_VOLTS + c
