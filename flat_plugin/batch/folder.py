"""The folder of a run: who may write to it, and files that are written whole or not at all.

A run's folder belongs to whoever holds the lock on ``.flat-run.lock`` in it. The system lets go of
the lock when its holder dies, however that happens, so nothing has to judge whether a claim is
stale. What is being written has a hidden name of its own that ends with ``.tmp``; the next holder
of the lock removes what a killed one left.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from flat_plugin.errors import FlatError

LOCK = ".flat-run.lock"
RESULT = "result.json"
INPUTS = "inputs.json"
OUTPUTS = "outputs"
_UNSUPPORTED = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{12}\.tmp")
_LEAST_FREE = 1 << 16  # bytes; with less than this, a program's failure is the disk's


class FolderError(FlatError):
    """The folder of the batch cannot be written: the batch stops, and no run is to blame."""


@contextmanager
def claim(folder: Path, *, wait: bool) -> Iterator[bool]:
    """Own a folder, which is made if need be; yields False if another process owns it.

    On a file system without locks (some network ones) everybody owns it: there only one batch may
    write to it at a time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK
    lock = _locked(path, wait)
    if lock is None:
        yield False
        return
    try:
        _remove_leftovers(folder)
        yield True
    finally:
        path.unlink(missing_ok=True)
        os.close(lock)


def _locked(path: Path, wait: bool) -> int | None:
    """The open lock file, locked; None if another holds it."""
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(lock)
            return None
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                os.close(lock)
                raise
        except BaseException:
            os.close(lock)
            raise
        if _is_open(path, lock):
            return lock
        os.close(lock)  # its last holder has removed it: what is there now is another file


def _is_open(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def temporary(path: Path) -> Path:
    """Where to write what shall become ``path``: beside it, under a name that nobody else uses."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.tmp")


def write_json(path: Path, document: Mapping[str, Any], *, durable: bool = False) -> None:
    """Write a document, whole or not at all, a line for every key; see :func:`write_text`."""
    lines = [f" {json.dumps(key)}: {_dumped(value)}" for key, value in document.items()]
    write_text(path, "{\n" + ",\n".join(lines) + "\n}\n", durable=durable)


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def write_text(path: Path, text: str, *, durable: bool = False) -> None:
    """Write a file, whole or not at all: a reader sees the old one or the new one.

    Args:
        durable: also when the power fails; it waits for the disk.
    """
    place = temporary(path)
    try:
        with place.open("wb") as stream:
            stream.write(text.encode("utf-8", errors="surrogateescape"))
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        os.replace(place, path)
    except BaseException:
        with suppress(OSError):
            place.unlink(missing_ok=True)
        raise


def replace_folder(new: Path, old: Path) -> None:
    """Put ``new`` in the place of ``old``; nothing happens if there is no ``new``."""
    if new.is_dir():
        if old.exists():
            shutil.rmtree(old)
        os.replace(new, old)


def is_full(error: BaseException, folder: Path) -> bool:
    """Whether a failure comes from a full disk: it says so, or no room is left."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _FULL:
            return True
        cause = cause.__cause__ or cause.__context__
    try:
        return shutil.disk_usage(folder).free < _LEAST_FREE
    except OSError:
        return True


def _remove_leftovers(folder: Path) -> None:
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if _TEMPORARY.fullmatch(entry.name)]
    for path in (folder / name for name in names):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
