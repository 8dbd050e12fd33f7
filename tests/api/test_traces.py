"""``estimate_trace``: what a table of fetched keys and values costs."""

import pytest

import flat_plugin as flat

TABLE = (
    "iteration_id,layer_id,head_id,embedding_length_D,sentence_length_L,key_fetch_num,quant_key_bit,"
    "quant_query_bit,if_requant,auto_requant_incre,value_fetch_num,quant_value_bit,if_topk,topk\n"
    "0,0,0,64,100,50,{bits},16,False,-1,30,{bits},False,-1\n"
)


@pytest.fixture
def trace(tmp_path):
    def write(bits):
        file = tmp_path / "trace.csv"
        file.write_text(TABLE.format(bits=bits))
        return file

    return write


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
