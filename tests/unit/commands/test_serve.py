"""The one-command server: its port, its address, its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from helpers.backends import settings_for

from commands.demo import demo_command
from commands.serve import PortTaken, own_address, take_port
from config import Settings

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60.0


@pytest.fixture
def taken() -> Iterator[int]:
    """A port somebody else listens on."""
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))  # noqa: S104 - as a server would
        other.listen()
        yield other.getsockname()[1]


def server_on(port: int, folder: Path, public_url: str = "") -> Flask:
    app = Flask("bare")
    address = public_url or own_address(port)
    settings = settings_for(folder, "sqlite://", port=port, public_url=address, mode="demo")
    app.extensions["settings"] = settings
    return app


def close(sockets: list[socket.socket]) -> None:
    for one in sockets:
        one.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_free_port_is_taken_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    app = server_on(port, tmp_path)

    sockets = take_port(app)

    assert {one.getsockname()[1] for one in sockets} == {port}
    assert app.extensions["settings"].public_url == own_address(port)
    assert capsys.readouterr().out == ""
    close(sockets)


def test_a_taken_port_gives_way_to_the_next_free_one_and_says_so(
    tmp_path: Path, taken: int, capsys: pytest.CaptureFixture[str]
) -> None:
    app = server_on(taken, tmp_path)

    sockets = take_port(app)

    settings: Settings = app.extensions["settings"]
    assert settings.port > taken
    assert settings.public_url == own_address(settings.port)
    assert {one.getsockname()[1] for one in sockets} == {settings.port}
    assert str(settings.port) in capsys.readouterr().out
    close(sockets)


def test_two_servers_never_share_a_port(tmp_path: Path) -> None:
    port = free_port()
    first, second = server_on(port, tmp_path), server_on(port, tmp_path)

    ours, theirs = take_port(first), take_port(second)

    assert first.extensions["settings"].port != second.extensions["settings"].port
    close([*ours, *theirs])


def test_a_port_behind_an_address_somebody_gave_does_not_move(tmp_path: Path, taken: int) -> None:
    app = server_on(taken, tmp_path, public_url="https://rongtuk.example.go.th")

    with pytest.raises(PortTaken) as refused:
        take_port(app)

    assert str(taken) in refused.value.message
    assert "https://rongtuk.example.go.th" in refused.value.message


def test_a_row_of_taken_ports_ends_in_a_plain_word(
    tmp_path: Path, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commands.serve.TRIED_PORTS", 1)

    with pytest.raises(PortTaken):
        take_port(server_on(taken, tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_the_real_thing_starts_answers_and_stops_when_told(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LINE_")},
        "APP_MODE": "production",
        "APP_DATA": str(tmp_path / "data"),
        "PORT": str(port),
        "PUBLIC_URL": own_address(port),
        "PYTHONUTF8": "1",
        "DATABASE_URL": "",
    }
    log = tmp_path / "log"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            [sys.executable, "-m", "cli", "run"], cwd=ROOT, env=environment, stdout=stream, stderr=stream
        )
    try:
        _wait_for("พร้อมใช้งาน", log, server)
        answers = {
            path: urllib.request.urlopen(own_address(port) + path, timeout=20).status  # noqa: S310 - ourselves
            for path in ("/", "/track", "/readyz")
        }
        server.send_signal(signal.SIGTERM)
        status = server.wait(30)
    finally:
        server.kill()
        server.wait()

    said = log.read_text(encoding="utf-8")
    assert answers == {"/": 200, "/track": 200, "/readyz": 200}
    assert f"{own_address(port)}/setup?key=" in said
    assert status == 0, said
    assert "Traceback" not in said


def _wait_for(words: str, log: Path, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while words not in log.read_text(encoding="utf-8"):
        assert server.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < end, log.read_text(encoding="utf-8")
        time.sleep(0.1)


def test_the_demo_command_refuses_to_touch_a_real_town(app: Flask) -> None:
    settings: Settings = app.extensions["settings"]
    app.extensions["settings"] = replace(settings, mode="production")
    try:
        result = app.test_cli_runner().invoke(demo_command)
    finally:
        app.extensions["settings"] = settings

    assert result.exit_code == 1
    assert "โหมดสาธิต" in result.output
