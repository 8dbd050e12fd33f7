from __future__ import annotations

import sys
from pathlib import Path

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations import reader
from flat_plugin.workload.configurations.classes import class_fields, class_values, installed_fields
from flat_plugin.workload.configurations.types import TYPES

FILE = Path("config.json")


def test_defaults_and_other_names_are_recorded():
    defaults, aliases = class_fields(FILE, "gpt2")
    assert defaults["n_embd"] == 768
    assert aliases["hidden_size"] == "n_embd"


def test_every_type_is_recorded_or_has_its_own():
    for name, known in TYPES.items():
        if known.defaults is None:
            class_fields(FILE, name)


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(FlatError, match="pip install 'transformers>="):
        class_fields(FILE, "not-recorded")


def test_recorded_is_what_the_classes_say():
    pytest.importorskip("transformers", reason="the extra models is not installed")
    for name, known in TYPES.items():
        if known.defaults is not None:
            continue
        recorded, _ = class_fields(FILE, name)
        installed, _ = installed_fields(FILE, name)
        assert {field: installed.get(field) for field in recorded} == recorded, name


def test_a_type_that_the_package_does_not_have():
    pytest.importorskip("transformers", reason="the extra models is not installed")
    with pytest.raises(FlatError, match="does not have"):
        installed_fields(FILE, "no-such-type")


def test_a_class_reads_fields_that_are_not_understood(read, monkeypatch):
    """An earlier name of a field, which the class turns into the present one."""
    fields = {"model_type": "bert", "hidden_size": 64, "num_attention_heads": 4, "old_layers": 3}
    assert read(fields).layers == 12
    monkeypatch.setattr(reader, "installed", lambda: True)
    monkeypatch.setattr(reader, "class_values", lambda name, values: {**values, "num_hidden_layers": 3})
    model = read(fields)
    assert model.layers == 3
    assert "read as its class in transformers does, because of old_layers" in model.notes


def test_a_class_that_does_not_take_the_file_changes_nothing(read, monkeypatch):
    fields = {"model_type": "bert", "hidden_size": 64, "num_attention_heads": 4, "old_layers": 3}
    monkeypatch.setattr(reader, "installed", lambda: True)
    monkeypatch.setattr(reader, "class_values", lambda name, values: None)
    assert read(fields).layers == 12


def test_real_classes_fill_and_rename():
    pytest.importorskip("transformers", reason="the extra models is not installed")
    values = class_values("gpt2", {"hidden_size": 64, "n_head": 4})
    assert (values["n_embd"], values["n_head"], values["n_layer"]) == (64, 4, 12)
    assert class_values("gpt2", {"n_embd": "wide"}) is None
