"""The counter's form, without script: who, what, where, what kind; saved exactly once."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.casework import category, member_of, plain_subtype, register_case, subtype
from helpers.entry_page import NEW, Counter, Page, jpeg
from helpers.people import officer_named
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_views.entry_desk import FORM_NAME
from domain.drafts import save_draft
from extensions import db, write_transaction
from models import (
    Channel,
    Complaint,
    ComplaintStatus,
    Consent,
    Disclosure,
    Draft,
    LineState,
    Member,
    OutboxMessage,
    Road,
    StaffUser,
)

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def clerk(app: Flask, client: FlaskClient) -> Counter:
    return Counter(app, client, "clerk")


@pytest.fixture
def citizen(app: Flask) -> int:
    """A citizen with LINE whom the town knows."""
    with write_transaction() as session:
        return member_of(session).id


def filled(session: Session, page: Page, citizen: int, **changes: Any) -> dict[str, Any]:
    """The page's own form with everything a complaint needs."""
    session.rollback()
    kind = plain_subtype(session)
    return {
        **page.fields(),
        "act": "save",
        "who": "member",
        "member_id": str(citizen),
        "story": "ไฟถนนดับสามดวง ขอให้มาซ่อม",
        "channel_id": str(session.scalars(select(Channel.id).where(Channel.code == "phone")).one()),
        "category_id": str(kind.category_id),
        "subcategory_id": str(kind.id),
        "assignee_id": str(officer_named(session, "officer").id),
        **changes,
    }


def saved(session: Session) -> Complaint:
    session.rollback()
    return session.scalars(select(Complaint)).one()


def count(session: Session, table: Any) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(table)) or 0


# The page ---------------------------------------------------------------------------------------------------


@on_sqlite
def test_the_page_begins_with_what_is_most_likely(clerk: Counter, session: Session) -> None:
    fields = clerk.get().fields()

    assert fields["category_id"] == str(category(session, "ช.").id)
    assert fields["received_at"].endswith(tuple("0123456789"))
    assert (fields["kind"], fields["urgency"], fields["disclosure"]) == ("complaint", "normal", "concealed")
    assert len(fields["form_token"]) >= 16


@on_sqlite
def test_the_channel_used_last_is_proposed(app: Flask, clerk: Counter, session: Session) -> None:
    walk_in = session.scalars(select(Channel.id).where(Channel.code == "walk_in")).one()
    with write_transaction() as writing:
        register_case(app, writing, channel_id=walk_in)

    assert clerk.get().fields()["channel_id"] == str(walk_in)


@on_sqlite
def test_only_the_main_types_of_the_department_are_offered(
    app: Flask, clerk: Counter, client: FlaskClient, session: Session
) -> None:
    offered = set(clerk.get().options("category_id"))

    assert str(category(session, "ฟ.").id) in offered
    assert str(category(session, "อส.").id) not in offered


@on_sqlite
def test_the_central_unit_is_offered_every_main_type(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    offered = set(Counter(app, client, "central").get().options("category_id"))

    assert {str(category(session, code).id) for code in ("ฟ.", "อส.", "รท.")} <= offered


@on_sqlite
def test_officers_without_staff_line_are_marked(app: Flask, clerk: Counter) -> None:
    with write_transaction() as session:
        officer = officer_named(session, "officer")
        for account in list(officer.line_accounts):
            session.delete(account)
        name = officer.full_name

    assert clerk.get().says(f"{name} (ยังไม่มี LINE)")


@on_sqlite
@pytest.mark.parametrize("who", ["officer", "head", "executive", "admin"])
def test_who_may_not_enter_complaints_gets_no_form(app: Flask, client: FlaskClient, who: str) -> None:
    assert Counter(app, client, who).get().status == 403


# Who --------------------------------------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize("typed", ["0812345678", "081-234-5678", "๐๘๑๒๓๔๕๖๗๘", "+66 81 234 5678"])
def test_a_member_is_found_by_phone_however_it_is_typed(clerk: Counter, citizen: int, typed: str) -> None:
    page = clerk.send(clerk.get().fields(), act="find", phone=typed, story="พิมพ์ค้างไว้")

    assert page.fields()["who"] == "member"
    assert page.fields()["member_id"] == str(citizen)
    assert page.fields()["story"] == "พิมพ์ค้างไว้"
    assert page.says("นายสมชาย ใจดี")
    assert not page.says("0812345678")
    assert page.says("ติดต่อทาง LINE ได้")


@on_sqlite
def test_whoever_blocks_the_town_s_line_is_not_called_unlinked(clerk: Counter, citizen: int) -> None:
    with write_transaction() as session:
        for account in session.get_one(Member, citizen).line_accounts:
            account.state = LineState.BLOCKED

    page = clerk.send(clerk.get().fields(), act="find", phone="0812345678")

    assert page.says("บล็อก LINE ของเทศบาลอยู่")


@on_sqlite
def test_the_unfinished_cases_of_the_member_are_shown(
    app: Flask, clerk: Counter, citizen: int, session: Session
) -> None:
    with write_transaction() as writing:
        number = register_case(app, writing, member_id=citizen).number

    page = clerk.send(clerk.get().fields(), act="find", phone="0812345678")

    assert page.says("เรื่องที่ยังไม่เสร็จของผู้ร้อง 1 เรื่อง")
    assert page.says(str(number))


@on_sqlite
def test_an_unknown_phone_opens_the_fields_of_a_new_member_in_place(clerk: Counter) -> None:
    page = clerk.send(clerk.get().fields(), act="find", phone="0935727903", story="พิมพ์ค้างไว้")
    fields = page.fields()

    assert fields["who"] == "new"
    assert fields["phone"] == "0935727903"
    assert fields["story"] == "พิมพ์ค้างไว้"
    assert {"first_name", "birth_date", "national_id", "subdistrict_code"} <= set(fields)


def test_a_new_member_is_saved_together_with_the_complaint(
    clerk: Counter, citizen: int, session: Session
) -> None:
    page = clerk.send(clerk.get().fields(), act="find", phone="093-572-7903")
    newcomer = {
        "who": "new",
        "title": "นาง",
        "first_name": "มาลี",
        "last_name": "รักเมือง",
        "birth_date": "03/03/2500",
        "national_id": "1-1007-00000-00-1",
        "subdistrict_code": "ในเมือง",
        "notice_given": "y",
    }

    answer = clerk.send(filled(session, page, citizen, **newcomer))

    case = saved(session)
    assert answer.status == 303
    assert case.member is not None
    assert (case.member.phone, case.member.full_name) == ("+66935727903", "นางมาลี รักเมือง")
    assert str(case.member.birth_date) == "1957-03-03"
    assert case.member.national_id_last4 == "0001"
    assert case.member.postal_code == "40000"
    assert count(session, Consent) == 1


@on_sqlite
def test_a_new_member_can_be_saved_alone_and_the_complaint_goes_on(clerk: Counter, session: Session) -> None:
    page = clerk.send(clerk.get().fields(), act="find", phone="0935727903", story="พิมพ์ค้างไว้")

    page = clerk.send(page.fields(), act="save_member", first_name="มาลี", last_name="รักเมือง")

    assert page.says("บันทึกสมาชิกแล้ว")
    assert page.fields()["who"] == "member"
    assert page.fields()["story"] == "พิมพ์ค้างไว้"
    assert count(session, Complaint) == 0


@on_sqlite
def test_pressing_save_member_twice_makes_one_member(clerk: Counter, session: Session) -> None:
    page = clerk.send(clerk.get().fields(), act="find", phone="0935727903")
    before = count(session, Member)
    fields = {**page.fields(), "act": "save_member", "first_name": "มาลี"}

    clerk.send(fields)
    again = clerk.send(fields)

    assert again.fields()["who"] == "member"
    assert count(session, Member) == before + 1


@on_sqlite
def test_the_shared_member_asks_for_a_protected_number_and_warns(
    clerk: Counter, citizen: int, session: Session
) -> None:
    page = clerk.send(clerk.get().fields(), act="shared")
    assert page.fields()["who"] == "shared"
    assert page.says("อย่าพิมพ์ชื่อหรือเบอร์โทรของผู้แจ้งลงในรายละเอียด")

    answer = clerk.send(
        filled(session, page, citizen, who="shared", member_id="", callback_phone="099-000-9999")
    )

    case = saved(session)
    assert answer.status == 303
    assert case.member is not None
    assert case.member.is_shared
    assert case.callback_phone == "+66990009999"


@on_sqlite
def test_saving_without_looking_up_first_does_the_look_up_and_asks_again(
    clerk: Counter, citizen: int, session: Session
) -> None:
    fields = filled(session, clerk.get(), citizen, who="", member_id="", phone="0812345678")

    page = clerk.send(fields)

    assert page.status == 422
    assert page.says("กรุณาตรวจชื่อผู้ร้อง แล้วกดบันทึกอีกครั้ง")
    assert count(session, Complaint) == 0
    assert clerk.send(page.fields(), act="save").status == 303


@on_sqlite
def test_a_look_up_by_script_brings_only_what_it_changes(clerk: Counter, citizen: int) -> None:
    fields = {**clerk.get().fields(), "act": "find", "phone": "0812345678"}

    answer = clerk.client.post(NEW, data=fields, headers={"HX-Request": "true"})
    page = Page(answer)

    assert page.says("นายสมชาย ใจดี")
    for part in ('id="who"', 'id="rail"', 'id="save-words"'):
        assert part in page.text
    assert "<style" not in page.text
    assert 'name="story"' not in page.text


# Saving -----------------------------------------------------------------------------------------------------


def test_saving_gives_a_receipt_with_number_code_password_and_next_steps(
    app: Flask, clerk: Counter, citizen: int, session: Session
) -> None:
    answer = clerk.send(
        filled(session, clerk.get(), citizen, road_name="ซอยใหม่ 9", disclosure="disclosed", urgency="urgent")
    )
    case = saved(session)
    receipt = clerk.get(answer.answer.location)

    assert case.status is ComplaintStatus.DIRECTED
    assert case.disclosure is Disclosure.DISCLOSED
    assert receipt.status == 200
    password = app.extensions["vault"].tracking_password(case.public_code, 1)
    for words in (str(case.number), case.public_code, password, "data:image/png;base64,", "พิมพ์สำเนา"):
        assert receipt.says(words)
    assert session.scalars(select(Road.name).where(Road.name == "ซอยใหม่ 9")).all() == ["ซอยใหม่ 9"]


def test_double_click_refresh_and_back_are_one_complaint(
    clerk: Counter, citizen: int, session: Session
) -> None:
    fields = filled(session, clerk.get(), citizen)

    first = clerk.send(fields)
    again = clerk.send(fields)
    changed = clerk.send(fields, story="แก้คำแล้วส่งซ้ำ")

    assert first.answer.location == again.answer.location == changed.answer.location
    assert count(session, Complaint) == 1
    assert count(session, OutboxMessage) == 2
    assert saved(session).number_running == 1


@on_sqlite
def test_the_button_says_how_many_people_line_will_reach(
    clerk: Counter, citizen: int, session: Session
) -> None:
    fields = clerk.get().fields()
    assert clerk.get().says("บันทึกเรื่อง · ออกเลข · รอสั่งการ")

    found = clerk.send(fields, act="find", phone="0812345678")
    assert found.says("บันทึกเรื่อง · ออกเลข · รอสั่งการ · ส่ง LINE 1 คน")

    both = clerk.send(found.fields(), act="stay", assignee_id=str(officer_named(session, "officer").id))
    assert both.says("บันทึกเรื่อง · ออกเลข · ส่ง LINE 2 คน")


@on_sqlite
def test_without_an_officer_the_case_waits_for_its_order(
    clerk: Counter, citizen: int, session: Session
) -> None:
    clerk.send(filled(session, clerk.get(), citizen, assignee_id="", subcategory_id=""))

    assert saved(session).status is ComplaintStatus.ACCEPTED


@on_sqlite
def test_fields_nobody_offers_are_ignored(clerk: Counter, citizen: int, session: Session) -> None:
    health = session.scalars(select(StaffUser.department_id).where(StaffUser.username == "health")).one()
    clerk.send(
        filled(session, clerk.get(), citizen),
        status="closed",
        number="ฟ. 999/2569",
        department_id=str(health),
        tracking_hash="x",
        due_at="2099-01-01",
        created_by_id="1",
    )

    case = saved(session)
    assert case.number_running == 1
    assert case.status is ComplaintStatus.DIRECTED
    assert case.department_id != health
    assert case.created_by is not None
    assert case.created_by.username == "clerk"


@on_sqlite
def test_the_main_type_of_another_department_cannot_be_smuggled_in(
    clerk: Counter, citizen: int, session: Session
) -> None:
    foreign = subtype(session, "อส.(3)")
    page = clerk.send(
        filled(
            session,
            clerk.get(),
            citizen,
            category_id=str(foreign.category_id),
            subcategory_id=str(foreign.id),
            assignee_id="",
        )
    )

    assert page.status == 422
    assert "category_id" in page.errors()
    assert count(session, Complaint) == 0


@on_sqlite
def test_the_receipt_of_another_department_is_not_there(
    app: Flask, clerk: Counter, citizen: int, session: Session
) -> None:
    answer = clerk.send(filled(session, clerk.get(), citizen))
    stranger = Counter(app, app.test_client(), "health")

    assert stranger.get(answer.answer.location).status == 404


@on_sqlite
def test_a_form_without_a_token_is_refused(clerk: Counter, citizen: int, session: Session) -> None:
    fields = filled(session, clerk.get(), citizen)
    del fields["csrf_token"]

    assert clerk.send(fields).status == 400
    assert count(session, Complaint) == 0


# Drafts -----------------------------------------------------------------------------------------------------


@on_sqlite
def test_what_was_typed_is_kept_as_a_draft_and_comes_back(clerk: Counter, session: Session) -> None:
    fields = {**clerk.get().fields(), "story": "พิมพ์ไปครึ่งหนึ่ง", "road_name": "ถนนกลางเมือง"}

    kept = clerk.send(fields, url=f"{NEW}/draft")
    offered = clerk.get()
    back = clerk.get(f"{NEW}?draft={fields['form_token']}")

    assert kept.status == 200
    assert offered.says("พิมพ์ไปครึ่งหนึ่ง")
    assert back.fields()["story"] == "พิมพ์ไปครึ่งหนึ่ง"
    assert back.fields()["road_name"] == "ถนนกลางเมือง"
    assert back.fields()["form_token"] == fields["form_token"]


@on_sqlite
def test_the_photos_of_a_draft_come_back_with_it(clerk: Counter) -> None:
    page = clerk.send(clerk.get().fields(), act="stay", story="มีรูป", photos=[(jpeg(), "หลุม.jpg")])
    clerk.send(page.fields(), url=f"{NEW}/draft")

    back = clerk.get(f"{NEW}?draft={page.fields()['form_token']}")

    assert back.says("หลุม.jpg")


@on_sqlite
def test_a_saved_complaint_leaves_no_draft(clerk: Counter, citizen: int, session: Session) -> None:
    fields = filled(session, clerk.get(), citizen)
    clerk.send(fields, url=f"{NEW}/draft")

    clerk.send(fields)

    assert count(session, Draft) == 0


@on_sqlite
def test_nobody_opens_another_officers_draft(
    app: Flask, clerk: Counter, session: Session, act_as: Any
) -> None:
    with write_transaction() as writing:
        save_draft(writing, act_as("central"), FORM_NAME, "token-of-central-1", {"story": "ความลับ"})

    assert not clerk.get(f"{NEW}?draft=token-of-central-1").says("ความลับ")


@on_sqlite
@pytest.mark.parametrize("token", ["", "a b", "x" * 41])
def test_a_draft_under_no_token_is_refused(clerk: Counter, session: Session, token: str) -> None:
    fields = {**clerk.get().fields(), "form_token": token}

    assert clerk.send(fields, url=f"{NEW}/draft").status == 400
    assert count(session, Draft) == 0


@on_sqlite
def test_a_draft_can_be_thrown_away(clerk: Counter, session: Session) -> None:
    fields = {**clerk.get().fields(), "story": "ไม่เอาแล้ว"}
    clerk.send(fields, url=f"{NEW}/draft")

    clerk.send({"csrf_token": fields["csrf_token"], "draft": fields["form_token"]}, url=f"{NEW}/drop-draft")

    assert count(session, Draft) == 0
    db.session.rollback()


@on_sqlite
def test_the_page_takes_few_statements(clerk: Counter, sql_count: Any) -> None:
    clerk.get()  # The first one fills the snapshot of the small tables.

    with sql_count() as statements:
        clerk.get()

    assert len(statements) <= 14, "\n".join(statements)
