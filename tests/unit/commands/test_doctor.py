"""``doctor`` finds what is broken, says what mends it, and changes nothing."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from helpers.casework import register_case
from helpers.mail import mail_town
from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session

from commands import doctor, doctor_data, doctor_machine, doctor_services
from commands.doctor import doctor_command, examine
from commands.doctor_findings import BROKEN, LOOK, WELL, Finding
from config import Settings
from domain.actor import Actor
from domain.audit import record, seal
from domain.clock import now
from domain.deliveries import DeliveryReason, pause_channel
from line_sim.server import FakeLine
from models import (
    AuditAction,
    AuditEntry,
    Complaint,
    DataFinding,
    DeliveryState,
    Holiday,
    Job,
    MessageTemplate,
    NumberSeries,
    OutboxChannel,
    OutboxMessage,
    Role,
    Schedule,
)
from sandbox import SandboxFailed

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
REAL_RENDER = doctor_machine.render


@pytest.fixture(autouse=True)
def _quick_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """One test makes a real PDF; the others need not wait for it."""
    monkeypatch.setattr(doctor_machine, "render", lambda *_arguments: b"%PDF-1.4 /Sarabun")


def findings(app: Flask) -> list[Finding]:
    return list(examine(app))


def of(app: Flask, words: str) -> Finding:
    found = [finding for finding in findings(app) if words in finding.words]
    assert len(found) == 1, [finding.words for finding in findings(app)]
    return found[0]


@pytest.fixture
def with_settings(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def change(**changes: Any) -> None:
        settings: Settings = app.extensions["settings"]
        monkeypatch.setitem(app.extensions, "settings", replace(settings, **changes))

    return change


@pytest.fixture
def without_line(with_settings: Callable[..., None]) -> None:
    with_settings(line_citizen_token=None, line_staff_token=None)


def test_a_well_kept_town_has_nothing_to_mend(app: Flask, session: Session, fake_line: FakeLine) -> None:
    register_case(app, session)
    session.execute(delete(OutboxMessage))
    session.execute(delete(Job))
    session.commit()

    assert [finding for finding in findings(app) if finding.mark == BROKEN] == []


def test_everything_broken_says_what_mends_it(app: Flask, session: Session, without_line: None) -> None:
    session.execute(delete(MessageTemplate))
    session.execute(update(Holiday).values(is_active=False))
    session.commit()

    troubled = [finding for finding in findings(app) if finding.mark != WELL]

    assert len(troubled) >= 4
    assert all(finding.mend for finding in troubled)


class Trouble(NamedTuple):
    """What is done to the town, how bad that is, and a word of the line that tells of it."""

    cause: Callable[[Flask, Session], object]
    mark: str
    words: str


def _old_job(app: Flask, session: Session) -> None:
    register_case(app, session)
    session.execute(update(OutboxMessage).values(not_before=now() - timedelta(hours=2)))


def _dead_message(app: Flask, session: Session) -> None:
    register_case(app, session)
    session.execute(update(OutboxMessage).values(state=DeliveryState.DEAD))


def _late_task(_app: Flask, session: Session) -> None:
    late = now() - timedelta(hours=5)
    session.add(Schedule(name="audit_seal", every_seconds=3600, next_run_at=late))


def _changed_log(_app: Flask, session: Session) -> None:
    record(session, Actor.system("x"), AuditAction.UPDATE, object_type="road", object_id=1)
    session.flush()
    seal(session)
    session.flush()
    session.execute(update(AuditEntry).where(AuditEntry.object_type == "road").values(reason="changed"))


def _gap(app: Flask, session: Session) -> None:
    register_case(app, session)
    session.execute(update(NumberSeries).where(NumberSeries.code != "#public").values(last_number=9))


def _skipped_number(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    case.number_running = 2
    session.flush()
    session.execute(update(NumberSeries).where(NumberSeries.code != "#public").values(last_number=2))


def _clock_behind(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    session.flush()
    ahead = now() + timedelta(days=400)
    session.execute(update(Complaint).where(Complaint.id == case.id).values(created_at=ahead))


TROUBLES = {
    "no texts": Trouble(lambda _app, s: s.execute(delete(MessageTemplate)), BROKEN, "ข้อมูลตั้งต้นยังไม่ครบ"),
    "no administrator": Trouble(
        lambda _app, s: s.execute(update(Role).values(is_active=False)), LOOK, "ยังไม่มีผู้ดูแลระบบ"
    ),
    "no holidays": Trouble(lambda _app, s: s.execute(delete(Holiday)), LOOK, "วันหยุด"),
    "work that waits": Trouble(_old_job, BROKEN, "งานเบื้องหลังค้างมา"),
    "no hourly work": Trouble(_late_task, BROKEN, "งานประจำชั่วโมง"),
    "a stuck message": Trouble(_dead_message, LOOK, "ติดค้าง"),
    "a changed log": Trouble(_changed_log, BROKEN, "ถูกแก้หรือลบ"),
    "a series ahead": Trouble(_gap, BROKEN, "ไม่ต่อเนื่อง"),
    "a number left out": Trouble(_skipped_number, BROKEN, "ไม่ต่อเนื่อง"),
    "a clock behind": Trouble(_clock_behind, BROKEN, "นาฬิกา"),
    "an old database": Trouble(
        lambda _app, s: s.execute(text("UPDATE alembic_version SET version_num = '0000'")), BROKEN, "0000"
    ),
}


@pytest.mark.parametrize("name", list(TROUBLES), ids=list(TROUBLES))
def test_a_trouble_is_found(app: Flask, session: Session, without_line: None, name: str) -> None:
    trouble = TROUBLES[name]
    trouble.cause(app, session)
    session.commit()

    finding = of(app, trouble.words)

    assert finding.mark == trouble.mark
    assert finding.mend


def test_an_old_database_is_not_asked_about_its_data(
    app: Flask, session: Session, without_line: None
) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    session.commit()

    assert of(app, "ข้ามการตรวจข้อมูล").mark == LOOK
    assert [finding for finding in findings(app) if "วันหยุด" in finding.words] == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_child_without_its_parent_is_found(app: Flask, session: Session, without_line: None) -> None:
    session.commit()
    raw = session.connection().connection.dbapi_connection
    assert raw is not None
    raw.execute("ROLLBACK")
    raw.execute("PRAGMA foreign_keys=off")
    raw.execute("UPDATE subcategory SET category_id = 987654")
    raw.execute("PRAGMA foreign_keys=on")
    raw.execute("BEGIN")

    assert of(app, "เสียหาย").mark == BROKEN


@pytest.mark.parametrize(("free", "mark"), [(100 << 30, WELL), (3 << 30, LOOK), (1 << 20, BROKEN)])
def test_little_room_is_told(
    app: Flask, without_line: None, monkeypatch: pytest.MonkeyPatch, free: int, mark: str
) -> None:
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage)

    assert of(app, "พื้นที่ว่าง").mark == mark


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such file modes")
@pytest.mark.parametrize(("mode", "is_open"), [(0o600, False), (0o640, True), (0o644, True)])
def test_a_key_others_could_read_is_told(
    app: Flask,
    without_line: None,
    with_settings: Callable[..., None],
    tmp_path: Path,
    mode: int,
    is_open: bool,
) -> None:
    with_settings(data_dir=tmp_path)
    key = tmp_path / "personal-data.key"
    key.write_text("ab" * 32)
    key.chmod(mode)

    told = [finding for finding in findings(app) if str(key) in finding.words]

    assert bool(told) is is_open
    assert all(finding.mark == LOOK and finding.mend == f"chmod 600 {key}" for finding in told)


def test_a_missing_font_is_told(
    app: Flask, without_line: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor_machine.fontpkg_sarabun, "ROOT", str(tmp_path))

    assert of(app, "ไม่พบแบบอักษร").mark == BROKEN


def test_a_pdf_that_cannot_be_made_is_told(
    app: Flask, without_line: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> bytes:
        raise SandboxFailed("memory")

    monkeypatch.setattr(doctor_machine, "render", fail)

    assert of(app, "ทำ PDF ไม่ได้").mark == BROKEN


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_pdf_is_really_made(app: Flask, without_line: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_machine, "render", REAL_RENDER)

    assert of(app, "PDF").mark == WELL


def test_a_channel_that_is_off_is_only_mentioned(app: Flask, without_line: None) -> None:
    assert [finding.mark for finding in findings(app) if "LINE" in finding.words] == [LOOK, LOOK]


def test_a_channel_that_answers_is_well(app: Flask, fake_line: FakeLine) -> None:
    assert [finding.mark for finding in findings(app) if "LINE" in finding.words] == [WELL, WELL]


@pytest.mark.parametrize(
    ("fault", "words"), [("401", "ไม่ยอมรับโทเคน"), ("500", "ติดต่อ LINE ไม่ได้"), ("refuse", "ติดต่อ LINE ไม่ได้")]
)
def test_a_channel_that_does_not_work_is_broken(
    app: Flask, fake_line: FakeLine, fault: Any, words: str
) -> None:
    fake_line.state.fail(fault, times=5, channel=None if fault == "refuse" else "citizen")

    broken = [finding for finding in findings(app) if finding.mark == BROKEN and "LINE" in finding.words]

    assert broken
    assert words in broken[0].words


def test_a_malformed_token_is_never_printed(app: Flask, with_settings: Callable[..., None]) -> None:
    with_settings(line_citizen_token="secret\ntoken", line_staff_token=None)

    said = "".join(finding.words + finding.mend for finding in findings(app))

    assert "อักขระที่ใช้ไม่ได้" in said
    assert "secret" not in said


def test_an_address_without_tls_is_told_in_production(
    app: Flask, without_line: None, with_settings: Callable[..., None]
) -> None:
    with_settings(mode="production", public_url="http://10.0.0.5:8543")

    assert of(app, "ไม่เข้ารหัส").mark == LOOK


def test_a_check_that_breaks_down_is_a_finding_and_the_others_go_on(
    app: Flask, without_line: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def _strange(_app: Flask) -> Any:
        raise ZeroDivisionError("with secrets")

    monkeypatch.setattr(doctor, "CHECKS", (_strange, *doctor.CHECKS))

    finding = of(app, "strange")

    assert finding.mark == BROKEN
    assert "secrets" not in finding.words
    assert len(findings(app)) > 10


@pytest.mark.parametrize("is_well", [True, False])
def test_the_exit_code_says_whether_something_is_broken(
    app: Flask, session: Session, without_line: None, monkeypatch: pytest.MonkeyPatch, is_well: bool
) -> None:
    monkeypatch.setattr(app.extensions["sandbox"], "close", lambda: None)
    if not is_well:
        session.execute(delete(MessageTemplate))
        session.commit()

    result = app.test_cli_runner().invoke(doctor_command)

    assert result.exit_code == (0 if is_well else 1), result.output
    assert ("✗" in result.output) is not is_well
    assert "แก้: " in result.output


# Mail, backups, clocks, findings ---------------------------------------------------------------------------


def mail_finding(app: Flask) -> Finding:
    return next(one for one in doctor_services.mail(app))


def test_a_town_without_a_mail_server_is_only_told(app: Flask) -> None:
    assert (mail_finding(app).mark, "ยังไม่ได้เปิดใช้" in mail_finding(app).words) == (LOOK, True)


def test_a_mail_server_that_answers_is_well_and_gets_no_letter(app: Flask, without_line: None) -> None:
    with mail_town(app) as town:
        assert of(app, "อีเมล").mark == WELL
        assert town.box.letters == []


def test_what_is_wrong_with_the_mail_is_told_with_what_mends_it(app: Flask) -> None:
    with mail_town(app, accounts={"town": "secret"}) as town:
        town.set(mail_user="town", mail_password=app.extensions["vault"].encrypt("geheim"))
        assert "ไม่รับรหัสผ่าน" in mail_finding(app).words
        town.set(mail_security="starttls")
        assert "เข้ารหัสกับเครื่องส่งไม่ได้" in mail_finding(app).words
        town.set(mail_security="none", mail_user="", mail_from="")
        assert "ผู้ส่ง" in mail_finding(app).words
        town.set(mail_from="a@b.example")
    gone = mail_finding(app)
    assert "ติดต่อ 127.0.0.1 พอร์ต" in gone.words
    assert "nc -vz 127.0.0.1" in gone.mend
    assert "geheim" not in gone.words + gone.mend


@pytest.mark.parametrize(
    ("days", "mark", "said"), [(None, LOOK, "ยังไม่มีข้อมูลสำรอง"), (0, WELL, "0 ชั่วโมง"), (3, LOOK, "3 วัน")]
)
def test_the_age_of_the_newest_backup_is_told(
    app: Flask,
    without_line: None,
    with_settings: Callable[..., None],
    tmp_path: Path,
    days: int | None,
    mark: str,
    said: str,
) -> None:
    with_settings(data_dir=tmp_path)
    if days is not None:
        (tmp_path / "backups").mkdir()
        (tmp_path / "backups" / f"u-phee-{now() - timedelta(days=days):%Y%m%d-%H%M%S}.tar").touch()
        (tmp_path / "backups" / "u-phee-20991231-000000.tar.part").touch()

    finding = next(doctor_data.backup(app))

    assert finding.mark == mark
    assert said in finding.words
    assert bool(finding.mend) is (mark == LOOK)


def test_a_disk_with_another_clock_is_told(
    app: Flask, without_line: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(doctor_machine.disk_clock(app)) == []
    monkeypatch.setattr(doctor_machine, "now", lambda: now() + timedelta(hours=1))

    assert of(app, "นาฬิกาของดิสก์").mark == BROKEN


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_database_with_another_clock_is_told(
    app: Flask, without_line: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_data, "now", lambda: now() + timedelta(hours=1))

    assert [one.mark for one in doctor_data.clock(app)] == [BROKEN]


def test_a_database_newer_than_the_program_is_not_to_be_upgraded(
    app: Flask, session: Session, without_line: None
) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    session.commit()

    finding = of(app, "9999")

    assert (finding.mark, "git pull" in finding.mend) == (BROKEN, True)


def test_what_the_nightly_look_found_is_told(app: Flask, session: Session, without_line: None) -> None:
    session.add(DataFinding(code="no_zone", count=7, examples=[], checked_at=now()))
    session.add(DataFinding(code="number_gaps", count=0, examples=[], checked_at=now()))
    session.commit()

    assert of(app, "ข้อมูลที่ควรตรวจ").words == "ข้อมูลที่ควรตรวจ 1 เรื่อง รวม 7 รายการ"


def test_whatever_hangs_is_not_waited_for(
    app: Flask, without_line: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()

    def stuck(_app: Flask) -> Iterator[Finding]:
        done.wait(30)
        yield Finding(WELL, "at last")

    monkeypatch.setattr(doctor, "FIRST_SECONDS", 1.0)
    monkeypatch.setattr(doctor, "ALL_SECONDS", 2.0)
    monkeypatch.setattr(doctor, "CHECKS", (stuck, doctor_machine.address))
    monkeypatch.setattr(doctor, "DATA_CHECKS", (stuck, doctor_data.planted))
    began = time.monotonic()

    told = findings(app)

    assert time.monotonic() - began < 20, "each would hang for half a minute"
    done.set()
    assert [one.mark for one in told if "stuck ไม่เสร็จ" in one.words] == [BROKEN, BROKEN]
    assert [one for one in told if "ที่อยู่ระบบ" in one.words]
    assert [one for one in told if "ข้อมูลตั้งต้น" in one.words]
    assert doctor_services.MAIL_SECONDS + sum(doctor_services.LINE_TIMEOUT) < 20


def test_a_channel_that_stands_still_is_no_fault_of_the_worker(
    app: Flask, session: Session, without_line: None
) -> None:
    _old_job(app, session)
    session.execute(delete(Job))
    pause_channel(session, OutboxChannel.LINE_STAFF, DeliveryReason.UNAUTHORISED)
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.channel != OutboxChannel.LINE_STAFF)
        .values(last_error="channel_off")
    )
    session.commit()

    told = [finding for finding in findings(app) if "งานเบื้องหลัง" in finding.words]
    assert [finding.mark for finding in told] == [WELL]
    assert of(app, "หยุดอยู่").mark == BROKEN
