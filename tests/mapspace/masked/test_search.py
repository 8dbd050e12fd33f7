"""What a search under a mask finds is the best of all that can be counted, in whatever order it looks."""

from dataclasses import replace

import numpy as np
import pytest
from every_mapping import ARCHITECTURES, ENERGIES

from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.family import families_of
from flat_plugin.mapspace.layer import mapping_of
from flat_plugin.mapspace.limits import Limits
from flat_plugin.mapspace.masked import search as module
from flat_plugin.mapspace.masked.build import Problem, masked_search
from flat_plugin.mapspace.masked.search import MaskedSearch, beaten
from flat_plugin.mapspace.masked.side import MaskedSide
from flat_plugin.mapspace.objective import OBJECTIVES, Best, Front, Metrics
from flat_plugin.mapspace.operator_side import Points
from flat_plugin.mapspace.optimum import Pick, least_by
from flat_plugin.workload import Attention
from flat_plugin.workload.mask import mask_of


def search(
    mask: str = "causal",
    family: str = "flat-opt",
    tokens: int = 4,
    name: str = "registers",
    longer: int | None = None,
    widths: tuple[int, int] = (1, 1),
) -> MaskedSearch:
    """Of one head of so many tokens, keys and values so wide; ``longer`` is what these are rounded up to."""
    attention = Attention(1, 1, tokens, tokens, *widths, mask=mask_of(mask))
    length = longer or tokens
    square = replace(attention, queries=length, keys=length, mask=mask_of("full"))
    free = {operator: Limits() for operator in ("logit", "attend")}
    problem = Problem(attention, square, ARCHITECTURES[name], ENERGIES, ENERGIES, "free", free)
    (one,) = families_of(parse_dataflow(family), square)
    return masked_search(problem, one)


def every_pair(found: MaskedSearch) -> Metrics:
    """Of everything in both operators' menus, counted, and paired under the same shared loops."""
    logit, attend = (side.counted(side.expand(np.arange(len(side.rows)))) for side in found.sides)
    pairs = []
    for number in range(len(found.family.shared)):
        one, other = (each.take(np.flatnonzero(each.shared == number)) for each in (logit, attend))
        pairs.append(found.chain.metrics([one.column(), other]).flat())
    return Metrics.joined(pairs)


CASES = [
    ("causal", "flat-opt", "registers", (1, 1)),
    ("causal", "base-opt", "linked", (1, 1)),
    ("causal", "flash", "one-word", (1, 1)),
    ("window=2", "flat-opt", "linked", (1, 2)),
    ("window=2", "flat-r2", "narrow", (2, 1)),
    ("causal,topk=2", "base-opt", "one-word", (1, 1)),
]


@pytest.fixture(params=["as it is", "one by one"])
def looks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many at once, or one of each operator after the other."""
    if request.param == "one by one":
        for name in ("_FIRST", "_FIRST_LOOPS", "_PAIRED", "_PAIRED_LOOPS", "_MORE", "_TOGETHER"):
            monkeypatch.setattr(module, name, 1)


@pytest.mark.usefixtures("looks")
@pytest.mark.parametrize(("mask", "family", "name", "widths"), CASES)
def test_it_is_the_best_of_all_by_every_objective(
    mask: str, family: str, name: str, widths: tuple[int, int]
) -> None:
    every = every_pair(search(mask, family, name=name, widths=widths))
    for objective in OBJECTIVES:
        best = Best(objective)
        search(mask, family, name=name, widths=widths).run(best)
        values = every[objective][np.isfinite(every.energy)]
        assert best.rank[0] == pytest.approx(values.min(), rel=1e-12), objective


@pytest.mark.parametrize(("mask", "family", "name", "_widths"), CASES[:3])
def test_a_front_has_all_that_nothing_beats(mask: str, family: str, name: str, _widths: object) -> None:
    found, front = search(mask, family, name=name), Front(("energy", "latency"))
    every = every_pair(found)
    found.run(front)
    points = np.stack((every.energy, every.latency), axis=1)[np.isfinite(every.energy)]
    kept = {
        (e, c)
        for e, c in points.round(6).tolist()
        if not any(x <= e and y <= c and (x, y) != (e, c) for x, y in points.round(6))
    }
    assert {tuple(each) for each in front.points.round(6).tolist()} == kept


@pytest.mark.parametrize("family", ["flat-opt", "base-opt"])
def test_the_pick_evaluates_to_its_figures(family: str) -> None:
    """Of the operators' own points, counted anew, under the shared loops that the mapping says."""
    found, best = search(family=family), Best("edp")
    found.run(best)
    pick = best.payload
    assert isinstance(pick, Pick)
    sides = []
    for side, row, choice in zip(found.sides, pick.rows, pick.choices, strict=True):
        points = side.expand(np.array([row]))
        sides.append(side.counted(points.take(np.flatnonzero(points.choice == choice))))
    assert float(found.chain.metrics(sides)["edp"][0]) == pytest.approx(best.rank[0], rel=1e-12)


def test_little_is_counted_where_bounds_rule_out_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    found, counted = search(tokens=12, family="flash"), 0
    every = sum(len(side.expand(np.arange(len(side.rows)))) for side in found.sides)
    own = MaskedSide.counted

    def counting(side: MaskedSide, points: Points) -> Points:
        nonlocal counted
        counted += len(points)
        return own(side, points)

    monkeypatch.setattr(MaskedSide, "counted", counting)
    found = search(tokens=12, family="flash")
    found.run(Best("edp"))
    assert 0 < counted < every / 20
    tally = found.tally
    assert tally.outbid > (tally.tilings - tally.unfit) / 2


def test_what_was_found_before_is_not_looked_for_again() -> None:
    first = search()
    best = Best("edp")
    first.run(best)
    again, rank = search(), best.rank
    again.run(best)
    assert best.rank == rank
    assert again.tally.points < first.tally.points
    nothing = search()
    nothing.run(Best("edp", _found=((0.0,) * len(OBJECTIVES), "cheaper than any")))
    assert nothing.tally.points == nothing.tally.pairs == 0


def test_to_begin_with_a_few_pairs_are_looked_at() -> None:
    """One of each choice of shared loops, those with the least bounds: something to measure the rest by."""
    found, outlines, least = begun("flat-opt")
    best = Best("edp")
    found._begin(outlines, found._bounds(outlines), least, best)
    assert not best.empty
    looked = [int(seen.sum()) for seen in found.expanded]
    assert looked == [len(found.family.shared)] * 2  # 1, 2 and 4 tiles of rows
    for seen, outline in zip(found.expanded, outlines, strict=True):
        assert sorted(outline.shared[seen]) == list(range(len(found.family.shared)))


def test_of_each_operator_the_tiling_with_the_least_bound_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAIRED", 1)
    found, outlines, least = begun("flat-opt")
    bounds = found._bounds(outlines)
    found._begin(outlines, bounds, least, Best("edp"))
    for seen, outline, bound in zip(found.expanded, outlines, bounds, strict=True):
        for row in np.flatnonzero(seen):
            assert bound["edp"][row] == bound["edp"][outline.shared == outline.shared[row]].min()


def test_the_foremost_have_the_least_bounds_of_their_shared_loops() -> None:
    found = search(tokens=8)
    outlines = [side.outline() for side in found.sides]
    bounds = found._bounds(outlines)
    left = [np.arange(len(outline)) for outline in outlines]
    numbers = found._numbers(left, outlines, bounds, "edp").tolist()

    def least(number: int) -> float:
        own = (b["edp"][o.shared == number] for o, b in zip(outlines, bounds, strict=True))
        return float(min(values.min(initial=np.inf) for values in own))

    assert numbers == sorted(range(len(found.family.shared)), key=least)
    chosen = found._foremost(left, outlines, bounds, "edp", 3, 2)
    for rows, outline, bound in zip(chosen, outlines, bounds, strict=True):
        assert set(outline.shared[rows]) <= set(numbers[:2])
        for number in set(numbers[:2]):
            every = np.sort(bound["edp"][outline.shared == number])
            assert np.sort(bound["edp"][rows][outline.shared[rows] == number]).tolist() == every[:3].tolist()


def begun(family: str) -> tuple[MaskedSearch, list[Points], list[Points]]:
    """A search of which nothing is looked at yet, with its outlines and the least of each."""
    found = search(family=family)
    outlines = [side.outline() for side in found.sides]
    found._counted = [outline.take(np.arange(0)) for outline in outlines]
    return found, outlines, [least_by(outline, len(found.family.shared)) for outline in outlines]


@pytest.mark.parametrize("family", ["flat-opt", "base-opt"])
def test_one_operator_is_looked_at_on_where_the_other_has_nothing_left(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def all_of_logit(self, outlines, bounds, least, incumbent):  # type: ignore[no-untyped-def]
        self._look_at([np.arange(len(outlines[0])), np.arange(0)], least, incumbent)

    monkeypatch.setattr(MaskedSearch, "_begin", all_of_logit)
    every, best = every_pair(search(family=family)), Best("edp")
    search(family=family).run(best)
    assert best.rank[0] == pytest.approx(every["edp"][np.isfinite(every.energy)].min(), rel=1e-12)


@pytest.mark.parametrize("last", [0, 1, 2])
def test_what_is_looked_at_is_paired_with_all_that_was_before(last: int) -> None:
    """All of attend, and then all of logit together with one tiling of attend."""
    found, outlines, least = begun("flat-opt")
    best, every = Best("edp"), every_pair(search())
    one, other = (np.arange(len(outline)) for outline in outlines)
    found._look_at([one[:0], other], least, best)
    assert best.empty
    found._look_at([one, np.flatnonzero(outlines[1].shared == last)[:1]], least, best)
    assert best.rank[0] == pytest.approx(every["edp"][np.isfinite(every.energy)].min(), rel=1e-12)


def test_more_is_looked_at_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as many choices of shared loops, and twice as many tilings of each."""
    asked = []
    own = MaskedSearch._foremost

    def foremost(self, left, outlines, bounds, goal, most, loops):  # type: ignore[no-untyped-def]
        asked.append((most, loops))
        return own(self, left, outlines, bounds, goal, most, loops)

    monkeypatch.setattr(MaskedSearch, "_foremost", foremost)
    monkeypatch.setattr(module, "_FIRST", 1)
    monkeypatch.setattr(module, "_FIRST_LOOPS", 1)
    search(tokens=8).run(Best("footprint"))
    assert asked[0] == (1, 1) and len(asked) > 1
    assert asked == [(1 << n, 1 << n) for n in range(len(asked))]


def point(shared: list[int], **figures: list[float]) -> Points:
    """Points that cost 1 in all figures that are not said."""
    size = len(shared)
    names = ("cycles", "steps", "energy", "traffic", "footprint", "edge")
    same = {name: np.array(figures.get(name, [1.0] * size)) for name in names}
    rows = np.arange(size)
    return Points(shared=np.array(shared), busy=np.ones((2, size)), row=rows, choice=rows, **same)


@pytest.mark.parametrize("fused", [True, False])
def test_a_point_is_beaten_by_one_that_is_larger_in_nothing(fused: bool) -> None:
    points = point([0, 0, 0, 1], energy=[2, 1, 3, 2], traffic=[2, 2, 0.5, 2])
    others = point([0, 2], energy=[2, 0], traffic=[2, 0])
    assert beaten(points, others, fused).tolist() == [True, False, False, False]
    assert beaten(points, others.take(np.array([1])), fused).tolist() == [False] * 4


def test_figures_of_many_iterations_may_be_rounded_otherwise() -> None:
    """Up to 256 kinds of iterations each is counted, and beyond some stand for others."""
    few, many = search(tokens=4), search(tokens=512, name="one-word", family="flat-r1")
    assert few.tolerance == 1e-9 and many.tolerance == 1e-4
    said = "over 256 kinds of iterations are summed from a few, to one part in 10,000"
    assert said in many.left_out and said not in few.left_out


def test_what_is_not_in_the_space_is_said() -> None:
    own, longer = search(tokens=3), search(tokens=3, longer=4)
    assert (own.lengths, longer.lengths) == ({}, {"M": 4, "N": 4})
    (said,) = set(longer.left_out) - set(own.left_out)
    assert said.startswith("mappings of longer rows and keys") and "cut to the layer's" in said
    assert any(text.startswith("below Buffer a tile that is cut") for text in own.left_out)


def test_lower_tiles_of_rows_that_are_not_looked_at_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where as many tiles as are looked at would be lower than one row there are none."""
    monkeypatch.setattr(module, "FEW_TILES", 4)
    assert not any("fewer than" in text for text in search(tokens=4).left_out)  # tiles of one row are there
    monkeypatch.setattr(module, "FEW_TILES", 8)
    assert not any("fewer than" in text for text in search(tokens=4, family="flat-r2").left_out)
    monkeypatch.setattr(module, "FEW_TILES", 4)
    assert "tiles of fewer than 2 rows are not looked at" in search(tokens=4, family="flat-r2").left_out


def test_a_finished_mapping_has_the_rows_and_keys_that_there_are() -> None:
    """Longer rows and keys are cut; keys are those of the tile of rows that touches most."""
    found, best = search("window=2", "flat-opt", 5, "linked", longer=8), Best("traffic")
    found.run(best)
    pick = best.payload
    assert isinstance(pick, Pick)
    mapping = mapping_of(pick)
    tall = found.sides[0].iterations[int(found.sides[0].rows.shared[pick.rows[0]])].rows
    trips = dict(mapping.trips).get("M", 1)
    assert trips == -(-5 // tall)
    nest = dict(mapping.operators)["logit"]
    assert nest.covers("M") == 5 and nest.covers("N") == min(5, tall + 1)
