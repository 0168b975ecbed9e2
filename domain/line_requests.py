"""Phones that ask to be an officer's or a member's (000-66); what becomes of it is ``line_decisions``.

An officer asks in the chat of the officers' channel; who has an account already links by signing in
(``line_linking``). A member's request comes from ``self_registration``: a phone number we know, and a birth
date that does not prove whose it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, and_, false, or_, select
from sqlalchemy.orm import Session, joinedload

from domain.actor import Actor
from domain.clock import now
from domain.errors import AlreadyDone, DomainError, InvalidField, NotFound, add_message
from domain.members import kept_member
from domain.notifications import holders
from domain.permissions import Permission, require
from domain.phones import normalise_phone
from domain.thai_text import clean_text
from models import (
    Department,
    LineAccount,
    LineRequest,
    LineRequestKind,
    LineRequestState,
    Member,
    Notification,
    Scope,
    StaffUser,
)

MAX_POSITION: Final = 160
SHOWN: Final = 100
BELL: Final = {
    LineRequestKind.OFFICER: "line_request_officer",
    LineRequestKind.MEMBER: "line_request_member",
}
"""What rings the deciders, by kind."""

add_message(
    "line_request_waits",
    thai="คำขอของท่านส่งถึงศูนย์แล้ว กำลังรอตรวจ ไม่ต้องส่งซ้ำ",
    english="Your request has reached the centre and waits there; there is no need to send it again.",
)
add_message(
    "line_request_linked",
    thai="LINE นี้ผูกกับบัญชีเจ้าหน้าที่อยู่แล้ว",
    english="This LINE belongs to an officer's account already.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerWish:
    """What somebody says about himself who wants to work here, not yet checked."""

    first_name: str
    last_name: str | None = None
    title: str | None = None
    position: str | None = None
    department_id: int | None = None
    phone: str | None = None


# Asking -----------------------------------------------------------------------------------------------------


def ask_for_officer(session: Session, account: LineAccount, wish: OfficerWish) -> LineRequest:
    """Write down that a phone wants to be an officer's, and ring those who decide; the caller commits.

    Raises:
        DomainError: ``line_request_linked``.
        AlreadyDone: ``line_request_waits``.
        InvalidField: what cannot be taken.
    """
    if account.staff_user_id is not None:
        raise DomainError("line_request_linked")
    department = session.get(Department, wish.department_id) if wish.department_id is not None else None
    if department is None or not department.is_active:
        raise InvalidField("choice_unknown", field="department_id")
    position = clean_text(wish.position, max_length=MAX_POSITION, field="position", multiline=False)
    return note_request(
        session,
        account,
        LineRequest(
            kind=LineRequestKind.OFFICER,
            title=wish.title,
            first_name=wish.first_name,
            last_name=wish.last_name,
            position=position or None,
            department_id=department.id,
            phone=normalise_phone(wish.phone, field="phone") if wish.phone else None,
        ),
    )


def note_request(session: Session, account: LineAccount, request: LineRequest) -> LineRequest:
    """Keep a filled request of an account and ring those who decide; the caller commits.

    Raises:
        AlreadyDone: ``line_request_waits``: of an account one request waits at a time.
    """
    if waiting_request(session, account.id) is not None:
        raise AlreadyDone("line_request_waits")
    request.line_account_id, request.state, request.created_at = account.id, LineRequestState.WAITING, now()
    session.add(request)
    session.flush()
    _ring(session, request)
    return request


def waiting_request(session: Session, account_id: int) -> LineRequest | None:
    """Return what an account has asked for and nobody has decided."""
    return session.scalars(
        select(LineRequest).where(
            LineRequest.line_account_id == account_id, LineRequest.state == LineRequestState.WAITING
        )
    ).one_or_none()


def _ring(session: Session, request: LineRequest) -> None:
    """Tell those who decide, once until they have looked: a flood of requests rings no flood of bells."""
    key = BELL[request.kind]
    deciders = [officer for officer, scope in _deciders(session, request) if scope is not Scope.OWN]
    unread = select(Notification.staff_user_id).where(
        Notification.template_key == key, Notification.read_at.is_(None)
    )
    rung = set(session.scalars(unread))
    session.add_all(
        Notification(staff_user_id=officer.id, template_key=key, facts={}, created_at=now())
        for officer in deciders
        if officer.id not in rung
    )


def _deciders(session: Session, request: LineRequest) -> list[tuple[StaffUser, Scope]]:
    found = holders(session, Permission.LINE_DECIDE)
    if request.kind is LineRequestKind.OFFICER:
        return list(found)
    correct = {officer.id for officer, _scope in holders(session, Permission.MEMBER_UPDATE)}
    return [(officer, scope) for officer, scope in found if officer.id in correct]


# Looking ----------------------------------------------------------------------------------------------------


def scope_requests(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select over requests to those the actor may decide.

    Members' requests are for whoever may correct members; a department decides on its own officers only.
    """
    scope = actor.scope_of(Permission.LINE_DECIDE)
    officers = LineRequest.kind == LineRequestKind.OFFICER
    if scope is Scope.ALL:
        members = actor.scope_of(Permission.MEMBER_UPDATE) is Scope.ALL
        return statement if members else statement.where(officers)
    if scope is Scope.DEPARTMENT:
        below = LineRequest.department_id.in_(sorted(actor.department_ids))
        return statement.where(and_(officers, below))
    return statement.where(false())


def requests_of(session: Session, actor: Actor, *, waiting: bool) -> Sequence[LineRequest]:
    """Return the requests that wait, oldest first; or the latest that were decided."""
    is_waiting = LineRequest.state == LineRequestState.WAITING
    order = LineRequest.id if waiting else LineRequest.decided_at.desc()
    wanted = select(LineRequest).where(is_waiting if waiting else ~is_waiting).order_by(order).limit(SHOWN)
    loads = (
        joinedload(LineRequest.line_account),
        joinedload(LineRequest.department),
        joinedload(LineRequest.decided_by),
    )
    return session.scalars(scope_requests(wanted.options(*loads), actor)).all()


def request_of(session: Session, actor: Actor, request_id: int, *, lock: bool = False) -> LineRequest:
    """Return one request the actor may decide.

    Raises:
        NotPermitted: without ``line:decide``.
        NotFound: there is none within his reach.
    """
    require(actor, Permission.LINE_DECIDE)
    wanted = select(LineRequest).where(LineRequest.id == request_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found: LineRequest | None = session.scalar(scope_requests(wanted, actor))
    if found is None:
        raise NotFound
    return found


def namesakes(session: Session, request: LineRequest) -> Sequence[StaffUser]:
    """Return officers' accounts with the name or the number of a request: he may have one already."""
    same_name = and_(StaffUser.first_name == request.first_name, StaffUser.last_name == request.last_name)
    same = or_(same_name, StaffUser.phone == request.phone) if request.phone else same_name
    return session.scalars(select(StaffUser).where(same).order_by(StaffUser.id).limit(5)).all()


def member_asked_for(session: Session, request: LineRequest) -> Member | None:
    """Return the member whose number a request names; None where nobody in use has it."""
    if request.kind is not LineRequestKind.MEMBER or not request.phone:
        return None
    had = session.scalar(select(Member.id).where(Member.phone == request.phone))
    member = kept_member(session, had)
    return member if member is not None and member.is_active and not member.is_shared else None
