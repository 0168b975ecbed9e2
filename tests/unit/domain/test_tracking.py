"""Following a complaint by code and password: what opens it, and what its holder sees and does not see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from helpers.casework import (
    bring_to,
    hold,
    member_of,
    plain_subtype,
    press,
    register_case,
    submitted_case,
    token,
)
from helpers.people import actor_named, officer_named
from sqlalchemy.orm import Session

from domain.actor import Actor
from domain.clock import FrozenClock, bangkok_date
from domain.complaints import rate
from domain.errors import InvalidField
from domain.tracking import Tracked, clean_code, find_tracked, tracked_view
from domain.vault import Vault
from models import AttachmentStage, Complaint, ComplaintStatus, Disclosure

S = ComplaintStatus


def vault_of(app: Flask) -> Vault:
    vault: Vault = app.extensions["vault"]
    return vault


def password_of(app: Flask, case: Complaint) -> str:
    return vault_of(app).tracking_password(case.public_code, case.tracking_generation)


def view_of(session: Session, case: Complaint, language: str = "th") -> Tracked:
    session.commit()
    view = tracked_view(session, Actor.holder(case.id, "ผู้ร้องทุกข์"), language)
    assert view is not None
    return view


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("2026-14", "2026-14"),
        (" 2026-14 ", "2026-14"),
        ("2026 - 14", "2026-14"),
        ("2026–14", "2026-14"),
        ("2026−14", "2026-14"),
        ("๒๐๒๖-๑๔", "2026-14"),
        ("202614", "2026-14"),
        ("2026 14", "2026-14"),
        ("2026-14\u200b", "2026-14"),
        ("2026", "-"),
        ("2026-", "-"),
        ("อส. 56/2569", "-"),
        ("2026-1234567890", "-"),
        ("' OR 1=1 --", "-"),
        ("", "-"),
        ("\x00\ud800", "-"),
        ("9" * 10_000, "-"),
    ],
)
def test_a_code_is_read_as_it_was_meant(typed: str, code: str) -> None:
    assert clean_code(typed) == code


def test_code_and_password_open_the_complaint(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    password = password_of(app, case)

    assert find_tracked(session, vault_of(app), case.public_code, password) is case
    assert find_tracked(session, vault_of(app), f" {case.public_code} ", password.lower()) is case


def test_every_wrong_pair_gets_the_same_refusal(app: Flask, session: Session) -> None:
    mine, other = register_case(app, session), register_case(app, session)
    tried = [
        (mine.public_code, "0000000000"),
        (mine.public_code, ""),
        (mine.public_code, password_of(app, other)),
        ("2026-999999", password_of(app, mine)),
        ("not a code", password_of(app, mine)),
    ]

    told = set()
    for code, password in tried:
        with pytest.raises(InvalidField) as refused:
            find_tracked(session, vault_of(app), code, password)
        told.add((refused.value.code, refused.value.field, refused.value.message))

    assert len(told) == 1


def test_an_imported_complaint_has_no_password_that_opens_it(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    case.tracking_hash = None
    session.flush()

    with pytest.raises(InvalidField):
        find_tracked(session, vault_of(app), case.public_code, password_of(app, case))


def test_a_new_generation_closes_the_old_password(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    old = password_of(app, case)
    case.tracking_generation = 2
    case.tracking_hash = vault_of(app).tracking_hash(password_of(app, case))
    session.flush()

    assert find_tracked(session, vault_of(app), case.public_code, password_of(app, case)) is case
    with pytest.raises(InvalidField):
        find_tracked(session, vault_of(app), case.public_code, old)


def test_the_way_has_the_days_its_steps_were_reached(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    received = frozen_noon()
    case = submitted_case(app, session)
    for action, who in (("accept", "clerk"), ("direct", "clerk"), ("acknowledge", "officer")):
        frozen_noon.advance(timedelta(days=1))
        press(session, who, case, action)

    view = view_of(session, case)

    assert [(step.text, step.mark, step.reached_at) for step in view.steps] == [
        ("ได้รับเรื่องแล้ว", "done", received),
        ("รอดำเนินการ", "done", received + timedelta(days=1)),
        ("กำลังดำเนินการ", "now", received + timedelta(days=3)),
        ("ดำเนินการเสร็จสิ้น", "todo", None),
    ]
    assert view.is_open
    assert view.due_date == bangkok_date(case.due_at) if case.due_at else False


def test_what_happened_is_told_once_a_word(app: Flask, session: Session) -> None:
    view = view_of(session, bring_to(app, session, S.CLOSED))

    assert [words for _at, words in view.history] == [
        "รอดำเนินการ",
        "กำลังดำเนินการ",
        "ดำเนินการเสร็จสิ้น",
        "ปิดเรื่อง",
    ]


def test_the_holder_sees_no_name_no_phone_and_no_internal_word(app: Flask, session: Session) -> None:
    member = member_of(session)
    case = register_case(
        app, session, disclosure=Disclosure.CONCEALED, assignee_id=None, callback_phone="+66899999999"
    )
    press(session, "clerk", case, "direct", note="ระวังสุนัขดุ")
    press(session, "officer", case, "acknowledge")
    press(session, "officer", case, "record_result")

    said = str(view_of(session, case))

    for secret in (
        member.first_name,
        member.last_name or "-",
        "812345678",
        "899999999",
        officer_named(session, "officer").first_name,
        officer_named(session, "clerk").first_name,
        "ระวังสุนัขดุ",
        "ถนนเป็นหลุมหน้าโรงเรียน",
    ):
        assert secret not in said


def test_the_reason_is_told_while_it_holds(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.REJECTED)

    view = view_of(session, case)

    assert view.reason == "ไม่อยู่ในเขตเทศบาล ติดต่อ อบต. บ้านเป็ด"
    assert [step.text for step in view.steps] == ["ได้รับเรื่องแล้ว", "ไม่รับเรื่อง"]
    assert all(step.reached_at for step in view.steps)
    assert not view.is_open


def test_the_result_is_told_with_its_photos(app: Flask, session: Session) -> None:
    case = register_case(app, session)
    form = token()
    press(session, "officer", case, "acknowledge")
    hold(session, actor_named(session, "officer"), form, AttachmentStage.AFTER)
    press(session, "officer", case, "record_result", photo_token=form)

    view = view_of(session, case)

    assert (view.result_text, view.outcome) == ("กลบหลุมและเทยางมะตอยแล้ว", "แก้ไขแล้ว")
    assert len(view.after) == 1
    assert view.before == []
    assert view.may_rate


def test_an_old_result_is_not_told_of_a_complaint_at_work_again(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.RESOLVED)
    setattr(case, "status", S.IN_PROGRESS)  # noqa: B010 - the verb that reopens comes later
    session.flush()

    view = view_of(session, case)

    assert view.result_text == ""
    assert not view.may_rate


def test_a_rating_can_be_changed_for_seven_days(
    app: Flask, session: Session, frozen_noon: FrozenClock
) -> None:
    case = bring_to(app, session, S.RESOLVED)
    holder = Actor.holder(case.id, "ผู้ร้องทุกข์")
    assert view_of(session, case).stars is None
    rate(session, holder, case.id, stars=4, comment="ดี")

    frozen_noon.advance(timedelta(days=7))
    assert view_of(session, case).may_rate
    frozen_noon.advance(timedelta(seconds=1))
    view = view_of(session, case)

    assert not view.may_rate
    assert (view.stars, view.comment) == (4, "ดี")


def test_everything_is_told_in_english_too(app: Flask, session: Session) -> None:
    case = bring_to(app, session, S.ACKNOWLEDGED)
    subtype = plain_subtype(session)

    view = view_of(session, case, "en")

    assert view.subject == subtype.name_en
    assert view.state_word == "Being worked on"
    assert [step.text for step in view.steps] == [
        "Received",
        "Waiting to be worked on",
        "Being worked on",
        "Finished",
    ]
    assert "day" in view.promised
    assert "วัน" not in view.promised
    assert case.department is not None
    assert view.department == case.department.name_en


def test_a_complaint_without_a_type_is_named_by_its_kind(app: Flask, session: Session) -> None:
    assert view_of(session, submitted_case(app, session)).subject == "ร้องเรียน/ร้องทุกข์"


def test_the_holder_of_one_complaint_sees_no_other(app: Flask, session: Session) -> None:
    mine, other = register_case(app, session), register_case(app, session)

    assert view_of(session, mine).complaint_id == mine.id != other.id


def test_a_complaint_that_is_gone_is_not_shown(session: Session) -> None:
    assert tracked_view(session, Actor.holder(987_654, "x"), "th") is None
