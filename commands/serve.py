"""``manage.py run``: the real thing, one process: waitress, embedded worker, one-time set-up link."""

from __future__ import annotations

import socket

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


@click.command("run")
@with_appcontext
def run_command() -> None:
    """ใช้งานจริง: เปิดเซิร์ฟเวอร์พร้อมงานเบื้องหลัง."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    settings: Settings = app.extensions["settings"]
    click.echo(f"  ✓ โฟลเดอร์ข้อมูล {settings.data_dir}")
    upgrade_database()
    with write_transaction() as session:
        plant(session)
    link = first_administrator_link(app)
    if link is not None:
        click.echo(f"  ! ยังไม่มีผู้ดูแลระบบ เปิดลิงก์นี้ภายใน 1 ชั่วโมง (ใช้ได้ครั้งเดียว):\n      {link}")
    serve(app)


def serve(app: Flask) -> None:
    """Serve until interrupted; the worker runs as a thread unless the environment says otherwise."""
    settings: Settings = app.extensions["settings"]
    worker = start_embedded_worker(app) if settings.embedded_worker else None
    click.echo(f"  ✓ พร้อมใช้งานที่ {settings.public_url}")
    try:
        waitress.serve(
            app,
            listen=f"*:{settings.port}",
            threads=THREADS,
            connection_limit=CONNECTION_LIMIT,
            channel_timeout=CHANNEL_TIMEOUT,
            max_request_body_size=app.config["MAX_CONTENT_LENGTH"],
            ident=None,
            expose_tracebacks=False,
        )
    finally:
        if worker is not None:
            worker.stop()
        app.extensions["sandbox"].close()


def is_free(port: int) -> bool:
    """Tell whether nobody listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def free_port(wanted: int) -> int:
    """Return the port, or the next free one above it."""
    return next((port for port in range(wanted, wanted + TRIED_PORTS) if is_free(port)), wanted)
