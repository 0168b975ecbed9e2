"""The daily digest: who reads what, on which days, and that nobody reads it twice."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.cases import new_case
from helpers.casework import STORY, bring_to, press
from helpers.people import actor_named, officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.bell import bell_rows
from domain.clock import FrozenClock, bangkok, now, today
from domain.complaint_filter import KEYS, conditions, read_filter
from domain.digests import (
    COUNTS,
    DIGEST,
    MOST_CASES,
    Digest,
    digest_day,
    digest_facts,
    digest_of,
    digest_readers,
    keep_sent_day,
    write_digest,
)
from domain.lookups import load_lookups
from domain.settings import write_setting
from models import Complaint, ComplaintStatus, Notification, OutboxChannel, OutboxMessage

pytestmark = pytest.mark.usefixtures("frozen_noon")
S = ComplaintStatus
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def digest(session: Session, who: str) -> Digest:
    session.flush()
    return digest_of(session, actor_named(session, who), load_lookups(session))


def write_all(session: Session) -> int:
    session.flush()
    lookups = load_lookups(session)
    return sum(write_digest(session, one, today(), lookups) for one in digest_readers(session))


def read_by(session: Session, who: str) -> list[OutboxMessage]:
    session.flush()
    name = officer_named(session, who).full_name
    rows = select(OutboxMessage).where(
        OutboxMessage.template_key == DIGEST, OutboxMessage.recipient_name == name
    )
    return list(session.scalars(rows.order_by(OutboxMessage.id)))


def due_in(session: Session, ahead: timedelta, **more: Any) -> Complaint:
    return new_case(session, due_at=now() + ahead, **more)


def test_an_officer_reads_how_many_of_his_are_late_due_today_due_soon_and_waiting(session: Session) -> None:
    for ahead in (-2 * DAY, -HOUR, 3 * HOUR, 2 * DAY, 6 * DAY, 20 * DAY):
        due_in(session, ahead)
    due_in(session, -3 * DAY, status=S.AWAITING_PLAN)
    due_in(session, -3 * DAY, status=S.RESOLVED)
    due_in(session, -3 * DAY, officer="nirut.b")

    found = digest(session, "officer")

    assert found.counts == {"mine_late": 2, "mine_today": 1, "mine_week": 2, "mine_waiting": 1}


def test_a_head_reads_what_stands_still_in_his_department_and_below(app: Flask, session: Session) -> None:
    due_in(session, -HOUR)
    due_in(session, -HOUR, department="lighting", officer="jakrit.l")
    due_in(session, -HOUR, department="health", officer="wilaiwan.h")
    due_in(session, 5 * DAY, officer=None, status=S.ACCEPTED)
    due_in(session, 5 * DAY, status=S.REFERRED_OUT)
    press(session, "officer", bring_to(app, session, S.IN_PROGRESS), "ask_more_time")

    found = digest(session, "head")

    assert found.department == "engineering"
    assert found.counts == {
        "department_late": 2,
        "department_unassigned": 1,
        "department_waiting": 1,
        "department_more_time": 1,
    }


def test_a_request_for_more_time_that_was_answered_is_not_counted(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    press(session, "officer", case, "ask_more_time")
    press(session, "head", case, "refuse_more_time")

    assert "department_more_time" not in digest(session, "head").counts


def test_the_most_urgent_five_come_first_and_the_heads_own_before_his_officers(session: Session) -> None:
    his = [due_in(session, 2 * DAY, officer="head"), due_in(session, 3 * DAY, officer="head")]
    late = [due_in(session, -(5 - place) * DAY) for place in range(5)]

    assert list(digest(session, "head").cases) == [*his, *late][:MOST_CASES]


def test_every_count_leads_to_a_list_that_exists_and_holds_at_least_so_many(session: Session) -> None:
    for ahead in (-2 * DAY, 3 * HOUR, 5 * DAY):
        due_in(session, ahead, officer="head")
    due_in(session, 5 * DAY, officer=None)
    due_in(session, 5 * DAY, status=S.AWAITING_PLAN, officer="head")
    actor, lookups = actor_named(session, "head"), load_lookups(session)
    found = digest(session, "head")

    for count in digest_facts(found, today(), "th")["counts"]:
        assert set(count["arguments"]) <= set(KEYS)
        chosen, unread = read_filter(
            {key: [value] for key, value in count["arguments"].items()}, lookups, actor
        )
        assert unread == []
        wanted, _match = conditions(chosen, session)
        assert len(session.scalars(select(Complaint.id).where(*wanted)).all()) >= count["count"]


def test_nothing_a_citizen_wrote_and_nobodys_name_or_house_stands_in_it(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    case.place_text = "บ้านเลขที่ 99 ซ.สุขใจ"
    assert case.due_at is not None
    frozen_noon.move_to(case.due_at + timedelta(seconds=1))
    session.flush()

    said = str(digest_facts(digest(session, "officer"), today(), "th"))

    assert str(case) in said
    assert not any(words in said for words in (STORY, "สมชาย", "99", "+668", "สุขใจ"))


def test_it_goes_by_line_and_bell_and_by_e_mail_where_the_town_has_a_server(session: Session) -> None:
    due_in(session, -HOUR)
    write_setting(session, "mail_host", "127.0.0.1")
    officer_named(session, "officer").email = "officer@example.go.th"
    officer_named(session, "head").email = "head@example.go.th"

    assert write_all(session) == 2  # The officer and the head.

    assert {row.channel for row in read_by(session, "officer")} == {
        OutboxChannel.LINE_STAFF,
        OutboxChannel.EMAIL,
    }
    (bell,) = bell_rows(session, actor_named(session, "officer"), "th")
    assert bell.sentence == "สรุปงานของวันนี้: เกินกำหนด 1 เรื่อง ครบกำหนดวันนี้ 0 เรื่อง"
    assert bell_rows(session, actor_named(session, "head"), "en")[0].sentence.startswith(
        "Today's work: 1 late"
    )


def test_a_town_may_choose_other_ways(session: Session) -> None:
    due_in(session, -HOUR)
    write_setting(session, "telling_ways", {DIGEST: ["bell"]})

    assert write_all(session) == 2
    assert write_all(session) == 0

    assert read_by(session, "officer") == []


@pytest.mark.parametrize("ways", [["bell"], ["line"], ["line", "bell", "email"]], ids=str)
def test_a_second_worker_writes_nobodys_digest_again(session: Session, ways: list[str]) -> None:
    write_setting(session, "telling_ways", {DIGEST: ways})
    due_in(session, -HOUR)
    assert write_all(session) == 2

    assert write_all(session) == 0


def test_the_next_day_has_its_own(session: Session, frozen_noon: FrozenClock) -> None:
    due_in(session, -HOUR)
    write_all(session)
    frozen_noon.advance(3 * DAY)

    assert write_all(session) == 2
    first, second = read_by(session, "officer")
    assert first.expires_at == bangkok(2026, 11, 21)
    assert second.dedupe_key != first.dedupe_key


def test_who_has_nothing_to_do_reads_nothing_and_waiting_alone_is_nothing(session: Session) -> None:
    due_in(session, 20 * DAY)
    due_in(session, -DAY, status=S.AWAITING_PLAN)
    due_in(session, -DAY, officer="nirut.b", department="health")

    write_all(session)

    assert read_by(session, "officer") == []
    assert read_by(session, "head") == []
    bells = session.scalars(select(Notification).where(Notification.template_key == DIGEST)).all()
    named = {officer_named(session, "nirut.b").id, officer_named(session, "nongkran.h").id}
    assert {row.staff_user_id for row in bells} == named


def test_an_officer_who_has_left_reads_nothing(session: Session) -> None:
    due_in(session, -HOUR)
    officer = officer_named(session, "officer")
    officer.is_active = False
    session.flush()

    assert not write_digest(session, officer.id, today(), load_lookups(session))


# When -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (bangkok(2026, 11, 20, 8, 29), None),
        (bangkok(2026, 11, 20, 8, 30), date(2026, 11, 20)),
        (bangkok(2026, 11, 20, 16, 29), date(2026, 11, 20)),  # The worker was down in the morning.
        (bangkok(2026, 11, 20, 16, 30), None),
        (bangkok(2026, 11, 21, 9), None),  # Saturday.
        (bangkok(2026, 12, 7, 9), None),  # A Monday off.
        (bangkok(2026, 11, 23, 8, 35), date(2026, 11, 23)),
    ],
)
def test_it_is_written_on_working_days_from_its_time_until_offices_close(
    session: Session, frozen_noon: FrozenClock, moment: datetime, due: date | None
) -> None:
    frozen_noon.move_to(moment)

    assert digest_day(session) == due


def test_a_town_that_reads_in_the_evening_has_the_evening(session: Session, frozen_noon: FrozenClock) -> None:
    write_setting(session, "digest_time", "19:00")
    days = []
    for hour in (18, 19, 23):
        frozen_noon.move_to(bangkok(2026, 11, 20, hour))
        days.append(digest_day(session))

    assert days == [None, date(2026, 11, 20), date(2026, 11, 20)]


def test_once_all_are_written_the_day_is_done(session: Session, frozen_noon: FrozenClock) -> None:
    keep_sent_day(session, today())
    session.flush()
    assert digest_day(session) is None
    frozen_noon.advance(3 * DAY)

    assert digest_day(session) == date(2026, 11, 23)


def test_every_count_has_words_in_both_languages() -> None:
    assert all(thai and english and thai != english for thai, english, _arguments in COUNTS.values())
