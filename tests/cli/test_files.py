"""``flat generate`` writes Timeloop's files; ``flat model`` reads them: tables, constraints, variables."""

import gzip
import json
from pathlib import Path

import pytest
import yaml
from small_documents import GEMM_MAPPING
from typer.testing import CliRunner

from flat_plugin.cli import app
from flat_plugin.errors import FlatError, InvalidMapping

RULES = Path(__file__).parents[1] / "reference" / "timeloop_rules.jsonl.gz"
with gzip.open(RULES, "rt", encoding="utf-8") as stream:
    CASE = next(case for case in map(json.loads, stream) if case["name"] == "31-directive-name")
CASE["architecture"].pop("architecture_constraints", None)
VARIABLES = {"variables": {"bw": 4}}
OBEYED = {"architecture_constraints": [{"target": "Buffer", "type": "temporal", "factors": "M=4"}]}
VIOLATED = {"arch_constraints": [{"target": "Buffer", "type": "temporal", "factors": "M=2"}]}
AREAS = {"ART": {"version": 0.4, "tables": []}}


@pytest.fixture
def model(tmp_path):
    def run(*beside, bandwidth=4):
        architecture = json.loads(json.dumps(CASE["architecture"]))
        architecture["architecture"]["subtree"][0]["local"][0]["attributes"]["shared_bandwidth"] = bandwidth
        names = []
        documents = [architecture, CASE["problem"], CASE["mapping"], CASE["ERT"], *beside]
        for number, document in enumerate(documents):
            file = tmp_path / f"{number}.yaml"
            file.write_text(yaml.safe_dump(document))
            names.append(str(file))
        done = CliRunner().invoke(app, ["model", *names, "--json"])
        if done.exception:
            raise done.exception
        return json.loads(done.output)

    return run


def test_constraints_variables_and_areas(model):
    assert model(OBEYED, VARIABLES, AREAS, bandwidth="bw") == model()


@pytest.mark.parametrize(
    ("beside", "error", "message"),
    [
        ([VIOLATED], InvalidMapping, "M=2 is asked for, the mapping has M=4"),
        ([{"mapping": []}], FlatError, "it has a file of its own"),
        ([{"ERT": {"version": 0.4, "tables": []}}], FlatError, "a second energy table"),
        ([{"spices": 1}], FlatError, "unknown section"),
        ([VARIABLES, VARIABLES], FlatError, "a second value"),
        ([{"variables": [1]}], FlatError, "not a mapping"),
    ],
)
def test_what_is_wrong_is_said(model, beside, error, message):
    with pytest.raises(error, match=message):
        model(*beside)


@pytest.fixture
def widths(tmp_path):
    names = []
    for key in ("architecture", "problem", "mapping", "ERT"):
        names.append(str(tmp_path / f"{key}.yaml"))
        Path(names[-1]).write_text(yaml.safe_dump(CASE[key]))

    def run(*arguments):
        done = CliRunner().invoke(app, ["model", *names, *arguments, "--json"])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return json.loads(done.stdout)

    return run


def spaces():
    shape = CASE["problem"]["problem"]["shape"]
    return [space["name"] for space in shape.get("dataSpaces") or shape["data_spaces"]]


def test_the_width_of_the_memories_changes_nothing(widths):
    for bits in ("16", ",".join(f"{name}=16" for name in spaces())):
        answer = widths("--bits", bits)
        assert answer.pop("bits") == dict.fromkeys(spaces(), 16)
        assert any("timeloop-model, which knows one" in note for note in answer.pop("notes"))
        assert answer == widths()


def test_narrow_words_need_less_energy(widths):
    whole = widths()
    for name in spaces():
        assert widths("--bits", f"{name}=4")["energy_pj"] < whole["energy_pj"]


@pytest.mark.parametrize(
    ("bits", "message"),
    [
        ("Nobody=4", "no data space of"),
        ("=4", "not a tensor and its width"),
        ("4,4", "not a tensor and its width"),
        ("0", "no width of a word"),
        ("wide", "not a tensor and its width"),
    ],
)
def test_widths_that_are_none(widths, bits, message):
    with pytest.raises(FlatError, match=message):
        widths("--bits", bits)


def test_a_width_given_twice(widths):
    with pytest.raises(FlatError, match="given twice"):
        widths("--bits", f"{spaces()[0]}=4,{spaces()[0]}=8")


GOOD = {  # a product of 16 × 4 and 4 × 8
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
    "mapping.yaml": GEMM_MAPPING,
}


@pytest.fixture
def documents(tmp_path):
    for name, text in GOOD.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_json_has_the_promised_keys(documents, flat):
    found = json.loads(flat("model", *(documents / name for name in GOOD), "--json").out)
    assert set(found) == {"cycles", "energy_pj", "utilization", "computes", "levels"}
    buffer = next(level for level in found["levels"] if level["name"] == "Buffer")
    assert buffer["tensors"]["W"]["fills"] == 32
    assert found["computes"] == 16 * 8 * 4


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
def test_bad_documents(documents, refused, name, before, after, words):
    text = GOOD[name]
    assert before in text
    (documents / name).write_text(text.replace(before, after, 1))
    said = refused("model", *(documents / each for each in GOOD))
    assert all(word in said for word in words), said


def test_an_alias_bomb_is_refused_at_once(documents, refused):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    (documents / "problem.yaml").write_text("\n".join(lines))
    assert "problem.yaml" in refused("model", *(documents / each for each in GOOD))


BERT = ["--model", "bert-base", "--seq", "512"]


def test_generate_writes_a_folder_for_each_operator(flat, tmp_path):
    answer = flat("generate", *BERT, "--dataflow", "flat-r64", "-o", tmp_path / "out")
    assert answer.code == 0
    for operator in ("logit", "attend"):
        folder = tmp_path / "out" / "flat-r64" / operator
        assert str(folder) in answer.out.splitlines()
        names = {path.stem for path in folder.iterdir()}
        assert names >= {"problem", "architecture", "mapping", "constraints", "mapper", "ERT"}


def test_generate_says_when_operators_fit_only_one_by_one(flat, tmp_path):
    answer = flat("generate", *BERT, "--dataflow", "flat-h", "-o", tmp_path / "out")
    assert answer.code == 0 and "not together" in answer.err
    assert (tmp_path / "out" / "flat-h" / "attend" / "mapping.yaml").is_file()


def test_nothing_is_written_when_a_dataflow_is_to_fit_and_does_not(refused, tmp_path):
    asked = ["generate", *BERT, "--dataflow", "base,flat-h", "--overflow", "reject", "-o", tmp_path / "out"]
    assert "flat-h does not fit" in refused(*asked)
    assert not (tmp_path / "out").exists()


def test_settings_of_the_mapper_reach_its_file(flat, tmp_path):
    asked = ["generate", *BERT, "--dataflow", "base", "-o", tmp_path, "--mapper", "search_size=2000"]
    assert flat(*asked).code == 0
    written = yaml.safe_load((tmp_path / "base" / "logit" / "mapper.yaml").read_text())
    assert written["mapper"]["search_size"] == 2000
