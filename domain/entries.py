"""What somebody wrote down about a trouble, and what can be told about it before it becomes a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from domain.choices import optional
from domain.clock import bangkok_date, now
from domain.errors import FieldChecks, InvalidField, MissingField, add_message
from domain.members import MemberEntry
from domain.placing import MAX_ROAD
from domain.thai_text import clean_text
from models import Community, ComplaintKind, Disclosure, Urgency, Zone

MAX_STORY = 20_000
MAX_PLACE = 400
OLDEST_RECEIPT = timedelta(days=731)  # A slip in the year would promise a day long gone.


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What somebody wrote down, in the right shape but not yet checked against the rules.

    ``received_at`` None means now. ``form_token`` also names the photos that wait for this entry. A
    ``newcomer`` is registered in the same transaction and becomes the complainant; ``notice`` is the version
    of the words by which the complainant was told how his data are used. ``answers`` are what was said to the
    subtype's questions, by the question's id; ``parent_id`` is an earlier case this one belongs to.
    ``reporter_account_id`` is the LINE account it was told by in the chat; ``proposed_subcategory_id`` what a
    citizen takes it for, which whoever accepts the case decides.
    """

    form_token: str
    story: str
    member_id: int | None = None
    newcomer: MemberEntry | None = None
    notice: str | None = None
    channel_id: int | None = None
    category_id: int | None = None
    subcategory_id: int | None = None
    assignee_id: int | None = None
    zone_id: int | None = None
    community_id: int | None = None
    road_name: str = ""
    place_text: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    callback_phone: str | None = None
    kind: ComplaintKind = ComplaintKind.COMPLAINT
    urgency: Urgency = Urgency.NORMAL
    disclosure: Disclosure = Disclosure.CONCEALED
    received_at: datetime | None = None
    answers: Mapping[int, str] = field(default_factory=dict)
    parent_id: int | None = None
    reporter_account_id: int | None = None
    proposed_subcategory_id: int | None = None


@dataclass(frozen=True, slots=True)
class Texts:
    """What was written, cleaned."""

    story: str
    place: str
    road: str


def check_texts(entry: Entry) -> Texts:
    """Return story, place and road cleaned.

    Raises:
        FieldErrors: no story, or a text too long.
    """
    check = FieldChecks()
    with check:
        story = clean_text(entry.story, max_length=MAX_STORY, field="story")
        if not story:
            raise MissingField("story_required", field="story")
    with check:
        place = clean_text(entry.place_text, max_length=MAX_PLACE, field="place_text", multiline=False)
    with check:
        road = clean_text(entry.road_name, max_length=MAX_ROAD, field="road_name", multiline=False)
    check.done()
    return Texts(story, place, road)


def check_place(session: Session, entry: Entry) -> None:
    """Raise unless zone and community are there, in use and fit each other.

    Raises:
        InvalidField: of the one that does not fit.
    """
    optional(session, Zone, entry.zone_id, "zone_id")
    community = optional(session, Community, entry.community_id, "community_id")
    if community is None or community.is_unknown or entry.zone_id is None:
        return
    if entry.zone_id != community.zone_id:
        raise InvalidField("community_of_other_zone", field="community_id", community=community.name)


def check_received(entry: Entry) -> None:
    """Raise unless the moment of receipt lies in the past, and not years ago.

    Raises:
        InvalidField: ``received_in_future`` or ``date_too_early``.
    """
    moment = now()
    if entry.received_at is None:
        return
    if entry.received_at > moment:
        raise InvalidField("received_in_future", field="received_at")
    if entry.received_at < moment - OLDEST_RECEIPT:
        raise InvalidField(
            "date_too_early",
            field="received_at",
            date=bangkok_date(entry.received_at),
            earliest=bangkok_date(moment - OLDEST_RECEIPT),
        )


add_message(
    "community_of_other_zone",
    thai="{community} ไม่ได้อยู่ในเขตที่เลือก กรุณาเลือกเขตหรือชุมชนใหม่",
    english="{community} is not in the chosen zone. Please choose zone or community again",
)
add_message(
    "received_in_future",
    thai="วันเวลารับเรื่องยังมาไม่ถึง กรุณาใส่ไม่เกินเวลานี้",
    english="The time of receipt lies in the future. Please give a time up to now",
)
