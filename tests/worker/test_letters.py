"""What stands on a card: the words of today, the facts of then, links to pages that exist, our buttons."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from helpers.backends import SqliteBackend
from helpers.line import (
    CITIZEN,
    NOTE,
    STAFF,
    Town,
    links_of,
    new_member,
    officer_line_id,
    postbacks_of,
    registered,
    words_of,
)
from helpers.people import actor_named, officer_named
from sqlalchemy import select

from domain.clock import FrozenClock, today
from domain.complaints import record_result
from domain.settings import write_setting
from extensions import db, write_transaction
from line_hooks.postback import Postback, decode
from line_sim.state import user_id_for
from models import (
    DeliveryState,
    LineAccount,
    LineState,
    MessageTemplate,
    OutboxMessage,
    Outcome,
)
from worker.addresses import Addresses, map_address
from worker.letters import write_letters

CANCELLED, FAILED = DeliveryState.CANCELLED, DeliveryState.FAILED


@pytest.fixture
def backend(sqlite_backend: SqliteBackend) -> SqliteBackend:
    """One database is enough here: what the worker asks of the other, the rest of this room tries there."""
    return sqlite_backend


@pytest.fixture
def malee(town: Town) -> str:
    return town.friend("malee")


def ended(message_id: int) -> tuple[DeliveryState, str | None]:
    db.session.rollback()
    row = db.session.get_one(OutboxMessage, message_id)
    return row.state, row.last_error


def phone_of(town: Town, user_id: str, channel: str) -> list[dict]:
    return town.fake.state.messages_of(channel, user_id)


def test_an_order_to_an_officer_has_a_button_that_names_the_case_and_its_turn(town: Town, frozen_noon):
    with write_transaction() as session:
        officer = officer_line_id(session, town, "officer")
        complaint = registered(town, session, new_member(session, town))
        code, seq = complaint.public_code, complaint.state_seq

    town.drain()

    card = phone_of(town, officer, "staff")[0]
    pressed = [decode(data, town.app.extensions["vault"].button_key) for data in postbacks_of(card)]
    assert pressed == [Postback(name, code, state_seq=seq) for name in ("acknowledge", "result")]
    assert "รับทราบ" in words_of(card)
    assert "ถนนเป็นหลุมหน้าตลาด" in words_of(card)


def test_a_result_asks_the_citizen_for_one_to_five(town: Town, frozen_noon: FrozenClock):
    with write_transaction() as session:
        officer_line_id(session, town, "officer")
        complaint = registered(town, session, new_member(session, town))
        record_result(
            session,
            actor_named(session, "officer"),
            complaint.id,
            done_date=today(),
            result_text="ซ่อมแล้ว",
            outcome=Outcome.FIXED,
            photo_token="none",
        )
        code = complaint.public_code
    frozen_noon.advance(timedelta(seconds=31))

    town.drain()

    card = phone_of(town, user_id_for("malee"), "citizen")[-1]
    pressed = [decode(data, town.app.extensions["vault"].button_key) for data in postbacks_of(card)]
    scores = [Postback("rate", code, value=stars) for stars in range(1, 6)]
    assert pressed == [*scores, Postback("reopen", code)]
    assert "ซ่อมแล้ว" in words_of(card)


def test_a_citizen_s_card_leads_to_the_case_and_dials_the_town(town: Town, frozen_noon):
    with write_transaction() as session:
        complaint = registered(town, session, new_member(session, town))
        code = complaint.public_code

    town.drain()

    links = links_of(phone_of(town, user_id_for("malee"), "citizen")[0])
    assert set(links) == {f"http://localhost/track?code={code}", "tel:+6643000100"}


def test_a_link_stands_only_where_there_is_a_page(app: Flask):
    addresses = Addresses(_app_without_pages(app))

    assert addresses.of_case(7, "2026-7") == {"admin_url": "", "result_url": "", "track_url": ""}
    assert addresses.tracking() == ""


def _app_without_pages(app: Flask) -> Flask:
    bare = Flask("bare")
    bare.extensions["settings"] = app.extensions["settings"]
    return bare


def test_addresses_follow_the_public_address_with_its_folder(app: Flask):
    settings = replace(app.extensions["settings"], public_url="https://www.town.example/u-phee")
    bare = _app_without_pages(app)
    bare.extensions["settings"] = settings
    bare.add_url_rule("/track", "citizen.track", lambda: "")

    assert Addresses(bare).of_case(7, "2026-7")["track_url"] == (
        "https://www.town.example/u-phee/track?code=2026-7"
    )


def test_a_town_without_https_sends_no_links_nobody_could_open(app: Flask):
    settings = replace(app.extensions["settings"], mode="production", public_url="http://localhost:8543")
    bare = _app_without_pages(app)
    bare.extensions["settings"] = settings
    bare.add_url_rule("/track", "citizen.track", lambda: "")

    assert Addresses(bare).tracking() == ""


def test_the_map_is_a_plain_link_to_the_coordinates():
    assert map_address("16.4321", "102.836") == (
        "https://www.google.com/maps/search/?api=1&query=16.4321,102.836"
    )
    assert map_address("", "102.836") == ""


def test_what_was_sent_once_is_sent_again_word_for_word(town: Town, malee, frozen_noon: FrozenClock):
    town.put(malee, "the same")
    town.fake.state.fail("500_after_accept")
    town.drain()
    with write_transaction() as session:
        template = session.scalars(select(MessageTemplate).where(MessageTemplate.key == NOTE)).one()
        template.words = {"body": "quite another text"}
    frozen_noon.advance(timedelta(seconds=13))

    assert town.drain().sent == 1

    assert town.fake.state.misuse == [], "LINE saw the same body under the same key"
    assert town.texts(malee) == ["the same"]


def test_an_edited_template_speaks_in_the_next_message(town: Town, malee, frozen_noon):
    with write_transaction() as session:
        template = session.scalars(select(MessageTemplate).where(MessageTemplate.key == NOTE)).one()
        template.words = {"body": "{municipality}: {story_short}"}
    town.put(malee, "สวัสดี")

    town.drain()

    assert town.texts(malee) == ["เทศบาลนครขอนแก่น: สวัสดี"]


def test_an_english_reader_gets_english_where_there_is_any(town: Town, malee, frozen_noon):
    with write_transaction() as session:
        words = {"body": "{municipality} {story_short}"}
        session.add(MessageTemplate(key=NOTE, language="en", layout="plain_text", words=words))
    town.put(malee, "hello", language="en")

    town.drain()

    assert town.texts(malee) == ["Khon Kaen City Municipality hello"]


def test_thai_stands_in_where_no_english_was_written(town: Town, malee, frozen_noon):
    town.put(malee, "hello", language="en")

    assert town.drain().sent == 1


def test_nothing_is_pushed_to_who_blocks_us(town: Town, malee, frozen_noon):
    row_id = town.put(malee, "hello")
    with write_transaction() as session:
        account = session.scalars(select(LineAccount).where(LineAccount.line_user_id == malee)).one()
        account.state = LineState.BLOCKED

    town.drain()

    assert ended(row_id) == (CANCELLED, "blocked")
    assert town.fake.state.sendings == []


def test_nothing_is_pushed_to_an_account_that_was_unlinked(town: Town, malee, frozen_noon):
    row_id = town.put(malee, "hello")
    with write_transaction() as session:
        session.delete(session.scalars(select(LineAccount).where(LineAccount.line_user_id == malee)).one())

    town.drain()

    assert ended(row_id) == (CANCELLED, "unlinked")


def test_nothing_is_pushed_to_an_officer_who_has_left(town: Town, frozen_noon):
    with write_transaction() as session:
        officer = officer_line_id(session, town, "officer")
        officer_named(session, "officer").is_active = False
    row_id = town.put(officer, "an order", channel=STAFF)

    town.drain()

    assert ended(row_id) == (CANCELLED, "unlinked")


def test_an_answer_goes_to_a_stranger_too(town: Town, frozen_noon):
    stranger = town.fake.state.add_user("stranger", "stranger", ["citizen"]).user_id
    town.put(stranger, "x", reply_token=town.fake.state.issue_reply_token("citizen", stranger))

    assert town.drain().sent == 1


def test_a_message_the_town_switched_off_is_not_sent(town: Town, malee, frozen_noon):
    row_id = town.put(malee, "hello")
    with write_transaction() as session:
        session.scalars(select(MessageTemplate).where(MessageTemplate.key == NOTE)).one().is_active = False

    town.drain()

    assert ended(row_id) == (CANCELLED, "template_off")


@pytest.mark.parametrize(
    "words",
    [{"body": "{nobody_knows_this}"}, {"body": "a { alone"}, {}],
    ids=["unknown fact", "stray brace", "no text"],
)
def test_words_that_do_not_work_fail_alone(town: Town, malee, frozen_noon, words):
    with write_transaction() as session:
        session.add(MessageTemplate(key="broken", language="th", layout="plain_text", words=words))
    broken = town.put(malee, "hello", template_key="broken")
    town.put(town.friend("somsri"), "fine")

    counts = town.drain()

    assert (counts.sent, counts.unsent) == (1, 1)
    state, error = ended(broken)
    assert state is FAILED
    assert error.startswith("cannot_build: ")


def test_a_template_with_an_unknown_layout_fails_alone(town: Town, malee, frozen_noon):
    with write_transaction() as session:
        session.add(MessageTemplate(key="odd", language="th", layout="no_such_layout", words={"body": "x"}))
    row_id = town.put(malee, "hello", template_key="odd")

    town.drain()

    assert ended(row_id)[0] is FAILED


def test_a_hundred_letters_cost_a_handful_of_questions(town: Town, malee, sql_count, frozen_noon):
    ids = [town.put(malee, f"message {number}") for number in range(100)]

    with sql_count() as statements:
        letters = write_letters(db.session(), town.app, ids)

    assert len(letters) == 100
    assert len(statements) <= 8


def test_a_town_that_never_gave_a_phone_number_sends_no_empty_line(town: Town, malee, frozen_noon):
    with write_transaction() as session:
        write_setting(session, "contact_phone", "")
        template = session.scalars(select(MessageTemplate).where(MessageTemplate.key == NOTE)).one()
        template.words = {"body": "{story_short}\nโทร {contact_phone}"}
    town.put(malee, "hello", channel=CITIZEN)

    town.drain()

    assert town.texts(malee) == ["hello"]
