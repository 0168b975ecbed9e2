"""Checks of the town itself: officers, members, types, departments, days off, messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from domain.clock import bangkok, buddhist_year, to_bangkok, today
from domain.clock import now as moment_now
from domain.data_doctor_parts import Check, Example, Found, example, listed
from domain.errors import Words
from domain.permissions import Permission
from domain.settings import read_setting
from domain.thai_calendar import thai_month
from domain.workflow import TRANSITIONS
from models import (
    Category,
    Complaint,
    ComplaintStatus,
    Department,
    Holiday,
    HolidayKind,
    LineAccount,
    LineChannel,
    LineState,
    Member,
    MessageTemplate,
    Role,
    RoleGrant,
    Scope,
    StaffUser,
    StatusKind,
    Subcategory,
)
from tables.staff import staff_role

SHARED_SHARE: Final = 0.25
"""Above a quarter the shared member is a habit of the counter, not a wish of the callers."""
SHARED_FROM: Final = 20
"""In a month with fewer complaints a share says nothing."""
MONTHS: Final = 3
NEXT_YEAR_FROM: Final = 10
"""In October the cabinet has long named the days off of the next year."""
FEWEST_HOLIDAYS: Final = 10
_AT_WORK: Final = [state for state in ComplaintStatus if state.kind in {StatusKind.OPEN, StatusKind.WAITING}]


class AtWork(NamedTuple):
    """An officer with open cases."""

    id: int
    username: str
    email: str | None
    is_active: bool
    open_cases: int


def busy_officers(session: Session) -> list[AtWork]:
    """Return the officers who have open or waiting cases, most first."""
    count = func.count(Complaint.id).label("count")
    rows = session.execute(
        select(StaffUser.id, StaffUser.username, StaffUser.email, StaffUser.is_active, count)
        .join(Complaint, Complaint.assignee_id == StaffUser.id)
        .where(Complaint.status.in_(_AT_WORK))
        .group_by(StaffUser.id)
        .order_by(count.desc(), StaffUser.id)
    )
    return [AtWork(*row) for row in rows]


def officers_off(session: Session) -> Found:
    """Officers who are switched off and still have open cases."""
    return listed([_officer(one) for one in busy_officers(session) if not one.is_active])


def officers_without_line(session: Session) -> Found:
    """Officers with open cases whom LINE does not reach."""
    reached = set(
        session.scalars(
            select(LineAccount.staff_user_id).where(
                LineAccount.channel == LineChannel.STAFF,
                LineAccount.staff_user_id.is_not(None),
                LineAccount.state != LineState.BLOCKED,
            )
        )
    )
    busy = [one for one in busy_officers(session) if one.is_active]
    return listed([_officer(one) for one in busy if one.id not in reached])


def officers_without_mail(session: Session) -> Found:
    """Officers with open cases without an address, in a town that writes letters."""
    if not read_setting(session, "mail_host"):
        return Found()
    busy = [one for one in busy_officers(session) if one.is_active]
    return listed([_officer(one) for one in busy if not one.email])


def shared_member_overused(session: Session) -> Found:
    """Months in which too many complaints were put down to the shared member."""
    shared = case((Member.is_shared, 1), else_=0)
    found: list[Example] = []
    for begins, ends in months_back(MONTHS):
        row = session.execute(
            select(func.count(), func.coalesce(func.sum(shared), 0))
            .select_from(Complaint)
            .outerjoin(Member, Member.id == Complaint.member_id)
            .where(
                Complaint.received_at >= begins,
                Complaint.received_at < ends,
                Complaint.external_source.is_(None),
            )
        ).one()
        count, theirs = int(row[0]), int(row[1])
        if count >= SHARED_FROM and theirs > count * SHARED_SHARE:
            first = to_bangkok(begins).date()
            name = f"{thai_month(first.month, style='short')} {buddhist_year(first)}"
            found.append(example("complaints", "", f"{name}: {theirs}/{count} ({theirs * 100 // count}%)"))
    return listed(found)


def months_back(count: int) -> Iterator[tuple[datetime, datetime]]:
    """Yield begin and end of the running month and those before it, in UTC."""
    day = today()
    year, month = day.year, day.month
    for _ in range(count):
        following = (year + month // 12, month % 12 + 1)
        yield bangkok(year, month, 1), bangkok(*following, 1)
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)


def subtypes_without_duration(session: Session) -> Found:
    """Subtypes in use for which nothing is promised."""
    rows = session.execute(
        select(Subcategory.id, Subcategory.code, Subcategory.name)
        .join(Category, Category.id == Subcategory.category_id)
        .where(Subcategory.is_active, Category.is_active, Subcategory.duration_max.is_(None))
        .order_by(Subcategory.code)
    )
    return listed([example("subcategory", row.id, f"{row.code} {row.name}") for row in rows])


def types_of_closed_departments(session: Session) -> Found:
    """Main types in use whose department is switched off."""
    rows = session.execute(
        select(Category.id, Category.code, Category.name)
        .join(Department, Department.id == Category.department_id)
        .where(Category.is_active, Department.is_active.is_(False))
        .order_by(Category.code)
    )
    return listed([example("category", row.id, f"{row.code} {row.name}") for row in rows])


def departments_without_head(session: Session) -> Found:
    """Departments with types of their own where nobody in them or above hears of results and late work."""
    return _departments_without(session, Permission.COMPLAINT_OVERSEE, everybody=False)


def departments_without_intake(session: Session) -> Found:
    """Departments with types of their own whose new complaints nobody accepts."""
    return _departments_without(session, Permission.COMPLAINT_ACCEPT, everybody=True)


def _departments_without(session: Session, permission: Permission, *, everybody: bool) -> Found:
    """Return departments with types for which nobody in the line holds a permission.

    With ``everybody``, one officer who sees to all departments is enough for all of them.
    """
    holders = session.execute(
        select(StaffUser.department_id, RoleGrant.scope)
        .join(staff_role, staff_role.c.staff_user_id == StaffUser.id)
        .join(Role, Role.id == staff_role.c.role_id)
        .join(RoleGrant, RoleGrant.role_id == Role.id)
        .where(_holds(permission))
        .distinct()
    ).all()
    if everybody and any(scope is Scope.ALL for _department, scope in holders):
        return Found()
    manned = {department for department, _scope in holders}
    parents = {row.id: row.parent_id for row in session.execute(select(Department.id, Department.parent_id))}
    rows = session.execute(
        select(Department.id, Department.name)
        .join(Category, Category.department_id == Department.id)
        .where(Department.is_active, Category.is_active)
        .distinct()
        .order_by(Department.name)
    )
    lost = [row for row in rows if not manned & _line_of(row.id, parents)]
    return listed([example("department", row.id, row.name) for row in lost])


def _holds(permission: Permission) -> ColumnElement[bool]:
    return and_(
        RoleGrant.permission == permission.value,
        RoleGrant.scope != Scope.OWN,
        Role.is_active,
        StaffUser.is_active,
    )


def _line_of(department_id: int, parents: dict[int, int | None]) -> set[int]:
    found: set[int] = set()
    up: int | None = department_id
    while up is not None and up not in found:
        found.add(up)
        up = parents.get(up)
    return found


def holidays_missing(session: Session) -> Found:
    """Years that are here, or near, whose days off nobody has entered."""
    day = to_bangkok(moment_now()).date()
    years = [day.year, day.year + 1] if day.month >= NEXT_YEAR_FROM else [day.year]
    missing = [year for year in years if _days_off(session, year) < FEWEST_HOLIDAYS]
    return listed([example("holiday", year, str(year + 543)) for year in missing])


def _days_off(session: Session, year: int) -> int:
    count = select(func.count()).where(
        Holiday.is_active,
        Holiday.kind != HolidayKind.WORKDAY,
        Holiday.holiday_date >= date(year, 1, 1),
        Holiday.holiday_date <= date(year, 12, 31),
    )
    return session.scalar(count) or 0


def messages_off(session: Session) -> Found:
    """Messages the way of a complaint sends that are switched off or gone."""
    wanted = {telling.template_key for row in TRANSITIONS for telling in row.tells}
    rows = session.execute(
        select(MessageTemplate.id, MessageTemplate.key, MessageTemplate.is_active).where(
            MessageTemplate.language == "th", MessageTemplate.key.in_(wanted)
        )
    ).all()
    off: list[Example] = [example("message_template", row.id, row.key) for row in rows if not row.is_active]
    gone = wanted - {row.key for row in rows}
    return listed([*off, *(example("message_templates", "", key) for key in sorted(gone))])


def _officer(officer: AtWork) -> Example:
    return example("staff_user", officer.id, f"{officer.username} ({officer.open_cases:,})")


TOWN_CHECKS: Final = (
    Check(
        code="officers_off",
        words=Words("บัญชีที่ปิดแล้วแต่ยังมีเรื่องค้าง", "Switched-off accounts with open cases"),
        means=Words(
            "ไม่มีใครทำเรื่องเหล่านี้ต่อ เปิดรายการเรื่องของเจ้าหน้าที่แล้วเปลี่ยนผู้รับผิดชอบ (ในวงเล็บคือจำนวนเรื่อง)",
            "Nobody works on those cases: give them to somebody else (in brackets: how many)",
        ),
        look=officers_off,
    ),
    Check(
        code="officers_without_line",
        words=Words("เจ้าหน้าที่ที่มีเรื่องค้างแต่ LINE ไปไม่ถึง", "Officers with open cases without LINE"),
        means=Words(
            "ยังไม่ได้ผูก LINE หรือบล็อกบัญชีของเรา จึงไม่ได้รับคำสั่งทันที ให้เจ้าหน้าที่ผูก LINE ที่หน้าบัญชีของตน",
            "Not linked, or they block our account: orders reach them late. Let them link LINE",
        ),
        look=officers_without_line,
    ),
    Check(
        code="officers_without_mail",
        words=Words("เจ้าหน้าที่ที่มีเรื่องค้างแต่ไม่มีอีเมล", "Officers with open cases without e-mail"),
        means=Words(
            "เทศบาลส่งอีเมลแจ้งงานอยู่ แต่คนเหล่านี้ไม่ได้รับ เพิ่มอีเมลในบัญชีเจ้าหน้าที่",
            "The town writes letters, but not to them. Add their addresses to the accounts",
        ),
        look=officers_without_mail,
    ),
    Check(
        code="shared_member",
        words=Words("ใช้สมาชิกกลางมากผิดปกติ", "The shared member is used too much"),
        means=Words(
            "เกิน 1 ใน 4 ของเรื่องในเดือน (เดือนที่มี 20 เรื่องขึ้นไป) สมาชิกกลางมีไว้สำหรับผู้ที่ไม่ประสงค์บอกชื่อ"
            " ถ้าใช้เพราะสะดวก ผู้แจ้งจะไม่ได้รับข่าวของเรื่อง ขอให้ถามเบอร์โทรก่อน",
            "More than a quarter of a month's cases (of 20 or more). It is for callers who give no name;"
            " used for convenience, nobody hears of his case. Ask for a phone number first",
        ),
        look=shared_member_overused,
    ),
    Check(
        code="subtypes_without_duration",
        words=Words("ประเภทย่อยที่ยังไม่กำหนดระยะเวลา", "Subtypes without a duration"),
        means=Words(
            "เรื่องประเภทนี้ไม่มีกำหนดเสร็จ จึงไม่มีการเตือนและไม่นับว่าเกินกำหนด กำหนดระยะเวลาในประเภทย่อย",
            "Nothing is promised for them, so nobody is reminded and nothing is late. Give them a duration",
        ),
        look=subtypes_without_duration,
    ),
    Check(
        code="types_of_closed_departments",
        words=Words("ประเภทหลักของหน่วยงานที่ปิดแล้ว", "Main types of departments that are off"),
        means=Words(
            "เรื่องใหม่จะไปถึงหน่วยงานที่ไม่มีแล้ว เปลี่ยนหน่วยงานของประเภทหลัก หรือปิดประเภทหลัก",
            "New complaints go to a department that is no more. Give the type another one or switch it off",
        ),
        look=types_of_closed_departments,
    ),
    Check(
        code="departments_without_head",
        words=Words("หน่วยงานที่ไม่มีหัวหน้าในระบบ", "Departments without a head"),
        means=Words(
            "ไม่มีใครในสายงานรู้ผลหรือรู้ว่าเรื่องล่าช้า ให้บทบาทที่มีสิทธิ์กำกับเรื่องแก่หัวหน้าของหน่วยงาน",
            "Nobody in the line hears of results or of late work. Give its head a role that oversees cases",
        ),
        look=departments_without_head,
    ),
    Check(
        code="departments_without_intake",
        words=Words("หน่วยงานที่ไม่มีผู้รับเรื่อง", "Departments without intake"),
        means=Words(
            "เรื่องใหม่ไม่มีใครรับและออกเลข ให้บทบาทที่มีสิทธิ์รับเรื่องแก่เจ้าหน้าที่ของหน่วยงานหรือหน่วยกลาง",
            "Nobody accepts its new complaints. Give somebody there, or at the centre, a role that accepts",
        ),
        look=departments_without_intake,
    ),
    Check(
        code="holidays_missing",
        words=Words("ยังไม่มีวันหยุดของปี", "Days off of a year are missing"),
        means=Words(
            "กำหนดเสร็จที่ข้ามไปปีนั้นจะนับวันหยุดเป็นวันทำการ เพิ่มวันหยุดราชการของปีนั้น",
            "Promises that reach into it count days off as working days. Enter its holidays",
        ),
        look=holidays_missing,
    ),
    Check(
        code="messages_off",
        words=Words("ข้อความที่ปิดไว้ แต่ขั้นตอนงานต้องส่ง", "Messages that are off though the work sends them"),
        means=Words(
            "ผู้รับจะไม่ได้ข่าวในขั้นตอนนั้น ถ้าไม่ได้ตั้งใจปิด ให้เปิดข้อความอีกครั้ง",
            "Nobody is told at that step. Switch the message on again unless that is meant",
        ),
        look=messages_off,
    ),
)
