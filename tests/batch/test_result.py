"""What a run leaves behind: its estimate, and the mapping that gives it again."""

import json

import pytest
import yaml

import flat_plugin as flat

LAYER = "B=1,H=4,M=48,N=48,D=16,KV=2"
SWEEP = {
    "models": [{"attention": LAYER, "name": "small"}],
    "architectures": ["edge"],
    "dataflows": ["base", "flat-h", "flat-r8"],
}


@pytest.mark.parametrize("mask", [None, "causal", "window=20", "window=5:7,global=2"])
def test_the_mapping_of_a_run_gives_its_estimate_again(tmp_path, mask):
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(yaml.safe_dump({"sweep": {**SWEEP, "mask": [mask]}}))
    flat.run(sweep, tmp_path / "runs")
    results = (tmp_path / "runs").rglob("result.json")
    found = [json.loads(path.read_text()) for path in results]
    assert len(found) == len(SWEEP["dataflows"]) and all(each["status"] == "ok" for each in found)
    for number, result in enumerate(found):
        file = tmp_path / f"mapping{number}.yaml"
        file.write_text(yaml.safe_dump(result["mapping"], sort_keys=False))
        again = flat.estimate(flat.parse_attention(LAYER), mapping=file, mask=mask)
        assert again.cycles == result["estimate"]["cycles"]
        assert again.energy_pj == pytest.approx(result["estimate"]["energy_pj"])
