"""Letters by SMTP, against servers that are well, ill, strict or false."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from helpers.mail import ADDRESS, SENDER, new_certificate, new_letter, scripted, settings_for

import mailer
from mail_message import (
    MailAccepted,
    MailInsecure,
    MailLater,
    MailNotTried,
    MailRecipientRefused,
    MailRefused,
    MailSenderRefused,
    MailUnauthorised,
    MailUnreachable,
)
from mail_sim.server import KEPT, MailBox, MailServer
from mailer import carry, probe

HELLO = ["220 here", "250-here\n250 SIZE 1000000"]
OK = "250 OK"


# The mailbox warns of what only a test asks of it: passwords in the clear, within one machine.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@pytest.fixture
def box() -> MailBox:
    return MailBox()


# A server that is well -----------------------------------------------------------------------------------


def test_a_thai_letter_arrives_as_it_was_written(box: MailBox) -> None:
    subject = "อส. 56/2569 " + "ถนนเป็นหลุมหน้าตลาดเทศบาลนครขอนแก่น" * 3
    with MailServer(box) as server:
        [answer] = carry(
            settings_for(server.port, sender_name="เทศบาลนครขอนแก่น สำนักช่าง งานรับเรื่องร้องทุกข์"),
            [new_letter(subject=subject, recipient_name="นายสมชาย ใจดี")],
        )

    assert answer == MailAccepted("OK letter 1")
    [letter] = box.letters
    assert letter.header("Subject") == subject
    assert letter.header("From") == f"เทศบาลนครขอนแก่น สำนักช่าง งานรับเรื่องร้องทุกข์ <{SENDER}>"
    assert letter.header("To") == f"นายสมชาย ใจดี <{ADDRESS}>"
    assert letter.part("plain") == "โปรดกดรับทราบ\n"
    assert letter.part("html").strip() == "<p>โปรดกดรับทราบ</p>"
    assert (letter.sender, letter.recipients) == (SENDER, (ADDRESS,))


def test_message_id_and_date_are_of_the_row_and_so_the_same_at_a_second_try(box: MailBox) -> None:
    with MailServer(box) as server:
        for _ in range(2):
            carry(settings_for(server.port), [new_letter()])

    heads = {(one.header("Message-ID"), one.header("Date")) for one in box.letters}
    assert heads == {
        ("<0b6a1f3e-1111-4222-8333-444455556666@khonkaen.example>", "Fri, 20 Nov 2026 05:00:00 +0000")
    }


def test_nobody_s_out_of_office_note_comes_back(box: MailBox) -> None:
    with MailServer(box) as server:
        carry(settings_for(server.port), [new_letter()])

    assert box.letters[0].header("Auto-Submitted") == "auto-generated"


@pytest.mark.parametrize("nasty", ["a\r\nBcc: x@e.example", "a\nBcc: x@e.example", "a\0b\x1b[0m\u2028c"])
def test_what_a_person_typed_adds_no_header(box: MailBox, nasty: str) -> None:
    with MailServer(box) as server:
        carry(settings_for(server.port, sender_name=nasty), [new_letter(subject=nasty, recipient_name=nasty)])

    [letter] = box.letters
    assert letter.message["Bcc"] is None
    assert letter.recipients == (ADDRESS,)
    assert all(letter.header(name).isprintable() for name in ("From", "To", "Subject"))


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@", "@b.example", "a b@c.example", "a@b.example\r\nBcc: x@y.z", "สมชาย@b.example"],
)
def test_what_is_no_address_is_refused_and_stops_nobody_else(box: MailBox, address: str) -> None:
    with MailServer(box) as server:
        answers = carry(settings_for(server.port), [new_letter(address), new_letter()])

    assert [type(answer) for answer in answers] == [MailRecipientRefused, MailAccepted]
    assert [one.recipients for one in box.letters] == [(ADDRESS,)]


def test_a_thai_domain_goes_in_the_letters_the_dns_knows(box: MailBox) -> None:
    with MailServer(box) as server:
        carry(settings_for(server.port), [new_letter("somchai@ขอนแก่น.ไทย")])

    assert box.letters[0].recipients == ("somchai@" + "ขอนแก่น.ไทย".encode("idna").decode(),)


def test_several_letters_go_over_one_connection(box: MailBox, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    real = mailer.MailSession.open
    monkeypatch.setattr(mailer.MailSession, "open", lambda self: (opened.append(1), real(self))[1])
    with MailServer(box) as server:
        answers = carry(settings_for(server.port), [new_letter() for _ in range(5)])

    assert [type(answer) for answer in answers] == [MailAccepted] * 5
    assert len(opened) == 1


# Encryption and passwords --------------------------------------------------------------------------------


def test_a_letter_goes_by_starttls_to_a_server_with_a_good_certificate(
    box: MailBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = new_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    box.accounts = {"town": "secret"}
    with MailServer(box, tls=certificate.context(), require_starttls=True) as server:
        chosen = settings_for(server.port, security="starttls", user="town", password="secret")
        [answer] = carry(chosen, [new_letter()])

    assert isinstance(answer, MailAccepted)
    assert len(box.letters) == 1


def test_a_certificate_nobody_vouches_for_is_not_trusted(box: MailBox, tmp_path: Path) -> None:
    with MailServer(box, tls=new_certificate(tmp_path).context()) as server:
        [answer] = carry(settings_for(server.port, security="starttls"), [new_letter()])

    assert isinstance(answer, MailInsecure)
    assert "self-signed" in answer.detail
    assert box.letters == []


def test_a_certificate_of_another_machine_is_not_trusted(
    box: MailBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = new_certificate(tmp_path, host="127.0.0.99")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    with MailServer(box, tls=certificate.context()) as server:
        [answer] = carry(settings_for(server.port, security="starttls"), [new_letter()])

    assert isinstance(answer, MailInsecure)
    assert "127.0.0.1" in answer.detail


def test_a_server_without_the_starttls_that_is_asked_for_gets_nothing(box: MailBox) -> None:
    with MailServer(box) as server:
        chosen = settings_for(server.port, security="starttls", user="town", password="secret")
        [answer] = carry(chosen, [new_letter()])

    assert isinstance(answer, MailInsecure)
    assert box.letters == []


def test_tls_spoken_to_a_server_that_speaks_plain_is_no_safe_connection(box: MailBox) -> None:
    with MailServer(box) as server:
        [answer] = carry(settings_for(server.port, security="tls"), [new_letter()])

    assert isinstance(answer, MailInsecure | MailUnreachable)


@pytest.mark.parametrize("host", ["smtp.example.go.th", "192.168.1.10", "127.0.0.1.example.org"])
def test_nothing_goes_in_the_clear_to_another_machine(host: str) -> None:
    [answer] = carry(settings_for(25, host=host), [new_letter()])

    assert isinstance(answer, MailInsecure)


@pytest.mark.parametrize("password", ["wrong", "รหัสผ่าน", None])
def test_a_wrong_password_is_told_as_such(box: MailBox, password: str | None) -> None:
    box.accounts = {"town": "secret"}
    with MailServer(box) as server:
        [answer] = carry(settings_for(server.port, user="town", password=password), [new_letter()])

    assert isinstance(answer, MailUnauthorised)
    assert "wrong" not in answer.detail
    assert box.letters == []


def test_a_server_that_wants_a_password_where_we_have_none(box: MailBox) -> None:
    box.accounts = {"town": "secret"}
    with MailServer(box) as server:
        [answer] = carry(settings_for(server.port), [new_letter()])

    assert isinstance(answer, MailUnauthorised)
    assert answer.reply == 530


def test_a_user_name_for_a_server_that_knows_no_users(box: MailBox) -> None:
    with MailServer(box) as server:
        [answer] = carry(settings_for(server.port, user="town", password="x"), [new_letter()])

    assert isinstance(answer, MailUnauthorised)


# A server that refuses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kind"), [("550 no such user", MailRecipientRefused), ("450 greylisted", MailLater)]
)
def test_a_refused_recipient_does_not_stop_the_next(box: MailBox, said: str, kind: type) -> None:
    box.answer = lambda address: said if address.startswith("gone") else None
    with MailServer(box) as server:
        answers = carry(settings_for(server.port), [new_letter("gone@b.example"), new_letter()])

    assert [type(answer) for answer in answers] == [kind, MailAccepted]
    assert answers[0].reply == int(said[:3])
    assert answers[0].detail == said[4:]


@pytest.mark.parametrize(("said", "kind"), [("554 spam", MailRefused), ("451 try later", MailLater)])
def test_a_refused_letter_does_not_stop_the_next(box: MailBox, said: str, kind: type) -> None:
    box.judge = lambda letter: said if letter.number == 1 else None
    with MailServer(box) as server:
        answers = carry(settings_for(server.port), [new_letter(), new_letter()])

    assert [type(answer) for answer in answers] == [kind, MailAccepted]


def test_a_sender_the_server_does_not_allow() -> None:
    with scripted([*HELLO, "553 not your address", OK]) as port:
        [answer] = carry(settings_for(port), [new_letter()])

    assert isinstance(answer, MailSenderRefused)


def test_a_server_that_is_busy_from_the_start() -> None:
    with scripted(["421 too many connections"]) as port:
        [answer] = carry(settings_for(port), [new_letter()])

    assert isinstance(answer, MailUnreachable)
    assert answer.reply is None
    assert "421 too many connections" in answer.detail


# A server that is ill ------------------------------------------------------------------------------------


def test_nobody_listens() -> None:
    with scripted([]) as port:
        pass
    answers = carry(settings_for(port), [new_letter(), new_letter()])

    assert [type(answer) for answer in answers] == [MailUnreachable] * 2


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([None], id="accepts and never answers"),
        pytest.param([*HELLO, None], id="hangs at the sender"),
        pytest.param([*HELLO, OK, OK, "354 go on", None], id="hangs after the letter"),
    ],
)
def test_a_server_that_hangs_is_left_within_the_budget(answers: list[str | None]) -> None:
    began = time.monotonic()
    with scripted(answers) as port:
        given = carry(settings_for(port), [new_letter() for _ in range(3)], budget=0.5)

    assert {type(answer) for answer in given} <= {MailUnreachable, MailNotTried}
    assert isinstance(given[0], MailUnreachable)
    assert time.monotonic() - began < 8, "the server would hang for ten seconds with each letter"


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([""], id="hangs up at once"),
        pytest.param([*HELLO, OK, ""], id="hangs up at the recipient"),
        pytest.param([*HELLO, OK, OK, "354 go on", ""], id="hangs up instead of taking the letter"),
    ],
)
def test_a_broken_line_leaves_the_letter_to_be_tried_again(answers: list[str | None]) -> None:
    with scripted(answers) as port:
        [answer] = carry(settings_for(port), [new_letter()])

    assert isinstance(answer, MailUnreachable)
    assert answer.reply is None


def test_what_is_no_mail_server_at_all() -> None:
    with scripted(["HTTP/1.1 400 Bad Request"]) as port:
        [answer] = carry(settings_for(port), [new_letter()])

    assert isinstance(answer, MailUnreachable)


def test_a_name_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = settings_for(587, host="mail.no-such-town.invalid", security="starttls")
    [answer] = carry(chosen, [new_letter()], budget=5)

    assert isinstance(answer, MailUnreachable)


# The look of the doctor ------------------------------------------------------------------------------------


def test_a_look_at_the_server_sends_nothing(box: MailBox) -> None:
    with MailServer(box) as server:
        probe(settings_for(server.port))

    assert box.letters == []


def test_a_look_says_what_is_wrong(box: MailBox) -> None:
    with MailServer(box) as server:
        port = server.port
        with pytest.raises(MailSenderRefused):
            probe(settings_for(port, sender=""))
    with pytest.raises(MailUnreachable):
        probe(settings_for(port))


def test_settings_and_errors_never_show_the_password(box: MailBox) -> None:
    chosen = settings_for(25, user="town", password="geheim")

    assert "geheim" not in repr(chosen)


def test_the_mailbox_keeps_the_last_letters_only(box: MailBox) -> None:
    letter = new_letter(moment=datetime(2026, 11, 20, tzinfo=UTC))
    with MailServer(box) as server:
        carry(settings_for(server.port), [letter] * (KEPT + 5))

    assert [one.number for one in box.letters] == list(range(6, KEPT + 6))
