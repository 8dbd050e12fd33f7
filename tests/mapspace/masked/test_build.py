"""From a layer to the search of a family under a mask: what is looked at, what the buffer holds, what softmax
costs. Small enough to be counted by hand."""

from dataclasses import replace
from math import ceil

import pytest
from every_mapping import ARCHITECTURES, ENERGIES

import flat_plugin as flat
from flat_plugin.architecture import Architecture
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.family import Family, families_of
from flat_plugin.mapspace.limits import Limits, Spread
from flat_plugin.mapspace.masked import build
from flat_plugin.mapspace.masked.build import Problem, masked_search
from flat_plugin.mapspace.masked.search import MaskedSearch
from flat_plugin.mapspace.outer_tilings import Shared
from flat_plugin.workload import Attention
from flat_plugin.workload.mask import mask_of

SMALL = ARCHITECTURES["registers"]  # a buffer of 40 words
EDGE = flat.platform("edge")
FREE = {operator: Limits() for operator in ("logit", "attend")}


def attention(mask: str = "causal", tokens: int = 8, **others: int) -> Attention:
    return replace(Attention(1, 1, tokens, tokens, 1, mask=mask_of(mask)), **others)


def problem(layer: Attention, length: int | None = None, **others: object) -> Problem:
    """``length`` is what rows and keys are rounded up to."""
    square = replace(layer, mask=mask_of("full"))
    if length is not None:
        square = replace(square, queries=length, keys=length)
    return replace(Problem(layer, square, SMALL, ENERGIES, ENERGIES, "free", FREE), **others)


def family(asked: Problem, name: str) -> Family:
    return families_of(parse_dataflow(name), asked.square)[0]


def made(asked: Problem, name: str = "flat-opt") -> MaskedSearch:
    return masked_search(asked, family(asked, name))


def tiles(found: MaskedSearch) -> list[int]:
    """Tiles of rows of each choice of shared loops."""
    return [shared["M"] for shared in found.family.shared]


def with_room(words: float) -> Architecture:
    dram, buffer, *rest = SMALL.memories
    return replace(SMALL, memories=(dram, replace(buffer, capacity=words), *rest))


def test_a_tile_has_no_more_rows_than_there_are() -> None:
    asked = problem(attention(tokens=5), 8)
    assert [asked.rows(Shared((("M", trips),))) for trips in (1, 2, 4, 8)] == [5, 4, 2, 1]


@pytest.mark.parametrize(
    ("words", "choices"),
    [(65, [1, 2, 4, 8]), (64, [2, 4, 8]), (32, [4, 8]), (16, [8]), (9, [8])],
)
def test_choices_whose_scores_leave_no_room_are_gone(words: float, choices: list[int]) -> None:
    """Eight rows, four, two and one of eight keys."""
    assert tiles(made(problem(attention(), architecture=with_room(words)))) == choices


def test_where_no_scores_fit_there_is_no_tiling() -> None:
    found = made(problem(attention(), architecture=with_room(8)))
    assert [len(side.rows) for side in found.sides] == [0, 0]
    assert tiles(found) == [1]  # the fewest iterations to make nothing of


def test_only_the_keys_that_a_tile_touches_are_held() -> None:
    """Of one row two keys, of two rows three, of four rows five, of eight rows all."""
    found = made(problem(attention("window=2"), architecture=with_room(100)))
    assert tiles(found) == [1, 2, 4, 8]
    assert found.chain.held.tolist() == [8 * 8, 4 * 5, 2 * 3, 1 * 2]


def test_wider_scores_take_more_words_and_online_softmax_two_a_row() -> None:
    wide = replace(attention(), widths="S=32")
    found = made(problem(wide, architecture=with_room(200)))
    assert found.chain.held.tolist() == [2 * 8 * rows for rows in (8, 4, 2, 1)]
    online = made(problem(attention(), architecture=with_room(200)), "flash")
    held = {(s["M"], s["N"]): words for s, words in zip(online.family.shared, online.chain.held, strict=True)}
    assert held == {(m, n): 8 // m * 8 // n + 2 * 8 // m for m in (1, 2, 4, 8) for n in (1, 2, 4, 8)}


def test_every_head_and_row_that_shared_loops_do_not_walk_is_held() -> None:
    layer = replace(attention(tokens=4), heads=4, kv_heads=2)
    found = made(problem(layer, architecture=with_room(1000)))
    held = {(s["G"], s["M"]): words for s, words in zip(found.family.shared, found.chain.held, strict=True)}
    assert held == {(g, m): 2 // g * 4 // m * 4 for g in (1, 2) for m in (1, 2, 4)}


def test_unfused_operators_hold_no_scores_and_share_every_tile_of_rows() -> None:
    found = made(problem(attention()), "base-opt")
    assert tiles(found) == [1, 2, 4, 8] and found.chain.held.tolist() == [0] * 4


def test_of_tiles_of_keys_that_have_all_the_smallest_will_do() -> None:
    """A row under a window of two needs two keys: tiles of four and of eight have no more of them."""
    found = made(problem(attention("window=2"), architecture=with_room(1000)), "flash")
    blocks = {m: sorted(8 // s["N"] for s in found.family.shared if s["M"] == m) for m in (1, 2, 4, 8)}
    # without a loop over keys a tile is what the rows touch
    assert blocks == {1: [1, 2, 4, 8], 2: [1, 2, 4, 8], 4: [1, 2, 4, 8], 8: [1, 2, 8]}


@pytest.mark.parametrize(("words", "choices"), [(65, [1, 2]), (9, [8])])
def test_many_low_tiles_are_looked_at_where_nothing_else_fits(
    words: float, choices: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "FEW_TILES", 2)
    assert tiles(made(problem(attention(), architecture=with_room(words)))) == choices


@pytest.mark.parametrize(
    ("words", "bits", "choices"),
    [(42, "", [2]), (41, "", [2, 4, 8]), (50, "Q=32", [2]), (49, "Q=32", [2, 4, 8])],
)
def test_many_low_tiles_are_looked_at_where_an_operator_has_no_tiling(
    words: float, bits: str, choices: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside 32 scores of four rows there are two tiles of four words of Q and two of a word of K; as much of
    O and V, but for Q of 32 bits, which takes eight more."""
    monkeypatch.setattr(build, "FEW_TILES", 2)
    layer = replace(attention(), widths=bits or None)
    found = made(problem(layer, architecture=with_room(words)))
    assert tiles(found) == choices


def test_iterations_are_those_of_the_rows_and_of_the_passes_over_them() -> None:
    """Query heads of a group pass over the rows one after the other where shared loops walk both."""
    layer = replace(attention(tokens=4), heads=4, kv_heads=1)
    found = made(problem(layer, architecture=with_room(1000)))
    got = {
        (s["G"], s["M"]): (one.rows, one.passes)
        for s, one in zip(found.family.shared, found.sides[0].iterations, strict=True)
    }
    assert got == {(g, m): (4 // m, g if m > 1 else 1) for g in (1, 2, 4) for m in (1, 2, 4)}
    unfused = made(problem(layer, architecture=with_room(1000)), "base-opt")
    assert [one.passes for one in unfused.sides[0].iterations] == [1, 1, 1]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Rows and passes of the iterations that are worked out, as they are asked for."""
    keys, own = [], build.iterations_of

    def counting(layer, *key):  # type: ignore[no-untyped-def]
        keys.append(key)
        return own(layer, *key)

    monkeypatch.setattr(build, "iterations_of", counting)
    return keys


def test_choices_with_the_same_rows_have_the_same_iterations(asked: list[tuple[int, ...]]) -> None:
    made(problem(attention(), architecture=with_room(1000)), "flash")
    assert asked == [(rows, 1) for rows in (8, 4, 2, 1)]


def test_query_heads_pass_over_tiles_of_rows_one_after_the_other(asked: list[tuple[int, ...]]) -> None:
    made(problem(replace(attention(tokens=4), heads=2, kv_heads=1), architecture=with_room(1000)))
    assert sorted(asked) == [(1, 1), (1, 2), (2, 1), (2, 2), (4, 1)]


@pytest.mark.parametrize(("name", "fused", "heads"), [("flat-m", True, 2), ("base-opt", False, 1)])
def test_sides_and_chain_are_those_of_the_family(name: str, fused: bool, heads: int) -> None:
    asked = problem(replace(attention("causal,topk=2", 4), heads=2, kv_heads=2), architecture=with_room(1000))
    found = made(asked, name)
    assert found.chain.fused is fused
    for side in found.sides:
        assert (side.fused, side._counter.fused, side.below.spanned) == (fused, fused, heads)
        assert side._counter.gathered is not None


def test_what_an_operator_keeps_to_is_its_own() -> None:
    """Attend may unroll nothing; logit what it likes."""
    nothing = Spread((1,) * 3, (1,) * 3, ("xy",) * 3)
    limits = {"logit": Limits(), "attend": Limits(spreads=((1, nothing),))}
    logit, attend = made(problem(attention(tokens=4), limits=limits)).sides
    assert [side.structure.einsum.name for side in (logit, attend)] == ["logit", "attend"]
    most = [
        max(side.menu(row).choice.spatial.prod(axis=0).max() for row in range(len(side.rows)))
        for side in (logit, attend)
    ]
    assert most == [4, 1]


def test_k_is_held_whole_or_not() -> None:
    layer = flat.parse_attention("B=1,H=1,M=4,N=4,D=1,V=K")
    asked = problem(replace(layer, mask=mask_of("causal")))
    sides = [
        masked_search(asked, each).sides[0] for each in families_of(parse_dataflow("flat-opt"), asked.square)
    ]
    n = sides[0].structure.core.index("N")
    held, apart = (set(side.rows.extents[n].tolist()) for side in sides)
    assert held == {4.0} and apart == {1.0, 2.0}


@pytest.mark.parametrize("name", ["flat-opt", "base-opt"])
def test_softmax_takes_the_keys_that_each_iteration_touches(name: str) -> None:
    """Four operations of a score (maximum, exponential, sum, scale), in whole cycles of all lanes."""
    architecture, energies = EDGE.architecture, EDGE.energies
    unit = architecture.softmax
    assert unit is not None
    asked = problem(
        attention(tokens=32),
        architecture=architecture,
        energies=energies,
        own=energies,
        softmax="serial",
    )
    found = made(asked, name)
    heights = [32 // trips for trips in tiles(found)]
    assert heights == [32, 16, 8, 4, 2, 1]
    assert found.chain.serial and not made(replace(asked, softmax="overlapped"), name).chain.serial
    assert found.chain.lanes.tolist() == [
        sum(ceil(rows * last * 4 / unit.lanes) for last in range(rows, 33, rows)) for rows in heights
    ]


def test_softmax_has_the_query_heads_of_a_pass() -> None:
    """Four query heads of a head of keys: all in an iteration, or each in passes of its own."""
    asked = problem(
        replace(attention(tokens=8), heads=4, kv_heads=1),
        architecture=EDGE.architecture,
        energies=EDGE.energies,
        softmax="serial",
    )
    found = made(asked)
    for shared, lanes in zip(found.family.shared, found.chain.lanes, strict=True):
        rows, passes = 8 // shared["M"], shared["G"] if shared["M"] > 1 else 1
        each = (ceil(4 // passes * rows * last * 4 / 32) for last in range(rows, 9, rows))
        assert lanes == passes * sum(each), shared


def test_free_softmax_costs_nothing() -> None:
    chain = made(problem(attention())).chain
    assert not chain.lanes.any() and not chain.energy.any() and not chain.cycles.any()


def test_what_chooses_keys_is_told_the_rows_of_a_tile(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def selecting(chain, layer, rows, architecture, energies, own):  # type: ignore[no-untyped-def]
        seen.append((rows, energies, own))
        return chain

    monkeypatch.setattr(build, "selecting", selecting)
    own = replace(ENERGIES)
    made(problem(attention("causal,topk=2", 4), own=own, architecture=with_room(100)))
    ((rows, energies, given),) = seen
    assert rows == [4, 2, 1] and energies is ENERGIES and given is own


def test_the_lengths_of_the_search_are_those_that_are_rounded_up() -> None:
    assert made(problem(attention(tokens=5), 8)).lengths == {"M": 8, "N": 8}
    assert made(problem(attention(tokens=8), 8)).lengths == {}
