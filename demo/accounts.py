"""The demo town's officers: the eight who sign in with one password, and their colleagues."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from config import DEMO_PASSWORD
from demo.staff import ACCOUNTS, COLLEAGUES, Officer
from domain.clock import now
from domain.passwords import hash_password
from domain.phones import normalise_phone
from models import Department, LineAccount, LineChannel, Role, StaffUser


def plant_accounts(session: Session) -> None:
    """Add the demo officers that are missing; the caller commits. Demo and tests only."""
    known = set(session.scalars(select(StaffUser.username)))
    departments = {row.code: row for row in session.scalars(select(Department))}
    roles = {row.code: row for row in session.scalars(select(Role))}
    password_hash = hash_password(DEMO_PASSWORD)
    for officer in (*ACCOUNTS, *COLLEAGUES):
        if officer.username in known:
            continue
        may_sign_in = officer in ACCOUNTS
        user = _officer(officer, departments, roles, password_hash if may_sign_in else None)
        session.add(user)
        session.flush()
        session.add(
            LineAccount(
                channel=LineChannel.STAFF,
                line_user_id=demo_line_id("staff", user.id),
                staff_user=user,
                bound_at=now(),
            )
        )


def demo_line_id(kind: str, row_id: int) -> str:
    """Return the LINE user id the stand-in knows a demo person by, in LINE's own form."""
    prefix = "a" if kind == "staff" else "c"
    return f"U{prefix}{row_id:031x}"


def _officer(
    officer: Officer, departments: dict[str, Department], roles: dict[str, Role], password_hash: str | None
) -> StaffUser:
    return StaffUser(
        username=officer.username,
        title=officer.title,
        first_name=officer.first_name,
        last_name=officer.last_name,
        position=officer.position,
        phone=normalise_phone(officer.phone, field="phone") if officer.phone else None,
        department=departments[officer.department],
        roles=[roles[officer.role]],
        password_hash=password_hash,
        recovery_hashes=[],
        created_at=now(),
    )
