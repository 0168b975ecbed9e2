"""What the counter is shown and asked before a number is issued: near cases, phones in stories, questions."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from helpers.casework import member_of, register_case, subtype
from helpers.entry_page import NEW, Counter, Page, lamp_form
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.questions import questions_of
from domain.story_phones import PLACE_OF_NUMBER
from extensions import write_transaction
from models import (
    Complaint,
    ComplaintEvent,
    ComplaintFollower,
    Draft,
    EventKind,
    NumberSeries,
    OutboxMessage,
    QuestionAnswer,
)

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
PIN = {"latitude": "16.432100", "longitude": "102.836000"}


@pytest.fixture
def clerk(app: Flask, client: FlaskClient) -> Counter:
    return Counter(app, client, "clerk")


@pytest.fixture
def first(app: Flask) -> int:
    """A street light that is out, told by somebody else."""
    with write_transaction() as session:
        member = member_of(session, "+66899999999", line=False)
        lamp = subtype(session, "ฟ.(1)")
        return register_case(app, session, member_id=member.id, subcategory_id=lamp.id, **PIN).id


@pytest.fixture
def form(app: Flask, clerk: Counter, session: Session) -> dict[str, Any]:
    """A form about a street light at the same place."""
    return lamp_form(clerk, session, **PIN)


def count(session: Session, table: Any) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(table)) or 0


def newest(session: Session) -> Complaint:
    session.rollback()
    return session.scalars(select(Complaint).order_by(Complaint.id.desc())).first()


# Near cases -------------------------------------------------------------------------------------------------


def test_saving_the_same_spot_again_asks_first(
    clerk: Counter, form: dict[str, Any], first: int, session: Session
) -> None:
    page = clerk.send(form)

    assert page.status == 409
    assert page.says("ยังไม่ได้บันทึก เรื่องนี้ซ้ำกับเรื่องที่มีอยู่หรือไม่")
    assert page.says("ห่าง 0 ม.")
    assert page.says("รับวันนี้")
    assert page.fields()["story"] == "ไฟถนนดับ"
    assert count(session, Complaint) == 1


def test_not_the_same_is_saved_and_not_asked_again(
    clerk: Counter, form: dict[str, Any], first: int, session: Session
) -> None:
    page = clerk.send(form)

    refused = clerk.send(page.fields(), act="save_apart", channel_id="")
    answer = clerk.send({**refused.fields(), "channel_id": form["channel_id"]}, act="save")

    assert refused.status == 422
    assert answer.status == 303
    assert count(session, Complaint) == 2
    assert newest(session).parent_id is None


def test_the_complainant_may_follow_the_earlier_case_and_nothing_new_is_numbered(
    clerk: Counter, form: dict[str, Any], first: int, session: Session
) -> None:
    clerk.send(form, url=f"{NEW}/draft")
    page = clerk.send(form)
    messages = count(session, OutboxMessage)

    answer = clerk.send(page.fields(), act=f"follow-{first}")

    assert answer.status == 303
    assert clerk.get(answer.answer.location).says("ไม่มีการออกเลขใหม่")
    assert count(session, Complaint) == 1
    assert count(session, Draft) == 0
    assert count(session, OutboxMessage) == messages
    follower = session.scalars(select(ComplaintFollower)).one()
    assert (follower.complaint_id, str(follower.member_id)) == (first, form["member_id"])
    assert set(session.scalars(select(NumberSeries.last_number))) == {1}


@on_sqlite
def test_following_twice_is_one_following(
    clerk: Counter, form: dict[str, Any], first: int, session: Session
) -> None:
    clerk.send(form, act=f"follow-{first}")

    again = clerk.send(form, act=f"follow-{first}")

    assert clerk.get(again.answer.location).says("ผู้ร้องติดตามเรื่องนี้อยู่แล้ว")
    assert count(session, ComplaintFollower) == 1


@on_sqlite
def test_a_new_member_follows_and_is_registered_with_it(
    clerk: Counter, form: dict[str, Any], first: int, session: Session
) -> None:
    newcomer = {"who": "new", "member_id": "", "phone": "0935727903", "first_name": "มาลี"}

    bare = clerk.send({**form, **newcomer}, act=f"follow-{first}", first_name="")
    answer = clerk.send({**form, **newcomer}, act=f"follow-{first}")

    assert "first_name" in bare.errors()
    assert answer.status == 303
    session.rollback()
    follower = session.scalars(select(ComplaintFollower)).one()
    assert follower.member.phone == "+66935727903"


@on_sqlite
@pytest.mark.parametrize("who", ["shared", ""])
def test_nobody_cannot_follow(
    clerk: Counter, form: dict[str, Any], first: int, session: Session, who: str
) -> None:
    page = clerk.send({**form, "who": who, "member_id": ""}, act=f"follow-{first}")

    assert page.status == 422
    assert count(session, ComplaintFollower) == 0


@on_sqlite
def test_a_shared_complainant_is_not_offered_to_follow(
    clerk: Counter, form: dict[str, Any], first: int
) -> None:
    page = clerk.send({**form, "who": "shared", "member_id": ""})

    assert page.status == 409
    assert not page.says("ให้ผู้ร้องติดตามเรื่องเดิม")
    assert page.says("บันทึกและเชื่อมกับเรื่องเดิม")


def test_the_new_case_may_be_linked_with_the_earlier_one(
    clerk: Counter, form: dict[str, Any], first: int, session: Session
) -> None:
    answer = clerk.send(form, act=f"link-{first}")

    case = newest(session)
    assert answer.status == 303
    assert case.parent_id == first
    event = session.scalars(select(ComplaintEvent).where(ComplaintEvent.complaint_id == case.id)).one()
    assert event.kind is EventKind.REGISTER
    assert event.facts["parent_id"] == first


@on_sqlite
def test_a_link_outlives_a_refusal_and_can_be_taken_back(
    clerk: Counter, form: dict[str, Any], first: int, session: Session
) -> None:
    refused = clerk.send(form, act=f"link-{first}", channel_id="")
    assert refused.says("เรื่องนี้จะเชื่อมกับเรื่องเดิม")

    apart = clerk.send(refused.fields(), act="unlink")

    assert apart.fields()["parent_id"] == ""
    assert clerk.send(refused.fields(), act="save", channel_id=form["channel_id"]).status == 303
    assert newest(session).parent_id == first


@on_sqlite
@pytest.mark.parametrize("act", ["link", "follow"])
def test_another_departments_case_can_be_neither_linked_nor_followed(
    app: Flask, clerk: Counter, form: dict[str, Any], session: Session, act: str
) -> None:
    with write_transaction() as writing:
        rubbish = subtype(writing, "อส.(3)")
        case = register_case(
            app,
            writing,
            "central",
            category_id=rubbish.category_id,
            subcategory_id=rubbish.id,
            assignee_id=None,
        )
        foreign = case.id

    page = clerk.send(form, act=f"{act}-{foreign}")

    assert page.status == 422
    assert count(session, Complaint) == 1
    assert count(session, ComplaintFollower) == 0


@on_sqlite
@pytest.mark.parametrize("act", ["link-999999", "follow-999999", "link-99999999999", "follow-x", "link-"])
def test_a_case_that_is_not_there_loses_nothing(clerk: Counter, form: dict[str, Any], act: str) -> None:
    page = clerk.send(form, act=act)

    assert page.status in {200, 422}
    assert page.fields()["story"] == "ไฟถนนดับ"


@on_sqlite
def test_the_rail_shows_what_is_near_while_it_is_typed(
    clerk: Counter, form: dict[str, Any], first: int, session: Session
) -> None:
    page = Page(clerk.client.post(f"{NEW}/near", data=form))
    nowhere = Page(clerk.client.post(f"{NEW}/near", data={**form, "latitude": "999"}))

    assert page.status == 200
    assert page.says("อาจเป็นเรื่องเดียวกัน 1 เรื่อง")
    assert "<html" not in page.text
    assert not nowhere.says("อาจเป็นเรื่องเดียวกัน")


@on_sqlite
def test_without_script_the_page_itself_shows_what_is_near(
    clerk: Counter, form: dict[str, Any], first: int
) -> None:
    assert clerk.send(form, act="stay").says("อาจเป็นเรื่องเดียวกัน 1 เรื่อง")


@on_sqlite
def test_the_same_persons_other_troubles_stand_in_their_own_place(
    app: Flask, clerk: Counter, form: dict[str, Any], session: Session
) -> None:
    with write_transaction() as writing:
        number = str(register_case(app, writing, member_id=int(form["member_id"])))

    page = clerk.send(form, act="stay")

    assert page.says(f"{number}")
    assert page.says("เรื่องที่ยังไม่เสร็จของผู้ร้อง 1 เรื่อง")
    assert not page.says("อาจเป็นเรื่องเดียวกัน")


@on_sqlite
def test_the_same_trouble_of_the_same_person_is_asked_about_but_cannot_be_followed(
    app: Flask, clerk: Counter, form: dict[str, Any], session: Session
) -> None:
    with write_transaction() as writing:
        lamp = int(form["subcategory_id"])
        register_case(app, writing, member_id=int(form["member_id"]), subcategory_id=lamp)

    page = clerk.send(form)

    assert page.status == 409
    assert page.says("ผู้ร้องคนเดียวกัน")
    assert not page.says("ให้ผู้ร้องติดตามเรื่องเดิม")


# A number in the story --------------------------------------------------------------------------------------


def unknown_caller(form: dict[str, Any], **changes: str) -> dict[str, Any]:
    story = "โทรกลับ 081 999 0000 ไฟดับ"
    return {**form, "who": "shared", "member_id": "", "callback_phone": "", "story": story, **changes}


def test_a_number_in_an_unknown_callers_story_is_offered_a_protected_place(
    clerk: Counter, form: dict[str, Any], session: Session
) -> None:
    asked = clerk.send(unknown_caller(form))
    moved = clerk.send(asked.fields(), act="move_number")
    answer = clerk.send(moved.fields(), act="save")

    assert asked.status == 409
    assert asked.says("ในรายละเอียดมีเลขคล้ายเบอร์โทรศัพท์")
    assert moved.fields()["callback_phone"] == "081-999-0000"
    assert answer.status == 303
    case = newest(session)
    assert case.story == f"โทรกลับ {PLACE_OF_NUMBER} ไฟดับ"
    assert case.callback_phone == "+66819990000"
    assert "0819990000" not in case.search_text.replace(" ", "")


@on_sqlite
def test_a_number_that_is_not_the_callers_may_stay(
    clerk: Counter, form: dict[str, Any], session: Session
) -> None:
    asked = clerk.send(unknown_caller(form))

    assert clerk.send(asked.fields(), act="save_with_number").status == 303
    assert "081 999 0000" in newest(session).story


@on_sqlite
@pytest.mark.parametrize("typed", ["0 4327 1262", "043271262", "๐๔๓-๒๗๑-๒๖๒"])
def test_a_land_line_of_nine_digits_is_taken_as_the_number_to_call_back(
    clerk: Counter, form: dict[str, Any], session: Session, typed: str
) -> None:
    assert clerk.send(unknown_caller(form, story="ไฟดับ", callback_phone=typed)).status == 303
    assert newest(session).callback_phone == "+6643271262"


@on_sqlite
def test_the_shared_member_is_found_by_the_centres_own_land_line(clerk: Counter) -> None:
    page = clerk.send(clerk.get().fields(), act="find", phone="0 4327 1261")

    assert page.fields()["who"] == "shared"


@on_sqlite
def test_a_known_persons_story_may_hold_a_number(clerk: Counter, form: dict[str, Any]) -> None:
    assert clerk.send(form, story="ร้านค้าเบอร์ 081 999 0000 ส่งเสียงดัง").status == 303


# The subtype's questions ------------------------------------------------------------------------------------


def test_the_answers_to_the_subtypes_questions_are_kept(
    clerk: Counter, form: dict[str, Any], session: Session
) -> None:
    page = clerk.send(form, act="stay")
    post, lamps, how = (question.id for question in questions_of(session, int(form["subcategory_id"])))
    assert page.says("เลขที่เสาไฟ")

    answer = clerk.send(
        page.fields(),
        **{"act": "save", f"answer_{post}": "ศจ.12/4", f"answer_{lamps}": "๓", f"answer_{how}": "กะพริบ"},
    )

    assert answer.status == 303
    session.rollback()
    assert session.scalars(select(QuestionAnswer.answer).order_by(QuestionAnswer.id)).all() == [
        "ศจ.12/4",
        "3",
        "กะพริบ",
    ]


@on_sqlite
def test_a_wrong_answer_is_named_beside_its_question_together_with_everything_else(
    clerk: Counter, form: dict[str, Any], session: Session
) -> None:
    with write_transaction() as writing:
        post, lamps, _how = questions_of(writing, int(form["subcategory_id"]))
        post.is_required = True
        names = (f"answer_{post.id}", f"answer_{lamps.id}")

    page = clerk.send({**form, names[1]: "สามดวง", "channel_id": ""})

    assert set(page.errors()) == {*names, "channel_id"}
    assert page.fields()[names[1]] == "สามดวง"
    assert count(session, Complaint) == 0


@on_sqlite
def test_another_subtype_brings_its_own_questions(
    clerk: Counter, form: dict[str, Any], session: Session
) -> None:
    dogs, none = subtype(session, "สพ.(1)"), subtype(session, "ฟ.(2)")

    asked = Page(clerk.client.post(f"{NEW}/questions", data={**form, "subcategory_id": str(dogs.id)}))
    quiet = Page(clerk.client.post(f"{NEW}/questions", data={**form, "subcategory_id": str(none.id)}))

    assert asked.says("มีคนถูกกัดหรือไม่")
    assert not asked.says("เลขที่เสาไฟ")
    assert not quiet.says("คำถามของประเภทนี้")


@on_sqlite
def test_answers_come_back_with_a_draft(clerk: Counter, form: dict[str, Any], session: Session) -> None:
    name = f"answer_{questions_of(session, int(form['subcategory_id']))[0].id}"
    clerk.send({**form, name: "ศจ.12/4"}, url=f"{NEW}/draft")

    back = clerk.get(f"{NEW}?draft={form['form_token']}")

    assert back.fields()[name] == "ศจ.12/4"
