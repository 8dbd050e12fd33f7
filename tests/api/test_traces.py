"""``estimate_trace``: what a table of fetched keys and values costs."""

import pytest
from small_traces import written

import flat_plugin as flat


@pytest.fixture
def trace(tmp_path):
    return lambda bits: written(tmp_path, f"0,0,0,64,100,50,{bits},16,False,-1,30,{bits},False,-1\n")


def test_fetched_bits_beside_those_of_all_keys_and_values(trace):
    total = flat.estimate_trace(trace(8)).total
    assert total.kv_bits == 64 * (50 + 30) * 8
    assert total.macs == 64 * (50 + 30)
    assert total.macs_ratio == pytest.approx(80 / 200)


def test_widths_are_those_of_the_table_or_those_that_are_given(trace):
    assert flat.estimate_trace(trace(-1)).total.kv_bits == 64 * 80 * 12
    assert flat.estimate_trace(trace(-1), bits="K=4,V=8").total.kv_bits == 64 * (50 * 4 + 30 * 8)


def test_softmax_takes_time_unless_it_is_free(trace):
    free, serial = (flat.estimate_trace(trace(8), softmax=mode).cost.cycles for mode in ("free", "serial"))
    assert free < serial
    with pytest.raises(flat.FlatError, match="softmax: unknown choice"):
        flat.estimate_trace(trace(8), softmax="never")
