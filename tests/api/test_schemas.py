"""``input_schema``: one schema for every kind of input file; what they take is tested in test_json_schema."""

import pytest

from flat_plugin import FlatError, api


def test_every_name_has_a_schema_with_a_title():
    for name, said in api.schema_names().items():
        schema = api.input_schema(name)
        assert schema["$schema"].endswith("2020-12/schema")
        assert name == "architecture" or schema["title"] == f"flat-plugin: {said}"


def test_an_unknown_one_is_refused():
    with pytest.raises(FlatError, match="name: unknown choice .got 'config'.; expected architecture"):
        api.input_schema("config")
