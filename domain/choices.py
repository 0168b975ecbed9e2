"""What an officer chose from a list: still there, still in use, and fitting what else was chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.errors import InvalidField, MissingField, add_message
from domain.permissions import Permission
from domain.settings import read_setting
from models import (
    Base,
    Category,
    Department,
    LineAccount,
    LineChannel,
    LineState,
    RoleGrant,
    Scope,
    StaffUser,
    Subcategory,
)
from tables.staff import staff_role

Chosen = TypeVar("Chosen", bound=Base)


@dataclass(frozen=True, slots=True)
class OfficerChoice:
    """An officer who can be made responsible."""

    id: int
    name: str
    position: str
    department_id: int | None
    has_line: bool


def chosen(
    session: Session, kind: type[Chosen], row_id: int | None, field: str, code: str = "choice_required"
) -> Chosen:
    """Return the active row that was chosen; ``code`` is the message when none was.

    Raises:
        MissingField: nothing was chosen.
        InvalidField: the row is gone or switched off.
    """
    row = optional(session, kind, row_id, field)
    if row is None:
        raise MissingField(code, field=field)
    return row


def optional(session: Session, kind: type[Chosen], row_id: int | None, field: str) -> Chosen | None:
    """Return the active row that was chosen, or None when nothing was.

    Raises:
        InvalidField: the row is gone or switched off.
    """
    if row_id is None:
        return None
    row = session.get(kind, row_id)
    if row is None or not getattr(row, "is_active", True):
        raise InvalidField("choice_unknown", field=field)
    return row


def category_for(session: Session, actor: Actor, category_id: int | None, permission: Permission) -> Category:
    """Return the chosen main type; an officer of a department numbers in its own series only (000-12).

    Raises:
        InvalidField: nothing chosen, switched off, or of a department the permission does not reach.
    """
    category = chosen(session, Category, category_id, "category_id", "category_required")
    if not reaches_department(actor, permission, category.department_id):
        raise InvalidField(
            "category_of_other_department", field="category_id", department=category.department.name
        )
    return category


def subcategory_for(
    session: Session, subcategory_id: int | None, category: Category | None
) -> Subcategory | None:
    """Return the chosen subtype, None when none was.

    Raises:
        InvalidField: switched off, or a subtype of another main type.
    """
    subcategory = optional(session, Subcategory, subcategory_id, "subcategory_id")
    if subcategory is not None and category is not None and subcategory.category_id != category.id:
        raise InvalidField("subcategory_of_other_category", field="subcategory_id")
    return subcategory


def officer_for(session: Session, officer_id: int | None, category: Category | None) -> StaffUser | None:
    """Return the chosen officer, None when none was: of the main type's department or below it.

    Raises:
        InvalidField: gone, switched off, of another department, or without staff LINE where the
            municipality asks for it (000-58).
    """
    if officer_id is None:
        return None
    officer = session.get(StaffUser, officer_id)
    if officer is None:
        raise InvalidField("choice_unknown", field="assignee_id")
    if not officer.is_active:
        raise InvalidField("officer_inactive", field="assignee_id", name=officer.full_name)
    if category is not None and officer.department_id not in departments_below(
        session, category.department_id
    ):
        raise InvalidField("officer_of_other_department", field="assignee_id", name=officer.full_name)
    if read_setting(session, "officer_must_have_line") and not _is_on_line(officer):
        raise InvalidField("officer_without_line", field="assignee_id", name=officer.full_name)
    return officer


def officers_of(session: Session, department_ids: frozenset[int] | None) -> list[OfficerChoice]:
    """Return who can be made responsible, those of some departments or of all, by given name."""
    statement = (
        select(StaffUser, _has_line().label("has_line"))
        .where(StaffUser.is_active, StaffUser.department_id.is_not(None), _may_acknowledge())
        .order_by(StaffUser.first_name, StaffUser.id)
    )
    if department_ids is not None:
        statement = statement.where(StaffUser.department_id.in_(sorted(department_ids)))
    return [
        OfficerChoice(
            officer.id, officer.full_name, officer.position or "", officer.department_id, bool(has_line)
        )
        for officer, has_line in session.execute(statement)
    ]


def reaches_department(actor: Actor, permission: Permission, department_id: int | None) -> bool:
    """Tell whether a permission of the actor reaches a department's cases."""
    return actor.scope_of(permission) is Scope.ALL or department_id in actor.department_ids


def departments_below(session: Session, department_id: int | None) -> frozenset[int]:
    """Return a department's id with the ids of every part below it."""
    if department_id is None:
        return frozenset()
    parents = {row.id: row.parent_id for row in session.execute(select(Department.id, Department.parent_id))}
    found = {department_id}
    grown = True
    while grown:
        below = {child for child, parent in parents.items() if parent in found} - found
        grown = bool(below)
        found |= below
    return frozenset(found)


def _is_on_line(officer: StaffUser) -> bool:
    return any(
        account.channel is LineChannel.STAFF and account.state is not LineState.BLOCKED
        for account in officer.line_accounts
    )


def _has_line() -> ColumnElement[bool]:
    return exists().where(
        LineAccount.staff_user_id == StaffUser.id,
        LineAccount.channel == LineChannel.STAFF,
        LineAccount.state != LineState.BLOCKED,
    )


def _may_acknowledge() -> ColumnElement[bool]:
    return StaffUser.id.in_(
        select(staff_role.c.staff_user_id)
        .join(RoleGrant, RoleGrant.role_id == staff_role.c.role_id)
        .where(RoleGrant.permission == Permission.COMPLAINT_ACKNOWLEDGE.value)
    )


add_message(
    "category_of_other_department",
    thai="ประเภทนี้เป็นของ{department} บัญชีนี้ออกเลขให้ไม่ได้ กรุณาส่งให้หน่วยรับเรื่องกลาง",
    english="This type belongs to {department}; this account cannot issue its numbers",
)
add_message(
    "officer_without_line",
    thai="{name} ยังไม่ได้ลงทะเบียน LINE เจ้าหน้าที่ กรุณาเลือกผู้อื่น หรือให้ลงทะเบียนก่อน",
    english="{name} has not registered for staff LINE; choose somebody else or have them register first",
)
