"""What the case page shows: header, next action, photos, timeline with the fate of messages, the cards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from flask_babel import gettext as _
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from admin_views.case_clock import Promise, case_promise
from admin_views.case_papers import Shelf, shelf_of
from admin_views.case_timeline import Moment, case_events, case_timeline
from admin_views.complaint_place import map_links
from admin_views.identity import current_lookups
from domain.actor import Actor
from domain.clock import now
from domain.coordinates import Coordinates
from domain.errors import NotFound
from domain.more_time import pending_among
from domain.papers import papers_of
from domain.permissions import Permission, may, scope_complaints
from domain.phones import mask_phone
from domain.questions import answers_of
from domain.reachability import Reach, reach_of
from domain.settings import DEFAULTS
from domain.sight import sees_person
from domain.undoing import undoable_event
from domain.waiting import can_be_asked
from domain.workflow import Action, allowed_actions
from models import (
    Attachment,
    AttachmentStage,
    Complaint,
    ComplaintEvent,
    ComplaintFollower,
    ComplaintStatus,
    LineChannel,
    QuestionAnswer,
    Zone,
)

NEXT: dict[ComplaintStatus, tuple[Action, ...]] = {
    ComplaintStatus.SUBMITTED: (Action.ACCEPT,),
    ComplaintStatus.ACCEPTED: (Action.DIRECT,),
    ComplaintStatus.DIRECTED: (Action.ACKNOWLEDGE, Action.RECORD_RESULT),
    ComplaintStatus.ACKNOWLEDGED: (Action.START, Action.RECORD_RESULT),
    ComplaintStatus.AWAITING_CITIZEN: (Action.ANSWER,),
    ComplaintStatus.AWAITING_PLAN: (Action.TAKE_OFF_PLAN, Action.RECORD_RESULT),
    ComplaintStatus.REFERRED_OUT: (Action.RETURN_FROM_REFERRAL, Action.RECORD_RESULT),
    ComplaintStatus.RESOLVED: (Action.CLOSE,),
}
"""The big button of each state: the first of these the officer may press; elsewhere the result."""

IN_FRONT = (
    *(Action.RECORD_RESULT, Action.ACKNOWLEDGE, Action.START, Action.DIRECT, Action.REFUSE_MORE_TIME),
    *(
        Action.ASK_CITIZEN,
        Action.CORRECT_RESULT,
        Action.HAND_BACK,
        Action.FORWARD,
        Action.REOPEN,
        Action.NOTE,
    ),
)
"""What stands beside the big button while there is room, in this order; the others are one press away."""
FRONT_ROOM = 3
PHOTO_RIGHTS = (Permission.COMPLAINT_EVIDENCE, Permission.COMPLAINT_CORRECT)
TIMED = frozenset({ComplaintStatus.ACKNOWLEDGED, ComplaintStatus.IN_PROGRESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """Everything the page shows besides its forms."""

    complaint: Complaint
    promise: Promise
    actions: list[Action]
    next_action: Action | None
    front: list[Action]
    more: list[Action]
    undo: ComplaintEvent | None
    undo_seconds: int
    time_request: ComplaintEvent | None
    question: ComplaintEvent | None
    duplicates: list[Complaint]
    related: list[Complaint]
    original: Complaint | None
    answers: Sequence[QuestionAnswer]
    followers: int
    before: list[Attachment]
    after: list[Attachment]
    shelf: Shelf
    timeline: list[Moment]
    complainant: str
    phone: str
    reach: Reach | None
    may_reveal: bool
    may_print: bool
    may_edit: bool
    may_change_photos: bool
    may_remove_photos: bool
    sees_person: bool
    links: dict[str, str] | None


@cache
def _case_with_names() -> Select[tuple[Complaint]]:
    """Return the statement of the page, put together once: that costs more than running it."""
    return select(Complaint).options(
        defer(Complaint.search_text),
        joinedload(Complaint.member),
        joinedload(Complaint.channel),
        joinedload(Complaint.road),
        joinedload(Complaint.zone).defer(Zone.boundary),
        joinedload(Complaint.community),
        joinedload(Complaint.category),
        joinedload(Complaint.subcategory),
        joinedload(Complaint.department),
        joinedload(Complaint.assignee),
        joinedload(Complaint.created_by),
        selectinload(Complaint.attachments),
        selectinload(Complaint.results),
        selectinload(Complaint.ratings),
    )


def find_case(session: Session, actor: Actor, public_code: str) -> Complaint | None:
    """Return the complaint of a code if it lies within the officer's reach, with what its page names."""
    wanted = _case_with_names().where(Complaint.public_code == public_code[:20])
    found: Complaint | None = session.scalar(scope_complaints(wanted, actor))
    return found


def case_page(session: Session, actor: Actor, complaint: Complaint) -> CasePage:
    """Gather what the page shows; only reads."""
    events = case_events(session, complaint)
    time_request = pending_among(events)
    actions = _offered(actor, complaint, asked=time_request is not None)
    next_action = _next(complaint.status, actions)
    front = [one for one in IN_FRONT if one in actions and one is not next_action][:FRONT_ROOM]
    undo = undoable_event(session, actor, complaint) if _acted_just_now(actor, events) else None
    ties = _ties(session, actor, complaint)
    by_stage: dict[AttachmentStage, list[Attachment]] = defaultdict(list)
    for attachment in complaint.attachments:
        by_stage[attachment.stage].append(attachment)
    seen = sees_person(actor, complaint)
    member = complaint.member
    reachable = complaint.callback_phone or (member.phone if member and not member.is_shared else None)
    return CasePage(
        complaint=complaint,
        promise=case_promise(session, complaint, events),
        actions=actions,
        next_action=next_action,
        front=front,
        more=[one for one in actions if one is not next_action and one not in front],
        undo=undo,
        undo_seconds=_seconds_left(undo),
        time_request=time_request if complaint.status in TIMED else None,
        question=_question(complaint, events),
        duplicates=[one for one in ties if one.duplicate_of_id == complaint.id],
        original=next((one for one in ties if one.id == complaint.duplicate_of_id), None),
        related=[one for one in ties if complaint.id == one.parent_id or one.id == complaint.parent_id],
        answers=answers_of(session, complaint.id),
        followers=_follower_count(session, complaint, events),
        before=by_stage[AttachmentStage.BEFORE],
        after=by_stage[AttachmentStage.AFTER],
        shelf=shelf_of(actor, complaint, papers_of(session, complaint.id), events),
        timeline=case_timeline(session, complaint, events, seen),
        complainant=_complainant(complaint, seen),
        phone=mask_phone(reachable) if reachable else "",
        reach=reach_of(member.line_accounts, LineChannel.CITIZEN)
        if member and not member.is_shared
        else None,
        may_reveal=may(actor, Permission.MEMBER_REVEAL, complaint) and reachable is not None,
        may_edit=may(actor, Permission.COMPLAINT_UPDATE, complaint),
        may_change_photos=any(may(actor, right, complaint) for right in PHOTO_RIGHTS),
        may_remove_photos=may(actor, Permission.COMPLAINT_REMOVE_ATTACHMENT, complaint),
        may_print=may(actor, Permission.COMPLAINT_PRINT, complaint),
        sees_person=seen,
        links=map_links(_pin(complaint)),
    )


def moved_case(
    session: Session, actor: Actor, public_code: str, event_id: int | None = None
) -> ComplaintEvent:
    """Return the officer's own act that may still be undone, wherever the case is now.

    Raises:
        NotFound: no such case, or no such act of his; he cannot tell which.
    """
    complaint = session.scalar(select(Complaint).where(Complaint.public_code == public_code[:20]))
    if complaint is None:
        raise NotFound("complaint_not_found")
    if event_id is None:
        event = undoable_event(session, actor, complaint)
    else:
        event = session.get(ComplaintEvent, event_id)
    if event is None or event.complaint_id != complaint.id or event.staff_user_id != actor.staff_user_id:
        raise NotFound("complaint_not_found")
    return event


def _offered(actor: Actor, complaint: Complaint, *, asked: bool) -> list[Action]:
    """Return what the officer may do, without what has no sense right now; ``asked``: time was asked for."""
    hidden = {Action.ASK_MORE_TIME if asked else Action.REFUSE_MORE_TIME}
    if not can_be_asked(complaint):
        hidden.add(Action.ASK_CITIZEN)
    if complaint.due_at is None:
        hidden |= {Action.ASK_MORE_TIME, Action.EXTEND}
    return [row.action for row in allowed_actions(actor, complaint) if row.action not in hidden]


def _acted_just_now(actor: Actor, events: Sequence[ComplaintEvent]) -> bool:
    """Tell whether asking for an act to undo can find one."""
    recent = now() - timedelta(minutes=10)  # Longer than any town lets messages wait.
    return any(one.staff_user_id == actor.staff_user_id and one.at > recent for one in events[:3])


def _seconds_left(event: ComplaintEvent | None) -> int:
    if event is None:
        return 0
    seconds = int(current_lookups().setting("undo_hold_seconds", DEFAULTS["undo_hold_seconds"]))
    return max(0, int((event.at + timedelta(seconds=seconds) - now()).total_seconds()))


def _question(complaint: Complaint, events: Sequence[ComplaintEvent]) -> ComplaintEvent | None:
    if complaint.status is not ComplaintStatus.AWAITING_CITIZEN:
        return None
    return next((one for one in events if one.kind is Action.ASK_CITIZEN and one.undone_at is None), None)


def _ties(session: Session, actor: Actor, complaint: Complaint) -> list[Complaint]:
    """Return duplicates, original and related cases, as far as they are within reach."""
    tied = [Complaint.duplicate_of_id == complaint.id, Complaint.parent_id == complaint.id]
    tied += [Complaint.id == one for one in (complaint.duplicate_of_id, complaint.parent_id) if one]
    wanted = scope_complaints(select(Complaint).where(or_(*tied)), actor)
    # Sorted here: asked for an order, SQLite walks the whole table in it instead of using two indexes.
    return sorted(session.scalars(wanted), key=lambda one: one.id)


def _follower_count(session: Session, complaint: Complaint, events: Sequence[ComplaintEvent]) -> int:
    """Count them where an event tells that there were any: most cases save the statement."""
    if not any(event.kind in {Action.FOLLOW, Action.MERGE} for event in events):
        return 0
    wanted = select(func.count()).where(ComplaintFollower.complaint_id == complaint.id)
    return session.scalar(wanted) or 0


def _next(status: ComplaintStatus, actions: list[Action]) -> Action | None:
    wanted = NEXT.get(status, (Action.RECORD_RESULT,))
    return next((action for action in wanted if action in actions), None)


def _complainant(complaint: Complaint, seen: bool) -> str:
    if complaint.member is None:
        return _("ผู้แจ้งทาง LINE (ไม่ได้ลงทะเบียน)") if complaint.reporter_account_id else _("ไม่ระบุชื่อ")
    return complaint.member.full_name if seen or complaint.member.is_shared else _("ปกปิดข้อมูล")


def _pin(complaint: Complaint) -> Coordinates | None:
    if complaint.latitude is None or complaint.longitude is None:
        return None
    return Coordinates(complaint.latitude, complaint.longitude)
