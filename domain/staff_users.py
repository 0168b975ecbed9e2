"""Officers as a list to read and to correct; making, closing and inviting accounts is ``domain.accounts``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, false, or_, select
from sqlalchemy.orm import Session

from domain import audit
from domain.accounts import check_email, require_administrator_left, require_grantable
from domain.actor import Actor
from domain.errors import FieldChecks, InvalidField, MissingField, NotPermitted
from domain.permissions import Permission, require
from domain.phones import normalise_phone
from domain.rich_menus import follow_rights
from domain.roles import require_roles_manageable
from domain.thai_text import clean_text
from models import AuditAction, Department, Role, Scope, StaffUser


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffCorrection:
    """What an administrator corrects about an officer; the user name stays what it is."""

    first_name: str
    last_name: str | None = None
    title: str | None = None
    position: str | None = None
    email: str | None = None
    phone: str | None = None
    department_id: int | None = None
    role_ids: tuple[int, ...] = ()


def scope_staff(
    statement: Select[Any], actor: Actor, permission: Permission = Permission.STAFF_READ
) -> Select[Any]:
    """Narrow any select over ``StaffUser`` to the officers the actor may see."""
    scope = actor.scope_of(permission)
    if scope is Scope.ALL:
        return statement
    if scope is None:
        return statement.where(false())
    own = StaffUser.id == actor.staff_user_id
    if scope is Scope.OWN:
        return statement.where(own)
    return statement.where(or_(own, StaffUser.department_id.in_(sorted(actor.department_ids))))


def update_staff_user(session: Session, actor: Actor, user: StaffUser, entry: StaffCorrection) -> None:
    """Correct an officer's data and roles; the caller commits.

    Raises:
        NotPermitted: the actor may not manage this account, would move it out of his reach, or would hand out
            a role with rights he does not hold himself.
        FieldErrors: everything that cannot be taken.
        LastAdministrator: nobody else could manage accounts.
        DomainError: ``nobody_manages_roles``.
    """
    changes = correct_staff_user(session, actor, user, entry)
    require_administrator_left(session)
    require_roles_manageable(session)
    if changes:
        audit.record(session, actor, AuditAction.UPDATE, user, changes=changes)
        follow_rights(session)


def correct_staff_user(
    session: Session, actor: Actor, user: StaffUser, entry: StaffCorrection
) -> dict[str, Any]:
    """Write a correction into the row without a flush and return what changed; raises as the verb above.

    Whether administrators are left shows only after the flush: ``update_staff_user`` looks.
    """
    require(actor, Permission.STAFF_MANAGE)
    _require_reach(actor, user.department_id)
    _require_reach(actor, entry.department_id)
    before = sorted(role.code for role in user.roles)
    with session.no_autoflush:
        _write(session, user, entry)
        changes: dict[str, Any] = audit.column_changes(user)
        wanted = list(session.scalars(select(Role).where(Role.id.in_(entry.role_ids))))
        _check_roles(session, actor, user, wanted)
        user.roles = wanted
    after = sorted(role.code for role in wanted)
    if before != after:
        changes["roles"] = [before, after]
    return changes


def _write(session: Session, user: StaffUser, entry: StaffCorrection) -> None:
    check = FieldChecks()
    for name, longest in (("first_name", 120), ("last_name", 120), ("title", 40), ("position", 160)):
        with check:
            text = clean_text(getattr(entry, name), max_length=longest, field=name, multiline=False)
            if name == "first_name" and not text:
                raise MissingField(field=name)
            setattr(user, name, text or None)
    with check:
        user.email = check_email(entry.email)
    with check:
        phone = (entry.phone or "").strip()
        user.phone = normalise_phone(phone, field="phone") if phone else None
    with check:
        if entry.department_id is not None and session.get(Department, entry.department_id) is None:
            raise InvalidField("choice_unknown", field="department_id")
        user.department_id = entry.department_id
    check.done()


def _check_roles(session: Session, actor: Actor, user: StaffUser, wanted: list[Role]) -> None:
    added = [role for role in wanted if role not in user.roles]
    if any(not role.is_active for role in added):
        raise InvalidField("choice_unknown", field="roles")
    removed = [role for role in user.roles if role not in wanted]
    require_grantable(session, actor, [role.id for role in (*added, *removed)])


def _require_reach(actor: Actor, department_id: int | None) -> None:
    scope = actor.scope_of(Permission.STAFF_MANAGE)
    if scope is Scope.ALL or (scope is Scope.DEPARTMENT and department_id in actor.department_ids):
        return
    raise NotPermitted
