"""What the operators of a family share: places, loops, the memory of the scores, and cores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.search.skeleton import NO_LOOPS, Order
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.mapspace.search.unrolled import unrolled
from flat_plugin.mapspace.structure import Structure
from flat_plugin.workload.attention import Attention

Cores = dict[int, dict[str, tuple[int, bool]]]

_SPANNED = {"B": frozenset("H"), "M": frozenset("BH")}  # by granularity
ROWS, KEYS = 0, 1  # the axes along which operators share loops


@dataclass(frozen=True)
class Setting:
    """One way for a family to lie on a hierarchy.

    Attributes:
        meeting: the memory where S is between the operators; 1 where they are not fused.
        last_shared: the innermost memory with loops that both have.
        orders: of each shared place, which axis is innermost (``ROWS`` or ``KEYS``), and whether alone.
        cores: memory -> dimension -> (children side by side, whether on x); shared by both.
    """

    dataflow: Dataflow
    meeting: int
    last_shared: int
    orders: tuple[Order, ...]
    cores: Cores

    def like(self, structures: Sequence[Structure]) -> object:
        """Equal for settings of one family that cost the same, whatever the tiles: it does not matter which
        of the batch dimensions lie over cores, as long as these work through as many problems."""
        sizes = structures[0].einsum.sizes
        batch = [d for d in sizes if d not in self.spanned and all(d in each.batch for each in structures)]
        over = {d: prod(choice[d][0] for choice in self.cores.values() if d in choice) for d in batch}
        turns = prod(-(-sizes[d] // over[d]) for d in batch)
        cores = tuple((level, _alike(choice, batch)) for level, choice in sorted(self.cores.items()))
        return self.meeting, self.last_shared, self.orders, cores, turns

    @property
    def spanned(self) -> frozenset[str]:
        """Batch dimensions all of whose problems meet at once: heads, or batch elements too."""
        return (
            _SPANNED.get(self.dataflow.granularity or "", frozenset()) if self.dataflow.fused else frozenset()
        )


def _alike(choice: Mapping[str, tuple[int, bool]], batch: Sequence[str]) -> tuple[object, ...]:
    """Children along all batch dimensions together, on each axis of the mesh, and along every other one."""
    on_axes = (prod(n for d, (n, x) in choice.items() if d in batch and x == on_x) for on_x in (True, False))
    return (*on_axes, *sorted(item for item in choice.items() if item[0] not in batch))


def shared_memory(architecture: Architecture) -> int:
    """The innermost memory that compute units share."""
    fans = [level for level in range(len(architecture.memories)) if architecture.fanout(level) != (1, 1)]
    return max(fans, default=len(architecture.memories) - 1)


def settings_of(
    dataflow: Dataflow,
    attention: Attention,
    architecture: Architecture,
    factors: Factors,
    *,
    placed: bool = False,
) -> Iterator[Setting]:
    """Every setting of a family; ``placed`` where it matters on which axis a dimension lies."""
    shared = shared_memory(architecture)
    sizes = attention.logit().sizes
    spread = [d for d in spread_over(dataflow) if d in sizes]
    if not dataflow.fused:
        for cores in cores_of(architecture, range(shared), spread, sizes, factors, placed=placed):
            yield Setting(dataflow, 1, 0, (), cores)
        return
    for meeting in range(1, shared + 1):
        for cores in cores_of(architecture, range(meeting), spread, sizes, factors, placed=placed):
            for last in range(meeting):
                for orders in product(*(_orders(dataflow.online, place) for place in range(last + 1))):
                    yield Setting(dataflow, meeting, last, orders, cores)


def spread_over(dataflow: Dataflow) -> tuple[str, ...]:
    """The dimensions that lie over cores: fused, those that do not part a row of scores."""
    return ("B", "H", "G", "M") if dataflow.fused else ("B", "H", "G", "M", "N")


def _orders(online: bool, place: int) -> tuple[Order, ...]:
    if not online:
        return (Order(ROWS, alone=True),)
    every = (Order(ROWS), Order(KEYS), Order(ROWS, alone=True), Order(KEYS, alone=True))
    return every if not place else (*every, NO_LOOPS)


def cores_of(
    architecture: Architecture,
    levels: range,
    dimensions: list[str],
    sizes: dict[str, int],
    factors: Factors,
    *,
    placed: bool = False,
) -> Iterator[Cores]:
    """Every way to spread dimensions over the fan-outs below some memories, those that use most first;
    ``placed`` as for settings."""
    fanned = [level for level in levels if architecture.fanout(level) != (1, 1)]
    options = []
    for level in fanned:
        found = unrolled(tuple(sizes[d] for d in dimensions), architecture.fanout(level), factors, placed)
        options.append(
            [
                {
                    d: (int(found.wide[i, n]), bool(found.on_x[i, n]))
                    for i, d in enumerate(dimensions)
                    if found.wide[i, n] > 1
                }
                for n in range(len(found))
            ]
        )
    every = [dict(zip(fanned, choice, strict=True)) for choice in product(*options)]
    yield from sorted((c for c in every if _covered(c, sizes)), key=lambda c: -used(c))


def _covered(cores: Cores, sizes: dict[str, int]) -> bool:
    """Whether no dimension is spread over more children than it has rows, and the outermost memory that
    spreads one over more than one needs all of them."""
    for d in {d for choice in cores.values() for d in choice}:
        over = [choice[d][0] for _, choice in sorted(cores.items()) if d in choice]
        total = prod(over)
        if total > sizes[d] or (-(-sizes[d] // total) == 1 and -(-sizes[d] // prod(over[1:])) != over[0]):
            return False
    return True


def used(cores: Cores) -> int:
    """Cores side by side."""
    count = 1
    for choice in cores.values():
        for n, _ in choice.values():
            count *= n
    return count
