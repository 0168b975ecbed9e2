"""Letters to officers: from the outbox row to the mailbox, and what every mishap means for the row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from helpers.line import new_member, registered, town_with_line
from helpers.mail import ADDRESS, NOTE, MailTown, mail_town, row, scripted
from helpers.people import actor_named, officer_named
from sqlalchemy import delete, select, update

from domain.clock import FrozenClock, now
from domain.deliveries import MAIL_TEST, active_pauses, read_pauses, reason_words
from domain.mail_testing import ask_for_test_letter
from domain.resending import resend_message
from extensions import db, write_transaction
from mail_message import MailAccepted, MailNotTried
from models import DeliveryState, MessageTemplate, Notification, OutboxChannel, OutboxMessage, StaffUser
from worker.letters import Letter
from worker.mail import MailCarrier, judge_mail
from worker.outbox import send_due
from worker.upkeep import look_after_channels, trim_outbox

pytestmark = [
    pytest.mark.usefixtures("frozen_noon"),
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]
SENT, READY, FAILED, DEAD = DeliveryState.SENT, DeliveryState.READY, DeliveryState.FAILED, DeliveryState.DEAD
EMAIL = OutboxChannel.EMAIL


@pytest.fixture
def town(app: Flask) -> Iterator[MailTown]:
    with mail_town(app) as made:
        yield made


def why(row_id: int) -> str:
    return (row(row_id).last_error or "").partition(":")[0]


# What arrives --------------------------------------------------------------------------------------------


def test_a_letter_says_what_the_card_says_and_links_to_the_case(app: Flask) -> None:
    with town_with_line(app) as line, mail_town(app) as town:
        town.set(telling_ways={"staff_directed": ["email"]}, undo_hold_seconds=0)
        with write_transaction() as session:
            case = registered(line, session, new_member(session, line))
            number, code = str(case), case.public_code
            story = case.story

        town.drain()

        [letter] = town.box.to(ADDRESS)
        text, html = letter.part("plain"), letter.part("html")
        assert letter.header("Subject") == f"{number} มอบหมายให้ท่าน"
        assert letter.header("From").startswith("เทศบาลนครขอนแก่น <complaints@")
        for page in (text, html):
            assert story in page
            assert "ท่านได้รับมอบหมายเรื่องนี้" in page
            assert "หน้าตลาดเทศบาล" in page
            assert f"http://localhost/admin/complaint/{code}" in page
            assert "เทศบาลนครขอนแก่น" in page
        assert "รายละเอียด: " in text
        sent = db.session.scalars(select(OutboxMessage).where(OutboxMessage.channel == EMAIL)).one()
        assert (sent.state, sent.last_status, sent.provider_request_id) == (SENT, 250, "OK letter 1")
        assert letter.header("Message-ID") == f"<{sent.retry_key}@khonkaen.example>"


def test_a_letter_fetches_nothing_and_takes_a_story_as_text(town: MailTown) -> None:
    town.put(text='<img src="http://evil.example/x.png"><script>alert(1)</script> {number} & "ok"')

    town.drain()

    html = town.box.letters[0].part("html")
    assert not re.findall(r"<(?:img|script|link|iframe|style)\b|url\(|@import|<[^>]*\ssrc=", html)
    assert "&lt;img" in html
    assert "{number} &amp; " in html


def test_the_subject_names_no_person_and_no_place(town: MailTown) -> None:
    with write_transaction() as session:
        session.execute(
            update(MessageTemplate)
            .where(MessageTemplate.key == NOTE)
            .values(words={"title": "ถึงท่าน", "body": "x", "alt": "{place}"})
        )
    letter_id = town.put()

    town.drain()

    assert (row(letter_id).state, why(letter_id)) == (FAILED, "cannot_build")


def test_a_message_of_plain_text_makes_a_letter_too(town: MailTown) -> None:
    with write_transaction() as session:
        session.execute(
            update(MessageTemplate)
            .where(MessageTemplate.key == NOTE)
            .values(words={"body": "งานของท่านวันนี้\n{story_short}"}, layout="plain_text")
        )
    town.put(text="ค้าง 3 เรื่อง")

    town.drain()

    [letter] = town.box.letters
    assert letter.header("Subject") == "งานของท่านวันนี้"
    assert "ค้าง 3 เรื่อง" in letter.part("plain")


def test_a_digest_s_counts_and_cases_lead_to_their_lists_and_pages(app: Flask) -> None:
    with mail_town(app) as town:
        case = {"number": "อส. 7/2569", "public_code": "2026-7", "what": "ขยะตกค้าง", "due": "ครบกำหนดวันนี้"}
        counts = {"word": "ของท่าน เกินกำหนด", "count": 3, "arguments": {"due": "overdue"}}
        facts = {
            "number": "20 พ.ย. 2569",
            "state_word": "งานวันนี้",
            "summary": "ของท่าน เกินกำหนด: 3",
            "counts": [counts],
            "cases": [case],
            "list_arguments": {"due": "overdue"},
        }
        town.put(template_key="staff_digest", facts=facts)

        town.drain()

        [letter] = town.box.letters
        assert letter.header("Subject") == "งานวันนี้ 20 พ.ย. 2569"
        text, html = letter.part("plain"), letter.part("html")
        assert text.count("ของท่าน เกินกำหนด: 3") == 1
        assert "- ของท่าน เกินกำหนด: 3 http://localhost/admin/complaint/?due=overdue" in text
        assert "- อส. 7/2569 · ขยะตกค้าง · ครบกำหนดวันนี้ http://localhost/admin/complaint/2026-7" in text
        assert 'href="http://localhost/admin/complaint/2026-7"' in html


def test_a_template_that_is_off_and_an_officer_who_left_get_no_letter(town: MailTown) -> None:
    stranger = town.put("left@khonkaen.example")
    town.drain()
    with write_transaction() as session:
        session.execute(update(MessageTemplate).where(MessageTemplate.key == NOTE).values(is_active=False))
    off = town.put()
    town.drain()
    with write_transaction() as session:
        session.execute(update(MessageTemplate).where(MessageTemplate.key == NOTE).values(is_active=True))
        officer_named(session, "officer").is_active = False
    gone = town.put()
    town.drain()

    assert [why(one) for one in (stranger, off, gone)] == ["mail_gone", "template_off", "mail_gone"]
    assert town.box.letters == []


# What goes wrong -----------------------------------------------------------------------------------------


def test_come_back_later_is_tried_later_and_says_the_same(town: MailTown, frozen_noon: FrozenClock) -> None:
    town.box.judge = lambda letter: "451 greylisted" if letter.number == 1 else None
    letter_id = town.put()
    town.drain()
    first = row(letter_id)
    assert (first.state, first.last_status, first.attempts) == (READY, 451, 1)
    assert first.last_error == "mail_later: greylisted"
    assert timedelta(seconds=7) < first.not_before - now() < timedelta(seconds=13)
    with write_transaction() as session:
        session.execute(
            update(MessageTemplate).where(MessageTemplate.key == NOTE).values(words={"body": "x"})
        )
    frozen_noon.advance(timedelta(seconds=13))

    town.drain()

    assert (row(letter_id).state, row(letter_id).attempts) == (SENT, 2)
    assert town.box.letters[0].header("Subject") == "อส. 1/2569 มีข่าว"
    assert town.box.letters[0].header("Date") == "Fri, 20 Nov 2026 05:00:00 +0000"


def test_a_recipient_the_server_does_not_know_fails_and_the_next_goes(town: MailTown) -> None:
    with write_transaction() as session:
        officer_named(session, "clerk").email = "clerk@khonkaen.example"
    town.box.answer = lambda address: "550 no such user" if address == ADDRESS else None
    lost, well = town.put(), town.put("clerk@khonkaen.example")

    town.drain()

    assert (row(lost).state, why(lost), row(lost).last_status) == (FAILED, "mail_recipient", 550)
    assert row(well).state is SENT
    assert active_pauses(db.session()) == {}


def test_a_refused_password_stops_the_channel_and_the_administrators_hear_of_it_once(
    app: Flask, frozen_noon: FrozenClock
) -> None:
    with mail_town(app, accounts={"town": "secret"}) as town:
        ids = [town.put() for _ in range(3)]
        for _ in range(3):
            town.drain()
            frozen_noon.advance(timedelta(minutes=16))

    assert {row(one).state for one in ids} == {READY}
    assert {row(one).attempts for one in ids} == {0}, "it is nobody's fault and reached nobody"
    assert why(ids[0]) == "mail_unauthorised"
    told = db.session.execute(
        select(StaffUser.username, Notification.template_key, Notification.facts).join(
            StaffUser, StaffUser.id == Notification.staff_user_id
        )
    ).all()
    assert [(name, key, facts["channel"]) for name, key, facts in told] == [("admin", "mail_paused", "email")]


def test_letters_go_on_as_soon_as_the_settings_are_mended(app: Flask, frozen_noon: FrozenClock) -> None:
    with mail_town(app, accounts={"town": "secret"}) as town:
        town.set(mail_user="town", mail_password=app.extensions["vault"].encrypt("wrong"))
        letter_id = town.put()
        town.drain()
        assert EMAIL in active_pauses(db.session())
        frozen_noon.advance(timedelta(seconds=5))
        assert town.drain().total == 0
        frozen_noon.advance(timedelta(seconds=5))
        town.set(mail_password=app.extensions["vault"].encrypt("secret"))

        town.drain()

        assert row(letter_id).state is SENT
        assert read_pauses(db.session()) == {}


def test_a_password_of_another_key_is_told_as_one_that_must_be_typed_again(app: Flask) -> None:
    with mail_town(app, accounts={"town": "secret"}) as town:
        town.set(mail_user="town", mail_password="gAAAAA-not-ours")
        letter_id = town.put()

        town.drain()

        assert why(letter_id) == "mail_unauthorised"


def test_a_server_out_of_reach_is_tried_later_each_time_and_given_up_within_a_day(
    town: MailTown, frozen_noon: FrozenClock
) -> None:
    with scripted([]) as port:
        pass
    town.set(mail_port=port)
    letter_id = town.put()
    began, waits = now(), []
    while row(letter_id).state is READY:
        town.drain()
        waits.append((row(letter_id).not_before - now()).total_seconds())
        frozen_noon.move_to(max(now(), row(letter_id).not_before))

    assert (row(letter_id).state, why(letter_id)) == (DEAD, "uncertain")
    assert 8 <= waits[0] <= 12
    assert 16 <= waits[1] <= 24
    assert timedelta(hours=21) < now() - began < timedelta(hours=23)
    assert active_pauses(db.session()) == {}


def test_while_the_server_is_out_of_reach_the_rest_is_put_back_untouched(town: MailTown) -> None:
    with scripted([]) as port:
        pass
    town.set(mail_port=port)
    ids = [town.put() for _ in range(12)]

    verdicts = send_due(town.app, MailCarrier(town.app), lambda: False)

    assert len(verdicts) == 1, "one recipient, one case: the others wait for their turn"
    assert [row(one).attempts for one in ids] == [1] + [0] * 11


def test_a_server_that_hangs_keeps_no_line_message_waiting(app: Flask) -> None:
    carrier = MailCarrier(app)
    assert carrier.channels == frozenset()
    with town_with_line(app) as line, mail_town(app) as town:
        letter_id = town.put()
        message_id = line.put(line.friend("malee"), "สวัสดี")
        counts = line_only(app, line)

        assert counts == 1
        assert row(message_id).state is SENT
        assert row(letter_id).state is READY


def line_only(app: Flask, line: Any) -> int:
    """Let only the lane of LINE run; return what it touched."""
    from worker.senders import Postman  # noqa: PLC0415

    postman = Postman(app)
    try:
        return len(send_due(app, postman, lambda: False))
    finally:
        postman.close()


def test_settings_changed_while_the_worker_runs_hold_for_the_next_batch(town: MailTown) -> None:
    carrier = MailCarrier(town.app)
    first = town.put()
    send_due(town.app, carrier, lambda: False)
    town.set(mail_from="new@khonkaen.example")
    second = town.put()

    send_due(town.app, carrier, lambda: False)

    assert {row(first).state, row(second).state} == {SENT}
    assert [letter.sender for letter in town.box.letters] == [
        "complaints@khonkaen.example",
        "new@khonkaen.example",
    ]


# Off, again, over ----------------------------------------------------------------------------------------


def test_without_a_mail_server_letters_wait_a_day_and_are_cancelled(
    town: MailTown, frozen_noon: FrozenClock
) -> None:
    letter_id = town.put()
    town.set(mail_host="")
    assert town.drain().total == 0
    look_after_channels(town.app)
    assert (row(letter_id).state, why(letter_id)) == (READY, "channel_off")
    frozen_noon.advance(timedelta(hours=25))

    assert look_after_channels(town.app) == 1

    assert row(letter_id).state is DeliveryState.CANCELLED


def test_a_mail_server_that_is_there_loses_no_letter_to_the_upkeep(
    town: MailTown, frozen_noon: FrozenClock
) -> None:
    letter_id = town.put()
    frozen_noon.advance(timedelta(hours=25))

    look_after_channels(town.app)

    assert row(letter_id).state is READY


def test_a_failed_letter_is_sent_again_by_hand(town: MailTown) -> None:
    town.box.judge = lambda letter: "554 spam" if letter.number == 1 else None
    letter_id = town.put()
    town.drain()
    assert (row(letter_id).state, why(letter_id)) == (FAILED, "mail_refused")
    with write_transaction() as session:
        actor = actor_named(session, "admin")
        again_id = resend_message(session, actor, session.get_one(OutboxMessage, letter_id)).id

    town.drain()

    assert row(again_id).state is SENT
    assert len(town.box.letters) == 1


def test_what_was_sent_is_forgotten_after_thirty_days(town: MailTown, frozen_noon: FrozenClock) -> None:
    letter_id = town.put()
    town.drain()
    frozen_noon.advance(timedelta(days=31))

    assert trim_outbox(town.app) == 1

    old = row(letter_id)
    assert (old.recipient, old.facts, old.sent_body) == ("", {}, None)


def test_letters_to_one_person_about_one_case_keep_their_order(town: MailTown) -> None:
    town.box.judge = lambda letter: "451 later" if letter.number == 1 else None
    first, second = town.put(text="หนึ่ง"), town.put(text="สอง")

    town.drain()

    assert (row(first).state, row(second).state) == (READY, READY)
    assert row(second).attempts == 0


# The administrator's test --------------------------------------------------------------------------------


def test_a_test_letter_jumps_the_queue_and_a_pause_and_is_tried_once(app: Flask) -> None:
    with mail_town(app, accounts={"town": "secret"}) as town:
        with write_transaction() as session:
            officer_named(session, "admin").email = "admin@khonkaen.example"
        waiting = town.put()
        town.drain()
        with write_transaction() as session:
            test_id = ask_for_test_letter(session, actor_named(session, "admin")).id

        town.drain()

        assert (row(test_id).state, why(test_id)) == (FAILED, "mail_unauthorised")
        assert row(waiting).state is READY
        town.set(mail_user="town", mail_password=app.extensions["vault"].encrypt("secret"))
        with write_transaction() as session:
            again_id = ask_for_test_letter(session, actor_named(session, "admin")).id
        town.drain()
        assert row(again_id).state is SENT
        [letter] = town.box.to("admin@khonkaen.example")
        assert "เทศบาลนครขอนแก่น" in letter.part("plain")


def test_a_test_does_not_wait_for_an_earlier_letter_to_the_same_person(town: MailTown) -> None:
    with write_transaction() as session:
        officer_named(session, "admin").email = ADDRESS
        session.execute(delete(Notification))
    earlier = town.put(last_error="mail_later: x", not_before=now() + timedelta(hours=1))
    with write_transaction() as session:
        test_id = ask_for_test_letter(session, actor_named(session, "admin")).id

    town.drain()

    assert row(test_id).state is SENT
    assert row(earlier).state is READY


# Words and verdicts --------------------------------------------------------------------------------------


def letter_of(**changes: Any) -> Letter:
    values: dict[str, Any] = {
        "row_id": 1,
        "channel": EMAIL,
        "recipient": ADDRESS,
        "reply_token": None,
        "retry_key": "k",
        "attempts": 0,
        "first_attempt_at": None,
        "expires_at": None,
        "was_tried": False,
        "written_at": now(),
    }
    return Letter(**{**values, **changes})


def test_a_letter_whose_turn_did_not_come_costs_no_attempt() -> None:
    verdict = judge_mail(letter_of(), MailNotTried(None, "no time left"), now())

    assert (verdict.state, verdict.counts, verdict.reason) == (READY, False, None)


def test_the_answer_of_the_server_is_kept() -> None:
    verdict = judge_mail(letter_of(), MailAccepted("OK queued as 4711"), now())

    assert (verdict.state, verdict.status, verdict.request_id) == (SENT, 250, "OK queued as 4711")


@pytest.mark.parametrize("language", ["th", "en"])
def test_the_resend_screen_speaks_of_mail_where_it_was_mail(language: str) -> None:
    for code in ("mail_unreachable", "mail_unauthorised", "mail_insecure", "mail_sender", "mail_gone"):
        words = reason_words(f"{code}: 535 x", language)
        assert words
        assert "LINE" not in words
        assert code not in words
    assert MAIL_TEST == "mail_test"


def test_a_worker_that_dies_after_the_server_took_it_sends_a_copy_that_can_be_told(
    town: MailTown, frozen_noon: FrozenClock, fault_at: Any
) -> None:
    letter_id = town.put()
    with fault_at("worker_before_finish", 1), pytest.raises(Exception, match="worker_before_finish"):
        town.drain()
    frozen_noon.advance(timedelta(seconds=91))

    town.drain()

    assert row(letter_id).state is SENT
    assert len(town.box.letters) == 2
    assert len({(one.header("Message-ID"), one.header("Date")) for one in town.box.letters}) == 1
