"""Choices inside: all that cost no more, the cheapest first, and bounds that are no worse than any."""

import numpy as np
import pytest
from small_spaces import KINDS, one_space


def insides(kind):
    """Every way to ask and what stays, of one operator, with the choices inside."""
    side = one_space(kind).sides[0]
    op = side.operator
    for asked, stays in side.kinds.insides:
        yield op.inside(op.parents(asked)), stays, op.units


def lines(inside, stays, units, energy=np.inf):
    return inside.lines(stays, np.full(len(units.unrolled), energy), units.whole)


@pytest.mark.parametrize("kind", KINDS)
def test_limits_leave_what_costs_no_more(kind):
    for inside, stays, units in list(insides(kind))[:6]:
        every = lines(inside, stays, units)
        assert (np.diff(every.base) >= 0).all() and (every.stays == stays).all()
        if not len(every):
            continue
        once = every.base + every.word  # the tensor that stays comes once at least
        energy = float(np.median(once))
        few = lines(inside, stays, units, energy)
        assert (few.base <= energy).all() and len(few) >= (once <= energy).sum()


@pytest.mark.parametrize("kind", KINDS)
def test_bounds_are_no_worse_than_any_line(kind):
    for inside, stays, units in list(insides(kind))[:6]:
        rough = inside.bounds(stays, np.inf, np.inf, ()).of({}, np.inf, np.inf)
        every = lines(inside, stays, units)
        once = (every.base + every.word) * (1 + 1e-9)
        assert (inside.floors(stays).min(initial=np.inf) + rough.word <= once).all()
        for cost, steps in zip(once, every.steps, strict=True):
            assert ((rough.base + rough.word <= cost) & (rough.steps <= steps)).any()
        assert (rough.word <= every.word * (1 + 1e-9)).all()


def test_a_tensor_that_units_cannot_keep_has_no_lines():
    inside, _, units = next(iter(insides("registers")))
    assert len(lines(inside, 99, units)) == 0
