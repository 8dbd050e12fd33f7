"""Every public name is where it is said to be, and loaded when it is first used."""

import inspect
import subprocess
import sys
from importlib.metadata import version

import pytest

import flat_plugin as flat
from flat_plugin import api


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, flat_plugin; print([m for m in ('numpy', 'yaml', 'jinja2') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_every_public_name_is_where_it_is_said_to_be():
    assert set(flat._HOMES) == set(flat.__all__)
    assert all(getattr(flat, name) for name in flat.__all__)
    assert {name for name, home in flat._HOMES.items() if home.partition(".")[0] == "api"} <= set(api.__all__)
    assert set(api.__all__) == set(api._HOMES)
    assert all(callable(getattr(api, name)) for name in api.__all__)


def test_importing_the_functions_loads_none_of_them():
    code = "import sys, flat_plugin.api; print([m for m in sys.modules if m.startswith('flat_plugin.')][1:])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
    assert flat.run is api.run and flat.plan is api.plan


def test_a_path_may_be_text_everywhere():
    for name in flat.__all__:
        function = getattr(flat, name)
        if inspect.isfunction(function):
            for parameter in inspect.signature(function).parameters.values():
                kinds = str(parameter.annotation)
                assert "Path" not in kinds or "str" in kinds or "Source" in kinds, (name, parameter)


def test_a_misspelt_name_is_known_to_python():
    """So that it asks whether another one was meant."""
    with pytest.raises(AttributeError, match="has no attribute 'estimat'") as raised:
        _ = flat.estimat
    assert (raised.value.name, raised.value.obj) == ("estimat", flat)


def test_the_version_is_that_of_the_package():
    assert flat.__version__ == version("flat-plugin")
