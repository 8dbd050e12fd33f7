"""Searches among ragged tiles, on any hierarchy of memories and cores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from flat_plugin.energy.relative import to_order_by
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.constraints.array import limits_of
from flat_plugin.mapspace.declared_space import Space as Declared
from flat_plugin.mapspace.declared_space import kept_text, unrolled_text
from flat_plugin.mapspace.layer import Layer, check_searchable, search_layer
from flat_plugin.mapspace.layer import mapping_of as perfect_mapping
from flat_plugin.mapspace.limits import Limits
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.optimum import Pick as PerfectPick
from flat_plugin.mapspace.search.bar import RISING
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.found import Pick
from flat_plugin.mapspace.search.operator import Operator
from flat_plugin.mapspace.search.picked import mapping_of
from flat_plugin.mapspace.search.rising import MOST, settle
from flat_plugin.mapspace.search.shared import shared_memory
from flat_plugin.mapspace.search.space import Space
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.mapspace.structure import structure_of

_SLACK = 1e-3  # of what was found: what could be better by less is not looked for
_EXACT = 1 << 14  # scores of a head, of which searches are exact


@dataclass(frozen=True)
class Outcome:
    """The best mapping that a search found.

    Attributes:
        lower: what no mapping that was not looked at goes below, by the objective; 0 where nothing is known.
        tolerance: by how much figures that were compared may differ from the engine's, as a part of these.
        named: it is that of a named dataflow, and nothing better was found.
    """

    mapping: FusedMapping
    space: Declared
    interrupted: bool
    lower: float = inf
    tolerance: float = 1e-9
    named: bool = False


@dataclass
class _Spaces:
    """The spaces of some families, made when they are first asked for."""

    layer: Layer
    dataflows: Sequence[Dataflow]
    made: dict[Factors, list[Space]] = field(default_factory=dict)

    def __call__(self, factors: Factors) -> list[Space]:
        if factors not in self.made:
            self.made[factors] = self._make(factors)
        return self.made[factors]

    def _make(self, factors: Factors) -> list[Space]:
        layer, limits = self.layer, _limits(self.layer)
        given = layer.attention, layer.architecture, layer.energies, layer.softmax, factors, limits
        return [space for dataflow in self.dataflows for space in spaces_of(dataflow, *given)]


def search_ragged(
    layer: Layer, dataflows: Sequence[Dataflow], incumbent: Best, *, keep_part: bool = False
) -> Outcome:
    """The best mapping of a layer over these dataflows' families, whatever divides its lengths.

    Args:
        keep_part: interrupted (Ctrl-C), give what was found by then, if anything was.

    Raises:
        InvalidMapping: nothing fits.
        KeyboardInterrupt: it was interrupted, and a part of an answer is none.
    """
    _check(layer, incumbent.objective)
    layer = replace(layer, energies=to_order_by(layer.energies, layer.architecture))
    incumbent.slack = _slack(layer)
    spaces, interrupted = _Spaces(layer, dataflows), False
    refused: FlatError | None = None
    try:
        spaces(Factors.RAGGED)  # first, so that something is known of all of them whenever Ctrl-C comes
        refused = _begin_with_perfect(layer, dataflows, incumbent)
        settle(spaces, Factors.RAGGED, incumbent)
    except KeyboardInterrupt:
        if incumbent.empty or not keep_part:
            raise
        interrupted = True
    if incumbent.empty:
        if isinstance(refused, InvalidMapping) and refused.path:  # limits that leave nothing
            raise refused
        names = ", ".join(dataflow.name for dataflow in dataflows)
        raise InvalidMapping(f"no mapping of {names} fits the memories of {layer.architecture.name}")
    lower = _lower(spaces.made.get(Factors.RAGGED, ()), incumbent.objective) if interrupted else inf
    mapping, space = _mapping(incumbent.payload), _declared(spaces, incumbent, interrupted)
    return Outcome(mapping, space, interrupted, lower)


def _slack(layer: Layer) -> float:
    """Of several shared memories many mappings cost the same but for roundings."""
    large = layer.attention.queries * layer.attention.keys > _EXACT
    return _SLACK if large and shared_memory(layer.architecture) > 1 else 0.0


def _mapping(pick: object) -> FusedMapping:
    if isinstance(pick, Pick):
        return mapping_of(pick)
    assert isinstance(pick, (PerfectPick, FusedMapping))
    return perfect_mapping(pick)


def _begin_with_perfect(layer: Layer, dataflows: Sequence[Dataflow], incumbent: Best) -> FlatError | None:
    """The best perfect mapping is there to be beaten, where the search that knows one buffer has one: units
    may hold more of the tensor that stays in it than they use at once. What it is refused for, if it is.

    Raises:
        KeyboardInterrupt: it was interrupted; what was found by then is there.
    """
    try:
        found = search_layer(layer, dataflows, incumbent, keep_part=True)
    except FlatError as error:  # it does not fit, or is too large: what else is wrong the other search says
        return error
    if found.interrupted:
        raise KeyboardInterrupt
    return None


def _check(layer: Layer, objective: str) -> None:
    if objective == "footprint":
        raise FlatError(
            "the least footprint is searched among perfect factors",
            path="factors",
            value="imperfect",
            expected="perfect, or the objective edp, energy, latency or traffic",
        )
    check_searchable(layer)


def _limits(layer: Layer) -> Mapping[str, Limits]:
    """What each operator keeps to."""
    return {
        einsum.name: limits_of(layer.constraints_of(einsum.name), structure_of(einsum), layer.architecture)
        for einsum in layer.attention.einsums()
    }


def _lower(spaces: Sequence[Space], objective: str) -> float:
    """What nothing in any of them goes below."""
    if objective in RISING:
        return min((space.begin(objective) for space in spaces), default=0.0)
    return min((float(space.rough[objective][0]) for space in spaces), default=0.0)


def _declared(spaces: _Spaces, incumbent: Best, interrupted: bool) -> Declared:
    every = [space for made in spaces.made.values() for space in made]
    whole = spaces.made.get(Factors.RAGGED) or every
    looked = sum(space.tally["nests"] + space.tally["joined"] for space in every)
    lines = _lines(spaces, whole)
    size, unmade = sum(space.size for space in whole), sum(not space.size for space in whole)
    if interrupted and unmade:
        lines.append(f"{unmade:,} more ways to lie on the memories and cores, whose mappings are not counted")
    reasons = [] if interrupted else _reasons(every, incumbent, unmade)
    return Declared(tuple(lines), size, min(size, looked), tuple(reasons))


def _lines(spaces: _Spaces, whole: Sequence[Space]) -> list[str]:
    memories = [memory.name for memory in spaces.layer.architecture.memories]
    lines = []
    for dataflow in spaces.dataflows:
        own = [space for space in whole if space.setting.dataflow == dataflow]
        lines.append(f"{dataflow.name}: {_shared_text(dataflow, own, memories)}")
    lines += [_operator_text(side.operator, memories) for side in (whole[0].sides if whole else ())]
    return lines


def _operator_text(operator: Operator, memories: Sequence[str]) -> str:
    core, limits = operator.structure.core, operator.limits
    names, walked = ", ".join(operator.structure.names), ", ".join(d.lower() for d in core)
    texts = [
        f"loops over {walked} in every memory, last tiles smaller or not, each on x or y of an array",
        f"any of {names} kept in each",
    ]
    if limits.spreads:
        texts.append(unrolled_text(core, limits.spreads, memories))
    if limits.keep:
        texts.append(kept_text(operator.structure.names, limits.keep, "the units"))
    return f"{operator.structure.einsum.name}: {'; '.join(texts)}"


def _shared_text(dataflow: Dataflow, spaces: Sequence[Space], memories: Sequence[str]) -> str:
    if not dataflow.fused:
        return "no shared loops, heads one after the other"
    where = ", ".join(dict.fromkeys(memories[space.setting.meeting] for space in spaces))
    cores = len({str(space.setting.cores) for space in spaces if space.setting.cores})
    spread = f", {cores} ways for heads and rows to lie over cores" if cores else ""
    beside = " and O beside them" if dataflow.online else ""
    return f"every tile of its shared loops; scores in {where}{beside}{spread}; each tensor staged or not"


def _reasons(spaces: Sequence[Space], incumbent: Best, unmade: int) -> list[str]:
    """Why nothing else is better.

    Args:
        unmade: ways to lie on the memories and cores that were ruled out before anything of them was made.
    """
    objective, slack = incumbent.objective, incumbent.slack
    tally = {name: sum(space.tally[name] for space in spaces) for name in spaces[0].tally} if spaces else {}
    reasons = [
        "of tiles that take as many turns the smallest is never worse, nor are the fewest units side by side "
        "in arrays of 200 or more; unless a unit has few choices of loops (200, or 20,000 of under 200 "
        "units), it holds of the tensor that stays while loops turn what it uses at once, and has only loops "
        "that let another one be used again; all perfect mappings of one buffer that holds every tensor are "
        "in the space as well",
        f"{tally.get('looks', 0):,} choices of shared loops and rows were looked at; what all others cost at "
        "least is more than what was found",
        f"{tally.get('tiles', 0):,} tiles and {tally.get('pairs', 0):,} pairs of a tile and what the units "
        f"keep were bounded one by one; {tally.get('nests', 0):,} nests were counted as the model does",
        "nests of which Timeloop's rounding of units would lose operations are not looked at; a tile that "
        "stays only because a last, smaller turn leaves loops one iteration is bounded as if it came anew",
    ]
    if unmade:
        reasons.append(
            f"{unmade:,} more ways to lie on the memories and cores cost more than what was found whatever "
            "their mappings, which are not counted"
        )
    if slack:
        reasons.append(
            f"with several shared memories, what may be better by less than one part in {1 / slack:,.0f} is "
            "not looked for"
        )
    if objective not in RISING:
        reasons.append(f"mappings of more than {MOST:.0f} times the least EDP are not looked at")
    return reasons
