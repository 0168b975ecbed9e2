"""More time: asked for by the officer, given or refused by the head, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to, field_codes, press, told
from helpers.people import actor_named, officer_named
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.clock import FrozenClock, bangkok
from domain.complaints import extend
from domain.errors import AlreadyDone, FieldErrors, InvalidField
from domain.more_time import pending_request
from domain.settings import write_setting
from models import ComplaintStatus, OutboxMessage

S = ComplaintStatus
sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def card_of(session: Session, template_key: str) -> dict[str, Any]:
    found = select(OutboxMessage).where(OutboxMessage.template_key == template_key)
    return session.scalars(found.order_by(OutboxMessage.id.desc())).first().facts  # type: ignore[union-attr]


@sqlite
def test_a_request_goes_to_the_head_with_days_and_reason(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)

    press(session, "officer", case, "ask_more_time", days=5)

    assert told(session, case) == {("line_staff", "staff_more_time")}
    assert card_of(session, "staff_more_time")["reason"] == "5 วันทำการ – ฝนตก"
    assert pending_request(session, case) is case.events[-1]


@sqlite
def test_more_time_counts_from_the_promised_day_and_the_old_one_stays_in_the_event(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    case.due_at = bangkok(2026, 11, 27, 16, 30)  # A Friday.
    session.flush()
    press(session, "officer", case, "ask_more_time")

    press(session, "head", case, "extend", days=1)

    assert case.due_at == bangkok(2026, 11, 30, 16, 30)
    assert case.events[-1].facts == {"days": 1, "was_due": "2026-11-27", "due": "2026-11-30"}
    assert told(session, case) == {("line_citizen", "citizen_extended"), ("line_staff", "staff_extended")}
    assert pending_request(session, case) is None
    citizen = card_of(session, "citizen_extended")
    assert (citizen["reason"], citizen["due_text"]) == ("ฝนตกทั้งสัปดาห์", "30 พ.ย. 2569")


@sqlite
def test_more_time_for_what_is_late_counts_from_today(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    case.due_at = bangkok(2026, 11, 2, 16, 30)
    session.flush()

    press(session, "head", case, "extend", days=1)

    assert case.due_at == bangkok(2026, 11, 23, 16, 30)


def test_a_double_click_gives_the_time_once(app: Flask, session: Session, frozen_noon: FrozenClock) -> None:
    write_setting(session, "most_extensions", 3)
    case = bring_to(app, session, S.IN_PROGRESS)
    seq, head = case.state_seq, actor_named(session, "head")
    extend(session, head, case.id, days=3, reason="ฝนตก", expected_seq=seq)
    given = case.due_at

    with pytest.raises(AlreadyDone) as caught:
        extend(session, head, case.id, days=3, reason="ฝนตก", expected_seq=seq)
    extend(session, head, case.id, days=2, reason="และอีกสองวัน", expected_seq=seq)
    frozen_noon.advance(timedelta(minutes=2))
    extend(session, head, case.id, days=2, reason="และอีกสองวัน", expected_seq=seq)

    assert head.name in caught.value.message
    assert given is not None
    assert case.due_at is not None
    assert (case.due_at - given).days >= 4


@sqlite
def test_a_refusal_answers_the_request_and_another_may_be_made(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    promised = case.due_at
    press(session, "officer", case, "ask_more_time")

    press(session, "head", case, "refuse_more_time")
    refused = told(session, case)
    press(session, "officer", case, "ask_more_time")

    assert refused == {("line_staff", "staff_time_refused")}
    assert case.due_at == promised
    assert pending_request(session, case) is case.events[-1]


@sqlite
def test_nothing_is_refused_that_nobody_asked_for(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    press(session, "officer", case, "ask_more_time")
    press(session, "head", case, "refuse_more_time")
    press(session, "head", case, "extend")  # He thinks better of it; the refusal is no answer any more.

    with pytest.raises(InvalidField) as caught:
        press(session, "head", case, "refuse_more_time")

    assert caught.value.code == "no_time_request"


@sqlite
def test_the_request_of_an_officer_who_lost_the_case_has_lapsed(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    press(session, "officer", case, "ask_more_time")
    press(session, "clerk", case, "direct", assignee_id=officer_named(session, "nirut.b").id)
    press(session, "nirut.b", case, "acknowledge")

    assert pending_request(session, case) is None
    press(session, "nirut.b", case, "ask_more_time")

    assert pending_request(session, case) is case.events[-1]


@sqlite
@pytest.mark.parametrize("action", ["ask_more_time", "extend"])
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"days": None, "reason": ""}, {"days": "days_required", "reason": "reason_required"}),
        ({"days": 0}, {"days": "number_out_of_range"}),
        ({"days": 366}, {"days": "number_out_of_range"}),
    ],
    ids=["nothing", "no day", "a year and more"],
)
def test_more_time_has_a_measure_and_a_reason(
    app: Flask, session: Session, action: str, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)

    with pytest.raises(FieldErrors) as caught:
        press(session, "officer" if action == "ask_more_time" else "head", case, action, **changes)

    assert field_codes(caught.value) == expected


@sqlite
def test_where_nothing_was_promised_there_is_nothing_to_extend(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.IN_PROGRESS)
    case.due_at = None
    session.flush()

    with pytest.raises(FieldErrors) as caught:
        press(session, "head", case, "extend")

    assert field_codes(caught.value) == {"days": "nothing_promised"}
