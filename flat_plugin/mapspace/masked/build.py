"""The search of a family under a mask, from a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.mapspace.family import Family
from flat_plugin.mapspace.held_keys import einsums_of, keep_held
from flat_plugin.mapspace.limits import Limits
from flat_plugin.mapspace.masked.counted import Counter
from flat_plugin.mapspace.masked.iterations import FEW_TILES, Iterations, blocks_of, iterations_of
from flat_plugin.mapspace.masked.rounded import choices_of
from flat_plugin.mapspace.masked.search import MaskedSearch
from flat_plugin.mapspace.masked.selected import Gathered, selecting
from flat_plugin.mapspace.masked.side import MaskedSide
from flat_plugin.mapspace.menu_cache import below_of
from flat_plugin.mapspace.operator_pairs import chain_of
from flat_plugin.mapspace.outer_tilings import Shared, check_size
from flat_plugin.mapspace.structure import divisors, structure_of
from flat_plugin.model.iteration_kinds import Split
from flat_plugin.model.masked import Masked, masked_softmax
from flat_plugin.model.operator_work import Work
from flat_plugin.model.widths import share
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.mask import FULL


@dataclass(frozen=True)
class Problem:
    """A layer whose iterations differ: as the search of a full square has it.

    Attributes:
        square: the dense layer whose lengths tiles divide.
        own: energies of the architecture, where those to compare by are others.
        limits: by operator.
    """

    attention: Attention
    square: Attention
    architecture: Architecture
    energies: EnergyTable
    own: EnergyTable
    softmax: str
    limits: Mapping[str, Limits]

    def rows(self, shared: Shared) -> int:
        """Rows of an iteration; the last one may have fewer."""
        return min(self.square.queries // shared["M"], self.attention.queries)


def masked_search(problem: Problem, family: Family) -> MaskedSearch:
    """The search of one family.

    Raises:
        FlatError: there are too many tiles of rows to count.
    """
    shared = choices_of(family, problem.square)
    fitting = [loops for loops in shared if _fits(problem, family, loops)]
    few = [loops for loops in fitting if loops["M"] <= FEW_TILES]
    search = _search(problem, family, few or fitting or [max(shared, key=lambda loops: -loops["M"])])
    if few and not all(len(side.rows) for side in search.sides) and len(few) < len(fitting):
        search = _search(problem, family, fitting)
    return search


def _fits(problem: Problem, family: Family, shared: Shared) -> bool:
    """Whether the scores of an iteration leave any room; of tiles of keys that have all of those that an
    iteration touches the smallest will do."""
    square = problem.square
    keys = problem.attention.widest(problem.rows(shared)).keys
    blocks = [square.keys // trips for trips in divisors(square.keys)]
    if shared["N"] > 1 and square.keys // shared["N"] not in blocks_of(blocks, keys):
        return False
    return _held(problem, family, shared, keys) < problem.architecture.memories[1].capacity


def _search(problem: Problem, family: Family, shared: Sequence[Shared]) -> MaskedSearch:
    """That of these choices of shared loops."""
    attention, architecture = problem.attention, problem.architecture
    family = replace(family, shared=tuple(shared))
    iterations = _iterations(problem, family)
    choices = list(zip(shared, iterations, strict=True))
    held = [_held(problem, family, loops, own.keys) for loops, own in choices]
    room = [architecture.memories[1].capacity - words for words in held]
    sides = []
    for einsum in einsums_of(family, problem.square, architecture):
        structure = structure_of(einsum)
        check_size(structure, shared)
        limits = problem.limits[einsum.name]
        below = below_of(structure, architecture, problem.energies, family.spanned, limits)
        gathered = Gathered.of(einsum, attention, architecture, problem.energies)
        counter = Counter(einsum, architecture, problem.energies, gathered, fused=family.fused)
        sides.append(MaskedSide(below, architecture, family, iterations, room, counter))
    keep_held(family, sides[0])
    works = [_softmax(problem, family, *choice) for choice in choices]
    serial = problem.softmax == "serial"
    chain = chain_of(architecture, works, held, fused=family.fused, serial=serial)
    heights = [one.rows for one in iterations]
    chain = selecting(chain, attention, heights, architecture, problem.energies, problem.own)
    return MaskedSearch(family, sides, chain, attention, problem.square)


def _iterations(problem: Problem, family: Family) -> list[Iterations]:
    """What the mask makes of the layer under each choice of shared loops."""
    made: dict[tuple[int, int], Iterations] = {}
    found = []
    for shared in family.shared:
        key = problem.rows(shared), shared["G"] if family.fused and shared["M"] > 1 else 1
        if key not in made:
            made[key] = iterations_of(problem.attention, *key)
        found.append(made[key])
    return found


def _held(problem: Problem, family: Family, shared: Shared, most: int) -> float:
    """Words of the scores that the buffer holds whatever the operators do, online with two a row; of
    iterations of at most so many keys."""
    if not family.fused:
        return 0.0
    sizes = problem.square.score_sizes
    rows = float(prod(size // shared[d] for d, size in sizes.items() if d not in "MN") * problem.rows(shared))
    keys = min(sizes["N"] // shared["N"], most)
    taken = share(problem.attention.widths.S, problem.architecture.memories[1])
    return taken * (rows * keys + (2 * rows if family.dataflow.online else 0))


def _softmax(problem: Problem, family: Family, shared: Shared, iterations: Iterations) -> Work | None:
    if problem.softmax == "free":
        return None
    attention, architecture = problem.attention, problem.architecture
    sizes = problem.square.logit().sizes
    names = [memory.name for memory in architecture.memories]
    inner = {d: size // shared[d] for d, size in sizes.items()}
    walked = tuple((d, -(-attention.queries // inner["M"]) if d == "M" else n) for d, n in shared.trips)
    outside = tuple((d, dict(walked).get(d, 1)) for d in sizes)
    levels = [LevelMapping(name, ()) for name in names[2:]]
    first = LevelMapping(names[0], outside), LevelMapping(names[1], tuple(inner.items()))
    nest = OperatorMapping((*first, *levels))
    operators = (("logit", nest), ("attend", nest))
    mapping = FusedMapping.below_outermost(family.dataflow, walked, frozenset(), operators)
    widest = replace(attention, keys=iterations.keys, mask=FULL)
    split = Split(iterations.rows, iterations.passes)
    kinds = iterations.kinds
    whole = Masked(attention, widest, architecture, mapping, problem.energies, split, kinds)
    if family.fused:
        few = iterations.nodes([inner["N"]])
        kinds = kinds.few(few.index, few.weights)
    return masked_softmax(whole, kinds, on_array=problem.softmax == "array")
