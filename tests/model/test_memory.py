"""Keeping freed memory is asked of glibc only, and changes no result."""

import sys

import pytest

from flat_plugin.model.memory import keep_freed_memory


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_linux_takes_it_more_than_once():
    assert keep_freed_memory() == keep_freed_memory()


def test_elsewhere_nothing_happens(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not keep_freed_memory()
