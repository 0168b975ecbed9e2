"""What may be the same trouble as the one being written down: near, of the same person, or in the same photo.

Found by the pin's index and shown while somebody types; nothing is joined without a person's word
(reliability.md §9.14).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from math import cos, radians
from typing import Any, Final

from sqlalchemy import Float, Row, Select, bindparam, func, or_, select, type_coerce, union
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import bangkok_date, now, today
from domain.coordinates import distance_metres
from domain.permissions import scope_complaints
from domain.photo_hashes import SAME_PHOTO_BITS, hash_distance
from domain.settings import read_setting
from domain.workflow import UNFINISHED
from models import Attachment, Complaint, ComplaintStatus, Subcategory

RECENT: Final = timedelta(days=90)
"""How long a finished case still counts: the trouble may be back."""
PHOTO_DAYS: Final = timedelta(days=90)
MOST_PHOTOS: Final = 3_000
MOST_CANDIDATES: Final = 200
MOST_SHOWN: Final = 6
METRES_A_DEGREE: Final = 111_195.0  # Of latitude, on the sphere ``distance_metres`` measures on.
STORY_LETTERS: Final = 160
SHOWN: Final = (*("id", "public_code", "number", "subcategory_id", "category_id", "status", "member_id"),)
GONE: Final = frozenset({ComplaintStatus.REJECTED, ComplaintStatus.WITHDRAWN, ComplaintStatus.DUPLICATE})
"""What nobody works on under its own number: shown to nobody as "the same"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is known of the case being typed; whatever is missing is not looked for.

    ``complaint_id`` is set when an existing case is compared: it is not near itself. ``radius_m`` comes from
    whoever holds the small tables in memory; None reads it.
    """

    latitude: Decimal | None = None
    longitude: Decimal | None = None
    subcategory_id: int | None = None
    category_id: int | None = None
    member_id: int | None = None
    photo_hashes: tuple[str, ...] = ()
    complaint_id: int | None = None
    radius_m: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearCase:
    """A case that may be the same trouble.

    Attributes:
        days: Whole Bangkok days since it was received, entered where that is unknown.
        metres: From the pin; None where one of the two has no pin.
        is_near: About the same, and within the radius.
        same_photo: A photo of it shows the same picture.
        is_likely: So alike that saving asks first.
    """

    id: int
    public_code: str
    number: str
    subcategory_id: int | None
    category_id: int | None
    status: ComplaintStatus
    story: str
    days: int
    metres: int | None
    is_near: bool
    same_person: bool
    same_photo: bool
    is_likely: bool


def near_cases(session: Session, actor: Actor, sought: Sought, *, most: int = MOST_SHOWN) -> list[NearCase]:
    """Return what may be the same trouble, most alike first, as far as the actor may see.

    Near is: of the same subtype (the same main type where none is chosen) within the subtype's radius; or of
    the same person; or with the same photo. Unfinished, or finished within 90 days; the same person's only
    while unfinished.
    """
    if not _has_anything(sought):
        return []
    radius = _radius(session, sought) if sought.radius_m is None else sought.radius_m
    photos = _with_same_photo(session, sought)
    box = _box(sought, radius)
    if not (box or sought.member_id is not None or photos):
        return []
    statement = _statement(bool(box), sought.member_id is not None, bool(photos))
    values = {**box, "member": sought.member_id, "photos": sorted(photos), "since": now() - RECENT}
    wanted = {key: value for key, value in values.items() if value}
    rows = session.connection().execute(scope_complaints(statement, actor), wanted)
    day = today().toordinal()
    judged = (_judged(row, sought, radius, photos, day) for row in rows if row.id != sought.complaint_id)
    found = [case for case in judged if case is not None]
    found.sort(key=lambda case: (not case.is_likely, not case.same_photo, case.metres or 0, case.days))
    return found[:most]


def likely_cases(near: Sequence[NearCase], seen: frozenset[int] = frozenset()) -> list[NearCase]:
    """Return those that saving asks about: so alike, and not answered for yet."""
    return [case for case in near if case.is_likely and case.id not in seen]


def _has_anything(sought: Sought) -> bool:
    return bool(sought.latitude is not None or sought.member_id is not None or sought.photo_hashes)


def _radius(session: Session, sought: Sought) -> int:
    """Return the metres within which another case counts; 0 means never (a subtype without a place)."""
    subtype = session.get(Subcategory, sought.subcategory_id) if sought.subcategory_id else None
    if subtype is not None and subtype.nearby_radius_m is not None:
        return subtype.nearby_radius_m
    return int(read_setting(session, "nearby_radius_m"))


def _box(sought: Sought, radius: int) -> dict[str, Decimal]:
    """Return the sides of the square around the circle; empty without a pin, or where nothing is near."""
    if sought.latitude is None or sought.longitude is None or radius <= 0:
        return {}
    north = Decimal(radius / METRES_A_DEGREE)
    east = Decimal(radius / (METRES_A_DEGREE * cos(radians(float(sought.latitude)))))
    return {
        "south": sought.latitude - north,
        "north": sought.latitude + north,
        "west": sought.longitude - east,
        "east": sought.longitude + east,
    }


@cache
def _statement(by_place: bool, by_person: bool, by_photo: bool) -> Select[Any]:
    """Return the query for what is near in these ways, each answered from an index; made once, asked often.

    One list of ids first: an OR of several ways would make PostgreSQL read the whole table.
    """
    case = Complaint.__table__.c
    ways: list[Any] = []
    if by_place:  # From ix_complaint_pin alone.
        pin = (
            case.latitude.between(bindparam("south"), bindparam("north")),
            case.longitude.between(bindparam("west"), bindparam("east")),
        )
        ways.append(select(case.id).where(*pin, *_not_gone(case)))
    if by_person:
        is_open = or_(*(case.status == status for status in sorted(UNFINISHED)))
        ways.append(select(case.id).where(case.member_id == bindparam("member"), is_open))
    if by_photo:
        ways.append(select(case.id).where(case.id.in_(bindparam("photos", expanding=True))))
    near: Any = union(*ways) if len(ways) > 1 else ways[0]
    shown = [case[name] for name in SHOWN]
    shown += [
        type_coerce(case[name], Float(asdecimal=False)).label(name) for name in ("latitude", "longitude")
    ]
    shown.append(func.coalesce(case.received_at, case.created_at).label("since"))
    story = func.substr(case.story, 1, STORY_LETTERS).label("story")
    is_recent = or_(case.finished_at.is_(None), case.finished_at >= bindparam("since"))
    statement = select(*shown, story).where(case.id.in_(near), is_recent, *_not_gone(case))
    return statement.order_by(case.listed_at.desc()).limit(MOST_CANDIDATES)


def _not_gone(case: Any) -> list[Any]:
    return [case.status != status for status in sorted(GONE)]


def _judged(row: Row[Any], sought: Sought, radius: int, photos: frozenset[int], day: int) -> NearCase | None:
    """Return a candidate with how alike it is; None when only the square held it."""
    metres = _metres(row, sought)
    same_person = sought.member_id is not None and row.member_id == sought.member_id
    same_photo = row.id in photos
    is_near = metres is not None and metres <= radius and _same_kind(row, sought)
    if not (is_near or same_person or same_photo):
        return None
    is_open = row.status in UNFINISHED
    same_subtype = sought.subcategory_id is not None and row.subcategory_id == sought.subcategory_id
    is_same_spot = is_near and metres is not None and metres <= radius / 2
    is_same_story = same_person and (metres is None or metres <= radius)
    return NearCase(
        id=row.id,
        public_code=row.public_code,
        number=row.number or row.public_code,
        subcategory_id=row.subcategory_id,
        category_id=row.category_id,
        status=row.status,
        story=row.story,
        days=max(0, day - bangkok_date(row.since).toordinal()),
        metres=metres,
        is_near=is_near,
        same_person=same_person,
        same_photo=same_photo,
        is_likely=is_open and (same_photo or (same_subtype and (is_same_spot or is_same_story))),
    )


def _metres(row: Row[Any], sought: Sought) -> int | None:
    if sought.latitude is None or sought.longitude is None or row.latitude is None:
        return None
    return round(distance_metres((sought.latitude, sought.longitude), (row.latitude, row.longitude)))


def _same_kind(row: Row[Any], sought: Sought) -> bool:
    """Tell whether a case is about the same; with nothing chosen yet everything near may be."""
    if sought.subcategory_id is not None:
        return bool(row.subcategory_id == sought.subcategory_id)
    return sought.category_id is None or bool(row.category_id == sought.category_id)


def _with_same_photo(session: Session, sought: Sought) -> frozenset[int]:
    """Return the ids of cases with a photo that shows the same picture.

    Bit by bit the same at any age, by its index; nearly the same among the newest photos of 90 days.
    """
    if not sought.photo_hashes:
        return frozenset()
    photo, case = Attachment.__table__.c, Complaint.__table__.c
    has_hash = (photo.photo_hash.is_not(None), photo.complaint_id.is_not(None), photo.removed_at.is_(None))
    exact = select(photo.complaint_id).where(photo.photo_hash.in_(sought.photo_hashes), *has_hash)
    latest = (
        select(photo.complaint_id, photo.photo_hash)
        .join(Complaint.__table__, case.id == photo.complaint_id)
        .where(case.listed_at >= now() - PHOTO_DAYS, *has_hash)
        .order_by(case.listed_at.desc())
        .limit(MOST_PHOTOS)
    )
    connection = session.connection()
    found = set(connection.scalars(exact))
    known = connection.execute(latest).all()
    for mine in sought.photo_hashes:
        found |= {case_id for case_id, theirs in known if hash_distance(theirs, mine) <= SAME_PHOTO_BITS}
    return frozenset(found)
