"""Every act of the table from the case page: its form, its undo, and what the page says afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.casework import bring_to, category, make_ready, needs_of, press, register_case
from helpers.entry_page import Counter, Page, jpeg
from helpers.people import officer_named
from helpers.statements import count_statements
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin_views.action_forms import ACTION_FORMS, AT_ONCE, OWN_PAGE
from domain.clock import now
from domain.workflow import Action, transition_for
from extensions import db, write_transaction
from models import Attachment, Channel, Complaint, ComplaintEvent, ComplaintStatus, OutboxMessage

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
S = ComplaintStatus
WHO = {
    Action.HAND_BACK: "officer",
    Action.ASK_MORE_TIME: "officer",
    Action.EXTEND: "head",
    Action.REFUSE_MORE_TIME: "head",
    Action.ACKNOWLEDGE: "officer",
}
FIRST = {Action.FORWARD: S.DIRECTED, Action.MERGE: S.IN_PROGRESS, Action.NOTE: S.IN_PROGRESS}
TYPED = [action for action in ACTION_FORMS if action not in AT_ONCE and action not in OWN_PAGE]
OFFERED = [action for action in TYPED if transition_for(action).button]


class Desk:
    """An officer in front of one case's page."""

    def __init__(self, app: Flask, who: str, state: ComplaintStatus, action: str = "") -> None:
        with write_transaction() as session:
            case = bring_to(app, session, state)
            make_ready(session, case, action)
            self.id, self.code = case.id, case.public_code
        self.url = f"/admin/complaint/{self.code}"
        self.desk = Counter(app, app.test_client(), who)

    def page(self) -> Page:
        return self.desk.get(self.url)

    def open(self, action: str) -> Page:
        return self.desk.get(f"{self.url}?do={action}")

    def fill(self, action: str, **typed: Any) -> dict[str, Any]:
        return {**self.open(action).fields(f'action="{self.url}/{action}"'), **typed}

    def send(self, action: str, **typed: Any) -> Page:
        return self.desk.send(self.fill(action, **typed), url=f"{self.url}/{action}")

    def undo(self) -> Page:
        fields = self.page().fields(f'action="{self.url}/undo"')
        return self.desk.send(fields, url=f"{self.url}/undo")

    def case(self, session: Session) -> Complaint:
        session.rollback()
        return session.get_one(Complaint, self.id, populate_existing=True)


def typed_for(session: Session, case: Complaint, action: Action) -> dict[str, Any]:
    """Return what an officer types for an act, as the browser sends it."""
    facts = needs_of(session, case, action.value)
    facts.pop("photo_token", None)
    if action is Action.MERGE:
        facts = {"original": str(session.get_one(Complaint, facts["original_id"]))}
    return {key: getattr(value, "value", str(value)) for key, value in facts.items() if value is not None}


def source_of(action: Action) -> ComplaintStatus:
    return FIRST.get(action) or sorted(transition_for(action).sources)[0]


# Each act ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", TYPED, ids=lambda action: action.value)
def test_an_act_is_done_from_its_form(app: Flask, session: Session, action: Action) -> None:
    desk = Desk(app, WHO.get(action, "clerk"), source_of(action), action.value)
    with write_transaction() as writing:
        typed = typed_for(writing, writing.get_one(Complaint, desk.id), action)
    if not transition_for(action).button:
        token = desk.page().fields(f'action="{desk.url}/undo"') if "undo" in desk.page().text else {}
        csrf = desk.page().text.split('name="csrf_token" value="')[1].split('"')[0]
        answer = desk.desk.send({**token, "csrf_token": csrf, **typed}, url=f"{desk.url}/{action}")
    else:
        answer = desk.send(action.value, **typed)

    assert (answer.status, answer.answer.location) == (303, desk.url), answer.summary()
    last = desk.case(session).events[-1]
    assert last.kind is action
    assert last.actor_name == officer_named(session, WHO.get(action, "clerk")).full_name


@pytest.mark.parametrize("action", OFFERED, ids=lambda action: action.value)
def test_what_is_missing_is_said_in_the_form_and_nothing_changes(
    app: Flask, session: Session, action: Action
) -> None:
    desk = Desk(app, WHO.get(action, "clerk"), source_of(action), action.value)
    events = len(desk.case(session).events)
    empty = {name: "" for name in desk.fill(action.value) if name not in {"csrf_token", "expected_seq"}}

    answer = desk.send(action.value, **empty)

    if action is Action.LAPSE:  # It asks for nothing.
        assert answer.status == 303
        return
    assert answer.status == 422
    assert answer.summary()
    assert f'action="{desk.url}/{action}"' in answer.text
    assert len(desk.case(session).events) == events


def test_a_script_gets_the_form_alone(app: Flask) -> None:
    desk = Desk(app, "clerk", S.ACCEPTED)

    answer = desk.desk.client.get(f"{desk.url}?do=direct", headers={"HX-Request": "true"})

    text = answer.get_data(as_text=True)
    assert f'action="{desk.url}/direct"' in text
    assert "<html" not in text


@pytest.mark.parametrize("wanted", ["undo", "register", "nonsense", "record_result", "direct'"])
def test_what_is_no_form_opens_nothing(app: Flask, wanted: str) -> None:
    desk = Desk(app, "clerk", S.SUBMITTED)

    page = desk.open(wanted)

    assert page.status == 200
    assert 'id="act-title"' not in page.text


def test_an_act_the_state_does_not_allow_is_not_opened(app: Flask) -> None:
    assert 'id="act-title"' not in Desk(app, "clerk", S.CLOSED).open("direct").text


def test_who_lacks_the_right_is_turned_away_whatever_he_sends(app: Flask, session: Session) -> None:
    desk = Desk(app, "executive", S.IN_PROGRESS)
    csrf = desk.page().text.split('name="csrf_token" value="')[1].split('"')[0]

    for action in TYPED:
        answer = desk.desk.send({"csrf_token": csrf, "reason": "x"}, url=f"{desk.url}/{action}")
        assert answer.status == 403, action
    assert desk.case(session).status is S.IN_PROGRESS


# Two people, and what has moved meanwhile -------------------------------------------------------------------


def test_an_order_on_a_case_just_forwarded_away_finds_nothing(app: Flask, session: Session) -> None:
    desk = Desk(app, "clerk", S.ACCEPTED)
    filled = desk.fill("reject", reason="ไม่ใช่เขตเรา")
    with write_transaction() as writing:
        press(writing, "central", writing.get_one(Complaint, desk.id), "forward")

    assert desk.desk.send(filled, url=f"{desk.url}/reject").status == 404
    assert desk.case(session).status is S.ACCEPTED


def test_two_clerks_joining_two_cases_with_each_other_leave_one_of_them_standing(
    app: Flask, session: Session
) -> None:
    one, other = Desk(app, "clerk", S.ACCEPTED), Desk(app, "clerk", S.DIRECTED)
    first = one.fill("merge", original=other.code)
    second = other.fill("merge", original=one.code)

    assert one.desk.send(first, url=f"{one.url}/merge").status == 303
    refused = other.desk.send(second, url=f"{other.url}/merge")

    assert refused.status == 422
    assert "เป็นเรื่องซ้ำ" in refused.summary()
    assert (one.case(session).status, other.case(session).status) == (S.DUPLICATE, S.DIRECTED)


@pytest.mark.parametrize("typed", ["{number}", "{squeezed}", "{thai}", "{code}", "  {number}  "])
def test_the_original_is_named_as_people_write_it(app: Flask, session: Session, typed: str) -> None:
    desk = Desk(app, "clerk", S.ACCEPTED)
    with write_transaction() as writing:
        original = register_case(app, writing)
        number, code = str(original.number), original.public_code
    thai = number.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
    words = typed.format(number=number, squeezed=number.replace(" ", ""), thai=thai, code=code)

    assert desk.send("merge", original=words).status == 303
    assert str(session.get_one(Complaint, desk.case(session).duplicate_of_id)) == number


def test_an_original_nobody_knows_is_said_beside_the_field(app: Flask, session: Session) -> None:
    page = Desk(app, "clerk", S.ACCEPTED).send("merge", original="ฟ. 999/2569")

    assert page.status == 422
    assert "ไม่พบเรื่องเดิม" in page.errors()["original"]


def test_an_answer_may_be_a_photo_alone(app: Flask, session: Session) -> None:
    desk = Desk(app, "clerk", S.AWAITING_CITIZEN)

    answer = desk.send("answer", photos=[(jpeg(), "ภาพ.jpg")])

    assert answer.status == 303, answer.summary()
    photo = session.scalars(select(Attachment).where(Attachment.complaint_id == desk.id)).one()
    assert photo.draft_token is None
    assert desk.case(session).status is S.IN_PROGRESS


def test_a_photo_is_taken_out_with_a_reason_and_only_with_one(app: Flask, session: Session) -> None:
    desk = Desk(app, "clerk", S.IN_PROGRESS, "remove_attachment")
    fields = desk.page().fields(f'action="{desk.url}/remove_attachment"')

    refused = desk.desk.send(fields, url=f"{desk.url}/remove_attachment")
    assert refused.status == 422
    assert refused.says("กรุณากรอกช่องนี้") or refused.says("กรุณาบอกเหตุผล")

    assert (
        desk.desk.send({**fields, "reason": "เห็นใบหน้าเด็ก"}, url=f"{desk.url}/remove_attachment").status == 303
    )
    page = desk.page()
    assert "data-gallery" not in page.text
    assert page.says("เห็นใบหน้าเด็ก")
    photo = session.scalars(select(Attachment).where(Attachment.complaint_id == desk.id)).one()
    assert photo.remove_reason == "เห็นใบหน้าเด็ก"


# Undo -------------------------------------------------------------------------------------------------------


def test_undo_stands_on_the_page_of_who_acted_and_of_nobody_else(app: Flask) -> None:
    desk = Desk(app, "clerk", S.ACCEPTED)
    desk.send("reject", reason="พิมพ์ผิดเรื่อง")

    assert "เลิกทำ" in desk.page().text
    assert "เลิกทำ" not in Counter(app, app.test_client(), "head").get(desk.url).text


def test_undo_takes_the_act_and_its_messages_back(app: Flask, session: Session) -> None:
    desk = Desk(app, "clerk", S.ACCEPTED)
    desk.send("reject", reason="พิมพ์ผิดเรื่อง")

    answer = desk.undo()

    assert (answer.status, answer.answer.location) == (303, desk.url)
    case = desk.case(session)
    assert (case.status, case.reject_reason) == (S.ACCEPTED, None)
    told = session.scalars(select(OutboxMessage).where(OutboxMessage.complaint_id == desk.id)).all()
    assert {row.state.value for row in told if row.template_key == "citizen_rejected"} == {"cancelled"}
    page = desk.page()
    assert page.says("เลิกทำแล้ว")
    assert "is-undone" in page.text


def test_a_second_press_on_undo_changes_nothing_more(app: Flask, session: Session) -> None:
    desk = Desk(app, "clerk", S.ACCEPTED)
    desk.send("reject", reason="พิมพ์ผิดเรื่อง")
    fields = desk.page().fields(f'action="{desk.url}/undo"')

    desk.desk.send(fields, url=f"{desk.url}/undo")
    again = desk.desk.send(fields, url=f"{desk.url}/undo")

    assert again.status == 303
    assert [event.kind for event in desk.case(session).events].count(Action.UNDO) == 1


def test_an_undone_result_comes_back_with_its_photos(app: Flask, session: Session) -> None:
    desk = Desk(app, "officer", S.IN_PROGRESS)
    page = desk.desk.get(f"{desk.url}/result")
    sent = {**page.fields(), "result_text": "ซ่อมแล้ว", "photos": [(jpeg(), "หลัง.jpg")]}
    assert desk.desk.send(sent, url=f"{desk.url}/result").status == 303

    answer = desk.undo()

    assert answer.answer.location is not None
    assert answer.answer.location.startswith(f"{desk.url}/result?again=")
    form = desk.desk.get(answer.answer.location)
    assert form.fields()["photo_ids"]
    assert desk.case(session).status is S.IN_PROGRESS
    assert desk.case(session).results == []


def test_a_case_forwarded_out_of_reach_can_still_be_called_back(app: Flask, session: Session) -> None:
    desk = Desk(app, "clerk", S.DIRECTED)
    health = category(session, "อส.").department_id
    assert desk.send("forward", department_id=str(health), reason="ขยะ").status == 303

    away = desk.page()
    assert away.status == 200
    assert away.says("อยู่นอกหน่วยงานของคุณแล้ว")
    assert 'class="story' not in away.text
    assert Counter(app, app.test_client(), "officer").get(desk.url).status == 404

    assert desk.undo().status == 303
    assert desk.case(session).status is S.DIRECTED


def test_after_its_seconds_the_way_back_is_closed(app: Flask, session: Session) -> None:
    desk = Desk(app, "clerk", S.DIRECTED)
    health = category(session, "อส.").department_id
    desk.send("forward", department_id=str(health), reason="ขยะ")
    fields = desk.page().fields(f'action="{desk.url}/undo"')
    with write_transaction() as writing:
        aged = update(ComplaintEvent).where(ComplaintEvent.kind == Action.FORWARD)
        writing.execute(aged.values(at=now() - timedelta(seconds=31)))

    desk.desk.send(fields, url=f"{desk.url}/undo")

    assert desk.page().status == 404
    assert desk.case(session).department_id == health


# What the page says -----------------------------------------------------------------------------------------


def test_the_page_says_what_a_case_waits_for(app: Flask) -> None:
    assert Desk(app, "clerk", S.AWAITING_CITIZEN).page().says("หลุมอยู่หน้าบ้านเลขที่เท่าไร")
    assert Desk(app, "clerk", S.AWAITING_PLAN).page().says("รอวัสดุ")
    assert Desk(app, "clerk", S.REFERRED_OUT).page().says("แขวงทางหลวงขอนแก่นที่ 1")
    assert Desk(app, "clerk", S.REJECTED).page().says("ติดต่อ อบต. บ้านเป็ด")


def test_a_request_for_time_waits_for_the_head_on_the_page(app: Flask) -> None:
    desk = Desk(app, "head", S.IN_PROGRESS, "refuse_more_time")

    page = desk.page()

    assert page.says("ขอขยายเวลา 3 วันทำการ")
    assert "?do=refuse_more_time" in page.text


def test_the_form_for_more_time_says_how_often_it_was_given(app: Flask) -> None:
    desk = Desk(app, "head", S.IN_PROGRESS, "extend")

    assert desk.open("extend").says("ขยายแล้ว 0 จากที่ขยายได้ 2 ครั้ง")


def test_duplicate_and_original_lead_to_each_other(app: Flask, session: Session) -> None:
    desk = Desk(app, "clerk", S.DUPLICATE)
    original = session.get_one(Complaint, desk.case(session).duplicate_of_id)

    assert f"/admin/complaint/{original.public_code}" in desk.page().text
    assert desk.url in desk.desk.get(f"/admin/complaint/{original.public_code}").text


def test_a_shared_complainant_without_a_number_is_not_asked(app: Flask, session: Session) -> None:
    desk = Desk(app, "clerk", S.IN_PROGRESS)
    with write_transaction() as writing:
        case = writing.get_one(Complaint, desk.id)
        case.member_id = None

    assert "?do=ask_citizen" not in desk.page().text


def test_the_page_takes_few_statements(app: Flask) -> None:
    desk = Desk(app, "clerk", S.IN_PROGRESS)
    with write_transaction() as writing:
        case = writing.get_one(Complaint, desk.id)
        press(writing, "officer", case, "note")
        press(writing, "officer", case, "add_evidence")
    desk.page()

    with count_statements(db.engine) as seen:
        desk.page()

    assert len([line for line in seen if line.lstrip().upper().startswith("SELECT")]) <= 12, "\n".join(seen)


def test_channels_offered_for_a_withdrawal_are_those_in_use(app: Flask, session: Session) -> None:
    desk = Desk(app, "clerk", S.IN_PROGRESS)
    in_use = {str(row) for row in session.scalars(select(Channel.id).where(Channel.is_active))}

    assert set(desk.open("withdraw").options("channel_id")) == in_use
