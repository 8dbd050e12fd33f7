"""Explorations in words: the answer in a sentence, the front, steps along axes, how far the best stays it."""

from types import SimpleNamespace

import pytest

from flat_plugin.report.present import printed
from flat_plugin.report.terminal.explore import answer_of, exploration_text, figure


class Totals(dict):
    runs = (SimpleNamespace(latency_s=0.002, energy_j=0.004, power_w=2.0, busy_s=0.001),)


FIGURES = dict(area=1.23456, energy=0.004, latency=0.002, power=2.0, peak_power=3.0, edp=8e-6)


def chip(label="buffer_kb 64", buffer=64, missed=None, **changes):
    answer = SimpleNamespace(dataflow="flat-h", bound="DRAM", utilization=0.5)
    return SimpleNamespace(
        label=label,
        values={"buffer_kb": buffer, "pes": (16, 16)},
        totals=Totals(FIGURES | changes),
        answers=(answer,),
        missed=missed or {},
    )


def found(best=None, nearest=None, **changes):
    axes = [
        SimpleNamespace(name="buffer_kb", values=(64, 128)),
        SimpleNamespace(name="pes", values=((16, 16),)),
    ]
    asked = SimpleNamespace(
        base=SimpleNamespace(name="edge"),
        objectives=("edp",),
        limited=False,
        space=SimpleNamespace(axes=axes),
        cases=(SimpleNamespace(name="bert"),),
    )
    parts = dict(front=(), every=(), steps=(), robust=(), interrupted=False, assumptions=("as said",))
    return SimpleNamespace(
        **{
            "asked": asked,
            "best": best,
            "nearest": nearest,
            "proven": True,
            "proof": "2 designs",
            **parts,
            **changes,
        }
    )


def test_the_best_chip_in_a_sentence():
    said = answer_of(found(chip()))
    assert said.startswith("The best chip by edp: buffer_kb 64 (")
    assert "area 1.235 mm²" in said and "latency 2 ms" in said and "peak power" not in said
    assert answer_of(found(chip(label=""), proven=False)).startswith("The best chip by edp: edge (")
    assert answer_of(found(chip(), proven=False)).endswith("; not proven: it was interrupted")


def test_budgets_and_two_objectives():
    result = found(chip())
    result.asked.limited, result.asked.objectives = True, ("area", "peak_power")
    assert answer_of(result).startswith("The best chip by area × peak power within the budgets: ")


def test_the_nearest_says_what_it_misses():
    said = answer_of(found(nearest=chip(missed={"area": 0.5, "power": 0.012})))
    assert said.startswith("No design meets the budgets; the nearest misses area by 50.0%, power by 1.2%: ")
    assert answer_of(found()) == "no mapping fits any design"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_figures_that_are_none(value):
    assert figure(chip(area=value), "area") == "—"
    assert "area nan" not in answer_of(found(chip(area=value)))


def test_the_front_has_the_axes_that_vary():
    said = printed(exploration_text(found(chip(), front=(chip(), chip(buffer=128)))))
    assert "front: 2 chips that no other beats" in said
    assert "buffer_kb" in said and "pes" not in said
    assert "flat-h" in said and "- as said" in said and said.strip().endswith("2 designs")
    assert "front:" not in printed(exploration_text(found(chip(), front=(chip(),))))


def test_of_a_long_front_the_first_are_printed():
    said = printed(exploration_text(found(chip(), every=(chip(),) * 43)))
    assert "every design within the budgets" in said and "… and 3 more (--json has all)" in said


def test_a_chip_that_waits_for_its_power_says_so():
    said = printed(exploration_text(found(chip())))
    assert "the budget of power" in said and " 25.0%" in said  # half of the time it waits


def test_one_step_along_an_axis():
    step = SimpleNamespace(
        axis="buffer_kb", value=64, to=128, why="", totals=Totals(FIGURES | {"area": 2.46912})
    )
    said = printed(exploration_text(found(chip(), steps=(step,))))
    assert "one step along each axis" in said and "64 → 128" in said
    assert "+100.00%" in said


def test_how_far_the_best_stays_the_best():
    rows = (
        SimpleNamespace(
            what="energy of DRAM", share=0.3, up=True, holds=0.12, instead="buffer_kb 128", loss=0.04
        ),
        SimpleNamespace(what="its area", share=0.3, up=False, holds=0, instead="", loss=0),
    )
    said = printed(exploration_text(found(chip(), robust=rows, interrupted=True)))
    assert "interrupted, not all of them were tried" in said
    assert "still up to 12.0%; then buffer_kb 128" in said and "4.00%" in said
    assert "−30%" in said and "stays" in said
