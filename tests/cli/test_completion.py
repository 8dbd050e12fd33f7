"""What a shell proposes after an option."""

import pytest

from flat_plugin.cli.completion import among, columns, named


@pytest.mark.parametrize(
    ("begun", "proposed"),
    [
        ("e", ["edp", "energy"]),
        ("", ["edp", "energy", "latency"]),
        ("latency,e", ["latency,edp", "latency,energy"]),
        ("x", []),
    ],
)
def test_choices_that_begin_so_also_after_a_comma(begun, proposed):
    assert among(("edp", "energy", "latency"))(begun) == proposed


@pytest.mark.parametrize(
    ("kind", "begun", "proposed"),
    [
        ("models", "bert", ["bert-base", "bert-large"]),
        ("architectures", "e", ["edge"]),
        ("dataflows", "base,flat-h", ["base,flat-h"]),
        ("spaces", "weight", ["weight-stationary"]),
    ],
)
def test_names_of_a_kind(kind, begun, proposed):
    assert named(kind)(begun) == proposed


@pytest.mark.parametrize(
    ("begun", "proposed"),
    [
        ("energy_p", ["energy_pj"]),
        ("model,arch", ["model,architecture", "model,arch"]),
        ("-lat", ["-latency_s"]),
    ],
)
def test_columns_of_runs(begun, proposed):
    assert {*proposed} <= {*columns(begun)}
