"""A fused chain on two shared memories: AccelForge's optimum is ours.

``benchmarks/accelforge_two_levels.py`` recorded its runs: a single unit as Snowcat has it, and an array that
keeps the weight as an NPU's does. There is no softmax. What remains of the differences that
``test_against_accelforge.py`` lists: results that leave a memory are read there, nothing is double buffered.
"""

import json
from math import prod
from pathlib import Path

import pytest
import yaml

import flat_plugin as flat
from flat_plugin.architecture import read_architecture
from flat_plugin.energy import energy_for
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.constraints.array import limits_of
from flat_plugin.mapspace.constraints.space_files import read_space
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.rising import settle
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.mapspace.structure import structure_of

FOLDER = Path(__file__).parents[1] / "reference" / "accelforge"
RUNS = [json.loads(line) for line in (FOLDER / "two_levels.jsonl").read_text().splitlines()]
SINGLE = 1e-6  # single precision, of sums of a few numbers
READ_PJ = {"L2": 20, "GlobalBuffer": 4, "PERegs": 0.32}
MEMORIES = ["DRAM", *READ_PJ]
RANKS = {"Q": "MD", "K": "ND", "S": "MN", "V": "NE", "O": "ME"}  # of a head and sequence


def chip(words, array):
    """``two_levels.yaml`` with so many words of L2 and of the buffer, and units a side."""
    document = yaml.safe_load((FOLDER / "two_levels.yaml").read_text())
    parts = document["architecture"]["subtree"][0]["local"]
    for part, depth in zip(parts[1:3], words, strict=True):
        part["attributes"]["depth"] = depth
    if array == 1:
        parts[3:] = [{"name": "MAC", "class": "intmac", "attributes": {"datawidth": 16, "energy_pj": 0.5}}]
    for part in parts[3:] if array > 1 else ():
        part["name"] = f"{part['name'].partition('[')[0]}[1..{array**2}]"
        part["attributes"]["meshX"] = array
    return read_architecture(document)


def optimum(layer, architecture):
    """The least energy among tiles that divide, as AccelForge's do; arrays keep the weight."""
    limits = {}
    if architecture.compute.instances > 1:
        spaces = read_space("weight-stationary", layer, architecture)
        for einsum in layer.einsums():
            limits[einsum.name] = limits_of(spaces[einsum.name], structure_of(einsum), architecture)
    flow, energies, best = parse_dataflow("flat-opt"), energy_for(architecture), Best("energy")
    settle(
        lambda factors: [*spaces_of(flow, layer, architecture, energies, "free", factors, limits)],
        Factors.PERFECT,
        best,
    )
    return best.rank[0]


def paths(run):
    """Nodes down to each operator: ("for", rank, tile), ("parallel", rank, tile) or (memory, tensor)."""
    trunk, branches = [], []
    for words in map(str.split, run["nest"]):
        if words[0] == "nested":
            branches.append([])
        nodes = branches[-1] if branches else trunk
        if words[0] in ("for", "parallel"):
            nodes.append((words[0], words[1].upper(), int(words[3])))
        elif words[0].startswith("["):
            nodes += [(words[0].strip("[]"), name) for name in words[1:]]
    return [trunk + branch for branch in branches]


def tile(path, memory, sizes):
    """Words of each tensor in a memory. There each has a place among the loops; here all have one: the
    innermost outside the array before which no loop walks a tile of any."""
    place = next((i for i, node in enumerate(path) if node[0] == "parallel"), len(path))
    kept = [(i, node[1]) for i, node in enumerate(path) if node[0] == memory]
    for start, name in kept:
        walks = (i for i in range(start, len(path)) if len(path[i]) == 3 and path[i][1] in RANKS[name])
        place = min(place, next(walks, len(path)))
    left = sizes | {node[1]: node[2] for node in path[:place] if len(node) == 3}
    return {name: prod(left[d] for d in RANKS[name]) for _, name in kept}


def our_room(run):
    """Words that we ask of L2 and the buffer for AccelForge's tiles: twice each down to the memory of the
    scores, and S there once; below it operators take turns."""
    einsums = flat.parse_attention(run["layer"]).einsums()
    sizes = {d: n for einsum in einsums for d, n in einsum.bounds}
    held = {m: [tile(path, m, sizes) for path in paths(run)] for m in ("L2", "GlobalBuffer")}
    meeting = next(memory for memory, each in held.items() if all("S" in one for one in each))
    room, inside = [], False
    for memory, each in held.items():
        if inside:
            room.append(max(sum(one.values()) for one in each))
            continue
        inside = memory == meeting
        words = {name: size for one in each for name, size in one.items()}
        scores = words.pop("S") if inside else 0
        room.append(scores + 2 * sum(words.values()))
    return room


def drained_pj(run):
    """Words of results that a memory sends outwards are those that the next one outside writes."""
    total = 0.0
    for operator, output in (("logit", "S"), ("attend", "O")):
        words = run["words"][operator]
        holders = [name for name in MEMORIES if output in words.get(name, {})]
        for outer, inner in zip(holders, holders[1:], strict=False):
            total += words[outer][output]["write"] * READ_PJ[inner]
    return total


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run['layer']}-{run['array']}x{run['array']}")
def test_the_optimum_is_the_same(run):
    """On the same chip, or where double buffers do not fit it on one with room for them."""
    layer, words = flat.parse_attention(run["layer"]), (run["l2_words"], run["buffer_words"])
    theirs = run["energy_pj"] - drained_pj(run)
    best = optimum(layer, chip(words, run["array"]))
    if best > theirs * (1 + SINGLE):
        larger = tuple(map(max, words, our_room(run)))
        assert larger > words
        best = optimum(layer, chip(larger, run["array"]))
    assert best == pytest.approx(theirs, rel=SINGLE)
