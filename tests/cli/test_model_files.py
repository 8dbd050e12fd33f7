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
