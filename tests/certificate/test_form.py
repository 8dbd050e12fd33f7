"""What the file of a certificate may hold."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from flat_plugin.certificate.form import CertificateFile
from flat_plugin.errors import FlatError
from flat_plugin.schema import check

Document = dict[str, Any]
MEMORY: Document = {
    "name": "DRAM", "capacity": None, "block_size": 4, "cluster_size": 1, "mesh_x": 1, "mesh_y": 1,
    "read_bandwidth": None, "write_bandwidth": None, "shared_bandwidth": 8, "network_latency": 0,
    "energy": {"read": 1.0, "write": 1.0, "update": 1.0, "leak": 0},
}  # fmt: skip
SIZES = {"batch": 1, "heads": 1, "queries": 8, "keys": 8, "head_dim": 4, "value_dim": 4, "kv_heads": 1}
GOOD: Document = {
    "version": 1,
    "attention": SIZES,
    "chip": {
        "memories": [MEMORY, {**MEMORY, "name": "Buffer", "capacity": 64}],
        "compute": {"name": "MAC", "mesh_x": 1, "mesh_y": 1, "energy": 1.0},
        "softmax": {"lanes": 8, "passes": 3, "mesh_x": 1, "mesh_y": 1, "memory": "Buffer", "energy": None},
    },
    "softmax": "serial",
    "objective": "edp",
    "factors": "perfect",
    "families": ["flat-opt", {"name": "mine", "fused": True, "granularity": "R", "rows": 8}],
    "mapping": {
        "dataflow": "flat-opt",
        "shared": {},
        "stage": ["S"],
        "operators": {"logit": [], "attend": []},
    },
    "value": 1e12,
    "gap": 0.01,
    "parts": [{"dataflow": "flat-opt", "rows": {"M": {"least": 1, "most": 8}}}],
    "digest": "abc",
}


def test_a_good_one() -> None:
    check(CertificateFile, {"certificate": GOOD})
    unknown = {**GOOD["chip"], "softmax": None, "compute": {**GOOD["chip"]["compute"], "energy": None}}
    check(CertificateFile, {"certificate": {**GOOD, "chip": unknown}})


@pytest.mark.parametrize("key", GOOD)
def test_all_of_it_must_be_there(key: str) -> None:
    document = {name: value for name, value in GOOD.items() if name != key}
    with pytest.raises(FlatError, match=f"certificate.{key}: missing"):
        check(CertificateFile, {"certificate": document})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(name="bert"), "certificate: unknown key .got 'name'."),
        (lambda c: c.update(version=2), "version: out of range"),
        (lambda c: c.update(gap=1.5), "gap: out of range .got 1.5.; expected 0 to 1"),
        (lambda c: c.update(value=0), "value: out of range"),
        (lambda c: c.update(softmax="lanes"), "softmax: unknown choice"),
        (lambda c: c.update(objective="area"), "objective: unknown choice"),
        (lambda c: c.update(parts=[]), "parts: empty"),
        (lambda c: c.update(families=[]), "families: empty"),
        (lambda c: c["attention"].update(mask=1), "attention: unknown key .got 'mask'."),
        (lambda c: c["attention"].update(keys=0), "attention.keys: out of range"),
        (lambda c: c["chip"]["memories"][0].pop("energy"), r"memories\[0\].energy: missing"),
        (lambda c: c["chip"]["memories"][0]["energy"].update(read=-1), r"memories\[0\].energy.read: out of"),
        (lambda c: c["chip"]["softmax"].update(passes=4), "chip.softmax.passes: out of range"),
        (lambda c: c["parts"][0]["rows"]["M"].update(least=0), r"parts\[0\].rows.M.least: out of range"),
        (lambda c: c["mapping"].pop("stage"), "mapping.stage: missing"),
    ],
)
def test_what_may_not_be_said(change: Callable[[Document], None], said: str) -> None:
    document = copy.deepcopy(GOOD)
    change(document)
    with pytest.raises(FlatError, match=said):
        check(CertificateFile, {"certificate": document})
