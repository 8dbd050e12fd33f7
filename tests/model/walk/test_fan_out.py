"""Loops that unroll a memory's children: their group, their mesh and what each moves."""

from counted_by_hand import CHIP, NEST, PRODUCT

from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.walk.boxes import Projection
from flat_plugin.model.walk.fan_out import FanOut
from flat_plugin.model.walk.loops import loops_of

PROJECTIONS = [Projection(PRODUCT, tensor) for tensor in PRODUCT.tensors]
A, W, Z = range(3)


def fan_out(nest=NEST, level=2):
    return FanOut(loops_of(PRODUCT, nest), level, PROJECTIONS, CHIP)


def test_rows_across_and_keys_down():
    """M on x is loop 1 and K on y loop 2, below the buffer, of 2 × 2 units."""
    found = fan_out()
    assert (found.group, found.mesh) == (range(1, 3), (2, 2))
    assert found.steps(A, (2, 2)) == ((2, (1, 0)), (2, (0, 1)))  # its ranks are M and K
    assert found.steps(W, (2, 2)) == ((2, (0, 0)), (2, (1, 0)))  # K and N
    assert found.steps(Z, (2, 1)) == ((2, (1, 0)), (1, (0, 0)))


def test_a_step_is_as_long_as_the_tile_inside():
    levels = (
        LevelMapping("DRAM", (("K", 6), ("N", 4))),
        LevelMapping("Buffer", (), (("M", 2),)),
        LevelMapping("Regs", (("M", 4),)),
    )
    found = FanOut(loops_of(PRODUCT, OperatorMapping(levels)), 1, PROJECTIONS, CHIP)
    assert found.group == range(1, 2)
    assert found.steps(A, (2,)) == ((2, (4, 0)),)


def test_a_mesh_is_at_least_as_wide_as_its_loops():
    """What does not fit is refused later; until then units lie as the loops ask."""
    levels = (
        LevelMapping("DRAM", (("K", 6), ("N", 4))),
        LevelMapping("Buffer", (), (("M", 8),)),
        LevelMapping("Regs"),
    )
    found = FanOut(loops_of(PRODUCT, OperatorMapping(levels)), 1, PROJECTIONS, CHIP)
    assert found.mesh == (8, 2)
