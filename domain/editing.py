"""Correcting what was written down (000-10): every field, with the version it was read at."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.choices import category_for, chosen, departments_below, subcategory_for
from domain.errors import FieldChecks, InvalidField, NotPermitted, StaleRow, add_message
from domain.moves import MAX_NOTE, already_done, begin_move, last_event, move
from domain.papers import request_copy
from domain.permissions import Permission, may
from domain.placing import find_or_add_road, place_of
from domain.registration import Entry, check_place, check_received, check_texts
from domain.search import complaint_search_text
from domain.thai_text import clean_text
from domain.workflow import Action
from models import Channel, Complaint, Disclosure

# Fields that decide what others already decided: they need that right besides the right to edit.
RIGHT_OF_FIELD = {
    "category_id": Permission.COMPLAINT_ACCEPT,
    "subcategory_id": Permission.COMPLAINT_DIRECT,
    "received_at": Permission.COMPLAINT_ACCEPT,
}


def edit(
    session: Session, actor: Actor, complaint_id: int, *, entry: Entry, version: int, reason: str = ""
) -> Complaint:
    """Correct a case with everything its form holds; promise, number and state stay.

    Args:
        session: Inside a write transaction.
        actor: With ``complaint:update``; for type and date of receipt also the right to decide them.
        complaint_id: Which complaint.
        entry: The whole form, changed or not; complainant, officer and token are not looked at.
        version: The version the form was filled from.
        reason: Why, for colleagues.

    Raises:
        AlreadyDone: the case holds just this already, written since the form was opened.
        StaleRow: somebody changed the case meanwhile; nothing is written.
        FieldErrors: everything that cannot be taken.
        InvalidField: nothing differs.
        NotPermitted: a field that needs another right was changed.
    """
    complaint, transition = begin_move(session, actor, complaint_id, Action.EDIT)
    read_at = complaint.version
    why = clean_text(reason, max_length=MAX_NOTE, field="reason")
    values = _checked(session, actor, complaint, entry)
    changed = {key for key, value in values.items() if getattr(complaint, key) != value}
    if read_at != version:
        last = last_event(session, complaint, Action.EDIT)
        if last is not None and not changed:
            raise already_done(Action.EDIT, last)
        raise StaleRow("edited_meanwhile")
    if not changed:
        raise InvalidField("nothing_changed", field="story")
    for key in sorted(changed & RIGHT_OF_FIELD.keys()):
        if not may(actor, RIGHT_OF_FIELD[key], complaint):
            raise NotPermitted("not_permitted")
    for key in changed:
        setattr(complaint, key, values[key])
    if "received_at" in changed and complaint.received_at is not None:
        complaint.listed_at = complaint.received_at
    session.flush()
    session.refresh(complaint, ["road", "community", "category", "subcategory", "zone", "channel"])
    complaint.search_text = complaint_search_text(complaint)
    facts = {"fields": sorted(changed)}
    event = move(session, actor, complaint, transition, note=why or None, facts=facts)
    request_copy(session, complaint, event.id)
    return complaint


def _checked(session: Session, actor: Actor, complaint: Complaint, entry: Entry) -> dict[str, Any]:
    """Return the new value of every column the form holds."""
    check = FieldChecks()
    with check:
        texts = check_texts(entry)
    with check:
        if entry.channel_id != complaint.channel_id:
            chosen(session, Channel, entry.channel_id, "channel_id")
    with check:
        _check_category(session, actor, complaint, entry)
    with check:
        _check_subcategory(session, complaint, entry)
    with check:
        # What was switched off since may stay where it stands.
        if (entry.zone_id, entry.community_id) != (complaint.zone_id, complaint.community_id):
            check_place(session, entry)
    received_at = _received(complaint, entry)
    with check:
        if received_at != complaint.received_at:
            check_received(entry)
    check.done()
    pin = None
    if entry.latitude is not None and entry.longitude is not None:
        pin = (entry.latitude, entry.longitude)
    zone_id, is_outside = place_of(session, entry.zone_id, entry.community_id, pin)
    road = find_or_add_road(session, texts.road)
    session.flush()
    return {
        "story": texts.story,
        "place_text": texts.place or None,
        "road_id": road.id if road else None,
        "latitude": entry.latitude,
        "longitude": entry.longitude,
        "is_outside": is_outside,
        "zone_id": zone_id,
        "community_id": entry.community_id,
        "channel_id": entry.channel_id,
        "category_id": entry.category_id or complaint.category_id,
        "subcategory_id": entry.subcategory_id or complaint.subcategory_id,
        "kind": entry.kind,
        "urgency": entry.urgency,
        "disclosure": Disclosure(entry.disclosure),
        "callback_phone": entry.callback_phone,
        "received_at": received_at,
    }


def _received(complaint: Complaint, entry: Entry) -> datetime | None:
    """Return the moment of receipt; a form knows minutes only, so the same minute is no change."""
    stored, typed = complaint.received_at, entry.received_at
    if typed is None or (stored is not None and _minute(stored) == _minute(typed)):
        return stored
    return typed


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _check_category(session: Session, actor: Actor, complaint: Complaint, entry: Entry) -> None:
    """A type of another department would leave a case where nobody may be ordered to it."""
    if entry.category_id is None or entry.category_id == complaint.category_id:
        return
    category = category_for(session, actor, entry.category_id, Permission.COMPLAINT_UPDATE)
    if complaint.department_id is None:
        return
    if complaint.department_id not in departments_below(session, category.department_id):
        raise InvalidField("forward_instead", field="category_id", department=category.department.name)


def _check_subcategory(session: Session, complaint: Complaint, entry: Entry) -> None:
    category_id = entry.category_id or complaint.category_id
    subcategory_id = entry.subcategory_id or complaint.subcategory_id
    if (subcategory_id, category_id) == (complaint.subcategory_id, complaint.category_id):
        return
    subcategory = subcategory_for(session, subcategory_id, None)
    if subcategory is not None and category_id is not None and subcategory.category_id != category_id:
        raise InvalidField("subcategory_of_other_category", field="subcategory_id")


add_message(
    "forward_instead",
    thai="ประเภทนี้เป็นของ{department} กรุณาส่งต่อเรื่องไปหน่วยงานนั้น แทนการแก้ไขประเภท",
    english="This type belongs to {department}; forward the case there instead of changing its type",
)
add_message(
    "edited_meanwhile",
    thai="มีผู้อื่นแก้ไขเรื่องนี้ระหว่างที่คุณกำลังแก้ กรุณาเทียบสองฉบับแล้วบันทึกอีกครั้ง",
    english="Somebody changed this case while you were editing; compare both versions and save again",
)
