"""ERT and ART as files: read back, they are the table; both are written or none."""

import pytest

from flat_plugin.architecture import find_architecture
from flat_plugin.energy import energy_for
from flat_plugin.energy.files import save_tables, table_texts
from flat_plugin.energy.tables import read_art, read_ert
from flat_plugin.errors import FlatError


@pytest.fixture
def edge():
    return find_architecture("edge")


def test_they_come_back(edge, tmp_path):
    table = energy_for(edge)
    ert, art = save_tables(table, edge, tmp_path / "new")
    assert read_ert(ert).components["MAC"].actions == table.components["MAC"].actions
    assert read_art(art)["MAC"] == table.components["MAC"].area_um2


def test_they_say_what_they_are_of(edge):
    for text in table_texts(energy_for(edge), edge).values():
        assert "# Architecture edge: 45nm, cycle 1.06383e-09 s." in text


def test_a_file_in_the_place_of_a_folder(edge, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FlatError):
        save_tables(energy_for(edge), edge, tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
