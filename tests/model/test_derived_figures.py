"""Computation, leakage, softmax and busy times as products: each product is its value."""

from dataclasses import replace

import pytest
from counted_by_hand import BUFFER_WORDS, ENERGIES, NEST, PRODUCT, STEPS
from counted_by_hand import CHIP as SMALL
from four_cores import CHIP, ERT, answer, on_cores

from flat_plugin.architecture import EnergyTable
from flat_plugin.model import derived_figures as figures
from flat_plugin.model.derived_figures import Product
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.model.operator_work import Traffic, Work, work_of


def multiplied(product):
    value = 1.0
    for number, what in product.factors:
        value = value / number if what.startswith("/") else value * number
    return value


def by_name(products):
    assert all(multiplied(product) == pytest.approx(product.value) for product in products)
    return {product.of: product.value for product in products}


def test_a_product_in_words():
    energy = Product("MAC compute", ((1e6, "multiply-accumulates"), (0.5, "pJ")), 5e5, "pJ")
    assert energy.line == "MAC compute: 1,000,000 multiply-accumulates × 0.5 pJ = 0.500 µJ"
    busy = Product("L1 busy", ((100.0, "words"), (16.0, "/words/cycle")), 6.25, "cycles")
    assert busy.line == "L1 busy: 100 words / 16 words/cycle = 6 cycles"


def test_an_operator():
    leaking = {
        name: replace(part, actions={**part.actions, "leak": 0.25})
        for name, part in ENERGIES.components.items()
    }
    energies = EnergyTable(leaking)
    result = evaluate_operator(PRODUCT, SMALL, NEST, energies)
    work = work_of(result, SMALL)
    found = by_name(figures.operator_products(PRODUCT, result, work, SMALL, energies))
    assert found == {
        "MAC compute": 96,
        "DRAM leak": 74 / 4,
        "Buffer leak": 74 / 4,
        "Regs leak": 4 * 74 / 4,
        "MAC busy": STEPS,
        "Buffer busy": BUFFER_WORDS / 4,
    }


@pytest.mark.parametrize(("online", "softmax"), [(False, "serial"), (True, "overlapped"), (False, "array")])
def test_a_softmax(online, softmax):
    work = answer(on_cores(online=online), softmax=softmax).operators["softmax"]
    products = figures.softmax_products(work, CHIP, ERT)
    found = by_name(products)
    assert sum(p.value for p in products if p.unit == "pJ") == pytest.approx(work.energy_pj)
    for name, cycles in work.busy.items():
        if cycles:
            assert found[f"{name} busy"] == pytest.approx(cycles)


def test_scores_that_did_not_fit():
    work = Work("overflow", 50.0, {"DRAM": 50.0}, {("DRAM", "S"): 20000.0}, {"S": Traffic.at(0, 120, 80)})
    assert by_name(figures.overflow_products(work, CHIP, ERT)) == {
        "DRAM ↔ S read": 12000,
        "DRAM ↔ S update": 8000,
        "DRAM busy": 50,
    }


def test_rows_and_widths_are_factors():
    memories = (replace(CHIP.memories[0], block_size=4), *CHIP.memories[1:])
    work = Work("overflow", 50.0, {}, {}, {"S": Traffic.at(0, 120, 0, bits=8)})
    (read, busy) = figures.overflow_products(work, replace(CHIP, memories=memories), ERT)
    assert (read.value, multiplied(read)) == (120 / 2 / 4 * 100, read.value)
    assert busy.value == 60 / 4


def test_what_chooses_keys():
    energy = {("MAC", "compute"): 6.0, ("DRAM", "K"): 300.0, ("L1", "leak"): 2.0, ("L2", "leak"): 0.0}
    work = Work("index", 9.0, {"MAC": 9.0, "DRAM": 0.0}, energy, {"K": Traffic.at(0, 2, 1)})
    expected = {"MAC compute": 6, "DRAM ↔ K": 300, "L1 leak": 2, "MAC busy": 9}
    assert by_name(figures.choosing_products(work, CHIP, ERT)) == expected
    prefixed = replace(work, traffic={"index.K": Traffic.at(0, 2, 1)})
    assert by_name(figures.choosing_products(prefixed, CHIP, ERT)) == expected
