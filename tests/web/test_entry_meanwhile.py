"""What happens while a form is open, and how a new member's data are read at the counter."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.casework import member_of
from helpers.entry_page import Counter, lamp_form
from helpers.people import actor_named, officer_named
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.member_merging import merge_members
from domain.settings import write_setting
from extensions import write_transaction
from models import Complaint, Member

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
PIN = {"latitude": "16.432100", "longitude": "102.836000"}


@pytest.fixture
def clerk(app: Flask, client: FlaskClient) -> Counter:
    return Counter(app, client, "clerk")


@pytest.fixture
def form(app: Flask, clerk: Counter, session: Session) -> dict[str, Any]:
    return lamp_form(clerk, session, **PIN)


def newest(session: Session) -> Complaint:
    session.rollback()
    return session.scalars(select(Complaint).order_by(Complaint.id.desc())).first()


def test_a_member_merged_while_the_form_was_open_is_saved_under_the_one_who_stays(
    clerk: Counter, form: dict[str, Any], session: Session
) -> None:
    with write_transaction() as writing:
        keep_id = member_of(writing, "+66899999999", line=False).id
    with write_transaction() as writing:
        merge_members(
            writing,
            actor_named(writing, "central"),
            keep_id=keep_id,
            gone_id=int(form["member_id"]),
            reason="คนเดียวกัน",
        )

    assert clerk.send(form).status == 303
    assert newest(session).member_id == keep_id


def test_two_clerks_register_the_same_phone_and_the_second_keeps_what_was_typed(
    app: Flask, clerk: Counter, form: dict[str, Any], session: Session
) -> None:
    newcomer = {"who": "new", "member_id": "", "phone": "0935727903", "first_name": "มาลี"}
    colleague = Counter(app, app.test_client(), "central")
    theirs = {
        **form,
        **newcomer,
        **{key: colleague.get().fields()[key] for key in ("csrf_token", "form_token")},
    }
    assert colleague.send(theirs, latitude="", longitude="").status == 303

    refused = clerk.send({**form, **newcomer})
    found = clerk.send(refused.fields(), act="find")

    assert refused.status == 422
    assert "เบอร์นี้เป็นสมาชิกอยู่แล้ว" in refused.errors()["phone"]
    assert refused.fields()["story"] == "ไฟถนนดับ"
    assert found.fields()["who"] == "member"
    assert clerk.send(found.fields(), act="save_apart").status == 303
    session.rollback()
    assert session.scalar(select(func.count(Member.id)).where(Member.phone == "+66935727903")) == 1


@on_sqlite
def test_where_officers_need_line_the_others_stand_there_and_cannot_be_chosen(
    clerk: Counter, form: dict[str, Any], session: Session
) -> None:
    with write_transaction() as writing:
        officer = officer_named(writing, "officer")
        for account in list(officer.line_accounts):
            writing.delete(account)
        name = officer.full_name
    assert clerk.send(form, act="stay").says(f"{name} (ยังไม่มี LINE)")
    with write_transaction() as writing:
        write_setting(writing, "officer_must_have_line", True)

    page = clerk.get()
    refused = clerk.send(form)

    assert f'disabled value="{form["assignee_id"]}"' in page.text
    assert "ยังไม่ได้ลงทะเบียน LINE" in refused.errors()["assignee_id"]


@on_sqlite
@pytest.mark.parametrize(
    ("typed", "kept"),
    [("@Mali.57", "mali.57"), ("line: mali 57", "mali57"), ("ไลน์ mali", "mali"), ("-", None)],
)
def test_a_line_id_is_kept_as_line_searches_for_it(
    clerk: Counter, form: dict[str, Any], session: Session, typed: str, kept: str | None
) -> None:
    newcomer = {"who": "new", "member_id": "", "phone": "0935727903", "first_name": "มาลี"}

    assert clerk.send({**form, **newcomer}, line_id_text=typed).status == 303
    member = newest(session).member
    assert member is not None
    assert member.line_id_text == kept


@on_sqlite
def test_a_display_name_is_no_line_id(clerk: Counter, form: dict[str, Any]) -> None:
    newcomer = {"who": "new", "member_id": "", "phone": "0935727903", "first_name": "มาลี"}

    page = clerk.send({**form, **newcomer}, line_id_text="มาลี ใจดี")

    assert "Line ID มีเฉพาะ" in page.errors()["line_id_text"]


@on_sqlite
@pytest.mark.parametrize("typed", ["1100700000001", "1-1007-00000-00-1", "๑ ๑๐๐๗ ๐๐๐๐๐ ๐๐ ๑"])
def test_a_card_number_stands_there_as_on_the_card(clerk: Counter, form: dict[str, Any], typed: str) -> None:
    newcomer = {"who": "new", "member_id": "", "phone": "0935727903", "first_name": "มาลี"}

    page = clerk.send({**form, **newcomer, "national_id": typed}, act="stay")

    assert page.fields()["national_id"] == "1-1007-00000-00-1"


@on_sqlite
def test_a_known_member_who_was_never_told_is_told_once(clerk: Counter, form: dict[str, Any]) -> None:
    words = "แจ้งผู้ร้องแล้วว่าเทศบาลเก็บและใช้ข้อมูลนี้"
    assert clerk.send(form, act="stay").says(words)

    assert clerk.send(form, notice_given="y").status == 303

    fresh = {**form, "form_token": clerk.get().fields()["form_token"]}
    assert not clerk.send(fresh, act="stay").says(words)
