"""A test names a point and the program breaks there, once, whichever thread passes."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from domain import faults
from domain.faults import fault_point
from faults import InjectedFault, counting_hook, install_from_env

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    yield
    faults.install(None)


def test_without_a_hook_a_point_does_nothing() -> None:
    fault_point("anywhere")


@pytest.mark.parametrize("environ", [{}, {"FAULT": ""}])
def test_an_environment_without_a_fault_installs_none(environ: dict[str, str]) -> None:
    install_from_env(environ)

    fault_point("anywhere")


def test_the_nth_pass_breaks_and_no_other() -> None:
    install_from_env({"FAULT": "send:3:raise"})
    passes = []
    for number in range(1, 6):
        fault_point("elsewhere")
        with suppress(InjectedFault):
            fault_point("send")
            passes.append(number)

    assert passes == [1, 2, 4, 5]


def test_a_star_counts_every_point() -> None:
    install_from_env({"FAULT": "*:2:raise"})
    fault_point("one")

    with pytest.raises(InjectedFault, match="two"):
        fault_point("two")


@pytest.mark.parametrize(
    "text", ["send", "send:1", "send:x:raise", "send:1:sing", "send:0:raise", "a:1:kill:b"]
)
def test_a_misspelt_fault_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        install_from_env({"FAULT": text})


def test_of_many_threads_one_breaks() -> None:
    faults.install(counting_hook("send", 20))
    broken: list[int] = []

    def pass_often() -> None:
        for number in range(10):
            try:
                fault_point("send")
            except InjectedFault:
                broken.append(number)

    threads = [threading.Thread(target=pass_often) for _seat in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(broken) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_kill_ends_the_process_at_once() -> None:
    script = (
        "from faults import install_from_env; from domain.faults import fault_point\n"
        "install_from_env({'FAULT': 'send:1:kill'})\n"
        "try:\n    fault_point('send')\nfinally:\n    print('never said')\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=False, capture_output=True, timeout=60
    )

    assert ended.returncode == -signal.SIGKILL
    assert ended.stdout == b""
