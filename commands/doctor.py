"""``manage.py doctor``: is this installation well; each line says what is, and what mends it.

It changes nothing. ✓ is well, ! works but wants a look, ✗ is broken; the exit code is 1 when anything is ✗.
The checks run side by side and are not waited for longer than 18 seconds, whatever hangs.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Final

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from commands import doctor_data, doctor_machine, doctor_services
from commands.database import current_revision, newest_revision
from commands.doctor_findings import BROKEN, LOOK, Check, Finding
from extensions import db

FIRST_SECONDS: Final = 10.0
"""For the machine and the database itself; the checks of the data get what is left."""
ALL_SECONDS: Final = 18.0

CHECKS: Final[tuple[Check, ...]] = (
    doctor_machine.folder,
    doctor_machine.disk,
    doctor_machine.disk_clock,
    doctor_machine.address,
    doctor_machine.fonts,
    doctor_machine.pdf,
    doctor_services.line_citizens,
    doctor_services.line_officers,
    doctor_data.database,
    doctor_data.revision,
)
DATA_CHECKS: Final[tuple[Check, ...]] = (
    doctor_data.planted,
    doctor_data.holidays,
    doctor_data.clock,
    doctor_data.numbers,
    doctor_data.seals,
    doctor_data.worker,
    doctor_services.mail,
    doctor_data.backup,
    doctor_data.data_findings,
)


@click.command("doctor")
@with_appcontext
def doctor_command() -> None:
    """ตรวจว่าระบบพร้อมใช้งาน และบอกวิธีแก้ทีละข้อ."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    broken = 0
    for finding in examine(app):
        click.echo(f"  {finding.mark} {finding.words}")
        if finding.mend:
            click.echo(f"      แก้: {finding.mend}")
        broken += finding.mark == BROKEN
    click.echo(f"\n  ต้องแก้ {broken} ข้อ" if broken else "\n  ไม่พบสิ่งที่ต้องแก้")
    app.extensions["sandbox"].close()
    if broken:
        sys.exit(1)


def examine(app: Flask) -> Iterator[Finding]:
    """Yield every finding; a check that breaks down or hangs is itself a finding."""
    began = time.monotonic()
    looks = [_Look(app, check) for check in CHECKS]
    usable = _Look(app, _unusable)
    yield from _findings(looks, began + FIRST_SECONDS)
    if usable.findings(began + FIRST_SECONDS):
        yield Finding(LOOK, "ข้ามการตรวจข้อมูล เพราะฐานข้อมูลยังใช้ไม่ได้")
        return
    yield from _findings([_Look(app, check) for check in DATA_CHECKS], began + ALL_SECONDS)


def _findings(looks: Sequence[_Look], end: float) -> Iterator[Finding]:
    for look in looks:
        yield from look.findings(end)


class _Look:
    """One check at work in a thread of its own, which ends with the process should it hang."""

    def __init__(self, app: Flask, check: Check) -> None:
        self._app, self._check = app, check
        self._found: list[Finding] = []
        self._name = check.__name__.removeprefix("_")
        self._thread = threading.Thread(target=self._run, name=f"doctor-{self._name}", daemon=True)
        self._thread.start()

    def findings(self, end: float) -> list[Finding]:
        """Return what was found by ``end`` on the monotonic clock."""
        self._thread.join(max(0.0, end - time.monotonic()))
        if self._thread.is_alive():
            mend = "ดูว่าเครื่อง ดิสก์ หรือเครือข่ายค้างหรือไม่ แล้วสั่งใหม่"
            return [Finding(BROKEN, f"ตรวจ {self._name} ไม่เสร็จในเวลาที่กำหนด", mend)]
        return self._found

    def _run(self) -> None:
        with self._app.app_context():
            try:
                self._found = list(self._check(self._app))
            except Exception as problem:
                words = f"ตรวจ {self._name} ไม่สำเร็จ: {type(problem).__name__}"
                self._found = [Finding(BROKEN, words, "ดูบันทึกของระบบ หรือแจ้งผู้พัฒนา")]
            finally:
                db.session.remove()


def _unusable(_app: Flask) -> Iterator[Finding]:
    """Say something when the database cannot be asked about its data."""
    try:
        is_usable = current_revision() == newest_revision()
    except SQLAlchemyError:
        is_usable = False
    if not is_usable:
        yield Finding(LOOK, "database")
