"""Roles and their grants: changed as a whole, checked so that somebody can always change them back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.errors import DomainError, InvalidField, add_message
from domain.permissions import Permission
from models import Role, RoleGrant, Scope, StaffUser
from tables.staff import staff_role

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,39}", re.ASCII)

# Which rights can be narrowed: those over complaints and over what hangs on a complaint or a department.
NARROWABLE: Final = frozenset(
    {"complaint", "member", "report", "delivery", "map", "staff", "document", "receipt"}
)

add_message(
    "role_code_shape",
    thai="รหัสบทบาทใช้ a-z ตัวเลข และ _ 2 ถึง 40 ตัว ขึ้นต้นด้วยตัวอักษร",
    english="A role's code has 2 to 40 letters a-z, digits or _, and begins with a letter",
)
add_message(
    "grant_unknown",
    thai="ไม่มีสิทธิ์ “{permission}” ขอบเขต “{scope}” ในระบบ",
    english="There is no right “{permission}” with the reach “{scope}”",
)
add_message(
    "nobody_manages_roles",
    thai="ทำรายการนี้ไม่ได้ เพราะจะไม่เหลือผู้ดูแลที่จัดการทั้งบัญชีและบทบาทได้",
    english="Nobody would be left who may manage both accounts and roles",
)


def scopes_of(permission: Permission) -> tuple[Scope, ...]:
    """Return the reaches a right can be given with, narrowest first."""
    return tuple(Scope) if permission.value.partition(":")[0] in NARROWABLE else (Scope.ALL,)


def read_grants(chosen: Mapping[str, str]) -> dict[str, Scope]:
    """Return the grants a form or file names; an empty reach grants nothing.

    Raises:
        InvalidField: ``grant_unknown``.
    """
    grants: dict[str, Scope] = {}
    for permission, scope in chosen.items():
        if not scope:
            continue
        known = permission in set(Permission) and scope in {
            s.value for s in scopes_of(Permission(permission))
        }
        if not known:
            raise InvalidField("grant_unknown", field="grants", permission=permission[:60], scope=scope[:20])
        grants[permission] = Scope(scope)
    return grants


def set_grants(role: Role, grants: Mapping[str, Scope]) -> dict[str, list[Any]]:
    """Make a role hold exactly these grants; return what changed, for the audit log."""
    changes: dict[str, list[Any]] = {}
    present = {grant.permission: grant for grant in role.grants}
    for permission in sorted(present.keys() | grants.keys()):
        grant, wanted = present.get(permission), grants.get(permission)
        before = grant.scope.value if grant else None
        if before == (wanted.value if wanted else None):
            continue
        changes[permission] = [before, wanted.value if wanted else None]
        if wanted is None and grant is not None:
            role.grants.remove(grant)
        elif grant is not None and wanted is not None:
            grant.scope = wanted
        elif wanted is not None:
            role.grants.append(RoleGrant(permission=permission, scope=wanted))
    return changes


def check_role(session: Session, actor: Actor, role: Role) -> None:
    """Check a role's code.

    Raises:
        InvalidField: ``role_code_shape``.
    """
    if not _CODE.fullmatch(role.code or ""):
        raise InvalidField("role_code_shape", field="code")


def require_roles_manageable(session: Session) -> None:
    """Raise if the changes of this transaction leave nobody who may manage both accounts and roles.

    The flush moves the look-up stamp, which makes two such transactions wait for each other.

    Raises:
        DomainError: ``nobody_manages_roles``; the caller's transaction must be rolled back.
    """
    session.flush()
    holders = (
        select(StaffUser.id)
        .join(staff_role, staff_role.c.staff_user_id == StaffUser.id)
        .join(Role, Role.id == staff_role.c.role_id)
        .join(RoleGrant, RoleGrant.role_id == Role.id)
        .where(
            StaffUser.is_active,
            StaffUser.password_hash.is_not(None),
            Role.is_active,
            RoleGrant.permission.in_([Permission.STAFF_MANAGE.value, Permission.ROLE_MANAGE.value]),
            RoleGrant.scope == Scope.ALL,
        )
        .group_by(StaffUser.id)
        .having(func.count(RoleGrant.permission.distinct()) == 2)
    )
    if session.scalar(holders.limit(1)) is None:
        raise DomainError("nobody_manages_roles")
