"""FLAT in AccelForge: the same counts of the same mappings, and the same optima, up to what is named here.

``benchmarks/against_accelforge.py`` recorded the runs. AccelForge computes in single precision.

- **Drains**: a result that leaves a memory is read there, AccelForge counts; Timeloop, and so we, do not.
- **Softmax** is elementwise there: S read and P written once, 1 pJ and a cycle of a lane an element.
- **Room**: nothing is double buffered there, but S and softmax(S) are two tensors.
- **Rows**: an elementwise softmax lets its mapper tile rows of scores, at no correction's cost.
- **Latency**: there each operator takes its slowest part's time, and they follow each other; fused, ours
  overlap, but for the first and the last tile.
"""

import json
import re
from pathlib import Path

import pytest

import flat_plugin as flat
from flat_plugin.architecture import read_architecture
from flat_plugin.architecture.overrides import override
from flat_plugin.energy import energy_for
from flat_plugin.model.operator import evaluate_operator

FOLDER = Path(__file__).parents[1] / "reference" / "accelforge"
TOOLS, *RUNS = map(json.loads, (FOLDER / "runs.jsonl").read_text().splitlines())
MAPPINGS = [run for run in RUNS if "tree" in run]
SEARCHES = [run for run in RUNS if "nest" in run]
SINGLE = 1e-7  # single precision, of sums of a few numbers
BUFFER_PJ, BUFFER_WORDS, LANES = 8, 571.139, 32
FREE = {"softmax": "free", "ert": FOLDER / "ERT.yaml"}
ROOM = {  # our optimum / AccelForge's where what fits decides: double buffers against a second S
    ("B=1,H=2,M=1024,N=1024,D=64", True): 1.4562,
    ("B=1,H=2,M=1024,N=1024,D=64", False): 1.0795,
    ("B=1,H=2,M=4096,N=4096,D=64", False): 1.0839,
}


def edge(kb):
    return override(read_architecture(FOLDER / "edge.yaml"), {"buffer_kb": kb})


def estimated(run):
    """Our estimate of a recorded mapping."""
    mapping = {"fused_mapping": run["fused_mapping"]}
    hardware = edge(run["buffer_kb"])
    return flat.estimate(flat.parse_attention(run["layer"]), hardware, mapping=mapping, **FREE)


def best(run, family="flat-opt", kb=None):
    """Our optimum where AccelForge searched, or with another buffer."""
    hardware, array = edge(kb or run["buffer_kb"]), "weight-stationary"
    layer, objective = flat.parse_attention(run["layer"]), run["objective"]
    asked = {"dataflow": family, "space": array, "objective": objective, "factors": "perfect"}
    return flat.search(layer, hardware, **asked, **FREE)


def label(run):
    kind = run.get("objective") or run["fused_mapping"]["dataflow"]
    tiled = "" if run.get("whole_rows", True) else "-tiled"
    return f"{run['layer']}-{run['buffer_kb']}KB-{kind}{tiled}"


def softmax_pj(layer):
    """An element is read and written in the buffer, and computed."""
    return layer.softmax_elements * (2 * BUFFER_PJ + 1)


def drained_pj(layer):
    """A row of O leaves the buffer once."""
    return layer.batch * layer.heads * layer.queries * layer.value_dim * BUFFER_PJ


@pytest.mark.parametrize("run", MAPPINGS, ids=label)
def test_every_count_is_equal(run):
    hardware = edge(run["buffer_kb"])
    mapping = estimated(run).mapping
    for einsum in flat.parse_attention(run["layer"]).einsums():
        result = evaluate_operator(einsum, hardware, mapping[einsum.name], energy_for(hardware, FREE["ert"]))
        leaving = 0
        for memory in hardware.memories:
            counts = result[memory.name].tensors
            theirs = run["words"][einsum.name].get(memory.name, {})
            assert {name for name, count in counts.items() if count.total_reads or written(count)} == set(
                theirs
            )
            for name, actions in theirs.items():
                drains = leaving if name == einsum.output.name else 0
                assert actions.get("write", 0) == pytest.approx(written(counts[name]), rel=SINGLE)
                assert actions.get("read", 0) == pytest.approx(counts[name].total_reads + drains, rel=SINGLE)
            if einsum.output.name in counts:
                output = counts[einsum.output.name]
                leaving = output.updates * output.utilized_instances


def written(count):
    return (count.fills + count.updates) * count.utilized_instances


@pytest.mark.parametrize("run", MAPPINGS, ids=label)
def test_energy_is_equal_up_to_softmax_and_drains(run):
    layer, answer = flat.parse_attention(run["layer"]), estimated(run)
    drains = drained_pj(layer)
    for operator, (tensor, register_pj) in {"logit": ("S", 0.32), "attend": ("O", 0.32)}.items():
        if tensor in run["words"][operator].get("PERegs", {}):  # it is summed there, and read to leave
            drains += run["words"][operator]["GlobalBuffer"][tensor]["write"] * register_pj
    assert run["energy_pj"] == pytest.approx(answer.energy_pj + softmax_pj(layer) + drains, rel=SINGLE)


@pytest.mark.parametrize("run", MAPPINGS, ids=label)
def test_busy_times_are_equal_and_add_up_otherwise(run):
    layer, answer = flat.parse_attention(run["layer"]), estimated(run)
    total = softmax = max(layer.softmax_elements / LANES, 2 * layer.softmax_elements / BUFFER_WORDS)
    for name, work in answer.operators.items():
        theirs = run["cycles"][name]
        drains = answer.traffic["O"].dram_writes / BUFFER_WORDS if name == "attend" else 0
        for part in ("MAC", "DRAM", "GlobalBuffer"):
            extra = drains if part == "GlobalBuffer" else 0
            assert theirs[part] == pytest.approx(work.busy[part] + extra, rel=SINGLE)
        total += max(theirs.values())
    assert run["latency_cycles"] == pytest.approx(total, rel=SINGLE)
    # here both operators wait for the same part, so it makes no difference whether they overlap
    assert max(answer.busy.values()) == pytest.approx(total - softmax, rel=SINGLE)
    assert 1 < answer.cycles / max(answer.busy.values()) < 1.03


ENERGY = [run for run in SEARCHES if run["objective"] == "energy"]


def like_ours(run):
    """AccelForge's optimum without what only it counts."""
    layer = flat.parse_attention(run["layer"])
    return run["energy_pj"] - softmax_pj(layer) - drained_pj(layer)


def shared_tile(run, dimension, otherwise):
    """Extent of the tile of a shared loop that AccelForge chose, by its nest."""
    trunk = "\n".join(run["nest"]).partition("sequential")[0]
    tiles = re.findall(rf"for {dimension} tile (\d+)", trunk)
    return int(tiles[0]) if tiles else otherwise


def our_room(run):
    """KB that we ask for AccelForge's tiles: FLAT's 4Rd + 4Nd + RN, and two words a row if keys are tiled."""
    layer = flat.parse_attention(run["layer"])
    rows, keys = shared_tile(run, "m", layer.queries), shared_tile(run, "n", layer.keys)
    words = 4 * rows * layer.head_dim + 4 * keys * layer.head_dim + rows * keys
    return (words + (0 if run["whole_rows"] else 2 * rows)) * 2 / 1024


@pytest.mark.parametrize("run", ENERGY, ids=label)
def test_the_optimum_is_the_same(run):
    """FLAT's, or with tiled rows that of the online softmax, its corrections free."""
    family = "flat-opt" if run["whole_rows"] else "flash"
    found = best(run, family)
    ratio = ROOM.get((run["layer"], run["whole_rows"])) if run["buffer_kb"] == 512 else None
    if ratio is not None:
        assert found.value == pytest.approx(like_ours(run) * ratio, rel=1e-4)
        assert found.estimate.requirement.words <= 512 * 512 < our_room(run) * 512
        found = best(run, family, kb=our_room(run))
    assert found.value == pytest.approx(like_ours(run), rel=SINGLE)


def test_elementwise_softmax_tiles_rows_for_nothing():
    """What that saves where rows are too long to stay: our flash pays corrections for it, FLAT cannot."""
    saved = {}
    for run in ENERGY:
        if run["buffer_kb"] == 512:
            saved.setdefault(run["layer"], {})[run["whole_rows"]] = run["energy_pj"]
    ratios = [pair[True] / pair[False] for pair in saved.values() if len(pair) == 2]
    assert ratios == pytest.approx([1.0224, 1.0638, 3.4092], rel=1e-4)


def test_other_objectives():
    """EDP has the same optimum; latency the same steps, and ours adds the first and the last tile."""
    runs = {run["objective"]: run for run in SEARCHES if run["objective"] != "energy"}
    found = best(runs["edp"])
    assert found.estimate.energy_pj == pytest.approx(like_ours(runs["edp"]), rel=SINGLE)
    assert shared_tile(runs["edp"], "m", 0) == 512 // dict(found.mapping.trips)["M"]
    layer = flat.parse_attention(runs["latency"]["layer"])
    for objective, run in runs.items():
        answer = best(run).estimate
        steps = run["latency_cycles"] - layer.softmax_elements / LANES
        assert max(answer.busy.values()) == pytest.approx(steps, rel=SINGLE), objective
    assert best(runs["latency"]).value < 1.003 * steps
