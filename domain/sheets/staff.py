"""Officers from a file: known by their user name, written by the verbs of the account pages.

An account made so has no password; its owner gets a link from the account's page, as ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from domain import audit
from domain.accounts import (
    NewStaffUser,
    fill_staff_user,
    record_new_user,
    require_administrator_left,
)
from domain.errors import FieldChecks, Words
from domain.permissions import Permission
from domain.roles import require_roles_manageable
from domain.sheets.books import Book, Judged, missing, portions
from domain.sheets.columns import Choices, Column, Shape
from domain.sign_in import fold_username
from domain.staff_users import StaffCorrection, correct_staff_user
from models import AuditAction, Department, Role, SheetKind, StaffUser

_LINES: Final = ("title", "first_name", "last_name", "position", "email", "phone")
_VOLATILE: Final = frozenset({"created_at", "is_active", "username"})


def departments(session: Session) -> Choices:
    """Return the departments in use, by id."""
    wanted = select(Department).where(Department.is_active).order_by(Department.sort_order, Department.id)
    return [(row.code, Words(row.name, row.name_en or row.name)) for row in session.scalars(wanted)]


def roles(session: Session) -> Choices:
    """Return the roles in use."""
    wanted = select(Role).where(Role.is_active).order_by(Role.id)
    return [(row.code, Words(row.name, row.name_en or row.name)) for row in session.scalars(wanted)]


class StaffBook(Book):
    """เจ้าหน้าที่."""

    kind, table, key = SheetKind.STAFF, StaffUser, "username"
    rights = (Permission.STAFF_MANAGE,)
    silent = _VOLATILE
    most_rows = 2_000  # Each goes through the verbs of its page; no town has more.
    unkept = frozenset({"id", "language", "must_change_password"})
    columns: ClassVar[tuple[Column, ...]] = (
        Column(
            key="username",
            title="ชื่อผู้ใช้",
            required=True,
            example="somsri.t",
            help="a-z และตัวเลข 3 ถึง 40 ตัว ชื่อที่มีแล้วคือแก้ไขรายเดิม",
            aliases=("username", "user"),
        ),
        Column(key="title", title="คำนำหน้า", help="เช่น นาย นาง นางสาว", example="นางสาว"),
        Column(key="first_name", title="ชื่อ", required=True, help="ชื่อตัว", example="สมศรี"),
        Column(key="last_name", title="นามสกุล", help="นามสกุล", example="ตัวอย่างดี", aliases=("สกุล",)),
        Column(key="position", title="ตำแหน่ง", help="ชื่อตำแหน่ง", example="นายช่างโยธา"),
        Column(key="email", title="อีเมล", help="ที่อยู่อีเมล", example="somsri@example.com"),
        Column(
            key="phone",
            title="โทรศัพท์",
            shape=Shape.PHONE,
            help="เบอร์ติดต่อ",
            example="0812345678",
            aliases=("เบอร์โทรศัพท์", "มือถือ"),
        ),
        Column(
            key="department",
            field="department_id",
            title="หน่วยงาน",
            shape=Shape.CHOICE,
            choices=departments,
            help="ชื่อหรือรหัสหน่วยงาน",
            aliases=("สังกัด", "กอง"),
        ),
        Column(
            key="roles",
            title="บทบาท",
            shape=Shape.CHOICES,
            choices=roles,
            help="ชื่อหรือรหัสบทบาท",
            aliases=("สิทธิ์", "สิทธิ"),
        ),
    )

    @classmethod
    def folded(cls, column: str, value: Any) -> str:
        """Return the user name as it is stored."""
        return fold_username(str(value)) or str(value)[:100]

    def open(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Read the accounts of these names, and the choices."""
        names = {self.folded("username", values["username"]) for values in rows}
        self._known: dict[str, StaffUser] = {}
        for some in portions(sorted(names)):
            wanted = select(StaffUser).where(StaffUser.username.in_(some))
            found = self.session.scalars(
                (wanted.with_for_update(of=StaffUser) if self.writes else wanted).options(
                    selectinload(StaffUser.roles)
                )
            )
            self._known.update((user.username, user) for user in found)
        self._departments = {row.code: row.id for row in self.session.scalars(select(Department))}
        self._roles = {row.code: row.id for row in self.session.scalars(select(Role))}

    def judge(self, values: Mapping[str, Any]) -> Judged:
        """Make or correct one account by the verbs of its page, without adding it."""
        user = self._known.get(self.folded("username", values.get("username", "")))
        if user is None:
            return self._made(values)
        before = self.snapshot(user)
        facts = {name: values.get(name, getattr(user, name)) for name in _LINES}
        correction = StaffCorrection(
            **facts,
            department_id=self._department(values, user.department_id),
            role_ids=self._role_ids(values, tuple(role.id for role in user.roles)),
        )
        roles_before = _codes(user)
        told = correct_staff_user(self.session, self.actor, user, correction)
        judged = self.finish(user, before)
        judged.told = told
        if roles_before != _codes(user):
            judged.changes["roles"] = [roles_before, _codes(user)]
        return judged

    def settle(self, judged: Sequence[Judged]) -> None:
        """See that somebody is left who manages accounts and roles."""
        require_administrator_left(self.session)
        require_roles_manageable(self.session)

    def note(self, judged: Sequence[Judged]) -> None:
        """Write down each account as the verbs do."""
        for one in judged:
            if one.is_new:
                record_new_user(self.session, self.actor, one.row)
            else:
                audit.record(self.session, self.actor, AuditAction.UPDATE, one.row, changes=one.told)

    def put_back(self, row: Any, before: Mapping[str, Any], changes: Mapping[str, list[Any]]) -> None:
        """Correct the account back, by the verb of its page."""
        codes = changes.get("roles", [_codes(row)])[0]
        facts: dict[str, Any] = {name: before[name] for name in _LINES}
        correction = StaffCorrection(
            **facts,
            department_id=before["department_id"],
            role_ids=tuple(self._roles[code] for code in codes if code in self._roles),
        )
        correct_staff_user(self.session, self.actor, row, correction)

    def _made(self, values: Mapping[str, Any]) -> Judged:
        check = FieldChecks()
        for error in missing(self.columns, values):
            check.add(error)
        check.done()
        facts: dict[str, Any] = {name: values.get(name) for name in ("username", *_LINES)}
        entry = NewStaffUser(
            **facts,
            department_id=self._department(values, None),
            role_ids=self._role_ids(values, ()),
        )
        with self.session.no_autoflush:
            user = fill_staff_user(self.session, self.actor, entry)
        judged = self.finish(user, None)
        judged.changes["roles"] = judged.told["roles"] = [[], _codes(user)]
        return judged

    def _department(self, values: Mapping[str, Any], old: int | None) -> int | None:
        if "department" not in values:
            return old
        return self._departments[values["department"]] if values["department"] else None

    def _role_ids(self, values: Mapping[str, Any], old: tuple[int, ...]) -> tuple[int, ...]:
        if "roles" not in values:
            return old
        return tuple(self._roles[code] for code in values["roles"] or ())


def _codes(user: StaffUser) -> list[str]:
    return sorted(role.code for role in user.roles)
