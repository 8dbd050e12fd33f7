"""Dataflows: named families of attention mappings, as the paper names them.

A dataflow says which loops its operators share (its granularity: M whole batched multi-head,
B batch, H head, R rows), whether they are fused, and which tensors hold the whole tile of those
shared loops on chip (staging). Tiles inside an operator are chosen later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from flat_plugin.errors import FlatError, InvalidMapping, check_choice
from flat_plugin.schema import Positive

Granularity = Literal["M", "B", "H", "R"]
TENSORS = ("Q", "K", "S", "V", "O")
FACTORS = ("imperfect", "perfect")


@dataclass(frozen=True)
class Dataflow:
    """``granularity`` is M, B, H or R; None where operators share nothing (``base``) or where it is
    searched.

    ``stage`` is None where the tensors to hold are to be chosen by what fits. ``searched`` dataflows
    are the optimum of all that they leave open. ``online`` ones tile the keys in the shared loops and
    normalise rows as they go (online softmax). ``grouped`` ones have the query heads that share keys and
    values as rows of one tile, so that keys and values that stream past do so once for all of them.
    Those of a dataflow ``in_turn`` take a tile of rows one after the other, before the next tile comes.
    ``rows`` of a dataflow without granularity are those that each operator takes at a time, as a mask asks.
    ``factors``: ``imperfect`` where last tiles may be smaller, ``perfect`` where all tiles of a level are
    equal; if not given imperfect, but for searches that know no such tiles (``usual_factors``).
    """

    name: str
    fused: bool
    granularity: Granularity | None = None
    rows: Positive | None = None
    stage: frozenset[str] | None = None
    description: str = ""
    searched: bool = False
    online: bool = False
    grouped: bool = False
    in_turn: bool = False
    factors: str | None = None

    @property
    def shared_dimensions(self) -> tuple[str, ...]:
        """Dimensions that the shared loops walk, outermost first."""
        heads = ("B", "H") if self.grouped else ("B", "H", "G")
        rows = ("B", "H", "M", "G") if self.in_turn else (*heads, "M")
        return {None: (), "M": (), "B": ("B",), "H": heads, "R": rows}[self.granularity]

    def shared_tile(self, sizes: Mapping[str, int]) -> dict[str, int]:
        """What one iteration of the shared loops covers of the dimensions that they walk, in a layer of
        these sizes; the last one may cover less.

        Raises:
            InvalidMapping: the rows do not divide the queries, and factors are perfect.
            FlatError: the rows are left open.
        """
        tile = {d: 1 for d in self.shared_dimensions if d in sizes}
        if self.granularity is None and self.rows is not None:
            tile["M"] = min(self.rows, sizes["M"])
        if self.granularity == "R":
            if self.rows is None:
                raise FlatError("the rows of a tile are left open", path=f"dataflow {self.name}")
            tile["M"] = min(self.rows, sizes["M"])
            if self.perfect and sizes["M"] % tile["M"]:
                known = ", ".join(map(str, _divisors(sizes["M"])))
                raise InvalidMapping(
                    f"{self.name}: {self.rows} rows a tile do not divide the {sizes['M']} queries; {known} do"
                )
        return tile

    def shared_loops(self, sizes: Mapping[str, int]) -> dict[str, int]:
        """Trip counts of the shared loops of a layer with these sizes; raises as :meth:`shared_tile`."""
        return {d: -(-sizes[d] // covered) for d, covered in self.shared_tile(sizes).items()}

    def with_rows(self, rows: int) -> Dataflow:
        """Row granularity with this many rows a tile."""
        return replace(self, name=f"{self.name}{rows}", rows=rows)

    @property
    def perfect(self) -> bool:
        """Whether all tiles of a level are equal."""
        return self.factors == "perfect"

    @property
    def open(self) -> bool:
        """Whether it is searched, and nobody says among which factors."""
        return self.searched and self.factors is None

    def with_factors(self, factors: str) -> Dataflow:
        """The same dataflow with ``perfect`` factors, or ``imperfect`` ones.

        Raises:
            FlatError: there are no such factors.
        """
        check_choice("factors", factors, FACTORS)
        return replace(self, factors=factors)

    def staging(self, tensors: Iterable[str]) -> Dataflow:
        """The same dataflow with these tensors staged; the rest are streamed.

        Raises:
            FlatError: an unknown tensor, or S not staged though the dataflow is fused.
        """
        chosen = frozenset(name.strip().upper() for name in tensors if name.strip())
        unknown = sorted(chosen - set(TENSORS))
        if unknown:
            raise FlatError("unknown tensor", path="stage", value=unknown[0], expected=TENSORS)
        return replace(self, stage=chosen | ({"S"} if self.fused else set()))


def said_factors(flows: Iterable[Dataflow]) -> tuple[str, str] | None:
    """The factors that one of some searched dataflows says, perfect ones before others, and its name."""
    said = {flow.factors: flow.name for flow in flows if flow.searched and flow.factors is not None}
    return next(((factors, said[factors]) for factors in ("perfect", "imperfect") if factors in said), None)


def _divisors(number: int) -> list[int]:
    return [d for d in range(1, number + 1) if number % d == 0]
