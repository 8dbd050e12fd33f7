"""Keeping freed memory is asked of glibc only, and changes no result."""

import platform
import sys

import pytest

from flat_plugin.model.memory import keep_freed_memory


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc only")
def test_glibc_takes_it_more_than_once():
    assert keep_freed_memory()
    assert keep_freed_memory()


def test_elsewhere_nothing_happens(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not keep_freed_memory()
