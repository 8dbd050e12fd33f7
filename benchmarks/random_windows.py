"""Random convolutions as Timeloop files, from a seed: windows, strides, dilations, imperfect factors.

More of what overlaps than ``random_timeloop`` has: ranks of three dimensions, negative coefficients, outputs
that are windows, neighbours that hand their inputs on.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import prod
from typing import Any

Case = dict[str, Any]
Slots = list[tuple[int, int]]  # a dimension's trips and those of the last turn, innermost first

SHAPES: dict[str, tuple[str, dict[str, list[list[str]]]]] = {
    # name -> dimensions; data spaces by rank, each a sum of "P" or "P*Stride"; the last is the output
    "conv1d": ("RPKC", {"W": [["K"], ["C"], ["R"]], "I": [["C"], ["R", "P"]], "O": [["K"], ["P"]]}),
    "strided": (
        "RPK",
        {"W": [["K"], ["R"]], "I": [["R*Dilation", "P*Stride"]], "O": [["K"], ["P"]]},
    ),
    "cnn": (
        "RSPQCKN",
        {
            "W": [["C"], ["K"], ["R"], ["S"]],
            "I": [["N"], ["C"], ["R*Dilation", "P*Stride"], ["S*Dilation", "Q*Stride"]],
            "O": [["N"], ["K"], ["Q"], ["P"]],
        },
    ),
    "depthwise": (
        "RSPQC",
        {
            "W": [["C"], ["R"], ["S"]],
            "I": [["C"], ["R*Dilation", "P*Stride"], ["S", "Q"]],
            "O": [["C"], ["P"], ["Q"]],
        },
    ),
    "pooled": ("PRQ", {"I": [["P*Stride", "R", "Q*Dilation"]], "O": [["P"], ["Q"]]}),
    "stride alone": ("PKC", {"W": [["K"], ["C"]], "I": [["P*Stride"], ["C"]], "O": [["K"], ["P"]]}),
    "diagonal": ("MKN", {"A": [["M"], ["M", "K"]], "B": [["K"], ["N"]], "Z": [["M"], ["N"]]}),
    "output sum": ("RPK", {"W": [["K"], ["R"]], "I": [["P"], ["K"]], "O": [["R", "P*Stride"]]}),
    "backwards": ("RPK", {"W": [["K"], ["R"]], "I": [["P", "R*Minus"]], "O": [["K"], ["P"]]}),
}


def cases(seed: int, count: int) -> Iterator[Case]:
    """``architecture``, ``problem``, ``mapping`` and ``ERT``."""
    for number in range(count):
        case = make_case(random.Random(f"{seed}-{number}"))
        yield {"name": f"windows-{seed}-{number}", "arch_name": "windows", **case}


def make_case(rng: random.Random) -> Case:
    """Architecture, energies, problem and mapping, as the files of the programs hold them."""
    name = rng.choice(list(SHAPES))
    dimensions, spaces = SHAPES[name]
    problem = make_problem(rng, name, dimensions, spaces)
    levels = rng.randint(1, 4)
    imperfect = rng.random() < 0.4
    slots = {d: list(factors(rng, problem["instance"][d], 2 * levels, imperfect)) for d in dimensions}
    if name == "cnn" or rng.random() < 0.5:  # larger problems keep their arrays small
        slots = {d: fewer_across(s) for d, s in slots.items()}
    if levels > 1 and {"P", "R"} <= set(dimensions) and rng.random() < 0.3:
        slots |= sliding(problem["instance"], levels, rng.randrange(1, levels))
    names = ["DRAM", "L2", "Buffer", "Registers"][:1] + rng.sample(["L2", "Buffer", "Registers"], levels - 1)
    mapping: list[Case] = []
    fanouts = []
    for n, level in enumerate(names):
        place = 2 * (levels - 1 - n)
        order = rng.sample(dimensions, len(dimensions))
        mapping.append(directive(level, "temporal", order, {d: slots[d][place + 1] for d in dimensions}))
        order, split = rng.sample(dimensions, len(dimensions)), rng.randint(0, len(dimensions))
        across = {d: slots[d][place] for d in dimensions}
        used = [prod(across[d][0] for d in part) for part in (order[:split], order[split:])]
        fanouts.append(tuple(n * rng.choice([1, 1, 1, 2]) for n in used))
        if fanouts[-1] != (1, 1):
            mapping.append(directive(level, "spatial", order, across) | {"split": split})
        kept = [space for space in spaces if level == "DRAM" or rng.random() < 0.75]
        mapping.append(
            {
                "target": level,
                "type": "datatype",
                "keep": kept,
                "bypass": [s for s in spaces if s not in kept],
            }
        )
    return {
        **make_architecture(rng, names, fanouts),
        "problem": problem,
        "mapping": mapping,
    }


def make_problem(rng: random.Random, name: str, dimensions: str, spaces: dict[str, list[list[str]]]) -> Case:
    small, large = ([1, 2, 3, 4, 5, 7], [1, 2, 4, 6, 7, 8, 12, 14, 16, 28])
    instance = {d: rng.choice(small if d in "RSN" else large) for d in dimensions}
    used = sorted(
        {term.split("*")[1] for ranks in spaces.values() for r in ranks for term in r if "*" in term}
    )
    coefficients = [{"name": c, "default": -1 if c == "Minus" else rng.randint(1, 3)} for c in used]
    listed = [
        {"name": space, "projection": [[term.split("*") for term in rank] for rank in ranks]}
        for space, ranks in spaces.items()
    ]
    listed[-1]["read_write"] = True
    shape = {"name": name.replace(" ", "_"), "dimensions": rng.sample(dimensions, len(dimensions))}
    shape |= {"data_spaces": listed, "coefficients": coefficients}
    return {"version": 0.4, "shape": shape, "instance": instance}


def factors(rng: random.Random, size: int, slots: int, imperfect: bool) -> Iterator[tuple[int, int]]:
    """Trips of each slot, innermost first, that make a size together."""
    left = size
    for slot in range(slots):
        choices = [n for n in range(1, left + 1) if left % n == 0 or (imperfect and slot < slots - 2)]
        trips = left if slot == slots - 1 else rng.choice(choices)
        turns = -(-left // trips)
        yield trips, left - trips * (turns - 1)
        left = turns


def fewer_across(slots: Slots) -> Slots:
    """The same size with the unrolled loops of all levels but one in time."""
    found: Slots = []
    for across, own in zip(slots[::2], slots[1::2], strict=True):
        plain = across[0] == across[1] and own[0] == own[1]
        found += [(1, 1), (across[0] * own[0],) * 2] if plain and across[0] > 4 else [across, own]
    return found


def sliding(instance: dict[str, int], levels: int, level: int) -> dict[str, Slots]:
    """Outputs side by side and the window in time, so that neighbours hand their inputs on."""
    one = [(1, 1)] * (2 * levels)
    across, own = 2 * level, 2 * level + 1
    p, r = (instance["P"],) * 2, (instance["R"],) * 2
    return {"P": [*one[:across], p, *one[across + 1 :]], "R": [*one[:own], r, *one[own + 1 :]]}


def directive(level: str, kind: str, order: list[str], loops: dict[str, tuple[int, int]]) -> Case:
    written = (f"{d}={n}" + (f",{last}" if last != n else "") for d, (n, last) in loops.items())
    return {"target": level, "type": kind, "factors": " ".join(written), "permutation": "".join(order)}


def make_architecture(rng: random.Random, names: list[str], fanouts: list[tuple[int, int]]) -> Case:
    x = y = 1
    local, tables = [], []
    for name, (more_x, more_y) in zip([*names, "MAC"], [*fanouts, (1, 1)], strict=True):
        attributes: Case = {"datawidth": 16, "meshX": x, "meshY": y}
        full = f"{name}[1..{x * y}]" if x * y > 1 else name
        if name == "MAC":
            kind, actions = "intmac", ["compute"]
        else:
            kind, actions = ("DRAM" if name == "DRAM" else "SRAM"), ["read", "write", "update", "leak"]
            attributes |= {"width": 16 * rng.choice([1, 2, 4])}
            if name != "DRAM":
                attributes |= {"depth": rng.choice([1 << 16, 1 << 16, 1 << 16, 4096, 64])}
            if rng.random() < 0.4:
                attributes |= {
                    "read_bandwidth": rng.choice([1, 2, 3.5, 8]),
                    "write_bandwidth": rng.choice([1, 4]),
                }
        local.append({"name": full, "class": kind, "attributes": attributes})
        energies = [{"name": a, "arguments": {}, "energy": round(rng.uniform(0.1, 200), 3)} for a in actions]
        tables.append({"name": f"system.{full}", "actions": energies})
        x, y = x * more_x, y * more_y
    system = {"technology": "45nm", "global_cycle_seconds": 1e-9}
    tree = [{"name": "system", "attributes": system, "local": local}]
    return {"architecture": {"version": 0.4, "subtree": tree}, "ERT": {"version": 0.4, "tables": tables}}
