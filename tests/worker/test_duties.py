"""The duty clock's work in a worker: on the phones, in spite of a broken case, once with several workers."""

from __future__ import annotations

import threading
from collections import Counter as Tally
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.casework import press, register_case
from helpers.line import Town, links_of, new_member, officer_line_id, postbacks_of, registered, words_of
from helpers.line_case import Case
from helpers.people import actor_named
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain import duty_rounds
from domain.actor import Actor
from domain.clock import FrozenClock, bangkok, now
from domain.complaints import rate
from domain.digests import DIGEST, read_sent_day
from domain.duty_rounds import PUT_OFF
from domain.errors import Busy
from domain.settings import write_setting
from extensions import db, write_transaction
from line_sim.state import user_id_for
from models import (
    Complaint,
    ComplaintEvent,
    ComplaintStatus,
    EventKind,
    Notification,
    OutboxChannel,
    OutboxMessage,
    Schedule,
)
from worker import duties
from worker.schedule import TASKS

pytestmark = pytest.mark.usefixtures("frozen_noon")
S = ComplaintStatus
DAY = timedelta(days=1)
MONDAY = bangkok(2026, 11, 30, 10)
WORKERS = 4


def make_late(session: Session, case: Complaint) -> None:
    """Let a case be past its day since an hour, and nobody know."""
    case.warn_at = now() - DAY
    case.due_at = case.wake_at = now() - timedelta(hours=1)
    case.wake_step = 0
    session.flush()


def late_cases(app: Flask, count: int) -> list[int]:
    with write_transaction() as session:
        cases = [register_case(app, session) for _ in range(count)]
        for case in cases:
            make_late(session, case)
        return [case.id for case in cases]


def resolved_cases(app: Flask, count: int) -> list[int]:
    """Return cases that were resolved twenty days ago and whose citizens were reminded."""
    with write_transaction() as session:
        cases = [register_case(app, session) for _ in range(count)]
        for case in cases:
            press(session, "officer", case, "record_result")
            case.finished_at = now() - 20 * DAY
            case.wake_step, case.wake_at = 1, now() - timedelta(minutes=1)
        return [case.id for case in cases]


def kinds_of(complaint_id: int) -> Tally[EventKind]:
    db.session.rollback()
    return Tally(
        db.session.scalars(select(ComplaintEvent.kind).where(ComplaintEvent.complaint_id == complaint_id))
    )


def test_the_clock_s_work_stands_in_the_schedule() -> None:
    assert {"duty_sweep", "daily_digest"} <= set(TASKS)
    assert TASKS["duty_sweep"].every == TASKS["daily_digest"].every == timedelta(minutes=5)


# On the phones ----------------------------------------------------------------------------------------------


def scores_on(card: dict[str, Any]) -> list[str]:
    """Return what the scores of a card send."""
    return [data for data in postbacks_of(card) if data.startswith("a=rate&")]


def test_a_late_case_rings_on_the_officers_phone_with_the_way_to_it(town: Town) -> None:
    case = Case(town)
    with write_transaction() as session:
        make_late(session, session.get_one(Complaint, case.id))

    town.drain(periodic=True)

    cards = [words_of(card) for card in town.fake.state.messages_of("staff", case.officer)]
    (card,) = [
        words for words in cards if "เกินกำหนด" in words and case.number in words and "กำหนดเสร็จคือ" in words
    ]
    assert "ดูเรื่อง" in card


def test_the_digest_on_the_phone_names_the_case_and_opens_its_lists(town: Town) -> None:
    case = Case(town)
    with write_transaction() as session:
        make_late(session, session.get_one(Complaint, case.id))

    town.drain(periodic=True)

    (card,) = [
        card
        for card in town.fake.state.messages_of("staff", case.officer)
        if "งานที่รอท่านวันนี้" in words_of(card)
    ]
    assert "ของท่าน เกินกำหนด: 1" in words_of(card)
    links = links_of(card)
    assert f"http://localhost/admin/complaint/{case.code}" in links
    assert any(
        "/admin/complaint/?" in link and "officer=me" in link and "due=overdue" in link for link in links
    )
    assert not any(words in words_of(card) for words in ("Malee", "หน้าตลาด", "หลุม"))


def test_a_citizen_is_asked_before_his_case_is_closed_and_may_rate_from_the_card(
    town: Town, frozen_noon: FrozenClock
) -> None:
    frozen_noon.move_to(MONDAY)
    case = Case(town)
    case.finish()
    town.drain()
    frozen_noon.move_to(MONDAY + 11 * DAY)

    town.drain(periodic=True)

    card = town.fake.state.messages_of("citizen", user_id_for("malee"))[-1]
    assert "14 ธ.ค. 2569" in words_of(card).replace("\N{NO-BREAK SPACE}", " ")
    scores = scores_on(card)
    assert len(scores) == 5
    case.press(scores[3], channel="citizen")
    assert [rating.stars for rating in case.row.ratings] == [4]
    frozen_noon.move_to(bangkok(2026, 12, 15, 9))
    town.drain(periodic=True)
    assert case.row.status is S.CLOSED


def test_who_has_rated_is_not_asked_to_rate_again(town: Town, frozen_noon: FrozenClock) -> None:
    frozen_noon.move_to(MONDAY)
    case = Case(town)
    case.finish()
    with write_transaction() as session:
        member = session.get_one(Complaint, case.id).member
        assert member is not None
        rate(session, Actor.member(member.id, member.full_name), case.id, stars=5)
    town.drain()
    frozen_noon.move_to(MONDAY + 11 * DAY)

    town.drain(periodic=True)

    card = town.fake.state.messages_of("citizen", user_id_for("malee"))[-1]
    assert "เรียบร้อยดีไหม" in words_of(card)
    assert scores_on(card) == []


def test_a_citizen_who_has_not_answered_reads_the_question_and_the_day(
    town: Town, frozen_noon: FrozenClock
) -> None:
    frozen_noon.move_to(MONDAY)
    with write_transaction() as session:
        officer_line_id(session, town, "officer")
        case = registered(town, session, new_member(session, town))
        press(session, "officer", case, "ask_citizen", question="หลุมอยู่หน้าบ้านใคร")
    town.drain()
    frozen_noon.move_to(MONDAY + 11 * DAY)

    town.drain(periodic=True)

    words = words_of(town.fake.state.messages_of("citizen", user_id_for("malee"))[-1])
    assert "หลุมอยู่หน้าบ้านใคร" in words
    assert "14 ธ.ค. 2569" in words.replace("\N{NO-BREAK SPACE}", " ")


# What goes wrong --------------------------------------------------------------------------------------------


def test_a_case_that_breaks_stops_no_other_and_is_looked_at_again_an_hour_later(
    app: Flask, monkeypatch: pytest.MonkeyPatch, frozen_noon: FrozenClock
) -> None:
    first, broken, last = late_cases(app, 3)
    real = duty_rounds.remind

    def remind(session: Session, complaint: Complaint, heard: Tally[int]) -> bool:
        if complaint.id == broken:
            raise LookupError("no such thing")
        return real(session, complaint, heard)

    monkeypatch.setattr(duty_rounds, "remind", remind)

    assert duties.sweep(app) == 2
    assert duties.sweep(app) == 0

    assert [kinds_of(one)[EventKind.REMINDED] for one in (first, broken, last)] == [1, 0, 1]
    assert db.session.get_one(Complaint, broken).wake_at == now() + PUT_OFF
    monkeypatch.undo()
    frozen_noon.advance(PUT_OFF)
    assert duties.sweep(app) == 1
    assert kinds_of(broken)[EventKind.REMINDED] == 1


def test_a_database_that_is_busy_is_no_fault_of_the_case(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    (case,) = late_cases(app, 1)

    def busy(*_anything: object) -> bool:
        raise Busy

    monkeypatch.setattr(duties, "attend", busy)
    with pytest.raises(Busy):
        duties.sweep(app)

    monkeypatch.undo()
    assert kinds_of(case)[EventKind.REMINDED] == 0
    assert duties.sweep(app) == 1


def test_a_digest_that_breaks_keeps_the_others_from_nobody(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    late_cases(app, 1)
    real = duties.write_digest
    officer = actor_id("officer")

    def write(session: Session, staff_user_id: int, *rest: object) -> bool:
        if staff_user_id == officer:
            raise LookupError("no such thing")
        return real(session, staff_user_id, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(duties, "write_digest", write)

    assert duties.daily_digest(app) == 1

    assert digests_of() == Tally({actor_id("head"): 1})


def actor_id(username: str) -> int:
    found = actor_named(db.session(), username).staff_user_id
    assert found is not None
    return found


def digests_of() -> Tally[int]:
    db.session.rollback()
    return Tally(
        db.session.scalars(select(Notification.staff_user_id).where(Notification.template_key == DIGEST))
    )


def test_what_is_done_for_the_day_costs_one_question(app: Flask, sql_count: Callable[[], object]) -> None:
    duties.daily_digest(app)
    db.session.rollback()

    with sql_count() as statements:  # type: ignore[attr-defined]
        assert duties.daily_digest(app) == 0

    assert len([one for one in statements if one.lstrip().upper().startswith("SELECT")]) == 1


def test_nothing_due_is_three_questions(app: Flask, sql_count: Callable[[], object]) -> None:
    duties.sweep(app)
    with sql_count() as statements:  # type: ignore[attr-defined]
        assert duties.sweep(app) == 0

    assert len([one for one in statements if one.lstrip().upper().startswith("SELECT")]) == 3
    assert not any(one.lstrip().upper().startswith(("INSERT", "UPDATE")) for one in statements)


# Several workers --------------------------------------------------------------------------------------------


def at_once(app: Flask, work: Callable[[Flask], int]) -> list[int]:
    """Let four workers do the same thing at the same moment and return what each says it did."""
    together = threading.Barrier(WORKERS)
    done: list[int] = []

    def worker() -> None:
        with app.app_context():
            together.wait()
            done.append(work(app))
            db.session.remove()

    threads = [threading.Thread(target=worker) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == WORKERS
    return done


def test_workers_that_sweep_at_once_remind_once_and_close_once(app: Flask) -> None:
    late, resolved = late_cases(app, 6), resolved_cases(app, 6)

    done = at_once(app, duties.sweep)
    duties.sweep(app)  # What one passed over, as another held it.

    assert sum(done) == 12
    assert [kinds_of(one)[EventKind.REMINDED] for one in late] == [1] * 6
    assert [kinds_of(one)[EventKind.CLOSE] for one in resolved] == [1] * 6
    bells = select(Notification.complaint_id, Notification.staff_user_id, func.count()).where(
        Notification.template_key == "staff_overdue"
    )
    rung = db.session.execute(bells.group_by(Notification.complaint_id, Notification.staff_user_id)).all()
    assert {count for _case, _officer, count in rung} == {1}
    assert len(rung) == 12  # The officer and the head, for each.


@pytest.mark.parametrize("ways", [["bell"], ["line"], ["line", "bell"]], ids=str)
def test_workers_that_write_digests_at_once_write_each_once(app: Flask, ways: list[str]) -> None:
    late_cases(app, 2)
    with write_transaction() as session:
        write_setting(session, "telling_ways", {DIGEST: ways})

    done = at_once(app, duties.daily_digest)

    assert sum(done) == 2
    expected = Tally({actor_id("officer"): 1, actor_id("head"): 1})
    if "bell" in ways:
        assert digests_of() == expected
    if "line" in ways:
        rows = select(OutboxMessage.recipient).where(
            OutboxMessage.template_key == DIGEST, OutboxMessage.channel == OutboxChannel.LINE_STAFF
        )
        assert set(Tally(db.session.scalars(rows)).values()) == {1}


def test_a_worker_that_starts_in_the_afternoon_sends_what_the_morning_missed(
    town: Town, frozen_noon: FrozenClock
) -> None:
    late_cases(town.app, 1)
    frozen_noon.move_to(bangkok(2026, 11, 20, 15))

    town.drain(periodic=True)
    frozen_noon.advance(timedelta(minutes=6))
    town.drain(periodic=True)

    assert digests_of()[actor_id("officer")] == 1
    assert read_sent_day(db.session()) == "2026-11-20"
    assert db.session.get_one(Schedule, "daily_digest").last_error is None
