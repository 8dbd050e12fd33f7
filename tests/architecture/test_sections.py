"""Sections of a file: read, known to do nothing, or refused."""

import pytest

from flat_plugin.architecture.sections import INERT, READ, check_sections
from flat_plugin.errors import FlatError


def test_what_is_read_and_what_does_nothing():
    check_sections(dict.fromkeys((*READ, *INERT)))
    check_sections({"sparse_optimizations": {"targets": []}, "model": {"verbose": True}, ".anchors": 1})


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"sparse_optimizations": {"targets": [{"name": "B"}]}}, "sparse_optimizations is not supported"),
        ({"layout": [1]}, "layout is not supported"),
        ({"model": {"auto_bypass_on_failure": True}}, "model is not supported"),
        ({"architecture_constraint": []}, "unknown section .*expected architecture_constraints"),
        ({"seasoning": 1}, "seasoning: unknown section"),
    ],
)
def test_others_are_refused(document, message):
    with pytest.raises(FlatError, match=message):
        check_sections(document)
