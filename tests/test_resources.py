"""Files that ship."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.resources import KINDS, resource, resource_folder


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_here(kind: str) -> None:
    assert any(resource_folder(kind).iterdir())


def test_a_name_finds_its_file() -> None:
    assert resource("arch", "edge/arch.yaml").is_file()


@pytest.mark.parametrize("name", ["no.yaml", "../README.md", "/etc/passwd"])
def test_nothing_outside_is_found(name: str) -> None:
    with pytest.raises(FlatError, match="no such arch resource"):
        resource("arch", name)
