"""``config.json`` as a file: an object of a bounded size, or the folder that holds it."""

import pytest

from flat_plugin import FlatError, read_config

BERT = '{"model_type": "bert"}'


def test_the_file_or_its_folder(tmp_path):
    (tmp_path / "config.json").write_text(BERT)
    assert read_config(tmp_path) == read_config(tmp_path / "config.json") == read_config(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "not a JSON object"),
        ("{", "config.json"),
        ('{"a": NaN}', "config.json"),
        ("[" * 10**5, "config.json"),
    ],
)
def test_what_is_no_object_is_refused_with_its_file(text, message, tmp_path):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(FlatError, match=message):
        read_config(tmp_path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FlatError, match="no such file; expected a model's config.json"):
        read_config(tmp_path)
