"""Places: how many run at once, and that a slow one makes room."""

from __future__ import annotations

import threading

from ingest.lanes import Lanes

_LONG_S = 30.0  # a bound on hanging, not a measurement


def test_no_more_run_at_once_than_there_are_places() -> None:
    lanes, lock = Lanes(2, patience_s=1000), threading.Lock()
    running, most = 0, 0
    together = threading.Barrier(2)

    def task() -> None:
        nonlocal running, most
        with lanes.place():
            with lock:
                running += 1
                most = max(most, running)
            together.wait(_LONG_S)  # each waits for another: with one place it would break
            with lock:
                running -= 1

    threads = [threading.Thread(target=task) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_LONG_S)
    assert most == 2 and running == 0


def test_a_slow_task_makes_room_for_the_next() -> None:
    lanes, release, done = Lanes(1, patience_s=0.01), threading.Event(), threading.Event()

    def slow() -> None:
        with lanes.place():
            release.wait(_LONG_S)

    def quick() -> None:
        with lanes.place():
            done.set()

    threads = [threading.Thread(target=slow), threading.Thread(target=quick)]
    for thread in threads:
        thread.start()
    assert done.wait(_LONG_S), "the slow one held the only place"
    release.set()
    for thread in threads:
        thread.join(_LONG_S)
    with lanes.place():
        assert not lanes._main.acquire(blocking=False), "a place was given back twice"


def test_slow_tasks_too_are_limited() -> None:
    lanes, release = Lanes(1, patience_s=0.01), threading.Event()
    begun = threading.Semaphore(0)

    def slow() -> None:
        with lanes.place():
            begun.release()
            release.wait(_LONG_S)

    threads = [threading.Thread(target=slow) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert begun.acquire(timeout=_LONG_S) and begun.acquire(timeout=_LONG_S)
    assert not begun.acquire(timeout=0.2), "one in the slow lane, one in the main lane, no third"
    release.set()
    for thread in threads:
        thread.join(_LONG_S)
