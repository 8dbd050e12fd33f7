"""The command that installs an extra, however this package was installed."""

from __future__ import annotations

import re

_MARKER = re.compile(r"""extra\s*==\s*['"](?P<extra>[\w-]+)['"]""")


def install_command(extra: str) -> str:
    """A command that installs what an extra needs, quoted for every shell.

    It names the libraries and not the package: ``pip`` could not find that again where it came from a file or
    from a repository.
    """
    from importlib import metadata  # a third of the time that importing the package takes

    try:
        declared = metadata.requires("flat-plugin") or []
    except metadata.PackageNotFoundError:  # run from a checkout that nobody installed
        declared = []
    needed = [
        requirement.partition(";")[0].strip()
        for requirement in declared
        if (marker := _MARKER.search(requirement)) and marker["extra"] == extra
    ]
    return " ".join(["pip install", *(f"'{each}'" for each in needed or [f"flat-plugin[{extra}]"])])
