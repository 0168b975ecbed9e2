"""Officers, roles, messages, jobs and the audit log."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from helpers.visitor import Desk, text_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_views.role_grants import ACTIONS, RESOURCES
from domain.clock import now
from domain.permissions import Permission
from extensions import write_transaction
from models import (
    AuditAction,
    AuditEntry,
    DeliveryState,
    Job,
    JobKind,
    OutboxChannel,
    OutboxMessage,
    Role,
    RoleGrant,
    Scope,
    StaffUser,
)

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def desk(app: Flask, login_as: Any) -> Callable[[str | None], Desk]:
    return lambda who: Desk(app, login_as, who)


def officer(session: Session, username: str) -> StaffUser:
    session.rollback()
    return session.scalars(select(StaffUser).where(StaffUser.username == username)).one()


def role(session: Session, code: str) -> Role:
    session.rollback()
    return session.scalars(select(Role).where(Role.code == code)).one()


def ids(session: Session, *, username: str = "clerk", code: str = "head") -> tuple[int, int]:
    found = officer(session, username).id, role(session, code).id
    session.rollback()
    return found


def reach(session: Session, code: str, permission: str) -> Scope | None:
    grants = {grant.permission: grant.scope for grant in role(session, code).grants}
    session.rollback()
    return grants.get(permission)


# Officers --------------------------------------------------------------------------


def test_a_new_officer_gets_an_account_without_a_password(desk: Any, session: Session) -> None:
    head = str(ids(session)[1])
    typed = {
        "username": "newcomer",
        "first_name": "ใหม่",
        "phone": "081-234-5678",
        "department": "6",
        "roles": [head],
    }
    answer = desk("admin").post("/admin/staff-user/new/", typed)
    assert answer.status_code == 302
    made = officer(session, "newcomer")
    assert answer.location.endswith(f"/admin/staff-account/{made.id}")
    assert (made.password_hash, made.phone) == (None, "+66812345678")
    assert [each.code for each in made.roles] == ["head"]


@on_sqlite
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "AB"}, "username"),
        ({"username": "clerk"}, "username"),
        ({"email": "x"}, "email"),
        ({"phone": "1"}, "phone"),
        ({"first_name": " "}, "first_name"),
        ({"roles": ["9999"]}, "roles"),
        ({"department": "9999"}, "department"),
    ],
)
def test_a_slip_in_an_account_is_said_at_its_field(desk: Any, change: dict[str, Any], field: str) -> None:
    typed = {"username": "newcomer", "first_name": "ใหม่", "department": "6"} | change
    assert f'id="{field}-error"' in text_of(desk("admin").post("/admin/staff-user/new/", typed))


def test_an_officers_name_and_roles_are_corrected_and_noted(desk: Any, session: Session) -> None:
    clerk, head = ids(session)
    admin, address = desk("admin"), f"/admin/staff-user/edit/?id={clerk}"
    changed = admin.form(address) | {"position": "หัวหน้าฝ่าย", "roles": [str(head)]}
    assert admin.post(address, changed).status_code == 302
    assert [each.code for each in officer(session, "clerk").roles] == ["head"]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.object_type == "staff_user")).one()
    assert entry.changes["roles"] == [["intake_clerk"], ["head"]]
    assert entry.changes["position"][1] == "หัวหน้าฝ่าย"


@on_sqlite
def test_passwords_and_user_names_are_not_changed_here(desk: Any, session: Session) -> None:
    clerk, _head = ids(session)
    before = officer(session, "clerk").password_hash
    session.rollback()
    admin, address = desk("admin"), f"/admin/staff-user/edit/?id={clerk}"
    page = text_of(admin.get(address))
    assert "password" not in page
    forged = {"password_hash": "x", "username": "boss", "is_active": "", "must_change_password": "y"}
    assert admin.post(address, admin.form(address) | forged).status_code == 302
    after = officer(session, "clerk")
    assert (after.password_hash, after.username, after.is_active) == (before, "clerk", True)


def test_the_last_administrator_keeps_his_role(desk: Any, session: Session) -> None:
    admin_id, head = ids(session, username="admin")
    admin, address = desk("admin"), f"/admin/staff-user/edit/?id={admin_id}"
    page = text_of(admin.post(address, admin.form(address) | {"roles": [str(head)]}))
    assert "ไม่เหลือผู้ดูแลระบบ" in page
    assert [each.code for each in officer(session, "admin").roles] == ["system_admin"]


@on_sqlite
def test_who_manages_no_roles_hands_out_only_what_he_holds(desk: Any, session: Session) -> None:
    with write_transaction() as writing:
        head = writing.scalars(select(Role).where(Role.code == "head")).one()
        head.grants.append(RoleGrant(permission="staff:manage", scope=Scope.DEPARTMENT))
    clerk, admins = ids(session, code="system_admin")
    boss, address = desk("head"), f"/admin/staff-user/edit/?id={clerk}"
    fields = boss.form(address)
    page = text_of(boss.post(address, fields | {"roles": [str(admins)]}))
    assert "ไม่มีสิทธิ์" in page
    assert boss.post(address, fields | {"position": "เสมียน"}).status_code == 302
    page = text_of(boss.post(address, fields | {"department": "10"}))
    assert "ไม่มีสิทธิ์" in page
    stranger, _head = ids(session, username="health")
    assert boss.get(f"/admin/staff-user/edit/?id={stranger}").status_code == 404


# Roles -----------------------------------------------------------------------------


@on_sqlite
def test_every_right_is_named_in_words(app: Flask) -> None:
    for permission in Permission:
        resource, _colon, action = permission.partition(":")
        assert resource in RESOURCES
        assert action in ACTIONS


def test_a_roles_rights_are_ticked_in_a_table(desk: Any, session: Session) -> None:
    _clerk, head = ids(session)
    admin, address = desk("admin"), f"/admin/role/edit/?id={head}"
    fields = admin.form(address)
    assert fields["grants-complaint:read"] == "department"
    changed = fields | {
        "grants-complaint:read": "all",
        "grants-audit:read": "all",
        "grants-member:reveal": "",
    }
    assert admin.post(address, changed).status_code == 302
    assert reach(session, "head", "complaint:read") is Scope.ALL
    assert reach(session, "head", "audit:read") is Scope.ALL
    assert reach(session, "head", "member:reveal") is None
    assert reach(session, "head", "report:read") is Scope.DEPARTMENT
    entry = session.scalars(select(AuditEntry).where(AuditEntry.object_type == "role")).one()
    assert entry.changes == {
        "grants": {
            "complaint:read": ["department", "all"],
            "audit:read": [None, "all"],
            "member:reveal": ["department", None],
        }
    }


@on_sqlite
@pytest.mark.parametrize(
    "forged",
    [
        {"grants-complaint:read": "everything"},
        {"grants-category:update": "own"},
        {"grants-audit:read": "department"},
    ],
)
def test_a_reach_that_does_not_exist_is_refused(desk: Any, session: Session, forged: dict[str, str]) -> None:
    _clerk, head = ids(session)
    admin, address = desk("admin"), f"/admin/role/edit/?id={head}"
    page = text_of(admin.post(address, admin.form(address) | forged))
    assert 'id="grants-error"' in page


@on_sqlite
@pytest.mark.parametrize("lost", ["role:manage", "staff:manage"])
def test_somebody_can_always_change_roles_back(desk: Any, session: Session, lost: str) -> None:
    _clerk, admins = ids(session, code="system_admin")
    admin, address = desk("admin"), f"/admin/role/edit/?id={admins}"
    fields = admin.form(address)
    page = text_of(admin.post(address, fields | {f"grants-{lost}": ""}))
    assert "ไม่เหลือผู้ดูแล" in page
    off = {name: value for name, value in fields.items() if name != "is_active"}
    assert "ไม่เหลือผู้ดูแล" in text_of(admin.post(address, off))
    assert reach(session, "system_admin", lost) is Scope.ALL


def test_a_new_role_holds_what_was_ticked(desk: Any, session: Session) -> None:
    typed = {"code": "auditor", "name": "ผู้ตรวจสอบ", "is_active": "y", "grants-audit:read": "all"}
    assert desk("admin").post("/admin/role/new/", typed).status_code == 302
    assert reach(session, "auditor", "audit:read") is Scope.ALL
    page = text_of(desk("admin").post("/admin/role/new/", typed | {"code": "Auditor 2"}))
    assert 'id="code-error"' in page


@on_sqlite
def test_nobody_else_changes_roles(desk: Any, session: Session) -> None:
    _clerk, head = ids(session)
    for username in ("central", "clerk", "head", "executive"):
        assert desk(username).post(f"/admin/role/edit/?id={head}", {"name": "x"}).status_code == 403


# Messages, jobs, the log -----------------------------------------------------------


def stuck_message(complaint_id: int | None = None) -> int:
    with write_transaction() as writing:
        message = OutboxMessage(
            channel=OutboxChannel.LINE_CITIZEN,
            recipient="U123",
            recipient_name="สมชาย ใจดี",
            template_key="citizen_registered",
            complaint_id=complaint_id,
            facts={"number": "อส. 1/2569"},
            dedupe_key="1:citizen_registered:1",
            retry_key=str(uuid.uuid4()),
            not_before=now(),
            created_at=now(),
            state=DeliveryState.DEAD,
            last_error="uncertain: timeout",
            attempts=12,
        )
        writing.add(message)
        writing.flush()
        return message.id


def test_a_stuck_message_is_sent_again_once(desk: Any, session: Session) -> None:
    row_id, admin = stuck_message(), desk("admin")
    page = text_of(admin.get(f"/admin/outbox-message/details/?id={row_id}"))
    assert "ไม่แน่ใจว่าถึงผู้รับหรือไม่" in page
    assert "U123" not in page
    assert "สมชาย" not in page
    for _press in range(2):
        assert admin.post(f"/admin/outbox-message/again/?id={row_id}").status_code == 302
    session.rollback()
    rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    assert [each.state for each in rows] == [DeliveryState.CANCELLED, DeliveryState.READY]
    assert rows[0].retry_key != rows[1].retry_key
    assert (rows[1].attempts, rows[1].facts) == (0, {"number": "อส. 1/2569"})
    assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == AuditAction.RESEND)).all()) == 1


@on_sqlite
def test_sending_again_needs_a_button_a_token_and_the_right(desk: Any, session: Session) -> None:
    address = f"/admin/outbox-message/again/?id={stuck_message()}"
    assert desk("admin").get(address).status_code == 405
    assert desk("admin").post(address, token=False).status_code == 400
    assert desk("executive").post(address).status_code == 403
    assert desk("clerk").post(address).status_code == 403
    session.rollback()
    assert session.scalars(select(OutboxMessage)).one().state is DeliveryState.DEAD


@on_sqlite
def test_a_department_sees_only_its_own_messages(desk: Any) -> None:
    row_id = stuck_message()
    assert "citizen_registered" in text_of(desk("central").get("/admin/outbox-message/"))
    assert "citizen_registered</a>" not in text_of(desk("clerk").get("/admin/outbox-message/"))
    assert desk("clerk").get(f"/admin/outbox-message/details/?id={row_id}").status_code == 404


def test_a_stuck_job_is_done_again(desk: Any, session: Session) -> None:
    with write_transaction() as writing:
        job = Job(
            kind=JobKind.COMPLAINT_COPY,
            dedupe_key="copy:1",
            not_before=now(),
            created_at=now(),
            state=DeliveryState.FAILED,
            last_error="handler_failed: ValueError",
        )
        writing.add(job)
        writing.flush()
        job_id = job.id
    assert desk("admin").post(f"/admin/job/again/?id={job_id}").status_code == 302
    session.rollback()
    job = session.get_one(Job, job_id)
    assert (job.state, job.last_error, job.attempts) == (DeliveryState.READY, None, 0)


@on_sqlite
def test_the_audit_log_is_only_read(desk: Any, session: Session) -> None:
    admin = desk("admin")
    admin.post("/admin/road/new/", {"name": "ถนนตรวจสอบ", "is_active": "y"})
    entry = session.scalars(select(AuditEntry).where(AuditEntry.object_type == "road")).one()
    entry_id = entry.id
    session.rollback()
    page = text_of(admin.get(f"/admin/audit-entry/details/?id={entry_id}"))
    assert "ชื่อถนน/ซอย: – → ถนนตรวจสอบ" in page
    for address in (f"edit/?id={entry_id}", "new/"):
        assert admin.get(f"/admin/audit-entry/{address}").status_code == 403
        assert admin.post(f"/admin/audit-entry/{address}", {"reason": "x"}).status_code == 403
    assert admin.post("/admin/audit-entry/delete/", {"id": str(entry_id)}).status_code == 403
    assert desk("central").get("/admin/audit-entry/").status_code == 403
