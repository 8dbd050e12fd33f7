"""Unions: keys that the rows of a tile choose together, given by a trace."""

import pytest

from flat_plugin.api import estimate
from flat_plugin.batch.sweep import read_sweep
from flat_plugin.errors import FlatError
from flat_plugin.workload import Attention, parse_mask
from flat_plugin.workload.unions import read_unions

TWO = "rows,tile,keys\n2,0,2\n2,1,4\n2,2,5\n2,3,3\n"  # of 8 causal queries that choose 3 keys each


@pytest.fixture
def unions(tmp_path):
    def write(text):
        (tmp_path / "unions.csv").write_text(text)
        return tmp_path / "unions.csv"

    return write


def test_fewer_keys_are_fetched(unions):
    text = f"causal,topk=3,unions={unions(TWO)}"
    layer = Attention(1, 2, 8, 8, 4, mask=parse_mask("causal,topk=3"))
    bound = estimate(layer, "edge", "flat-r2")
    known = estimate(Attention(1, 2, 8, 8, 4, mask=parse_mask(text)), "edge", "flat-r2")
    assert known.traffic["K"].dram < bound.traffic["K"].dram
    assert known.operators["logit"].computes == 2 * 2 * 4 * (2 + 4 + 5 + 3)
    assert any("the same in every head" in note for note in known.notes)
    assert not any("a bound" in note for note in known.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rows,tile\n2,0\n", "a column is missing"),
        ("rows,tile,keys,head\n2,0,3,1\n", "unknown column"),
        ("rows,tile,keys\n2,0,x\n", "line 2.keys"),
        ("rows,tile,keys\n2,0,3\n2,0,4\n", "a second tile of 2 rows"),
        ("rows,tile,keys\n2,0,3\n2,2,4\n", "a tile is missing"),
        ("rows,tile,keys\n", "no rows"),
    ],
)
def test_a_table_that_is_none(unions, text, said):
    with pytest.raises(FlatError, match=said):
        read_unions(unions(text))


def test_a_sweep_finds_it_beside_itself(unions, tmp_path):
    unions(TWO)
    (tmp_path / "sweep.yaml").write_text(
        "sweep: {models: [gpt2], dataflows: [base], architectures: [edge],"
        " mask: ['causal,topk=3,unions=unions.csv']}"
    )
    (mask,) = read_sweep(tmp_path / "sweep.yaml").masks
    assert mask.select.unions.of(2) == (2, 4, 5, 3)
