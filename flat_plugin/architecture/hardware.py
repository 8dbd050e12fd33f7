"""The accelerator: memories from the outermost in, an array of compute units, a softmax unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, isfinite
from typing import Annotated, Any

from flat_plugin.architecture.given_constraints import GivenConstraint
from flat_plugin.schema import Above0, Amount, Positive, Range, Whole
from flat_plugin.shown import Shown
from flat_plugin.workload.widths import Widths

Room = Annotated[float, Range(0, inf)]  # words
Bandwidth = Annotated[float, Range(1e-12, inf)]  # words/cycle

DUMMY_CLASS = "dummy_storage"


@dataclass(frozen=True)
class FanOut:
    """One of several fan-outs that are one here: its names in files, and the axis that it lies on (empty for
    both)."""

    names: tuple[str, ...]
    axis: str


class _Part:
    """What memories and compute units have in common."""

    name: str
    instances: int

    @property
    def full_name(self) -> str:
        """The name as Accelergy writes it in a table, without the system's prefix."""
        return self.name if self.instances == 1 else f"{self.name}[1..{self.instances}]"


@dataclass(frozen=True)
class Memory(_Part):
    """One storage level. Capacities in words, bandwidths in words/cycle and per instance.

    ``capacity`` is what a mapping may fill: size / multiple buffering, rounded down; ``inf``
    for an unbounded memory. A bandwidth that is not given is ``inf``. ``mesh_x`` × ``mesh_y`` =
    ``instances`` is how the instances are laid out; the fan-out below a level is the ratio of
    its child's mesh to its own. ``arrays`` are the nodes (containers, in timeloopfe's spelling) that
    fan out to this level, if the file names them; ``merged`` are the fan-outs that are one here, for levels
    between them that hold nothing are left out.
    """

    name: str
    kind: str  # Accelergy class, such as DRAM, SRAM, regfile
    word_bits: Positive
    block_size: Positive = 1  # words moved by one access
    cluster_size: Positive = 1
    capacity: Room = inf
    multiple_buffering: Above0 = 1.0
    instances: Positive = 1
    mesh_x: Positive = 1
    mesh_y: Positive = 1
    read_bandwidth: Bandwidth = inf
    write_bandwidth: Bandwidth = inf
    shared_bandwidth: Bandwidth = inf
    network_latency: Whole = 0  # cycles to fill and drain the network, added once
    arrays: tuple[str, ...] = field(default=(), compare=False)
    merged: tuple[FanOut, ...] = field(default=(), compare=False)
    attributes: Mapping[str, object] = field(default_factory=dict, compare=False)

    def ports(self, reads: Any, writes: Any) -> list[tuple[str, Any, float]]:
        """(what passes, words, words/cycle) of each port with a limited bandwidth; words are numbers or
        arrays."""
        every = (
            ("words", reads + writes, self.shared_bandwidth),
            ("words read", reads, self.read_bandwidth),
            ("words written", writes, self.write_bandwidth),
        )
        return [port for port in every if isfinite(port[2])]

    @property
    def holds_nothing(self) -> bool:
        """A level that everything passes by: of 0 words, or what timeloopfe puts where a container fans
        out. It needs no energy and is no buffer."""
        return self.capacity == 0 or self.kind == DUMMY_CLASS

    @property
    def only_fans_out(self) -> bool:
        """A level that stands between two fan-outs of nodes, which no file states: nothing is kept there."""
        return self.capacity == 0 and self.kind == DUMMY_CLASS

    @property
    def limited(self) -> bool:
        """Whether any bandwidth is."""
        return bool(self.ports(0, 0))


@dataclass(frozen=True)
class Compute(_Part):
    """The multiply-accumulate units."""

    name: str
    kind: str
    word_bits: Positive
    instances: Positive = 1
    mesh_x: Positive = 1
    mesh_y: Positive = 1
    arrays: tuple[str, ...] = field(default=(), compare=False)
    merged: tuple[FanOut, ...] = field(default=(), compare=False)
    attributes: Mapping[str, object] = field(default_factory=dict, compare=False)


SOFTMAX_PASSES = (2, 3)


@dataclass(frozen=True)
class SoftmaxUnit(_Part):
    """Vector lanes beside the array; each lane does one elementary operation a cycle.

    ``passes`` over a row: 3 for the plain stable softmax (maximum; exponent and sum; scale), 2 for one
    that keeps maximum and sum together. ``energy_pj`` is the energy of one elementary operation.
    ``lanes`` are those of one unit; where there are several, each is that of a core, and ``mesh_x`` ×
    ``mesh_y`` is how they are laid out. ``memory`` is the one that the unit is beside: its core's own.
    """

    lanes: Positive
    name: str = "SoftmaxUnit"
    passes: Annotated[int, Range(2, 3)] = 3
    energy_pj: Amount = 0.0
    instances: Positive = 1
    mesh_x: Positive = 1
    mesh_y: Positive = 1
    memory: str | None = None
    attributes: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class TopkUnit:
    """Chooses the largest of many scores, one unit of ``lanes``; each lane compares one score a cycle.

    ``energy_pj`` is the energy of a comparison; that of a comparator of the scores' width if not given.
    """

    lanes: Positive
    name: str = "TopkUnit"
    energy_pj: Amount = 0.0
    attributes: Mapping[str, object] = field(default_factory=dict, compare=False)

    @property
    def instances(self) -> int:
        """There is one, whatever the cores."""
        return 1


@dataclass(frozen=True, repr=False)
class Architecture(Shown):
    """An accelerator: ``memories`` outermost first (DRAM, …, registers), then ``compute``.

    ``constraints`` are what its files fix of every mapping; ``widths`` are bits of the words of tensors for
    which the workload gives none. ``notes`` are what its reader should know: what
    its files say that changes nothing, and where they do not mean what they seem to.
    """

    name: str
    memories: tuple[Memory, ...]
    compute: Compute
    cycle_seconds: Above0 = 1e-9
    technology: str = "45nm"
    system: str = "system"  # the prefix of component names in energy tables
    softmax: SoftmaxUnit | None = None
    constraints: tuple[GivenConstraint, ...] = ()
    widths: Widths = field(default=Widths(), compare=False)  # no part of what its energies are asked for
    notes: tuple[str, ...] = field(default=(), compare=False)
    topk: TopkUnit | None = None
    spelling: str = field(default="", compare=False)  # subtree or nodes, where it is read from a file

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """(field, message) of what its parts are not together."""
        if not self.memories:
            yield "memories", "empty"
        for part in self.parts:
            if part.instances != part.mesh_x * part.mesh_y:
                mesh = f"{part.mesh_x:,} × {part.mesh_y:,}"
                yield "memories", f"{part.name}: {part.instances:,} instances are not a mesh of {mesh}"
        for outer, inner in pairwise(self.parts):
            if inner.mesh_x % outer.mesh_x or inner.mesh_y % outer.mesh_y:
                yield "memories", f"the mesh of {inner.name} does not divide among those of {outer.name}"
        names = [part.name for part in self.parts]
        if len(set(names)) < len(names):
            yield "memories", f"a name used twice, among {', '.join(names)}"

    @property
    def parts(self) -> tuple[Memory | Compute, ...]:
        """The memories, outermost first, and the compute units."""
        return (*self.memories, self.compute)

    @property
    def softmax_level(self) -> int:
        """The memory (0 = outermost) that the softmax units are beside; where nothing says which, the
        outermost one on chip that has as many instances as there are units."""
        unit, last = self.softmax, len(self.memories) - 1
        if unit is None or last == 0:
            return min(1, last)
        names = [memory.name for memory in self.memories]
        if unit.memory in names[1:]:
            return names.index(unit.memory)
        enough = (i for i in range(1, last) if self.memories[i].instances >= unit.instances)
        return next(enough, min(1, last))

    def fanout(self, level: int) -> tuple[int, int]:
        """(x, y) children of one instance of memory ``level`` (0 = outermost)."""
        memory, child = self.parts[level], self.parts[level + 1]
        return child.mesh_x // memory.mesh_x, child.mesh_y // memory.mesh_y

    def merged_below(self, name: str) -> tuple[FanOut, ...]:
        """The fan-outs below a memory where several are one here; else none."""
        names = [memory.name for memory in self.memories]
        return self.parts[names.index(name) + 1].merged

    @property
    def fanouts(self) -> tuple[tuple[int, int], ...]:
        """For every part, how many (x, y) hang below one instance of the part above it."""
        first = (self.parts[0].mesh_x, self.parts[0].mesh_y)
        return (first, *(self.fanout(level) for level in range(len(self.memories))))

    @property
    def arrays(self) -> dict[str, str]:
        """Part -> the container that fans out to it, in timeloopfe's files; where there is a fan-out.

        The file's own name of it where there is exactly one.
        """
        taken = {part.name for part in self.parts} | {self.system}
        names: dict[str, str] = {}
        for part, fanout in zip(self.parts, self.fanouts, strict=True):
            if fanout != (1, 1):
                name = part.arrays[0] if len(part.arrays) == 1 else f"{part.name}_array"
                while name in taken:
                    name += "_"
                taken.add(name)
                names[part.name] = name
        return names

    def array_below(self, level: int) -> str | None:
        """The container that carries the fan-out below memory ``level``; None without a fan-out."""
        return self.arrays.get(self.parts[level + 1].name)
