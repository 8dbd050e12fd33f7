from __future__ import annotations

import sys
from pathlib import Path

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations.classes import class_fields, installed_fields
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
    with pytest.raises(FlatError, match=r'pip install "flat-plugin\[models\]"'):
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
