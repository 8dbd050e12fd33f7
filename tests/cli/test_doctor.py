"""``flat doctor``: each tool, and where it is or how to get it."""

import json

import pytest


@pytest.fixture(autouse=True)
def nothing_on_path(programs):
    """No program is found; libraries are as they are."""


def test_what_is_missing_says_how_to_get_it(flat):
    findings = {finding["name"]: finding for finding in json.loads(flat("doctor", "--json").out)}
    assert findings["python"]["found"] and not findings["timeloop-model"]["found"]
    assert "NVlabs/timeloop" in findings["timeloop-model"]["get"]


@pytest.mark.parametrize("columns", [40, 100])
def test_long_lines_hang_beside_or_below_the_name(flat, columns):
    lines = flat("doctor", columns=columns).out.splitlines()
    assert lines[0].startswith("✓ python")
    assert all(len(line) <= columns or len(line.split()) == 1 for line in lines)
    (start,) = (line for line in lines if line.startswith("✗ timeloop-model"))
    assert ("would add:" in start) == (columns == 100)
