"""The estimate as a value: its sums, and the form that is printed for machines."""

from dataclasses import replace
from math import nan

import pytest
from four_cores import answer

from flat_plugin.model.estimate import Kind, Scored
from flat_plugin.model.operator_work import Traffic, Work

LOGIT = Work("logit", 10.0, {"MAC": 10.0}, {("MAC", "compute"): 2.0}, {"Q": Traffic.at(0, 5, 1)}, 7)
ATTEND = Work("attend", 4.0, {"MAC": 4.0}, {("MAC", "compute"): 1.0}, {"V": Traffic.at(1, 5, 1)}, 3)


def test_a_kind_of_layer_is_all_of_its_works():
    kind = Kind.of("decoder", 12, [LOGIT, ATTEND])
    assert (kind.name, kind.times, kind.cycles, kind.energy_pj) == ("decoder", 12, 14, 3)
    assert (kind.computes, kind.dram_words) == (10, 6)
    assert Kind.of("decoder", 12, [LOGIT, ATTEND], cycles=11).cycles == 11
    unknown = Work("logit", 1.0, {}, {("MAC", "compute"): nan})
    assert Kind.of("decoder", 1, [unknown]).energy_pj is None


def test_scores_that_are_needed_and_touched():
    scores = Scored(60, 90)
    assert scores.ratio == 1.5
    assert scores + Scored(1, 2, True) == Scored(61, 92, True)
    assert scores * 3 == Scored(180, 270)
    assert scores.to_dict() == {"needed": 60, "touched": 90, "ratio": 1.5}
    assert Scored(1, 2, True).to_dict()["bound"] is True


@pytest.fixture(scope="module")
def found():
    return answer(softmax="serial")


def test_words_and_bytes_of_dram(found):
    assert found.dram_words == sum(words.dram for words in found.traffic.values())
    assert found.dram_bytes == 2 * found.dram_words  # words of 16 bits
    assert found.leak_pj == 0


def test_the_machine_readable_form_holds_every_figure(found):
    document = found.to_dict()
    assert (document["cycles"], document["bound"], document["softmax"]) == (
        found.cycles,
        found.bound,
        "serial",
    )
    assert list(document["operators"]) == ["logit", "softmax", "attend"]
    assert document["tensors"]["K"]["dram_reads"] == 64
    assert document["stage"] == ["K", "O", "Q", "S", "V"]
    assert document["stage_levels"]["K"] == "L2"
    assert document["shared"][-1] == {"level": "L2", "dimension": "M", "trips": 4, "unrolled": True}
    capacity = document["capacity"]
    assert capacity["words"] == found.requirement.words == capacity["levels"]["L1"]["words"]
    assert list(capacity["levels"]) == ["L2", "L1", "Regs"]
    assert capacity["inequality"] == str(found.requirement)


def test_an_operators_energies_are_by_component_and_by_tensor(found):
    for name, work in found.operators.items():
        document = found.to_dict()["operators"][name]
        parts = document["components"]
        assert sum(part["energy_pj"] for part in parts.values()) == pytest.approx(work.energy_pj)
        assert sum(document["energy_by_tensor_pj"].values()) == pytest.approx(document["energy_pj"])
        assert {component: part["busy_cycles"] for component, part in parts.items()} == {
            component: work.busy[component] for component in parts
        }


def test_what_nobody_knows_is_null(found):
    assert replace(found, scores=None, step=None).to_dict()["scores"] is None
    assert found.to_dict()["step"] is None
    assert found.to_dict()["components"]["MAC"]["energy_pj"] == found.energy["MAC"]
