"""The sweep that the README shows."""

import re
from pathlib import Path

import flat_plugin as flat

README = Path(__file__).parents[2] / "README.md"


def test_the_sweep_of_the_readme_is_one():
    (text,) = re.findall(r"```yaml\n(sweep:.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    # two models at two lengths and one of its own length, with two sets of overrides
    assert len(flat.plan(text).runs) == (2 * 2 + 1) * 2 * 2 * 3 - 1 * 1 * 2 * 3
