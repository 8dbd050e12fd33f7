"""Names of attributes: misspelt ones are refused, and what was meant is said."""

import json
from math import inf
from typing import Any

import pytest
from small_documents import chain, mac, memory

from flat_plugin.architecture import read_architecture
from flat_plugin.errors import SeveralErrors


def buffer(**attributes: Any) -> Any:
    return read_architecture(chain(memory(**attributes), mac())).memories[0]


def notes(*components, **attributes):
    return read_architecture(chain(*components, **attributes)).notes


def test_all_misspelt_attributes_are_named_together(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(json.dumps({"architecture": chain(memory(rw_bandwidth=1, size_kb=2), mac(mesh_x=3))}))
    with pytest.raises(SeveralErrors) as caught:
        read_architecture(file)
    assert str(caught.value).startswith(f"{file}: 3 errors")
    assert all(key in str(caught.value) for key in ("shared_bandwidth", "sizeKB", "meshX"))


def test_only_some_hyphens_are_underscores():
    """Timeloop has a list of its own, and passes over all other names with hyphens."""
    row = buffer(**{"block-size": 4, "word-bits": 8, "shared-bandwidth": 2, "memory-width": 512})
    assert (row.block_size, row.word_bits, row.shared_bandwidth) == (4, 8, inf)


def test_what_was_probably_meant_is_named():
    (note,) = notes(memory(n_bank=2), mac())
    assert "n_bank (meant n_banks?)" in note


def test_the_first_of_two_names_counts():
    assert notes(memory(width=64, memory_width=64), mac()) == ()
    assert notes(memory(entries=8, depth=64), mac()) == (
        "Buffer: depth is ignored beside entries, as in Timeloop",
    )
    assert notes(memory(width=64, memory_width=32), mac()) == (
        "Buffer: memory_width is ignored beside width, as in Timeloop",
    )
