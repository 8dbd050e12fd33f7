"""What messages say about missing libraries installs them, from wherever this package came."""

from __future__ import annotations

import shlex
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from flat_plugin.extras import install_command

EXTRAS = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "optional-dependencies"
]


@pytest.mark.parametrize("extra", ["cluster", "report", "mcp", "models", "energy"])
def test_a_command_names_the_libraries_of_the_extra(extra: str) -> None:
    pip, install, *libraries = shlex.split(install_command(extra))
    assert (pip, install) == ("pip", "install")
    wanted = {each.partition(";")[0].strip() for each in EXTRAS[extra]}
    assert {"".join(sorted(each)) for each in libraries} == {"".join(sorted(each)) for each in wanted}


def test_every_requirement_is_quoted() -> None:
    """zsh would look for files of such a name, and every shell would write to one called ``=5.5``."""
    unquoted = install_command("report").replace("pip install ", "").split("'")[::2]
    assert not "".join(unquoted).strip()


def test_without_metadata_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", missing)
    assert install_command("report") == "pip install 'flat-plugin[report]'"
