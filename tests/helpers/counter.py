"""What lies on the counter: a citizen with LINE, photos, a filled form; and what must be true afterwards."""

from __future__ import annotations

import hashlib
import io
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from helpers.people import officer_named
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import now
from line_sim.state import user_id_for
from models import (
    Attachment,
    AttachmentStage,
    Channel,
    Complaint,
    ComplaintEvent,
    EventKind,
    FormToken,
    Job,
    JobKind,
    LineAccount,
    LineChannel,
    Member,
    NumberSeries,
    OutboxMessage,
    Subcategory,
)
from storage import FileStore

ENTRY = "/admin/complaint/new"
PHONE = "0935727903"
STORY = "ไฟถนนหน้าตลาดดับสามดวง มืดมาก ขอให้มาซ่อม"
PIN = ("16.432105", "102.836410")
_TOKENS = re.compile(r'<input[^>]*name="(csrf_token|form_token)"[^>]*value="([^"]+)"')


def jpeg(colour: str, size: tuple[int, int] = (320, 240)) -> bytes:
    """Return a small photo."""
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, "JPEG", quality=80)
    return stream.getvalue()


def citizen_with_line(session: Session, seed: str = "malee", phone: str = "+66935727903") -> Member:
    """Return a new member who follows the town's account in LINE; the caller commits."""
    member = Member(phone=phone, title="นาง", first_name="มาลี", last_name="ใจดี", created_at=now())
    member.name_key, member.search_text = "มาลี", "มาลี ใจดี"
    member.line_accounts = [
        LineAccount(channel=LineChannel.CITIZEN, line_user_id=user_id_for(seed), bound_at=now())
    ]
    session.add(member)
    session.flush()
    return member


def engineering_type(session: Session, code: str = "ฟ.") -> Subcategory:
    """Return a subtype of the engineers' that asks for no photo."""
    rows = session.scalars(select(Subcategory).order_by(Subcategory.id))
    return next(row for row in rows if row.category.code == code and not row.needs_photo)


def entry_fields(session: Session, member: Member, officer: str = "officer", **more: Any) -> dict[str, Any]:
    """Return the fields of a filled entry form, as a browser sends them; the tokens come from the page."""
    subcategory = engineering_type(session)
    return {
        "act": "save_apart",  # Nobody asks these forms whether it is the same case again.
        "who": "member",
        "member_id": str(member.id),
        "story": STORY,
        "channel_id": str(session.scalars(select(Channel.id).order_by(Channel.id)).first()),
        "received_at": "",
        "kind": "complaint",
        "urgency": "normal",
        "disclosure": "concealed",
        "latitude": PIN[0],
        "longitude": PIN[1],
        "category_id": str(subcategory.category_id),
        "subcategory_id": str(subcategory.id),
        "assignee_id": str(officer_named(session, officer).id),
        **more,
    }


def tokens_of(page: str) -> dict[str, str]:
    """Return the CSRF token and the form token the entry page gives out."""
    found = dict(_TOKENS.findall(page[page.index('id="entry"') :]))
    assert set(found) == {"csrf_token", "form_token"}
    return found


def assert_each_form_became_one_complaint(
    session: Session, tokens: Sequence[str], store: FileStore, photos: int = 0
) -> None:
    """Check number, event, messages, PDF job and photos of every form that was sent; there is nothing else.

    ``tokens`` are those of the forms, ``photos`` how many each brought.
    """
    session.rollback()
    used = session.scalars(select(FormToken).order_by(FormToken.id)).all()
    assert sorted(row.token for row in used) == sorted(tokens)
    complaints = session.scalars(select(Complaint).order_by(Complaint.number_running)).all()
    assert sorted(str(row.complaint_id) for row in used) == sorted(str(row.id) for row in complaints)
    assert [row.number_running for row in complaints] == list(range(1, len(tokens) + 1))
    series = {row.code: row.last_number for row in session.scalars(select(NumberSeries))}
    for code in {row.number_code for row in complaints}:
        assert series[code] == len(complaints)
    codes = sorted(int(row.public_code.partition("-")[2]) for row in complaints)
    assert codes == list(range(1, len(tokens) + 1))
    expected = dict.fromkeys((row.id for row in complaints), 1)
    assert _per_complaint(session, ComplaintEvent, ComplaintEvent.kind == EventKind.REGISTER) == expected
    assert _per_complaint(session, Job, Job.kind == JobKind.COMPLAINT_COPY) == expected
    messages = session.scalars(select(OutboxMessage)).all()
    assert Counter((row.complaint_id, row.channel.value) for row in messages) == {
        (number, channel): 1 for number in expected for channel in ("line_citizen", "line_staff")
    }
    if photos:
        before = Attachment.stage == AttachmentStage.BEFORE
        assert _per_complaint(session, Attachment, before) == dict.fromkeys(expected, photos)
    assert_files_are_whole(session, store)


def assert_files_are_whole(session: Session, store: FileStore) -> None:
    """Check that every file a row names is there to the last byte."""
    for row in session.scalars(select(Attachment)):
        content = store.get(row.storage_key)
        assert len(content) == row.byte_size
        assert hashlib.sha256(content).hexdigest() == row.sha256
        if row.preview_key:
            Image.open(io.BytesIO(store.get(row.preview_key))).load()


def _per_complaint(session: Session, table: Any, condition: Any) -> dict[int, int]:
    return Counter(
        session.scalars(select(table.complaint_id).where(condition, table.complaint_id.is_not(None)))
    )
