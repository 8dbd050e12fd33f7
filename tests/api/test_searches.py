"""``search``, ``search_each``, ``pareto`` and ``save_mapping``."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.workload import parse_attention

BERT = "bert-base"
SMALL = parse_attention("B=1,H=4,M=128,N=96,D=32")


@pytest.mark.parametrize(
    ("function", "choice"),
    [
        (flat.search, {"factors": "odd"}),
        (flat.search, {"objective": "beauty"}),
        (flat.search_each, {"factors": "odd"}),
        (flat.pareto, {"front": "beauty"}),
    ],
)
def test_choices_are_checked_before_anything_is_read(function, choice):
    (wrong,) = choice.values()
    with pytest.raises(flat.FlatError, match=f"unknown (choice|objective) .got '{wrong}'"):
        function(BERT, "not-there.yaml", **choice)


def test_what_the_search_command_saves_can_be_saved_from_python(tmp_path):
    layer = SMALL
    found = flat.search_each(layer, "edge", ["flat-h"])
    flat.save_mapping(found.best.mapping, layer, "edge", str(tmp_path / "best.yaml"))
    again = flat.estimate(layer, "edge", mapping=tmp_path / "best.yaml")
    assert again.cycles == found.best.estimate.cycles


def test_each_family_has_its_best_and_one_is_the_best_of_all():
    each = flat.search_each(SMALL, "edge", ["base-opt", "flat-opt"])
    assert flat.search(SMALL, "edge").value == min(family.value for family in each.results.values())


def test_what_is_staged_is_the_searchs_choice():
    with pytest.raises(flat.FlatError, match="dataflow: flat-r32 fixes what is staged"):
        flat.search(SMALL, dataflow=replace(flat.parse_dataflow("flat-r32"), stage=frozenset("S")))


def test_no_point_of_a_front_beats_another():
    small = parse_attention("B=1,H=1,M=16,N=16,D=8")
    front = flat.pareto(small, "edge", dataflow="flat-opt")
    points = [(e.requirement.words, e.dram_words) for _, e in front.points]
    assert points == sorted(points) and sorted(points, key=lambda p: -p[1]) == points
