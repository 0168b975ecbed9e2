"""The demo town has lived: every state, numbers without gaps, nothing in the future, always the same."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask, current_app
from helpers.backends import SqliteBackend, let_go
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from demo.complaints import HOW_MANY, SCENES, DemoTown, Pictures, is_planted
from demo.desk import due_today
from demo.evidence import assessed_year
from demo.office_hours import at_work
from demo.papers import FORGOTTEN, PAYMENTS, delayed, letters_due, plant_papers
from demo.town import Town
from domain.actor import Actor
from domain.attachments import StoredFile
from domain.audit import broken_seals
from domain.clock import bangkok, bangkok_date, fiscal_year_of, frozen, to_bangkok
from domain.duty_rounds import due_cases
from domain.more_time import pending_request
from domain.office_calendar import OfficeCalendar
from domain.office_hours import calendar_of
from domain.workflow import TRANSITIONS
from extensions import db, write_transaction
from models import (
    ActionResult,
    Attachment,
    Base,
    Complaint,
    ComplaintEvent,
    ComplaintFollower,
    ComplaintStatus,
    DeliveryState,
    Department,
    Disclosure,
    EventKind,
    Job,
    Member,
    Notification,
    NumberSeries,
    OutboxMessage,
    Rating,
    Receipt,
    ReportSchedule,
    StaffUser,
    StatusKind,
    UtcDateTime,
)
from reports.evidence import evidence_of
from reports.evidence_words import Verdict

UNTIL = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
ENOUGH = 260  # Of the 1,200: each state and each act is there, and a test need not wait for more.


def paper_pictures() -> Pictures:
    """Pictures whose files nobody opens."""

    def one(scene: str, stage: str, number: int) -> StoredFile:
        return StoredFile(
            storage_key=f"{number:02x}/{'0' * 32}.jpg",
            preview_key=None,
            media_type="image/jpeg",
            byte_size=1,
            sha256=f"{scene}-{stage}-{number}",
            original_name=f"{scene}-{stage}.jpg",
        )

    return Pictures(
        {(scene, stage): [one(scene, stage, n) for n in range(2)] for scene in SCENES for stage in STAGES}
    )


STAGES = ("before", "after")


def plant_town(app: Flask) -> int:
    with write_transaction() as session:
        return DemoTown(session, app.extensions["vault"], paper_pictures()).plant(UNTIL, ENOUGH)


@pytest.fixture(scope="module")
def town(sqlite_backend: SqliteBackend) -> Iterator[Session]:
    """One planted town for all the questions below: planting takes seconds, asking does not."""
    app = sqlite_backend.fresh()
    with app.app_context():
        assert plant_town(app) == ENOUGH
        yield db.session()
        let_go()


def complaints(session: Session) -> list[Complaint]:
    return list(session.scalars(select(Complaint).order_by(Complaint.id)))


def test_as_many_complaints_are_there_as_were_wanted(town: Session) -> None:
    assert len(complaints(town)) == ENOUGH
    assert HOW_MANY == 1200
    assert is_planted(town)


def test_every_state_is_there(town: Session) -> None:
    assert {case.status for case in complaints(town)} == set(ComplaintStatus)


def test_every_act_was_done_by_somebody(town: Session) -> None:
    done = set(town.scalars(select(ComplaintEvent.kind)))

    assert done >= {row.action for row in TRANSITIONS} - {EventKind.IMPORT}


def test_numbers_have_no_gaps_and_run_with_the_time(town: Session) -> None:
    issued: dict[tuple[str | None, int | None], list[tuple[Any, int]]] = {}
    for case in complaints(town):
        if case.number_running is not None:
            key = (case.number_code, case.number_year)
            issued.setdefault(key, []).append((case.accepted_at, case.number_running))

    for key, numbers in issued.items():
        running = [number for _at, number in sorted(numbers)]
        assert running == list(range(1, len(running) + 1)), key
        series = select(NumberSeries.last_number).where(
            NumberSeries.code == key[0], NumberSeries.year == key[1]
        )
        assert town.scalar(series) == len(running)


def test_three_fiscal_years_are_there(town: Session) -> None:
    years = Counter(fiscal_year_of(case.received_at) for case in complaints(town) if case.received_at)

    assert set(years) == {2568, 2569, 2570}
    assert min(years.values()) > 10


def test_nothing_lies_in_the_future(town: Session) -> None:
    for mapper in Base.registry.mappers:
        for column in mapper.columns:
            if not isinstance(column.type, UtcDateTime) or column.name in NOT_A_PAST:
                continue
            latest = town.scalar(select(func.max(column)).where(*PLANTED_BEFORE.get(mapper.class_, ())))
            if mapper.class_.__name__ in LIVED and latest is not None:
                assert latest <= UNTIL, f"{mapper.class_.__name__}.{column.name}"
    latest_day = town.scalar(select(func.max(ActionResult.done_date)))
    assert latest_day <= to_bangkok(UNTIL).date()


PLANTED_BEFORE = {Member: (Member.is_shared.is_(False),)}  # With the town itself, by the clock on the wall.
NOT_A_PAST = {"due_at", "warn_at", "wake_at", "not_before"}  # Promises, and what waits for its moment.
LIVED = {
    "Complaint",
    "ComplaintEvent",
    "ActionResult",
    "Assignment",
    "Attachment",
    "Rating",
    "OutboxMessage",
    "Job",
    "Member",
    "AuditEntry",
    "FormToken",
}


def test_every_story_is_told_in_the_order_of_time(town: Session) -> None:
    moments = town.scalars(select(ComplaintEvent.at).order_by(ComplaintEvent.id)).all()

    assert all(earlier <= later for earlier, later in pairwise(moments))


def test_officers_act_in_office_hours(town: Session) -> None:
    calendar = calendar_of(town)
    acts = town.scalars(select(ComplaintEvent.at).where(ComplaintEvent.actor_kind == "staff")).all()

    wrong = [
        at
        for at in map(to_bangkok, acts)
        if not calendar.is_working_day(at.date())
        or not time(8, 30) <= at.time()
        or at > calendar.closing(at.date())
    ]
    assert acts
    assert wrong == []


def test_what_was_done_long_ago_is_closed_and_what_nobody_answered_has_lapsed(town: Session) -> None:
    ends = Counter(town.scalars(select(ComplaintEvent.kind).where(ComplaintEvent.actor_kind == "system")))
    resolved = [case for case in complaints(town) if case.status is ComplaintStatus.RESOLVED]

    assert ends[EventKind.CLOSE] > ENOUGH / 2
    assert ends[EventKind.LAPSE] >= 1
    assert all(case.finished_at and UNTIL - case.finished_at < timedelta(days=25) for case in resolved)


def test_the_timeline_of_a_late_case_tells_who_was_reminded(town: Session) -> None:
    unfinished = [case for case in complaints(town) if case.finished_at is None]
    late = [case for case in unfinished if case.due_at and case.wake_step >= 2]
    kinds = [{event.kind for event in case.events} for case in late]

    assert late
    assert all(found & {EventKind.REMINDED, EventKind.ESCALATED} for found in kinds)
    told = town.scalars(select(ComplaintEvent.facts).where(ComplaintEvent.kind == EventKind.REMINDED))
    assert {facts["level"] for facts in told} >= {"due_soon", "overdue", "resolved", "awaiting_citizen"}


def test_the_first_round_of_the_worker_has_nothing_to_catch_up_with(town: Session) -> None:
    with frozen(UNTIL):
        assert due_cases(town, 1000) == []

    waiting = select(func.count(OutboxMessage.id)).where(OutboxMessage.state == DeliveryState.READY)
    assert (town.scalar(waiting) or 0) < 100


def test_it_looks_like_a_town(town: Session) -> None:
    cases = complaints(town)
    states = Counter(case.status for case in cases)
    stars = town.scalars(select(Rating.stars)).all()

    assert states[ComplaintStatus.CLOSED] > states[ComplaintStatus.SUBMITTED]
    assert {case.disclosure for case in cases} == set(Disclosure)
    assert {case.channel.channel_group for case in cases if case.channel} >= {"line", "phone", "web"}
    assert len(set(stars)) >= 4
    assert 3 < sum(stars) / len(stars) < 5
    assert any(case.due_at and case.due_at < UNTIL and case.finished_at is None for case in cases)
    assert {photo.stage for photo in town.scalars(select(Attachment))} == {"before", "after"}


def test_old_cases_are_finished_but_for_what_waits(town: Session) -> None:
    open_ones = [case for case in complaints(town) if case.finished_at is None and case.received_at]
    old = [case for case in open_ones if case.received_at and UNTIL - case.received_at > timedelta(days=120)]

    assert 0.1 < len(open_ones) / ENOUGH < 0.4
    assert {case.status.kind for case in old} <= {StatusKind.WAITING, StatusKind.OPEN}
    assert len(old) < len(open_ones) / 3


def test_neighbours_tell_of_one_trouble_and_follow_the_first(town: Session) -> None:
    originals = Counter(case.duplicate_of_id for case in complaints(town) if case.duplicate_of_id)
    followers = Counter(row.complaint_id for row in town.scalars(select(ComplaintFollower)))

    assert max(originals.values()) >= 2
    assert set(originals) & set(followers)


def test_messages_of_the_past_are_not_sent_again(town: Session) -> None:
    ready = select(OutboxMessage.created_at).where(OutboxMessage.state == DeliveryState.READY)
    waiting = town.scalars(ready).all()

    assert waiting
    assert min(waiting) >= bangkok(2026, 11, 19, 8, 30)  # The last working day before.
    bells = select(func.min(Notification.created_at)).where(Notification.read_at.is_(None))
    assert (town.scalar(bells) or UNTIL) >= bangkok(2026, 11, 19, 8, 30)
    jobs = select(func.min(Job.created_at)).where(Job.state == DeliveryState.READY)
    assert (town.scalar(jobs) or UNTIL) >= bangkok(2026, 11, 19, 8, 30)


def orders_of(session: Session, username: str) -> list[Complaint]:
    officer = select(StaffUser.id).where(StaffUser.username == username).scalar_subquery()
    return list(
        session.scalars(
            select(Complaint).where(Complaint.assignee_id == officer, Complaint.finished_at.is_(None))
        )
    )


def test_the_officer_has_a_few_orders_one_due_today_and_one_too_late(town: Session) -> None:
    orders = orders_of(town, "officer")
    due = [bangkok_date(case.due_at) for case in orders if case.due_at]

    assert 3 <= len(orders) <= 6
    assert bangkok_date(UNTIL) in due
    assert min(due) < bangkok_date(UNTIL)
    assert {case.status for case in orders} >= {ComplaintStatus.DIRECTED, ComplaintStatus.IN_PROGRESS}


def test_each_desk_has_something_to_do(town: Session) -> None:
    cases = complaints(town)
    departments = {row.id: row.code for row in town.scalars(select(Department))}
    unsorted = [case for case in cases if case.status is ComplaintStatus.SUBMITTED]
    forwarded = Counter(departments.get(case.department_id or 0) for case in unsorted)
    without = [case for case in cases if case.status is ComplaintStatus.ACCEPTED and not case.assignee_id]

    assert forwarded[None] >= 5
    assert min(forwarded[code] for code in ("engineering", "health", "treasury")) >= 1
    assert {departments[case.department_id or 0] for case in without} >= {"engineering", "health", "treasury"}
    assert all(len(orders_of(town, name)) >= 2 for name in ("central", "clerk", "health", "finance"))
    assert any(pending_request(town, case) for case in orders_of(town, "officer"))


def test_the_assessed_years_misses_are_the_seeded_ones(town: Session) -> None:
    """Told too late: letters that lay about; not told: those nobody thought of."""
    with frozen(UNTIL):
        letters = letters_due(town)
        with write_transaction() as session:
            plant_papers(session, current_app._get_current_object())  # type: ignore[attr-defined]
        town.expire_all()
        found = evidence_of(town, Actor.system("test"), assessed_year(UNTIL))

    assert found.counts[Verdict.NOT_TOLD] == FORGOTTEN
    assert {proof.id for proof in found.of(Verdict.LATE)} == delayed(letters)
    assert found.counts[Verdict.IN_TIME] > 10 * found.misses
    receipts = town.scalars(select(Receipt).order_by(Receipt.number)).all()
    assert [one.number for one in receipts] == list(range(1, len(PAYMENTS) + 1))
    assert [one.number for one in receipts if one.cancelled_at] == [4]
    assert town.scalars(select(ReportSchedule.report)).all() == ["summary"]


@pytest.mark.parametrize(
    ("day", "subtype"),
    [(20, "ฟ.(1)"), (21, "ช.(4)"), (22, "ท.(3)"), (23, "ฟ.(1)")],  # Friday to Monday.
)
def test_something_is_due_today_on_any_day_of_the_week(
    app: Flask, session: Session, day: int, subtype: str
) -> None:
    desk_town = Town(session, app.extensions["vault"], paper_pictures(), 1)
    desk_town.until = bangkok(2026, 11, day, 12)

    begins, code = due_today(desk_town) or (None, "")

    assert begins is not None
    assert code == subtype
    assert begins < desk_town.until


def test_the_log_of_the_town_is_whole(town: Session) -> None:
    assert broken_seals(town) == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_same_seed_and_moment_give_the_same_town(app: Flask, session: Session) -> None:
    first = _fingerprint_after_planting(app, session)
    apart = update(Complaint).values(duplicate_of_id=None, status=ComplaintStatus.CLOSED)
    session.execute(apart)  # Duplicates point at their originals.
    for table in reversed(Base.metadata.sorted_tables):
        if table.name in EMPTIED:
            session.execute(table.delete())
    session.commit()

    assert _fingerprint_after_planting(app, session) == first


EMPTIED = {
    "complaint",
    "complaint_event",
    "complaint_follower",
    "road",
    "assignment",
    "action_result",
    "attachment",
    "rating",
    "outbox_message",
    "notification",
    "job",
    "form_token",
    "number_series",
    "line_account",
    "consent",
    "member",
    "audit_entry",
}
FEW = 30


def _fingerprint_after_planting(app: Flask, session: Session) -> list[tuple[Any, ...]]:
    if session.scalar(select(func.count()).where(Member.is_shared)) == 0:
        session.add(Member(phone="+6643271261", first_name="พลเมืองดี", is_shared=True, created_at=UNTIL))
        session.commit()
    with write_transaction() as writing:
        DemoTown(writing, app.extensions["vault"], paper_pictures()).plant(UNTIL, FEW)
    rows = session.execute(
        select(
            Complaint.public_code,
            Complaint.number,
            Complaint.story,
            Complaint.status,
            Complaint.received_at,
            Complaint.latitude,
        ).order_by(Complaint.id)
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        (bangkok(2026, 11, 20, 10), bangkok(2026, 11, 20, 10)),
        (bangkok(2026, 11, 20, 3), bangkok(2026, 11, 20, 8, 30)),
        (bangkok(2026, 11, 20, 19), bangkok(2026, 11, 23, 8, 30)),
        (bangkok(2026, 11, 21, 3), bangkok(2026, 11, 23, 8, 30)),
        (bangkok(2026, 11, 22, 12), bangkok(2026, 11, 23, 8, 30)),
    ],
)
def test_work_waits_for_the_offices_to_open(moment: datetime, opens: datetime) -> None:
    works = at_work(moment, OfficeCalendar(), random.Random(1))  # noqa: S311 - invented data

    assert timedelta(0) <= works - opens <= timedelta(minutes=91)
