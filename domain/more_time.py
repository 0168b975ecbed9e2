"""More time for a case: the officer asks, the head gives or refuses; the old promise stays in the event."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import bangkok_date
from domain.duty_clock import give_days
from domain.errors import FieldChecks, InvalidField, MissingField, add_message
from domain.moves import MAX_NOTE, already_done, begin_move, last_event, move, refuse_twin
from domain.setting_rules import BY_KEY
from domain.settings import read_setting
from domain.thai_text import required_text
from domain.workflow import Action
from models import Complaint, ComplaintEvent

MOST_DAYS = BY_KEY["longest_extension_days"].limits[1]
_TALK = (Action.ASK_MORE_TIME, Action.EXTEND, Action.REFUSE_MORE_TIME)


def ask_more_time(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    days: int | None,
    reason: str,
    expected_seq: int | None = None,
) -> Complaint:
    """Ask the head for more working days, with a reason.

    Raises:
        AlreadyDone: a request waits for its answer.
        InvalidField: ``extended_enough`` (003-29).
        FieldErrors: no days, too many, no reason, or nothing was promised.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.ASK_MORE_TIME, expected_seq)
    if pending_request(session, complaint) is not None:
        raise already_done(Action.ASK_MORE_TIME, last_event(session, complaint, Action.ASK_MORE_TIME))
    _refuse_too_many(session, complaint)
    wanted, why = _checked(session, complaint, days, reason)
    move(session, actor, complaint, transition, note=why, facts={"days": wanted})
    return complaint


def extend(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    days: int | None,
    reason: str,
    expected_seq: int | None = None,
) -> Complaint:
    """Give more working days, asked for or not; officer and citizen are told the new day.

    The days count from the promised day, or from today when that has passed.

    Raises:
        AlreadyDone: the same was given a moment ago.
        InvalidField: ``extended_enough`` (003-29).
        FieldErrors: no days, too many, no reason, or nothing was promised.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.EXTEND, expected_seq)
    refuse_twin(session, actor, complaint, Action.EXTEND, lambda last: last.facts.get("days") == days)
    _refuse_too_many(session, complaint)
    wanted, why = _checked(session, complaint, days, reason)
    was = complaint.due_at
    due = give_days(session, complaint, wanted)
    facts = {
        "days": wanted,
        "was_due": bangkok_date(was).isoformat() if was else None,
        "due": bangkok_date(due).isoformat(),
    }
    move(session, actor, complaint, transition, note=why, facts=facts)
    return complaint


def refuse_more_time(
    session: Session, actor: Actor, complaint_id: int, *, reason: str, expected_seq: int | None = None
) -> Complaint:
    """Refuse the request for more time that waits.

    Raises:
        AlreadyDone: it was refused before.
        InvalidField: nobody asked.
        FieldErrors: no reason.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.REFUSE_MORE_TIME, expected_seq)
    last = _last_word(session, complaint)
    if last is not None and last.kind is Action.REFUSE_MORE_TIME:
        raise already_done(Action.REFUSE_MORE_TIME, last)
    if pending_request(session, complaint) is None:
        raise InvalidField("no_time_request", field="reason")
    check = FieldChecks()
    with check:
        why = required_text(reason, "reason_required", max_length=MAX_NOTE, field="reason")
    check.done()
    move(session, actor, complaint, transition, note=why)
    return complaint


def pending_request(session: Session, complaint: Complaint) -> ComplaintEvent | None:
    """Return the request for more time that nobody has answered yet.

    The request of an officer who is not responsible any more has lapsed.
    """
    last = _last_word(session, complaint)
    if last is None or last.kind is not Action.ASK_MORE_TIME:
        return None
    return last if last.staff_user_id == complaint.assignee_id else None


def _last_word(session: Session, complaint: Complaint) -> ComplaintEvent | None:
    """Return the latest of what was asked, given and refused."""
    return session.scalars(
        select(ComplaintEvent)
        .where(
            ComplaintEvent.complaint_id == complaint.id,
            ComplaintEvent.kind.in_(_TALK),
            ComplaintEvent.undone_at.is_(None),
        )
        .order_by(ComplaintEvent.id.desc())
        .limit(1)
    ).first()


def pending_among(events: Iterable[ComplaintEvent]) -> ComplaintEvent | None:
    """Return the same from a case's events, newest first, without asking the database."""
    last = next((one for one in events if one.kind in _TALK and one.undone_at is None), None)
    return last if last is not None and last.kind is Action.ASK_MORE_TIME else None


def extensions_given(session: Session, complaint: Complaint) -> int:
    """Return how often the promise of now was extended; opening a case again begins a new one."""
    statement = select(func.count(ComplaintEvent.id)).where(
        ComplaintEvent.complaint_id == complaint.id,
        ComplaintEvent.kind == Action.EXTEND,
        ComplaintEvent.undone_at.is_(None),
    )
    if complaint.clock_started_at is not None:
        statement = statement.where(ComplaintEvent.at >= complaint.clock_started_at)
    return session.scalar(statement) or 0


def _refuse_too_many(session: Session, complaint: Complaint) -> None:
    most = int(read_setting(session, "most_extensions"))
    if extensions_given(session, complaint) >= most:
        raise InvalidField("extended_enough", field="days", most=most)


def _checked(session: Session, complaint: Complaint, days: int | None, reason: str) -> tuple[int, str]:
    most = int(read_setting(session, "longest_extension_days"))
    check = FieldChecks()
    with check:
        if complaint.due_at is None:
            raise InvalidField("nothing_promised", field="days")
        if days is None:
            raise MissingField("days_required", field="days")
        if not 1 <= days <= most:
            raise InvalidField("number_out_of_range", field="days", min=1, max=most)
    with check:
        why = required_text(reason, "reason_required", max_length=MAX_NOTE, field="reason")
    check.done()
    return days or 0, why


add_message(
    "nothing_promised",
    thai="เรื่องนี้ยังไม่มีกำหนดแล้วเสร็จ จึงขยายเวลาไม่ได้",
    english="No day was promised for this case, so there is nothing to extend",
)
add_message(
    "extended_enough",
    thai="เรื่องนี้ขยายเวลาครบ {most} ครั้งแล้ว ขยายอีกไม่ได้ (จำนวนครั้งตั้งได้ในหน้า ตั้งค่า › เวลาทำการและกำหนดเวลา)",
    english="This case was extended {most} times already, which is all the settings allow",
)
add_message(
    "days_required",
    thai="กรุณาใส่จำนวนวันทำการ",
    english="Give the number of working days",
)
add_message(
    "no_time_request",
    thai="ไม่มีคำขอขยายเวลาที่รอพิจารณา",
    english="No request for more time is waiting",
)
