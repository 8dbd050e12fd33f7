"""The command line: what it prints, and what it says of bad input."""

import json
import subprocess
import sys

import pytest

BERT = ["--model", "bert-base", "--seq", "512"]
GOOD = {
    "architecture.yaml": """
architecture:
  version: 0.4
  subtree:
    - name: system
      attributes: {technology: "45nm", global_cycle_seconds: 1e-9}
      local:
        - {name: DRAM, class: DRAM, attributes: {type: "LPDDR4", width: 64, datawidth: 16}}
        - name: Buffer
          class: SRAM
          attributes: {depth: 1024, width: 128, datawidth: 16, n_banks: 4}
        - {name: "MAC[1..4]", class: intmac, attributes: {width: 16, datawidth: 16, meshX: 4, meshY: 1}}
""",
    "problem.yaml": """
problem:
  version: 0.4
  shape:
    name: gemm
    dimensions: [M, N, K]
    data_spaces:
      - {name: A, projection: [[[M]], [[K]]]}
      - {name: W, projection: [[[K]], [[N]]]}
      - {name: Z, projection: [[[M]], [[N]]], read_write: True}
  instance: {M: 16, N: 8, K: 4}
""",
    "mapping.yaml": """
mapping:
  - {target: DRAM, type: temporal, factors: "M=4 N=1 K=1", permutation: KNM}
  - {target: Buffer, type: temporal, factors: "M=1 N=8 K=4", permutation: KNM}
  - {target: Buffer, type: spatial, factors: "M=4 N=1 K=1", permutation: MNK, split: 3}
""",
}


def flat(*arguments):
    command = [sys.executable, "-c", "from flat_plugin.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture
def documents(tmp_path):
    for name, text in GOOD.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def run_model(folder, *more):
    return flat("model", *(folder / name for name in GOOD), *more)


def refused(answer, *words):
    assert answer.returncode == 2, answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""
    for word in words:
        assert word in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_estimate_prints_dataflows_side_by_side():
    answer = flat("estimate", *BERT, "--dataflow", "base,flat-r64")
    assert answer.returncode == 0
    assert "base" in answer.stdout
    assert "flat-r64" in answer.stdout
    assert max(map(len, answer.stdout.splitlines())) <= 80


def test_estimate_json_has_an_object_for_each_dataflow():
    answer = flat("estimate", *BERT, "--dataflow", "base,flat-h,flat-r64", "--json")
    base, flat_h, rows = json.loads(answer.stdout)
    assert base["dataflow"] == "base"
    assert rows["tensors"]["S"]["dram_reads"] == 0
    assert not flat_h["fits"]
    assert "262,144" in flat_h["reason"]


def test_model_json_has_the_promised_keys(documents):
    found = json.loads(run_model(documents, "--json").stdout)
    assert set(found) == {"cycles", "energy_pj", "utilization", "computes", "levels"}
    buffer = next(level for level in found["levels"] if level["name"] == "Buffer")
    assert buffer["tensors"]["W"]["fills"] == 32
    assert found["computes"] == 16 * 8 * 4


def test_explain_prints_the_nest_and_the_derivation():
    answer = flat("explain", *BERT, "--dataflow", "flat-r64")
    assert "for m in 8:  # shared" in answer.stdout
    assert "DRAM ↔ K: tile 32,768 × 12 times" in answer.stdout
    said = " ".join(answer.stdout.split())  # lines are folded
    assert "MAC busy: 201,326,592 multiply-accumulates / 1,024 units in use = 196,608 cycles" in said
    assert "Latency: 786,432 + 1,434 for the first tiles in and the last tiles out = " in said


def test_generate_writes_a_folder_an_operator(tmp_path):
    answer = flat("generate", *BERT, "--dataflow", "flat-r64", "-o", tmp_path / "out")
    assert answer.returncode == 0
    folder = tmp_path / "out" / "flat-r64" / "logit"
    for name in ("problem", "architecture", "mapping", "constraints", "mapper", "ERT"):
        assert (folder / f"{name}.yaml").is_file()


def test_generate_says_when_operators_fit_only_one_by_one(tmp_path):
    answer = flat("generate", *BERT, "--dataflow", "flat-h", "-o", tmp_path / "out")
    assert answer.returncode == 0
    assert "not together" in answer.stderr
    assert (tmp_path / "out" / "flat-h" / "attend" / "mapping.yaml").is_file()


def test_list_names_models_and_dataflows():
    names = json.loads(flat("list", "--json").stdout)
    assert "llama-3-70b" in names["models"]
    assert "flat-h" in names["dataflows"]
    assert set(names["architectures"]) >= {"edge", "cloud"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["estimate"], ["--model"]),
        (["estimate", "--model", "bert-bse"], ["bert-base"]),
        (["estimate", "--model", "bert-base", "--seq", "-4"], ["-4"]),
        (["estimate", "--model", "bert-base", "--arch", "none.yaml"], ["none.yaml"]),
        (["estimate", "--model", "bert-base", "--dataflow", "flat-x"], ["flat-x", "flat-h"]),
        (["estimate", *BERT, "--dataflow", "flat-r7", "--factors", "perfect"], ["7", "512"]),
        (["estimate", "--attention", "B=1,H=12,M=0,D=64"], ["attention.M", "1 or more"]),
        (["estimate", "--config", "missing.json"], ["missing.json"]),
        (["estimate", *BERT, "--ert", "missing-ert.yaml"], ["missing-ert.yaml"]),
        (["estimate", *BERT, "--mapping", "missing-map.yaml"], ["missing-map.yaml"]),
    ],
)
def test_bad_arguments(arguments, words):
    refused(flat(*arguments), *words)


@pytest.mark.parametrize(
    ("name", "before", "after", "words"),
    [
        ("mapping.yaml", 'M=4 N=1 K=1", permutation: KNM', 'M=5 N=1 K=1", permutation: KNM', ["M", "16"]),
        ("mapping.yaml", "permutation: MNK", "permutation: MXK", ["mapping.yaml", "X"]),
        ("mapping.yaml", "target: Buffer, type: temporal", "target: Bufer, type: temporal", ["Bufer"]),
        ("problem.yaml", "M: 16", "M: -16", ["problem.instance.M", "-16"]),
        ("problem.yaml", "[[[M]], [[K]]]}", "[[[M, 2]], [[K]]]}", ["projection"]),
        ("problem.yaml", "problem:", "problem: [", ["problem.yaml"]),
        ("problem.yaml", "name: gemm", "name: !!python/object:os.system gemm", ["python"]),
        ("architecture.yaml", "depth: 1024", "depth: -1", ["depth", "-1"]),
        ("architecture.yaml", "n_banks: 4", "n_banks: 4, multiple_buffering: 512", ["Buffer", "80", "16"]),
        ("architecture.yaml", "class: SRAM", "class: Sponge", ["Sponge"]),
        ("architecture.yaml", "n_banks: 4", "rw_bandwidth: 4", ["rw_bandwidth"]),
        ("architecture.yaml", "version: 0.4", "version: 0.5", ["version"]),
    ],
)
def test_bad_documents(documents, name, before, after, words):
    text = GOOD[name]
    assert before in text
    (documents / name).write_text(text.replace(before, after, 1))
    refused(run_model(documents), *words)


def test_an_alias_bomb_is_refused_at_once(documents):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    (documents / "problem.yaml").write_text("\n".join(lines))
    refused(run_model(documents), "problem.yaml")


def test_nothing_is_written_when_a_dataflow_does_not_fit(tmp_path):
    answer = flat(
        "generate", *BERT, "--dataflow", "base,flat-h", "--overflow", "reject", "-o", tmp_path / "out"
    )
    refused(answer, "flat-h does not fit")
    assert not (tmp_path / "out").exists()
