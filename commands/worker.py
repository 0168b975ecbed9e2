"""Run a worker in a process of its own; as many as you like, on any machine that reaches the database."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from worker.loop import drain_once, run_worker


@click.command("worker")
@click.option("--once", is_flag=True, help="ทำงานที่ค้างอยู่ให้หมดแล้วจบ")
@with_appcontext
def worker_command(once: bool) -> None:
    """ส่งข้อความ LINE ทำเอกสาร และงานประจำ จนกว่าจะสั่งหยุด."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # threads need the app itself
    if once:
        counts = drain_once(app)
        click.echo(f"ส่งแล้ว {counts.sent} ข้อความ รอส่งใหม่ {counts.postponed} ไม่ได้ส่ง {counts.unsent}")
        click.echo(f"เหตุการณ์จาก LINE {counts.receipts} งาน {counts.jobs} งานประจำ {counts.tasks}")
        return
    stop = threading.Event()

    def finish(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, finish)
    click.echo("เริ่มทำงานเบื้องหลังแล้ว กด Ctrl+C เพื่อหยุด")
    run_worker(app, stop)
    click.echo("หยุดทำงานเบื้องหลังแล้ว")
