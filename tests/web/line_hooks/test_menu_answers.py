"""What tiles and words are answered: all of it in both languages within LINE's limits, nobody else's case."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from helpers.line import links_of, new_member, postbacks_of, words_of
from helpers.line_case import Case
from helpers.people import officer_named
from sqlalchemy import select

from domain.clock import now
from domain.rich_menus import PRESETS, STAFF_MENUS, postback_of
from domain.settings import write_setting
from extensions import db, write_transaction
from line_hooks import citizen_answers, staff_answers
from line_hooks.handlers import Incoming, Tools, handle
from line_sim.checks import check_body
from line_sim.state import user_id_for
from models import LineAccount, LineChannel, MessageTemplate, OutboxMessage, RichMenuKind
from worker.addresses import Addresses

pytestmark = pytest.mark.usefixtures("frozen_noon")

Asked = Callable[..., dict[str, Any]]
STAFF_CODES = [*staff_answers.ANSWERS, "administrator", "guide", "menu"]
CITIZEN_CODES = [*citizen_answers.ANSWERS, "menu"]
_events = itertools.count()


@pytest.fixture
def ask(case: Case) -> Asked:
    """ask("citizen", user, "menu=report") is the message the handlers answer, checked as LINE would."""
    app = case.town.app
    addresses = Addresses(app)
    tools = Tools(
        button_key=app.extensions["vault"].button_key,
        track_url=addresses.tracking(),
        link=addresses.page,
        allows_http=True,
    )

    def asked(channel: str, user_id: str, said: str, **more: Any) -> dict[str, Any]:
        body = {
            "mode": "active",
            "source": {"type": "user", "userId": user_id},
            "replyToken": "a" * 32,
            **({"type": "postback", "postback": {"data": said}} if "=" in said else {}),
            **({"type": "message", "message": {"type": "text", "text": said}} if "=" not in said else {}),
            **more,
        }
        event_id = f"event-{next(_events)}"
        with write_transaction() as session:
            handle(session, Incoming(LineChannel(channel), event_id, now(), now(), body), tools)
        rows = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(1))
        row = rows.one()
        assert row.dedupe_key == f"reply:{channel}:{event_id}", "there was an answer"
        messages = row.facts["messages"]
        sent = {"replyToken": row.reply_token, "messages": messages}
        assert check_body("reply", sent, allow_http=True) == []
        db.session.rollback()
        return dict(messages[0])

    return asked


def speak(user_id: str, language: str) -> None:
    with write_transaction() as session:
        session.scalars(
            select(LineAccount).where(LineAccount.line_user_id == user_id)
        ).one().language = language


def tell_all(address: str = "") -> None:
    """Fill or empty what a town may have set."""
    with write_transaction() as session:
        for key in (
            "services_url",
            "news_url",
            "contact_url",
            "welfare_url",
            "tax_url",
            "waste_url",
            "web_address",
        ):
            write_setting(session, key, address)
        write_setting(session, "contact_email", "hall@town.example" if address else "")
        if not address:
            write_setting(session, "contact_phone", "")
            write_setting(session, "emergency_phones", [])
            write_setting(session, "address", "")


def actions_of(message: dict[str, Any]) -> list[str]:
    return [item["action"]["label"] for item in message.get("quickReply", {}).get("items", [])]


# Every answer -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("address", ["", "https://เทศบาล.ไทย/หน้า"], ids=["bare town", "town with pages"])
def test_every_answer_to_a_citizen_is_one_line_takes(case: Case, ask: Asked, language: str, address: str):
    tell_all(address)
    speak(case.malee, language)

    for code in CITIZEN_CODES:
        message = ask("citizen", case.malee, postback_of(code))
        assert words_of(message).strip(), code
        assert all(line != "–" for line in words_of(message).split("\n")), code


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("username", ["officer", "head", "executive", "admin", "clerk"])
def test_every_answer_to_staff_is_one_line_takes(case: Case, ask: Asked, language: str, username: str):
    with write_transaction() as session:
        user_id = officer_named(session, username).line_accounts[0].line_user_id
    speak(user_id, language)

    for code in STAFF_CODES:
        assert words_of(ask("staff", user_id, postback_of(code))).strip(), code


def test_everything_in_a_menu_can_be_asked_for_on_its_channel(case: Case, ask: Asked):
    citizens = {code for codes in PRESETS.values() for code in codes}
    for code in citizens:
        assert "ปุ่มนี้ใช้ไม่ได้แล้ว" not in words_of(ask("citizen", case.malee, postback_of(code)))
    for kind in (RichMenuKind.OFFICER, RichMenuKind.EXECUTIVE):
        for code in STAFF_MENUS[kind]:
            assert "ปุ่มนี้ใช้ไม่ได้แล้ว" not in words_of(ask("staff", case.officer, postback_of(code)))


def test_the_menu_in_words_offers_what_the_menu_in_pictures_does(case: Case, ask: Asked):
    message = ask("citizen", case.malee, "เมนู")

    assert actions_of(message)[:6] == [
        "แจ้งเรื่อง",
        "ติดตามเรื่อง",
        "บริการออนไลน์",
        "ฉุกเฉิน",
        "ข่าวสาร",
        "ติดต่อ/สอบถาม",
    ]
    assert all(label in words_of(message) for label in actions_of(message)[:6])


def test_words_and_tiles_say_the_same(case: Case, ask: Asked):
    assert ask("citizen", case.malee, "ฉุกเฉินค่ะ") == ask("citizen", case.malee, "menu=emergency")


# Citizens ---------------------------------------------------------------------------------------------------


def test_emergency_numbers_are_a_tap_from_the_call(case: Case, ask: Asked):
    message = ask("citizen", case.malee, "menu=emergency")

    assert links_of(message) == ["tel:1669", "tel:191", "tel:199"]
    assert "1669" in message["altText"]


def test_a_town_that_set_no_emergency_number_still_gives_the_countrys(case: Case, ask: Asked):
    tell_all()

    assert links_of(ask("citizen", case.malee, "sos")) == ["tel:1669", "tel:191", "tel:199"]


def test_a_citizen_sees_the_own_latest_cases_and_nobody_elses(case: Case, ask: Asked):
    with write_transaction() as session:
        new_member(session, case.town, "somsri", "+66812345679")

    mine = words_of(ask("citizen", case.malee, "ติดตาม"))
    hers = words_of(ask("citizen", user_id_for("somsri"), "ติดตาม"))

    assert case.number in mine
    assert case.number not in hers
    assert "ยังไม่มีเรื่องในชื่อของท่าน" in hers


def test_a_stranger_is_told_how_to_follow_and_learns_of_no_case(case: Case, ask: Asked):
    message = ask("citizen", "U" + "9" * 32, "ติดตาม")
    said = words_of(message)

    assert "รหัสติดตาม" in said
    assert case.number not in said
    assert any(link.endswith("/track") for link in links_of(message))


def test_the_shared_member_is_nobody(case: Case, ask: Asked):
    with write_transaction() as session:
        account = session.scalars(select(LineAccount).where(LineAccount.line_user_id == case.malee)).one()
        assert account.member is not None
        account.member.is_shared = True

    assert case.number not in words_of(ask("citizen", case.malee, "ติดตาม"))


def test_a_tile_without_a_page_names_telephone_and_address(case: Case, ask: Asked):
    message = ask("citizen", case.malee, "menu=tax")

    assert any(link.startswith("tel:") for link in links_of(message))
    assert not any(link.startswith("http") for link in links_of(message))


def test_a_tile_with_a_page_opens_it(case: Case, ask: Asked):
    tell_all("https://town.example/ข่าว")

    assert "https://town.example/%E0%B8%82%E0%B9%88%E0%B8%B2%E0%B8%A7" in links_of(
        ask("citizen", case.malee, "ข่าวสาร")
    )


def test_english_is_spoken_from_the_word_on_and_thai_again(case: Case, ask: Asked):
    assert "English" in words_of(ask("citizen", case.malee, "English"))
    assert "Emergency" in words_of(ask("citizen", case.malee, "menu=emergency"))
    assert "ภาษาไทย" in words_of(ask("citizen", case.malee, "ไทย"))


def test_a_tile_of_the_staff_on_the_citizens_channel_is_answered_with_the_menu(case: Case, ask: Asked):
    assert "แชตนี้ทำได้ดังนี้" in words_of(ask("citizen", case.malee, "menu=overview"))


def test_a_tile_in_a_group_is_sent_to_the_private_chat(case: Case, ask: Asked):
    group = {"type": "group", "groupId": "C" + "0" * 32, "userId": case.officer}

    assert "แชตส่วนตัว" in words_of(ask("staff", case.officer, "menu=my_work", source=group))


# Staff ------------------------------------------------------------------------------------------------------


def test_an_officers_work_is_the_digest_of_now_with_its_links(case: Case, ask: Asked, frozen_noon: Any):
    frozen_noon.advance(timedelta(days=60))

    message = ask("staff", case.officer, "งานของฉัน")

    assert case.number in words_of(message)
    assert any("/admin/complaint" in link for link in links_of(message))
    assert "ถนนเป็นหลุม" not in words_of(message), "nothing of the citizen's own words"


def test_work_is_shown_even_where_the_digests_template_is_gone(case: Case, ask: Asked, frozen_noon: Any):
    frozen_noon.advance(timedelta(days=60))
    with write_transaction() as session:
        for row in session.scalars(select(MessageTemplate).where(MessageTemplate.key == "staff_digest")):
            session.delete(row)

    assert "เกินกำหนด" in words_of(ask("staff", case.officer, "งานของฉัน"))


def test_who_has_nothing_to_do_is_told_so(case: Case, ask: Asked):
    with write_transaction() as session:
        user_id = officer_named(session, "executive").line_accounts[0].line_user_id

    assert "ไม่มีงานค้าง" in words_of(ask("staff", user_id, "งานของฉัน"))


def test_late_cases_are_counted_within_the_officers_reach(case: Case, ask: Asked, frozen_noon: Any):
    frozen_noon.advance(timedelta(days=60))
    with write_transaction() as session:
        stranger = officer_named(session, "health").line_accounts[0].line_user_id

    assert case.number in words_of(ask("staff", case.officer, "เกินกำหนด"))
    assert case.number not in words_of(ask("staff", stranger, "เกินกำหนด"))


def test_figures_are_for_who_may_read_reports(case: Case, ask: Asked):
    with write_transaction() as session:
        executive = officer_named(session, "executive").line_accounts[0].line_user_id

    assert "เรื่องทั้งหมด: 1" in words_of(ask("staff", executive, "ภาพรวม"))
    assert "เรื่องของท่าน: 1" in words_of(ask("staff", case.officer, "สถิติ"))
    assert "นอกสิทธิ์" in words_of(ask("staff", case.officer, "ภาพรวม"))


def test_recording_results_begins_in_the_chat_with_the_tap_on_a_case(case: Case, ask: Asked):
    message = ask("staff", case.officer, "รายงานผล")

    assert case.number in words_of(message)
    assert case.button("result", state_seq=case.row.state_seq) in postbacks_of(message)
    assert "ส่งภาพหลังทำเสร็จ" in case.press(case.button("result", state_seq=case.row.state_seq))[0]


def test_lists_of_cases_open_them_in_the_chat(case: Case, ask: Asked, frozen_noon: Any):
    opens = case.button("case")
    assert opens in postbacks_of(ask("staff", case.officer, "เรื่องใหม่"))

    frozen_noon.advance(timedelta(days=60))

    assert opens in postbacks_of(ask("staff", case.officer, "เกินกำหนด"))


def test_an_account_that_is_nobodys_is_told_how_to_link(case: Case, ask: Asked):
    message = ask("staff", "U" + "8" * 32, "menu=my_work")

    assert "ยังไม่ได้ผูกกับเจ้าหน้าที่" in words_of(message)
    assert "ผูกบัญชี" in actions_of(message)


def test_an_officer_who_was_switched_off_sees_nothing_any_more(case: Case, ask: Asked):
    with write_transaction() as session:
        officer_named(session, "officer").is_active = False

    for code in staff_answers.ANSWERS:
        assert "ยังไม่ได้ผูกกับเจ้าหน้าที่" in words_of(ask("staff", case.officer, postback_of(code)))


def test_a_guests_menu_is_the_guests(case: Case, ask: Asked):
    offered = actions_of(ask("staff", "U" + "8" * 32, "เมนู"))
    assert offered[:4] == ["ผูกบัญชี", "ลงทะเบียนเจ้าหน้าที่", "ติดต่อผู้ดูแล", "วิธีใช้"]


def test_linking_and_parting_are_handed_on(case: Case, ask: Asked):
    assert "เลิกผูก" in words_of(ask("staff", case.officer, "เลิกผูก"))
    assert "อยู่แล้ว" in words_of(ask("staff", case.officer, "menu=link"))


# When nothing may be said -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event",
    [
        {"type": "message", "message": {"type": "text", "text": "เมนู"}, "mode": "standby"},
        {"type": "postback", "postback": {"data": "menu=emergency"}, "mode": "standby"},
        {"type": "follow", "mode": "standby"},
        {"type": "message", "message": {"type": "sticker"}, "mode": "standby"},
        {"type": "message", "message": {"type": "text", "text": "เมนู"}, "mode": "active", "late": True},
    ],
    ids=lambda event: f"{event['type']} {event['mode']}",
)
def test_in_standby_and_after_the_window_no_answer_is_written(case: Case, event: dict[str, Any]):
    received = now() - timedelta(seconds=46) if event.get("late") else now()
    body = {**event, "replyToken": "a" * 32, "source": {"type": "user", "userId": "U" + "7" * 32}}
    tools = Tools(button_key=b"0" * 32, track_url="")
    with write_transaction() as session:
        handle(session, Incoming(LineChannel.CITIZEN, "quiet", now(), received, body), tools)

    found = select(OutboxMessage.id).where(OutboxMessage.dedupe_key.in_(["reply:citizen:quiet"]))
    assert db.session.scalars(found).all() == []
