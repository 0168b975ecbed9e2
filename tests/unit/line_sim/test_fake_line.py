"""The fake LINE is as strict, as forgetful and as forgiving as LINE is; else our tests prove nothing."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid

import pytest
from linebot.v3.messaging import ApiClient, Configuration, MessagingApi, PushMessageRequest, TextMessage
from linebot.v3.models import UnknownEvent
from linebot.v3.webhook import WebhookParser

from line_sim import api_messages
from line_sim.checks import check_body
from line_sim.server import make_fake_line, serve_in_thread
from line_sim.state import Content, SimChannel, read_journal, user_id_for
from line_sim.webhooks import redelivered, ulid

TOKEN = {"Authorization": "Bearer sim-citizen-token"}
HELLO = [{"type": "text", "text": "สวัสดี"}]


@pytest.fixture
def now():
    return [1_790_000_000.0]


@pytest.fixture
def fake(now):
    return make_fake_line(clock=lambda: now[0])


@pytest.fixture
def api(fake):
    return fake.wsgi_app.test_client()


@pytest.fixture
def malee(fake):
    return fake.state.add_user("malee", "มาลี", ["citizen"]).user_id


@pytest.fixture
def push(api, malee):
    def send(messages=HELLO, to=malee, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = {"to": to, "messages": messages}
        return api.post("/v2/bot/message/push", json=body, headers={**TOKEN, **named})

    return send


@pytest.fixture
def hooks(fake):
    """Catch webhooks instead of posting them: a list of (url, body, headers)."""
    posted = []

    def catch(url, body, headers):
        posted.append((url, body, headers))
        return 200

    fake.hooks.deliver = catch
    fake.state.channels["citizen"].webhook_url = "http://app.example/line/citizen/webhook"
    return posted


# Requests


def test_a_push_is_kept_for_channel_and_person(fake, push, malee):
    answer = push()
    assert answer.status_code == 200
    assert answer.json["sentMessages"][0]["id"] == fake.state.sendings[0].sent_ids[0]
    assert answer.headers["x-line-request-id"] == fake.state.sendings[0].request_id
    assert fake.state.messages_of("citizen", malee) == HELLO
    assert fake.state.messages_of("staff", malee) == []


def test_lines_own_library_talks_to_it_unchanged(fake, malee):
    with (
        serve_in_thread(fake) as running,
        ApiClient(Configuration(host=running.url, access_token="sim-citizen-token")) as library,
    ):
        line = MessagingApi(library)
        line.push_message(PushMessageRequest(to=malee, messages=[TextMessage(text="จาก SDK")]))
        assert line.get_profile(malee).display_name == "มาลี"
        library.rest_client.pool_manager.clear()
    assert fake.state.messages_of("citizen", malee) == [{"type": "text", "text": "จาก SDK"}]


def test_the_same_retry_key_sends_once_and_names_the_first_request(fake, push):
    key = str(uuid.uuid4())
    first = push(X_Line_Retry_Key=key)
    again = push(X_Line_Retry_Key=key)
    assert again.status_code == 409
    assert again.headers["x-line-accepted-request-id"] == first.headers["x-line-request-id"]
    assert again.json["sentMessages"] == first.json["sentMessages"]
    assert len(fake.state.sendings) == 1
    assert fake.state.misuse == []


def test_two_workers_with_the_same_key_at_the_same_moment_send_once(fake, malee, monkeypatch):
    # The check dawdles, so that the others would all be past the key's look-up if nothing held them.
    monkeypatch.setattr(api_messages, "check_body", lambda *_, **__: time.sleep(0.05) or [])
    key = str(uuid.uuid4())
    body = {"to": malee, "messages": HELLO}
    answers = []

    def push_once():
        client = fake.wsgi_app.test_client()
        headers = {**TOKEN, "X-Line-Retry-Key": key}
        answers.append(client.post("/v2/bot/message/push", json=body, headers=headers).status_code)

    threads = [threading.Thread(target=push_once) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [409] * 7
    assert len(fake.state.sendings) == 1


def test_after_24_hours_the_same_key_sends_a_second_message(fake, push, now):
    key = str(uuid.uuid4())
    push(X_Line_Retry_Key=key)
    now[0] += 24 * 3600
    assert push(X_Line_Retry_Key=key).status_code == 200
    assert len(fake.state.sendings) == 2


def test_another_body_under_the_same_key_is_noted_as_our_mistake(fake, push):
    key = str(uuid.uuid4())
    push(X_Line_Retry_Key=key)
    assert push([{"type": "text", "text": "อื่น"}], X_Line_Retry_Key=key).status_code == 409
    assert len(fake.state.misuse) == 1


def test_a_rejected_push_does_not_use_its_key_up(fake, push):
    key = str(uuid.uuid4())
    fake.state.channels["citizen"].quota_limit = 0
    assert push(X_Line_Retry_Key=key).status_code == 429
    fake.state.channels["citizen"].quota_limit = 1
    assert push(X_Line_Retry_Key=key).status_code == 200


def test_a_retry_key_that_is_no_uuid_is_refused(push):
    assert push(X_Line_Retry_Key="again").status_code == 400


def test_a_reply_must_not_carry_a_retry_key(api, fake, malee):
    token = fake.state.issue_reply_token("citizen", malee)
    headers = {**TOKEN, "X-Line-Retry-Key": str(uuid.uuid4())}
    body = {"replyToken": token, "messages": HELLO}
    assert api.post("/v2/bot/message/reply", json=body, headers=headers).status_code == 400
    assert api.post("/v2/bot/message/reply", json=body, headers=TOKEN).status_code == 200


@pytest.mark.parametrize("why", ["used", "late", "of another channel", "invented"])
def test_a_reply_token_works_once_for_a_minute_in_its_channel(api, fake, malee, now, why):
    token = fake.state.issue_reply_token("staff" if why == "of another channel" else "citizen", malee)
    body = {"replyToken": "x" if why == "invented" else token, "messages": HELLO}
    if why == "used":
        api.post("/v2/bot/message/reply", json=body, headers=TOKEN)
    now[0] += 61 if why == "late" else 1
    answer = api.post("/v2/bot/message/reply", json=body, headers=TOKEN)
    assert (answer.status_code, answer.json) == (400, {"message": "Invalid reply token"})


def test_a_blocked_person_gets_nothing_costs_nothing_and_looks_accepted(fake, push, malee):
    fake.state.block("citizen", malee)
    assert push().status_code == 200
    assert fake.state.messages_of("citizen", malee) == []
    assert fake.state.channels["citizen"].used == 0
    fake.state.befriend("citizen", malee)
    push()
    assert len(fake.state.messages_of("citizen", malee)) == 1


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("C" + "0" * 32, "The property, 'to', in the request body is invalid (line: -, column: -)"),
        (user_id_for("of another provider"), "Failed to send messages"),
    ],
)
def test_an_unknown_recipient_is_refused_in_lines_words(push, to, message):
    assert push(to=to).json["message"] == message


def test_without_a_known_token_nothing_opens(api):
    for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": "Basic sim-citizen-token"}):
        assert api.get("/v2/bot/info", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b" " * (2 * 1024 * 1024 + 1), "application/json", 413),
    ],
)
def test_odd_bodies_are_refused(api, data, kind, status):
    answer = api.post("/v2/bot/message/push", data=data, content_type=kind, headers=TOKEN)
    assert answer.status_code == status
    assert answer.json["message"]


def test_an_unknown_path_or_method_is_answered_in_json(api):
    assert api.get("/v2/bot//info", headers=TOKEN).status_code == 404
    assert api.get("/v2/bot/message/push", headers=TOKEN).json == {"message": "Method Not Allowed"}


def test_content_and_quota_are_told(api, fake):
    fake.state.contents["9"] = Content(b"photo", "image/png")
    fake.state.contents["10"] = Content(b"", "image/png", 410)
    assert api.get("/v2/bot/message/9/content", headers=TOKEN).data == b"photo"
    assert api.get("/v2/bot/message/10/content", headers=TOKEN).status_code == 410
    assert api.get("/v2/bot/message/quota", headers=TOKEN).json == {"type": "none"}
    assert api.get("/v2/bot/message/quota/consumption", headers=TOKEN).json == {"totalUsage": 0}


def test_a_fault_may_wait_for_one_channel_path_and_number_of_times(api, fake, push):
    fake.state.fail("500", channel="staff")
    fake.state.fail("429_rate", times=2, path="/push")
    assert api.get("/v2/bot/info", headers=TOKEN).status_code == 200
    assert [push().status_code for _ in range(3)] == [429, 429, 200]
    staff = {"Authorization": "Bearer sim-staff-token"}
    assert api.get("/v2/bot/info", headers=staff).status_code == 500


# Bodies: what the SDK's models reject, then what only LINE's pages say


def message_of(**flex):
    text = {"type": "text", "text": "x", **flex}
    box = {"type": "box", "layout": "vertical", "contents": [text]}
    return {"type": "flex", "altText": "x", "contents": {"type": "bubble", "body": box}}


def button(action):
    part = {"type": "button", "action": action}
    box = {"type": "box", "layout": "vertical", "contents": [part]}
    return {"type": "flex", "altText": "x", "contents": {"type": "bubble", "body": box}}


@pytest.mark.parametrize(
    "message",
    [
        {"type": "text"},
        {"type": "text", "text": 5},
        {"type": "poem", "text": "x"},
        {"type": "flex", "altText": "x"},
        {"type": "flex", "altText": "x", "contents": {"type": "balloon"}},
        "not an object",
        {"type": "text", "text": ""},
        {"type": "text", "text": " "},
        {"type": "text", "text": "x" * 5001},
        {"type": "text", "text": "🌊" * 2501},
        message_of(text=""),
        message_of(size="huge"),
        message_of(color="red"),
        message_of(action={"type": "uri", "label": "x", "uri": "https://town.example/ไทย"}),
        message_of(action={"type": "uri", "label": "x", "uri": "javascript:alert(1)"}),
        message_of(action={"type": "camera", "label": "x"}),
        {**message_of(), "altText": ""},
        {**message_of(), "altText": "x" * 1501},
        button({"type": "postback", "data": "x"}),
        button({"type": "postback", "label": "x" * 41, "data": "x"}),
        button({"type": "postback", "label": "x", "data": "x" * 301}),
        {
            "type": "image",
            "originalContentUrl": "http://a.example/a",
            "previewImageUrl": "https://a.example/a",
        },
        {
            "type": "text",
            "text": "x",
            "quickReply": {"items": [{"action": {"type": "camera", "label": "ก" * 21}}]},
        },
        {
            "type": "text",
            "text": "x",
            "quickReply": {"items": [{"action": {"type": "camera", "label": "x"}}] * 14},
        },
    ],
)
def test_a_message_line_would_refuse_is_refused(message):
    assert check_body("push", {"to": user_id_for("malee"), "messages": [message]})


def test_a_card_over_30_kilobytes_is_refused():
    parts = [{"type": "text", "text": "ก" * 1900}] * 6
    box = {"type": "box", "layout": "vertical", "contents": parts}
    card = {"type": "flex", "altText": "x", "contents": {"type": "bubble", "body": box}}
    assert check_body("push", {"to": user_id_for("malee"), "messages": [card]})


@pytest.mark.parametrize(
    "body", [{}, {"to": "U"}, {"to": "U", "messages": []}, {"to": "U", "messages": HELLO * 6}]
)
def test_a_body_needs_one_to_five_messages(body):
    assert check_body("push", body)


def test_what_is_wrong_is_answered_with_its_place(push):
    answer = push([{"type": "text", "text": "x"}, message_of(text=" ")])
    assert answer.status_code == 400
    assert answer.json["message"] == "The request body has 1 error(s)"
    assert answer.json["details"][0]["property"] == "messages[1].contents.body.contents[0].text"


# Webhooks


def test_every_event_is_one_lines_own_parser_understands(fake, hooks, malee):
    events = [
        fake.hooks.follow("citizen", malee, is_unblocked=True),
        fake.hooks.text("citizen", malee, "ไฟดับ 🌃"),
        fake.hooks.image("citizen", malee, b"photo"),
        fake.hooks.location("citizen", malee, 16.43, 102.83),
        fake.hooks.postback("citizen", malee, "a=rate&c=2026-14&v=5", "ให้ 5 คะแนน"),
        fake.hooks.unfollow("citizen", malee),
    ]
    assert fake.send_webhook("citizen", events) == 200
    url, body, headers = hooks[0]
    parsed = WebhookParser("sim-citizen-secret").parse(body.decode(), headers["x-line-signature"])
    assert url == "http://app.example/line/citizen/webhook"
    assert [type(one).__name__ for one in parsed] == [
        *("FollowEvent", "MessageEvent", "MessageEvent", "MessageEvent", "PostbackEvent", "UnfollowEvent")
    ]
    assert not any(isinstance(one, UnknownEvent) for one in parsed)
    assert len({event["webhookEventId"] for event in events}) == 6
    assert all(event["timestamp"] == 1_790_000_000_000 for event in events)


def test_blocking_brings_no_reply_token_and_stops_delivery(fake, malee):
    assert "replyToken" not in fake.hooks.unfollow("citizen", malee)
    assert not fake.state.is_friend("citizen", malee)
    assert "replyToken" in fake.hooks.follow("citizen", malee)
    assert fake.state.is_friend("citizen", malee)


def test_a_redelivered_event_differs_only_in_its_mark(fake, malee):
    event = fake.hooks.text("citizen", malee, "x")
    again = redelivered(event)
    assert again.pop("deliveryContext") == {"isRedelivery": True}
    assert event.pop("deliveryContext") == {"isRedelivery": False}
    assert again == event


def test_the_verify_button_sends_no_events_and_a_forger_another_secret(fake, hooks):
    fake.send_webhook("citizen", [])
    fake.hooks.send("citizen", [], secret="guessed")
    assert json.loads(hooks[0][1])["events"] == []
    assert hooks[0][1] == hooks[1][1]
    assert hooks[0][2]["x-line-signature"] != hooks[1][2]["x-line-signature"]


def test_an_app_that_is_not_there_is_told_as_none(fake):
    fake.state.channels["citizen"].webhook_url = "http://127.0.0.1:1/line/citizen/webhook"
    assert fake.send_webhook("citizen", []) is None


def test_a_webhook_travels_over_http_signed_over_its_bytes(fake, malee):
    with serve_in_thread(make_fake_line()) as other:
        fake.state.channels["citizen"].webhook_url = f"{other.url}/v2/bot/message/push"
        assert fake.send_webhook("citizen", [fake.hooks.text("citizen", malee, "ก")]) == 401


def test_ulids_sort_by_time():
    assert len(ulid(1.0)) == 26
    assert ulid(1.0) < ulid(1.5) < ulid(2_000_000_000.0)


# The journal


def test_what_was_accepted_survives_a_kill(tmp_path):
    journal = tmp_path / "line.jsonl"
    code = (
        "import os, signal, sys; from pathlib import Path; from line_sim.server import make_fake_line;"
        "state = make_fake_line(journal=Path(sys.argv[1])).state;"
        "user = state.add_user('malee', 'มาลี', ['citizen']).user_id;"
        "state.accept(state.channels['citizen'], user, [{'type': 'text', 'text': 'ถึงแล้ว'}], 'push', 'key-1');"
        "state.say('citizen', user, 'ขอบคุณ');"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(journal)], check=False)
    assert run.returncode == -signal.SIGKILL
    with journal.open("a", encoding="utf-8") as file:
        file.write('{"sending": {"torn')
    again = make_fake_line(journal=journal).state
    malee = user_id_for("malee")
    assert [type(entry).__name__ for entry in again.chat_of("citizen", malee)] == ["Sending", "Saying"]
    assert again.messages_of("citizen", malee) == [{"type": "text", "text": "ถึงแล้ว"}]
    assert again.accepted_before("citizen", "key-1") is not None
    assert again.channels["citizen"].used == 1


def test_after_a_torn_line_the_journal_goes_on(tmp_path):
    journal = tmp_path / "line.jsonl"
    journal.write_text('{"sending": {"torn', encoding="utf-8")
    state = make_fake_line(journal=journal).state
    state.say("citizen", "U1", "ต่อ")
    assert [record["saying"]["text"] for record in read_journal(journal)] == ["ต่อ"]


def test_without_a_journal_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_fake_line().state.say("citizen", "U1", "x")
    assert os.listdir(tmp_path) == []


def test_channels_may_be_given():
    fake = make_fake_line([SimChannel("citizen", "t", "s", "เทศบาลตัวอย่าง", quota_limit=200)])
    info = fake.wsgi_app.test_client().get("/v2/bot/info", headers={"Authorization": "Bearer t"})
    assert info.json["displayName"] == "เทศบาลตัวอย่าง"
