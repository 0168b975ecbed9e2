"""Complaints of another system: each row is taken, skipped or refused with a reason; nothing else stops."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import FrozenClock, bangkok
from domain.errors import InvalidField, NotPermitted
from domain.importing import EPOCH, Tally, Translation, batches, import_batch, translation_of
from domain.lookups import load_lookups
from domain.permissions import Permission
from models import (
    AuditEntry,
    Complaint,
    ComplaintEvent,
    ComplaintStatus,
    EventKind,
    Figure,
    ImportMapping,
    Job,
    NumberSeries,
    OutboxMessage,
    Scope,
)

IMPORTER = Actor.system("import-complaints")
INSIDE = {"lat": "16.452476", "lon": "102.841424"}  # A community of zone 1.


def row(number: int = 1, **changes: str) -> dict[str, str]:
    facts = {
        "ticket_id": f"2026-AB{number:03d}",
        "comment": "ไฟทางดับทั้งซอย",
        "categories": "แสงสว่าง",
        "state": "เสร็จสิ้น",
        "timestamp": "2026-03-04 09:30:00+07",
        "subdistrict": "ในเมือง",
        "district": "เมืองขอนแก่น",
        "province": "ขอนแก่น",
        **INSIDE,
    }
    return {**facts, **changes}


@pytest.fixture
def words(session: Session) -> dict[str, str]:
    """A label and a state of the shipped import map, so that the test follows the map."""
    found = {}
    for kind in ("category", "state"):
        found[kind] = session.scalars(
            select(ImportMapping.external_label).where(
                ImportMapping.field == kind,
                ImportMapping.external_label != "",
                ImportMapping.target_code.is_not(None),
            )
        ).first()
    return found  # type: ignore[return-value]


@pytest.fixture
def translation(session: Session) -> Translation:
    """An import map of our own, whatever the shipped one says."""
    session.execute(delete(ImportMapping))
    session.add_all(
        [
            ImportMapping(source="traffy", field="category", external_label="แสงสว่าง", target_code="ฟ.(1)"),
            ImportMapping(source="traffy", field="category", external_label="ถนน", target_code="ช.(1)"),
            ImportMapping(source="traffy", field="category", external_label="ข้ามไป", target_code=None),
            ImportMapping(source="traffy", field="state", external_label="เสร็จสิ้น", target_code="closed"),
            ImportMapping(source="traffy", field="state", external_label="รอรับเรื่อง", target_code="submitted"),
        ]
    )
    session.flush()
    return translation_of(session, load_lookups(session))


def take(session: Session, translation: Translation, *rows: dict[str, str]) -> tuple[Tally, list[Any]]:
    tally = Tally()
    rejects = import_batch(session, IMPORTER, list(rows), translation, tally)
    session.commit()
    return tally, rejects


def only(session: Session) -> Complaint:
    return session.scalars(select(Complaint)).one()


def test_a_row_becomes_a_complaint_with_its_own_id_and_no_number(
    session: Session, translation: Translation
) -> None:
    tally, rejects = take(session, translation, row())

    case = only(session)
    assert (tally.taken, tally.refused, rejects) == (1, 0, [])
    assert (case.external_source, case.external_id) == ("traffy", "2026-AB001")
    assert case.number is None
    assert case.tracking_hash is None
    assert (case.status, case.figure) == (ComplaintStatus.CLOSED, Figure.FINISHED)
    assert case.received_at == bangkok(2026, 3, 4, 9, 30) == case.listed_at
    assert case.subcategory is not None
    assert case.subcategory.code == "ฟ.(1)"
    assert case.category is case.subcategory.category
    assert case.department_id == case.category.department_id
    assert case.zone is not None
    assert case.zone.code == "1"
    assert not case.is_outside
    assert case.place_text == "ในเมือง, เมืองขอนแก่น, ขอนแก่น"
    assert case.channel is not None
    assert case.channel.code == "import"
    assert case.finished_at == case.received_at


def test_an_import_tells_nobody_and_prints_nothing(session: Session, translation: Translation) -> None:
    take(session, translation, row())

    for kind in (OutboxMessage, Job):
        assert session.scalar(select(func.count()).select_from(kind)) == 0
    event = session.scalars(select(ComplaintEvent)).one()
    assert (event.kind, event.is_public, event.via) == (EventKind.IMPORT, False, "import")
    assert event.facts == {"labels": "แสงสว่าง", "external_id": "2026-AB001"}


def test_public_codes_are_gap_free_and_follow_the_ones_before(
    session: Session, translation: Translation, frozen_noon: FrozenClock
) -> None:
    session.add(NumberSeries(code="#public", year=2026, last_number=41))
    take(session, translation, row(1), row(2, state="?"), row(3))

    codes = session.scalars(select(Complaint.public_code).order_by(Complaint.id)).all()

    assert codes == ["2026-42", "2026-43"]


def test_what_is_there_already_is_skipped(session: Session, translation: Translation) -> None:
    take(session, translation, row(1))

    tally, rejects = take(session, translation, row(1, comment="เปลี่ยนแล้ว"), row(2), row(2))

    assert (tally.taken, tally.skipped, tally.refused, rejects) == (1, 2, 0, [])
    assert session.scalar(select(func.count()).select_from(Complaint)) == 2


def test_the_same_id_of_another_source_is_another_complaint(
    session: Session, translation: Translation
) -> None:
    take(session, translation, row(1))

    import_batch(session, IMPORTER, [row(1)], translation, Tally(), source="other")
    session.commit()

    assert session.scalar(select(func.count()).select_from(Complaint)) == 2


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "no id": ({"ticket_id": "  "}, "ไม่มีเลขเรื่อง"),
    "an endless id": ({"ticket_id": "x" * 81}, "ยาวเกินไป"),
    "an id with NUL": ({"ticket_id": "a\0b"}, "อ่านไม่ได้"),
    "no story": ({"comment": " "}, "กรุณากรอกช่องนี้"),
    "an endless story": ({"comment": "ก" * 20_001}, "20,001"),
    "an unknown label": ({"categories": "ยานอวกาศ"}, "“ยานอวกาศ”"),
    "a label that is to be skipped": ({"categories": "ข้ามไป"}, "“ข้ามไป”"),
    "an unknown state": ({"state": "หลับอยู่"}, "“หลับอยู่”"),
    "a time that is none": ({"timestamp": "เมื่อวาน"}, "“เมื่อวาน”"),
    "a day that is none": ({"timestamp": "2026-02-30"}, "“2026-02-30”"),
    "a time to come": ({"timestamp": "2999-01-01"}, "เป็นไปไม่ได้"),
    "a time before computers": ({"timestamp": "1899-12-30"}, "เป็นไปไม่ได้"),
    "a Buddhist year": ({"timestamp": "2569-03-04"}, "เป็นไปไม่ได้"),
    "swapped coordinates": ({"lat": "102.84", "lon": "16.45"}, "สลับกัน"),
    "half a place": ({"lon": ""}, "ทั้งละติจูดและลองจิจูด"),
    "no numbers": ({"lat": "nan", "lon": "inf"}, "อ่านพิกัดไม่ออก"),
    "the zero point": ({"lat": "0", "lon": "0"}, "0, 0"),
    "another country": ({"lat": "48.85", "lon": "2.35"}, "นอกประเทศไทย"),
}


@pytest.mark.parametrize("case", list(REFUSED), ids=list(REFUSED))
def test_a_row_that_cannot_be_taken_is_refused_with_its_reason(
    session: Session, translation: Translation, case: str
) -> None:
    changes, reason = REFUSED[case]

    tally, rejects = take(session, translation, row(1, **changes), row(2))

    assert (tally.taken, tally.refused) == (1, 1)
    assert reason in rejects[0]["reason"]
    assert rejects[0]["comment"] == row(1, **changes)["comment"]
    assert sum(tally.reasons.values()) == 1


def test_the_first_label_we_know_decides(session: Session, translation: Translation) -> None:
    take(session, translation, row(1, categories="ยานอวกาศ| ถนน |แสงสว่าง"))

    subcategory = only(session).subcategory
    assert subcategory is not None
    assert subcategory.code == "ช.(1)"


def test_a_place_outside_the_town_is_taken_and_marked(session: Session, translation: Translation) -> None:
    tally, _rejects = take(session, translation, row(1, lat="13.756331", lon="100.501762"))

    case = only(session)
    assert tally.outside == 1
    assert case.is_outside
    assert case.zone is not None
    assert case.zone.is_unknown


def test_a_row_without_a_place_is_not_outside(session: Session, translation: Translation) -> None:
    tally, _rejects = take(session, translation, row(1, lat="", lon=""))

    assert tally.outside == 0
    assert only(session).latitude is None


def test_a_row_without_a_date_is_outside_all_figures(session: Session, translation: Translation) -> None:
    tally, _rejects = take(session, translation, row(1, timestamp=""))

    case = only(session)
    assert tally.undated == 1
    assert (case.received_at, case.listed_at, case.figure) == (None, EPOCH, Figure.NONE)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-04 09:30:00", bangkok(2026, 3, 4, 9, 30)),
        ("2026-03-04T02:30:00Z", bangkok(2026, 3, 4, 9, 30)),
        ("2026-03-04 02:30:00+00", bangkok(2026, 3, 4, 9, 30)),
        ("2026-03-04 02:30:00.25+00:00", bangkok(2026, 3, 4, 9, 30) + timedelta(milliseconds=250)),
        ("2026-03-04", bangkok(2026, 3, 4)),
    ],
)
def test_times_are_read_as_the_source_writes_them(
    session: Session, translation: Translation, text: str, moment: datetime
) -> None:
    take(session, translation, row(1, timestamp=text))

    assert only(session).received_at == moment


def test_an_open_complaint_is_not_finished(session: Session, translation: Translation) -> None:
    take(session, translation, row(1, state="รอรับเรื่อง", timestamp_finished="2026-03-05"))

    case = only(session)
    assert (case.status, case.finished_at) == (ComplaintStatus.SUBMITTED, None)


def test_the_end_is_taken_where_the_source_tells_it(session: Session, translation: Translation) -> None:
    take(session, translation, row(1, timestamp_finished="2026-03-09 10:00:00+07"))

    assert only(session).finished_at == bangkok(2026, 3, 9, 10)


@pytest.mark.parametrize("text", ["\0", "a\u202eb", "=HYPERLINK(1)", "<script>", "กก็็็็็็็็็็"])
def test_strange_text_is_taken_clean(session: Session, translation: Translation, text: str) -> None:
    changes = dict.fromkeys(("comment", "subdistrict"), f"ก{text}ข")
    tally, _rejects = take(session, translation, row(1, **changes, count_reopen="many"))

    case = only(session)
    assert tally.taken == 1
    assert "\0" not in case.story
    assert "\u202e" not in (case.place_text or "")
    assert case.reopen_count == 0


def test_it_is_found_by_its_own_id_and_words(session: Session, translation: Translation) -> None:
    take(session, translation, row(1))

    found = only(session).search_text
    assert "2026-ab001" in found
    assert "ไฟทางดับ" in found


def test_only_who_may_import_imports(session: Session, translation: Translation) -> None:
    clerk = Actor(kind="staff", name="x", staff_user_id=1, grants={Permission.COMPLAINT_READ: Scope.ALL})

    with pytest.raises(NotPermitted):
        import_batch(session, clerk, [row()], translation, Tally())


def test_an_empty_import_map_stops_before_anything_is_taken(session: Session) -> None:
    session.execute(delete(ImportMapping))

    with pytest.raises(InvalidField) as refused:
        translation_of(session, load_lookups(session))

    assert refused.value.code == "import_map_empty"


@pytest.mark.parametrize("kind", ["category", "state"])
def test_an_import_map_that_names_what_we_do_not_have_stops(session: Session, kind: str) -> None:
    session.execute(update(ImportMapping).where(ImportMapping.field == kind).values(target_code="nowhere"))

    with pytest.raises(InvalidField) as refused:
        translation_of(session, load_lookups(session))

    assert refused.value.code == "import_map_target_unknown"
    assert "nowhere" in refused.value.message


def test_the_shipped_import_map_fits_the_shipped_types(session: Session, words: dict[str, str]) -> None:
    shipped = translation_of(session, load_lookups(session))

    assert words["category"] in shipped.subcategories
    assert words["state"] in shipped.states


def test_rows_come_in_batches_that_hold_everything() -> None:
    found = list(batches(row(number) for number in range(1201)))

    assert [len(batch) for batch in found] == [500, 500, 201]
    assert list(batches([])) == []


def test_nothing_is_logged_by_a_batch(session: Session, translation: Translation) -> None:
    """One entry tells of the whole import; fifteen thousand would tell nothing."""
    take(session, translation, row(1), row(2))

    assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0
    assert only_utc(session)


def only_utc(session: Session) -> bool:
    return all(case.created_at.tzinfo is UTC for case in session.scalars(select(Complaint)))
