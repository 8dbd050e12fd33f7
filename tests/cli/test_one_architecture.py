"""Commands about an architecture take it without an option, and with ``--arch`` as the others do."""

import pytest


@pytest.mark.parametrize("command", ["show", "energy"])
def test_with_and_without_the_option(flat, command):
    without, option = flat(command, "cloud", "--json"), flat(command, "--arch", "cloud", "--json")
    assert without == option and without.code == 0
    assert flat(command, "--json").out == flat(command, "edge", "--json").out != without.out


@pytest.mark.parametrize("command", ["show", "energy"])
def test_not_both(refused, command):
    said = refused(command, "edge", "--arch", "cloud")
    assert said == "flat: --arch: named twice (got 'cloud'); expected no --arch beside edge"


@pytest.mark.parametrize("given", [[""], ["--arch", ""]])
def test_an_empty_name_is_none(refused, given):
    assert refused("show", *given).startswith("flat: no such architecture (got '')")
