"""Complaints on the desk: entries in the right shape, cases brought to the state a test begins in."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask, current_app
from helpers.people import actor_named, officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import complaints as verbs
from domain.actor import Actor
from domain.attachments import StoredFile, claim_photos, hold_photo
from domain.clock import now, today
from domain.errors import FieldErrors
from domain.registration import Entry, register, submit
from domain.vault import Vault
from models import (
    Attachment,
    AttachmentStage,
    Category,
    Channel,
    Complaint,
    ComplaintStatus,
    LineAccount,
    LineChannel,
    Member,
    OutboxMessage,
    Outcome,
    PlanReason,
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
        "channel_id": phone_channel(session),
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
    case.department = category(session, "ฟ.").department
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
    """Return a case of the engineers in a state, led there by the verbs."""
    if state in {S.SUBMITTED, S.REJECTED}:
        case = submitted_case(app, session)
    elif state is S.ACCEPTED:
        case = register_case(app, session, assignee_id=None, subcategory_id=None)
    else:
        case = register_case(app, session)
    for who, action in STEPS_TO.get(state, ()):
        press(session, who, case, action)
    assert case.status is state
    return case


_WORK = (("officer", "acknowledge"), ("officer", "start"))
STEPS_TO: dict[ComplaintStatus, tuple[tuple[str, str], ...]] = {
    S.ACKNOWLEDGED: _WORK[:1],
    S.IN_PROGRESS: _WORK,
    S.AWAITING_CITIZEN: (*_WORK, ("officer", "ask_citizen")),
    S.AWAITING_PLAN: (*_WORK, ("head", "put_on_plan")),
    S.REFERRED_OUT: (*_WORK, ("head", "refer_out")),
    S.RESOLVED: (*_WORK, ("officer", "record_result")),
    S.CLOSED: (*_WORK, ("officer", "record_result"), ("clerk", "close")),
    S.REJECTED: (("clerk", "reject"),),
    S.WITHDRAWN: (("clerk", "withdraw"),),
    S.DUPLICATE: (("clerk", "merge"),),
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
    """Do an action as an officer with what it needs; override what the test is about."""
    facts = {**needs_of(session, case, action), **changes}
    if action == "edit":  # Its guard is the version, which an older page also lacks.
        seq = facts.pop("expected_seq", case.state_seq)
        facts.setdefault("version", case.version - (seq != case.state_seq))
    verb = getattr(verbs, action)
    done: Complaint = verb(session, actor_named(session, who), case.id, **facts)
    return done


def needs_of(session: Session, case: Complaint, action: str) -> dict[str, Any]:
    """Return what an action asks for, as a page would send it."""
    facts = _PLAIN_NEEDS.get(action)
    return dict(facts) if facts is not None else _NEEDS[action](session, case) if action in _NEEDS else {}


_WHY = {"reason": "ขอให้ตรวจสอบอีกครั้ง"}
_PLAIN_NEEDS: dict[str, dict[str, Any]] = {
    "reject": {"reason": "ไม่อยู่ในเขตเทศบาล ติดต่อ อบต. บ้านเป็ด"},
    "hand_back": _WHY,
    "refuse_more_time": _WHY,
    "reopen": _WHY,
    "unmerge": _WHY,
    "take_off_plan": {"note": "ได้วัสดุแล้ว"},
    "return_from_referral": {"note": "แขวงทางหลวงแจ้งว่าเป็นของเทศบาล"},
    "note": {"note": "โทรหาผู้ร้องแล้ว"},
    "ask_citizen": {"question": "หลุมอยู่หน้าบ้านเลขที่เท่าไร"},
    "answer": {"text": "หน้าบ้านเลขที่ 12"},
    "put_on_plan": {"plan_reason": PlanReason.MATERIAL, "note": "รอเสาไฟ 3 ต้น"},
    "ask_more_time": {"days": 3, "reason": "ฝนตก"},
    "extend": {"days": 3, "reason": "ฝนตกทั้งสัปดาห์"},
    "add_evidence": {"text": "วันนี้หลุมใหญ่ขึ้น", "photo_token": ""},
    "correct_result": {"result_text": "กลบหลุมแล้ว ยังไม่ได้เทยาง", "reason": "พิมพ์ผิด"},
}
_NEEDS: dict[str, Callable[[Session, Complaint], dict[str, Any]]] = {
    "accept": lambda session, _case: {"category_id": category(session, "ฟ.").id},
    "direct": lambda session, _case: {
        "subcategory_id": plain_subtype(session).id,
        "assignee_id": officer_named(session, "officer").id,
    },
    "record_result": lambda _session, _case: result_facts(),
    "forward": lambda session, _case: {
        "department_id": category(session, "อส.").department_id,
        "reason": "เป็นเรื่องขยะ",
    },
    "reassign": lambda session, _case: {
        "assignee_id": officer_named(session, "nirut.b").id,
        "reason": "ลาป่วย",
    },
    "refer_out": lambda session, _case: {
        "referred_to": "แขวงทางหลวงขอนแก่นที่ 1",
        "reason": "ถนนของกรมทางหลวง",
        "category_id": category(session, "ฟ.").id,
    },
    "withdraw": lambda session, _case: {"channel_id": phone_channel(session), "note": "โทรมาขอถอน"},
    "merge": lambda session, case: {"original_id": original_for(session, case).id},
    "remove_attachment": lambda session, case: {
        "attachment_id": any_photo(session, case),
        "reason": "เห็นใบหน้าเด็ก",
    },
    "edit": lambda session, case: {"entry": form_of(session, case, place_text="หน้าตลาดสด")},
}


def phone_channel(session: Session) -> int:
    """Return the id of the channel of calls."""
    return session.scalars(select(Channel.id).where(Channel.code == "phone")).one()


def original_for(session: Session, case: Complaint) -> Complaint:
    """Return another case that a duplicate can be joined with, the same each time for one case."""
    others = select(Complaint).where(Complaint.id != case.id, Complaint.status == S.DIRECTED)
    found = session.scalars(others.order_by(Complaint.id)).first()
    return found or register_case(current_app._get_current_object(), session)  # type: ignore[attr-defined]


def any_photo(session: Session, case: Complaint) -> int:
    """Return the id of a photo of the case, removed or not; it is given one where it has none."""
    found = session.scalars(select(Attachment.id).where(Attachment.complaint_id == case.id)).first()
    if found is not None:
        return found
    clerk, form = actor_named(session, "clerk"), token()
    hold(session, clerk, form, AttachmentStage.BEFORE)
    claim_photos(session, clerk, form, case, AttachmentStage.BEFORE)
    session.flush()
    session.expire(case, ["attachments"])
    return case.attachments[0].id


def form_of(session: Session, case: Complaint, **changes: Any) -> Entry:
    """Return the filled edit form of a case; override what somebody typed."""
    facts: dict[str, Any] = {
        "form_token": token(),
        "road_name": case.road.name if case.road else "",
        "place_text": case.place_text or "",
    }
    same = ("story", "channel_id", "category_id", "subcategory_id", "zone_id", "community_id", "latitude")
    same += ("longitude", "callback_phone", "kind", "urgency", "disclosure", "received_at")
    facts.update({key: getattr(case, key) for key in same})
    return Entry(**{**facts, **changes})


def make_ready(session: Session, case: Complaint, action: str) -> None:
    """Do beforehand what an action answers to."""
    if action == "refuse_more_time":
        press(session, "officer", case, "ask_more_time")
    if action == "remove_attachment":
        any_photo(session, case)


# Who of the demo town may press, and who sees the case but may not.
RIGHT: dict[str, str] = {
    **dict.fromkeys(("acknowledge", "start", "record_result", "hand_back", "ask_more_time"), "officer"),
    **dict.fromkeys(("put_on_plan", "take_off_plan", "refer_out", "reassign", "extend"), "head"),
    "refuse_more_time": "head",
    "forward": "central",
}
WRONG: dict[str, str] = {
    **dict.fromkeys(("acknowledge", "hand_back", "extend", "refuse_more_time"), "clerk"),
    **dict.fromkeys(("accept", "start", "record_result", "ask_citizen", "ask_more_time", "edit"), "head"),
    **dict.fromkeys(("close", "withdraw", "lapse", "remove_attachment"), "head"),
    **dict.fromkeys(("add_evidence", "note"), "executive"),
}


def who_may(action: str) -> str:
    return RIGHT.get(action, "clerk")


def who_may_not(action: str) -> str:
    return WRONG.get(action, "officer")


def told(session: Session, case: Complaint) -> set[tuple[str, str]]:
    """Return who was told by the last event, by which door, with which template."""
    rows = session.scalars(select(OutboxMessage).where(OutboxMessage.event_id == case.events[-1].id))
    return {(row.channel.value, row.template_key) for row in rows}


def field_codes(error: FieldErrors) -> dict[str | None, str]:
    return {each.field: each.code for each in error.errors}


def days_ago(days: int) -> Any:
    return now() - timedelta(days=days)
