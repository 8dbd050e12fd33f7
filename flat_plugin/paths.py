"""What is at a path; of one that the system does not take (too long, a NUL, no permission): nothing."""

from __future__ import annotations

import stat
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether a file that can be reached is there."""
    return stat.S_ISREG(_mode(path))


def is_folder(path: Path) -> bool:
    """Whether a folder that can be reached is there."""
    return stat.S_ISDIR(_mode(path))


def exists(path: Path) -> bool:
    """Whether anything that can be reached is there."""
    return _mode(path) != 0


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):  # half of a character in a name is a ValueError, too
        return 0
