from __future__ import annotations

import signal
import threading
import time

import pytest

from ingest.timer import OutOfTime, at_most


def spin(seconds: float) -> None:
    """Takes so much processor time, whatever is raised in it that an Exception's handler would catch."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        try:
            sum(range(1000))
        except Exception:  # noqa: BLE001, S112 - as a careless library does
            continue


def test_a_block_that_takes_too_long_is_ended_and_the_timer_is_off_afterwards() -> None:
    began = time.process_time()
    with pytest.raises(OutOfTime), at_most(0.1):
        spin(5.0)
    assert time.process_time() - began < 2.0
    spin(0.3)
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_a_quick_block_is_not_disturbed() -> None:
    with at_most(1.0):
        spin(0.01)


def test_in_another_thread_a_block_takes_what_it_likes() -> None:
    done = []

    def work() -> None:
        with at_most(0.01):
            spin(0.2)
        done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
