"""Two hundred designs: the front, and every design's figures, are those of ``flat.search`` on each."""

import itertools

import pytest

import flat_plugin as flat
from flat_plugin.energy import area_um2

AXES = {
    "buffer_kb": [128, 256, 512, 1024, 2048],
    "dram_gb_per_s": [10, 40],
    "buffer_gb_per_s": [250, 1000],
    "softmax_lanes": [8, 32],
    "pes": [[16, 16], [32, 32], [48, 48], [64, 64], [96, 96]],
}
LENGTHS, DATAFLOWS = (4096,), ("base-opt", "flat-opt")
ASKED = {
    "architecture": "edge",
    "axes": AXES,
    "workloads": [{"model": "bert-base", "seq": seq} for seq in LENGTHS],
    "dataflows": list(DATAFLOWS),
    "objective": ["area", "edp"],
}


def searched(values):
    """(mm², J·s) of a design."""
    platform = flat.platform("edge", set=dict(zip(AXES, values, strict=True)))
    hardware = platform.architecture
    edp = sum(
        best.estimate.seconds * best.estimate.energy_pj * 1e-12
        for best in (
            flat.search("bert-base", platform, seq=seq, dataflow=DATAFLOWS, factors="perfect")
            for seq in LENGTHS
        )
    )
    return sum(area_um2(platform.energies, hardware).values()) * 1e-6, edp


@pytest.mark.slow
def test_two_hundred_designs(tmp_path):
    designs = [searched(values) for values in itertools.product(*AXES.values())]
    assert len(designs) == 200
    found = flat.explore(ASKED, tmp_path)
    front = [(chip.totals["area"], chip.totals["edp"]) for chip in found.front]
    best = sorted(
        point
        for point in set(designs)
        if not any(a <= point[0] and b <= point[1] and (a, b) != point for a, b in designs)
    )
    assert found.proven and len(front) == len(best)
    for mine, theirs in zip(front, best, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-9)
    every = flat.explore({**ASKED, "objective": "edp"}, tmp_path, every=True).every
    assert len(every) == 200
    for chip, (area, edp) in zip(every, designs, strict=True):
        assert (chip.totals["area"], chip.totals["edp"]) == pytest.approx((area, edp), rel=1e-9)
