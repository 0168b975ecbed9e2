"""Writers of several processes take turns before SQLite has to make them wait."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from writers_queue import QueueTooLong, queue_of_writers

HOLDER = """
import sys
from writers_queue import queue_of_writers
with queue_of_writers(sys.argv[1], 5):
    print("in", flush=True)
    sys.stdin.readline()
"""
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "app.db")


def other_process(database: str) -> subprocess.Popen[str]:
    """Another process that stands at the front until it is told to go on."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, database],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == "in"
    return holder


def test_a_writer_of_another_process_is_waited_for_so_long_and_no_longer(database: str) -> None:
    with other_process(database) as holder:
        with pytest.raises(QueueTooLong), queue_of_writers(database, 0.05):
            pass
        holder.communicate("go on\n")
        with queue_of_writers(database, 5):
            pass


def test_a_killed_writer_stands_in_nobodys_way(database: str) -> None:
    with other_process(database) as holder:
        holder.kill()
        holder.wait(10)
        with queue_of_writers(database, 5):
            pass


def test_threads_of_one_process_take_turns_too(database: str) -> None:
    refused: list[bool] = []

    def second() -> None:
        try:
            with queue_of_writers(database, 0.05):
                refused.append(False)
        except QueueTooLong:
            refused.append(True)

    with queue_of_writers(database, 1):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()

    assert refused == [True]


def test_a_folder_that_takes_no_new_file_stops_nobody(tmp_path: Path) -> None:
    with queue_of_writers(str(tmp_path / "gone" / "app.db"), 1):
        pass


@pytest.mark.parametrize("database", [None, "", ":memory:"])
def test_a_database_in_memory_has_no_other_processes(database: str | None) -> None:
    with queue_of_writers(database, 1):
        pass


def test_an_error_inside_gives_the_turn_back(database: str) -> None:
    with pytest.raises(ZeroDivisionError), queue_of_writers(database, 1):
        raise ZeroDivisionError

    with queue_of_writers(database, 0.2):
        pass
