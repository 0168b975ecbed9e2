"""The parts of the municipality below one another, with who works there and what they answer for."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from domain.permissions import Permission
from models import Category, Department, Role, RoleGrant, StaffUser
from tables.staff import staff_role


@dataclass(slots=True)
class Part:
    """One department with what hangs below it; ``heads`` are the officers who oversee its cases."""

    department: Department
    officers: int = 0
    heads: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    below: list[Part] = field(default_factory=list)


def department_tree(session: Session) -> list[Part]:
    """Return the topmost parts, each with those below it, in their order; switched-off ones come last."""
    rows = session.scalars(
        select(Department).order_by(Department.is_active.desc(), Department.sort_order, Department.id)
    ).all()
    parts = {row.id: Part(row) for row in rows}
    counts = select(StaffUser.department_id, func.count()).where(StaffUser.is_active)
    for department_id, count in session.execute(counts.group_by(StaffUser.department_id)):
        if department_id in parts:
            parts[department_id].officers = count
    for head in session.scalars(_heads()).unique():
        if head.department_id in parts:
            parts[head.department_id].heads.append(head.full_name)
    for category in session.scalars(select(Category).where(Category.is_active).order_by(Category.sort_order)):
        parts[category.department_id].categories.append(category.code)
    tops: list[Part] = []
    for part in parts.values():
        above = parts.get(part.department.parent_id or 0)
        (above.below if above is not None else tops).append(part)
    return tops


def _heads() -> Select[StaffUser]:
    return (
        select(StaffUser)
        .join(staff_role, staff_role.c.staff_user_id == StaffUser.id)
        .join(Role, Role.id == staff_role.c.role_id)
        .join(RoleGrant, RoleGrant.role_id == Role.id)
        .where(
            StaffUser.is_active, Role.is_active, RoleGrant.permission == Permission.COMPLAINT_OVERSEE.value
        )
        .order_by(StaffUser.id)
    )
