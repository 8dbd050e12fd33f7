"""Chosen keys in searches: rows of DRAM for each of them, their indices, and what chooses them."""

from dataclasses import replace

import numpy as np
import pytest
from every_mapping import ARCHITECTURES, DRAM, ENERGIES

import flat_plugin as flat
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.mapspace.index_products import choosing
from flat_plugin.mapspace.masked import selected
from flat_plugin.mapspace.masked.selected import Gathered, index_work, selecting
from flat_plugin.mapspace.operator_pairs import Chain, chain_of
from flat_plugin.model.mapping_batch import batch_of
from flat_plugin.model.ragged import counts_of
from flat_plugin.workload import Attention
from flat_plugin.workload.mask import mask_of

CHIP = ARCHITECTURES["linked"]
WITH_TOP_K = flat.platform("edge", set={"topk_lanes": 16})


def layer(mask: str, width: int = 1) -> Attention:
    return Attention(1, 1, 4, 8, width, mask=mask_of(mask))


def gathered(mask: str, operator: str = "logit", width: int = 1) -> Gathered:
    attention = layer(mask, width)
    einsum = next(each for each in attention.einsums() if each.name == operator)
    found = Gathered.of(einsum, attention, CHIP, ENERGIES)
    assert found is not None
    return found


def nest(outer: str, inner: str) -> OperatorMapping:
    """``M4 N2``: loops of DRAM and of the buffer, innermost first."""
    loops = [tuple((text[0], int(text[1:])) for text in loops.split()) for loops in (outer, inner)]
    return OperatorMapping(
        tuple(LevelMapping(m.name, own) for m, own in zip(CHIP.memories, loops, strict=True))
    )


def test_nothing_is_gathered_without_chosen_keys() -> None:
    attention = layer("causal")
    assert Gathered.of(attention.logit(), attention, CHIP, ENERGIES) is None


@pytest.mark.parametrize(("operator", "tensor"), [("logit", "K"), ("attend", "V")])
def test_keys_of_logit_and_values_of_attend_are_gathered(operator: str, tensor: str) -> None:
    found = gathered("topk=2", operator)
    assert found.einsum.tensors[found.tensor].name == tensor


def test_an_index_of_eight_keys_has_three_bits() -> None:
    """Of words of 16 bits, of which DRAM reads four for 512 pJ, two a cycle."""
    work = index_work(layer("topk=2"), CHIP, ENERGIES)
    assert work.energy_pj == pytest.approx(512 / 4 * 3 / 16)
    assert work.busy == {"DRAM": pytest.approx(3 / 16 / 2)}
    (traffic,) = work.traffic.values()
    assert (traffic.reads, traffic.bits) == ((1,), 3)


@pytest.mark.parametrize(
    ("mask", "width", "part", "keys", "read"),
    [
        ("topk=2", 1, 1, 1, 4.0),  # a key of one word takes a row of four
        ("topk=2", 1, 1, 8, 4.0),
        ("topk=4,page=2", 1, 1, 2, 2.0),  # a page of two keys
        ("topk=4,page=2", 1, 1, 3, 4.0),  # tiles of keys that are no whole pages
        ("topk=4,page=2", 1, 1, 9, 2.0),  # of all keys
        ("topk=2", 6, 6, 1, 8 / 6),  # six words take two rows
        ("topk=2", 6, 3, 1, 8 / 6),  # halves of a key take one each
        ("topk=2", 6, 4, 1, 8 / 6),
        ("topk=2", 6, 1, 1, 4.0),
        ("topk=4,page=2", 6, 6, 2, 12 / 12),
        ("topk=4,page=2", 6, 3, 2, 8 / 6),  # no whole keys, so no pages
    ],
)
def test_each_key_or_page_begins_a_row(mask: str, width: int, part: int, keys: int, read: float) -> None:
    found = gathered(mask, width=width)
    words = found.rows_over_words(np.array([part]), np.array([keys]), np.array([8]))
    assert DRAM.block_size == 4 and words.tolist() == [pytest.approx(read)]


def test_counts_of_iterations_read_whole_rows() -> None:
    found = gathered("topk=2", width=6)
    whole = batch_of(
        found.einsum,
        CHIP,
        [nest("M4 D6 N8 H1 B1", "M1 D1 N1 H1 B1"), nest("M4 D1 N8 H1 B1", "M1 D6 N1 H1 B1")],
    )
    which = np.array([1, 0, 1])
    before = counts_of(whole)
    own = replace(before, reads=before.reads[:, :, which], fills=before.fills[:, :, which])
    counts = found.counts(own, whole, which, np.array([8, 8, 8]))
    expected = own.reads.copy()
    expected[0, found.tensor] *= [8 / 6, 4.0, 8 / 6]
    assert own.reads.all(axis=2).any() and counts.reads == pytest.approx(expected)
    assert (counts.fills == own.fills).all()


def test_parts_of_a_key_come_by_again() -> None:
    nests = [nest("N8 D3 M4", "D2"), nest("N8 D1 M4", "D6"), nest("N8 D6 M1", "M4")]
    assert gathered("topk=2", width=6).further_visits(nests).tolist() == [2, 0, 5]


def chain(choices: int = 2, chip: object = CHIP) -> Chain:
    return chain_of(chip, [None] * choices, [0.0] * choices, fused=True, serial=False)  # type: ignore[arg-type]


def test_a_chain_without_chosen_keys_is_as_it_was() -> None:
    own = chain()
    assert selecting(own, layer("causal"), [1, 2], CHIP, ENERGIES, ENERGIES) is own


def test_logit_and_attend_each_read_a_list_of_indices() -> None:
    """Four rows choose two of eight keys each; two rows at a time as many as both choose, at most."""
    attention, own = layer("topk=2"), chain()
    found = selecting(own, attention, [1, 4], CHIP, ENERGIES, ENERGIES)
    lists = 2 * np.array([4 * 2, 4 * 2])  # one for each operator
    assert found.gathers and not own.gathers
    assert found.energy.tolist() == (lists * 512 / 4 * 3 / 16).tolist()
    assert found.traffic.tolist() == (lists * 3 / 16).tolist()
    assert found.cycles.tolist() == found.ports[0].tolist() == (lists * 3 / 16 / 2).tolist()
    assert found.before.tolist() == [0, 0] and (found.ports[1:] == own.ports[1:]).all()


def test_what_chooses_comes_before_all_else() -> None:
    architecture, energies = WITH_TOP_K.architecture, WITH_TOP_K.energies
    attention = Attention(1, 2, 64, 64, 16, mask=mask_of("topk=8,index=4x8"))
    given = replace(attention, mask=mask_of("topk=8"))
    own = chain(1, architecture)
    found, without = (
        selecting(own, each, [16], architecture, energies, energies) for each in (attention, given)
    )
    select = attention.mask.select
    assert select is not None
    works = choosing(attention, select, 16, architecture, energies)
    assert found.before.tolist() == [sum(work.cycles for work in works)]
    assert (found.energy - without.energy).tolist() == pytest.approx([sum(work.energy_pj for work in works)])
    words = sum(t.taken(0, architecture.memories[0].word_bits) for w in works for t in w.traffic.values())
    assert (found.traffic - without.traffic).tolist() == pytest.approx([words])
    assert found.cycles.tolist() == without.cycles.tolist()


@pytest.mark.parametrize(("text", "asked"), [("topk=8,index=4x8", 1), ("topk=8:tile,index=4x8", 2)])
def test_what_chooses_is_worked_out_once_for_queries_that_choose_together(
    text: str, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows for themselves, or tiles of 16 rows and of 32."""
    seen = []

    def chosen(attention, select, together, *platform):  # type: ignore[no-untyped-def]
        seen.append(together)
        return choosing(attention, select, together, *platform)

    monkeypatch.setattr(selected, "choosing", chosen)
    architecture, energies = WITH_TOP_K.architecture, WITH_TOP_K.energies
    attention = Attention(1, 2, 64, 64, 16, mask=mask_of(text))
    selecting(chain(3, architecture), attention, [16, 32, 16], architecture, energies, energies)
    assert len(seen) == asked == len(set(seen))


def test_an_index_needs_a_unit_that_chooses() -> None:
    with pytest.raises(FlatError, match="no top-k unit"):
        selecting(chain(), layer("topk=2,index=1x8"), [1, 2], CHIP, ENERGIES, ENERGIES)
