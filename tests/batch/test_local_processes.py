"""Executors of this machine: this process, and processes that can be interrupted."""

import errno
import os
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor

import pytest

from flat_plugin.batch.local_processes import InProcess, LocalProcesses


def test_this_process_answers_at_once():
    pool = InProcess()
    assert pool.submit(divmod, 7, 2).result() == (3, 1)
    assert isinstance(pool.submit(divmod, 7, 0).exception(), ZeroDivisionError)


def test_workers_answer_from_elsewhere_and_can_be_interrupted():
    with LocalProcesses(1) as pool:
        assert pool.submit(os.getpid).result() != os.getpid()
        assert isinstance(pool.submit(divmod, 7, 0).exception(), ZeroDivisionError)
        asleep = pool.submit(time.sleep, 60)
        while not asleep.running():
            time.sleep(0.01)
        pool.interrupt()
        with pytest.raises(InterruptedError, match="the batch was interrupted"):
            asleep.result(timeout=30)
        with pytest.raises(InterruptedError):
            pool.submit(os.getpid).result(timeout=30)


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OSError("handle is closed"), BrokenExecutor),  # by the pool, one of whose workers died
        (BlockingIOError(errno.EAGAIN, "no more processes"), BlockingIOError),
    ],
)
def test_a_worker_that_dies_while_another_starts_breaks_the_pool(monkeypatch, error, raised):
    def closed(*arguments):
        raise error

    with LocalProcesses(1) as pool:
        with monkeypatch.context() as patch:
            patch.setattr(pool._pool, "submit", closed)
            with pytest.raises(raised):
                pool.submit(os.getpid)
        assert pool.submit(os.getpid).result() != os.getpid()


def test_a_script_needs_no_guard(tmp_path):
    """It is run once, whatever starts processes."""
    script = tmp_path / "script.py"
    script.write_text(
        "import os\n"
        "from flat_plugin.batch.local_processes import LocalProcesses\n"
        "print('once', flush=True)\n"
        "with LocalProcesses(2) as pool:\n"
        "    print(pool.submit(os.getpid).result() != os.getpid(), os.path.basename(__file__))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "once\nTrue script.py\n", "")
