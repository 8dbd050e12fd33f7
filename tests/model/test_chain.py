"""A layer on four cores, checked by hand: room, words, latency, softmax by the cores' units."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin import find_architecture
from flat_plugin.architecture import Architecture, ComponentEnergy, Compute, EnergyTable, Memory, SoftmaxUnit
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapping.fused import FusedMapping, SharedLoops
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.chain import Latency, fused_latency, total_busy, total_energy, unfused_latency
from flat_plugin.model.explain import explanation_of
from flat_plugin.model.operator_work import Work

LAYER = flat.parse_attention("B=1,H=2,M=16,N=8,D=4")
CHIP = Architecture(
    "cores",
    (
        Memory("DRAM", "DRAM", 16, shared_bandwidth=4),
        Memory("L2", "SRAM", 16, capacity=512, shared_bandwidth=16),
        Memory("L1", "SRAM", 16, capacity=512, instances=4, mesh_x=4, shared_bandwidth=16),
        Memory("Regs", "regfile", 16, capacity=4, instances=16, mesh_x=16),
    ),
    Compute("MAC", "intmac", 16, 16, 16),
    softmax=SoftmaxUnit(4, energy_pj=0.5, instances=4, mesh_x=4),
)
ERT = EnergyTable(
    {
        name: ComponentEnergy(dict.fromkeys(("read", "write", "update", "compute"), energy))
        for name, energy in (("DRAM", 100.0), ("L2", 10.0), ("L1", 3.0), ("Regs", 0.5), ("MAC", 1.0))
    }
)


def on_cores(cores=4, *, online=False):
    """Heads one after the other; four rows (or half the keys) a core, twice; K and V stay in L2."""
    dimension, trips = ("N", 2) if online else ("M", cores)
    rows, keys = (8, 4) if online else (8 // cores, 8)

    def operator(scores, column, others):
        outside = frozenset(scores)
        return OperatorMapping(
            (
                LevelMapping("DRAM", (("H", 2),), bypass=outside),
                LevelMapping("L2", (("M", 2),), ((dimension, trips),), bypass=outside),
                LevelMapping("L1", (("N", keys), ("M", rows)), ((column, 4),)),
                LevelMapping("Regs", bypass=frozenset(others)),
            )
        )

    return FusedMapping(
        parse_dataflow("flash" if online else "flat-r2").staging("QKSVO"),
        (SharedLoops("DRAM", (("H", 2),)), SharedLoops("L2", (("M", 2),), ((dimension, trips),))),
        (("K", "L2"), ("O", "L1"), ("Q", "L1"), ("S", "L1"), ("V", "L2")),
        (("logit", operator("S", "D", "KS")), ("attend", operator("P", "E", "VO"))),
    )


def answer(mapping=None, chip=CHIP, **options):
    return flat.estimate(LAYER, chip, mapping=mapping or on_cores(), ert=ERT, **options)


def test_room_of_every_memory():
    """Both operators' tiles, twice, down to L1; S once in L1; the registers by turns."""
    assert [str(need).partition(" =")[0] for need in answer().requirements] == [
        "L2: 2·Q[M16×D4] + 2·K[N8×D4] + 2·V[N8×E4] + 2·O[M16×E4]",
        "L1: 2·Q[M2×D4] + 2·K[N8×D4] + 2·V[N8×E4] + 2·O[M2×E4] + S[M2×N8]",
        "Regs: Q[1]",
    ]
    assert answer().requirement.buffer == "L1"


@pytest.mark.parametrize(("level", "words"), [(1, 383), (2, 175)])
def test_whichever_memory_is_too_small_says_so(level, words):
    memories = list(CHIP.memories)
    memories[level] = replace(memories[level], capacity=words)
    with pytest.raises(InvalidMapping, match=f"{memories[level].name}: .* = {words + 1:,} > {words:,} words"):
        answer(chip=replace(CHIP, memories=tuple(memories)))


def test_words_at_every_memory():
    """K leaves DRAM once a head and L2 once for all cores; every core fills its own."""
    words = answer(softmax="free").traffic["K"]
    assert words.level(0) == (64, 0)
    assert words.level(1)[0] == 64  # read once for four cores, and not again for the second half of the rows
    assert words.level(2)[1] == 4 * 64
    assert answer(softmax="free").to_dict()["tensors"]["K"]["levels"]["L1"]["writes"] == 256


def test_latency_is_the_busiest_resource_and_the_tiles_in_and_out():
    """Steps of both operators; Q and K through DRAM's and L2's ports, O back."""
    found = answer(softmax="free")
    steps = 2 * LAYER.softmax_elements * 4 / 16
    into = (64 + 32) / 4 + (4 * 8 + 32) / 16  # L2's tiles, and those of all cores (K once)
    out = 64 / 4 + 4 * 8 / 16
    assert (found.bound, found.cycles) == ("MAC", steps + into + out)


def test_every_core_has_its_own_softmax():
    found = answer(softmax="serial")
    lanes = LAYER.softmax_elements * 4 / 4 / 4  # operations, cores, lanes
    assert found.busy["SoftmaxUnit"] == lanes
    assert found.cycles == answer(softmax="free").cycles + lanes
    central = replace(CHIP, softmax=SoftmaxUnit(4, energy_pj=0.5))
    assert answer(chip=central, softmax="serial").busy["SoftmaxUnit"] == 4 * lanes


def test_cores_without_work_are_said():
    idle = answer(on_cores(2), softmax="serial")
    assert "2 of 4 L1 have no work in logit and attend" in idle.notes
    assert idle.busy["SoftmaxUnit"] == 2 * answer(softmax="serial").busy["SoftmaxUnit"]
    assert not any("no work" in note for note in answer().notes)


def test_keys_in_several_cores_are_joined_at_the_end_of_a_row():
    """Maximum and sum of each of two cores go out, the common ones come back."""
    work = answer(on_cores(online=True), softmax="overlapped").operators["softmax"]
    rows = 2 * 16
    assert work.traffic["S"].level(1) == (2 * rows, 2 * 2 * rows)
    operations = 3 * LAYER.softmax_elements + rows * 2 * (4 + 4) + rows * 2 * 4
    assert work.energy["SoftmaxUnit", "compute"] == operations * 0.5


def test_parts_of_a_row_that_leave_their_core_are_not_added_up():
    mapping = on_cores(online=True)
    levels = list(mapping["attend"].levels)
    levels[2] = replace(levels[2], bypass=frozenset("O"))
    away = replace(mapping, stage=tuple(s for s in mapping.stage if s[0] != "O"))
    operators = (("logit", mapping["logit"]), ("attend", OperatorMapping(tuple(levels))))
    with pytest.raises(FlatError, match="their parts of O leave L1 before the row is done"):
        answer(replace(away, operators=operators), softmax="overlapped")


@pytest.mark.parametrize("softmax", ["serial", "overlapped", "array"])
@pytest.mark.parametrize("online", [False, True])
def test_every_figure_is_explained(softmax, online):
    if online and softmax == "array":
        return  # refused: keys in several cores
    found = answer(on_cores(online=online), softmax=softmax)
    for step in explanation_of(found, LAYER, CHIP, ERT).steps:
        assert step.energy_pj == pytest.approx(found.operators[step.name].energy_pj)


def test_unfused_scores_pass_the_memories_between():
    """They come from DRAM to the cores' memories, whose units share the rows, and return."""
    work = flat.estimate(LAYER, CHIP, "base", ert=ERT).operators["softmax"]
    scores = LAYER.softmax_elements
    assert work.traffic["S"].level(0) == (scores, scores)
    assert work.traffic["S"].level(1) == (0, 0)
    assert work.traffic["S"].level(2) == (3 * scores + scores, 2 * scores + scores)
    assert work.busy["SoftmaxUnit"] == scores * 4 / 4 / 4


def test_rows_that_fit_no_core_are_worked_on_further_out():
    small = replace(CHIP.memories[2], capacity=15)  # two rows of 8 need 16
    chip = replace(CHIP, memories=(*CHIP.memories[:2], small, CHIP.memories[3]))
    work = flat.estimate(LAYER, chip, "base", ert=ERT).operators["softmax"]
    assert work.traffic["S"].level(1)[0] == 4 * LAYER.softmax_elements


def works():
    return [
        Work("logit", 10.0, {"MAC": 10.0, "DRAM": 4.0}, {("MAC", "compute"): 2.0}),
        Work("softmax", 6.0, {"SoftmaxUnit": 6.0, "DRAM": 1.0}, {("SoftmaxUnit", "compute"): 1.0}),
        Work("attend", 9.0, {"MAC": 5.0, "DRAM": 9.0}, {("MAC", "compute"): 3.0, ("DRAM", "V"): 4.0}),
    ]


def test_unfused_operators_wait_for_each_other():
    found = unfused_latency(works())
    assert found.cycles == 10 + 6 + 9
    assert found.bound == "MAC"  # 10 cycles of logit; DRAM has 9 of attend


def test_fused_ones_take_as_long_as_the_busiest_and_the_edges(chip):
    assert fused_latency(works(), chip, softmax_serial=False, edges=2.0) == Latency(15 + 2, "MAC")
    serial = fused_latency(works(), chip, softmax_serial=True)
    assert serial == Latency(15 + 6, "MAC + SoftmaxUnit")


def test_sums_over_operators():
    assert total_busy(works()) == {"MAC": 15, "DRAM": 14, "SoftmaxUnit": 6}
    assert total_energy(works()) == {"MAC": 5, "SoftmaxUnit": 1, "DRAM": 4}


@pytest.fixture
def chip():
    return find_architecture("edge")
