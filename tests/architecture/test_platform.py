"""A platform is hardware with its energies, and its line says whose they are."""

from small_documents import chain, dram, mac

from flat_plugin.architecture import EnergyTable, Platform, read_architecture

CHIP = read_architecture(chain(dram(), mac()))


def test_its_line_names_the_chip_and_who_answered_for_energies() -> None:
    assert repr(Platform(CHIP, EnergyTable(source="by hand"))) == "<Platform architecture; energies: by hand>"


def test_energies_that_nobody_knows_are_said_to_be_unknown() -> None:
    nobody = EnergyTable(source="by hand", unknown="nobody was asked")
    assert repr(Platform(CHIP, nobody)) == "<Platform architecture; energies: not known>"


def test_two_of_the_same_parts_are_one_value() -> None:
    table = EnergyTable(source="by hand")
    assert Platform(CHIP, table) == Platform(CHIP, EnergyTable(source="by hand"))
    assert Platform(CHIP, table) != Platform(CHIP, EnergyTable(source="another"))
