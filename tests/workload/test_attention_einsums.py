"""The einsums of a layer: ranks, sizes, and which tensor is a part of another."""

from flat_plugin.workload.attention import Attention
from flat_plugin.workload.attention_einsums import attend_of, logit_of

PLAIN = Attention(2, 12, 64, 128, 32, 16)
GROUPED = Attention(2, 12, 64, 128, 32, kv_heads=4, widths="K=8")


def dimensions(einsum):
    return {tensor.name: "".join(tensor.dimensions) for tensor in einsum.tensors}


def test_logit_and_attend_index_what_the_paper_says() -> None:
    assert dimensions(logit_of(PLAIN)) == {"Q": "BHMD", "K": "BHND", "S": "BHMN"}
    assert dimensions(attend_of(PLAIN, ())) == {"P": "BHMN", "V": "BHNE", "O": "BHME"}
    assert logit_of(PLAIN).sizes == {"B": 2, "H": 12, "M": 64, "N": 128, "D": 32}
    assert attend_of(PLAIN, ()).sizes["E"] == 16


def test_query_heads_of_a_group_are_a_dimension() -> None:
    assert logit_of(GROUPED).sizes["H"] == 4 and logit_of(GROUPED).sizes["G"] == 3
    assert dimensions(logit_of(GROUPED)) == {"Q": "BHGMD", "K": "BHND", "S": "BHGMN"}


def test_widths_are_those_of_the_layer() -> None:
    assert logit_of(GROUPED).bits == {"K": 8}


def test_values_may_be_a_part_of_the_keys() -> None:
    joint = Attention(1, 8, 4, 64, 32, 16, 1, joint=True)
    value = attend_of(joint, ("Buffer",)).tensors[1]
    assert (value.part_of, value.inside) == ("K", ("Buffer",))
