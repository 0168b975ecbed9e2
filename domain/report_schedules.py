"""รายงานประจำ: reports made by themselves, for each recipient by his own rights and never with personal data.

A schedule is the owner's. Where he is gone or may no longer have reports made, it stops. What was missed
while the server was down is made once, when it is up again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Select, false, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.audit import record
from domain.clock import BANGKOK, bangkok_date, fiscal_year_of, now, to_bangkok
from domain.errors import InvalidField, MissingField, NotFound, NotPermitted, Words, add_message
from domain.lookups import Lookups
from domain.officer_files import add_file_job
from domain.permissions import Permission, require
from domain.staff_actor import actor_of_staff
from domain.thai_text import clean_text
from models import AuditAction, JobKind, Notification, ReportSchedule, Role, ScheduleEvery, Scope, StaffUser

MAX_NAME: Final = 120
MOST_RECIPIENTS: Final = 30
LAST_DAY: Final = {ScheduleEvery.DAY: 1, ScheduleEvery.WEEK: 7, ScheduleEvery.MONTH: 28}
"""Every month has a 28th: a schedule never skips February."""
STOPPED_KEY: Final = "report_schedule_stopped"

add_message(
    "schedule_day_out_of_range",
    thai="วันที่ของรายงานประจำต้องอยู่ระหว่าง 1 ถึง {last}",
    english="The day lies between 1 and {last}",
)
add_message(
    "schedule_hour_out_of_range",
    thai="เวลาต้องอยู่ระหว่าง 0 ถึง 23 นาฬิกา",
    english="The hour lies between 0 and 23",
)
add_message(
    "schedule_recipients_many",
    thai="ส่งได้ครั้งละไม่เกิน {most} คน",
    english="No more than {most} recipients",
)
add_message(
    "schedule_recipient_without_right",
    thai="{names} ไม่มีสิทธิ์รับรายงานนี้ หรืออยู่นอกหน่วยงานของท่าน",
    english="{names} may not have this report, or is not of your department",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleEntry:
    """What an officer set.

    Attributes:
        name: Becomes the title of the file.
        report: A key of the register of reports.
        permission: What that report asks of who gets it.
        arguments: The filter as in an address, without years.
        file_type: Format.
        every: How often.
        on_day: Of the month or the week, Monday is 1.
        at_hour: On the Bangkok clock.
        recipient_ids: Officers.
    """

    name: str
    report: str
    permission: Permission
    arguments: Mapping[str, str]
    file_type: str
    every: ScheduleEvery
    on_day: int
    at_hour: int
    recipient_ids: Sequence[int]


def own_schedules(session: Session, actor: Actor) -> list[ReportSchedule]:
    """Return the schedules the actor may see and change: his own, with reach over all everybody's."""
    return list(session.scalars(_own(actor).order_by(ReportSchedule.id)))


def schedule_of(session: Session, actor: Actor, schedule_id: int) -> ReportSchedule:
    """Return one of them.

    Raises:
        NotFound: there is none, or it is another's.
    """
    found = session.scalars(_own(actor).where(ReportSchedule.id == schedule_id)).one_or_none()
    if found is None:
        raise NotFound
    return found


def _own(actor: Actor) -> Select[ReportSchedule]:
    scope = actor.scope_of(Permission.REPORT_SCHEDULE)
    if scope is Scope.ALL:
        return select(ReportSchedule)
    mine = ReportSchedule.owner_id == actor.staff_user_id if scope else false()
    return select(ReportSchedule).where(mine)


def possible_recipients(
    session: Session, actor: Actor, lookups: Lookups, permission: Permission
) -> dict[int, str]:
    """Return, by id, the names of active officers within the actor's reach who may have such a report."""
    scope = actor.scope_of(Permission.REPORT_SCHEDULE)
    able = [role for role, grants in lookups.role_grants.items() if permission.value in grants]
    holders = select(StaffUser).where(StaffUser.is_active, StaffUser.roles.any(Role.id.in_(able)))
    if scope is not Scope.ALL:
        holders = holders.where(StaffUser.department_id.in_(sorted(actor.department_ids)))
    ids = {officer.id for officer in session.scalars(holders)}
    return {row.id: row.name for row in lookups.staff.values() if row.id in ids}


def save_schedule(
    session: Session, actor: Actor, lookups: Lookups, entry: ScheduleEntry, schedule_id: int | None = None
) -> ReportSchedule:
    """Add a schedule, or change one; it runs from its next turn on.

    Raises:
        NotPermitted: the actor may have no reports made by themselves, or not this one.
        NotFound: the one to change is another's.
        InvalidField: a field cannot be taken.
    """
    require(actor, Permission.REPORT_SCHEDULE)
    require(actor, entry.permission)
    name = clean_text(entry.name, max_length=MAX_NAME, field="name", multiline=False, required=True)
    _check_turn(entry)
    recipients = _checked_recipients(session, actor, lookups, entry)
    schedule = ReportSchedule() if schedule_id is None else schedule_of(session, actor, schedule_id)
    if schedule_id is None and actor.staff_user_id is not None:
        schedule.owner_id = actor.staff_user_id
    schedule.name, schedule.report, schedule.file_type = name, entry.report, entry.file_type
    schedule.arguments, schedule.recipient_ids = dict(entry.arguments), recipients
    schedule.every, schedule.on_day, schedule.at_hour = entry.every, entry.on_day, entry.at_hour
    schedule.next_run_at = next_turn(entry.every, entry.on_day, entry.at_hour, now())
    schedule.is_active = True
    session.add(schedule)
    session.flush()
    action = AuditAction.CREATE if schedule_id is None else AuditAction.UPDATE
    record(session, actor, action, schedule, changes={"report": entry.report, "recipients": recipients})
    return schedule


def _check_turn(entry: ScheduleEntry) -> None:
    last = LAST_DAY[entry.every]
    if not 1 <= entry.on_day <= last:
        raise InvalidField("schedule_day_out_of_range", field="on_day", last=last)
    if not 0 <= entry.at_hour <= 23:
        raise InvalidField("schedule_hour_out_of_range", field="at_hour")


def _checked_recipients(session: Session, actor: Actor, lookups: Lookups, entry: ScheduleEntry) -> list[int]:
    wanted = list(dict.fromkeys(entry.recipient_ids))
    if not wanted:
        raise MissingField(field="recipient_ids")
    if len(wanted) > MOST_RECIPIENTS:
        raise InvalidField("schedule_recipients_many", field="recipient_ids", most=MOST_RECIPIENTS)
    able = possible_recipients(session, actor, lookups, entry.permission)
    missing = [one for one in wanted if one not in able]
    if missing:
        known = [lookups.staff[one].name for one in missing if one in lookups.staff]
        names = ", ".join(known) or "–"
        raise InvalidField("schedule_recipient_without_right", field="recipient_ids", names=names)
    return wanted


def switch_schedule(session: Session, actor: Actor, schedule_id: int, *, is_active: bool) -> ReportSchedule:
    """Stop a schedule, or let it run again from its next turn on.

    Raises:
        NotPermitted: the actor may have no reports made by themselves.
        NotFound: it is another's.
    """
    require(actor, Permission.REPORT_SCHEDULE)
    schedule = schedule_of(session, actor, schedule_id)
    schedule.is_active = is_active
    schedule.next_run_at = next_turn(schedule.every, schedule.on_day, schedule.at_hour, now())
    record(session, actor, AuditAction.UPDATE, schedule, changes={"is_active": is_active})
    return schedule


def next_turn(every: ScheduleEvery, on_day: int, at_hour: int, after: datetime) -> datetime:
    """Return the first turn after a moment, on the Bangkok wall clock."""
    day = bangkok_date(after)
    for _ in range(32):
        turn = datetime.combine(day, time(at_hour), BANGKOK)
        if turn > after and _falls_on(every, on_day, turn):
            break
        day += timedelta(days=1)
    return turn


def _falls_on(every: ScheduleEvery, on_day: int, turn: datetime) -> bool:
    if every is ScheduleEvery.WEEK:
        return turn.isoweekday() == on_day
    return every is ScheduleEvery.DAY or turn.day == on_day


def report_year(turn: datetime) -> int:
    """Return the fiscal year a turn reports on: that of the day before, so that 1 October closes the year."""
    return fiscal_year_of(to_bangkok(turn).date() - timedelta(days=1))


# When the time has come -------------------------------------------------------------------------------------


def write_due(
    session: Session,
    lookups: Lookups,
    permission_of: Callable[[str], Permission | None],
    worded: Callable[[Mapping[str, str]], list[list[str]]],
) -> int:
    """Ask for the files of every schedule whose turn has come; return how many files.

    Args:
        session: Inside a write transaction; the caller commits.
        lookups: Names and rights.
        permission_of: What a report asks of who gets it; None for one that is no longer there.
        worded: A schedule's filter in words.
    """
    due = select(ReportSchedule).where(ReportSchedule.is_active, ReportSchedule.next_run_at <= now())
    files = 0
    for schedule in session.scalars(due.with_for_update(of=ReportSchedule, skip_locked=True)).all():
        turn = schedule.next_run_at
        schedule.last_run_at = now()
        schedule.next_run_at = next_turn(schedule.every, schedule.on_day, schedule.at_hour, now())
        permission = permission_of(schedule.report)
        if permission is None or not _still_may(session, lookups, schedule, permission):
            _stop(session, schedule)
            continue
        words = worded(schedule.arguments)
        for staff_user_id in schedule.recipient_ids:
            if _may(session, lookups, staff_user_id, permission):
                add_file_job(session, JobKind.REPORT_FILE, _wanted(schedule, turn, words), staff_user_id)
                files += 1
    return files


def _wanted(schedule: ReportSchedule, turn: datetime, words: list[list[str]]) -> dict[str, Any]:
    return {
        "title": schedule.name,
        "report": schedule.report,
        "args": {**schedule.arguments, "year": str(report_year(turn))},
        "filters": words,
        "file_type": schedule.file_type,
        "reason": "",
        "reveals": False,
        "schedule_id": schedule.id,
    }


def _still_may(session: Session, lookups: Lookups, schedule: ReportSchedule, permission: Permission) -> bool:
    """Tell whether the owner may still have this report made."""
    both = (Permission.REPORT_SCHEDULE, permission)
    return all(_may(session, lookups, schedule.owner_id, one) for one in both)


def _may(session: Session, lookups: Lookups, staff_user_id: int, permission: Permission) -> bool:
    try:
        return actor_of_staff(session, staff_user_id, "worker", lookups=lookups).can(permission)
    except NotPermitted:  # He has left.
        return False


def _stop(session: Session, schedule: ReportSchedule) -> None:
    """Stop a schedule nobody answers for any more, and say so to its owner."""
    schedule.is_active = False
    session.add(
        Notification(
            staff_user_id=schedule.owner_id,
            template_key=STOPPED_KEY,
            facts={"title": schedule.name},
            created_at=now(),
        )
    )
    record(
        session, Actor.system("report_schedules"), AuditAction.UPDATE, schedule, changes={"is_active": False}
    )


WEEKDAYS: Final = (
    *(Words("วันจันทร์", "Monday"), Words("วันอังคาร", "Tuesday"), Words("วันพุธ", "Wednesday")),
    *(Words("วันพฤหัสบดี", "Thursday"), Words("วันศุกร์", "Friday")),
    *(Words("วันเสาร์", "Saturday"), Words("วันอาทิตย์", "Sunday")),
)


def turn_words(every: ScheduleEvery, on_day: int, at_hour: int, language: str = "th") -> str:
    """Say when a schedule runs: ทุกวันที่ 1 เวลา 07:00 น."""
    english = language == "en"
    clock = f"{at_hour:02}:00"
    if every is ScheduleEvery.DAY:
        return f"Every day at {clock}" if english else f"ทุกวัน เวลา {clock}\u00a0น."
    if every is ScheduleEvery.WEEK:
        day = WEEKDAYS[on_day - 1][1 if english else 0]
        return f"Every {day} at {clock}" if english else f"ทุก{day} เวลา {clock}\u00a0น."
    return f"On day {on_day} of the month at {clock}" if english else f"ทุกวันที่ {on_day} เวลา {clock}\u00a0น."
