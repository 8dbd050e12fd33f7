"""``flat schema``: one schema, or what has one."""

import json

from flat_plugin.cli.choices import SCHEMAS


def test_one_schema_is_json(flat):
    found = json.loads(flat("schema", "sweep").out)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_without_a_name_they_are_listed(flat):
    lines = flat("schema").out.splitlines()
    assert [line.split()[0] for line in lines] == list(SCHEMAS)
    assert json.loads(flat("schema", "--json").out)["sweep"] == "a sweep: flat run FILE"
    assert max(map(len, flat("schema", columns=40).out.splitlines())) <= 40


def test_a_schema_that_there_is_not(refused):
    assert (
        "sweeps" in refused("schema", "sweeps")
        and "sweep" in refused("schema", "sweeps").partition("expected")[2]
    )
