"""The nightly look finds what cannot be right, names it by number, and leaves well enough alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.cases import new_case, new_member, row_of
from helpers.casework import bring_to
from helpers.people import actor_named, officer_named
from sqlalchemy import delete, select, update

from domain.clock import FrozenClock, bangkok, now
from domain.data_doctor import CHECKS, TASK, ask_for_look, is_due, keep_findings, look_over, report
from domain.data_doctor_parts import Found
from domain.errors import NotPermitted
from domain.settings import write_setting
from domain.workflow import TRANSITIONS
from extensions import db, write_transaction
from models import (
    ActionResult,
    Attachment,
    AttachmentStage,
    Category,
    ClockPause,
    Complaint,
    ComplaintStatus,
    DataFinding,
    Department,
    DurationUnit,
    Holiday,
    LineAccount,
    LineState,
    Member,
    MessageTemplate,
    NumberSeries,
    Outcome,
    PauseReason,
    Role,
    Schedule,
    StaffUser,
    Subcategory,
    Zone,
)
from worker.data_doctor import look_at_data
from worker.schedule import TASKS

S = ComplaintStatus
pytestmark = pytest.mark.usefixtures("frozen_noon")
BY_CODE = {check.code: check for check in CHECKS}


def found(code: str) -> Found:
    db.session.rollback()
    return BY_CODE[code].look(db.session())


def labels(code: str) -> list[str]:
    return [one["label"] for one in found(code).examples]


@pytest.fixture
def case(app: Flask) -> Complaint:
    """A case at work that is well in every way."""
    with write_transaction() as session:
        made = new_case(session)
        made.zone_id = session.scalars(select(Zone.id).where(Zone.is_unknown.is_(False))).first()
        session.flush()
        return made


def change(case: Complaint, **values: Any) -> str:
    """Write columns of a case past all rules; return how it is called."""
    with write_transaction() as session:
        session.execute(update(Complaint).where(Complaint.id == case.id).values(values))
        row = session.get_one(Complaint, case.id)
        return row.number or row.public_code


def add(*rows: Any) -> None:
    with write_transaction() as session:
        session.add_all(rows)


# All together --------------------------------------------------------------------------------------------


def test_a_town_at_work_has_only_what_its_demo_people_lack(app: Flask) -> None:
    with write_transaction() as session:
        resolved = bring_to(app, session, S.RESOLVED)
        waiting = bring_to(app, session, S.AWAITING_CITIZEN)
    assert {resolved.status, waiting.status} == {S.RESOLVED, S.AWAITING_CITIZEN}
    db.session.rollback()

    troubles = {code for code, found_ in look_over(db.session()).items() if found_.count}

    assert troubles <= {"departments_without_head", "no_zone"}


def test_every_check_speaks_both_languages_and_has_its_own_code() -> None:
    assert len(BY_CODE) == len(CHECKS) == 19
    assert all(len(code) <= 60 for code in BY_CODE)
    assert all(all(check.words) and all(check.means) for check in CHECKS)


# Cases ---------------------------------------------------------------------------------------------------


def test_a_case_of_this_year_without_a_zone(case: Complaint) -> None:
    assert found("no_zone").count == 0
    name = change(case, zone_id=None)
    assert labels("no_zone") == [name]
    assert found("no_zone").examples[0]["key"] == case.public_code
    change(case, received_at=bangkok(2026, 9, 30, 12))
    assert found("no_zone").count == 0, "last fiscal year's figures are printed already"


def test_an_unknown_zone_is_an_answer_unless_the_pin_knows_better(case: Complaint) -> None:
    with write_transaction() as session:
        unknown = session.scalars(select(Zone.id).where(Zone.is_unknown)).one()
    change(case, zone_id=unknown, latitude=None, longitude=None)
    assert found("no_zone").count == 0
    change(case, latitude=16.43, longitude=102.83)
    assert found("no_zone").count == 1


@pytest.mark.parametrize(
    ("received", "done", "is_wrong"),
    [
        (bangkok(2026, 11, 10, 0, 30), date(2026, 11, 9), True),
        (bangkok(2026, 11, 10, 0, 30), date(2026, 11, 10), False),
        (bangkok(2026, 11, 10, 23, 30), date(2026, 11, 10), False),
        (bangkok(2026, 11, 10, 23, 30), date(2026, 11, 9), True),
    ],
)
def test_done_before_it_came_in_by_the_bangkok_day(
    case: Complaint, received: datetime, done: date, is_wrong: bool
) -> None:
    name = change(case, received_at=received)
    add(
        ActionResult(
            complaint_id=case.id, done_date=done, result_text="x", outcome=Outcome.FIXED, recorded_at=now()
        )
    )

    assert bool(found("done_before_receipt").count) is is_wrong
    assert all(one.startswith(name) for one in labels("done_before_receipt"))


def test_dates_of_the_future_and_of_the_other_era(case: Complaint) -> None:
    assert found("received_in_future").count == found("years_mixed").count == 0
    change(case, received_at=now() + timedelta(hours=2))
    assert found("received_in_future").count == 1
    change(case, received_at=now(), due_at=bangkok(2569, 11, 20))
    assert found("years_mixed").count == 1
    change(case, due_at=None, received_at=bangkok(1483, 1, 1))
    assert found("years_mixed").count == 1


def attachment(case: Complaint, **values: Any) -> Attachment:
    facts = {
        "public_id": f"{now().timestamp()}-{len(values)}"[:32],
        "stage": AttachmentStage.AFTER,
        "display_name": "a.jpg",
        "media_type": "image/jpeg",
        "byte_size": 1,
        "sha256": "0" * 64,
        "storage_key": "00/" + "0" * 32 + ".jpg",
        "uploaded_at": now(),
    }
    return Attachment(complaint_id=case.id, **{**facts, **values})


@pytest.mark.parametrize(("hours", "count"), [(2, 0), (48, 1)])
def test_a_photo_taken_after_it_was_attached(case: Complaint, hours: int, count: int) -> None:
    add(attachment(case, taken_at=now() + timedelta(hours=hours)))

    assert found("photo_from_future").count == count


@pytest.mark.parametrize(
    ("rule", "asks", "count"),
    [
        ("by_subtype", True, 1),
        ("by_subtype", False, 0),
        ("always", False, 1),
        ("never", True, 0),
    ],
)
def test_done_without_the_photo_that_is_asked_for(case: Complaint, rule: str, asks: bool, count: int) -> None:
    with write_transaction() as session:
        write_setting(session, "photo_rule", rule)
        subtype = session.scalars(select(Subcategory).order_by(Subcategory.id)).first()
        assert subtype is not None
        subtype.needs_photo = asks
        subtype_id = subtype.id
    change(case, subcategory_id=subtype_id, status=S.CLOSED, outcome=Outcome.FIXED, finished_at=now())
    assert found("closed_without_photo").count == count

    add(attachment(case))

    assert found("closed_without_photo").count == 0


def test_a_removed_photo_and_an_outcome_that_shows_nothing(case: Complaint) -> None:
    with write_transaction() as session:
        write_setting(session, "photo_rule", "always")
    change(case, status=S.RESOLVED, outcome=Outcome.FIXED, finished_at=now())
    add(attachment(case, removed_at=now()))
    assert found("closed_without_photo").count == 1
    change(case, finished_at=bangkok(2026, 9, 30))
    assert found("closed_without_photo").count == 0, "last year's work cannot be photographed any more"
    change(case, finished_at=now(), outcome=Outcome.NOT_FOUND)
    assert found("closed_without_photo").count == 0


def test_a_clock_that_stands_without_a_pause_and_a_pause_without_a_stop(case: Complaint) -> None:
    assert found("clock_without_pause").count == 0
    change(case, clock_stopped_at=now())
    assert found("clock_without_pause").count == 1
    add(ClockPause(complaint_id=case.id, reason=PauseReason.CITIZEN, started_at=now()))
    assert found("clock_without_pause").count == 0
    change(case, clock_stopped_at=None)
    assert found("clock_without_pause").count == 1


def test_a_day_off_that_came_after_the_promise(case: Complaint) -> None:
    change(case, due_at=bangkok(2026, 11, 26, 16, 30), promised_unit=DurationUnit.WORKING_DAYS)
    assert found("due_on_day_off").count == 0
    add(Holiday(holiday_date=date(2026, 11, 26), name="วันหยุดของเทศบาล"))
    assert len(labels("due_on_day_off")) == 1
    assert "26 พ.ย. 2569" in labels("due_on_day_off")[0]
    change(case, promised_unit=DurationUnit.DAYS)
    assert found("due_on_day_off").count == 0, "calendar days may end on any day"


def test_a_number_left_out_and_a_series_that_stands_elsewhere(app: Flask) -> None:
    with write_transaction() as session:
        first, second, third = (new_case(session) for _ in range(3))
        for number, one in enumerate((first, second, third), 1):
            one.number, one.number_code, one.number_year = f"อส. {number}/2569", "อส.", 2569
            one.number_running = number
        session.add(NumberSeries(code="อส.", year=2569, last_number=3))
    assert found("number_gaps").count == 0
    change(second, number=None, number_code=None, number_running=None, number_year=None)
    assert found("number_gaps").count == 1
    assert found("number_gaps").examples[0]["label"].startswith("อส. 2569")


def test_a_series_that_runs_on_from_the_old_rule_is_whole(app: Flask) -> None:
    with write_transaction() as session:
        for year, number in ((2569, 1), (2569, 2), (0, 3), (0, 4)):
            one = new_case(session)
            one.number, one.number_code = f"อส. {number}/{year}", "อส."
            one.number_year, one.number_running = year, number
        session.add_all(
            [
                NumberSeries(code="อส.", year=2569, last_number=2),
                NumberSeries(code="อส.", year=0, last_number=4),
            ]
        )

    assert found("number_gaps").count == 0


def test_a_rule_turned_there_and_back_leaves_no_false_gap_and_hides_no_true_one(app: Flask) -> None:
    with write_transaction() as session:
        cases = {}
        for year, number in ((2569, 1), (2569, 2), (0, 3), (0, 4), (2569, 5), (2569, 6)):
            one = cases[number] = new_case(session)
            one.number, one.number_code = f"อส. {number}/2569", "อส."
            one.number_year, one.number_running = year, number
        session.add_all(
            [
                NumberSeries(code="อส.", year=2569, last_number=6),
                NumberSeries(code="อส.", year=0, last_number=6),
            ]
        )
    assert found("number_gaps").count == 0

    change(cases[5], number=None, number_code=None, number_running=None, number_year=None)
    assert labels("number_gaps")[0].startswith("อส. 2569")


# The town ------------------------------------------------------------------------------------------------


def test_officers_with_open_cases_whom_nothing_reaches(case: Complaint) -> None:
    assert [found(f"officers_{way}").count for way in ("off", "without_line", "without_mail")] == [0, 0, 0]
    with write_transaction() as session:
        officer = officer_named(session, "officer")
        session.execute(
            update(LineAccount).where(LineAccount.staff_user_id == officer.id).values(state=LineState.BLOCKED)
        )
        write_setting(session, "mail_host", "smtp.example.go.th")
    assert labels("officers_without_line") == ["officer (1)"]
    assert labels("officers_without_mail") == ["officer (1)"]
    with write_transaction() as session:
        officer_named(session, "officer").email = "officer@khonkaen.example"
    assert found("officers_without_mail").count == 0
    with write_transaction() as session:
        officer_named(session, "officer").is_active = False
    assert labels("officers_off") == ["officer (1)"]
    assert found("officers_without_line").count == 0
    change(case, status=S.CLOSED)
    assert found("officers_off").count == 0


@pytest.mark.parametrize(("theirs", "count"), [(5, 0), (6, 1)])
def test_the_shared_member_of_a_quarter_of_a_month(app: Flask, theirs: int, count: int) -> None:
    with write_transaction() as session:
        shared = session.scalars(select(Member).where(Member.is_shared)).first()
        other = new_member(session)
        shared = shared or new_member(session, is_shared=True)
        for number in range(20):
            one = new_case(session, status=S.CLOSED)
            one.received_at = bangkok(2026, 11, 3)
            one.member_id = shared.id if number < theirs else other.id

    assert found("shared_member").count == count
    assert labels("shared_member") == ["พ.ย. 2569: 6/20 (30%)"][:count]


def test_what_the_catalogue_lacks(app: Flask) -> None:
    assert found("subtypes_without_duration").count == found("types_of_closed_departments").count == 0
    with write_transaction() as session:
        category = session.scalars(select(Category).order_by(Category.id)).first()
        assert category is not None
        category.department.is_active = False
        session.execute(
            update(Subcategory)
            .where(Subcategory.code == "ช.(1)")
            .values(duration_min=None, duration_max=None)
        )
    assert labels("subtypes_without_duration")[0].startswith("ช.(1)")
    assert found("types_of_closed_departments").count >= 1


def test_departments_nobody_heads_or_takes_in_for(app: Flask) -> None:
    with write_transaction() as session:
        bureau = row_of(session, Department, "engineering")
        name = bureau.name
    assert name not in labels("departments_without_head")
    assert found("departments_without_intake").count == 0
    with write_transaction() as session:
        session.execute(update(StaffUser).where(StaffUser.department_id == bureau.id).values(is_active=False))
    assert name in labels("departments_without_head")
    assert found("departments_without_intake").count == 0, "the central unit accepts for all"
    with write_transaction() as session:
        session.execute(update(Role).values(is_active=False))
    assert name in labels("departments_without_intake")


def test_the_days_off_of_next_year_are_wanted_from_october_on(app: Flask, frozen_noon: FrozenClock) -> None:
    assert found("holidays_missing").count == 0
    with write_transaction() as session:
        session.execute(delete(Holiday).where(Holiday.holiday_date >= date(2027, 1, 1)))
    assert labels("holidays_missing") == ["2570"]
    frozen_noon.move_to(bangkok(2026, 9, 30, 23, 59))
    assert found("holidays_missing").count == 0
    frozen_noon.move_to(bangkok(2027, 1, 1, 0, 1))
    assert labels("holidays_missing") == ["2570"]


def test_messages_the_work_sends_that_are_off_or_gone(app: Flask) -> None:
    assert found("messages_off").count == 0
    keys = sorted({telling.template_key for row in TRANSITIONS for telling in row.tells})
    with write_transaction() as session:
        session.execute(update(MessageTemplate).where(MessageTemplate.key == keys[0]).values(is_active=False))
        session.execute(delete(MessageTemplate).where(MessageTemplate.key == keys[1]))
    assert labels("messages_off") == keys[:2]


# Keeping and asking --------------------------------------------------------------------------------------


def test_twenty_examples_stand_for_many(app: Flask) -> None:
    with write_transaction() as session:
        for _ in range(25):
            new_case(session).zone_id = None

    assert (found("no_zone").count, len(found("no_zone").examples)) == (25, 20)


def test_the_newest_look_replaces_the_last(app: Flask, frozen_noon: FrozenClock) -> None:
    with write_transaction() as session:
        keep_findings(session, {"no_zone": Found(3, []), "number_gaps": Found()})
    frozen_noon.advance(timedelta(days=1))
    with write_transaction() as session:
        keep_findings(session, {"no_zone": Found()})

    rows = db.session.scalars(select(DataFinding)).all()
    assert [(row.code, row.count, row.checked_at) for row in rows] == [("no_zone", 0, now())]


def test_once_a_night_after_two_o_clock(app: Flask, frozen_noon: FrozenClock) -> None:
    frozen_noon.move_to(bangkok(2026, 11, 20, 1, 59))
    look_at_data(app)
    assert not is_due(db.session())
    frozen_noon.move_to(bangkok(2026, 11, 20, 2, 0))
    assert is_due(db.session())
    look_at_data(app)
    for hour in (3, 12, 23):
        frozen_noon.move_to(bangkok(2026, 11, 20, hour))
        assert not is_due(db.session())
    frozen_noon.move_to(bangkok(2026, 11, 21, 1, 59))
    assert not is_due(db.session())
    frozen_noon.move_to(bangkok(2026, 11, 21, 2, 30))
    assert is_due(db.session())


def test_the_worker_has_it_among_its_tasks() -> None:
    assert TASKS[TASK].run is look_at_data


def test_who_asks_is_served_at_the_worker_s_next_turn(
    app: Flask, frozen_noon: FrozenClock, act_as: Callable[[str], Any]
) -> None:
    look_at_data(app)
    add(Schedule(name="data_doctor", every_seconds=3600, next_run_at=now() + timedelta(minutes=50)))
    frozen_noon.advance(timedelta(minutes=5))
    with write_transaction() as session:
        ask_for_look(session, actor_named(session, "admin"))

    db.session.rollback()
    assert report(db.session(), act_as("admin")).is_under_way
    assert db.session.get_one(Schedule, "data_doctor").next_run_at == now()
    frozen_noon.advance(timedelta(seconds=1))
    look_at_data(app)
    db.session.rollback()
    seen = report(db.session(), act_as("admin"))
    assert not seen.is_under_way
    assert seen.checked_at == now()
    assert len(seen.troubles) + len(seen.well) == len(CHECKS)


def test_findings_are_for_those_who_manage_the_system(app: Flask, act_as: Callable[[str], Any]) -> None:
    with pytest.raises(NotPermitted):
        report(db.session(), act_as("head"))
    with pytest.raises(NotPermitted), write_transaction() as session:
        ask_for_look(session, actor_named(session, "head"))


def test_findings_name_no_citizen(app: Flask) -> None:
    with write_transaction() as session:
        member = new_member(session, "มาลี", "ใจงาม")
        one = new_case(session, story="เพื่อนบ้านชื่อสมศรี")
        one.member_id, one.zone_id = member.id, None
        one.received_at = now() + timedelta(days=1)
    db.session.rollback()

    said = str(look_over(db.session()))

    assert one.public_code in said
    assert not [word for word in ("มาลี", "ใจงาม", "สมศรี", member.phone) if word in said]


def test_a_look_writes_nothing(app: Flask, case: Complaint, sql_count: Any) -> None:
    with sql_count() as statements:
        look_over(db.session())

    assert not [one for one in statements if one.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))]
    assert len(statements) < 60
