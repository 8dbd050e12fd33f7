"""How many rows a tile has under a mask: the height that costs least, of those that are tried."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

import flat_plugin as flat
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.mapspace import masked_rows
from flat_plugin.mapspace.masked_rows import climbed, heads_in_turn, least_touched

FLOW = parse_dataflow("flat-r")
LAYER = SimpleNamespace(
    attention=SimpleNamespace(queries=256), architecture=SimpleNamespace(fanouts=((1, 1), (4, 8)))
)


@pytest.fixture
def costing(monkeypatch):
    """Mappings are heights, and cost what a function says; what is tried is remembered."""

    def use(cost, most=10**9):
        tried = []

        def mapped(flow):
            tried.append(flow.rows)
            if flow.rows > most:
                raise InvalidMapping(f"{flow.rows} rows do not fit")
            return flow.rows

        monkeypatch.setattr(masked_rows, "_cost", lambda layer, mapping: cost(mapping))
        return mapped, tried

    return use


def shapes(*rows):
    return [replace(FLOW, rows=n) for n in rows]


def test_the_best_of_some_shapes(costing):
    mapped, _ = costing(lambda rows: abs(rows - 30))
    assert least_touched(shapes(64, 32, 16), LAYER, mapped) == 32


def test_shapes_that_do_not_fit_are_passed_over(costing):
    mapped, _ = costing(lambda rows: 0, most=20)
    assert least_touched(shapes(64, 16), LAYER, mapped) == 16
    with pytest.raises(InvalidMapping, match="64 rows"):
        least_touched(shapes(64, 32), LAYER, mapped)


def test_very_low_tiles_are_tried_only_if_nothing_else_fits(costing, monkeypatch):
    monkeypatch.setattr(masked_rows, "_MOST_TILES", 8)
    mapped, tried = costing(lambda rows: rows)
    assert least_touched(shapes(64, 32, 16), LAYER, mapped) == 32
    assert tried == [64, 32]
    mapped, tried = costing(lambda rows: rows, most=16)
    assert least_touched(shapes(64, 16), LAYER, mapped) == 16


@pytest.mark.parametrize(("best", "found"), [(8, 8), (40, 32), (300, 256), (1, 1), (5, 4)])
def test_heights_are_doubled_or_halved_from_that_of_the_array(costing, best, found):
    mapped, tried = costing(lambda rows: abs(rows - best))
    assert climbed(FLOW, LAYER, mapped) == found
    assert tried[0] in (8, 16) and set(tried) <= {1, 2, 4, 8, 16, 32, 64, 128, 256}


def test_heights_that_do_not_fit_are_no_choice(costing):
    mapped, _ = costing(lambda rows: -rows, most=32)
    assert climbed(FLOW, LAYER, mapped) == 32
    mapped, tried = costing(lambda rows: -rows, most=3)
    assert climbed(FLOW, LAYER, mapped) == 2  # though that of the array does not fit
    assert tried == [8, 4, 2, 1, 2]
    mapped, _ = costing(lambda rows: abs(rows - 1), most=3)
    assert climbed(FLOW, LAYER, mapped) == 1
    mapped, _ = costing(lambda rows: -rows, most=0)
    with pytest.raises(InvalidMapping, match="rows do not fit"):
        climbed(FLOW, LAYER, mapped)


def nest(*loops):
    return OperatorMapping((LevelMapping("DRAM", loops), LevelMapping("Buffer", (("M", 3),))))


def test_heads_of_a_group_go_inside_the_rows_that_they_take():
    swapped = heads_in_turn(nest(("M", 4), ("G", 2), ("H", 3)))
    assert swapped == nest(("G", 2), ("M", 4), ("H", 3))
    assert heads_in_turn(nest(("M", 4), ("N", 1), ("G", 2))).levels[0].temporal == (
        ("G", 2),
        ("N", 1),
        ("M", 4),
    )


@pytest.mark.parametrize(
    "loops",
    [
        (("G", 2), ("M", 4)),  # they are inside
        (("M", 4), ("N", 5), ("G", 2)),  # something is between
        (("M", 1), ("G", 2)),
        (("M", 4), ("H", 3)),
    ],
)
def test_other_nests_stay_as_they_are(loops):
    assert heads_in_turn(nest(*loops)) == nest(*loops)


def test_an_unfused_dataflow_has_tiles_as_low_as_what_it_stages_asks_for():
    layer = flat.parse_attention("B=1,H=1,M=512,N=512,D=16")
    found = flat.estimate(layer, "edge", "base", stage=["S"], mask="causal", set={"buffer_kb": 64})
    assert 2 * 32 * 512 == 64 * 512 and found.fits  # 32 rows, as the array has, leave no room for K
