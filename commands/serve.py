"""``manage.py run``: the real thing, one process: waitress, embedded worker, one-time set-up link."""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
from contextlib import suppress
from dataclasses import replace
from types import FrameType

import click
import waitress
from flask import Flask, current_app
from flask.cli import with_appcontext

from commands.database import upgrade_database
from commands.planting import plant
from commands.user import first_administrator_link
from config import Settings
from extensions import write_transaction
from worker.embedded import start_embedded_worker

THREADS = 8
CONNECTION_LIMIT = 1000  # The default 100 is stopped by 150 half-sent requests (reliability.md §6).
CHANNEL_TIMEOUT = 30
TRIED_PORTS = 20
TAKEN = {errno.EADDRINUSE, errno.EACCES}  # Windows says EACCES for a port held exclusively.


class PortTaken(click.ClickException):
    """Somebody else listens where we should."""

    def __init__(self, port: int, public_url: str) -> None:
        super().__init__(
            f"พอร์ต {port} มีโปรแกรมอื่นใช้อยู่ จึงเปิดที่ {public_url} ไม่ได้ "
            "กรุณาปิดโปรแกรมนั้น หรือเปลี่ยน PORT (และ PUBLIC_URL หรือ proxy ให้ตรงกัน)"
        )


@click.command("run")
@with_appcontext
def run_command() -> None:
    """ใช้งานจริง: เปิดเซิร์ฟเวอร์พร้อมงานเบื้องหลัง."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    sockets = take_port(app)
    settings: Settings = app.extensions["settings"]
    click.echo(f"  ✓ โฟลเดอร์ข้อมูล {settings.data_dir}")
    upgrade_database()
    with write_transaction() as session:
        plant(session)
    link = first_administrator_link(app)
    if link is not None:
        click.echo(f"  ! ยังไม่มีผู้ดูแลระบบ เปิดลิงก์นี้ภายใน 1 ชั่วโมง (ใช้ได้ครั้งเดียว):\n      {link}")
    serve(app, sockets)


def take_port(app: Flask) -> list[socket.socket]:
    """Bind the port of the settings and return the sockets; nobody can take it while the town is planted.

    Where the address shown to people follows from the port, the next free port is as good: then it is taken,
    said, and written into the app's settings. Where the address was given, somebody counts on this port.

    Raises:
        PortTaken: the port is in use, and no other will do.
    """
    settings: Settings = app.extensions["settings"]
    may_move = settings.public_url == own_address(settings.port)
    for port in range(settings.port, settings.port + (TRIED_PORTS if may_move else 1)):
        sockets = _bound(port)
        if not sockets:
            continue
        if port != settings.port:
            click.echo(f"  ! พอร์ต {settings.port} มีโปรแกรมอื่นใช้อยู่ จึงใช้พอร์ต {port} แทน")
            app.extensions["settings"] = replace(settings, port=port, public_url=own_address(port))
        return sockets
    raise PortTaken(settings.port, settings.public_url)


def own_address(port: int) -> str:
    """Return the address of a server on one's own machine."""
    return f"http://localhost:{port}"


def serve(app: Flask, sockets: list[socket.socket]) -> None:
    """Serve until interrupted or told to end; the worker runs beside it unless EMBEDDED_WORKER is off.

    A stop (Ctrl-C, SIGTERM) lets requests and the worker finish what is under way.
    """
    settings: Settings = app.extensions["settings"]
    server = waitress.create_server(
        app,
        sockets=sockets,
        threads=THREADS,
        connection_limit=CONNECTION_LIMIT,
        channel_timeout=CHANNEL_TIMEOUT,
        asyncore_use_poll=hasattr(select, "poll"),  # select() breaks beyond 1,024 open files.
        max_request_body_size=app.config["MAX_CONTENT_LENGTH"],
        # Waitress would drop X-Forwarded-For and -Proto, which the app reads behind a proxy.
        clear_untrusted_proxy_headers=not settings.behind_proxy,
        ident=None,
        expose_tracebacks=False,
    )
    signal.signal(signal.SIGTERM, _stop)
    worker = start_embedded_worker(app) if settings.embedded_worker else None
    try:
        click.echo(f"  ✓ พร้อมใช้งานที่ {settings.public_url}")
        with suppress(KeyboardInterrupt):
            server.run()
    finally:
        server.close()
        if worker is not None:
            worker.stop()
        app.extensions["sandbox"].close()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _bound(port: int) -> list[socket.socket]:
    """Return sockets bound to a port on every address of both families; none where one of them is taken."""
    sockets: list[socket.socket] = []
    for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):  # noqa: S104 - people must reach it
        try:
            sockets.append(_bind(family, host, port))
        except OSError as problem:
            if problem.errno in TAKEN:
                for bound in sockets:
                    bound.close()
                return []
            if family == socket.AF_INET:
                raise
            # A machine without IPv6 is reached by IPv4 alone.
    return sockets


def _bind(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "nt":  # There SO_REUSEADDR would let two servers share the port.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)  # type: ignore[attr-defined]
        else:  # A restart must not wait for connections of the last run.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
        made.listen()  # Linux lets two bind one port as long as neither listens.
    except OSError:
        made.close()
        raise
    return made
