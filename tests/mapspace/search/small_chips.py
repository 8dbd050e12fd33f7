"""Small hierarchies, and mappings of them at random; neither shares code with the search."""

from dataclasses import replace

from flat_plugin.architecture import (
    Architecture,
    ComponentEnergy,
    Compute,
    EnergyTable,
    Memory,
    SoftmaxUnit,
)
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.mapping_batch import check_mapping

DRAM = Memory("DRAM", "DRAM", 16, block_size=4, shared_bandwidth=4.0)
GLB = Memory("GLB", "SRAM", 16, block_size=4, shared_bandwidth=16.0)


def chip(kind, rng):
    """An architecture and energies; the sizes of its memories are drawn."""
    small, large = rng.choice([40, 90, 200]), rng.choice([100, 200, 400])
    words, x, y = rng.choice([1, 2, 4]), *rng.choice([(3, 2), (4, 3)])
    fan = {"instances": x * y, "mesh_x": x, "mesh_y": y}
    registers = Memory("Regs", "regfile", 16, capacity=words, **fan)
    buffer = sized(GLB, small)
    core = {"capacity": rng.choice([20, 40, 80])}
    cores = {"cores": 2, "three": 3}.get(kind, 1)
    side_by_side = (
        sized(GLB, large),
        Memory("L1", "SRAM", 16, instances=cores, mesh_x=cores, mesh_y=1, **core),
        Memory("Regs", "regfile", 16, capacity=words, instances=cores * x * y, mesh_x=cores * x, mesh_y=y),
    )
    levels = {
        "registers": (buffer, registers),
        "linked": (buffer,),
        "four": (sized(GLB, large), Memory("L1", "SRAM", 16, shared_bandwidth=8.0, **core), registers),
        "five": (
            sized(replace(GLB, name="LLC", block_size=1), 2 * large),
            sized(GLB, large),
            Memory("L1", "SRAM", 16, shared_bandwidth=8.0, **core),
            registers,
        ),
        "cores": side_by_side,
        "three": (Memory("L1", "SRAM", 16, instances=3, mesh_x=3, mesh_y=1, shared_bandwidth=4.0, **core),),
        "pads": (
            buffer,
            Memory("Rows", "regfile", 16, capacity=2, **fan),
            Memory("Sums", "regfile", 16, capacity=4, **fan),
        ),
    }[kind]
    wide = x * cores
    memories = (DRAM, *levels)
    macs = Compute("MAC", "intmac", 16, instances=wide * y, mesh_x=wide, mesh_y=y)
    return Architecture(kind, memories, macs), energies(memories, rng)


def with_softmax(architecture, energies, lanes=2, energy_pj=0.7):
    """The same with lanes beside the memory that units share, one unit a core."""
    fans = [i for i in range(len(architecture.memories)) if architecture.fanout(i) != (1, 1)]
    beside = architecture.memories[max(fans, default=len(architecture.memories) - 1)]
    there = {"instances": beside.instances, "mesh_x": beside.mesh_x, "mesh_y": beside.mesh_y}
    unit = SoftmaxUnit(lanes, energy_pj=energy_pj, memory=beside.name, **there)
    return replace(architecture, softmax=unit), energies


def sized(memory, words):
    return replace(memory, capacity=words)


def energies(memories, rng):
    found = {}
    for level, memory in enumerate(memories):
        base = 200 / 10**level
        each = {action: base * rng.uniform(0.8, 1.2) for action in ("read", "write", "update")}
        found[memory.name] = ComponentEnergy(each | {"leak": rng.choice([0, 0.01]) * base})
    found["MAC"] = ComponentEnergy({"compute": 0.5})
    return EnergyTable(found, "drawn")


def random_mapping(einsum, architecture, rng, free=None, fixed=None):
    """Any nest that covers the einsum, or None where the draw is none that Timeloop counts.

    Args:
        free: may say of (tensor, level) that it must be kept (True) or passed by (False).
        fixed: for some dimensions, the outermost memory that has loops over them; 0 has all of them.
    """
    levels, dims = len(architecture.memories), einsum.dimensions
    temporal, x, y = ([{} for _ in range(levels)] for _ in range(3))
    for level in range(levels):
        left = list(architecture.fanout(level))
        for d in rng.sample(dims, len(dims)):
            axis = rng.randrange(2)
            n = rng.randint(1, max(1, min(left[axis], einsum.sizes[d]))) if rng.random() < 0.7 else 1
            left[axis] //= n
            (x, y)[axis][level][d] = n
    for d in dims:
        rest, top = einsum.sizes[d], (fixed or {}).get(d)
        for level in range(levels - 1, -1, -1):
            for axis in (x, y):
                axis[level][d] = 1 if top == 0 else min(axis[level].get(d, 1), rest)
                rest = -(-rest // axis[level][d])
            some = 1 if top == 0 else rng.choice([1, rest, rng.randint(1, rest)])
            temporal[level][d] = rest if level == (top or 0) else some
            rest = -(-rest // temporal[level][d])
    return built(einsum, architecture, rng, (temporal, x, y), free)


def built(einsum, architecture, rng, loops, free):
    temporal, x, y = loops
    rest = {d: n - 1 for d, n in einsum.bounds}
    last = [({}, {}) for _ in architecture.memories]
    for level in range(len(architecture.memories) - 1, -1, -1):
        for d in einsum.dimensions:
            rest[d], across = divmod(rest[d], x[level][d] * y[level][d])
            rest[d], turn = divmod(rest[d], temporal[level][d])
            last[level][0][d], last[level][1][d] = turn + 1, across + 1
    entries = []
    for level, memory in enumerate(architecture.memories):
        order = rng.sample(einsum.dimensions, len(einsum.dimensions))
        passed = set()
        for tensor in einsum.tensors:
            said = free(tensor.name, level) if free else None
            if said is False or (said is None and level and rng.random() < 0.4):
                passed.add(tensor.name)
        across = {d: x[level][d] * y[level][d] for d in order}
        entries.append(
            LevelMapping(
                memory.name,
                tuple((d, temporal[level][d]) for d in order),
                tuple((d, n) for d, n in x[level].items() if n > 1),
                tuple((d, n) for d, n in y[level].items() if n > 1),
                frozenset(passed),
                tuple((d, last[level][0][d]) for d in order if last[level][0][d] != temporal[level][d]),
                tuple((d, last[level][1][d]) for d in order if last[level][1][d] != across[d]),
            )
        )
    mapping = OperatorMapping(tuple(entries))
    try:
        check_mapping(einsum, architecture, mapping)
    except FlatError:
        return None
    return mapping


def prepare(side, steps=float("inf"), energy=float("inf")):
    """Make an operator's tables, with choices inside of at most so many cycles of the array and pJ."""
    side.begin(steps)
    side.gather(energy)
    side.prepare(energy)
