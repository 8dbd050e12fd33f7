"""Executors of this machine: this process, and processes that can be interrupted."""

import os
import time

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
