"""Metrics of two operators together, by hand, and as the model's chain has them."""

from dataclasses import replace

import numpy as np
import pytest

from flat_plugin.architecture import Architecture, Compute, Memory, SoftmaxUnit
from flat_plugin.mapspace.operator_pairs import chain_of
from flat_plugin.mapspace.operator_side import Points
from flat_plugin.model.chain import fused_latency, unfused_latency
from flat_plugin.model.operator_work import Traffic, Work

CHIP = Architecture(
    "small",
    (
        Memory("DRAM", "DRAM", 16, shared_bandwidth=2, network_latency=3),
        Memory("Buffer", "SRAM", 16, capacity=100),
    ),
    Compute("MAC", "intmac", 16),
    softmax=SoftmaxUnit(4),
)
SOFTMAX = Work(
    "softmax",
    7.0,
    {"SoftmaxUnit": 7.0, "DRAM": 2.0},
    {("SoftmaxUnit", "compute"): 5.0},
    {"S": Traffic.at(0, 3, 1)},
)


def points(shared, busy, **figures):
    zero = np.array([0])
    one = {name: np.array([float(value)]) for name, value in figures.items()}
    return Points(np.array([shared]), busy=np.array([[busy], [0.0]]), row=zero, choice=zero, **one)


LOGIT = points(0, 12, cycles=20, steps=10, energy=100, traffic=30, footprint=40, edge=2)
ATTEND = points(0, 11, cycles=25, steps=15, energy=200, traffic=50, footprint=20, edge=1)


def metrics(fused, serial=False, works=(SOFTMAX,), held=(5,), chip=CHIP):
    chain = chain_of(chip, works, held, fused=fused, serial=serial)
    return chain.metrics((LOGIT, ATTEND)).at(0)


def test_unfused_operators_follow_each_other():
    assert metrics(False) == (305, 20 + 25 + 7, 84, 40)  # the buffer by turns


def test_fused_operators_share_the_buffer_and_the_ports():
    """Steps 25, lanes 7, DRAM 12 + 11 + 2; ends 3, network 3."""
    assert metrics(True) == (305, 25 + 3 + 3, 84, 65)
    assert metrics(True, serial=True)[1] == 25 + 7 + 3 + 3
    slow = replace(
        CHIP, memories=(replace(CHIP.memories[0], shared_bandwidth=float("inf")), CHIP.memories[1])
    )
    assert metrics(True, chip=slow)[1] == 31


@pytest.mark.parametrize("serial", [False, True])
def test_latency_is_that_of_the_chain(serial):
    logit = Work("logit", 20.0, {"MAC": 10.0, "DRAM": 12.0}, {})
    attend = Work("attend", 25.0, {"MAC": 15.0, "DRAM": 11.0}, {})
    works = [logit, SOFTMAX, attend]
    assert metrics(True, serial)[1] == fused_latency(works, CHIP, softmax_serial=serial, edges=3).cycles
    assert metrics(False)[1] == unfused_latency(works).cycles


def test_what_does_not_fit_costs_infinitely_much():
    assert metrics(True, held=(40,))[0] == 305 and metrics(True, held=(41,))[0] == float("inf")


def test_constants_are_of_the_shared_loops_of_a_point():
    """Of two choices of shared loops the second has no softmax and holds nothing."""
    chain = chain_of(CHIP, [SOFTMAX, None], [5, 0], fused=False, serial=False)
    assert chain.metrics((replace(LOGIT, shared=np.array([1])), ATTEND)).at(0) == (300, 45, 80, 40)


def test_many_pairs_at_once():
    chain = chain_of(CHIP, [SOFTMAX], [5], fused=True, serial=False)
    two = LOGIT.take(np.array([0, 0]))
    found = chain.metrics((two.column(), ATTEND)).broadcast()
    assert found.energy.shape == (2, 1)
