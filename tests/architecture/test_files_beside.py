"""Further files beside an architecture: tables, constraints and variables."""

import pytest
from small_documents import chain, dram, mac, memory

from flat_plugin.architecture.files_beside import with_beside
from flat_plugin.errors import FlatError

CHIP = {"architecture": chain(dram(), memory(width=64, shared_bandwidth="bw"), mac())}
VARIABLES = {"variables": {"bw": 4}}
TABLE = {"ERT": {"version": 0.4, "tables": []}}


def test_variables_are_those_of_the_architecture():
    chip, ert, variables = with_beside(CHIP, None, [VARIABLES])
    assert chip.memories[1].shared_bandwidth == 4 and ert is None and variables == {"bw": 4}


def test_a_table_may_come_with_or_without_its_heading():
    assert with_beside(CHIP, None, [VARIABLES, TABLE])[1] == TABLE
    assert with_beside(CHIP, None, [VARIABLES, TABLE["ERT"]])[1] == TABLE


def test_constraints_are_added():
    fixed = {"mapspace": [{"target": "Buffer", "type": "temporal", "factors": "M=4"}]}
    assert len(with_beside(CHIP, None, [VARIABLES, fixed])[0].constraints) == 1


@pytest.mark.parametrize(
    ("beside", "message"),
    [
        ([VARIABLES, VARIABLES], "variables.bw: a second value"),
        ([VARIABLES, TABLE, TABLE], "ERT: a second energy table"),
        ([VARIABLES, {"mapping": []}], "mapping: it has a file of its own"),
        ([{"variables": [1]}], "variables: not a mapping"),
        ([{"colours": []}], "colours"),
        ([], "bw"),
    ],
)
def test_what_is_given_twice_or_elsewhere_is_refused(beside, message):
    with pytest.raises(FlatError) as caught:
        with_beside(CHIP, None, beside)
    assert message in str(caught.value)
