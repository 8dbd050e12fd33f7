"""Run layers with masks on real numbers, tile of rows by tile of rows: right output, words as counted."""

import numpy as np
import pytest
from executed_mask import MaskedRun

from flat_plugin.api import estimate
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.mask import Mask, parse_mask
from flat_plugin.workload.prefixes import apart

MASKS = (
    "causal",
    "window=3",
    "window=4:1",
    "window=3,sinks=2",
    "window=2:2,global=1",
    "causal,offset=1",
    "causal,chunk=3",
    "chunk=2:1,global=1",
    "causal,prefix=3",
    "blocks",
    "requests",
)
FLOWS = ("base", "flat-h", "flat-r2", "flat-r4", "flat-r1")


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("name", ["square", "deep"])
def test_masks_in_every_dataflow(mask, flow, name, architectures, energies, execute, tmp_path):
    if mask == "blocks":
        file = tmp_path / "mask.yaml"
        file.write_text("mask: {rows: 2, keys: 4, blocks: ['10', '11', '01', '11']}")
        mask = str(file)
    kept = Mask(causal=True, shared=(4, 4)) if mask == "requests" else parse_mask(mask)
    kv = 1 if flow.startswith("flat-r") else 2
    keys = 12 if mask == "requests" else 8
    layer = Attention(1, 2, 8, keys, 2, 4, kv_heads=kv, mask=kept)
    stage = None if flow == "base" else ["Q", "K", "S", "V", "O"]
    answer = estimate(layer, architectures[name], flow, ert=energies, stage=stage)
    if any("fetches the shared keys by itself" in note for note in answer.notes):
        layer = apart(layer)  # what costs less is counted
    run = MaskedRun(layer, architectures[name], answer.mapping)
    np.testing.assert_allclose(run.output, run.expected, rtol=1e-9)
    assert answer.operators["logit"].computes == run.macs
    assert answer.scores.touched * layer.head_dim == run.macs
    unit = architectures[name].softmax
    operations = answer.operators["softmax"].energy[unit.name, "compute"] / unit.energy_pj
    assert operations == run.softmax.total("lanes")
    for operator, own in (("logit", "QKS"), ("attend", "PVO")):
        for tensor in own:
            counted = answer.operators[operator].traffic[tensor.replace("P", "S")]
            found = run.reads[operator, tensor, 0], run.writes[operator, tensor, 0]
            assert counted.level(0) == found, (operator, tensor)
            if tensor in "KV":  # what comes from outside; what goes to the array is Timeloop's average
                assert counted.level(1)[1] == run.writes[operator, tensor, 1], (operator, tensor)
