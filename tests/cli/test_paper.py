"""``flat reproduce`` and ``flat validate``: tables in the terminal, and files."""

import json


def test_an_experiment_is_printed_and_written(flat, tmp_path):
    asked = ["reproduce", "--experiment", "footprint", "--assumptions", "ours", "-j", "1"]
    answer = flat(*asked, "-o", tmp_path)
    assert answer.code == 0 and "8BDN + BHN²" in answer.out
    names = answer.out.splitlines()[-1].removeprefix(f"{tmp_path}: ").split(", ")
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())


def test_errors_against_a_published_table(flat, refused, tmp_path):
    (tmp_path / "fusemax_attn_onepass.csv").write_text("model,seq_len,traffic,latency\nXLM,2K,1e9,1\n")
    asked = ["validate", "--data", tmp_path, "--experiment", "fusemax"]
    found = json.loads(flat(*asked, "--json").out)
    assert {error["experiment"] for error in found["errors"]} == {"fusemax, one pass"}
    assert "XLM" in flat(*asked, "--rows").out and "XLM" not in flat(*asked).out
    assert "rtl" in refused("validate", "--experiment", "rlt").partition("expected")[2]
