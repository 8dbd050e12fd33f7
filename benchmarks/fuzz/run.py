"""Inputs one by one, in a process of their own that may die; and what must be true of each.

Nothing but the FlatError family leaves a function or a command, nothing uses more than 30 s of CPU or
2 GB, a refused command has printed and written nothing, and JSON that is printed has finite numbers.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from math import isfinite
from pathlib import Path
from random import Random
from typing import Any

SECONDS = 30
BYTES = 2 * 2**30
_COUNTED = ("reads", "writes", "words", "cycles", "energy_pj", "seconds", "fills", "updates", "computes")


class Hang(BaseException):
    """The time is over."""


def slice_of(first: int, count: int, only: str = "") -> None:
    """Run inputs ``first`` … in this process and print what is found, a JSON line each."""
    from fuzz import calls, cases, seeds

    resource.setrlimit(resource.RLIMIT_DATA, (2 * BYTES, 2 * BYTES))
    for ring in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(ring, _ring)
    home = Path(tempfile.mkdtemp(prefix="fuzz-"))
    seeds.plant(home / "seeds")
    known = calls.calls(home / "seeds") if only != "files" else []
    for number in range(first, first + count):
        random = Random(number)
        place = home / "place"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(home / "seeds", place, copy_function=os.link)
        os.chdir(place)
        if known and random.random() < 0.3:
            what, call = calls.make(known, random)
            check = partial(_call, call)
        else:
            changed, typed = cases.make(place, random)
            what = f"{changed}: flat {' '.join(typed)}"
            check = partial(_both if random.random() < 1 / 40 else _command, typed, place)
        print(json.dumps({"begins": number, "what": what}), flush=True)
        found = _watched(check)
        if found:
            print(json.dumps({"number": number, "what": what, "found": found}), flush=True)
        os.chdir("/")
    shutil.rmtree(home, ignore_errors=True)


def _watched(check: Callable[[], str]) -> str:
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.alarm(10 * SECONDS)  # what waits uses no CPU
    start = time.monotonic()
    try:
        found = check()
    except Hang:
        return f"hangs: {_last_frame(sys.exc_info()[2])}"
    except MemoryError:
        return f"memory: {traceback.format_exc(limit=-3)}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if not found and used > BYTES:
        return f"memory: {used / 2**20:.0f} MiB after {time.monotonic() - start:.1f} s"
    return found


def _ring(*_: object) -> None:
    raise Hang


def _last_frame(trace: Any) -> str:
    frames = [
        f"{f.filename.rpartition('flat_plugin/')[2]}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace)
    ]
    return " < ".join(reversed([frame for frame in frames if "fuzz" not in frame][-4:]))


def _call(call: Callable[[], Any]) -> str:
    from flat_plugin import FlatError

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            call()
        except FlatError as error:
            str(error).encode()
        except Exception as error:
            return _exception(error)
    return ""


def _both(typed: list[str], place: Path) -> str:
    """The command as users start it, as a program, and then in this process: both end alike."""
    twin = place.with_name("twin")
    shutil.rmtree(twin, ignore_errors=True)
    shutil.copytree(place, twin, copy_function=shutil.copy2, symlinks=True)
    before = _tree(twin)
    start = [sys.executable, "-c", "from flat_plugin.cli import main; main()", *typed]
    done = subprocess.run(
        start, cwd=twin, capture_output=True, preexec_fn=_limit, check=False, stdin=subprocess.DEVNULL
    )
    out, err = (stream.decode("utf-8", "replace") for stream in (done.stdout, done.stderr))
    if done.returncode == -signal.SIGXCPU:
        return f"as a program: hangs: {err[-200:]}"
    found = list(_wrong(typed, done.returncode, out, err, before != _tree(twin)))
    code, inside = _ended(typed, place)
    if code != done.returncode:
        found.append(f"exit code {done.returncode}, in process {code}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    if used > BYTES:
        found.append(f"memory: {used / 2**20:.0f} MiB")
    return "; ".join([f"as a program: {each}" for each in found] + ([inside] if inside else []))


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))


def _command(typed: list[str], place: Path) -> str:
    return _ended(typed, place)[1]


def _ended(typed: list[str], place: Path) -> tuple[int, str]:
    """The exit code of a command in this process, and what is wrong with it."""
    from flat_plugin import cli

    before = _tree(place)
    out, err, code = io.StringIO(), io.StringIO(), 0
    arguments, sys.argv = sys.argv, ["flat", *typed]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 2
    except Exception as error:
        return 1, _exception(error)
    finally:
        sys.argv = arguments
    return code, "; ".join(_wrong(typed, code, out.getvalue(), err.getvalue(), before != _tree(place)))


def _wrong(typed: list[str], code: int, out: str, err: str, wrote: bool) -> Iterator[str]:
    if code not in (0, 2) and not (typed[0] == "run" and code == 1):
        yield f"exit code {code}"
    if "Traceback" in err + out:
        yield "a traceback"
    if code == 2 and wrote:
        yield f"refused, but written: {err[:200]}"
    if code == 2 and out:
        yield "refused, but printed"
    if code == 2 and not err.startswith(("flat: ", "Usage: ", "Error: ")):
        yield f"an error that does not begin with flat: {err[:200]!r}"
    if code == 0 and "--json" in typed and "--help" not in typed and "-o" not in typed[:-1]:
        try:
            yield from _bad_numbers(json.loads(out))
        except ValueError:
            yield f"no JSON: {out[:100]!r}"


def _bad_numbers(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from _bad_numbers(entry, str(key))
    elif isinstance(value, list):
        for entry in value:
            yield from _bad_numbers(entry, name)
    elif isinstance(value, float | int) and not isinstance(value, bool):
        if not isfinite(value) or abs(value) > 1e31:
            yield f"{name} = {value:g}"
        if value < 0 and any(part in name for part in _COUNTED):
            yield f"{name} = {value} is negative"


def _tree(place: Path) -> list[tuple[str, int, int]]:
    found = [p for p in place.rglob("*") if not p.is_dir()]
    return sorted((str(p), p.lstat().st_size, p.lstat().st_mtime_ns) for p in found)


def _exception(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:200]} @ {_last_frame(error.__traceback__)}"


def run(first: int, count: int, only: str = "", chunk: int = 500) -> Iterator[dict[str, Any]]:
    """The findings among inputs ``first`` …, by processes of ``chunk`` inputs each."""
    at = first
    while at < first + count:
        size = min(chunk, first + count - at)
        command = [sys.executable, "-m", "fuzz", "--slice", str(at), str(size), "--only", only]
        path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=False
        )
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        yield from (line for line in lines if "found" in line)
        begun = [line for line in lines if "begins" in line]
        if done.returncode == 0:
            at += size
        elif begun:
            last = begun[-1]
            yield {
                "number": last["begins"],
                "what": last["what"],
                "found": f"the process died: {done.stderr[-800:]}",
            }
            at = last["begins"] + 1
        else:
            raise RuntimeError(done.stderr)
