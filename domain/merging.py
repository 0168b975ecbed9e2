"""One trouble told twice: duplicates joined with their original and parted again, and who follows it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.endings import state_before
from domain.errors import AlreadyDone, FieldChecks, InvalidField, MissingField, NotFound, add_message
from domain.moves import MAX_NOTE, action_words, begin_move, lock_complaint, move, note_event
from domain.permissions import require
from domain.thai_text import required_text
from domain.workflow import Action, transition_for
from models import Complaint, ComplaintEvent, ComplaintFollower, ComplaintStatus, Member, StatusKind

UNFIT = frozenset({StatusKind.MERGED, StatusKind.REJECTED, StatusKind.WITHDRAWN})


def merge(
    session: Session,
    actor: Actor,
    complaint_id: int,
    *,
    original_id: int | None,
    expected_seq: int | None = None,
) -> Complaint:
    """Join a duplicate with its original; its complainant and followers follow the original from now on.

    Both rows are locked in the order of their ids, so that two clerks who join them with each other come one
    after the other.

    Raises:
        NotFound: the case, or the original, lies outside the actor's scope; then the centre does it.
        FieldErrors: no original, this case itself, or one that is itself a duplicate, declined or withdrawn.
    """
    if original_id is None:
        raise MissingField("original_required", field="original_id")
    if original_id == complaint_id:
        raise InvalidField("original_is_this", field="original_id")
    both = sorted({complaint_id, original_id})
    _lock_all(session, complaint_id, both)
    locked = {row_id: _lock(session, actor, row_id, original_id) for row_id in both}
    complaint, transition = begin_move(session, actor, complaint_id, Action.MERGE, expected_seq)
    original = locked[original_id]
    if original.status.kind in UNFIT:
        raise InvalidField("original_unfit", field="original_id", number=str(original))
    joined_before = select(Complaint).where(Complaint.duplicate_of_id == complaint.id).order_by(Complaint.id)
    children = session.scalars(joined_before.execution_options(populate_existing=True)).all()
    for child in children:
        child.duplicate_of_id = original.id
    followers = _hand_over_followers(session, complaint, original)
    complaint.duplicate_of_id = original.id
    facts = {
        "original": str(original),
        "original_id": original.id,
        "child_ids": [child.id for child in children],
        "follower_ids": followers,
    }
    joined = note_event(session, actor, original, Action.MERGE, facts={"joined": str(complaint)})
    session.flush()
    move(session, actor, complaint, transition, facts={**facts, "joined_event_id": joined.id})
    return complaint


def _lock_all(session: Session, complaint_id: int, ids: list[int]) -> None:
    """Lock the two cases and the duplicates that will move along, in the order of their ids."""
    rows = select(Complaint.id).where(or_(Complaint.id.in_(ids), Complaint.duplicate_of_id == complaint_id))
    session.execute(rows.order_by(Complaint.id).with_for_update())


def _lock(session: Session, actor: Actor, complaint_id: int, original_id: int) -> Complaint:
    try:
        return lock_complaint(session, actor, complaint_id)
    except NotFound:
        if complaint_id == original_id:
            raise NotFound("original_out_of_reach", field="original_id") from None
        raise


def _hand_over_followers(session: Session, complaint: Complaint, original: Complaint) -> list[int]:
    """Let complainant and followers of a duplicate follow the original; return the new rows' ids.

    A follower who came with an earlier duplicate keeps that one's name: parting it takes him away again.
    """
    wanted = {row.member_id: row.from_complaint_id or complaint.id for row in complaint.followers}
    if complaint.member is not None and not complaint.member.is_shared:
        wanted[complaint.member.id] = complaint.id
    known = {row.member_id for row in original.followers} | {original.member_id}
    rows = [
        ComplaintFollower(
            complaint_id=original.id, member_id=member_id, since=now(), from_complaint_id=came_with
        )
        for member_id, came_with in wanted.items()
        if member_id not in known
    ]
    session.add_all(rows)
    session.flush()
    session.expire(original, ["followers"])
    return [row.id for row in rows]


def unmerge(
    session: Session, actor: Actor, complaint_id: int, *, reason: str, expected_seq: int | None = None
) -> Complaint:
    """Part a duplicate from its original; it goes on where it stood, its followers come back with it.

    Raises:
        FieldErrors: no reason.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.UNMERGE, expected_seq)
    check = FieldChecks()
    with check:
        why = required_text(reason, "reason_required", max_length=MAX_NOTE, field="reason")
    check.done()
    original = session.get(Complaint, complaint.duplicate_of_id)
    facts: dict[str, Any] = {"original": str(original or ""), "original_id": complaint.duplicate_of_id}
    came = select(ComplaintFollower).where(ComplaintFollower.from_complaint_id == complaint.id)
    gone = session.scalars(came).all()
    facts["followers"] = [[row.complaint_id, row.member_id] for row in gone]
    for row in gone:
        session.delete(row)
    target = state_before(session, complaint, Action.MERGE)
    session.flush()
    complaint.duplicate_of_id = None  # Only now: a duplicate without its original cannot be written.
    move(session, actor, complaint, transition, target=target, note=why, facts=facts)
    return complaint


def follow(session: Session, actor: Actor, complaint_id: int, *, member_id: int | None = None) -> Complaint:
    """Let a member hear of a case as its complainant does: himself, or by the counter on his word.

    Raises:
        NotFound: the case lies outside an officer's scope, or cannot be followed.
        AlreadyDone: he follows it, or brought it himself.
    """
    complaint, member = _followable(session, actor, complaint_id, member_id, Action.FOLLOW)
    if member.id == complaint.member_id or _follower(session, complaint, member) is not None:
        raise AlreadyDone("already_done", action=action_words(Action.FOLLOW), who=member.full_name, at=now())
    session.add(ComplaintFollower(complaint=complaint, member=member, since=now()))
    note_event(session, actor, complaint, Action.FOLLOW, facts={"member_id": member.id})
    return complaint


def unfollow(session: Session, actor: Actor, complaint_id: int, *, member_id: int | None = None) -> Complaint:
    """Stop telling a member of a case; when he does not follow it nothing changes."""
    complaint, member = _followable(session, actor, complaint_id, member_id, Action.UNFOLLOW)
    gone = session.execute(
        delete(ComplaintFollower).where(
            ComplaintFollower.complaint_id == complaint.id, ComplaintFollower.member_id == member.id
        )
    )
    session.expire(complaint, ["followers"])
    if gone.rowcount:  # type: ignore[attr-defined]
        note_event(session, actor, complaint, Action.UNFOLLOW, facts={"member_id": member.id})
    return complaint


def _followable(
    session: Session, actor: Actor, complaint_id: int, member_id: int | None, action: Action
) -> tuple[Complaint, Member]:
    """Return case and member: a citizen may follow any case that stands, an officer adds to one in reach."""
    row = transition_for(action)
    if actor.kind == "staff" and row.permission is not None:
        require(actor, row.permission)
        complaint: Complaint | None = lock_complaint(session, actor, complaint_id)
    else:
        complaint = session.get(Complaint, complaint_id, populate_existing=True, with_for_update=True)
        member_id = actor.member_id
    member = session.get(Member, member_id) if member_id is not None else None
    if complaint is None or complaint.status not in row.sources:
        raise NotFound("complaint_not_found")
    if member is None or member.is_shared or not member.is_active:
        raise NotFound("member_not_found")
    return complaint, member


def _follower(session: Session, complaint: Complaint, member: Member) -> ComplaintFollower | None:
    return session.scalars(
        select(ComplaintFollower).where(
            ComplaintFollower.complaint_id == complaint.id, ComplaintFollower.member_id == member.id
        )
    ).one_or_none()


def undo_merge(session: Session, complaint: Complaint, event: ComplaintEvent) -> None:
    """Take back what a merge did to other rows: children, followers, the original's note."""
    children = select(Complaint).where(
        Complaint.id.in_(event.facts["child_ids"]),
        Complaint.status == ComplaintStatus.DUPLICATE,  # One that was parted meanwhile stands by itself.
    )
    for child in session.scalars(children.order_by(Complaint.id).with_for_update()):
        child.duplicate_of_id = complaint.id
    wanted = ComplaintFollower.id.in_(event.facts["follower_ids"])
    session.execute(delete(ComplaintFollower).where(wanted))
    joined = session.get(ComplaintEvent, event.facts["joined_event_id"])
    if joined is not None:
        joined.undone_at = now()


def undo_unmerge(session: Session, complaint: Complaint, event: ComplaintEvent) -> None:
    """Give the original the followers back that left it."""
    for original_id, member_id in event.facts["followers"]:
        twin = select(ComplaintFollower.id).where(
            ComplaintFollower.complaint_id == original_id, ComplaintFollower.member_id == member_id
        )
        if session.scalar(twin) is not None:  # He began to follow it himself meanwhile.
            continue
        session.add(
            ComplaintFollower(
                complaint_id=original_id, member_id=member_id, since=now(), from_complaint_id=complaint.id
            )
        )


add_message(
    "original_required",
    thai="กรุณาเลือกเรื่องเดิมที่จะรวมด้วย",
    english="Choose the original to join it with",
)
add_message(
    "original_is_this",
    thai="เลือกเรื่องนี้เองไม่ได้ กรุณาเลือกเรื่องเดิม",
    english="A case cannot be joined with itself; choose the original",
)
add_message(
    "original_unfit",
    thai="เรื่อง {number} เป็นเรื่องซ้ำ ไม่รับ หรือถอนไปแล้ว กรุณาเลือกเรื่องเดิมที่ยังอยู่",
    english="{number} is itself a duplicate, declined or withdrawn; choose a case that stands",
)
add_message(
    "original_out_of_reach",
    thai="ไม่พบเรื่องเดิมในหน่วยงานของคุณ กรุณาให้หน่วยรับเรื่องกลางรวมให้",
    english="The original is not within your reach; ask the central unit to join them",
)
