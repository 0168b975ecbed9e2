"""Taking back one's own last act within some seconds, before anybody was told (decisions.md 6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.duty_clock import undo_pause
from domain.errors import AlreadyDone, DomainError, IllegalTransition, NotFound, NotPermitted, add_message
from domain.merging import undo_merge, undo_unmerge
from domain.moves import action_words, lock_complaint, move
from domain.papers import request_copy
from domain.search import complaint_search_text
from domain.settings import read_setting
from domain.snapshots import remember, restore
from domain.workflow import TRANSITIONS, Action, transition_for
from models import (
    ActionResult,
    Assignment,
    Attachment,
    Complaint,
    ComplaintEvent,
    DeliveryState,
    Job,
    Notification,
    OutboxMessage,
    Outcome,
)

# What is written beside the acts, such as a look at personal data, does not stand in the way of undo.
_ACTS = frozenset(row.action for row in TRANSITIONS)


class UndoRefused(DomainError):
    """The act cannot be taken back any more; nothing was changed."""

    default_code = "undo_too_late"


def undo(session: Session, actor: Actor, complaint_id: int, *, event_id: int) -> Complaint:
    """Take back the actor's own last act: the columns, the rows beside, and the messages that wait.

    An issued number stays with the case. The photos of the act wait under ``undone_token`` for the next try.

    Args:
        session: Inside a write transaction.
        actor: Its author, whatever he may see now.
        complaint_id: Which complaint.
        event_id: The act.

    Raises:
        NotFound: no such act of this case.
        NotPermitted: somebody else's act.
        AlreadyDone: it was taken back before.
        UndoRefused: its seconds are over, something happened since, or a message is on its way.
    """
    complaint = session.scalars(
        select(Complaint)
        .where(Complaint.id == complaint_id)
        .with_for_update(of=Complaint)
        .execution_options(populate_existing=True)
    ).one_or_none()
    event = session.get(ComplaintEvent, event_id, populate_existing=True)
    if complaint is None or event is None or event.complaint_id != complaint.id:
        raise NotFound("complaint_not_found")
    if event.staff_user_id is None or event.staff_user_id != actor.staff_user_id:
        lock_complaint(session, actor, complaint_id)  # Outside his scope it is not there, as for every act.
        raise NotPermitted("undo_not_author")
    messages = _messages(session, event, lock=True)
    _check(session, complaint, event, messages)
    _stop_messages(session, event, messages)
    remember(complaint)
    if event.kind in _BESIDES:
        _BESIDES[event.kind](session, complaint, event)
    undo_pause(session, event)
    event.undone_at = now()
    session.flush()
    restore(complaint, event.before or {})  # Written together with the status, as the table's checks want it.
    facts = {"event_id": event.id, "action": event.kind.value}
    row = transition_for(Action.UNDO)
    target = event.from_status
    # What moved no button makes none stale when it is taken back.
    has_moved = event.from_status is not event.to_status or "assignee_id" in (event.before or {})
    undone = move(session, actor, complaint, row, target=target, facts=facts, reassigned=has_moved)
    session.refresh(complaint)
    complaint.search_text = complaint_search_text(complaint)
    if _drop_copies(session, complaint, event):
        request_copy(session, complaint, undone.id)
    return complaint


def undoable_event(session: Session, actor: Actor, complaint: Complaint) -> ComplaintEvent | None:
    """Return the act this officer could take back now; None when there is none."""
    last = _last_act(session, complaint)
    if last is None or last.staff_user_id is None or last.staff_user_id != actor.staff_user_id:
        return None
    try:
        _check(session, complaint, last, _messages(session, last))
    except DomainError:
        return None
    return last


def undone_token(event: ComplaintEvent) -> str:
    """Return the form token under which the photos of an undone act wait."""
    return f"undone-{event.id:012d}"


def _check(
    session: Session, complaint: Complaint, event: ComplaintEvent, messages: list[OutboxMessage]
) -> None:
    if event.undone_at is not None:
        raise AlreadyDone(
            "already_done", action=action_words(Action.UNDO), who=event.actor_name, at=event.undone_at
        )
    if event.kind not in _ACTS or not transition_for(event.kind).undoable or event.before is None:
        raise IllegalTransition("undo_impossible", action=action_words(event.kind))
    seconds = int(read_setting(session, "undo_hold_seconds"))
    if now() - event.at > timedelta(seconds=seconds):
        raise UndoRefused(seconds=seconds)
    last = _last_act(session, complaint)
    if last is None or last.id != event.id:
        raise UndoRefused("undo_not_last")
    if any(row.state is not DeliveryState.READY for row in messages):
        raise UndoRefused("undo_sent")


def _last_act(session: Session, complaint: Complaint) -> ComplaintEvent | None:
    return session.scalars(
        select(ComplaintEvent)
        .where(
            ComplaintEvent.complaint_id == complaint.id,
            ComplaintEvent.kind.in_(_ACTS - {Action.UNDO}),
            ComplaintEvent.undone_at.is_(None),
        )
        .order_by(ComplaintEvent.id.desc())
        .limit(1)
    ).first()


def _messages(session: Session, event: ComplaintEvent, *, lock: bool = False) -> list[OutboxMessage]:
    rows = select(OutboxMessage).where(OutboxMessage.event_id == event.id).order_by(OutboxMessage.id)
    if lock:  # A page that only asks must not stand in the worker's way.
        rows = rows.with_for_update()
    return list(session.scalars(rows.execution_options(populate_existing=True)))


def _stop_messages(session: Session, event: ComplaintEvent, messages: list[OutboxMessage]) -> None:
    for row in messages:
        row.state = DeliveryState.CANCELLED
    bells = select(Notification).where(
        Notification.complaint_id == event.complaint_id, Notification.created_at >= event.at
    )
    for bell in session.scalars(bells):
        if bell.facts.get("event_id") == event.id:
            session.delete(bell)


def _drop_copies(session: Session, complaint: Complaint, event: ComplaintEvent) -> bool:
    """Cancel the copy the act asked for; tell whether one was made or is being made."""
    jobs = session.scalars(
        select(Job).where(Job.dedupe_key == f"copy:{complaint.id}:{event.id}").with_for_update()
    ).all()
    waiting = [job for job in jobs if job.state is DeliveryState.READY]
    for job in waiting:
        job.state = DeliveryState.CANCELLED
    return len(waiting) < len(jobs)


def _give_photos_back(session: Session, complaint: Complaint, event: ComplaintEvent) -> None:
    wanted = event.facts.get("attachment_ids", [])
    for photo in session.scalars(select(Attachment).where(Attachment.id.in_(wanted))):
        photo.complaint_id = photo.result_id = None
        photo.draft_token = undone_token(event)


def _forget_assignment(session: Session, complaint: Complaint, event: ComplaintEvent) -> None:
    row = session.get(Assignment, event.facts["assignment_id"])
    if row is not None and row.complaint_id == complaint.id:
        session.delete(row)


def _forget_result(session: Session, complaint: Complaint, event: ComplaintEvent) -> None:
    _give_photos_back(session, complaint, event)
    session.flush()
    result = session.get(ActionResult, event.facts["result_id"])
    if result is not None:
        session.delete(result)


def _uncorrect_result(session: Session, complaint: Complaint, event: ComplaintEvent) -> None:
    _give_photos_back(session, complaint, event)
    result = session.get(ActionResult, event.facts["result_id"])
    if result is None:
        return
    was = event.facts["was"]
    result.result_text = was["result_text"]
    result.done_date = result.done_date.fromisoformat(was["done_date"])
    result.outcome = Outcome(was["outcome"])
    result.corrected_at = None


def _bring_attachment_back(session: Session, complaint: Complaint, event: ComplaintEvent) -> None:
    photo = session.get(Attachment, event.facts["attachment_id"])
    if photo is not None:
        photo.removed_at = photo.removed_by_id = photo.remove_reason = None


_BESIDES: dict[Action, Callable[[Session, Complaint, ComplaintEvent], None]] = {
    Action.DIRECT: _forget_assignment,
    Action.REASSIGN: _forget_assignment,
    Action.RECORD_RESULT: _forget_result,
    Action.CORRECT_RESULT: _uncorrect_result,
    Action.ANSWER: _give_photos_back,
    Action.ADD_EVIDENCE: _give_photos_back,
    Action.REMOVE_ATTACHMENT: _bring_attachment_back,
    Action.MERGE: undo_merge,
    Action.UNMERGE: undo_unmerge,
}


add_message(
    "undo_too_late",
    thai="เกิน {seconds} วินาทีแล้ว เลิกทำไม่ได้ ใช้การทำรายการใหม่แทน",
    english="More than {seconds} seconds have passed; it cannot be undone, act again instead",
)
add_message(
    "undo_not_last",
    thai="มีการทำรายการอื่นต่อจากรายการนี้แล้ว จึงเลิกทำไม่ได้",
    english="Something was done since; this act cannot be undone",
)
add_message(
    "undo_sent",
    thai="ข้อความแจ้งเริ่มส่งแล้ว จึงเลิกทำไม่ได้",
    english="A message is on its way already; this act cannot be undone",
)
add_message(
    "undo_not_author",
    thai="เลิกทำได้เฉพาะผู้ที่ทำรายการนี้",
    english="Only who did it can undo it",
)
add_message(
    "undo_impossible",
    thai="“{action}” เลิกทำไม่ได้",
    english="“{action}” cannot be undone",
)
