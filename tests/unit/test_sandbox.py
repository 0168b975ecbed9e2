"""Work done in killable children: what comes back, and what happens when a child does not."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import MEBIBYTE, Refused, Sandbox, SandboxFailed

ROOT = Path(__file__).resolve().parents[2]
on_posix = pytest.mark.skipif(os.name != "posix", reason="needs limits and signals Windows does not have")


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(children=2) as pool:
        yield pool


def failure_of(sandbox, function, *args, **options):
    with pytest.raises(SandboxFailed) as caught:
        sandbox.run(function, *args, **options)
    return caught.value


def is_gone(pid):
    """Neither running nor waiting as a zombie for its parent."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_child_does_the_work_and_the_result_comes_back(sandbox):
    assert sandbox.run("operator:add", "อยู่", "พี่") == "อยู่พี่"
    assert sandbox.run("os:getpid") != os.getpid()


def test_the_same_child_is_used_again(sandbox):
    assert sandbox.run("os:getpid") == sandbox.run("os:getpid")


def test_many_threads_share_the_pool_and_each_gets_its_own_answer(sandbox):
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: sandbox.run("operator:mul", number, 3), range(80)))

    assert answers == [number * 3 for number in range(80)]


@on_posix
def test_a_task_that_sleeps_too_long_is_killed_and_leaves_no_zombie(sandbox):
    pid = sandbox.run("os:getpid")

    failure = failure_of(sandbox, "time:sleep", 60, wall_seconds=0.2)

    assert failure.kind == "timeout"
    assert is_gone(pid)
    assert sandbox.run("operator:add", 1, 2) == 3


@on_posix
def test_a_task_that_burns_its_cpu_time_is_killed():
    with Sandbox(max_cpu_seconds=1, children=1) as pool:
        failure = failure_of(pool, "builtins:sum", range(10**12))

    assert (failure.kind, failure.detail) == ("timeout", "CPU limit")


@on_posix
def test_a_memory_bomb_is_contained(sandbox):
    assert failure_of(sandbox, "builtins:bytearray", 10**10).kind == "memory"
    assert sandbox.run("operator:add", 1, 2) == 3


@on_posix
def test_the_memory_limit_is_the_one_asked_for():
    with Sandbox(memory_bytes=128 * MEBIBYTE, children=1) as pool:
        assert len(pool.run("builtins:bytearray", 32 * MEBIBYTE)) == 32 * MEBIBYTE
        assert failure_of(pool, "builtins:bytearray", 200 * MEBIBYTE).kind == "memory"


@pytest.mark.parametrize(
    ("function", "args"),
    [("os:_exit", (3,)), ("os:abort", ()), ("faulthandler:_sigsegv", ()), ("sys:exit", (1,))],
)
def test_a_child_that_dies_takes_nobody_along(sandbox, function, args):
    assert failure_of(sandbox, function, *args).kind == "crash"
    assert sandbox.run("operator:add", 1, 2) == 3


def test_an_exception_is_named_with_its_place_but_without_its_text(sandbox):
    failure = failure_of(sandbox, "builtins:int", "เบอร์ 0812345678")

    assert failure.kind == "error"
    assert failure.detail.startswith("ValueError at ")
    assert "0812345678" not in str(failure)


def test_a_refusal_comes_through_with_its_code_and_parameters(sandbox):
    with pytest.raises(Refused) as caught:
        sandbox.run("photos_child:process_photo", bytes(15 * MEBIBYTE + 1))

    assert (caught.value.code, caught.value.params) == ("photo_too_large", {"megabytes": 15})


def test_a_child_may_send_plain_values_only(sandbox):
    assert failure_of(sandbox, "pathlib:PurePosixPath", "/etc").kind == "crash"
    assert failure_of(sandbox, "operator:attrgetter", "system").kind == "crash"
    assert sandbox.run("operator:add", 1, 2) == 3


def test_a_library_that_prints_does_not_garble_the_answer(sandbox):
    assert sandbox.run("builtins:print", "hello\n" * 1000) is None
    assert sandbox.run("operator:add", 1, 2) == 3


def test_large_data_goes_both_ways(sandbox):
    data = os.urandom(5 * MEBIBYTE)

    assert sandbox.run("builtins:bytes", data) == data


def test_a_child_is_replaced_after_so_many_tasks():
    with Sandbox(max_tasks=2, children=1) as pool:
        first, second, third = (pool.run("os:getpid") for _task in range(3))

    assert first == second != third


@on_posix
def test_a_child_that_used_its_cpu_time_in_small_tasks_is_replaced():
    with Sandbox(max_cpu_seconds=1, children=1) as pool:
        first = pool.run("os:getpid")
        for _task in range(100):
            pool.run("hashlib:pbkdf2_hmac", "sha256", b"", b"", 200_000)
            if pool.run("os:getpid") != first:
                break

        assert pool.run("os:getpid") != first


@on_posix
def test_a_child_that_died_while_idle_is_replaced_unseen():
    with Sandbox(children=1) as pool:
        pid = pool.run("os:getpid")
        os.kill(pid, 9)
        while not has_ended(pid):
            time.sleep(0.01)

        assert pool.run("operator:add", 1, 2) == 3
        assert is_gone(pid)


def has_ended(pid):
    """Whether a child of ours has ended, without taking note of it for the pool."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def test_a_child_knows_no_secret_of_its_parent(sandbox, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "s3cret")
    with Sandbox(children=1) as pool:
        assert pool.run("os:getenv", "SECRET_KEY") is None


@on_posix
def test_closing_ends_idle_and_busy_children():
    pool = Sandbox(children=2)
    pid = pool.run("os:getpid")
    with ThreadPoolExecutor(1) as threads:
        busy = threads.submit(failure_of, pool, "time:sleep", 60)
        time.sleep(0.2)  # as a rule the task has begun by then; the outcome is the same if not
        pool.close()

        assert busy.result(timeout=30).kind == "crash"
    assert is_gone(pid)
    assert failure_of(pool, "os:getpid").kind == "crash"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_children_end_with_their_parent():
    program = (
        "import os, sandbox; pool = sandbox.Sandbox(); "
        "print(pool.run('os:getpid'), flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    orphan = Path(f"/proc/{int(done.stdout)}/stat")

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and orphan.exists() and ") Z " not in orphan.read_text():
        time.sleep(0.02)

    assert not orphan.exists() or ") Z " in orphan.read_text()


def test_the_serving_process_loads_no_heavy_library():
    program = (
        "import sys, sandbox, photos, documents.pdf, documents.drawings, documents.thai_text; "
        "heavy = {'PIL', 'reportlab', 'xhtml2pdf', 'pythainlp', 'uharfbuzz', 'fontpkg_sarabun'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
