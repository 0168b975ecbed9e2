"""What may be the same trouble: near and alike, of the same person, in the same photo; and what is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from helpers.cases import new_case, new_member
from helpers.casework import subtype
from sqlalchemy import event
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import now
from domain.nearness import NearCase, Sought, likely_cases, near_cases
from extensions import db
from models import Attachment, AttachmentStage, ComplaintStatus

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
S = ComplaintStatus
HERE = (Decimal("16.432100"), Decimal("102.836000"))
LAMP = "ฟ.(1)"  # Within 60 metres.
PICTURE = "00ff00ff00ff00ff"
SAME_PICTURE = "00ff00ff00ff003f"  # Two bits apart.
OTHER_PICTURE = "ff00ff00ff00ff00"
Made = Callable[..., int]


def north(metres: int) -> dict[str, Decimal]:
    """A pin so many metres north of here."""
    return {"latitude": HERE[0] + Decimal(metres) / Decimal("111195"), "longitude": HERE[1]}


@pytest.fixture
def made(app: Flask) -> Made:
    """made(…) writes a case and returns its id."""

    def make(**facts: Any) -> int:
        session = db.session()
        case = new_case(session, **{"subcategory": LAMP, **north(10), **facts})
        session.commit()
        return case.id

    return make


@pytest.fixture
def sought(session: Session) -> Sought:
    lamp = subtype(session, LAMP)
    return Sought(latitude=HERE[0], longitude=HERE[1], subcategory_id=lamp.id, category_id=lamp.category_id)


@pytest.fixture
def near(session: Session, act_as: Any, sought: Sought) -> Callable[..., list[NearCase]]:
    """near(…) is what the clerk is shown."""
    clerk: Actor = act_as("clerk")
    return lambda **changes: near_cases(session, clerk, replace(sought, **changes))


def ids(cases: list[NearCase]) -> list[int]:
    return [case.id for case in cases]


def test_a_case_of_the_same_subtype_within_its_radius_is_near(
    made: Made, near: Callable[..., list[NearCase]]
) -> None:
    inside, _outside = made(**north(55)), made(**north(70))

    (case,) = near()

    assert case.id == inside
    assert case.metres == 55
    assert case.days == 0
    assert case.status is S.IN_PROGRESS


def test_the_corner_of_the_square_is_not_in_the_circle(
    made: Made, near: Callable[..., list[NearCase]]
) -> None:
    corner = north(50)
    made(latitude=corner["latitude"], longitude=HERE[1] + Decimal("0.00047"))

    assert near() == []


@on_sqlite
def test_another_subtype_is_not_the_same_trouble(made: Made, near: Callable[..., list[NearCase]]) -> None:
    made(subcategory="ฟ.(3)")

    assert near() == []


def test_without_a_subtype_the_main_type_decides(made: Made, near: Callable[..., list[NearCase]]) -> None:
    cable, _road = made(subcategory="ฟ.(3)"), made(subcategory="ช.(1)")

    assert ids(near(subcategory_id=None)) == [cable]


@on_sqlite
def test_before_anything_is_chosen_everything_near_may_be(
    made: Made, near: Callable[..., list[NearCase]]
) -> None:
    both = {made(subcategory="ฟ.(3)"), made(subcategory="ช.(1)", **north(30))}

    assert set(ids(near(subcategory_id=None, category_id=None))) == both


@on_sqlite
def test_a_subtype_without_a_radius_uses_the_towns(
    made: Made, near: Callable[..., list[NearCase]], session: Session
) -> None:
    subtype(session, LAMP).nearby_radius_m = None
    session.commit()
    far = made(**north(95))

    assert ids(near()) == [far]


@on_sqlite
def test_a_subtype_of_radius_nothing_is_never_near(
    made: Made, near: Callable[..., list[NearCase]], session: Session
) -> None:
    subtype(session, LAMP).nearby_radius_m = 0
    session.commit()
    made(**north(0))

    assert near() == []


@pytest.mark.parametrize(
    ("status", "days", "is_near"),
    [
        (S.SUBMITTED, 400, True),
        (S.AWAITING_PLAN, 400, True),
        (S.CLOSED, 89, True),
        (S.CLOSED, 91, False),
        (S.REJECTED, 1, False),
        (S.WITHDRAWN, 1, False),
    ],
)
def test_unfinished_and_lately_finished_cases_count(
    made: Made, near: Callable[..., list[NearCase]], status: S, days: int, is_near: bool
) -> None:
    made(status=status, received_at=now() - timedelta(days=days))

    assert bool(near()) is is_near


def test_the_same_persons_open_cases_are_shown_wherever_they_are(
    made: Made, near: Callable[..., list[NearCase]], session: Session
) -> None:
    member = new_member(session)
    session.commit()
    mine = made(member_id=member.id, latitude=None, longitude=None)
    made(member_id=member.id, status=S.CLOSED, latitude=None, longitude=None)

    (case,) = near(member_id=member.id)

    assert case.id == mine
    assert case.same_person
    assert case.metres is None


def photo_of(session: Session, complaint_id: int, photo_hash: str, **more: Any) -> None:
    session.add(
        Attachment(
            public_id=f"{complaint_id:032x}",
            complaint_id=complaint_id,
            stage=AttachmentStage.BEFORE,
            display_name="a.jpg",
            media_type="image/jpeg",
            byte_size=1,
            sha256="a" * 64,
            storage_key="aa/a.jpg",
            photo_hash=photo_hash,
            uploaded_at=now(),
            **more,
        )
    )
    session.commit()


@pytest.mark.parametrize(
    ("photo_hash", "days", "is_same"),
    [(PICTURE, 0, True), (SAME_PICTURE, 0, True), (OTHER_PICTURE, 0, False), (SAME_PICTURE, 100, False)],
)
def test_the_same_photo_is_recognised_anywhere(
    made: Made,
    near: Callable[..., list[NearCase]],
    session: Session,
    photo_hash: str,
    days: int,
    is_same: bool,
) -> None:
    far = made(subcategory="ช.(1)", received_at=now() - timedelta(days=days), **north(5_000))
    photo_of(session, far, photo_hash)

    found = near(photo_hashes=(PICTURE,))

    assert [case.same_photo for case in found] == [True] * is_same


@on_sqlite
def test_a_photo_that_was_taken_out_is_no_proof(
    made: Made, near: Callable[..., list[NearCase]], session: Session
) -> None:
    far = made(**north(5_000))
    photo_of(session, far, PICTURE, removed_at=now())

    assert near(photo_hashes=(PICTURE,)) == []


def test_nobody_is_shown_another_departments_case(
    made: Made, session: Session, act_as: Any, sought: Sought
) -> None:
    made(department="health", officer="health")

    assert near_cases(session, act_as("clerk"), sought) == []
    assert len(near_cases(session, act_as("central"), sought)) == 1


@on_sqlite
def test_a_case_is_not_near_itself(made: Made, near: Callable[..., list[NearCase]]) -> None:
    one, other = made(), made()

    assert ids(near(complaint_id=one)) == [other]


@on_sqlite
def test_saving_asks_about_the_same_spot_and_shows_the_rest(
    made: Made, near: Callable[..., list[NearCase]]
) -> None:
    spot, beside = made(**north(20)), made(**north(50))
    finished = made(status=S.CLOSED, **north(5))

    found = near()

    assert set(ids(found)) == {spot, beside, finished}
    assert ids(likely_cases(found)) == [spot]
    assert likely_cases(found, frozenset({spot})) == []


@on_sqlite
def test_the_same_person_with_the_same_trouble_is_asked_about_without_a_pin_too(
    made: Made, near: Callable[..., list[NearCase]], session: Session
) -> None:
    member = new_member(session)
    session.commit()
    same = made(member_id=member.id, latitude=None, longitude=None)
    made(member_id=member.id, subcategory="ช.(1)", latitude=None, longitude=None)

    found = near(member_id=member.id, latitude=None, longitude=None)

    assert ids(likely_cases(found)) == [same]


@on_sqlite
def test_the_most_alike_come_first_and_only_a_few(made: Made, near: Callable[..., list[NearCase]]) -> None:
    places = [40, 50, 10, 35, 45, 55, 58, 31]
    for metres in places:
        made(**north(metres))

    shown = [case.metres for case in near()]

    assert shown == sorted(places)[:6]


def test_nothing_known_asks_the_database_nothing(session: Session, act_as: Any, sql_count: Any) -> None:
    clerk = act_as("clerk")

    with sql_count() as statements:
        assert near_cases(session, clerk, Sought(subcategory_id=3)) == []

    assert not statements


def test_the_pin_is_found_by_its_index(made: Made, session: Session, act_as: Any, sought: Sought) -> None:
    made()
    clerk = act_as("clerk")
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        sent.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        near_cases(session, clerk, sought)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    statement, parameters = sent[-1]
    connection = session.connection()
    if connection.dialect.name == "postgresql":  # A table this small would be read whole, and rightly so.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    plan = "\n".join(str(row) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters))
    assert "ix_complaint_pin" in plan
    assert "SCAN complaint" not in plan
    assert "Seq Scan on complaint" not in plan
