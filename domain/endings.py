"""How a case ends, and how it is opened again."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.choices import chosen
from domain.clock import now, today
from domain.errors import FieldChecks, InvalidField
from domain.moves import MAX_NOTE, action_words, begin_move, last_event, move
from domain.promises import promise_again
from domain.routing import at_the_intake, resume
from domain.settings import read_setting
from domain.thai_text import clean_text, required_text
from domain.workflow import Action
from models import Channel, Complaint, ComplaintStatus, EventKind, StatusKind

S = ComplaintStatus


def close(session: Session, actor: Actor, complaint_id: int, *, expected_seq: int | None = None) -> Complaint:
    """Close a resolved complaint (ปิดเรื่อง)."""
    complaint, transition = begin_move(session, actor, complaint_id, Action.CLOSE, expected_seq)
    complaint.closed_at = now()
    move(session, actor, complaint, transition)
    return complaint


def reject(
    session: Session, actor: Actor, complaint_id: int, *, reason: str, expected_seq: int | None = None
) -> Complaint:
    """Decline a complaint with a reason that says who is in charge instead; the citizen reads it.

    Raises:
        FieldErrors: no reason.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.REJECT, expected_seq)
    check = FieldChecks()
    with check:
        text = required_text(reason, "reason_required", max_length=MAX_NOTE, field="reason")
    check.done()
    complaint.reject_reason = text
    move(session, actor, complaint, transition, note=text)
    return complaint


def withdraw(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    channel_id: int | None = None,
    note: str = "",
    expected_seq: int | None = None,
) -> Complaint:
    """Withdraw a case: by the citizen, or by staff on his word, saying how he told them.

    Raises:
        FieldErrors: staff named no channel or wrote no note.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.WITHDRAW, expected_seq)
    check = FieldChecks()
    facts: dict[str, str] = {}
    with check:
        if actor.kind == "staff":
            facts["channel"] = chosen(session, Channel, channel_id, "channel_id").name
    with check:
        clean = required_text if actor.kind == "staff" else _optional_text
        words = clean(note, "note_required", max_length=MAX_NOTE, field="note")
    check.done()
    move(session, actor, complaint, transition, note=words or None, facts=facts)
    return complaint


def reopen(
    session: Session, actor: Actor, complaint_id: int, *, reason: str, expected_seq: int | None = None
) -> Complaint:
    """Open a case again: a finished one with a new promise, a declined or withdrawn one where it stood.

    Raises:
        FieldErrors: no reason, or the citizen's days are over.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.REOPEN, expected_seq)
    check = FieldChecks()
    with check:
        _check_window(session, actor, complaint)
    with check:
        why = required_text(reason, "reason_required", max_length=MAX_NOTE, field="reason")
    check.done()
    facts = {"was_due": complaint.due_at.isoformat() if complaint.due_at else None}
    facts["was_promised"] = complaint.promised_text
    target = _state_after(session, complaint)
    move(session, actor, complaint, transition, target=target, note=why, facts=facts, reassigned=True)
    return complaint


def _state_after(session: Session, complaint: Complaint) -> ComplaintStatus:
    """Prepare the case for the state it is opened into, and return that state."""
    status = complaint.status
    complaint.closed_at = None
    if complaint.due_at is not None or status.kind is StatusKind.DONE:
        promise_again(session, complaint)
    if status is S.REJECTED:
        complaint.reject_reason = None
        return at_the_intake(complaint)
    if status is S.WITHDRAWN:
        return state_before(session, complaint, Action.WITHDRAW)
    complaint.outcome = None
    complaint.reopen_count += 1
    return resume(complaint)


def state_before(session: Session, complaint: Complaint, action: Action) -> ComplaintStatus:
    """Return the state a case was in before its latest act of a kind."""
    last = last_event(session, complaint, action)
    if last is None or last.from_status is None:
        return at_the_intake(complaint)
    return last.from_status


def _check_window(session: Session, actor: Actor, complaint: Complaint) -> None:
    """A citizen may open a finished or declined case for some days; a withdrawn one is his own doing."""
    if actor.kind != "member" or complaint.status.kind is StatusKind.WITHDRAWN:
        return
    if is_too_late_to_reopen(session, complaint):
        days = int(read_setting(session, "reopen_days"))
        raise InvalidField("window_passed", field="reason", days=days, action=action_words(Action.REOPEN))


def is_too_late_to_reopen(session: Session, complaint: Complaint) -> bool:
    """Tell whether the citizen's days are over: those of the setting, and the day a reminder named to him."""
    ended = complaint.finished_at
    if ended is None or complaint.status.kind is StatusKind.WITHDRAWN:
        return False
    if now() - ended <= timedelta(days=int(read_setting(session, "reopen_days"))):
        return False
    reminder = last_event(session, complaint, EventKind.REMINDED)
    until = reminder.facts.get("until") if reminder is not None and reminder.at >= ended else None
    return until is None or today() > date.fromisoformat(until)


def _optional_text(text: str, _code: str, *, max_length: int, field: str) -> str:
    return clean_text(text, max_length=max_length, field=field)
