"""What makes a chip better at every mapping, and what makes two chips comparable at all.

For one mapping the cost of a chip can only fall with a larger memory (which only decides whether the mapping
fits), with more bandwidth or softmax lanes (latency is a maximum of quotients by them, rounded up), and with
less energy of an action or less leakage (energy is a sum of products with them). These are the *traits*. All
else (counts, meshes, widths, rows, the clock) must be equal: chips that are equal in it are a *group*. So the
best mapping of a chip is a bound of every chip of its group that is no better in any trait.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flat_plugin.architecture import EnergyTable
from flat_plugin.architecture.hardware import SoftmaxUnit, TopkUnit
from flat_plugin.architecture.platform import Platform
from flat_plugin.exploration.chips import Array, Chips, Part, Variant
from flat_plugin.exploration.targets import with_parts

_GROWING = ("capacity", "read_bandwidth", "write_bandwidth", "shared_bandwidth", "lanes")
_FALLING = ("network_latency",)


@dataclass(frozen=True)
class Trait:
    """One trait: of which part, a field of it or an action of its energies; more is better, or else less."""

    part: int
    name: str
    more: bool


@dataclass(frozen=True)
class Traits:
    """The traits that differ between designs.

    Attributes:
        traits: what they are.
        values: [traits, designs]: larger is better (negative where less is better).
        group: [designs]: the number of a design's group.
    """

    traits: tuple[Trait, ...]
    values: Array
    group: NDArray[np.int64]

    def corner(self, designs: NDArray[np.int64]) -> Array:
        """[traits]: the best of these designs in each."""
        best: Array = self.values[:, designs].max(axis=1)
        return best

    def no_better(self, corner: Array, designs: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these designs are no better than this in any trait."""
        held = self.values[:, designs] <= corner[:, None]
        return np.asarray(held.all(axis=0))

    def no_worse(self, corner: Array, designs: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these designs are at least as good in every trait."""
        held = self.values[:, designs] >= corner[:, None]
        return np.asarray(held.all(axis=0))


def traits_of(chips: Chips) -> Traits:
    """The traits and groups of all chips."""
    found: list[Trait] = []
    columns: list[Array] = []
    fixed = _fixed(chips)
    for index, part in enumerate(chips.parts):
        for name, more, figures in _figures(part):
            if len(set(figures)) > 1 and (part.name, name) not in fixed:
                found.append(Trait(index, name, more))
                columns.append(part.column([value if more else -value for value in figures]))
    values = np.array(columns) if columns else np.zeros((0, len(chips.space)))
    return Traits(tuple(found), values, _groups(chips, fixed))


def _fixed(chips: Chips) -> frozenset[tuple[str, str]]:
    """Capacities that also decide in which of several memories the softmax finds its rows: no traits."""
    frame = chips.frames[0]
    inside = frame.memories[1 : frame.softmax_level + 1]
    return frozenset((memory.name, "capacity") for memory in inside if len(inside) > 1)


def _figures(part: Part) -> Iterator[tuple[str, bool, list[float]]]:
    for name in (*_GROWING, *_FALLING):
        if hasattr(part.variants[0].part, name):
            yield name, name in _GROWING, [float(getattr(v.part, name)) for v in part.variants]
    actions = dict.fromkeys(name for v in part.variants for name in v.energy.actions)
    for action in actions:
        yield action, False, [float(v.energy.actions.get(action, 0.0)) for v in part.variants]


def _groups(chips: Chips, fixed: frozenset[tuple[str, str]]) -> NDArray[np.int64]:
    """Designs whose parts are equal in all that is no trait."""
    keys = np.zeros(len(chips.space), dtype=np.int64)
    for part in chips.parts:
        numbers: dict[Any, int] = {}
        own = np.array([numbers.setdefault(_rest(v, fixed), len(numbers)) for v in part.variants])
        keys = keys * len(numbers) + own[part.of]
        _, keys = np.unique(keys, return_inverse=True)
    frames: dict[Any, int] = {}
    of = [frames.setdefault(_frame(frame), len(frames)) for frame in chips.frames]
    keys = keys.reshape(-1) * len(frames) + np.array(of)[chips.frame_of]
    return np.unique(keys, return_inverse=True)[1].reshape(-1)


def _frame(frame: Any) -> Any:
    return frame.cycle_seconds, repr(frame.constraints), repr(frame.widths)


def _rest(variant: Variant, fixed: frozenset[tuple[str, str]]) -> Any:
    """What is no trait: the part with its traits levelled, and which actions it has."""
    part = variant.part
    level: dict[str, Any] = {name: 0 for name in _FALLING if hasattr(part, name)}
    level |= {n: 1 for n in _GROWING if hasattr(part, n) and (part.name, n) not in fixed}
    if isinstance(part, SoftmaxUnit | TopkUnit):
        level["energy_pj"] = 0.0
    return type(part), replace(part, **level, attributes={}), tuple(sorted(variant.energy.actions))


def corner_platform(chips: Chips, traits: Traits, corner: Array, design: int) -> Platform:
    """A chip like a design, but with these traits: one that need not be a design."""
    parts: list[Any] = [part.variants[part.of[design]].part for part in chips.parts]
    energies = {part.name: part.variants[part.of[design]].energy for part in chips.parts}
    for trait, value in zip(traits.traits, corner, strict=True):
        part, figure = parts[trait.part], float(value if trait.more else -value)
        if trait.name in energies[part.name].actions:
            entry = energies[part.name]
            energies[part.name] = replace(entry, actions={**entry.actions, trait.name: figure})
        else:
            whole = trait.name in ("lanes", *_FALLING)
            parts[trait.part] = replace(part, **{trait.name: int(figure) if whole else figure})
    whole_chip = with_parts(chips.architecture(design), parts)
    named = replace(whole_chip, name=f"{whole_chip.name}, the best of several designs in every trait")
    return Platform(named, EnergyTable(energies, chips.source))
