"""How much the fake takes, of what, and how it can be told to fail."""

import threading
import time
import uuid

import pytest

from line_sim.checks import check_body
from line_sim.records import FOREVER
from line_sim.server import make_fake_line
from line_sim.state import user_id_for

PUSH, REPLY, MANY = (f"/v2/bot/message/{name}" for name in ("push", "reply", "multicast"))
HELLO = [{"type": "text", "text": "สวัสดี"}]
PICKER = {"type": "datetimepicker", "label": "นัดวัน", "data": "when", "mode": "datetime"}


def quick(action):
    return {"type": "text", "text": "x", "quickReply": {"items": [{"type": "action", "action": action}]}}


def template(**changes):
    action = {"type": "message", "label": "x", "text": "x"}
    buttons = {"type": "buttons", "text": "x", "actions": [action], **changes}
    return {"type": "template", "altText": "x", "template": buttons}


def found(message):
    return check_body("push", {"to": user_id_for("malee"), "messages": [message]})


# Messages


@pytest.mark.parametrize(
    "message",
    [
        quick({**PICKER, "mode": "week"}),
        quick({**PICKER, "mode": None}),
        quick({**PICKER, "initial": "2026-02-30T00:00"}),
        quick({**PICKER, "mode": "date", "initial": "2026-01-01T10:00"}),
        quick({**PICKER, "mode": "time", "min": "24:00"}),
        quick({**PICKER, "min": "2026-01-02T00:00", "max": "2026-01-01T00:00"}),
        quick({**PICKER, "data": ""}),
        quick({"type": "clipboard", "label": "คัดลอก", "clipboardText": ""}),
        quick({"type": "clipboard", "label": "คัดลอก", "clipboardText": "x" * 1001}),
        quick({"type": "richmenuswitch", "richMenuAliasId": "a", "data": "x"}),
        quick({"type": "uri", "label": "x", "uri": "tel:199", "altUri": {"desktop": "tel:199"}}),
        quick({"type": "postback", "label": "x", "data": "x", "inputOption": "sing"}),
        quick({"type": "postback", "label": "x", "data": "x", "fillInText": "x"}),
        {"type": "text", "text": "x", "sender": {"name": "x" * 21}},
        {"type": "text", "text": "x", "sender": {"name": "LINE"}},
        {"type": "text", "text": "x", "sender": {"name": "กองช่าง", "iconUrl": "http://town.example/a.png"}},
        {"type": "location", "title": "x" * 101, "address": "x", "latitude": 16, "longitude": 102},
        {"type": "location", "title": "x", "address": "x", "latitude": 91, "longitude": 102},
        template(text="x" * 161),
        template(text="x" * 61, title="x"),
        template(actions=[{"type": "message", "label": "x" * 21, "text": "x"}]),
        {**template(), "altText": " "},
    ],
)
def test_a_message_line_would_refuse_is_refused(message):
    assert found(message)


@pytest.mark.parametrize(
    "message",
    [
        quick(
            {**PICKER, "initial": "2026-01-01t10:00", "min": "2026-01-01T00:00", "max": "2026-12-31T23:59"}
        ),
        quick({"type": "clipboard", "label": "คัดลอกเลขเรื่อง", "clipboardText": "2569-1"}),
        quick({"type": "cameraRoll", "label": "ส่งรูป"}),
        {"type": "text", "text": "x", "sender": {"name": "กองช่าง"}},
        {"type": "location", "title": "x", "address": "x", "latitude": 16.4, "longitude": 102.8},
        {"type": "sticker", "packageId": "446", "stickerId": "1988"},
        template(),
    ],
)
def test_a_message_line_would_take_is_taken(message):
    assert found(message) == []


def test_a_carousel_has_twelve_bubbles_and_fifty_kilobytes():
    text = {"type": "text", "text": "ก" * 1500}
    bubble = {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": [text]}}

    def carousel(count):
        cards = {"type": "carousel", "contents": [bubble] * count}
        return {"type": "flex", "altText": "x", "contents": cards}

    assert found(carousel(11)) == []
    assert [place for place, _ in found(carousel(12))] == ["messages[0].contents (bytes)"]
    assert len(found(carousel(13))) == 2


def test_units_of_statistics_are_words_of_letters_and_digits():
    body = {"to": user_id_for("malee"), "messages": HELLO}
    assert check_body("push", {**body, "customAggregationUnits": ["complaint_received"]}) == []
    assert check_body("push", {**body, "customAggregationUnits": ["เรื่อง"]})
    assert check_body("push", {**body, "customAggregationUnits": ["a", "b"]})


def test_a_fake_that_is_not_strict_looks_at_the_first_level_only():
    fake = make_fake_line(strict=False)
    malee = fake.state.add_user("malee", "มาลี", ["citizen"]).user_id
    client = fake.wsgi_app.test_client()

    def push(**body):
        headers = {"Authorization": "Bearer sim-citizen-token"}
        return client.post(PUSH, json=body, headers=headers).status_code

    assert push(to=malee, messages=[{"type": "anything"}]) == 200
    assert push(to=malee, messages=[]) == 400
    assert push(to=malee, messages=HELLO * 6) == 400
    assert push(messages=HELLO) == 400


# Keys, quota, rates


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", REPLY),
        ("GET", "/v2/bot/info"),
        ("GET", "/v2/bot/message/quota"),
        ("POST", "/v2/bot/richmenu"),
        ("POST", "/v2/bot/message/validate/push"),
        ("POST", "/v2/bot/channel/webhook/test"),
    ],
)
def test_a_retry_key_belongs_to_sending_only(api, method, path):
    answer = api(method, path, {"X-Line-Retry-Key": str(uuid.uuid4())}, json={"messages": HELLO})
    assert answer.status_code == 400
    assert "X-Line-Retry-Key" in answer.json["message"]


def test_a_group_pays_for_every_member_and_only_a_member_may_speak(api, push, state, malee):
    group = state.add_group("ช่าง", [malee, *(user_id_for(f"u{number}") for number in range(11))])
    assert push(to=group.group_id).json["message"] == "Failed to send messages"
    group.channels.add("citizen")
    state.channels["citizen"].quota_limit = 23
    assert push(to=group.group_id).status_code == 200
    assert api("GET", "/v2/bot/message/quota/consumption").json == {"totalUsage": 12}
    assert push(to=group.group_id).json["message"] == "You have reached your monthly limit."


def test_a_multicast_goes_to_all_or_nobody(api, state, malee):
    somsak = state.add_user("somsak", "สมศักดิ์", ["citizen"]).user_id
    body = {"to": [malee, somsak], "messages": HELLO}
    state.channels["citizen"].quota_limit = 1
    assert api("POST", MANY, json=body).status_code == 429
    assert api("POST", MANY, json={**body, "to": [malee, "somsak"]}).status_code == 400
    assert state.sendings == []
    state.channels["citizen"].quota_limit = 2
    assert api("POST", MANY, json={**body, "to": [malee, somsak, malee]}).json == {}
    assert [sending.to for sending in state.sendings] == [malee, somsak]


def test_days_are_counted_in_japan_and_only_when_they_are_over(api, push, now):
    path = "/v2/bot/message/delivery/push?date="
    now[0] = 1_790_000_000.0 - 1_790_000_000.0 % 86400 + 15 * 3600  # Midnight in UTC+9.
    push()
    now[0] += 24 * 3600
    assert api("GET", path + "20260922").json == {"status": "ready", "success": 1}
    assert api("GET", path + "20260921").json == {"status": "ready", "success": 0}
    assert api("GET", path + "20260923").json == {"status": "unready"}
    assert api("GET", path + "20180101").json == {"status": "out_of_service"}
    assert api("GET", path + "2026-09-21").status_code == 400
    assert api("GET", "/v2/bot/message/delivery/pigeon?date=20260921").status_code == 404


def test_a_new_month_begins_at_nothing(push, state, now):
    state.channels["citizen"].quota_limit = 1
    assert [push().status_code for _ in range(2)] == [200, 429]
    now[0] += 31 * 24 * 3600
    assert push().status_code == 200
    assert state.used(state.channels["citizen"]) == 1


def test_a_bucket_empties_for_one_account_and_one_endpoint_and_fills_again(api, push, state):
    seconds = [0.0]
    state.rate_clock = lambda: seconds[0]
    state.set_rate("push", 3)
    assert [push().status_code for _ in range(4)] == [200, 200, 200, 429]
    assert push().json["message"] == "The API rate limit has been exceeded. Try again later."
    assert api("GET", "/v2/bot/info").status_code == 200
    seconds[0] += 0.34
    assert push().status_code == 200
    assert len(state.sendings) == 4


# Keys of the channel


def test_a_revoked_token_opens_nothing_until_there_is_a_new_one(api, state):
    state.revoke("citizen")
    assert api("GET", "/v2/bot/info").status_code == 401
    new = state.rotate_token("citizen")
    assert api("GET", "/v2/bot/info").status_code == 401
    assert api("GET", "/v2/bot/info", {"Authorization": f"Bearer {new}"}).status_code == 200


def test_a_webhook_address_must_be_https_unless_this_is_a_demo(api, state):
    state.allow_http = False
    path = "/v2/bot/channel/webhook/endpoint"
    assert api("GET", path).status_code == 404
    for wrong in ("http://town.example/x", "https:///x", "town.example", "https://t.example/" + "x" * 500):
        assert api("PUT", path, json={"endpoint": wrong}).status_code == 400
    assert api("PUT", path, json={"endpoint": "https://town.example/line"}).status_code == 200
    assert api("GET", path).json == {"endpoint": "https://town.example/line", "active": True}


def test_the_test_of_a_webhook_tells_what_the_app_answered(api, state, posted):
    path = "/v2/bot/channel/webhook/test"
    assert api("POST", path).status_code == 404
    state.channels["citizen"].webhook_url = "https://town.example/line"
    assert api("POST", path).json["success"] is True
    posted.status = 401
    told = api("POST", path, json={}).json
    assert (told["statusCode"], told["reason"], told["detail"]) == (401, "ERROR_STATUS_CODE", "401")
    posted.status = None
    assert api("POST", path).json["reason"] == "COULD_NOT_CONNECT"
    assert b'"events": []' in posted.bodies[0]


@pytest.mark.parametrize(
    "wrong", [{}, {"loadingSeconds": 7}, {"loadingSeconds": 65}, {"chatId": "C" + "0" * 32}]
)
def test_dots_are_for_a_chat_between_two_in_steps_of_five(api, malee, wrong):
    path = "/v2/bot/chat/loading/start"
    assert api("POST", path, json={"chatId": malee}).status_code == 202
    body = {"chatId": malee, "loadingSeconds": 5, **wrong} if wrong else {}
    assert api("POST", path, json=body).status_code == 400


# Faults


@pytest.mark.parametrize("kind", ["400", "401", "403", "404", "410", "413", "429_rate", "429_month", "500"])
def test_any_status_can_be_asked_for(push, state, kind):
    state.fail(kind)
    assert push().status_code == int(kind[:3])
    assert push().status_code == 200


def test_faults_wait_in_a_list_and_can_be_cleared(push, state):
    state.fail("500", FOREVER)
    state.fail("slow", channel="staff", seconds=1.5)
    state.fail("hook_lose", channel="staff")
    assert [push().status_code for _ in range(3)] == [500] * 3
    assert [fault.kind for fault in state.faults()] == ["500", "slow", "hook_lose"]
    state.clear_faults("staff")
    assert [fault.kind for fault in state.faults()] == ["500"]
    state.clear_faults()
    assert state.faults() == []
    assert push().status_code == 200


def test_clearing_lets_go_of_what_hangs(push, state):
    state.hang_seconds = 30
    state.fail("slow", seconds=30)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(push().status_code))
    waiting.start()
    while state.faults():
        time.sleep(0.01)
    state.clear_faults()
    waiting.join(10)
    assert answers == [200]


def test_a_slow_answer_holds_up_nobody_else(push, api, state):
    state.fail("slow", path="/push", seconds=30)
    waiting = threading.Thread(target=push)
    waiting.start()
    while state.faults():
        time.sleep(0.01)
    assert api("GET", "/v2/bot/info").status_code == 200
    state.release()
    waiting.join(10)
    assert not waiting.is_alive()
