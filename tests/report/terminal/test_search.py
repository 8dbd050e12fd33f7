"""Results of searches in words: what is the best, of what, and what is not proven."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

import flat_plugin as flat
from flat_plugin.report.present import printed
from flat_plugin.report.terminal import search as text

LAYER = flat.parse_attention("B=1,H=1,M=16,N=16,D=8")


@pytest.fixture(scope="module")
def found():
    return flat.search(LAYER, "edge", dataflow="base-opt", factors="perfect")


def result(gap=0.0, **changes):
    return SimpleNamespace(**{"interrupted": True, "objective": "edp", "gap": gap, **changes})


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (None, "and no bound of its edp is known"),
        (0.0301, "within 3.1% of the least edp"),
        (0.03, "within 3.0% of the least edp"),
        (1.001, "at most 2.01× the least edp"),
        (1.0, "at most 2.00× the least edp"),
    ],
)
def test_how_far_the_optimum_may_be_is_rounded_up(gap, said):
    assert text._gap(result(gap)) == said


def test_what_was_not_reached_is_said_by_family():
    families = SimpleNamespace(
        results={"flat-opt": result(0.5), "base-opt": result(interrupted=False)}, unreached=("flash",)
    )
    assert text._interrupted(families) == [
        "Interrupted, not proven: flat-opt the best so far, within 50.0% of the least edp; flash not reached."
    ]
    done = SimpleNamespace(results={"base-opt": result(interrupted=False)}, unreached=())
    assert text._interrupted(done) == []


@pytest.mark.parametrize(
    ("size", "proven", "said"),
    [
        (1, True, "the best of 1 mapping, perfect factors; 7 evaluated"),
        (2000, True, "the best of 2,000 mappings, perfect factors; 7 evaluated"),
        (2 * 10**9, False, "the best found, not proven, of 2.000e+09 mappings, perfect factors; 7 evaluated"),
        (0, False, "not proven; interrupted before the space was counted, perfect factors"),
    ],
)
def test_a_line_says_what_the_best_is_the_best_of(size, proven, said):
    space = SimpleNamespace(size=size, evaluated=7, declaration=(), reasons=())
    best = SimpleNamespace(space=space, proven=proven, factors="perfect", perfect_because="")
    assert str(text._Proof.of(best)) == said


def test_a_line_says_how_near_the_best_is(found):
    near = replace(found, gap=1e-3)
    assert str(text._Proof.of(near)).startswith("within 0.1% of the best of")
    assert str(text._Proof.of(replace(near, proven=False))).startswith("the best found, not proven, of")


def test_a_space_says_why_others_cannot_be_better(found):
    said = printed(
        text.search_table(
            SimpleNamespace(
                results={"base-opt": found},
                names=("base-opt",),
                refused={},
                unreached=(),
                best=found,
                remarks=("said besides",),
                fused_over_unfused=0.5,
            ),
            proof=True,
        )
    )
    assert "Best by edp: base-opt" in said and "said besides" in said
    assert "Best fused over best unfused edp: 0.500×" in said
    assert "Space: " in said and "the others cannot be better:" in said
    assert said.count("  - ") == len(found.space.reasons)


def test_one_family(found):
    said = printed(text.best_table(found))
    assert said.splitlines()[-1].startswith("`flat search --proof` prints the spaces")
    assert "the best of " in said and "Interrupted" not in said


def test_points_of_a_front(found):
    estimate = found.estimate
    metrics = ("latency", "energy", "traffic", "footprint")
    front = SimpleNamespace(
        metrics=metrics,
        points=((found.mapping, estimate),),
        proven=False,
        space=found.space,
        factors="perfect",
        perfect_because="",
    )
    said = printed(text.front_table(front))
    assert f"{estimate.cycles:,.0f} cycles" in said
    assert "Interrupted: the points so far, not proven." in said
    assert "base-opt" in said
    assert text._column("footprint", [estimate])[0].endswith("words")
    assert text._column("energy", [estimate])[0].endswith("J")
    assert text._how(frozenset("SQ")) == ", Q, S held on chip" and text._how(frozenset()) == ""
