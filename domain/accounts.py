"""Officers' accounts: made, invited, closed, opened again, and never left without an administrator.

The parts of an account have rooms of their own (``sign_in``, ``own_account``, ``user_sessions``,
``second_factor``, ``account_links``, ``passwords``); their verbs are named here too, so that an edge needs
one import.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain import audit
from domain.account_links import IssuedLink, LinkInvalid, issue_link, read_link, use_link, void_links
from domain.actor import Actor
from domain.clock import now
from domain.errors import (
    DomainError,
    DuplicateEntry,
    FieldChecks,
    InvalidField,
    NotFound,
    NotPermitted,
    add_message,
)
from domain.line_linking import unlink_all
from domain.own_account import (
    change_password,
    end_other_sessions,
    new_password_hash,
    set_language,
    set_password_by_link,
    verify_own_password,
)
from domain.passwords import hash_password
from domain.permissions import Permission, require
from domain.phones import normalise_phone
from domain.rich_menus import follow_rights
from domain.second_factor import (
    Enrolment,
    confirm_totp,
    enrol_totp,
    forget_totp,
    renew_recovery_codes,
    reopen_enrolment,
    wants_second_factor,
)
from domain.sign_in import NeedsTotp, PasswordProof, Visit, WrongCredentials, fold_username, sign_in
from domain.thai_text import clean_text
from domain.user_sessions import SessionGrant, end_session, end_sessions_of, start_session
from models import AuditAction, Department, LinkPurpose, Role, RoleGrant, Scope, StaffUser
from tables.staff import staff_role

__all__ = [
    "Enrolment",
    "IssuedLink",
    "LastAdministrator",
    "LinkInvalid",
    "NeedsTotp",
    "NewStaffUser",
    "PasswordProof",
    "SessionGrant",
    "Visit",
    "WrongCredentials",
    "change_password",
    "check_email",
    "check_username",
    "confirm_totp",
    "create_first_administrator",
    "create_staff_user",
    "disable_staff_user",
    "enable_staff_user",
    "end_all_sessions",
    "end_other_sessions",
    "end_session",
    "end_sessions_of",
    "enrol_totp",
    "has_administrator",
    "hash_password",
    "invite",
    "manageable_user",
    "new_password_hash",
    "read_link",
    "renew_recovery_codes",
    "reopen_enrolment",
    "require_administrator_left",
    "require_grantable",
    "reset_totp",
    "set_language",
    "set_password_by_link",
    "sign_in",
    "start_session",
    "verify_own_password",
    "wants_second_factor",
]

_USERNAME: Final = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*", re.ASCII)
_EMAIL: Final = re.compile(r"[^\s@\"(),:;<>\[\]\\]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)

add_message(
    "staff_username_invalid",
    thai="ชื่อผู้ใช้ต้องเป็น a-z และตัวเลข 3 ถึง 40 ตัว ขึ้นต้นด้วยตัวอักษร คั่นด้วยจุด ขีด หรือขีดล่างได้",
    english="A user name has 3 to 40 letters a-z or digits, begins with a letter; . - _ may stand between.",
)
add_message(
    "last_administrator",
    thai="ทำรายการนี้ไม่ได้ เพราะระบบจะไม่เหลือผู้ดูแลระบบ กรุณาตั้งผู้ดูแลระบบคนอื่นก่อน",
    english="This would leave no administrator. Please appoint another one first.",
)
add_message(
    "account_closed",
    thai="บัญชีนี้ปิดใช้งานอยู่ กรุณาเปิดใช้งานก่อน",
    english="This account is closed. Please open it again first.",
)
add_message(
    "setup_closed",
    thai="มีผู้ดูแลระบบแล้ว จึงใช้ลิงก์ตั้งค่าเริ่มต้นไม่ได้อีก",
    english="There is an administrator already, so the set-up link is closed.",
)
add_message(
    "administrator_role_missing",
    thai="ยังไม่มีบทบาทผู้ดูแลระบบในฐานข้อมูล กรุณานำเข้าข้อมูลเริ่มต้นก่อน",
    english="There is no administrator role in the database yet. Please load the starting data first.",
)


class LastAdministrator(DomainError):
    """Nobody would be left who may manage accounts."""

    default_code = "last_administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaffUser:
    """What an administrator wrote down for a new account, not yet checked."""

    username: str
    first_name: str
    last_name: str | None = None
    title: str | None = None
    position: str | None = None
    email: str | None = None
    phone: str | None = None
    department_id: int | None = None
    role_ids: tuple[int, ...] = ()


def check_username(text: str, *, field: str = "username") -> str:
    """Return a new user name as it is stored.

    Raises:
        InvalidField: ``staff_username_invalid``.
    """
    folded = fold_username(text)
    if folded is None or len(folded) < 3 or not _USERNAME.fullmatch(folded):
        raise InvalidField("staff_username_invalid", field=field)
    return folded


def create_staff_user(session: Session, actor: Actor, entry: NewStaffUser) -> StaffUser:
    """Make an account without a password; ``invite`` gives its owner the link to set one. The caller commits.

    Raises:
        NotPermitted: the actor may not manage this department's accounts, or would hand out a role with
            rights he does not hold himself.
        FieldErrors: everything that cannot be taken.
        DuplicateEntry: ``username_taken``.
    """
    user = fill_staff_user(session, actor, entry)
    session.add(user)
    session.flush()
    record_new_user(session, actor, user)
    return user


def fill_staff_user(session: Session, actor: Actor, entry: NewStaffUser) -> StaffUser:
    """Return a checked account that is not added yet; raises as ``create_staff_user``."""
    require(actor, Permission.STAFF_MANAGE)
    user = _checked(session, entry)
    _require_reach(actor, user)
    roles = list(session.scalars(select(Role).where(Role.id.in_(entry.role_ids), Role.is_active)))
    require_grantable(session, actor, [role.id for role in roles])
    if session.scalar(select(StaffUser.id).where(StaffUser.username == user.username)) is not None:
        raise DuplicateEntry("username_taken", field="username")
    user.roles = roles
    return user


def record_new_user(session: Session, actor: Actor, user: StaffUser) -> None:
    """Note a new account in the audit log, once it has its id."""
    codes = sorted(role.code for role in user.roles)
    audit.record(
        session, actor, AuditAction.CREATE, user, changes={"username": user.username, "roles": codes}
    )


def require_grantable(session: Session, actor: Actor, role_ids: Iterable[int]) -> None:
    """Raise unless the actor may hand out these roles: all of them if he manages roles, else what he holds.

    Raises:
        NotPermitted: a role holds a right the actor lacks.
    """
    if actor.can(Permission.ROLE_MANAGE):
        return
    wanted = session.scalars(select(RoleGrant.permission).where(RoleGrant.role_id.in_(list(role_ids))))
    if not all(actor.can(permission) for permission in wanted):
        raise NotPermitted


def manageable_user(session: Session, actor: Actor, user_id: int) -> StaffUser:
    """Return an account the actor may manage.

    Raises:
        NotPermitted: he may manage none.
        NotFound: there is no such account within his reach.
    """
    require(actor, Permission.STAFF_MANAGE)
    user = session.get(StaffUser, user_id, populate_existing=True)
    if user is None:
        raise NotFound
    _require_reach(actor, user)
    return user


def invite(session: Session, actor: Actor, user: StaffUser) -> IssuedLink:
    """Issue the one link by which the officer sets a password: an invitation, or a reset if he has one.

    The caller hands it over, and commits.

    Raises:
        NotPermitted: the actor may not manage this account.
        InvalidField: ``account_closed``.
    """
    _require_reach(actor, user)
    if not user.is_active:
        raise InvalidField("account_closed")
    purpose = LinkPurpose.INVITATION if user.password_hash is None else LinkPurpose.RESET
    link = issue_link(session, purpose, user)
    audit.record(session, actor, AuditAction.UPDATE, user, changes={"link": purpose.value})
    return link


def disable_staff_user(session: Session, actor: Actor, user: StaffUser) -> None:
    """Close an account: its sessions end, its links are void, its LINE is unlinked. Its work stays.

    Raises:
        NotPermitted: the actor may not manage this account.
        LastAdministrator: nobody else could manage accounts.
    """
    _require_reach(actor, user)
    user.is_active = False
    require_administrator_left(session)
    end_sessions_of(session, user.id)
    void_links(session, user.id)
    audit.record(session, actor, AuditAction.UPDATE, user, changes={"is_active": [True, False]})
    unlink_all(session, actor, user.id)
    follow_rights(session)


def enable_staff_user(session: Session, actor: Actor, user: StaffUser) -> None:
    """Open a closed account again, with the password it had; the caller commits."""
    _require_reach(actor, user)
    user.is_active = True
    audit.record(session, actor, AuditAction.UPDATE, user, changes={"is_active": [False, True]})


def end_all_sessions(session: Session, actor: Actor, user: StaffUser) -> None:
    """Sign an officer out everywhere; the caller commits."""
    _require_reach(actor, user)
    count = end_sessions_of(session, user.id)
    audit.record(session, actor, AuditAction.UPDATE, user, changes={"sessions_ended": count})


def reset_totp(session: Session, actor: Actor, user: StaffUser) -> None:
    """Take away a lost second factor; the officer enrols again at the next sign-in. The caller commits."""
    _require_reach(actor, user)
    forget_totp(session, actor, user)


def has_administrator(session: Session) -> bool:
    """Tell whether somebody can sign in who may manage accounts."""
    return _administrators(session) > 0


def require_administrator_left(session: Session) -> None:
    """Raise if the changes of this transaction leave nobody who may manage accounts.

    Call it after changing accounts, their roles, a role or its grants. The flush moves the look-up stamp
    first, which makes two such transactions wait for each other, so two cannot close each other's account.

    Raises:
        LastAdministrator: the caller's transaction must be rolled back.
    """
    session.flush()
    if not has_administrator(session):
        raise LastAdministrator


def create_first_administrator(
    session: Session, token: str, entry: NewStaffUser, password_hash: str
) -> StaffUser:
    """Use up the set-up link and make the first account that may manage accounts; the caller commits.

    Raises:
        LinkInvalid: the link is not good any more, or there is an administrator (``setup_closed``).
        NotFound: ``administrator_role_missing``: the starting data were not loaded.
        FieldErrors: everything that cannot be taken.
        DuplicateEntry: ``username_taken``.
    """
    use_link(session, token, LinkPurpose.FIRST_ADMINISTRATOR)
    if has_administrator(session):
        raise LinkInvalid("setup_closed")
    manages = select(RoleGrant.role_id).where(
        RoleGrant.permission == Permission.STAFF_MANAGE, RoleGrant.scope == Scope.ALL
    )
    role_id = session.scalar(select(Role.id).where(Role.is_active, Role.id.in_(manages)).order_by(Role.id))
    if role_id is None:
        raise NotFound("administrator_role_missing")
    setup = Actor(kind="system", name="setup", via="web")
    with_role = NewStaffUser(
        username=entry.username,
        title=entry.title,
        first_name=entry.first_name,
        last_name=entry.last_name,
        email=entry.email,
        role_ids=(role_id,),
    )
    user = create_staff_user(session, setup, with_role)
    user.password_hash = password_hash
    return user


def _administrators(session: Session) -> int:
    """Count who can sign in and may manage every account."""
    statement = (
        select(func.count(StaffUser.id.distinct()))
        .join(staff_role, staff_role.c.staff_user_id == StaffUser.id)
        .join(Role, Role.id == staff_role.c.role_id)
        .join(RoleGrant, RoleGrant.role_id == Role.id)
        .where(
            StaffUser.is_active,
            StaffUser.password_hash.is_not(None),
            Role.is_active,
            RoleGrant.permission == Permission.STAFF_MANAGE,
            RoleGrant.scope == Scope.ALL,
        )
    )
    return session.scalar(statement) or 0


def _require_reach(actor: Actor, user: StaffUser) -> None:
    """Raise unless the actor's right to manage accounts reaches this one."""
    scope = actor.scope_of(Permission.STAFF_MANAGE)
    if scope is Scope.ALL or (scope is Scope.DEPARTMENT and user.department_id in actor.department_ids):
        return
    raise NotPermitted if scope is None else NotFound


def _checked(session: Session, entry: NewStaffUser) -> StaffUser:
    user = StaffUser(created_at=now(), department_id=entry.department_id)
    checks = FieldChecks()
    with checks:
        user.username = check_username(entry.username)
    with checks:
        user.first_name = _line(entry.first_name, "first_name", 120, required=True)
    for name, longest in (("last_name", 120), ("title", 40), ("position", 160)):
        with checks:
            setattr(user, name, _line(getattr(entry, name), name, longest) or None)
    with checks:
        user.email = check_email(entry.email)
    with checks:
        phone = (entry.phone or "").strip()
        user.phone = normalise_phone(phone, field="phone") if phone else None
    with checks:
        if entry.department_id is not None and session.get(Department, entry.department_id) is None:
            raise InvalidField("choice_unknown", field="department_id")
    checks.done()
    return user


def check_email(text: str | None, *, field: str = "email") -> str | None:
    """Return the address as it is stored, None for an empty one.

    Raises:
        InvalidField: ``email_invalid`` or ``text_too_long``.
    """
    address = _line(text, field, 254)
    if address and not _EMAIL.fullmatch(address):
        raise InvalidField("email_invalid", field=field)
    return address or None


def _line(text: str | None, field: str, longest: int, *, required: bool = False) -> str:
    return clean_text(text, max_length=longest, field=field, multiline=False, required=required)
