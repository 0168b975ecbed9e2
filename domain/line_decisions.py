"""What whoever decides makes of a phone's request (000-66): an account, a member's tie, or a refusal.

Approving an officer makes a new account without a password and ties the phone to it at once: he works in the
chat from then on, and on the web after the usual invitation. Whoever asked is told in his chat.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import audit
from domain.accounts import NewStaffUser, fill_staff_user, record_new_user, require_grantable
from domain.actor import Actor
from domain.clock import now
from domain.errors import AlreadyDone, DomainError, InvalidField, MissingField, NotFound, add_message
from domain.labels import word
from domain.line_requests import member_asked_for, request_of
from domain.member_line import tie_account
from domain.message_priority import priority_of
from domain.permissions import Permission
from domain.rich_menus import follow_rights
from domain.thai_text import clean_text
from domain.transition import Audience, Telling
from models import (
    AuditAction,
    Department,
    LineAccount,
    LineChannel,
    LineRequest,
    LineRequestKind,
    LineRequestState,
    LineState,
    Member,
    OutboxChannel,
    OutboxMessage,
    Role,
    RoleGrant,
    Scope,
    StaffUser,
)

DEFAULT_ROLE: Final = "field_officer"
MAX_REASON: Final = 400

_ANSWERS: Final = {
    (LineRequestKind.OFFICER, LineRequestState.APPROVED): "request_officer_approved",
    (LineRequestKind.OFFICER, LineRequestState.REFUSED): "request_officer_refused",
    (LineRequestKind.MEMBER, LineRequestState.APPROVED): "request_member_approved",
    (LineRequestKind.MEMBER, LineRequestState.REFUSED): "request_member_refused",
}
TELLINGS: Final = tuple(Telling(Audience.REQUESTER, key) for key in _ANSWERS.values())
_LOOKS: Final = {LineRequestState.APPROVED: "resolved", LineRequestState.REFUSED: "rejected"}
"""The state of a complaint whose colour and shape the answer's card takes."""
_OUT: Final = {
    LineChannel.CITIZEN: OutboxChannel.LINE_CITIZEN,
    LineChannel.STAFF: OutboxChannel.LINE_STAFF,
}

add_message(
    "line_request_decided",
    thai="คำขอนี้มีผู้ตัดสินแล้ว",
    english="Somebody has decided on this request already.",
)
add_message(
    "line_request_member_gone",
    thai="ไม่มีสมาชิกที่ใช้เบอร์นี้แล้ว หรือสมาชิกปิดใช้งานอยู่ กรุณาไม่อนุมัติและให้ลงทะเบียนใหม่",
    english="No member in use has this number any more: please refuse, and let the person register anew.",
)


def roles_offered(session: Session, actor: Actor) -> list[Role]:
    """Return the roles the actor may hand out: all if he manages roles, else those within his own rights."""
    roles = list(session.scalars(select(Role).where(Role.is_active).order_by(Role.id)))
    if actor.can(Permission.ROLE_MANAGE):
        return roles
    rows = session.execute(select(RoleGrant.role_id, RoleGrant.permission))
    beyond = {role_id for role_id, permission in rows if not actor.can(permission)}
    return [role for role in roles if role.id not in beyond]


# Deciding ---------------------------------------------------------------------------------------------------


def approve_officer(
    session: Session, actor: Actor, request_id: int, *, username: str, department_id: int | None, role_id: int
) -> StaffUser:
    """Make the account that was asked for and tie the phone to it; the caller commits.

    The account has no password: it works in the chat at once, and on the web after the usual invitation.

    Raises:
        NotPermitted: without ``line:decide``, or for a role with rights the actor lacks.
        NotFound: there is no such request within his reach.
        AlreadyDone: ``line_request_decided``.
        DomainError: ``line_request_linked``: its owner has signed in and linked meanwhile.
        FieldErrors: user name, department or role cannot be taken.
    """
    request, account = _to_decide(session, actor, request_id, LineRequestKind.OFFICER)
    if account.staff_user_id is not None:
        raise DomainError("line_request_linked")
    _check_places(session, actor, department_id, role_id)
    entry = NewStaffUser(
        username=username,
        title=request.title,
        first_name=request.first_name,
        last_name=request.last_name,
        position=request.position,
        phone=request.phone,
        department_id=department_id,
        role_ids=(role_id,),
    )
    # To decide is a right of its own, beside that to manage accounts; what it may hand out is checked above.
    officer = fill_staff_user(session, Actor.system("line_request"), entry)
    officer.language = account.language
    session.add(officer)
    session.flush()
    record_new_user(session, actor, officer)
    account.staff_user_id, account.bound_at = officer.id, now()
    request.staff_user_id, request.department_id = officer.id, department_id
    audit.record(session, actor, AuditAction.UPDATE, officer, changes={"line_linked": account.id})
    _decide(session, actor, request, LineRequestState.APPROVED)
    follow_rights(session)
    return officer


def approve_member(session: Session, actor: Actor, request_id: int) -> Member:
    """Tie the phone to the member whose number it named; the caller commits.

    Raises:
        NotPermitted, NotFound, AlreadyDone: as for officers.
        DomainError: ``line_request_member_gone``.
    """
    request, account = _to_decide(session, actor, request_id, LineRequestKind.MEMBER)
    member = member_asked_for(session, request)
    if member is None:
        raise DomainError("line_request_member_gone")
    tie_account(session, account, member)
    request.member_id = member.id
    audit.record(session, actor, AuditAction.UPDATE, member, changes={"line_linked": account.id})
    _decide(session, actor, request, LineRequestState.APPROVED)
    return member


def refuse_request(session: Session, actor: Actor, request_id: int, reason: str) -> None:
    """Refuse a request; its owner reads the reason. The caller commits.

    Raises:
        NotPermitted, NotFound, AlreadyDone: as for officers.
        MissingField: no reason.
    """
    request, _account = _to_decide(session, actor, request_id)
    why = clean_text(reason, max_length=MAX_REASON, field="reason", multiline=False)
    if not why:
        raise MissingField("reason_required", field="reason")
    request.reason = why
    _decide(session, actor, request, LineRequestState.REFUSED)


def _check_places(session: Session, actor: Actor, department_id: int | None, role_id: int) -> None:
    department = session.get(Department, department_id) if department_id is not None else None
    own_only = actor.scope_of(Permission.LINE_DECIDE) is not Scope.ALL
    if department is None or not department.is_active:
        raise InvalidField("choice_unknown", field="department_id")
    if own_only and department.id not in actor.department_ids:
        raise InvalidField("choice_unknown", field="department_id")
    role = session.get(Role, role_id)
    if role is None or not role.is_active:
        raise InvalidField("choice_unknown", field="role_id")
    require_grantable(session, actor, [role.id])


def _to_decide(
    session: Session, actor: Actor, request_id: int, kind: LineRequestKind | None = None
) -> tuple[LineRequest, LineAccount]:
    """Return a waiting request and its phone, both locked: of two who decide at once, one is too late."""
    request = request_of(session, actor, request_id, lock=True)
    if kind is not None and request.kind is not kind:
        raise NotFound
    if request.state is not LineRequestState.WAITING:
        raise AlreadyDone("line_request_decided")
    account = session.scalars(
        select(LineAccount)
        .where(LineAccount.id == request.line_account_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return request, account


def _decide(session: Session, actor: Actor, request: LineRequest, state: LineRequestState) -> None:
    """Note the decision and tell whoever asked, in his chat."""
    request.state, request.decided_at, request.decided_by_id = state, now(), actor.staff_user_id
    session.flush()
    audit.record(
        session, actor, AuditAction.UPDATE, request, changes={"state": state.value}, reason=request.reason
    )
    account = request.line_account
    if account.state is LineState.BLOCKED:
        return
    key = _ANSWERS[request.kind, state]
    session.add(
        OutboxMessage(
            channel=_OUT[account.channel],
            recipient=account.line_user_id,
            recipient_name=request.full_name,
            template_key=key,
            language=account.language,
            facts=_facts(session, request, account.language),
            dedupe_key=f"line_request:{request.id}",
            retry_key=str(uuid.uuid4()),
            priority=priority_of(key),
            not_before=now(),
            created_at=now(),
        )
    )


def _facts(session: Session, request: LineRequest, language: str) -> dict[str, Any]:
    """Return what the answer's card may say, by the names of ``line_hooks.facts.CardFacts``."""
    english = language == "en"
    department = session.get(Department, request.department_id) if request.department_id else None
    is_officer = request.kind is LineRequestKind.OFFICER
    return {
        "number": f"Request {request.id}" if english else f"คำขอ {request.id}",
        "public_code": "",
        "state_code": _LOOKS[request.state],
        "state_word": word(request.state, language),
        "reason": request.reason or "",
        "department": ((department.name_en if english else None) or department.name) if department else "",
        "officer_name": request.full_name if is_officer else "",
    }
