"""Workloads, and what each needs at least on any chip."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tiny_explorations import exploration

from flat_plugin.architecture import find_architecture
from flat_plugin.errors import FlatError
from flat_plugin.exploration.cases import Case, Demand, _of_product, demands
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.workload import find_model, parse_attention
from flat_plugin.workload.einsum import Einsum, Tensor
from flat_plugin.workload.mask import parse_mask
from flat_plugin.workload.sized_workload import Sized
from flat_plugin.workload.widths import read_widths

EDGE = find_architecture("edge")
ATTENTION = parse_attention("B=1,H=2,M=4,N=8,D=16")
GPT2 = Sized(find_model("gpt2"), seq=16)


def of(sized: Sized, level: str = "attention", fused: bool = True) -> list[Demand]:
    return list(demands(Case("one", sized, level).on(EDGE), level, fused))


def test_attention_by_hand() -> None:
    """Two heads of 4 × 8 scores; Q, K, V and O are 2 × 4 × 16 and 2 × 8 × 16 words."""
    (found,) = of(Sized(ATTENTION))
    assert (found.times, found.macs, found.scores) == (1, 64 * (16 + 16), 64)
    assert found.read == ((128.0, None), (256.0, None), (256.0, None))
    assert found.written == ((128.0, None),)


def test_the_output_head_is_as_narrow_as_the_weights_unless_it_is_told_apart() -> None:
    """A limit that took it for wider would rule out chips that are the best."""
    model, words = find_model("gpt2"), 768.0 * 50257
    assert (words, 4) in of(replace(GPT2, bits="W=4"), "model")[-1].read
    wide = replace(model, beside=tuple(replace(section, wide=True) for section in model.beside))
    assert (words, None) in of(Sized(wide, seq=16, bits="W=4"), "model")[-1].read


def test_scores_that_do_not_stay_on_chip_are_written_and_read_twice() -> None:
    (found,) = of(Sized(ATTENTION), fused=False)
    assert found.read[-1] == found.written[-1] == (2.0 * 64, None)


def test_widths_and_masks_count() -> None:
    square = parse_attention("B=1,H=2,M=4,N=4,D=16")
    own = replace(square, widths=read_widths("K=8,S=4"), mask=parse_mask("causal"))
    (found,) = of(Sized(own), fused=False)
    assert found.scores == 2 * (1 + 2 + 3 + 4)
    assert [bits for _, bits in found.read] == [None, 8, None, 4]


def test_a_block_has_its_products_around_the_attention_and_a_model_all_its_layers() -> None:
    """gpt2 is 12 blocks of 768 × (768 × 4 + 3072 × 2) weights, and an output head for the last token."""
    block, model = of(GPT2, "block"), of(GPT2, "model")
    weights = sum(each.times * each.macs for each in block[1:]) / 16
    assert weights == 768 * (768 * 4 + 3072 * 2)
    assert (block[0].times, model[0].times) == (1, 12)
    head = sum(d.times * d.macs for d in model) - 12 * sum(d.times * d.macs for d in block)
    assert head == 768 * 50257
    assert all(each.scores == 0 for each in block[1:])


SEARCHED, NAMED = parse_dataflow("flat-opt").with_factors("perfect"), parse_dataflow("flat-r16")


@pytest.mark.parametrize(
    ("case", "flow", "menu", "bounds"),
    [
        (Case("a", Sized(ATTENTION)), SEARCHED, True, True),
        (Case("a", Sized(ATTENTION)), NAMED, False, False),
        (Case("a", Sized(ATTENTION)), SEARCHED.with_factors("imperfect"), False, False),
        (Case("a", GPT2, "model"), SEARCHED, False, False),
        (Case("a", replace(GPT2, mask=parse_mask("causal"))), SEARCHED, True, False),
    ],
)
def test_what_can_be_asked_of_it(case: Case, flow: object, menu: bool, bounds: bool) -> None:
    assert (case.has_menu(flow), case.bounds_others(flow)) == (menu, bounds)


def test_two_forms_of_latent_attention_need_a_name() -> None:
    case = Case("a", Sized(find_model("deepseek-v3"), seq=16))
    with pytest.raises(FlatError, match="latent: latent attention needs a form; expected .*absorbed"):
        case.on(EDGE)
    named = Case("a", Sized(find_model("deepseek-v3"), seq=16, latent="expanded"))
    assert named.on(EDGE).attention.head_dim == 192


def test_a_case_of_a_design_is_one() -> None:
    assert exploration().cases == (Case("one", Sized(parse_attention("B=1,H=1,M=16,N=16,D=8"))),)


def test_words_that_windows_skip_need_not_move() -> None:
    """Of a convolution only what it writes is sure to cross the outermost memory."""
    ranks = ((("C", 1),), (("P", 2), ("R", 1)))
    tensors = (Tensor("W", ("C", "R")), Tensor.of_ranks("I", ranks), Tensor("O", ("P",), output=True))
    found = _of_product(Einsum("conv", (("P", 8), ("R", 3), ("C", 4)), tensors), 2)
    assert (found.times, found.macs, found.scores) == (2, 8 * 3 * 4, 0)
    assert found.read == ((0.0, None), (0.0, None)) and found.written == ((8.0, None),)
