"""``flat model`` takes further files as timeloop-model does: tables, constraints, variables."""

import gzip
import json
from pathlib import Path

import pytest
import yaml
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
