"""Libraries of the extra: what is missing is named with the command that installs it."""

import sys

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.report.extra_libraries import need, vega_lite


def test_a_module_that_is_here():
    assert need("json", "nothing").dumps([]) == "[]"


def test_one_that_is_not_is_named_as_its_package_is(monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(FlatError, match="drawing figures needs vl-convert-python; expected pip install"):
        need("vl_convert", "drawing figures")


def test_the_version_of_vega_lite_is_altairs():
    pytest.importorskip("altair")
    major, minor = vega_lite("a test").split("_")
    assert int(major.removeprefix("v")) >= 5 and minor.isdigit()
