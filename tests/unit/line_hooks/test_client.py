"""The gateway against the fake LINE on loopback: every answer leads to the one decision it should."""

import logging
import socket
import socketserver
import subprocess
import sys
import threading
import uuid
from contextlib import contextmanager

import pytest

from line_hooks import client
from line_hooks.client import (
    Accepted,
    LineError,
    LineGateway,
    LinePermanent,
    LineQuotaExhausted,
    LineRateLimited,
    LineRecipientInvalid,
    LineReplyTokenSpent,
    LineRetryable,
    LineUnauthorised,
    Quota,
)
from line_sim.server import make_fake_line, serve_in_thread
from line_sim.state import Content, user_id_for

TOKEN = "sim-citizen-token"
HELLO = [{"type": "text", "text": "ได้รับเรื่องของท่านแล้ว"}]


@pytest.fixture
def fake():
    return make_fake_line()


@pytest.fixture
def server(fake):
    with serve_in_thread(fake) as running:
        yield running


@pytest.fixture
def gateway(server):
    opened = LineGateway("citizen", TOKEN, base_url=server.url, timeout=(2, 20))
    yield opened
    opened.close()


@pytest.fixture
def hasty(server):
    """Return a gateway that does not wait long for an answer."""
    opened = LineGateway("citizen", TOKEN, base_url=server.url, timeout=(2, 0.2))
    yield opened
    opened.close()


@pytest.fixture
def malee(fake):
    return fake.state.add_user("malee", "มาลี", ["citizen"]).user_id


def new_key():
    return str(uuid.uuid4())


@contextmanager
def one_answer(answer):
    """Open a gateway to a server that gives exactly these bytes, once."""

    class Answering(socketserver.StreamRequestHandler):
        def handle(self):
            size = 0
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    size = int(line.split(b":")[1])
            self.rfile.read(size)
            self.wfile.write(answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        opened = LineGateway("citizen", TOKEN, base_url=f"http://127.0.0.1:{server.server_address[1]}")
        yield opened
        thread.join()
        opened.close()


# Sending


def test_a_push_arrives_and_comes_back_with_lines_ids(fake, gateway, malee):
    accepted = gateway.push(malee, HELLO, new_key())
    assert fake.state.messages_of("citizen", malee) == HELLO
    assert accepted == Accepted(fake.state.sendings[0].request_id, fake.state.sendings[0].sent_ids)


def test_the_same_key_again_is_a_success_and_sends_nothing_more(fake, gateway, malee):
    key = new_key()
    first = gateway.push(malee, HELLO, key)
    again = gateway.push(malee, HELLO, key)
    assert again == Accepted(first.request_id, first.sent_ids, repeated=True)
    assert len(fake.state.sendings) == 1


def test_a_blocked_person_looks_like_any_other(fake, gateway, malee):
    fake.state.block("citizen", malee)
    assert gateway.push(malee, HELLO, new_key()).request_id
    assert fake.state.messages_of("citizen", malee) == []


def test_a_reply_answers_an_event_once(fake, gateway, malee):
    token = fake.state.issue_reply_token("citizen", malee)
    gateway.reply(token, HELLO)
    assert fake.state.messages_of("citizen", malee) == HELLO
    with pytest.raises(LineReplyTokenSpent) as caught:
        gateway.reply(token, HELLO)
    assert caught.value.status == 400
    assert not caught.value.uncertain


def test_a_reply_after_a_minute_is_refused(malee):
    moments = iter([1000.0, 1061.0])
    late = make_fake_line(clock=lambda: next(moments))
    late.state.add_user("malee", "มาลี", ["citizen"])
    token = late.state.issue_reply_token("citizen", malee)
    with serve_in_thread(late) as running:
        opened = LineGateway("citizen", TOKEN, base_url=running.url)
        with pytest.raises(LineReplyTokenSpent):
            opened.reply(token, HELLO)
        opened.close()


# The table of answers: line.md §2.3 and reliability.md §4.3


@pytest.mark.parametrize(
    ("fault", "kind", "status", "uncertain", "accepted"),
    [
        ("500", LineRetryable, 500, True, 0),
        ("500_after_accept", LineRetryable, 500, True, 1),
        ("502_html", LineRetryable, 502, True, 0),
        ("200_html", LineRetryable, 200, True, 0),
        ("lost_response", LineRetryable, None, True, 1),
        ("refuse", LineRetryable, None, True, 0),
        ("429_rate", LineRateLimited, 429, False, 0),
        ("429_month", LineQuotaExhausted, 429, False, 0),
        ("401", LineUnauthorised, 401, False, 0),
        ("403", LineUnauthorised, 403, False, 0),
    ],
)
def test_each_failure_says_what_to_do(fake, gateway, malee, fault, kind, status, uncertain, accepted):
    fake.state.fail(fault)
    with pytest.raises(LineError) as caught:
        gateway.push(malee, HELLO, new_key())
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert caught.value.uncertain is uncertain
    assert len(fake.state.sendings) == accepted


@pytest.mark.parametrize("fault", ["500", "500_after_accept", "lost_response", "refuse", "429_rate", "401"])
def test_after_any_failure_the_same_key_sends_exactly_once(fake, gateway, malee, fault):
    key = new_key()
    fake.state.fail(fault)
    with pytest.raises(LineError):
        gateway.push(malee, HELLO, key)
    gateway.push(malee, HELLO, key)
    assert fake.state.messages_of("citizen", malee) == HELLO


@pytest.mark.parametrize(("fault", "accepted"), [("timeout_after_accept", 1), ("hang", 0)])
def test_an_answer_that_does_not_come_leaves_it_uncertain(fake, hasty, malee, fault, accepted):
    fake.state.fail(fault)
    with pytest.raises(LineRetryable) as caught:
        hasty.push(malee, HELLO, new_key())
    assert caught.value.status is None
    assert caught.value.uncertain
    assert len(fake.state.sendings) == accepted


def test_a_refused_connection_is_certainly_not_sent(fake, malee):
    running = serve_in_thread(fake)
    opened = LineGateway("citizen", TOKEN, base_url=running.url)
    running.stop()
    with pytest.raises(LineRetryable) as caught:
        opened.push(malee, HELLO, new_key())
    assert caught.value.status is None
    assert not caught.value.uncertain
    opened.close()


def test_a_host_that_does_not_exist_is_certainly_not_sent(malee, monkeypatch):
    def no_such_name(*_):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    opened = LineGateway("citizen", TOKEN, base_url="http://line.invalid")
    with pytest.raises(LineRetryable) as caught:
        opened.push(malee, HELLO, new_key())
    assert not caught.value.uncertain
    opened.close()


def test_a_body_line_rejects_is_our_mistake_for_good(gateway, malee):
    with pytest.raises(LinePermanent) as caught:
        gateway.push(malee, [{"type": "text", "text": ""}], new_key())
    assert type(caught.value) is LinePermanent
    assert "messages[0].text" in caught.value.detail


@pytest.mark.parametrize("to", ["not-an-id", user_id_for("somebody of another provider")])
def test_a_recipient_line_does_not_know_is_told_apart(gateway, to):
    with pytest.raises(LineRecipientInvalid):
        gateway.push(to, HELLO, new_key())


def test_a_wrong_token_stops_the_channel(server, malee):
    opened = LineGateway("citizen", "an-old-token", base_url=server.url)
    with pytest.raises(LineUnauthorised):
        opened.push(malee, HELLO, new_key())
    opened.close()


def test_the_months_last_message_is_the_last(fake, gateway, malee):
    fake.state.channels["citizen"].quota_limit = 1
    gateway.push(malee, HELLO, new_key())
    with pytest.raises(LineQuotaExhausted):
        gateway.push(malee, HELLO, new_key())
    assert gateway.quota() == Quota(limit=1, used=1)


def test_a_reply_is_free_even_when_the_month_is_used_up(fake, gateway, malee):
    fake.state.channels["citizen"].quota_limit = 0
    gateway.reply(fake.state.issue_reply_token("citizen", malee), HELLO)
    assert gateway.quota() == Quota(limit=0, used=0)


def test_a_channel_without_a_limit_has_none(gateway):
    assert gateway.quota() == Quota(limit=None, used=0)


# Reading


def test_bot_info_tells_whose_token_it_is(fake, gateway):
    assert gateway.bot_info()["userId"] == fake.state.channels["citizen"].bot_user_id


def test_a_profile_is_there_until_the_person_blocks(fake, gateway, malee):
    assert gateway.profile(malee)["displayName"] == "มาลี"
    fake.state.block("citizen", malee)
    assert gateway.profile(malee) is None
    assert gateway.profile("../info") is None


def test_a_photo_comes_with_its_type(fake, gateway):
    fake.state.contents["77"] = Content(b"\xff\xd8\xff photo", "image/jpeg")
    assert gateway.content("77") == (b"\xff\xd8\xff photo", "image/jpeg")


@pytest.mark.parametrize(
    ("status", "kind"), [(404, LinePermanent), (410, LinePermanent), (202, LineRetryable)]
)
def test_a_photo_that_is_gone_or_not_ready_says_so(fake, gateway, status, kind):
    fake.state.contents["77"] = Content(b"", "image/jpeg", status)
    with pytest.raises(kind) as caught:
        gateway.content("77")
    assert caught.value.status == status


def test_a_bad_request_for_a_photo_may_be_an_outage_and_is_tried_again(fake, gateway):
    fake.state.contents["77"] = Content(b"", "image/jpeg", 400)
    with pytest.raises(LineRetryable):
        gateway.content("77")


def test_a_photo_too_large_is_left_and_the_connection_stays_usable(fake, gateway):
    fake.state.contents["77"] = Content(b"x" * 300_000, "image/jpeg")
    with pytest.raises(LinePermanent) as caught:
        gateway.content("77", max_bytes=100_000)
    assert caught.value.status == 413
    assert gateway.content("77")[0] == b"x" * 300_000


def test_a_photo_that_trickles_is_given_up(fake, gateway, monkeypatch):
    monkeypatch.setattr(client, "CONTENT_MAX_SECONDS", -1.0)
    fake.state.contents["77"] = Content(b"x", "image/jpeg")
    with pytest.raises(LineRetryable, match="too slowly"):
        gateway.content("77")


def test_half_a_photo_is_no_photo():
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this"
    with one_answer(answer) as opened, pytest.raises(LineRetryable):
        opened.content("77")


@pytest.mark.parametrize(("header", "seconds"), [(b"7", 7.0), (b"soon", None), (b"-1", None)])
def test_a_wish_to_wait_is_passed_on(malee, header, seconds):
    answer = b"HTTP/1.1 429 Slow\r\nContent-Length: 2\r\nRetry-After: " + header + b"\r\n\r\n{}"
    with one_answer(answer) as opened, pytest.raises(LineRateLimited) as caught:
        opened.push(malee, HELLO, new_key())
    assert caught.value.retry_after == seconds


def test_a_redirect_is_not_followed_with_our_token(malee):
    answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:1/\r\n\r\n"
    with one_answer(answer) as opened, pytest.raises(LineRetryable) as caught:
        opened.push(malee, HELLO, new_key())
    assert caught.value.status == 302


# What must never show


def test_the_log_has_the_request_id_but_no_token_text_or_person(fake, gateway, malee, caplog):
    caplog.set_level(logging.INFO)
    accepted = gateway.push(malee, HELLO, new_key())
    fake.state.fail("401")
    with pytest.raises(LineUnauthorised) as caught:
        gateway.push(malee, HELLO, new_key())
    records = [vars(record) for record in caplog.records if record.name == "line_hooks.client"]
    assert [record["line_status"] for record in records] == [200, 401]
    assert records[0]["line_request_id"] == accepted.request_id
    said = f"{records} {caught.value!r} {gateway!r}"
    for secret in (TOKEN, malee, HELLO[0]["text"]):
        assert secret not in said


@pytest.mark.parametrize("token", ["", "  ", "two\nlines", "ไทย"])
def test_a_malformed_token_is_refused_without_being_shown(token):
    with pytest.raises(ValueError, match="malformed") as caught:
        LineGateway("citizen", token)
    assert token.strip() == "" or token not in str(caught.value)


def test_without_an_address_the_gateway_goes_to_line_itself():
    assert (client.API_URL, client.BLOB_URL) == ("https://api.line.me", "https://api-data.line.me")
    assert "https://api.line.me" in repr(LineGateway("citizen", TOKEN))


def test_building_and_sending_cards_needs_none_of_lines_library():
    code = (
        "import sys, line_hooks.client, line_hooks.messages, line_sim.pages;"
        "print([name for name in sys.modules if name.startswith(('linebot', 'pydantic', 'aiohttp'))])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
