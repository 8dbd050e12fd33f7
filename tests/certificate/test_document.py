"""The question of a certificate, written and read back."""

import json

import pytest

import flat_plugin as flat
from flat_plugin import Attention, FlatError
from flat_plugin.architecture import EnergyTable, Platform
from flat_plugin.certificate.document import chip_document, digest_of, read_chip, read_sizes, sizes_document
from flat_plugin.certificate.space import Space
from flat_plugin.mapping.named import named_dataflow


@pytest.mark.parametrize("name", ["edge", "cloud"])
def test_a_chip_is_read_as_it_was_written(name):
    document = json.loads(json.dumps(chip_document(flat.platform(name))))
    assert chip_document(read_chip(document)) == document


@pytest.mark.parametrize("dataflow", ["base", "flat-r64"])
@pytest.mark.parametrize("name", ["edge", "cloud"])
def test_a_chip_that_was_written_costs_the_same(name, dataflow):
    platform = flat.platform(name)
    again = read_chip(json.loads(json.dumps(chip_document(platform))))
    attention = Attention(1, 12, 197, 512, 64)
    one, two = (flat.estimate(attention, each, dataflow) for each in (platform, again))
    assert (one.energy_pj, one.cycles, one.dram_words) == (two.energy_pj, two.cycles, two.dram_words)


def test_energies_that_are_not_known_stay_so():
    unknown = Platform(flat.find_architecture("edge"), EnergyTable(unknown="nobody asked"))
    document = chip_document(unknown)
    assert document["compute"]["energy"] is None
    assert not read_chip(document).energies.known


def test_sizes_are_read_as_they_were_written():
    attention = Attention(2, 8, 100, 200, 64, 80, kv_heads=2)
    assert read_sizes(sizes_document(attention)) == attention


def test_parts_that_are_not_of_one_chip_are_refused():
    document = chip_document(flat.platform("edge"))
    document["compute"]["mesh_x"] = 33
    with pytest.raises(FlatError, match="does not divide among"):
        read_chip(document)
    document = chip_document(flat.platform("edge"))
    document["softmax"]["memory"] = "DRAM"
    with pytest.raises(FlatError, match="not a memory on the chip"):
        read_chip(document)


def test_a_digest_is_of_everything_but_itself():
    content = {"value": 1.0, "parts": [{"rows": {"M": {"least": 1, "most": 2}}}]}
    assert digest_of(content) == digest_of({**content, "digest": "x"})
    assert digest_of(content) != digest_of({**content, "value": 1.5})
    assert digest_of(content) == digest_of(json.loads(json.dumps(content)))


def test_a_space_of_a_chip_that_was_read_is_the_same():
    again = read_chip(chip_document(flat.platform("edge")))
    flow = named_dataflow("flat-opt").with_factors("perfect")
    spaces = [
        Space(Attention(1, 12, 512, 512, 64), each, "serial", flow) for each in (flat.platform("edge"), again)
    ]
    assert spaces[0].rows == spaces[1].rows
