"""Figures as products, by hand, and that they add up to the estimate."""

from dataclasses import replace
from math import nan

import pytest
from four_cores import CHIP, ERT, LAYER, answer, on_cores

import flat_plugin as flat
from flat_plugin.architecture import EnergyTable
from flat_plugin.model.explain import Derivation, Nest, explanation_of
from flat_plugin.workload.mask import mask_of


def explained(found, energies=ERT):
    return {step.name: step for step in explanation_of(found, LAYER, CHIP, energies).steps}


def of(step, level, tensor):
    return next(count for count in step.counts if (count.level, count.tensor) == (level, tensor))


@pytest.fixture(scope="module")
def steps():
    return explained(answer(softmax="serial"))


def test_words_are_tile_times_changes_times_children(steps):
    """Four rows of Q go to each of four cores twice a head: L2 reads all of Q."""
    query = of(steps["logit"], "L2", "Q")
    assert query.nest == Nest(tile=2 * 4, deliveries=2 * 2, scatter=4, forwarded=0)
    assert query.accesses == 8 * 4 * 4
    assert query.actions[0] == ("read", 128, 128, 10.0)
    key = of(steps["logit"], "L2", "K")
    assert key.nest.scatter == 1 and key.accesses == key.nest.tile * key.nest.deliveries == 2 * 8 * 4


def test_lines_say_the_product(steps):
    lines = of(steps["logit"], "L2", "Q").lines()
    assert lines[0] == "L2 ↔ Q: tile 8 × 4 times × 4 distinct = 128 words"
    assert lines[1] == "  read: 128 × 10 pJ = 0.001 µJ"


def test_outermost_memories_come_first(steps):
    assert [count.level for count in steps["logit"].counts][::2][:2] == ["DRAM", "L2"]


def derivation(**changes):
    plain = Derivation("L1", "S", 100, None, 1, 4, (("update", 100, 100, 2.0), ("read", 60, 60, 1.0)))
    return replace(plain, **changes)


def test_a_derivation_by_itself():
    assert derivation().energy_pj == 4 * (100 * 2 + 60)
    assert derivation().lines() == [
        "L1 ↔ S: 100 words, tile by tile: the last ones are smaller",
        "  update: 100 × 2 pJ × 4 instances = 0.001 µJ",
        "  read: 60 (the first 40 sums need no read) × 1 pJ × 4 instances = 0.000 µJ",
    ]
    passed = derivation(nest=Nest(5, 30, 1, 50)).lines()[0]
    assert passed == "L1 ↔ S: tile 5 × 30 times × 1 distinct − 50 from neighbours = 100 words"
    assert derivation(instances=1, block=8, actions=(("read", 96, 12, nan),)).lines()[1] == "  read: 96 / 8"


@pytest.mark.parametrize("softmax", ["serial", "overlapped", "array"])
@pytest.mark.parametrize("online", [False, True])
def test_every_figure_is_explained(softmax, online):
    if online and softmax == "array":
        return  # refused: keys in several cores
    found = answer(on_cores(online=online), softmax=softmax)
    for name, step in explained(found).items():
        assert step.energy_pj == pytest.approx(found.operators[name].energy_pj)


def test_without_energies_the_words_are_still_explained():
    unknown = EnergyTable(unknown="nobody was asked")
    found = flat.estimate(LAYER, CHIP, mapping=on_cores(), ert=unknown)
    steps = explained(found, unknown)
    assert of(steps["logit"], "L2", "Q").accesses == 128
    spent = {product.of for step in steps.values() for product in step.products if product.unit == "pJ"}
    assert spent == {"SoftmaxUnit compute"}  # which the architecture states itself


def test_rows_of_a_mask_are_explained_as_iterations():
    causal = flat.Attention(1, 2, 64, 64, 16, mask=mask_of("causal"))
    platform = flat.platform("edge")
    found = flat.estimate(causal, platform, "flat-r16")
    explanation = explanation_of(found, causal, platform.architecture, platform.energies)
    assert [(each.rows, each.keys, each.times) for each in explanation.iterations] == [
        (16, 16, 1),
        (16, 32, 1),
        (16, 48, 1),
        (16, 64, 1),
    ]
    assert sum(step.energy_pj for step in explanation.steps) == pytest.approx(found.energy_pj)


def test_the_machine_readable_form():
    document = explanation_of(answer(), LAYER, CHIP, ERT).to_dict()
    assert list(document["derivations"]) == ["logit", "softmax", "attend"]
    assert "parallel" in document["nest"] and document["iterations"] == []
