from __future__ import annotations

import json

import pytest

from flat_plugin.workload.configurations import read_config


@pytest.fixture
def read(tmp_path):
    """Reads fields, with changes, as a file in a folder ``toy``."""

    def read_fields(fields, **changes):
        folder = tmp_path / "toy"
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps(fields | changes))
        return read_config(folder / "config.json")

    return read_fields
