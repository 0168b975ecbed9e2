"""Complaints on the desk: entries in the right shape, cases brought to the state a test begins in."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from helpers.people import actor_named, officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import complaints as verbs
from domain.actor import Actor
from domain.attachments import StoredFile, hold_photo
from domain.clock import now, today
from domain.complaints import acknowledge, close, record_result, reject, start
from domain.registration import Entry, register, submit
from domain.vault import Vault
from models import (
    AttachmentStage,
    Category,
    Channel,
    Complaint,
    ComplaintStatus,
    LineAccount,
    LineChannel,
    Member,
    Outcome,
    Subcategory,
)

S = ComplaintStatus
STORY = "ถนนเป็นหลุมหน้าโรงเรียน ขอให้มาซ่อม"
_count = itertools.count(1)


def token() -> str:
    """Return a form token no other form of the run has."""
    return f"form-token-{next(_count):06d}"


def member_of(session: Session, phone: str = "+66812345678", *, line: bool = True) -> Member:
    """Return a citizen, with LINE unless told otherwise; made once per phone."""
    known = session.scalars(select(Member).where(Member.phone == phone)).one_or_none()
    if known is not None:
        return known
    member = Member(phone=phone, title="นาย", first_name="สมชาย", last_name="ใจดี", created_at=now())
    member.address_text, member.house_no = "12/3 ซ.สุขใจ ต.ในเมือง", "12/3"
    session.add(member)
    session.flush()
    if line:
        session.add(
            LineAccount(
                channel=LineChannel.CITIZEN,
                line_user_id=f"U{member.id:032x}",
                member=member,
                bound_at=now(),
            )
        )
        session.flush()
    return member


def subtype(session: Session, code: str = "ช.(1)") -> Subcategory:
    return session.scalars(select(Subcategory).where(Subcategory.code == code)).one()


def category(session: Session, code: str = "ช.") -> Category:
    return session.scalars(select(Category).where(Category.code == code)).one()


def plain_subtype(session: Session, code: str = "ฟ.") -> Subcategory:
    """Return a subtype of the engineers' whose result needs no photo."""
    rows = session.scalars(select(Subcategory).order_by(Subcategory.id))
    return next(row for row in rows if row.category.code == code and not row.needs_photo)


def entry_of(session: Session, **changes: Any) -> Entry:
    """Return a good entry for the engineers, ordered to ``officer``; override what the test is about."""
    kind = plain_subtype(session)
    facts: dict[str, Any] = {
        "form_token": token(),
        "story": STORY,
        "member_id": member_of(session).id,
        "channel_id": session.scalars(select(Channel.id).where(Channel.code == "phone")).one(),
        "category_id": kind.category_id,
        "subcategory_id": kind.id,
        "assignee_id": officer_named(session, "officer").id,
    }
    return Entry(**{**facts, **changes})


def register_case(app: Flask, session: Session, who: str = "clerk", **changes: Any) -> Complaint:
    vault: Vault = app.extensions["vault"]
    return register(session, actor_named(session, who), vault, entry_of(session, **changes))


def submitted_case(app: Flask, session: Session, **changes: Any) -> Complaint:
    """Return a complaint a citizen handed in, named to the engineers so that their clerk may take it."""
    member = member_of(session)
    entry = entry_of(session, assignee_id=None, **changes)
    case = submit(session, Actor.member(member.id, member.full_name), app.extensions["vault"], entry)
    case.department_id = category(session, "ฟ.").department_id
    session.flush()
    return case


def hold(session: Session, actor: Actor, form: str, stage: AttachmentStage, mark: str = "a") -> None:
    """Let a form hold a photo whose files need not be there."""
    stored = StoredFile(
        storage_key=f"aa/{mark}.jpg",
        preview_key=f"aa/{mark}-small.jpg",
        media_type="image/jpeg",
        byte_size=10,
        sha256=mark * 8,
    )
    hold_photo(session, actor, form, stage, stored)
    session.flush()


def bring_to(app: Flask, session: Session, state: ComplaintStatus) -> Complaint:
    """Return a case of the engineers in a state, led there by the verbs; waiting states are set by hand."""
    if state is S.SUBMITTED:
        return submitted_case(app, session)
    if state is S.ACCEPTED:
        return register_case(app, session, assignee_id=None, subcategory_id=None)
    if state is S.REJECTED:
        case = submitted_case(app, session)
        return reject(session, actor_named(session, "clerk"), case.id, reason="อยู่ในความดูแลของแขวงทางหลวง")
    case = register_case(app, session)
    for step in STEPS_TO.get(state, ()):
        step(session, case.id)
    if state in {S.AWAITING_CITIZEN, S.AWAITING_PLAN, S.REFERRED_OUT, S.WITHDRAWN, S.DUPLICATE}:
        case.duplicate_of_id = register_case(app, session).id if state is S.DUPLICATE else None
        setattr(case, "status", state)  # noqa: B010 - the verbs that lead here come later
        case.figure = state.figure
        session.flush()
    assert case.status is state
    return case


def _acknowledge(session: Session, case_id: int) -> None:
    acknowledge(session, actor_named(session, "officer"), case_id)


def _start(session: Session, case_id: int) -> None:
    start(session, actor_named(session, "officer"), case_id)


def _finish(session: Session, case_id: int) -> None:
    record_result(session, actor_named(session, "officer"), case_id, **result_facts())


def _close(session: Session, case_id: int) -> None:
    close(session, actor_named(session, "clerk"), case_id)


STEPS_TO: dict[ComplaintStatus, tuple[Callable[[Session, int], None], ...]] = {
    S.ACKNOWLEDGED: (_acknowledge,),
    S.IN_PROGRESS: (_acknowledge, _start),
    S.RESOLVED: (_acknowledge, _start, _finish),
    S.CLOSED: (_acknowledge, _start, _finish, _close),
}


def result_facts(**changes: Any) -> dict[str, Any]:
    """Return what recording a result asks for."""
    facts: dict[str, Any] = {
        "done_date": today(),
        "result_text": "กลบหลุมและเทยางมะตอยแล้ว",
        "outcome": Outcome.FIXED,
        "photo_token": token(),
    }
    return {**facts, **changes}


def press(session: Session, who: str, case: Complaint, action: str, **changes: Any) -> Complaint:
    """Do an action as an officer with what it needs."""
    actor = actor_named(session, who)
    needs: dict[str, dict[str, Any]] = {
        "accept": {"category_id": category(session, "ฟ.").id},
        "direct": {
            "subcategory_id": plain_subtype(session).id,
            "assignee_id": officer_named(session, "officer").id,
        },
        "record_result": result_facts(),
        "reject": {"reason": "ไม่อยู่ในเขตเทศบาล ติดต่อ อบต. บ้านเป็ด"},
    }
    verb = getattr(verbs, action)
    done: Complaint = verb(session, actor, case.id, **{**needs.get(action, {}), **changes})
    return done


def days_ago(days: int) -> Any:
    return now() - timedelta(days=days)
