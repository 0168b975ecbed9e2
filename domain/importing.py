"""Complaints of another system: one streaming pass, idempotent by their own id, no number, no message.

The words of the other system (types, states) go through the rows of ``ImportMapping``. A row that cannot be
taken is refused with a reason and never stops the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.audit import record
from domain.clock import BANGKOK, bangkok_date, now
from domain.coordinates import bounds, parse_coordinates, point_in_polygon
from domain.errors import InvalidField, add_message
from domain.labels import duration_text
from domain.lookups import Lookups, SubcategoryRow, ZoneRow
from domain.numbering import PUBLIC_SERIES, take_numbers
from domain.permissions import Permission, require
from domain.thai_text import clean_text, search_form
from domain.workflow import is_finished
from models import (
    AuditAction,
    Channel,
    Complaint,
    ComplaintEvent,
    ComplaintKind,
    ComplaintStatus,
    Disclosure,
    EventKind,
    Figure,
    ImportMapping,
    Urgency,
)

SOURCE: Final = "traffy"
BATCH: Final = 500
MAX_STORY: Final = 20_000
MAX_EXTERNAL_ID: Final = 80
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)  # listed_at of a complaint whose date nobody knows.
REASON_FIELD: Final = "reason"
PLACE_COLUMNS: Final = ("subdistrict", "district", "province")


@dataclass(slots=True)
class Tally:
    """What became of the rows, and why."""

    taken: int = 0
    skipped: int = 0
    refused: int = 0
    outside: int = 0
    undated: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def refuse(self, reason: str) -> None:
        """Count a refused row under its reason."""
        self.refused += 1
        self.reasons[reason] = self.reasons.get(reason, 0) + 1


@dataclass(frozen=True, slots=True)
class Translation:
    """The import map of one source, turned into our own rows."""

    subcategories: Mapping[str, SubcategoryRow]
    states: Mapping[str, ComplaintStatus]
    department_of: Mapping[int, int | None]
    zones: Sequence[tuple[Any, ZoneRow]]
    unknown_zone_id: int | None
    channel_id: int | None


def translation_of(session: Session, lookups: Lookups, source: str = SOURCE) -> Translation:
    """Read the import map of a source.

    Raises:
        InvalidField: ``import_map_empty``, or ``import_map_target_unknown`` for a code we do not have.
    """
    by_code = {row.code: row for row in lookups.subcategories.values()}
    subcategories: dict[str, SubcategoryRow] = {}
    states: dict[str, ComplaintStatus] = {}
    for row in session.scalars(select(ImportMapping).where(ImportMapping.source == source)):
        if not row.target_code:
            continue
        is_known = row.target_code in (by_code if row.field == "category" else set(ComplaintStatus))
        if not is_known:
            raise InvalidField("import_map_target_unknown", field=row.field, code=row.target_code)
        if row.field == "category":
            subcategories[row.external_label] = by_code[row.target_code]
        else:
            states[row.external_label] = ComplaintStatus(row.target_code)
    if not subcategories or not states:
        raise InvalidField("import_map_empty", field="source", source=source)
    return Translation(
        subcategories=subcategories,
        states=states,
        department_of={row.id: row.parent_id for row in lookups.categories.values()},
        zones=[(bounds(zone.boundary), zone) for zone in lookups.zones.values() if zone.boundary],
        unknown_zone_id=next((zone.id for zone in lookups.zones.values() if zone.is_unknown), None),
        channel_id=session.scalar(select(Channel.id).where(Channel.code == "import")),
    )


def batches(rows: Iterable[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    """Yield rows in lists of ``BATCH``; only one list is in memory at a time."""
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def import_batch(
    session: Session,
    actor: Actor,
    rows: list[dict[str, str]],
    translation: Translation,
    tally: Tally,
    source: str = SOURCE,
) -> list[dict[str, str]]:
    """Take one batch in the caller's transaction and return the refused rows with their reasons.

    A row whose id is there already, in the database or earlier in the file, is skipped: running a file
    twice changes nothing.

    Raises:
        NotPermitted: the actor may not import.
    """
    require(actor, Permission.COMPLAINT_IMPORT)
    moment = now()
    external = [row.get("ticket_id", "").strip() for row in rows]
    known = set(
        session.scalars(
            select(Complaint.external_id).where(
                Complaint.external_source == source, Complaint.external_id.in_(filter(_is_id, external))
            )
        )
    )
    values: list[dict[str, Any]] = []
    rejects: list[dict[str, str]] = []
    for row, external_id in zip(rows, external, strict=True):
        if external_id in known:
            tally.skipped += 1
            continue
        try:
            values.append(_complaint_values(row, external_id, source, translation, moment))
            known.add(external_id)
        except InvalidField as error:
            tally.refuse(error.message)
            rejects.append({**row, REASON_FIELD: error.message})
    _insert(session, actor, values, moment)
    tally.taken += len(values)
    tally.outside += sum(1 for value in values if value["is_outside"])
    tally.undated += sum(1 for value in values if value["received_at"] is None)
    return rejects


def record_import(session: Session, actor: Actor, file_name: str, tally: Tally) -> None:
    """Log the whole import as one audit entry."""
    record(
        session,
        actor,
        AuditAction.CREATE,
        object_type="import",
        object_id=file_name[:80],
        changes={"taken": tally.taken, "skipped": tally.skipped, "refused": tally.refused},
    )


def _insert(session: Session, actor: Actor, values: list[dict[str, Any]], moment: datetime) -> None:
    if not values:
        return
    year = bangkok_date(moment).year
    last = take_numbers(session, PUBLIC_SERIES, year, len(values))
    labels = [value.pop("labels") for value in values]
    for running, value in enumerate(values, start=last - len(values) + 1):
        value["public_code"] = f"{year}-{running}"
    ids = session.scalars(insert(Complaint).returning(Complaint.id, sort_by_parameter_order=True), values)
    events = [
        {
            "complaint_id": complaint_id,
            "kind": EventKind.IMPORT,
            "at": moment,
            "to_status": value["status"],
            "actor_kind": actor.kind,
            "staff_user_id": actor.staff_user_id,
            "actor_name": actor.name,
            "via": "import",
            "facts": {"labels": label, "external_id": value["external_id"]},
            "is_public": False,
        }
        for complaint_id, value, label in zip(ids, values, labels, strict=True)
    ]
    session.execute(insert(ComplaintEvent), events)


def _complaint_values(
    row: Mapping[str, str], external_id: str, source: str, translation: Translation, moment: datetime
) -> dict[str, Any]:
    if not external_id:
        raise InvalidField("import_without_id", field="ticket_id")
    if not _is_id(external_id):
        raise InvalidField("import_id_unreadable", field="ticket_id", word=external_id[:40])
    story = clean_text(row.get("comment"), max_length=MAX_STORY, field="comment", required=True)
    subcategory = _subcategory(row, translation)
    state = row.get("state", "").strip()
    if state not in translation.states:
        raise InvalidField("import_state_unknown", field="state", word=state[:40])
    status = translation.states[state]
    received = _moment(row.get("timestamp", ""), moment)
    latitude, longitude, zone_id, is_outside = _place(row, translation)
    finished = _moment(row.get("timestamp_finished", "") or row.get("last_activity", ""), moment)
    place = _one_line(", ".join(filter(None, map(row.get, PLACE_COLUMNS))), 400)
    return {
        "kind": ComplaintKind.COMPLAINT,
        "status": status,
        "figure": status.figure if received else Figure.NONE,
        "urgency": Urgency.NORMAL,
        "disclosure": Disclosure.CONCEALED,
        "story": story,
        "place_text": place or None,
        "latitude": latitude,
        "longitude": longitude,
        "is_outside": is_outside,
        "zone_id": zone_id,
        "channel_id": translation.channel_id,
        "category_id": subcategory.parent_id,
        "subcategory_id": subcategory.id,
        "department_id": translation.department_of.get(subcategory.parent_id or 0),
        "external_source": source,
        "external_id": external_id,
        "created_at": moment,
        "received_at": received,
        "listed_at": received or EPOCH,
        "finished_at": (finished or received or moment) if is_finished(status) else None,
        "promised_text": duration_text(
            subcategory.duration_min, subcategory.duration_max, subcategory.duration_unit
        ),
        "reopen_count": _whole(row.get("count_reopen", "")),
        "state_seq": 1,
        "tracking_generation": 1,
        "version": 1,
        "search_text": search_form("\n".join((external_id, story, place, subcategory.name))),
        "labels": _one_line(row.get("categories", ""), 400),
    }


def _is_id(text: str) -> bool:
    return 0 < len(text) <= MAX_EXTERNAL_ID and text.isprintable()


def _one_line(text: str, longest: int) -> str:
    return clean_text(text[:longest], max_length=longest, field="", multiline=False)


def _subcategory(row: Mapping[str, str], translation: Translation) -> SubcategoryRow:
    """Return the type of the first label we know; the source puts its surest first."""
    labels = (row.get("categories") or row.get("category") or "").split("|")
    for text in labels:
        found = translation.subcategories.get(text.strip())
        if found is not None:
            return found
    raise InvalidField("import_category_unknown", field="category", word=labels[0][:40])


def _place(
    row: Mapping[str, str], translation: Translation
) -> tuple[Decimal | None, Decimal | None, int | None, bool]:
    place = parse_coordinates(row.get("lat"), row.get("lon"), field="lat")
    if place is None:
        return None, None, translation.unknown_zone_id, False
    latitude, longitude = place
    for box, zone in translation.zones:
        if box.holds(latitude, longitude) and point_in_polygon(latitude, longitude, zone.boundary or {}):
            return latitude, longitude, zone.id, False
    return latitude, longitude, translation.unknown_zone_id, bool(translation.zones)


def _moment(text: str, present: datetime) -> datetime | None:
    """Read an ISO moment: with an offset as it says, without one as Bangkok time (shared data README)."""
    text = text.strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidField("import_time_unreadable", field="timestamp", word=text[:40]) from error
    aware = moment if moment.tzinfo else moment.replace(tzinfo=BANGKOK)
    if not EPOCH < aware <= present:
        raise InvalidField("import_time_impossible", field="timestamp", word=text[:40])
    return aware.astimezone(UTC)


def _whole(text: str) -> int:
    number = text.strip().split(".")[0]
    return int(number) if number.isdecimal() and len(number) < 6 else 0


add_message(
    "import_map_empty",
    thai="ตารางแปลงคำนำเข้าของระบบ {source} ยังว่าง กรุณาเพิ่มที่หน้า ตั้งค่า › ตารางแปลงคำนำเข้า",
    english="The import map of {source} is empty. Please fill it under Settings › Import map",
)
add_message(
    "import_map_target_unknown",
    thai="ตารางแปลงคำนำเข้าชี้ไปที่รหัส {code} ซึ่งไม่มีในระบบนี้",
    english="The import map names the code {code}, which does not exist here",
)
add_message("import_without_id", thai="แถวนี้ไม่มีเลขเรื่องของระบบต้นทาง", english="The row has no ticket id")
add_message(
    "import_id_unreadable",
    thai="เลขเรื่อง “{word}” ยาวเกินไปหรือมีอักขระที่อ่านไม่ได้",
    english="The ticket id “{word}” is too long or holds unreadable characters",
)
add_message(
    "import_category_unknown",
    thai="ไม่รู้จักประเภท “{word}” กรุณาเพิ่มในตารางแปลงคำนำเข้า",
    english="Unknown type “{word}”. Please add it to the import map",
)
add_message(
    "import_state_unknown",
    thai="ไม่รู้จักสถานะ “{word}” กรุณาเพิ่มในตารางแปลงคำนำเข้า",
    english="Unknown state “{word}”. Please add it to the import map",
)
add_message(
    "import_time_unreadable", thai="อ่านเวลา “{word}” ไม่ออก", english="The time “{word}” cannot be read"
)
add_message(
    "import_time_impossible",
    thai="เวลา “{word}” เป็นไปไม่ได้ (ก่อน พ.ศ. 2513 หรือยังมาไม่ถึง)",
    english="The time “{word}” is impossible (before 1970 or in the future)",
)
