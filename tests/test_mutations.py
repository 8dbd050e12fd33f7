"""One field of one file changed, renamed or deleted: the result changes, or an error or a note names it.

What is left is listed here, each with the reason why it changes nothing that is printed.
"""

import copy
import re

import pytest
import yaml

import flat_plugin as flat
from flat_plugin.documents import load_timeloopfe

ARCHITECTURE = """
architecture:
  version: 0.4
  subtree:
    - name: system
      attributes: {technology: "45nm", global_cycle_seconds: 1.0e-9}
      local:
        - name: DRAM
          class: DRAM
          attributes: {type: LPDDR4, width: 32, datawidth: 8, shared_bandwidth: 1}
          required_actions: [read, write, update, leak]
        - name: Buf
          class: SRAM
          attributes: {depth: 32, width: 32, datawidth: 8, n_banks: 2, read_bandwidth: 0.7,
            write_bandwidth: 0.2, multiple_buffering: 1.5, network_fill_latency: 10}
        - name: "Reg[1..8]"
          class: regfile
          attributes: {entries: 2, datawidth: 8, block_size: 2, cluster_size: 2, meshX: 2, meshY: 4}
      subtree:
        - name: PE
          local:
            - {name: "MAC[1..8]", class: intmac, attributes: {width: 8, datawidth: 8, meshX: 2}}
architecture_constraints:
  targets:
    - {target: Buf, type: temporal, factors: "M=2 K<=4", permutation: MK}
    - {target: Buf, type: spatial, factors: "N=4", split: 1, permutation: MN}
"""
NODES = """
architecture:
  version: 0.4
  nodes:
  - !Container {name: chip, attributes: {technology: "45nm", width_of_rows: 32}}
  - !Component
    name: DRAM
    class: DRAM
    attributes: {width: width_of_rows, datawidth: bits, shared_bandwidth: 1}
  - !Component
    name: Buf
    class: SRAM
    attributes: {depth: 128 // 4, width: width_of_rows, datawidth: bits}
    constraints: {temporal: {factors: [M=2], permutation: [M, K]}}
  - !Container
    name: PE
    spatial: {meshX: 2, meshY: 4}
    constraints: {spatial: {factors: [N=4], permutation: [M, N], split: 1}}
  - !Component
    name: Reg
    class: regfile
    attributes: {entries: 2, width: 8, datawidth: bits}
    constraints: {dataspace: {keep: [Z], bypass: [A, W]}}
  - !Component {name: MAC, class: intmac}
variables: {bits: 8}
"""
PROBLEM = """
problem:
  shape:
    name: gemm
    dimensions: [M, N, K]
    data_spaces:
      - {name: A, projection: [[[M]], [[K]]]}
      - {name: W, projection: [[[K]], [[N]]]}
      - {name: Z, projection: [[[M]], [[N]]], read_write: True}
  instance: {M: 8, N: 8, K: 8}
"""
MAPPING = """
mapping:
  - {target: DRAM, type: temporal, factors: "M=2 N=2 K=2", permutation: KMN}
  - {target: Buf, type: temporal, factors: "M=2 N=1 K=2", permutation: MKN}
  - {target: Buf, type: spatial, factors: "M=2 N=4 K=1", permutation: MNK, split: 1}
  - {target: Reg, type: temporal, factors: "M=1 N=1 K=2", permutation: KMN}
  - {target: Reg, type: bypass, keep: [Z], bypass: [A, W]}
"""
ENERGIES = {
    "DRAM": {"read": 5, "update": 7, "leak": 0.5},
    "Buf": {"read": 2, "write": 3, "update": 4, "leak": 0.1},
    "Reg[1..8]": {"read": 0.2, "write": 0.3, "update": 0.4, "leak": 0.01},
    "MAC[1..8]": {"compute": 1, "leak": 0.1},
}
ERT = {
    "ERT": {
        "version": 0.4,
        "tables": [
            {
                "name": f"system.{name}",
                "actions": [{"name": a, "arguments": {}, "energy": pj} for a, pj in actions.items()],
            }
            for name, actions in ENERGIES.items()
        ],
    }
}
# Place -> why it changes nothing of counts, cycles and energies (with a table given). What is deleted where
# the default is the same, and constraints that the mapping keeps to anyway, are the last of each.
UNCHANGED = {
    r"technology|\.type|n_banks|local\.0\.attributes\.width": "for estimators of energy",
    r"global_cycle_seconds": "makes seconds of cycles, which an operator alone has none of",
    r"subtree\.0\.attributes deleted": "both of these",
    r"subtree\.0\.(subtree\.0\.)?name|nodes\.[03]\.name": "a name of a container",
    r"!tag deleted": "a node with a class is a component, and one without is a container",
    r"class changed": "any class that contains Timeloop's name of one is that one",
    r"required_actions": "what Accelergy is to estimate",
    r"(depth|entries|multiple_buffering) changed": "a capacity that is larger, and still enough",
    r"multiple_buffering deleted|read_bandwidth (changed|deleted)": "it was no limit",
    r"Reg.*datawidth changed|local\.2\.attributes\.datawidth": "rows of so many words, whatever their width",
    r"subtree.*local\.0\.attributes\.datawidth": "the width of a MAC, for estimators of energy",
    r"nodes\.4\.attributes\.width deleted": "a row of one word is the default",
    r"mesh[XY] deleted": "the other one and the number of instances say it",
    r"constraints.* deleted|constraints.*split": "the mapping keeps to it without being told",
    r"constraints.*(factors|permutation)\.\d+ deleted": "the same",
    r"mapping\.\d\.(permutation|split|keep(\.0)?) deleted": "the default is the same",
    r"arguments": "of several entries of an action the dearest counts",
    r"tables\.3\.actions\.1": "Timeloop counts no leakage of compute units",
}


def mutations(document):
    """(place and what was done to it, the document with it)"""
    for path in places(document, ()):
        for what, act in deeds(document, path):
            changed = copy.deepcopy(document)
            node = changed
            for step in path[:-1]:
                node = node[step]
            act(node, path[-1])
            yield f"{'.'.join(map(str, path))} {what}", changed


def places(node, path):
    steps = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for step in steps:
        yield (*path, step)
        yield from places(node[step], (*path, step))


def deeds(document, path):
    value = document
    for step in path:
        value = value[step]
    yield "deleted", lambda node, step: node.pop(step)
    if isinstance(path[-1], str):
        yield "renamed", lambda node, step: node.update({f"{step}x": node.pop(step)})
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield "changed", lambda node, step: node.update({step: value * 2})
        yield "nonsense", lambda node, step: node.update({step: "many"})
    elif isinstance(value, str):
        yield "changed", lambda node, step: node.__setitem__(step, f"{value}x")
        yield "nonsense", lambda node, step: node.__setitem__(step, [3])


def silent(documents, number):
    """Mutations of one document after which the answer is the same, without an error or a note."""
    whole = flat.evaluate_mapping(*documents)
    for what, changed in mutations(documents[number]):
        try:
            if flat.evaluate_mapping(*documents[:number], changed, *documents[number + 1 :]) == whole:
                yield what
        except flat.FlatError:
            continue


@pytest.mark.parametrize(
    ("architecture", "number"),
    [(ARCHITECTURE, 0), (ARCHITECTURE, 1), (ARCHITECTURE, 2), (ARCHITECTURE, 3), (NODES, 0)],
    ids=["architecture", "problem", "mapping", "table", "nodes"],
)
def test_every_field_counts_or_is_listed(architecture, number):
    documents = [load_timeloopfe(architecture), yaml.safe_load(PROBLEM), yaml.safe_load(MAPPING), ERT]
    assert [what for what in silent(documents, number) if not _listed(what)] == []


def _listed(what):
    return any(re.search(place, what) for place in UNCHANGED)
