"""Iterations that a mask leaves, in words, and what they add up to."""

import pytest

import flat_plugin as flat
from flat_plugin.model.explain_masked import (
    MOST_KINDS,
    Iteration,
    iteration_lines,
    iterations_of,
    masked_products,
)
from flat_plugin.model.masked import masked_layer, masked_works
from flat_plugin.workload.mask import mask_of

PLATFORM = flat.platform("edge")


@pytest.fixture(scope="module")
def layer():
    attention = flat.Attention(1, 2, 64, 64, 16, mask=mask_of("causal,window=24"))
    answer = flat.estimate(attention, PLATFORM, "flat-r16")
    return masked_layer(attention, PLATFORM.architecture, answer.mapping, PLATFORM.energies)


def test_kinds_of_iterations_in_order(layer):
    """Sixteen rows see 23 keys before the first of them: 16, 32, then 39 of which 23 were seen before."""
    found = [(each.rows, each.keys, each.kept) for each in iterations_of(layer)]
    assert found == [(16, 16, 0), (16, 32, 16), (16, 39, 23), (16, 39, 23)][: len(found)]
    assert sum(each.times for each in iterations_of(layer)) == 4


def test_a_line_of_each():
    assert Iteration(16, 1024, 2, 512).line == "2 × 16 rows × 1,024 keys, 512 of them as before"
    many = (Iteration(1, 1, 1, 0),) * (MOST_KINDS + 3)
    lines = iteration_lines(many)
    assert (len(lines), lines[-1]) == (MOST_KINDS + 1, "and 3 kinds more")
    assert len(iteration_lines(many[:MOST_KINDS])) == MOST_KINDS


def test_products_add_up_to_the_work_of_an_operator(layer):
    logit, *_ = masked_works(layer, "free", 0.0)
    products = [*masked_products(logit, layer.mapping, PLATFORM.architecture)]
    assert sum(p.value for p in products if p.unit == "pJ") == pytest.approx(logit.energy_pj)
    busy = {p.of.removesuffix(" busy"): p.value for p in products if p.unit == "cycles"}
    assert busy == {name: cycles for name, cycles in logit.busy.items() if cycles}
    for product in products:
        value = 1.0
        for number, what in product.factors:
            value = value / number if what.startswith("/") else value * number
        assert value == pytest.approx(product.value)


def test_without_a_mask_there_are_no_kinds():
    attention = flat.Attention(1, 2, 64, 64, 16)
    answer = flat.estimate(attention, PLATFORM, "flat-r16")
    assert (
        iterations_of(masked_layer(attention, PLATFORM.architecture, answer.mapping, PLATFORM.energies)) == ()
    )
