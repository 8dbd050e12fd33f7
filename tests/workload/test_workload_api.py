from __future__ import annotations

import subprocess
import sys

import flat_plugin.workload as workload


def test_every_public_name_is_there():
    assert all(hasattr(workload, name) for name in workload.__all__)


def test_importing_needs_the_standard_library_only():
    code = (
        "import sys, flat_plugin.workload;"
        "print(*sorted({'numpy', 'yaml', 'pydantic', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
